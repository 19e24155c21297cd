//! Reading a text: the events of `saphyr-parser`, one at a time, become the tree that `serde_yaml` must agree with.

use super::{
    agree,
    assemble::{Assembly, Items},
    codes,
    complaints::Complaints,
    expand,
    node::{Document, Node, Style, Value},
    offsets::Offsets,
    scalar, syntax,
};
use crate::base::{
    diagnostic::{Diagnostic, Diagnostics},
    scalar::Scalar,
    span::{SourceId, Sources, Span},
};
use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Tag};
use std::borrow::Cow;

/// Reads a text as YAML. What is wrong comes back at once, except that nothing is known beyond the first place that is
/// no YAML at all. On success the root is a list, a map or a scalar.
pub fn read(sources: &Sources, source: SourceId) -> Result<Document, Diagnostics> {
    let text = &*sources.get(source).text;
    let mut reader = Reader {
        source,
        text,
        offsets: Offsets::of(text),
        assembly: Assembly::default(),
        documents: 0,
        complaints: Complaints::default(),
    };
    let fatal = reader.run().err();
    let (root, mut diagnostics) = reader.assembly.finish();
    diagnostics.extend(reader.complaints.into_list());
    diagnostics.extend(fatal.unwrap_or_default());
    if diagnostics.has_errors() {
        diagnostics.sort();
        return Err(diagnostics);
    }
    let Some(mut root) = root.filter(|root| root.value != Value::Null) else {
        return Err(empty(&sources.get(source).name));
    };
    agree::agree(&root, source, text)?;
    let mut complaints = Complaints::default();
    expand::expand(&mut root, &mut complaints);
    let diagnostics = complaints.into_list();
    if diagnostics.has_errors() {
        return Err(diagnostics);
    }
    Ok(Document { source, root })
}

fn empty(name: &str) -> Diagnostics {
    Diagnostic::file_error(
        codes::EMPTY_FILE,
        name,
        "the file has nothing in it but comments or blanks",
    )
    .help("a pipeline begins with `version: 1`; `takesheet init` writes one to start from")
    .into()
}

struct Reader<'t> {
    source: SourceId,
    text: &'t str,
    offsets: Offsets,
    assembly: Assembly,
    documents: usize,
    complaints: Complaints,
}

impl Reader<'_> {
    fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.source, start, end.max(start))
    }

    /// Takes in all events; what it returns as an error ends the reading.
    fn run(&mut self) -> Result<(), Diagnostics> {
        let text = whole_lines(self.text);
        for event in Parser::new_from_str(&text) {
            let (event, place) = event.map_err(|error| self.explain(&error))?;
            let start = self.offsets.byte(place.start.index());
            let end = self.offsets.byte(place.end.index());
            self.take(event, start, end)?;
        }
        Ok(())
    }

    fn take(&mut self, event: Event<'_>, start: usize, end: usize) -> Result<(), Diagnostics> {
        match event {
            Event::DocumentStart(_) => self.document(start, end),
            Event::Alias(anchor) => self.assembly.alias(self.text, anchor, self.span(start, end)),
            Event::Scalar(value, style, anchor, tag) => {
                let start = self.properties(start, end, anchor, tag.as_ref());
                let node = self.scalar(&value, style, (start, end), tag.is_some());
                self.assembly.scalar(self.text, node, anchor)
            }
            Event::SequenceStart(anchor, tag) => {
                let start = self.properties(start, self.text.len(), anchor, tag.as_ref());
                self.begin(start, anchor, Items::list())
            }
            Event::MappingStart(anchor, tag) => {
                let start = self.properties(start, self.text.len(), anchor, tag.as_ref());
                self.begin(start, anchor, Items::map())
            }
            Event::SequenceEnd | Event::MappingEnd => self.assembly.end(self.text, end),
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
        }
    }

    fn explain(&self, error: &ScanError) -> Diagnostic {
        syntax::explain(&syntax::Failure {
            text: self.text,
            source: self.source,
            at: self.offsets.byte(error.marker().index()),
            info: error.info(),
            bracket: self.assembly.open_bracket(self.text),
            anchors: self.assembly.anchors().collect(),
        })
    }

    fn document(&mut self, start: usize, end: usize) -> Result<(), Diagnostics> {
        self.documents += 1;
        if self.documents == 1 {
            return Ok(());
        }
        Err(Diagnostic::error(
            codes::SECOND_DOCUMENT,
            self.span(start, end),
            "a second document begins here, but a file holds one",
        )
        .help("remove the `---`, or move what follows into a file of its own")
        .into())
    }

    fn begin(&mut self, start: usize, anchor: usize, items: Items) -> Result<(), Diagnostics> {
        match self.assembly.map_that_waits_for_a_key() {
            Some(outer) => Err(syntax::key_not_text(self.text, self.source, outer, start).into()),
            None => self.assembly.begin(self.span(start, start), anchor, items),
        }
    }

    /// Notes an anchor, refuses a tag, and returns where the value itself starts.
    fn properties(&mut self, start: usize, end: usize, anchor: usize, tag: Option<&Cow<'_, Tag>>) -> usize {
        let is_text_tag = tag.is_some_and(|tag| tag.is_yaml_core_schema() && tag.suffix == "str");
        if anchor > 0 {
            self.assembly.anchor(anchor, "", self.span(start, start));
        }
        let mut at = start;
        while anchor > 0 || tag.is_some() {
            let rest = &self.text[at..end];
            let ends_token = |c: char| c.is_whitespace() || ",]}".contains(c);
            let length = rest.find(ends_token).unwrap_or(rest.len());
            let (token, place) = (&rest[..length], self.span(at, at + length));
            match token.as_bytes().first() {
                Some(b'&') => self.assembly.anchor(anchor, &token[1..], place),
                Some(b'!') if is_text_tag => {}
                Some(b'!') => self.complaints.push(syntax::tag(self.text, place)),
                _ => break,
            }
            at = syntax::skip_blank(self.text, at + length).min(end);
        }
        at
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
                self.complaints.push(syntax::number_too_large(value, span));
                Value::Null
            })
        } else {
            Value::Scalar(Scalar::text(value))
        };
        Node { span, value, style }
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
