//! From steps to cells: which there are, what flows into each, and every text, rendered.
//!
//! Pure: no file is read and nothing is known of what was rendered before. All that is wrong comes back at once.
//!
//! A step's axes are, in this order: those of the steps it uses (lyrics, voice, instrumental, then those its templates
//! name), then what its own matrix adds. Its cells are in the order of the first of them, then the next.

use super::{
    OutputName, codes,
    join::{Joined, Table, TooMany, join},
    lyrics, names,
    order::{inputs, order},
};
use crate::{
    base::{
        diagnostic::{Diagnostic, Diagnostics},
        ids::{CellName, Coordinates},
        scalar::Scalar,
        span::Span,
        words,
    },
    pipeline::{Pipeline, Reference, ReferenceSource, Step, StepId, Work, codes::TOO_MANY_CELLS},
};
use std::{collections::BTreeSet, sync::Arc};

/// The cells of every step, in order of declaration of the steps.
#[derive(Debug)]
pub struct Expansion {
    /// What is worth saying although the pipeline can be used.
    pub warnings: Diagnostics,
    steps: Vec<Vec<Cell>>,
    order: Vec<StepId>,
}

impl Expansion {
    /// The cells of a step.
    pub fn cells(&self, step: StepId) -> &[Cell] {
        &self.steps[step.0 as usize]
    }

    /// The steps in an order in which they can be done: what a step uses or needs comes before it.
    pub fn order(&self) -> &[StepId] {
        &self.order
    }
}

/// A step at concrete coordinates, with what flows into it.
#[derive(Clone, Debug)]
pub struct Cell {
    /// `songs.hook[city=Lisbon]`.
    pub name: CellName,
    /// The cells it uses: of which step, and the index there.
    pub uses: Vec<(StepId, u32)>,
    /// Of a lyrics cell: rendered and normalised, without the marks of an accompaniment.
    pub text: Option<Arc<str>>,
    /// Of a song cell: the files of its takes, the first take's first.
    pub outputs: Vec<OutputName>,
}

impl Cell {
    /// The index of the cell of `step` that this one uses.
    pub fn used(&self, step: StepId) -> Option<usize> {
        self.uses
            .iter()
            .find(|(id, _)| *id == step)
            .map(|(_, index)| *index as usize)
    }
}

/// Works out every cell and every text, and checks them against the limits of the models.
pub fn expand(pipeline: &Pipeline) -> Result<Expansion, Diagnostics> {
    let order = order(pipeline);
    let mut draft = Unfinished {
        pipeline,
        cells: pipeline.steps.iter().map(|_| None).collect(),
        complaints: Diagnostics::default(),
    };
    for id in &order {
        draft.step(pipeline.step(*id));
    }
    lyrics::check(&mut draft);
    names::name(&mut draft);
    draft.complaints.sort();
    if draft.complaints.has_errors() {
        return Err(draft.complaints);
    }
    Ok(Expansion {
        warnings: draft.complaints,
        steps: draft.cells.into_iter().map(Option::unwrap_or_default).collect(),
        order,
    })
}

/// An expansion in the making.
pub(super) struct Unfinished<'p> {
    pub(super) pipeline: &'p Pipeline,
    /// By step; none for a step that was complained about, or that stands downstream of one.
    pub(super) cells: Vec<Option<Vec<Cell>>>,
    pub(super) complaints: Diagnostics,
}

