//! The three languages of a drawing.

use super::{Graph, Shape, Tie, Vertex};
use crate::{plan::Verdict, report::layout};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

/// Mermaid: the ids are our own, so only labels need escaping, by its own entity codes.
pub(super) fn mermaid(graph: &Graph) -> String {
    let mut text = String::from("flowchart LR\n");
    for (id, vertex) in graph.vertices.iter().enumerate() {
        let label = lines_of(vertex)
            .iter()
            .map(|line| mermaid_text(line))
            .collect::<Vec<_>>()
            .join("<br/>");
        let (open, close) = match vertex.shape {
            Shape::Reference => ("[/", "/]"),
            Shape::Lyrics => (">", "]"),
            Shape::Song => ("(", ")"),
        };
        let class = vertex
            .verdict
            .map_or(String::new(), |verdict| format!(":::{}", verdict.word()));
        line(&mut text, format_args!("  n{id}{open}\"{label}\"{close}{class}"));
    }
    for (from, to, tie) in &graph.edges {
        let arrow = if *tie == Tie::Data { "-->" } else { "-.->" };
        line(&mut text, format_args!("  n{from} {arrow} n{to}"));
    }
    for (verdict, colour) in used_colours(graph) {
        line(
            &mut text,
            format_args!("  classDef {} fill:{colour},color:#000", verdict.word()),
        );
    }
    text
}

fn mermaid_text(text: &str) -> String {
    let mut escaped = String::new();
    for letter in layout::one_line(text).chars() {
        if "\"#<>&;[](){}|\\`".contains(letter) {
            let _ = write!(escaped, "#{};", u32::from(letter));
        } else {
            escaped.push(letter);
        }
    }
    escaped
}

/// DOT: names and labels are double-quoted strings, in which only the quote and the backslash mean something.
pub(super) fn dot(graph: &Graph) -> String {
    let mut text = String::from("digraph takesheet {\n  rankdir=LR;\n  node [style=filled, fillcolor=white];\n");
    for (id, vertex) in graph.vertices.iter().enumerate() {
        let label = lines_of(vertex)
            .iter()
            .map(|line| dot_text(line))
            .collect::<Vec<_>>()
            .join("\\n");
        let shape = match vertex.shape {
            Shape::Reference => "parallelogram",
            Shape::Lyrics => "note",
            Shape::Song => "box",
        };
        let colour = vertex
            .verdict
            .map_or(String::new(), |verdict| format!(", fillcolor=\"{}\"", colour(verdict)));
        line(
            &mut text,
            format_args!("  n{id} [label=\"{label}\", shape={shape}{colour}];"),
        );
    }
    for (from, to, tie) in &graph.edges {
        let style = if *tie == Tie::Data { "" } else { " [style=dashed]" };
        line(&mut text, format_args!("  n{from} -> n{to}{style};"));
    }
    text + "}\n"
}

fn dot_text(text: &str) -> String {
    layout::one_line(text).replace('\\', "\\\\").replace('"', "\\\"")
}

/// A tree from what is asked for down to what it needs. What was shown with its needs is not unfolded again.
pub(super) fn tree(graph: &Graph) -> String {
    let mut needs: BTreeMap<usize, Vec<(usize, Tie)>> = BTreeMap::new();
    let mut needed = BTreeSet::new();
    for (from, to, tie) in &graph.edges {
        needs.entry(*to).or_default().push((*from, *tie));
        needed.insert(*from);
    }
    let mut drawing = Tree {
        graph,
        needs,
        unfolded: BTreeSet::new(),
        text: String::new(),
    };
    for root in (0..graph.vertices.len()).filter(|id| !needed.contains(id)) {
        drawing.root(root);
    }
    drawing.text
}

/// How a child hangs on its parent, and what stands before its own children: between others, and last.
const BRANCHES: [(&str, &str); 2] = [("├── ", "│   "), ("└── ", "    ")];

struct Tree<'a> {
    graph: &'a Graph,
    needs: BTreeMap<usize, Vec<(usize, Tie)>>,
    unfolded: BTreeSet<usize>,
    text: String,
}

impl Tree<'_> {
    /// Draws a root with an explicit stack: a chain of songs may be longer than the machine's.
    fn root(&mut self, root: usize) {
        let mut stack = vec![(root, Tie::Data, String::new(), String::new())];
        while let Some((id, tie, branch, indent)) = stack.pop() {
            let children = self.needs.get(&id).cloned().unwrap_or_default();
            let again = !children.is_empty() && !self.unfolded.insert(id);
            let [label, note] = parts(&self.graph.vertices[id]);
            let order = if tie == Tie::Order { " (order only)" } else { "" };
            let above = if again { " (above)" } else { "" };
            line(&mut self.text, format_args!("{branch}{label}{note}{order}{above}"));
            if again {
                continue;
            }
            let last = children.len().saturating_sub(1);
            for (index, (child, tie)) in children.into_iter().enumerate().rev() {
                let (tip, more) = BRANCHES[usize::from(index == last)];
                stack.push((child, tie, format!("{indent}{tip}"), format!("{indent}{more}")));
            }
        }
    }
}

fn parts(vertex: &Vertex) -> [String; 2] {
    let note = if vertex.note.is_empty() {
        String::new()
    } else {
        format!("  {}", vertex.note)
    };
    [layout::one_line(&vertex.label), note]
}

fn lines_of(vertex: &Vertex) -> Vec<&str> {
    [vertex.label.as_str(), vertex.note.as_str()]
        .into_iter()
        .filter(|line| !line.is_empty())
        .collect()
}

const fn colour(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Cached => "#eeeeee",
        Verdict::New => "#c8e6c9",
        Verdict::Changed => "#fff3bf",
        Verdict::Retake => "#ffe0b2",
        Verdict::Unsure => "#e1bee7",
        Verdict::Blocked => "#ffcdd2",
        Verdict::Waits => "#bbdefb",
    }
}

fn used_colours(graph: &Graph) -> BTreeMap<Verdict, &'static str> {
    let verdicts = graph.vertices.iter().filter_map(|vertex| vertex.verdict);
    verdicts.map(|verdict| (verdict, colour(verdict))).collect()
}

fn line(text: &mut String, what: std::fmt::Arguments<'_>) {
    let _ = writeln!(text, "{what}");
}
