//! Complaints as a person reads them, with the line and a caret, and as JSON.
//!
//! Knows nothing of terminals: whether there are colours is said by the caller. What comes from a user's file is
//! stripped of control characters, and a line of any length is shown only around the place that matters.

mod window;

use crate::base::{
    diagnostic::{Diagnostic, Diagnostics, Patch, Severity},
    span::{Location, Sources, Span},
    words,
};
use annotate_snippets::{
    AnnotationKind, Group, Level, Origin, Renderer, Snippet, normalize_untrusted_str, renderer::DecorStyle,
};
use std::ops::Range;
use window::{LONG_LINE, Window, caret, within};

/// How the text is decorated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style {
    /// ANSI colours.
    pub colour: bool,
    /// Lines drawn with box characters instead of ASCII.
    pub unicode: bool,
}

/// Complaints beyond this number are counted, not shown.
const MAX_SHOWN: usize = 100;
/// Two places further apart than this many bytes are shown as two snippets.
const MAX_WINDOW: usize = 4_000;
/// All complaints in the look of `rustc`, a blank line after each.
pub fn render(diagnostics: &Diagnostics, sources: &Sources, style: Style) -> String {
    let decor = if style.unicode {
        DecorStyle::Unicode
    } else {
        DecorStyle::Ascii
    };
    let renderer = if style.colour {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let renderer = renderer.decor_style(decor);
    let mut text = String::new();
    for one in diagnostics.iter().take(MAX_SHOWN) {
        let shown = without_c1(&renderer.render(&groups(one, sources)));
        match one.span {
            Some(_) => text.push_str(&with_true_columns(shown, one, sources)),
            // Without line numbers there is no margin; the arrow and the help are moved to where they always stand.
            None => text.push_str(&shown.replace('\n', "\n ")),
        }
        text.push_str("\n\n");
    }
    let hidden = diagnostics.iter().count().saturating_sub(MAX_SHOWN);
    if hidden > 0 {
        text.push_str("and ");
        text.push_str(&hidden.to_string());
        text.push_str(" more\n\n");
    }
    text
}

/// The text without the control characters of ISO 6429's second set, which the renderer lets through: some terminals
/// take U+009B for the beginning of an escape sequence.
fn without_c1(text: &str) -> String {
    text.replace(|one: char| ('\u{80}'..='\u{9f}').contains(&one), "\u{fffd}")
}

/// `3 errors and 1 warning in pipelines/p.yaml`; empty if there is nothing to say.
pub fn summary(diagnostics: &Diagnostics, sources: &Sources) -> String {
    let counts = match diagnostics.counts() {
        (0, 0) => return String::new(),
        (errors, 0) => words::count(errors, "error"),
        (0, warnings) => words::count(warnings, "warning"),
        (errors, warnings) => format!(
            "{} and {}",
            words::count(errors, "error"),
            words::count(warnings, "warning")
        ),
    };
    let mut files: Vec<&str> = Vec::new();
    for file in diagnostics.iter().filter_map(|one| file(one, sources)) {
        if !files.contains(&file) {
            files.push(file);
        }
    }
    match files.as_slice() {
        [] => counts,
        [one] => format!("{counts} in {one}"),
        several => format!("{counts} in {}", words::count(several.len(), "file")),
    }
}

/// An array of `{code, severity, message, file, line, column, end_line, end_column, label, related, help, patch}`.
/// Lines and columns count from one, columns in characters; the end is one past the last character. What does not
/// apply is null.
pub fn json(diagnostics: &Diagnostics, sources: &Sources) -> serde_json::Value {
    let list = diagnostics.iter().map(|one| {
        let (start, end) = match one.span {
            Some(span) => {
                let (start, end) = ends(span, sources);
                (Some(start), Some(end))
            }
            None => (None, None),
        };
        let related = one.related.iter().map(|related| {
            let (start, end) = ends(related.span, sources);
            serde_json::json!({
                "file": start.file, "line": start.line, "column": start.column,
                "end_line": end.line, "end_column": end.column, "label": related.label,
            })
        });
        let patch = one.patch.as_ref().map(|(title, patch)| {
            let (start, end) = ends(patch.span, sources);
            serde_json::json!({
                "title": title, "file": start.file, "line": start.line, "column": start.column,
                "end_line": end.line, "end_column": end.column, "replacement": patch.replacement,
            })
        });
        serde_json::json!({
            "code": one.code.0,
            "severity": match one.severity { Severity::Error => "error", Severity::Warning => "warning" },
            "message": one.message,
            "file": file(one, sources),
            "line": start.as_ref().map(|at| at.line),
            "column": start.as_ref().map(|at| at.column),
            "end_line": end.as_ref().map(|at| at.line),
            "end_column": end.as_ref().map(|at| at.column),
            "label": one.label,
            "related": related.collect::<Vec<_>>(),
            "help": one.help,
            "patch": patch,
        })
    });
    serde_json::Value::Array(list.collect())
}

fn file<'a>(one: &'a Diagnostic, sources: &'a Sources) -> Option<&'a str> {
    match one.span {
        Some(span) => Some(&sources.get(span.source).name),
        None => one.file.as_deref(),
    }
}

fn ends(span: Span, sources: &Sources) -> (Location, Location) {
    let end = Span {
        start: span.end,
        ..span
    };
    (sources.locate(span), sources.locate(end))
}

/// One complaint: the places with their labels and what to do, then the patch.
fn groups<'a>(one: &'a Diagnostic, sources: &'a Sources) -> Vec<Group<'a>> {
    let level = match one.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(one.message.as_str()).id(one.code.0);
    let group = Group::with_title(title);
    let mut group = match (one.span, one.file.as_deref()) {
        (Some(_), _) => {
            let add = |group, marks: &Vec<Mark<'a>>| with_lines(group, marks, sources);
            windows(one).iter().fold(group, add)
        }
        (None, Some(file)) => group.element(Origin::path(file)),
        (None, None) => group,
    };
    for help in &one.help {
        group = group.element(Level::HELP.message(normalize_untrusted_str(help)));
    }
    let mut groups = vec![group];
    if let Some((title, patch)) = &one.patch {
        let title = Level::HELP.secondary_title(normalize_untrusted_str(title));
        let long = patch.replacement.len().max(patch.span.end.abs_diff(patch.span.start)) > LONG_LINE;
        groups.push(if long {
            Group::with_title(title)
        } else {
            title.element(patched(patch, sources))
        });
    }
    groups
}

/// A place with its words.
struct Mark<'a> {
    span: Span,
    label: &'a str,
    kind: AnnotationKind,
}