impl Unfinished<'_> {
    /// The cells of a step, if it has come out well.
    pub(super) fn of(&self, step: StepId) -> Option<&[Cell]> {
        self.cells[step.0 as usize].as_deref()
    }

    fn step(&mut self, step: &Step) {
        let Some(mut cells) = self.joined(step) else { return };
        if let Work::Lyrics(work) = &step.work
            && !lyrics::render(self, work, &mut cells)
        {
            return;
        }
        if let Work::Reference(reference) = &step.work {
            self.check_format(reference);
        }
        self.cells[step.id.0 as usize] = Some(cells);
    }

    /// The step's own cells joined with those of every step it uses.
    fn joined(&mut self, step: &Step) -> Option<Vec<Cell>> {
        let used = inputs(step);
        let mut tables = Vec::with_capacity(used.len() + 1);
        for id in &used {
            tables.push(self.flowing(step, *id)?);
        }
        tables.push(own(step));
        let result = match join(&tables, step.matrix.max_cells) {
            Ok(joined) if !joined.rows.is_empty() => Ok(cells(step, &used, &joined)),
            Ok(_) => Err(self.no_cells(step, &used, &tables)),
            Err(TooMany(count)) => Err(too_many(step, count)),
        };
        result.map_err(|complaint| self.complaints.push(complaint)).ok()
    }

    /// The cells of `id` as they flow into `step`: a name like `songs.bed[mood=bright]#1` fixes axes, which then do
    /// not flow on.
    fn flowing(&self, step: &Step, id: StepId) -> Option<Table<'_>> {
        let cells = self.of(id)?;
        let none = Coordinates::default();
        let fixed = match &step.work {
            Work::Reference(Reference {
                source: ReferenceSource::Song { step, at, .. },
                ..
            }) if *step == id => at,
            _ => &none,
        };
        let first = cells.first().map(|cell| &cell.name.at.0[..]).unwrap_or_default();
        let open: Vec<usize> = (0..first.len())
            .filter(|at| fixed.get(&first[*at].0).is_none())
            .collect();
        let mut table = Table {
            axes: open.iter().map(|at| first[*at].0.clone()).collect(),
            rows: Vec::new(),
            ids: Vec::new(),
        };
        for (id, cell) in (0_u32..).zip(cells) {
            if agrees(&cell.name.at, fixed) {
                table.rows.push(open.iter().map(|at| &cell.name.at.0[*at].1).collect());
                table.ids.push(id);
            }
        }
        Some(table)
    }

    fn no_cells(&self, step: &Step, used: &[StepId], tables: &[Table<'_>]) -> Diagnostic {
        let message = format!("`{}` has no cells", step.name);
        let complaint = Diagnostic::error(codes::NO_CELLS, place(step), message);
        if used.is_empty() {
            return complaint.help("leave fewer cells out, or take the matrix away");
        }
        let names = used.iter().map(|id| format!("`{}`", self.pipeline.step(*id).name));
        let names: Vec<_> = names.chain(["its own matrix".to_owned()]).collect();
        let Some((axis, sides)) = nothing_shared(tables) else {
            let with_axes = names.iter().zip(tables).filter(|(_, table)| !table.axes.is_empty());
            let with_axes: Vec<&str> = with_axes.map(|(name, _)| name.as_str()).collect();
            return complaint.label("nothing is left after joining").help(format!(
                "cells are joined where all the axes they share have equal values: compare {}",
                with_axes.join(", "),
            ));
        };
        let values = |side: usize| format!("{} has {}", names[side], some_values(&tables[side], axis));
        let mut complaint = complaint
            .label(format!("no value of `{axis}` is on both sides"))
            .help(format!("{}; {}", values(sides.0), values(sides.1)))
            .help("cells are joined where the axes they share read the same; call one of them otherwise to cross them");
        for side in [sides.0, sides.1] {
            if let Some(other) = used.get(side).map(|id| self.pipeline.step(*id)) {
                complaint = complaint.related(place(other), "one side");
            }
        }
        complaint
    }

    fn check_format(&mut self, reference: &Reference) {
        use crate::base::audio_settings::Format;
        let ReferenceSource::Song { step, .. } = &reference.source else {
            return;
        };
        let step = self.pipeline.step(*step);
        let Work::Song(song) = &step.work else { return };
        if song.audio.format == Format::Pcm {
            let message = format!(
                "`{}` is rendered as pcm, which no backend takes as a reference",
                step.name
            );
            self.complaints.push(
                Diagnostic::error(codes::REFERENCE_FORMAT, reference.span, message)
                    .related(step.span, "rendered as pcm")
                    .help("render it as wav or mp3"),
            );
        }
    }
}

