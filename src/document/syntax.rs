//! What is no YAML, said so that a person can mend it. The parsers' own words are for those who wrote them.

use super::{codes, node::Node, offsets, quote};
use crate::base::{
    diagnostic::Diagnostic,
    span::{SourceId, Span},
    words,
};

/// Where and how a parser gave up.
pub(super) struct Failure<'a> {
    pub(super) text: &'a str,
    pub(super) source: SourceId,
    /// The byte it stopped at.
    pub(super) at: usize,
    /// Its own words.
    pub(super) info: &'a str,
    /// The innermost `[` or `{` that is open.
    pub(super) bracket: Option<usize>,
    /// The anchors seen so far.
    pub(super) anchors: Vec<&'a str>,
}

/// The complaint for a parser's failure.
pub(super) fn explain(failure: &Failure<'_>) -> Diagnostic {
    let Failure {
        text, source, at, info, ..
    } = *failure;
    let has = |words: &[&str]| words.iter().any(|word| info.contains(word));
    if has(&["unknown anchor"]) {
        return unknown_alias(failure);
    }
    if let Some(found) = quote::template_near(text, source, at) {
        return found;
    }
    if let Some(found) = tab_near(text, source, at, has(&["tab"])) {
        return found;
    }
    if has(&["recursion limit"]) {
        return failure
            .error(codes::TOO_DEEP, "lists and maps nest too deeply")
            .help("a pipeline needs no more than six levels");
    }
    if has(&["unknown escape", "hexadecimal number", "escape code"]) {
        return failure
            .error(codes::UNKNOWN_ESCAPE, "a backslash in this text begins no known escape")
            .help("put the text in single quotes, where a backslash is only a backslash");
    }
    if has(&["quoted scalar"]) && !has(&["trailing content"]) {
        return failure
            .error(codes::UNCLOSED_QUOTE, "this quote is never closed")
            .help("close it; several lines of text are easier to write below a `|`");
    }
    if has(&["trailing content"]) {
        return failure
            .error(codes::SYNTAX, "text cannot follow a closing quote")
            .help("put the whole value in quotes, or none of it");
    }
    if has(&["unprintable", "control characters"]) {
        return control_character(failure);
    }
    if let Some(bracket) = failure.bracket {
        return unclosed_bracket(failure, bracket);
    }
    if has(&["unexpected character", "cannot start any token"]) {
        return reserved(failure);
    }
    if has(&["mapping values are not allowed", "illegal placement of ':'"]) {
        return failure
            .error(codes::UNEXPECTED_COLON, "a `:` is not expected here")
            .help("if it belongs to the text, put the text in quotes; if it begins a value, look at the indentation");
    }
    block(failure)
}

impl Failure<'_> {
    fn error(&self, code: crate::base::diagnostic::Code, message: &str) -> Diagnostic {
        let length = self.text[self.at..]
            .chars()
            .next()
            .filter(|c| *c != '\n')
            .map_or(0, char::len_utf8);
        Diagnostic::error(code, Span::new(self.source, self.at, self.at + length), message)
    }

    /// The line that holds the place, without its indentation; the one before if the parser had gone past its end.
    fn line(&self, at: usize) -> Span {
        let (start, end) = match offsets::line_around(self.text, at) {
            (start, end) if start == end && start > 0 => offsets::line_around(self.text, start - 1),
            line => line,
        };
        let indent = end - start - self.text[start..end].trim_start().len();
        Span::new(self.source, start + indent, end)
    }
}

/// What is left: lines that stand where they cannot.
fn block(failure: &Failure<'_>) -> Diagnostic {
    let has = |words: &[&str]| words.iter().any(|word| failure.info.contains(word));
    if has(&["simple key expect", "could not find expected ':'"]) {
        let (start, _) = offsets::line_around(failure.text, failure.at);
        let span = failure.line(start.saturating_sub(1));
        return Diagnostic::error(
            codes::INDENTATION,
            span,
            "this line is neither `key: value` nor a list item",
        )
        .help("add a `:` and a space after the key; a text of several lines belongs below a `|`, indented");
    }
    let places = [
        "expected key",
        "'-' indicator",
        "indent",
        "simple key",
        "not allowed in this context",
        "is only valid inside a block",
        "<document start>",
    ];
    if has(&places) {
        return Diagnostic::error(
            codes::INDENTATION,
            failure.line(failure.at),
            "this line does not fit to the lines above it",
        )
        .label("stands too far left or right, or follows a value that was complete")
        .help("keys of one map and items of one list start in the same column; text with YAML signs needs quotes");
    }
    failure.error(codes::SYNTAX, &format!("this is not YAML: {}", failure.info))
}

fn unclosed_bracket(failure: &Failure<'_>, bracket: usize) -> Diagnostic {
    let open = &failure.text[bracket..=bracket];
    let close = if open == "[" { "]" } else { "}" };
    let message = format!("this `{open}` is not closed by a `{close}`");
    let found = Span::new(failure.source, failure.at, failure.at);
    Diagnostic::error(
        codes::UNCLOSED_BRACKET,
        Span::new(failure.source, bracket, bracket + 1),
        message,
    )
    .related(found, format!("a `,` or the `{close}` was expected here"))
    .help("close it, and put text that holds brackets, commas or `: ` in quotes")
}

