//! Putting the tree together from the inside out: lists and maps that are open, anchors, and what aliases repeat.
//!
//! Nothing here recurses, and depth and size are checked before anything grows. Knows nothing of the parser.

use super::{
    codes,
    complaints::Complaints,
    node::{Entry, Node, Style, Value},
    quote, syntax,
};
use crate::base::{
    diagnostic::{Diagnostic, Diagnostics},
    span::Span,
};
use std::{collections::HashMap, sync::Arc};

/// How deep lists and maps may nest.
const MAX_DEPTH: usize = 64;
/// How many values anchors and aliases may add to those that are written out.
const MAX_REPEATED: usize = 50_000;

/// A tree half built.
#[derive(Default)]
pub(super) struct Assembly {
    open: Vec<Open>,
    anchors: HashMap<usize, Anchored>,
    repeated: usize,
    root: Option<Node>,
    complaints: Complaints,
}

/// A list or map whose end has not been seen.
struct Open {
    start: Span,
    anchor: usize,
    weight: usize,
    height: usize,
    items: Items,
}

/// What an open list or map holds so far.
pub(super) enum Items {
    Seq(Vec<Node>),
    Map {
        entries: Vec<Entry>,
        /// The key whose value comes next.
        key: Option<(Arc<str>, Span)>,
        seen: HashMap<Arc<str>, Span>,
    },
}

impl Items {
    pub(super) fn list() -> Self {
        Self::Seq(Vec::new())
    }

    pub(super) fn map() -> Self {
        Self::Map {
            entries: Vec::new(),
            key: None,
            seen: HashMap::new(),
        }
    }
}

/// A value under an anchor; unfinished until its end has been seen.
struct Anchored {
    name: String,
    span: Span,
    value: Option<Finished>,
}

/// A value with what it costs to repeat it.
#[derive(Clone)]
struct Finished {
    node: Node,
    /// How many values it holds, itself included.
    weight: usize,
    /// How many levels of lists and maps.
    height: usize,
}

impl Assembly {
    /// The tree and what was found wrong on the way.
    pub(super) fn finish(self) -> (Option<Node>, Diagnostics) {
        (self.root, self.complaints.into_list())
    }

    /// The names marked so far.
    pub(super) fn anchors(&self) -> impl Iterator<Item = &str> {
        self.anchors.values().map(|anchored| anchored.name.as_str())
    }

    /// Where the innermost `[` or `{` that is open stands.
    pub(super) fn open_bracket(&self, text: &str) -> Option<usize> {
        let mut starts = self.open.iter().rev().map(|open| open.start.start);
        starts.find(|start| opens_flow(text, *start))
    }

    /// Where the innermost map begins, if what comes next is one of its keys.
    pub(super) fn map_that_waits_for_a_key(&self) -> Option<usize> {
        let open = self.open.last()?;
        matches!(open.items, Items::Map { key: None, .. }).then_some(open.start.start)
    }

    /// Declares an anchor, by the parser's number; its value comes next.
    pub(super) fn anchor(&mut self, anchor: usize, name: &str, span: Span) {
        let (name, value) = (name.to_owned(), None);
        self.anchors.insert(anchor, Anchored { name, span, value });
    }

    /// Begins a list or map.
    pub(super) fn begin(&mut self, start: Span, anchor: usize, items: Items) -> Result<(), Diagnostics> {
        if self.open.len() >= MAX_DEPTH {
            return Err(too_deep(start));
        }
        self.open.push(Open {
            start,
            anchor,
            weight: 1,
            height: 1,
            items,
        });
        Ok(())
    }

    /// Ends the innermost list or map; `end` is where the parser saw its end.
    pub(super) fn end(&mut self, text: &str, end: usize) -> Result<(), Diagnostics> {
        let open = self.open.pop().expect("the parser ends only what it began");
        let (value, last) = match open.items {
            Items::Seq(items) => {
                let last = items.last().map(|item| item.span.end);
                (Value::Seq(items), last)
            }
            Items::Map { entries, .. } => {
                let last = entries.last().map(|entry| entry.key_span.end.max(entry.value.span.end));
                (Value::Map(entries), last)
            }
        };
        let start = open.start.start;
        let end = match last {
            _ if opens_flow(text, start) => end,
            // What an alias repeats may stand anywhere.
            Some(last) if last > start && last <= end => last,
            _ => start + text[start..end.max(start)].trim_end().len(),
        };
        let span = Span { end, ..open.start };
        let style = Style::Collection;
        let finished = Finished {
            node: Node { span, value, style },
            weight: open.weight,
            height: open.height,
        };
        self.place(text, finished, open.anchor)
    }