/// Where to complain about a step's cells.
fn place(step: &Step) -> Span {
    step.matrix.span.unwrap_or(step.span)
}

/// The first axis that two tables share without one value in common, and these tables.
fn nothing_shared<'t>(tables: &'t [Table<'_>]) -> Option<(&'t str, (usize, usize))> {
    let pairs = (0..tables.len()).flat_map(|right| (0..right).map(move |left| (left, right)));
    let disjoint = |axis: &str, left: usize, right: usize| {
        let known = values_of(&tables[left], axis)?;
        let others = values_of(&tables[right], axis)?;
        Some(known.is_disjoint(&others))
    };
    let found = |(left, right): (usize, usize)| {
        let mut axes = tables[right].axes.iter();
        let axis = axes.find(|axis| disjoint(axis, left, right) == Some(true))?;
        Some((&**axis, (left, right)))
    };
    pairs.into_iter().find_map(found)
}

/// The values of an axis as they read; none if the table does not have it.
fn values_of(table: &Table<'_>, axis: &str) -> Option<BTreeSet<String>> {
    let at = table.axes.iter().position(|name| &**name == axis)?;
    Some(table.rows.iter().map(|row| row[at].to_string()).collect())
}

/// `a`, `b` and 7 more.
fn some_values(table: &Table<'_>, axis: &str) -> String {
    const NAMED: usize = 3;
    let values: Vec<String> = values_of(table, axis).unwrap_or_default().into_iter().collect();
    match values.len().saturating_sub(NAMED) {
        0 => words::ticked(&values),
        more => format!(
            "{} and {more} more",
            words::ticked(&values[..NAMED]).replace(" and ", ", ")
        ),
    }
}

fn too_many(step: &Step, count: usize) -> Diagnostic {
    let most = step.matrix.max_cells;
    let message = format!("`{}` has {}, more than {most}", step.name, words::count(count, "cell"));
    Diagnostic::error(TOO_MANY_CELLS, place(step), message)
        .help("every take of every cell is paid for: leave some out with `exclude`")
        .help(if step.matrix.span.is_some() {
            format!("if that is meant, write `max_cells: {count}` into the matrix")
        } else {
            format!("if that is meant, write `matrix: {{ max_cells: {count} }}` into the step")
        })
}

/// What the step declares by itself. A value that a row leaves out is the empty text.
fn own(step: &Step) -> Table<'_> {
    static EMPTY: std::sync::LazyLock<Scalar> = std::sync::LazyLock::new(|| Scalar::text(""));
    let axes = &step.matrix.axes;
    let rows = step.matrix.cells.iter();
    Table {
        axes: axes.clone(),
        rows: rows
            .map(|at| axes.iter().map(|axis| at.get(axis).unwrap_or(&EMPTY)).collect())
            .collect(),
        ids: vec![0; step.matrix.cells.len()],
    }
}

fn cells(step: &Step, used: &[StepId], joined: &Joined<'_>) -> Vec<Cell> {
    let cell = |row| Cell {
        name: CellName {
            step: step.name.clone(),
            at: joined.coordinates(row),
        },
        uses: used.iter().copied().zip(row.ids.iter().copied()).collect(),
        text: None,
        outputs: Vec::new(),
    };
    joined.rows.iter().map(cell).collect()
}

/// Whether every axis that is fixed has that value; values are equal if they read the same.
pub(super) fn agrees(at: &Coordinates, fixed: &Coordinates) -> bool {
    let same = |axis: &str, value: &Scalar| {
        at.get(axis)
            .is_some_and(|found| found == value || found.to_string() == value.to_string())
    };
    fixed.0.iter().all(|(axis, value)| same(axis, value))
}
