//! What depends on what, as a drawing: Mermaid, DOT, or a tree of text.
//!
//! Two drawings are made: of a pipeline's steps, and of a plan's nodes, in which a step with many cells is drawn as
//! one. Knows nothing of files or terminals; a name may hold any character and is escaped for each language.

mod draw;
#[cfg(test)]
mod tests;

use crate::{
    base::{ids::StepName, words},
    pipeline::{Pipeline, Work},
    plan::{Node, NodeWork, Plan, Verdict},
    report::names,
};
use std::collections::{BTreeMap, BTreeSet};

/// The languages of a drawing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GraphFormat {
    /// For Markdown.
    Mermaid,
    /// For Graphviz.
    Dot,
    /// For a terminal.
    #[default]
    Tree,
}

/// A drawing before it is drawn.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Graph {
    vertices: Vec<Vertex>,
    /// From what is needed to what needs it.
    edges: BTreeSet<(usize, usize, Tie)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Vertex {
    label: String,
    /// A second line: how many cells, which verdict.
    note: String,
    shape: Shape,
    verdict: Option<Verdict>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Reference,
    Lyrics,
    Song,
}

/// Why one comes after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Tie {
    /// It uses what the other yields.
    Data,
    /// `needs:`.
    Order,
}

impl Graph {
    /// The steps of a pipeline.
    pub fn of_pipeline(pipeline: &Pipeline) -> Self {
        let mut graph = Self::default();
        for step in &pipeline.steps {
            let (shape, mut notes) = match &step.work {
                Work::Reference(reference) => (Shape::Reference, vec![reference.purpose.word().to_owned()]),
                Work::Lyrics(_) => (Shape::Lyrics, Vec::new()),
                Work::Song(song) => (Shape::Song, takes_of(song.takes.get())),
            };
            if !step.matrix.axes.is_empty() {
                notes.insert(0, words::count(step.matrix.cells.len(), "cell"));
            }
            let target = graph.add(step.name.to_string(), notes.join(", "), shape, None);
            for (tie, sources) in [(Tie::Data, &step.uses), (Tie::Order, &step.needs)] {
                graph
                    .edges
                    .extend(sources.iter().map(|source| (source.0 as usize, target, tie)));
            }
        }
        graph
    }

    /// The nodes of a plan; a step with more than `limit` of them is one vertex.
    pub fn of_plan(plan: &Plan, limit: usize) -> Self {
        let mut steps: BTreeMap<&StepName, Vec<&Node>> = BTreeMap::new();
        for node in &plan.nodes {
            steps.entry(step_of(node)).or_default().push(node);
        }
        let mut graph = Self::default();
        let mut vertex_of = BTreeMap::new();
        for node in &plan.nodes {
            if vertex_of.contains_key(&node.id) {
                continue;
            }
            let siblings = &steps[step_of(node)];
            let drawn = if siblings.len() > limit {
                siblings.as_slice()
            } else {
                &[node]
            };
            let vertex = graph.add_nodes(drawn);
            vertex_of.extend(drawn.iter().map(|node| (node.id, vertex)));
        }
        let ties = plan
            .nodes
            .iter()
            .flat_map(|node| node.needs.iter().map(move |need| (need, &node.id)));
        let between = ties.map(|(need, node)| (vertex_of[need], vertex_of[node], Tie::Data));
        graph.edges.extend(between.filter(|(from, to, _)| from != to));
        graph
    }

    /// One vertex for a node, or for all nodes of a step.
    fn add_nodes(&mut self, nodes: &[&Node]) -> usize {
        let (shape, noun) = match nodes[0].work {
            NodeWork::Take(_) => (Shape::Song, "take"),
            NodeWork::Upload(_) => (Shape::Reference, "upload"),
        };
        match nodes {
            [node] => self.add(
                names::of(node),
                node.verdict.word().to_owned(),
                shape,
                Some(node.verdict),
            ),
            many => {
                let note = format!("{}: {}", words::count(many.len(), noun), verdicts(many));
                self.add(step_of(many[0]).to_string(), note, shape, most_urgent(many))
            }
        }
    }

    /// The drawing in a language, with a line break at its end.
    pub fn draw(&self, format: GraphFormat) -> String {
        match format {
            GraphFormat::Mermaid => draw::mermaid(self),
            GraphFormat::Dot => draw::dot(self),
            GraphFormat::Tree => draw::tree(self),
        }
    }

    fn add(&mut self, label: String, note: String, shape: Shape, verdict: Option<Verdict>) -> usize {
        self.vertices.push(Vertex {
            label,
            note,
            shape,
            verdict,
        });
        self.vertices.len() - 1
    }
}

/// One take is what anybody expects; more are worth a word. They are those of each cell, whose number only a plan knows.
fn takes_of(takes: u32) -> Vec<String> {
    if takes > 1 {
        vec![format!("{takes} takes of each cell")]
    } else {
        Vec::new()
    }
}

fn step_of(node: &Node) -> &StepName {
    match &node.work {
        NodeWork::Take(take) => &take.name.cell.step,
        NodeWork::Upload(upload) => &upload.name.step,
    }
}

fn verdicts(nodes: &[&Node]) -> String {
    let mut counts = BTreeMap::new();
    for node in nodes {
        *counts.entry(node.verdict).or_insert(0) += 1;
    }
    let said: Vec<String> = counts
        .iter()
        .map(|(verdict, count): (&Verdict, &usize)| format!("{count} {}", verdict.word()))
        .collect();
    said.join(", ")
}

/// The verdict a drawing of many is coloured by: what is wrong, then what is to be done.
fn most_urgent(nodes: &[&Node]) -> Option<Verdict> {
    nodes
        .iter()
        .map(|node| node.verdict)
        .max_by_key(|verdict| match verdict {
            Verdict::Cached => 0,
            Verdict::Waits => 1,
            Verdict::New => 2,
            Verdict::Changed => 3,
            Verdict::Retake => 4,
            Verdict::Unsure => 5,
            Verdict::Blocked => 6,
        })
}
