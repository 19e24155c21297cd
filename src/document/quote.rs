//! Quoting: text as a quoted YAML scalar, and the unquoted template that YAML takes for a map.

use super::{codes, offsets};
use crate::base::{
    diagnostic::Diagnostic,
    span::{SourceId, Span},
};
use std::borrow::Cow;

/// The text as a quoted scalar: in double quotes, or in single ones if that needs fewer escapes.
pub(super) fn quoted(text: &str) -> String {
    if text.contains(['"', '\\']) {
        format!("'{}'", text.replace('\'', "''"))
    } else {
        format!("\"{text}\"")
    }
}

/// The beginning of a text, to be named in a message.
pub(super) fn brief(text: &str) -> Cow<'_, str> {
    const LENGTH: usize = 60;
    match text.char_indices().nth(LENGTH) {
        None => Cow::Borrowed(text),
        Some((at, _)) => Cow::Owned(format!("{}…", &text[..at])),
    }
}

/// The complaint about `key: {{name}}` if one stands on the line of `at` or on the one before.
pub(super) fn template_near(text: &str, source: SourceId, at: usize) -> Option<Diagnostic> {
    let (start, end) = offsets::line_around(text, at);
    let before = (start > 0).then(|| offsets::line_around(text, start - 1));
    [Some((start, end)), before]
        .into_iter()
        .flatten()
        .find_map(|(start, end)| find(&text[start..end]).map(|open| start + open))
        .map(|open| template(text, source, open))
}

/// The complaint about the unquoted template that begins at a byte.
pub(super) fn template(text: &str, source: SourceId, open: usize) -> Diagnostic {
    let (start, line_end) = offsets::line_around(text, open);
    let in_flow = is_in_flow(&text[start..open]);
    let span = Span::new(source, open, open + extent(&text[open..line_end], in_flow));
    let value = &text[open..span.end];
    Diagnostic::error(
        codes::UNQUOTED_TEMPLATE,
        span,
        "a value that begins with `{{` needs quotes",
    )
    .label("YAML reads a map here")
    .patch("quote this template", span, quoted(value))
}

/// Where in a line a value begins with `{{`.
fn find(line: &str) -> Option<usize> {
    line.match_indices("{{").map(|(at, _)| at).find(|at| {
        let before = &line[..*at];
        let trimmed = before.trim_end();
        let starts_a_value = trimmed.is_empty() || trimmed.ends_with([':', '-', ',', '[', '{']);
        let separated = trimmed.len() < before.len() || trimmed.is_empty() || trimmed.ends_with(['[', '{', ',']);
        starts_a_value && separated && !trimmed.contains(['"', '\'', '#'])
    })
}

fn is_in_flow(before: &str) -> bool {
    before.matches(['[', '{']).count() > before.matches([']', '}']).count()
}

/// How long the value is: to the end of the line or a comment, in a flow list or map to what ends its item.
fn extent(value: &str, in_flow: bool) -> usize {
    let mut at = 0;
    while let Some(rest) = value.get(at..) {
        if rest.starts_with("{{") {
            at += rest.find("}}").map_or(rest.len(), |close| close + 2);
        } else if rest.is_empty() || rest.starts_with(" #") || in_flow && rest.starts_with([',', ']', '}']) {
            break;
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    value[..at].trim_end().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_extent_is_the_whole_value() {
        for (line, value) in [
            ("id: {{name}}", "{{name}}"),
            ("id: {{name}} and {{more}}  # why", "{{name}} and {{more}}"),
            ("- {{#if x}}曲{{/if}}", "{{#if x}}曲{{/if}}"),
            ("a: [{{x}} y, z]", "{{x}} y"),
            ("a: {b: {{x}}}", "{{x}}"),
        ] {
            let open = find(line).unwrap();
            let length = extent(&line[open..], is_in_flow(&line[..open]));
            assert_eq!(&line[open..open + length], value);
        }
        assert_eq!(find("a: \"{{x}}\""), None);
        assert_eq!(find("a: b {{x}}"), None);
    }

    #[test]
    fn quotes_are_chosen_by_what_is_inside() {
        assert_eq!(quoted("{{x}}"), "\"{{x}}\"");
        assert_eq!(quoted(r#"{{default x "it's"}}"#), r#"'{{default x "it''s"}}'"#);
    }
}
