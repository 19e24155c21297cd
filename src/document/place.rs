//! From a line and column of a scalar's value back to the file: a template's third line is some line of the YAML.

use super::{
    node::{Node, Style, Value},
    offsets,
};
use crate::base::{
    scalar::Scalar,
    span::{Sources, Span},
};

impl Node {
    /// Where a character of this scalar's value stands in the file. `line` and `column` count from one, the column in
    /// characters of the value. Exact inside block scalars and in quoted and plain text on one line; elsewhere, and
    /// for what lies outside the value, it is the scalar's first character.
    pub fn place_in_text(&self, sources: &Sources, line: usize, column: usize) -> Span {
        let text = &*sources.get(self.span.source).text;
        let written = text.get(self.span.start..self.span.end).unwrap_or_default();
        let found = match self.style {
            Style::Plain if line == 1 && !written.contains('\n') => nth(written, column),
            Style::SingleQuoted | Style::DoubleQuoted if !written.contains('\n') => {
                quoted(written, self.style == Style::DoubleQuoted, line, column)
            }
            Style::Literal => self.literal(text, line, column),
            Style::Folded => self.folded(text, line, column),
            _ => None,
        };
        // An empty block at the end of a file lies between its lines; any place near it will do.
        let mut at = (self.span.start + found.unwrap_or(0)).min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        let length = text[at..]
            .chars()
            .next()
            .filter(|c| *c != '\n')
            .map_or(0, char::len_utf8);
        Span::new(self.span.source, at, at + length)
    }

    /// The scalar's lines in the file, indentation removed, each with its byte from the scalar's start. The span
    /// begins at the indentation of the first line that is not blank.
    fn lines<'t>(&self, text: &'t str) -> impl Iterator<Item = (usize, &'t str)> {
        let (line_start, _) = offsets::line_around(text, self.span.start);
        let indent = self.span.start - line_start;
        text[line_start..self.span.end].split('\n').scan(0, move |next, line| {
            let start = *next;
            *next += line.len() + 1;
            let blank = line.bytes().take(indent).take_while(|byte| *byte == b' ').count();
            Some((
                (start + blank).saturating_sub(indent),
                line[blank..].trim_end_matches('\r'),
            ))
        })
    }

    fn value_text(&self) -> &str {
        match &self.value {
            Value::Scalar(Scalar::Text(text)) => text,
            _ => "",
        }
    }

    fn literal(&self, text: &str, line: usize, column: usize) -> Option<usize> {
        // Blank lines before the first text belong to the value but not to the span.
        let blank = self.value_text().len() - self.value_text().trim_start_matches('\n').len();
        let (start, content) = self.lines(text).nth(line.checked_sub(blank + 1)?)?;
        Some(start + nth(content, column)?)
    }

    /// Walks the value and the lines side by side: a line break is a space in the value unless blank lines follow.
    fn folded(&self, text: &str, line: usize, column: usize) -> Option<usize> {
        let value = self.value_text();
        let wanted = offsets::byte_at(value, line, column);
        let mut at = value.len() - value.trim_start_matches('\n').len();
        for (start, content) in self.lines(text) {
            let follows_fold = value[at..].starts_with(' ') && !content.starts_with(' ') && !content.is_empty();
            at += usize::from(follows_fold);
            if !value[at..].starts_with(content) {
                return None;
            }
            if !content.is_empty() && (at..=at + content.len()).contains(&wanted) {
                return Some(start + wanted - at);
            }
            at += content.len();
            at += value[at..].len() - value[at..].trim_start_matches('\n').len();
        }
        None
    }
}

/// The byte of the character in a column; the end of the line is a place too.
fn nth(line: &str, column: usize) -> Option<usize> {
    let ends = line.char_indices().map(|(at, _)| at).chain([line.len()]);
    ends.into_iter().nth(column.checked_sub(1)?)
}

/// Walks a quoted scalar on one line, escape by escape.
fn quoted(written: &str, double: bool, line: usize, column: usize) -> Option<usize> {
    let (mut at, mut here) = (1, (1, 1));
    while here != (line, column) {
        let rest = written.get(at..).filter(|rest| rest.len() > 1)?;
        let breaks = double && rest.starts_with("\\n");
        at += if double { escape(rest) } else { doubled(rest) };
        here = if breaks { (here.0 + 1, 1) } else { (here.0, here.1 + 1) };
    }
    Some(at)
}

/// How many bytes write the next character between double quotes.
fn escape(rest: &str) -> usize {
    let mut characters = rest.chars();
    let first = characters.next().map_or(1, char::len_utf8);
    if !rest.starts_with('\\') {
        return first;
    }
    match characters.next() {
        Some('x') => 4,
        Some('u') => 6,
        Some('U') => 10,
        other => first + other.map_or(0, char::len_utf8),
    }
}

/// How many bytes write the next character between single quotes.
fn doubled(rest: &str) -> usize {
    if rest.starts_with("''") {
        2
    } else {
        rest.chars().next().map_or(1, char::len_utf8)
    }
}

#[cfg(test)]
mod tests {
    use super::super::read::read_text;

    /// What stands in the file where the value has `line:column`.
    fn at(yaml: &str, line: usize, column: usize) -> String {
        let (sources, document) = read_text(yaml);
        let document = document.unwrap();
        let node = &document.root.get("t").unwrap().value;
        let span = node.place_in_text(&sources, line, column);
        let rest = &sources.get(span.source).text[span.start..];
        rest.lines().next().unwrap_or_default().to_owned()
    }

    #[test]
    fn block_scalars_are_exact() {
        let literal = "a: 1\nt: |\n\n  夜の {{x}}\n    deeper\n\n  last\nb: 2\n";
        assert_eq!(at(literal, 2, 4), "{{x}}");
        assert_eq!(at(literal, 3, 3), "deeper");
        assert_eq!(at(literal, 5, 3), "st");
        assert_eq!(at("t: |2\n    x\n", 1, 3), "x");
        assert_eq!(at("t: |\r\n  one\r\n  two\r\n", 2, 2), "wo");
        assert_eq!(at("l:\n  t: 1\nt: |\n    a\n    b", 2, 1), "b");
    }

    #[test]
    fn folded_lines_are_found_again() {
        let folded = "t: >\n  one two\n  three\n\n  four\n    five\n  six\n";
        assert_eq!(at(folded, 1, 5), "two");
        assert_eq!(at(folded, 1, 9), "three");
        assert_eq!(at(folded, 2, 2), "our");
        assert_eq!(at(folded, 3, 3), "five");
        assert_eq!(at(folded, 4, 1), "six");
    }

    #[test]
    fn one_line_is_exact_escapes_included() {
        assert_eq!(at("t: a曲{{x}}", 1, 3), "{{x}}");
        assert_eq!(at("t: 'it''s {{x}}'", 1, 6), "{{x}}'");
        assert_eq!(at(r#"t: "\u66f2\n\"b\" {{x}}""#, 2, 5), r#"{{x}}""#);
    }

    #[test]
    fn what_is_not_there_is_the_start() {
        assert_eq!(at("t: |\n  a\n", 9, 9), "a");
        assert_eq!(at("t: plain\n  text", 2, 1), "plain");
        assert_eq!(at("t: x", 1, 0), "x");
    }
}
