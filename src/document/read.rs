//! Events of `saphyr-parser` → the tree, one at a time: depth and size are checked before anything grows, and nothing
//! here recurses.

use super::{
    agree, codes, expand,
    node::{Document, Entry, Node, Style, Value},
    offsets::Offsets,
    scalar, syntax,
};
use crate::base::{
    diagnostic::{Diagnostic, Diagnostics},
    scalar::Scalar,
    span::{SourceId, Sources, Span},
};
use saphyr_parser::{Event, Parser, ScalarStyle, Tag};
use std::{borrow::Cow, collections::HashMap, sync::Arc};

/// How deep lists and maps may nest.
const MAX_DEPTH: usize = 64;
/// How many nodes anchors and aliases may add to those that are written out.
const MAX_REPEATED: usize = 50_000;

/// Reads a text as YAML. What is wrong comes back at once, except that nothing is known beyond the first place that is
/// no YAML at all. On success the root is a list, a map or a scalar.
pub fn read(sources: &Sources, source: SourceId) -> Result<Document, Diagnostics> {
    let text = sources.get(source).text.clone();
    let name = &sources.get(source).name;
    let mut reader = Reader::new(source, &text);
    if let Err(fatal) = reader.run(name) {
        reader.diagnostics.push(fatal);
    }
    let mut diagnostics = reader.diagnostics;
    let Some(mut root) = reader.root.filter(|_| !diagnostics.has_errors()) else {
        diagnostics.sort();
        return Err(diagnostics);
    };
    agree::agree(&root, source, &text)?;
    expand::expand(&mut root, &mut diagnostics);
    if diagnostics.has_errors() {
        return Err(diagnostics);
    }
    Ok(Document { source, root })
}

/// A list or map whose end has not been seen.
struct Open {
    start: usize,
    anchor: usize,
    weight: usize,
    height: usize,
    items: Items,
}

enum Items {
    Seq(Vec<Node>),
    Map {
        entries: Vec<Entry>,
        key: Option<(Arc<str>, Span)>,
        seen: HashMap<Arc<str>, Span>,
    },
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
    weight: usize,
    height: usize,
}

struct Reader<'t> {
    source: SourceId,
    text: &'t str,
    offsets: Offsets,
    open: Vec<Open>,
    anchors: HashMap<usize, Anchored>,
    repeated: usize,
    root: Option<Node>,
    diagnostics: Diagnostics,
}

/// Stops the reading.
type Step = Result<(), Diagnostic>;

impl<'t> Reader<'t> {
    fn new(source: SourceId, text: &'t str) -> Self {
        Self {
            source,
            text,
            offsets: Offsets::of(text),
            open: Vec::new(),
            anchors: HashMap::new(),
            repeated: 0,
            root: None,
            diagnostics: Diagnostics::default(),
        }
    }

    fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.source, start, end.max(start))
    }

    fn run(&mut self, name: &str) -> Step {
        let mut documents = 0;
        let text = whole_lines(self.text);
        for event in Parser::new_from_str(&text) {
            let (event, place) = event.map_err(|error| self.explain(&error))?;
            let start = self.offsets.byte(place.start.index());
            let end = self.offsets.byte(place.end.index());
            match event {
                Event::DocumentStart(_) => {
                    documents += 1;
                    if documents > 1 {
                        return Err(self.second_document(start, end));
                    }
                }
                Event::Alias(anchor) => self.alias(anchor, self.span(start, end))?,
                Event::Scalar(value, style, anchor, tag) => {
                    let start = self.properties(start, end, anchor, tag.as_ref());
                    let node = self.scalar(&value, style, (start, end), tag.is_some());
                    self.finish(node, anchor)?;
                }
                Event::SequenceStart(anchor, tag) => {
                    let start = self.properties(start, self.text.len(), anchor, tag.as_ref());
                    self.begin(start, anchor, Items::Seq(Vec::new()))?;
                }
                Event::MappingStart(anchor, tag) => {
                    let start = self.properties(start, self.text.len(), anchor, tag.as_ref());
                    let (entries, key, seen) = (Vec::new(), None, HashMap::new());
                    self.begin(start, anchor, Items::Map { entries, key, seen })?;
                }
                Event::SequenceEnd | Event::MappingEnd => self.end(end)?,
                Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
            }
        }
        match &self.root {
            Some(root) if root.value != Value::Null => Ok(()),
            _ => Err(Diagnostic::file_error(
                codes::EMPTY_FILE,
                name,
                "the file has nothing in it but comments or blanks",
            )
            .help("a pipeline begins with `version: 1`; `takesheet init` writes one to start from")),
        }
    }

    fn explain(&self, error: &saphyr_parser::ScanError) -> Diagnostic {
        let at = self.offsets.byte(error.marker().index());
        let bracket = self
            .open
            .iter()
            .rev()
            .map(|open| open.start)
            .find(|start| self.opens_flow(*start));
        let anchors = self.anchors.values().map(|anchored| anchored.name.as_str());
        syntax::explain(syntax::Failure {
            text: self.text,
            source: self.source,
            at,
            info: error.info(),
            bracket,
            anchors: anchors.collect(),
        })
    }

    fn opens_flow(&self, start: usize) -> bool {
        self.text[start..].starts_with(['[', '{'])
    }

    fn second_document(&self, start: usize, end: usize) -> Diagnostic {
        Diagnostic::error(
            codes::SECOND_DOCUMENT,
            self.span(start, end),
            "a second document begins here, but a file holds one",
        )
        .help("remove the `---`, or move what follows into a file of its own")
    }

    /// Notes an anchor, refuses a tag, and returns where the value itself starts.
    fn properties(&mut self, start: usize, end: usize, anchor: usize, tag: Option<&Cow<'_, Tag>>) -> usize {
        if anchor == 0 && tag.is_none() {
            return start;
        }
        if anchor > 0 {
            let (name, span, value) = (String::new(), self.span(start, start), None);
            self.anchors.insert(anchor, Anchored { name, span, value });
        }
        let mut at = start;
        loop {
            let rest = &self.text[at..end];
            let length = rest
                .find(|c: char| c.is_whitespace() || ",]}".contains(c))
                .unwrap_or(rest.len());
            let (token, place) = (&rest[..length], self.span(at, at + length));
            if let Some(name) = token.strip_prefix('&') {
                if let Some(anchored) = self.anchors.get_mut(&anchor) {
                    anchored.name = name.to_owned();
                    anchored.span = place;
                }
            } else if token.starts_with('!') {
                if !tag.is_some_and(|tag| tag.is_yaml_core_schema() && tag.suffix == "str") {
                    self.diagnostics.push(syntax::tag(self.text, place));
                }
            } else {
                return at;
            }
            at = syntax::skip_blank(self.text, at + length).min(end);
        }
    }

    fn scalar(&mut self, value: &str, style: ScalarStyle, (start, end): (usize, usize), tagged: bool) -> Node {
        let style = match style {
            ScalarStyle::Plain => Style::Plain,
            ScalarStyle::SingleQuoted => Style::SingleQuoted,
            ScalarStyle::DoubleQuoted => Style::DoubleQuoted,
            ScalarStyle::Literal => Style::Literal,
            ScalarStyle::Folded => Style::Folded,
        };
        let end = match style {
            // The parser places a value left out on whatever comes next.
            Style::Plain if value.is_empty() => start,
            // A block runs on to the next key.
            Style::Literal | Style::Folded => start + self.text[start..end.max(start)].trim_end().len(),
            _ => end,
        };
        let span = self.span(start, end);
        let value = if style == Style::Plain && !tagged {
            scalar::resolve(value).unwrap_or_else(|scalar::TooLarge| {
                self.diagnostics.push(syntax::number_too_large(value, span));
                Value::Null
            })
        } else {
            Value::Scalar(Scalar::text(value))
        };
        Node { span, value, style }
    }

    fn begin(&mut self, start: usize, anchor: usize, items: Items) -> Step {
        if let Some(Open {
            start: outer,
            items: Items::Map { key: None, .. },
            ..
        }) = self.open.last()
        {
            return Err(syntax::key_not_text(self.text, self.source, *outer, start));
        }
        if self.open.len() >= MAX_DEPTH {
            return Err(self.too_deep(self.span(start, start)));
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

    fn too_deep(&self, place: Span) -> Diagnostic {
        let message = format!("lists and maps nest deeper than {MAX_DEPTH} levels");
        Diagnostic::error(codes::TOO_DEEP, place, message).help("a pipeline needs no more than six levels")
    }

    fn end(&mut self, end: usize) -> Step {
        let open = self.open.pop().expect("the parser ends only what it began");
        let (value, last) = match open.items {
            Items::Seq(items) => {
                let last = items.last().map(|item| item.span);
                (Value::Seq(items), last)
            }
            Items::Map { entries, .. } => {
                let last = entries.last().map(|entry| later(entry.key_span, entry.value.span));
                (Value::Map(entries), last)
            }
        };
        let end = match last {
            _ if self.opens_flow(open.start) => end,
            // What an alias repeats may stand anywhere.
            Some(last) if last.end > open.start && last.end <= end => last.end,
            _ => open.start + self.text[open.start..end.max(open.start)].trim_end().len(),
        };
        let node = Node {
            span: self.span(open.start, end),
            value,
            style: Style::Collection,
        };
        self.place(
            Finished {
                node,
                weight: open.weight,
                height: open.height,
            },
            open.anchor,
        )
    }

    fn finish(&mut self, node: Node, anchor: usize) -> Step {
        let (weight, height) = (1, 0);
        self.place(Finished { node, weight, height }, anchor)
    }

    fn alias(&mut self, anchor: usize, place: Span) -> Step {
        let anchored = self.anchors.get(&anchor).expect("the parser knows the anchor");
        let Some(finished) = anchored.value.clone() else {
            let name = &anchored.name;
            let message = format!("`*{name}` stands inside the value it repeats");
            return Err(Diagnostic::error(codes::SELF_ALIAS, place, message)
                .related(anchored.span, "the value begins here")
                .help("write the value out, or name another one"));
        };
        if self.open.len() + finished.height > MAX_DEPTH {
            return Err(self.too_deep(place));
        }
        self.charge(finished.weight, place)?;
        self.place(finished, 0)
    }

    fn charge(&mut self, weight: usize, place: Span) -> Step {
        self.repeated += weight;
        if self.repeated <= MAX_REPEATED {
            return Ok(());
        }
        let message = format!("aliases repeat more than {MAX_REPEATED} values");
        Err(Diagnostic::error(codes::ALIAS_LIMIT, place, message)
            .help("cells are made by a `matrix:` or `rows:`, not by repeating YAML"))
    }

    /// Puts a value where it belongs: under the pending key, into the list, or at the root.
    fn place(&mut self, finished: Finished, anchor: usize) -> Step {
        if anchor > 0 {
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
        match &mut open.items {
            Items::Seq(items) => items.push(finished.node),
            Items::Map { entries, key, seen } => match key.take() {
                Some((key, key_span)) => entries.push(Entry {
                    key,
                    key_span,
                    value: finished.node,
                }),
                None => *key = Some(self::key(self.text, finished.node, seen, &mut self.diagnostics)),
            },
        }
        Ok(())
    }
}

/// The text with a line break at its end: without one, readers differ on the last line of a block scalar. Offsets
/// beyond the text as it was are taken for its end.
pub(super) fn whole_lines(text: &str) -> Cow<'_, str> {
    if text.ends_with('\n') {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(format!("{text}\n"))
    }
}

/// The text of a key, complained about if it is none or is there already.
fn key(text: &str, node: Node, seen: &mut HashMap<Arc<str>, Span>, into: &mut Diagnostics) -> (Arc<str>, Span) {
    let span = node.span;
    let name: Arc<str> = match node.value {
        Value::Scalar(Scalar::Text(name)) => name,
        _ => {
            into.push(syntax::scalar_key_not_text(text, &node));
            text[span.start..span.end].into()
        }
    };
    if let Some(first) = seen.insert(name.clone(), span) {
        into.push(
            Diagnostic::error(
                codes::DUPLICATE_KEY,
                span,
                format!("key `{name}` stands twice in this map"),
            )
            .label("again here")
            .related(first, "first here")
            .help("remove one of them, or give it another name"),
        );
    }
    (name, span)
}

/// Whichever ends later; a value left out ends with its key.
fn later(key: Span, value: Span) -> Span {
    if value.end > key.end { value } else { key }
}

/// Reads a text on its own.
#[cfg(test)]
pub(super) fn read_text(text: &str) -> (Sources, Result<Document, Diagnostics>) {
    let mut sources = Sources::default();
    let source = sources.add(crate::base::span::Source {
        name: "p.yaml".into(),
        path: "p.yaml".into(),
        text: text.into(),
    });
    let result = read(&sources, source);
    (sources, result)
}

#[cfg(test)]
mod tests;
