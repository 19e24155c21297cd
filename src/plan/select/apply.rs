//! Applying a selection to the nodes of a pipeline.

use super::{Pattern, Selection, SelectionError, Term, What};
use crate::{
    base::{
        ids::{Coordinates, StepKind, TakeName},
        words,
    },
    pipeline::{Pipeline, Reference, ReferenceSource, StepId, Work},
    plan::{Cell, Expansion, Node, NodeId, NodeWork, wire::Wired},
};
use std::collections::{BTreeSet, HashSet};

impl Selection {
    /// Which nodes are chosen, by node; none if nothing was asked for and everything is meant.
    pub(in crate::plan) fn choose(
        &self,
        pipeline: &Pipeline,
        expansion: &Expansion,
        wired: &Wired,
    ) -> Result<Option<Vec<bool>>, SelectionError> {
        if let Some(only) = &self.only {
            return named(only, wired).map(Some);
        }
        if self.terms.is_empty() {
            return Ok(None);
        }
        let map = Map::new(pipeline, expansion, wired);
        let everything = self.terms.iter().all(|term| term.negated);
        let mut chosen: Vec<bool> = map
            .points
            .iter()
            .map(|point| everything && point.take.is_some())
            .collect();
        let (adding, leaving): (Vec<&Term>, Vec<&Term>) = self.terms.iter().partition(|term| !term.negated);
        for term in adding.into_iter().chain(leaving) {
            let found = map.found(term)?;
            for (chosen, _) in chosen.iter_mut().zip(found).filter(|(_, found)| *found) {
                *chosen = !term.negated;
            }
        }
        let mut nodes = vec![false; wired.nodes.len()];
        for (point, _) in map.points.iter().zip(chosen).filter(|(_, chosen)| *chosen) {
            if let Some((_, node)) = point.take {
                nodes[node.0 as usize] = true;
            }
        }
        if nodes.contains(&true) {
            return Ok(Some(nodes));
        }
        let texts: Vec<_> = self.terms.iter().map(|term| term.text.as_str()).collect();
        let message = format!("nothing is selected by {}", words::ticked(&texts));
        Err(SelectionError::nothing(message, None))
    }

    /// Whether everything that is named is there. What state takes are in is not looked at: it changes by itself.
    pub(in crate::plan) fn check(
        &self,
        pipeline: &Pipeline,
        expansion: &Expansion,
        wired: &Wired,
    ) -> Result<(), SelectionError> {
        let map = Map::new(pipeline, expansion, wired);
        self.terms.iter().try_for_each(|term| map.found(term).map(drop))
    }
}

/// The nodes of these takes. One that is not there any more is no error, unless none is.
fn named(only: &HashSet<TakeName>, wired: &Wired) -> Result<Vec<bool>, SelectionError> {
    let is_named = |node: &Node| matches!(&node.work, NodeWork::Take(take) if only.contains(&take.name));
    let nodes: Vec<bool> = wired.nodes.iter().map(is_named).collect();
    if nodes.contains(&true) {
        return Ok(nodes);
    }
    let message = "none of the takes that were meant is there any more";
    Err(SelectionError::nothing(message, None))
}

/// A take of a song, or a cell of another step.
struct Point<'a> {
    step: StepId,
    cell: &'a Cell,
    take: Option<(u32, NodeId)>,
    /// What its data comes from.
    up: Vec<usize>,
}

/// All points with what flows between them; what `needs:` orders does not.
struct Map<'a> {
    pipeline: &'a Pipeline,
    wired: &'a Wired,
    points: Vec<Point<'a>>,
}

impl<'a> Map<'a> {
    fn new(pipeline: &'a Pipeline, expansion: &'a Expansion, wired: &'a Wired) -> Self {
        let mut map = Map {
            pipeline,
            wired,
            points: Vec::new(),
        };
        let mut starts: Vec<Vec<usize>> = pipeline.steps.iter().map(|_| Vec::new()).collect();
        for id in expansion.order() {
            for (cell, nodes) in expansion.cells(*id).iter().zip(&wired.cells[id.0 as usize]) {
                starts[id.0 as usize].push(map.points.len());
                let up = map.up(*id, cell, &starts);
                map.add(*id, cell, nodes, &up);
            }
        }
        map
    }

