//! The part of a text that a complaint shows, however long its lines are.
//!
//! Knows nothing of complaints.

use crate::base::span::Span;
use std::{borrow::Cow, ops::Range};

/// What of a line lies further than this many bytes from the place is left out; a longer patch is not drawn.
pub(super) const LONG_LINE: usize = 300;
/// How much of a long line stands before and after the place, in characters.
const AROUND: usize = 40;
/// Stands for what is left out.
const CUT: &str = "...";
/// A caret is at most this many characters wide.
const MAX_CARET: usize = 80;

/// The lines that are shown: whole ones, unless they are very long.
pub(super) struct Window<'a> {
    pub(super) text: Cow<'a, str>,
    /// The number of the first line.
    pub(super) line: usize,
    /// What is taken from an offset in the source, after `added` was added to it.
    start: usize,
    added: usize,
    /// Whether the beginning of the first line is left out.
    pub(super) cut: bool,
}

impl<'a> Window<'a> {
    /// Around a range on character boundaries.
    pub(super) fn around(text: &'a str, range: Range<usize>) -> Self {
        let mut start = line_start(text, range.start);
        let line = line_number(text, start);
        let rest = &text[range.end..];
        let mut end = range.end + rest.find('\n').map_or(rest.len(), |length| length + 1);
        let (mut before, mut after) = ("", "");
        if range.start - start > LONG_LINE {
            let near = text[..range.start].char_indices().rev().nth(AROUND);
            start = near.map_or(start, |(at, _)| at);
            before = CUT;
        }
        if end - range.end > LONG_LINE {
            end = rest.char_indices().nth(AROUND).map_or(end, |(at, _)| range.end + at);
            after = CUT;
        }
        let shown = &text[start..end];
        let (added, cut) = (before.len(), !before.is_empty());
        let text = if before.len() + after.len() == 0 {
            Cow::Borrowed(shown)
        } else {
            Cow::Owned([before, shown, after].concat())
        };
        Self {
            text,
            line,
            start,
            added,
            cut,
        }
    }

    /// A range of the source as one of the window.
    pub(super) fn shift(&self, range: &Range<usize>) -> Range<usize> {
        range.start + self.added - self.start..range.end + self.added - self.start
    }
}

/// What the caret underlines: the span's first line at most, and not endlessly wide.
pub(super) fn caret(text: &str, span: Span) -> Range<usize> {
    let span = within(text, span);
    let under = &text[span.clone()];
    let under = under.split('\n').next().unwrap_or_default().trim_end_matches('\r');
    let length = under.char_indices().nth(MAX_CARET).map_or(under.len(), |(at, _)| at);
    span.start..span.start + length
}

/// The span's bytes, on character boundaries of the text whatever it was made from.
pub(super) fn within(text: &str, span: Span) -> Range<usize> {
    let floor = |at: usize| {
        (0..=at.min(text.len()))
            .rev()
            .find(|at| text.is_char_boundary(*at))
            .unwrap_or(0)
    };
    let start = floor(span.start);
    start..floor(span.end).max(start)
}

fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |at| at + 1)
}

fn line_number(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}
