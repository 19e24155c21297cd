//! From cells to nodes: every upload and every take of the pipeline, with what each needs, before anything is known of
//! what was rendered.
//!
//! Invariants: a node's needs stand before it; nodes of one cell stand side by side, the first take first. Texts have
//! no nodes; what a text needs is needed by the songs that are sung from it.

use super::{
    Content, Draft, Expansion, Facts, Node, NodeId, NodeWork, Reason, RenderRequest, Take, Upload, Verdict,
    expand::Cell,
    join::text_of,
    lyrics::{of_song, sung},
};
use crate::{
    base::{
        audio_settings::Format,
        digest::Digest,
        ids::{Coordinates, TakeName},
        money::{Price, Usd},
        span::Location,
    },
    catalog::{BackendKind, Purpose},
    pipeline::{Pipeline, Reference, ReferenceSource, Song, Step, StepId, Work},
};
use std::{
    collections::{BTreeSet, HashMap},
    path::{Path, PathBuf},
};

/// All nodes of a pipeline.
pub(super) struct Wired {
    pub(super) nodes: Vec<Node>,
    /// By step, then by cell: the takes of a song, the uploads of a reference, or what a text needs.
    pub(super) cells: Vec<Vec<Vec<NodeId>>>,
}

/// Makes the nodes of the whole pipeline.
pub(super) fn wire(pipeline: &Pipeline, expansion: &Expansion, facts: &Facts) -> Wired {
    let mut wiring = Wiring {
        pipeline,
        expansion,
        facts,
        wired: Wired {
            nodes: Vec::new(),
            cells: pipeline
                .steps
                .iter()
                .map(|step| vec![Vec::new(); expansion.cells(step.id).len()])
                .collect(),
        },
        used: used_references(pipeline, expansion),
        shared: HashMap::new(),
        uploads: HashMap::new(),
    };
    for id in expansion.order() {
        let step = pipeline.step(*id);
        match &step.work {
            Work::Reference(reference) => wiring.reference(step, reference),
            Work::Lyrics(_) => wiring.lyrics(step),
            Work::Song(song) => wiring.song(step, song),
        }
    }
    wiring.wired
}

/// A cell of a reference, as one backend needs it.
type Wanted = (StepId, u32, BackendKind);

/// What is the same upload: content, purpose, backend, and the step if it has needs of its own.
type Same = (Source, Purpose, BackendKind, Option<StepId>);

/// What an upload's content is known by.
#[derive(PartialEq, Eq, Hash)]
enum Source {
    File(Digest),
    Unread(PathBuf),
    Take(NodeId),
}

struct Wiring<'a> {
    pipeline: &'a Pipeline,
    expansion: &'a Expansion,
    facts: &'a Facts,
    wired: Wired,
    used: BTreeSet<Wanted>,
    shared: HashMap<Same, NodeId>,
    uploads: HashMap<Wanted, NodeId>,
}

/// The references some song uses; the others are not sent.
fn used_references(pipeline: &Pipeline, expansion: &Expansion) -> BTreeSet<Wanted> {
    let mut used = BTreeSet::new();
    for step in &pipeline.steps {
        let Work::Song(song) = &step.work else { continue };
        for id in song.voice.into_iter().chain(song.instrumental) {
            let cells = expansion.cells(step.id).iter();
            let indexes = cells.flat_map(|cell| cell.uses.iter().filter(move |(used, _)| *used == id));
            used.extend(indexes.map(|(_, index)| (id, *index, song.backend)));
        }
    }
    used
}