    fn add(&mut self, step: StepId, cell: &'a Cell, nodes: &[NodeId], up: &[usize]) {
        let is_song = matches!(self.pipeline.step(step).work, Work::Song(_));
        let point = |take| Point {
            step,
            cell,
            take,
            up: up.to_vec(),
        };
        if is_song {
            self.points
                .extend((1..).zip(nodes.iter().copied()).map(Some).map(point));
        } else {
            self.points.push(point(None));
        }
    }

    /// The points a cell's data comes from. Of a song that a reference comes from, that one take.
    fn up(&self, step: StepId, cell: &Cell, starts: &[Vec<usize>]) -> Vec<usize> {
        let number = match &self.pipeline.step(step).work {
            Work::Reference(Reference {
                source: ReferenceSource::Song { take, .. },
                ..
            }) => *take as usize,
            _ => 1,
        };
        cell.uses
            .iter()
            .map(|(id, index)| starts[id.0 as usize][*index as usize] + number - 1)
            .collect()
    }

    /// The points an expression is about, with those up and down the stream if it says so.
    fn found(&self, term: &Term) -> Result<Vec<bool>, SelectionError> {
        let mut found: Vec<bool> = match &term.what {
            What::Tag(tag) => self.tagged(term, tag)?,
            What::State(states) => {
                let verdict = |point: &Point<'_>| point.take.map(|(_, id)| self.wired.nodes[id.0 as usize].verdict);
                self.points
                    .iter()
                    .map(|point| verdict(point).is_some_and(|word| states.contains(&word)))
                    .collect()
            }
            What::Name { kind, name, at, take } => self.named(term, (*kind, name), at, *take)?,
        };
        let seeds = found.clone();
        if term.upstream {
            self.climb(&mut found);
        }
        if term.downstream {
            self.descend(seeds, &mut found);
        }
        self.refuse_silent(term, &found)?;
        Ok(found)
    }

    /// Adds all that the points found are made of; what flows into a point stands before it.
    fn climb(&self, found: &mut [bool]) {
        for (index, point) in self.points.iter().enumerate().rev() {
            let up = if found[index] { &point.up[..] } else { &[] };
            for up in up {
                found[*up] = true;
            }
        }
    }

    /// Adds all that is made of the seeds.
    fn descend(&self, mut seeds: Vec<bool>, found: &mut [bool]) {
        for (index, point) in self.points.iter().enumerate() {
            seeds[index] |= point.up.iter().any(|up| seeds[*up]);
            found[index] |= seeds[index];
        }
    }

    /// A reference or a text renders nothing by itself: asking for it alone is a mistake worth explaining.
    fn refuse_silent(&self, term: &Term, found: &[bool]) -> Result<(), SelectionError> {
        let any = |wanted: fn(&Point<'_>) -> bool| {
            self.points
                .iter()
                .zip(found)
                .any(|(point, found)| *found && wanted(point))
        };
        if !any(|point| point.take.is_none()) || any(|point| point.take.is_some()) {
            return Ok(());
        }
        let message = format!("`{}` names nothing that is rendered", term.text);
        let help = (!term.downstream).then(|| {
            let bare = term.text.trim_start_matches('+');
            format!("`{bare}+` selects the songs that are made of it")
        });
        Err(SelectionError::nothing(message, help))
    }

    fn tagged(&self, term: &Term, tag: &Pattern) -> Result<Vec<bool>, SelectionError> {
        let has = |step: StepId| self.pipeline.step(step).tags.iter().any(|known| tag.matches(known));
        let found: Vec<bool> = self
            .points
            .iter()
            .map(|point| point.take.is_some() && has(point.step))
            .collect();
        if found.contains(&true) {
            return Ok(found);
        }
        let songs = self
            .pipeline
            .steps
            .iter()
            .filter(|step| matches!(step.work, Work::Song(_)));
        let tags: BTreeSet<&str> = songs.flat_map(|step| step.tags.iter().map(String::as_str)).collect();
        let help = near(tag.written(), &tags.into_iter().collect::<Vec<_>>(), "tags");
        Err(SelectionError::nothing(
            format!("`{}` matches no song", term.text),
            help,
        ))
    }