    /// A single value.
    pub(super) fn scalar(&mut self, text: &str, node: Node, anchor: usize) -> Result<(), Diagnostics> {
        let (weight, height) = (1, 0);
        self.place(text, Finished { node, weight, height }, anchor)
    }

    /// The value of an anchor once more.
    pub(super) fn alias(&mut self, text: &str, anchor: usize, place: Span) -> Result<(), Diagnostics> {
        let anchored = self.anchors.get(&anchor).expect("the parser knows the anchor");
        let Some(finished) = &anchored.value else {
            return Err(self_alias(anchored, place));
        };
        if self.open.len() + finished.height > MAX_DEPTH {
            return Err(too_deep(place));
        }
        let finished = finished.clone();
        self.charge(finished.weight, place)?;
        self.place(text, finished, 0)
    }

    fn charge(&mut self, weight: usize, place: Span) -> Result<(), Diagnostics> {
        self.repeated += weight;
        if self.repeated <= MAX_REPEATED {
            return Ok(());
        }
        let message = format!("anchors and aliases repeat more than {MAX_REPEATED} values");
        Err(alias_limit(place, &message))
    }

    /// Puts a value where it belongs: under the pending key, into the list, or at the root.
    fn place(&mut self, text: &str, finished: Finished, anchor: usize) -> Result<(), Diagnostics> {
        if anchor > 0 {
            // Keeping a copy costs as much as repeating it.
            self.charge(finished.weight, finished.node.span)?;
            if let Some(anchored) = self.anchors.get_mut(&anchor) {
                anchored.value = Some(finished.clone());
            }
        }
        let Some(open) = self.open.last_mut() else {
            self.root = Some(finished.node);
            return Ok(());
        };
        open.weight += finished.weight;
        open.height = open.height.max(finished.height + 1);
        let value = finished.node;
        match &mut open.items {
            Items::Seq(items) => items.push(value),
            Items::Map { entries, key, seen } => match key.take() {
                Some((key, key_span)) => entries.push(Entry { key, key_span, value }),
                None => *key = Some(take_key(text, &value, seen, &mut self.complaints)),
            },
        }
        Ok(())
    }
}

fn opens_flow(text: &str, start: usize) -> bool {
    text[start..].starts_with(['[', '{'])
}

/// The text of a key, complained about if it is none or is there already.
fn take_key(text: &str, node: &Node, seen: &mut HashMap<Arc<str>, Span>, into: &mut Complaints) -> (Arc<str>, Span) {
    let span = node.span;
    let name: Arc<str> = if let Some(name) = node.text() {
        name.into()
    } else {
        into.push(syntax::scalar_key_not_text(text, node));
        text[span.start..span.end].into()
    };
    if let Some(first) = seen.insert(name.clone(), span) {
        let message = format!("key `{}` stands twice in this map", quote::brief(&name));
        into.push(
            Diagnostic::error(codes::DUPLICATE_KEY, span, message)
                .label("again here")
                .related(first, "first here")
                .help("remove one of them, or give it another name"),
        );
    }
    (name, span)
}

fn too_deep(place: Span) -> Diagnostics {
    let message = format!("lists and maps nest deeper than {MAX_DEPTH} levels");
    Diagnostic::error(codes::TOO_DEEP, place, message)
        .help("a pipeline needs no more than six levels")
        .into()
}

fn self_alias(anchored: &Anchored, place: Span) -> Diagnostics {
    let message = format!("`*{}` stands inside the value it repeats", quote::brief(&anchored.name));
    Diagnostic::error(codes::SELF_ALIAS, place, message)
        .related(anchored.span, "the value begins here")
        .help("write the value out, or name another one")
        .into()
}

/// The complaint about aliases that grow beyond measure.
pub(super) fn alias_limit(place: Span, message: &str) -> Diagnostics {
    Diagnostic::error(codes::ALIAS_LIMIT, place, message)
        .help("cells are made by a `matrix:` or `rows:`, not by repeating YAML")
        .into()
}
