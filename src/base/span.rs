//! Places in source text: which file, which bytes, and the line and column a person reads.
//!
//! Knows nothing of what the text means.

use serde::{Deserialize, Serialize};
use std::{path::PathBuf, sync::Arc};

/// Names one text of a [`Sources`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceId(u32);

/// A range of bytes in one source. `start == end` is a place between two characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// The text the range lies in.
    pub source: SourceId,
    /// First byte, on a character boundary.
    pub start: usize,
    /// One past the last byte, on a character boundary.
    pub end: usize,
}

impl Span {
    /// The range `start..end` of `source`.
    pub fn new(source: SourceId, start: usize, end: usize) -> Self {
        Self { source, start, end }
    }
}

/// One text that was read, with the name it is shown by.
#[derive(Clone, Debug)]
pub struct Source {
    /// The path as the user would type it, with `/` between its parts.
    pub name: String,
    /// The path to open.
    pub path: PathBuf,
    /// The whole text, without a byte order mark.
    pub text: Arc<str>,
}

/// Every text that was read for one pipeline.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    list: Vec<Source>,
}

impl Sources {
    /// Adds a text and names it.
    pub fn add(&mut self, source: Source) -> SourceId {
        let id = u32::try_from(self.list.len()).expect("fewer than 2^32 files are read");
        self.list.push(source);
        SourceId(id)
    }

    /// The text behind an id that [`Sources::add`] gave.
    pub fn get(&self, id: SourceId) -> &Source {
        &self.list[id.0 as usize]
    }

    /// All texts, in the order they were added.
    pub fn iter(&self) -> impl Iterator<Item = (SourceId, &Source)> {
        (0..).map(SourceId).zip(&self.list)
    }

    /// Where a span starts, as a person counts: from one, columns in characters.
    pub fn locate(&self, span: Span) -> Location {
        let source = self.get(span.source);
        let mut start = span.start.min(source.text.len());
        while !source.text.is_char_boundary(start) {
            start -= 1;
        }
        let before = &source.text[..start];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Location {
            file: source.name.clone(),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }
}

/// A place as it is printed and stored: `file:line:column`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Location {
    /// The file's name as the user would type it.
    pub file: String,
    /// From one.
    pub line: usize,
    /// From one, in characters.
    pub column: usize,
}

impl std::fmt::Display for Location {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_not_bytes() {
        let mut sources = Sources::default();
        let text: Arc<str> = "a: 1\n曲: \"夜\" x\n".into();
        let at = text.find('x').unwrap();
        let id = sources.add(Source {
            name: "p.yaml".into(),
            path: "p.yaml".into(),
            text,
        });
        let place = sources.locate(Span::new(id, at, at + 1));
        assert_eq!(place.to_string(), "p.yaml:2:8");
    }
}
