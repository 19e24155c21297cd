//! Where the text of a template stands: the way back from a place in a template to the user's file.
//!
//! Knows nothing of what templates mean.

use crate::{
    base::span::{SourceId, Sources, Span},
    document::Node,
    template::{Place, Template, TemplateError},
};
use std::collections::BTreeMap;

/// A template with where it stands.
#[derive(Clone, Debug)]
pub struct Text {
    /// Parsed; partials included.
    pub template: Template,
    /// Where it stands.
    pub home: Home,
}

/// Where the text of a template stands, partials included.
#[derive(Clone, Debug)]
pub struct Home {
    main: Main,
    partials: BTreeMap<String, SourceId>,
}

/// Where a template itself stands.
#[derive(Clone, Debug)]
pub(super) enum Main {
    Inline(Node),
    File(SourceId),
}

impl Home {
    pub(super) fn new(main: Main, partials: BTreeMap<String, SourceId>) -> Self {
        Self { main, partials }
    }

    /// A template without partials that is a file of its own.
    pub fn file(source: SourceId) -> Self {
        Self::new(Main::File(source), BTreeMap::new())
    }

    /// The place in the user's files, as wide as `word` if it stands there.
    pub fn span(&self, place: &Place, word: &str, sources: &Sources) -> Span {
        let file = match (&place.partial, &self.main) {
            (Some(name), _) => self.partials.get(name).copied(),
            (None, Main::File(source)) => Some(*source),
            (None, Main::Inline(_)) => None,
        };
        let at = match (file, &self.main) {
            (Some(source), _) => in_file(source, place, sources),
            (None, Main::Inline(node)) => node.place_in_text(sources, place.line, place.column),
            (None, Main::File(source)) => Span::new(*source, 0, 0),
        };
        widened(at, word, sources)
    }

    /// The place of what is wrong with the template, as wide as the first thing that the message quotes.
    pub fn of_error(&self, error: &TemplateError, sources: &Sources) -> Span {
        // The message quotes `{{#if}}` where the text has `{{#if mood}}`.
        let quoted = error.message.split('`').nth(1).unwrap_or_default();
        self.span(&error.at, quoted.trim_end_matches("}}"), sources)
    }

    /// The text of the template itself: its value in the YAML, or the whole of its file.
    pub fn whole(&self, sources: &Sources) -> Span {
        match &self.main {
            Main::Inline(node) => node.span,
            Main::File(source) => Span::new(*source, 0, sources.get(*source).text.len()),
        }
    }
}

fn in_file(source: SourceId, place: &Place, sources: &Sources) -> Span {
    let text = &sources.get(source).text;
    let start: usize = text
        .split_inclusive('\n')
        .take(place.line.saturating_sub(1))
        .map(str::len)
        .sum();
    let line = text[start..].split('\n').next().unwrap_or_default();
    let into: usize = line
        .chars()
        .take(place.column.saturating_sub(1))
        .map(char::len_utf8)
        .sum();
    Span::new(source, start + into, start + into)
}

/// The first `word` at or after the place, on the same line; the place itself otherwise.
fn widened(at: Span, word: &str, sources: &Sources) -> Span {
    let rest = sources.get(at.source).text.get(at.start..).unwrap_or_default();
    let line = rest.split('\n').next().unwrap_or_default();
    match line.find(word) {
        Some(offset) if !word.is_empty() => Span::new(at.source, at.start + offset, at.start + offset + word.len()),
        _ => at,
    }
}