/// The complaint's places, its own first, those near one another together.
fn windows(one: &Diagnostic) -> Vec<Vec<Mark<'_>>> {
    let primary = one.span.map(|span| Mark {
        span,
        label: &one.label,
        kind: AnnotationKind::Primary,
    });
    let related = one.related.iter().map(|related| Mark {
        span: related.span,
        label: &related.label,
        kind: AnnotationKind::Context,
    });
    let mut windows: Vec<Vec<Mark<'_>>> = Vec::new();
    for mark in primary.into_iter().chain(related) {
        let near = windows.iter_mut().find(|marks| {
            let other = marks[0].span;
            other.source == mark.span.source && other.start.abs_diff(mark.span.start) <= MAX_WINDOW
        });
        match near {
            Some(marks) => marks.push(mark),
            None => windows.push(vec![mark]),
        }
    }
    windows
}

/// Adds the lines around some places to a group.
fn with_lines<'a>(group: Group<'a>, marks: &[Mark<'a>], sources: &'a Sources) -> Group<'a> {
    let source = sources.get(marks[0].span.source);
    let (spans, window) = extent(marks, sources);
    let annotations = marks.iter().zip(spans).map(|(mark, span)| {
        let label = (!mark.label.is_empty()).then(|| normalize_untrusted_str(mark.label));
        mark.kind.span(window.shift(&span)).label(label)
    });
    let annotations: Vec<_> = annotations.collect();
    group.element(
        Snippet::source(window.text)
            .line_start(window.line)
            .path(source.name.as_str())
            .annotations(annotations),
    )
}

/// The range of all places, and the lines around it.
fn extent<'a>(marks: &[Mark<'_>], sources: &'a Sources) -> (Vec<Range<usize>>, Window<'a>) {
    let text = &sources.get(marks[0].span.source).text;
    let spans: Vec<Range<usize>> = marks.iter().map(|mark| caret(text, mark.span)).collect();
    let first = spans.iter().map(|span| span.start).min().unwrap_or_default();
    let last = spans.iter().map(|span| span.end).max().unwrap_or_default();
    (spans, Window::around(text, first..last))
}

/// Where a line was cut, the renderer counts columns from the cut; this puts the true ones into its header.
fn with_true_columns(mut shown: String, one: &Diagnostic, sources: &Sources) -> String {
    for marks in windows(one) {
        let (spans, window) = extent(&marks, sources);
        let place = sources.locate(marks[0].span);
        if window.cut && place.line == window.line {
            let before = &window.text[..window.shift(&spans[0]).start];
            let column = before.chars().count() + 1;
            let counted = Location {
                column,
                ..place.clone()
            };
            shown = shown.replacen(&counted.to_string(), &place.to_string(), 1);
        }
    }
    shown
}

/// The patch as a diff of the lines it touches.
fn patched<'a>(patch: &'a Patch, sources: &'a Sources) -> Snippet<'a, annotate_snippets::Patch<'a>> {
    let source = sources.get(patch.span.source);
    let span = within(&source.text, patch.span);
    let window = Window::around(&source.text, span.clone());
    let change = annotate_snippets::Patch::new(window.shift(&span), patch.replacement.as_str());
    Snippet::source(window.text)
        .line_start(window.line)
        .path(source.name.as_str())
        .patch(change)
}

#[cfg(test)]
mod tests;