/// The parser stops at the token, not at the character.
fn control_character(failure: &Failure<'_>) -> Diagnostic {
    let is_hidden = |c: char| c.is_control() && !"\t\r\n".contains(c);
    let rest = &failure.text[failure.at..];
    let at = failure.at + rest.find(is_hidden).unwrap_or(0);
    Failure {
        at,
        info: failure.info,
        anchors: Vec::new(),
        ..*failure
    }
    .error(codes::CONTROL_CHARACTER, "a character here cannot be seen")
    .help("delete it; in double quotes it can be written as an escape such as `\\x07`")
}

fn reserved(failure: &Failure<'_>) -> Diagnostic {
    let (_, end) = offsets::line_around(failure.text, failure.at);
    let value = failure.text[failure.at..end]
        .split(" #")
        .next()
        .unwrap_or_default()
        .trim_end();
    let sign: String = value.chars().take(1).collect();
    let span = Span::new(failure.source, failure.at, failure.at + value.len());
    let message = format!("text without quotes cannot begin with `{sign}`");
    Diagnostic::error(codes::RESERVED_CHARACTER, span, message).patch("put it in quotes", span, quote::quoted(value))
}

fn unknown_alias(failure: &Failure<'_>) -> Diagnostic {
    let rest = &failure.text[failure.at..];
    let length = rest
        .find(|c: char| c.is_whitespace() || ",]}".contains(c))
        .unwrap_or(rest.len());
    let name = rest[..length].trim_start_matches('*');
    let span = Span::new(failure.source, failure.at, failure.at + length);
    let error = Diagnostic::error(
        codes::UNKNOWN_ALIAS,
        span,
        format!("nothing above is marked `&{}`", quote::brief(name)),
    );
    match near(name, &failure.anchors) {
        Some(near) => error.patch(format!("did you mean `*{near}`?"), span, format!("*{near}")),
        None => error.help("`*` repeats a value marked with `&` further up; text that begins with `*` needs quotes"),
    }
}

/// The anchor that was most likely meant. Comparing long names takes time that grows with both.
fn near<'a>(name: &str, anchors: &[&'a str]) -> Option<&'a str> {
    const LONG: usize = 100;
    let anchors = anchors.iter().copied().filter(|anchor| anchor.len() <= LONG);
    (name.len() <= LONG).then(|| words::nearest(name, anchors)).flatten()
}

/// The complaint about a tab in the indentation of the line that holds `at`, or of the next one if the
/// parser saw a tab.
fn tab_near(text: &str, source: SourceId, at: usize, or_next: bool) -> Option<Diagnostic> {
    let (start, end) = offsets::line_around(text, at);
    let next = text[end..]
        .find('\n')
        .filter(|_| or_next)
        .map(|length| offsets::line_around(text, end + length + 1));
    [Some((start, end)), next]
        .into_iter()
        .flatten()
        .find_map(|(start, end)| {
            let line = &text[start..end];
            let indent = &line[..line.len() - line.trim_start_matches([' ', '\t']).len()];
            let first = indent.find('\t')?;
            let span = Span::new(source, start + first, start + indent.len());
            let spaces = indent[first..].replace('\t', "  ");
            Some(
                Diagnostic::error(codes::TAB, span, "a tab cannot indent YAML")
                    .label("a tab")
                    .patch("use spaces", span, spaces),
            )
        })
}

/// The complaint about a tag.
pub(super) fn tag(text: &str, span: Span) -> Diagnostic {
    let tag = &text[span.start..span.end];
    let end = skip_blank(text, span.end).min(offsets::line_around(text, span.start).1);
    let whole = Span { end, ..span };
    Diagnostic::error(
        codes::TAG,
        span,
        format!("tags such as `{}` have no meaning here", quote::brief(tag)),
    )
    .help("text that begins with `!` needs quotes")
    .patch("remove the tag", whole, "")
}

/// The first byte after white space and comments.
pub(super) fn skip_blank(text: &str, mut at: usize) -> usize {
    loop {
        let rest = text[at..].trim_start();
        at = text.len() - rest.len();
        if !rest.starts_with('#') {
            return at;
        }
        at += rest.find('\n').unwrap_or(rest.len());
    }
}

/// The complaint about a whole number beyond 64 bits.
pub(super) fn number_too_large(value: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        codes::OUT_OF_RANGE,
        span,
        format!("the number `{}` is too large", quote::brief(value)),
    )
    .patch("quote it if it is text", span, quote::quoted(value))
}

/// The complaint about a list or map as a key; `outer` is where the map begins, `at` where the key does.
pub(super) fn key_not_text(text: &str, source: SourceId, outer: usize, at: usize) -> Diagnostic {
    if text[outer..].starts_with("{{") {
        return quote::template(text, source, outer);
    }
    let (_, end) = offsets::line_around(text, at);
    Diagnostic::error(
        codes::KEY_NOT_TEXT,
        Span::new(source, at, end),
        "a key is text, not a list or a map",
    )
    .help("write `key: value`; text that begins with `[` or `{` needs quotes")
}

/// The complaint about a number, truth value or nothing as a key.
pub(super) fn scalar_key_not_text(text: &str, node: &Node) -> Diagnostic {
    let written = &text[node.span.start..node.span.end];
    let message = format!("a key is text, not {}", node.kind());
    let error = Diagnostic::error(codes::KEY_NOT_TEXT, node.span, message);
    if written.is_empty() {
        error.help("write a name before the `:`")
    } else {
        error.patch("put it in quotes", node.span, quote::quoted(written))
    }
}