    fn named(
        &self,
        term: &Term,
        step: (Option<StepKind>, &Pattern),
        at: &[(String, Pattern)],
        take: Option<u32>,
    ) -> Result<Vec<bool>, SelectionError> {
        let steps = self.steps(term, step)?;
        let in_step = |point: &Point<'_>| steps.contains(&point.step);
        let in_cell = |point: &Point<'_>| in_step(point) && lies_at(&point.cell.name.at, at);
        let is_take = |point: &Point<'_>| take.is_none_or(|number| point.take.is_some_and(|(is, _)| is == number));
        let found: Vec<bool> = self
            .points
            .iter()
            .map(|point| in_cell(point) && is_take(point))
            .collect();
        if found.contains(&true) {
            return Ok(found);
        }
        let message = format!("`{}` matches nothing", term.text);
        let help = if self.points.iter().any(&in_cell) {
            let takes = self
                .points
                .iter()
                .filter(|point| in_cell(point))
                .filter_map(|point| point.take);
            let most = takes.map(|(number, _)| number).max().unwrap_or(0) as usize;
            Some(format!(
                "there {} of it",
                if most == 1 {
                    "is 1 take".into()
                } else {
                    format!("are {most} takes")
                }
            ))
        } else {
            let cells: Vec<_> = self
                .points
                .iter()
                .filter(|point| in_step(point))
                .map(|point| &point.cell.name.at)
                .collect();
            near_value(&cells, at)
        };
        Err(SelectionError::nothing(message, help))
    }

    /// The steps of a name. One without its section means a song, if there is one of that name.
    fn steps(&self, term: &Term, step: (Option<StepKind>, &Pattern)) -> Result<BTreeSet<StepId>, SelectionError> {
        let (kind, name) = step;
        let of = |kinds: &[StepKind]| -> BTreeSet<StepId> {
            let steps = self.pipeline.steps.iter();
            let fits = steps.filter(|step| kinds.contains(&step.name.kind) && name.matches(&step.name.name));
            fits.map(|step| step.id).collect()
        };
        let all = [StepKind::Song, StepKind::Lyrics, StepKind::Reference];
        let found = match kind {
            Some(kind) => of(&[kind]),
            None => Some(of(&all[..1]))
                .filter(|songs| !songs.is_empty())
                .unwrap_or_else(|| of(&all[1..])),
        };
        if !found.is_empty() {
            return Ok(found);
        }
        let fits = self
            .pipeline
            .steps
            .iter()
            .filter(|step| kind.is_none_or(|kind| kind == step.name.kind));
        let names: Vec<&str> = fits.map(|step| &*step.name.name).collect();
        let help = near(name.written(), &names, "steps");
        Err(SelectionError::nothing(
            format!("`{}` names no step of this pipeline", term.text),
            help,
        ))
    }
}

fn lies_at(at: &Coordinates, wanted: &[(String, Pattern)]) -> bool {
    wanted
        .iter()
        .all(|(axis, pattern)| at.get(axis).is_some_and(|value| pattern.matches(&value.to_string())))
}

/// What was probably meant by coordinates that no cell has.
fn near_value(cells: &[&Coordinates], wanted: &[(String, Pattern)]) -> Option<String> {
    let axes: BTreeSet<&str> = cells
        .iter()
        .flat_map(|at| at.0.iter().map(|(axis, _)| &**axis))
        .collect();
    if let Some((axis, _)) = wanted.iter().find(|(axis, _)| !axes.contains(axis.as_str())) {
        return near(axis, &axes.into_iter().collect::<Vec<_>>(), "axes");
    }
    let missing = wanted.iter().find_map(|(axis, pattern)| {
        let values: BTreeSet<String> = cells
            .iter()
            .filter_map(|at| at.get(axis))
            .map(ToString::to_string)
            .collect();
        let lacks = !values.iter().any(|value| pattern.matches(value));
        lacks.then_some((pattern, values))
    });
    let (pattern, values) = missing?;
    near(
        pattern.written(),
        &values.iter().map(String::as_str).collect::<Vec<_>>(),
        "values",
    )
}

/// `did you mean …?`, or what there is.
fn near(wrong: &str, known: &[&str], noun: &str) -> Option<String> {
    const NAMED: usize = 8;
    if let Some(near) = words::nearest(wrong, known.iter().copied()) {
        return Some(format!("did you mean `{near}`?"));
    }
    let more = if known.len() > NAMED { ", among others" } else { "" };
    let named = &known[..known.len().min(NAMED)];
    (!named.is_empty()).then(|| format!("the {noun} are {}{more}", words::ticked(named)))
}