impl Wiring<'_> {
    fn lyrics(&mut self, step: &Step) {
        let before = self.ordered(step);
        for (index, mut needs) in before.into_iter().enumerate() {
            self.inherit(&self.expansion.cells(step.id)[index], &mut needs);
            self.wired.cells[step.id.0 as usize][index] = tidy(needs);
        }
    }

    fn reference(&mut self, step: &Step, reference: &Reference) {
        let before = self.ordered(step);
        let location = self.pipeline.sources.locate(step.span);
        let from = (step.id, 0, BackendKind::Aimlapi.min(BackendKind::Sandbox));
        let wanted: Vec<Wanted> = self
            .used
            .range(from..)
            .take_while(|(id, ..)| *id == step.id)
            .copied()
            .collect();
        for want in wanted {
            let (_, index, backend) = want;
            let cell = &self.expansion.cells(step.id)[index as usize];
            let (content, source) = self.content(cell, reference);
            let own = (!step.needs.is_empty()).then_some(step.id);
            let same = (source, reference.purpose, backend, own);
            let upload = Upload {
                name: cell.name.clone(),
                backend,
                purpose: reference.purpose,
                content,
            };
            let known = self.shared.get(&same).copied();
            let node = known.unwrap_or_else(|| self.upload(step, &location, before[index as usize].clone(), upload));
            if let Source::Unread(path) = &same.0 {
                self.lose(node, path);
            }
            self.shared.insert(same, node);
            self.uploads.insert(want, node);
            self.wired.cells[step.id.0 as usize][index as usize].push(node);
        }
    }

    fn upload(&mut self, step: &Step, location: &Location, mut needs: Vec<NodeId>, upload: Upload) -> NodeId {
        if let Content::Take { node, .. } = upload.content {
            needs.push(node);
        }
        self.push(step, location, needs, NodeWork::Upload(upload))
    }

    /// An upload whose file could not be read: nothing that needs it can be done.
    fn lose(&mut self, node: NodeId, path: &Path) {
        let node = &mut self.wired.nodes[node.0 as usize];
        node.verdict = Verdict::Blocked;
        node.reason = Reason::BlockedBy {
            node: path.display().to_string(),
        };
    }

    fn content(&self, cell: &Cell, reference: &Reference) -> (Content, Source) {
        match &reference.source {
            ReferenceSource::File { path, shown } => {
                let fact = self.facts.get(path).and_then(|fact| fact.as_ref().ok());
                let digest = fact.map_or_else(|| Digest::of(&[]), |fact| fact.digest);
                let sound = fact.and_then(|fact| fact.sound.as_ref().ok());
                let content = Content::File {
                    path: path.clone(),
                    shown: shown.clone(),
                    digest,
                    format: sound.map_or(Format::Mp3, |sound| sound.format),
                };
                let source = fact.map_or_else(|| Source::Unread(path.clone()), |fact| Source::File(fact.digest));
                (content, source)
            }
            ReferenceSource::Song { step, take, .. } => {
                let index = cell.used(*step).expect("a reference uses the song it comes from");
                let takes = &self.wired.cells[step.0 as usize][index];
                let node = takes[(*take as usize).clamp(1, takes.len()) - 1];
                (Content::Take { node, digest: None }, Source::Take(node))
            }
        }
    }

    fn song(&mut self, step: &Step, song: &Song) {
        let before = self.ordered(step);
        let location = self.pipeline.sources.locate(step.span);
        let expansion = self.expansion;
        for (index, (cell, mut needs)) in expansion.cells(step.id).iter().zip(before).enumerate() {
            self.inherit(cell, &mut needs);
            let draft = self.draft(cell, song);
            needs.extend(draft.voice.into_iter().chain(draft.instrumental));
            let needs = tidy(needs);
            for (number, output) in (1..).zip(&cell.outputs) {
                let mut draft = draft.clone();
                draft.request.take = number;
                let take = Take {
                    name: TakeName {
                        cell: cell.name.clone(),
                        number,
                    },
                    draft,
                    key: None,
                    output: output.clone(),
                    twin: None,
                    stored: None,
                    lost: None,
                    gates: song.gates,
                    attempt: 0,
                    outside: Vec::new(),
                    missed: Vec::new(),
                    made: Vec::new(),
                };
                let node = self.push(step, &location, needs.clone(), NodeWork::Take(take));
                self.wired.cells[step.id.0 as usize][index].push(node);
            }
        }
    }

    fn draft(&self, cell: &Cell, song: &Song) -> Draft {
        let lyrics = of_song(self.pipeline, song).and_then(|(id, _, lyrics)| {
            let text = &self.expansion.cells(id)[cell.used(id)?].text;
            text.as_deref().map(|text| sung(lyrics, text))
        });
        let upload = |reference: Option<StepId>| {
            let id = reference?;
            let index = u32::try_from(cell.used(id)?).ok()?;
            self.uploads.get(&(id, index, song.backend)).copied()
        };
        Draft {
            request: RenderRequest {
                version: RenderRequest::VERSION,
                backend: song.backend,
                contract: song.model.contract,
                model: song.model.id.to_owned(),
                lyrics,
                voice: None,
                instrumental: None,
                audio: song.audio,
                take: 1,
                salt: song.salt.clone(),
                wishes: Some(self.pipeline.wishes)
                    .filter(|wishes| song.backend == BackendKind::Sandbox && !wishes.is_empty()),
            },
            voice: upload(song.voice),
            instrumental: upload(song.instrumental),
        }
    }

    fn push(&mut self, step: &Step, location: &Location, needs: Vec<NodeId>, work: NodeWork) -> NodeId {
        let id = NodeId(u32::try_from(self.wired.nodes.len()).expect("fewer than 2^32 nodes"));
        self.wired.nodes.push(Node {
            id,
            needs: tidy(needs),
            verdict: Verdict::New,
            reason: Reason::NeverRendered,
            price: Price::Known(Usd::ZERO),
            location: location.clone(),
            tags: step.tags.clone(),
            work,
        });
        id
    }

    /// Adds what the texts that a cell uses need.
    fn inherit(&self, cell: &Cell, needs: &mut Vec<NodeId>) {
        for (id, index) in &cell.uses {
            if let Work::Lyrics(_) = self.pipeline.step(*id).work {
                needs.extend(&self.wired.cells[id.0 as usize][*index as usize]);
            }
        }
    }

    /// For each cell of a step, the nodes that its `needs:` put before it: of the cells that have the same values on
    /// the axes both have.
    fn ordered(&self, step: &Step) -> Vec<Vec<NodeId>> {
        let cells = self.expansion.cells(step.id);
        let mut needs = vec![Vec::new(); cells.len()];
        for id in &step.needs {
            let theirs = self.expansion.cells(*id);
            let nodes = &self.wired.cells[id.0 as usize];
            let (here, there) = shared_axes(cells, theirs);
            let mut index: HashMap<String, Vec<NodeId>> = HashMap::new();
            for (cell, nodes) in theirs.iter().zip(nodes) {
                index.entry(place(&cell.name.at, &there)).or_default().extend(nodes);
            }
            for (cell, needs) in cells.iter().zip(&mut needs) {
                needs.extend(index.get(&place(&cell.name.at, &here)).into_iter().flatten());
            }
        }
        needs
    }
}

/// Where the axes that both have stand in the one and in the other.
fn shared_axes(here: &[Cell], there: &[Cell]) -> (Vec<usize>, Vec<usize>) {
    let axes = |cells: &[Cell]| cells.first().map(|cell| cell.name.at.0.clone()).unwrap_or_default();
    let (here, there) = (axes(here), axes(there));
    let position = |axis| there.iter().position(|(name, _)| name == axis);
    here.iter()
        .enumerate()
        .filter_map(|(at, (axis, _))| Some((at, position(axis)?)))
        .unzip()
}

fn place(at: &Coordinates, positions: &[usize]) -> String {
    let values: Vec<_> = at.0.iter().map(|(_, value)| value).collect();
    text_of(&values, positions)
}

/// Each once, in order.
fn tidy(mut needs: Vec<NodeId>) -> Vec<NodeId> {
    needs.sort_unstable();
    needs.dedup();
    needs
}
