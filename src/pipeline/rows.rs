//! Rows of a matrix: written in place, or in a CSV or JSON file.
//!
//! A complaint about a file points into the file. Values of a CSV are texts; those of a JSON are what they are there.

use super::{
    codes,
    context::{Asked, Context},
    matrix::{Placed, Row},
    tree,
};
use crate::{
    base::{
        diagnostic::Diagnostic,
        scalar::Scalar,
        span::{Source, SourceId, Span},
        words,
    },
    document::{self, Node},
};

/// Reads `rows:`. Nothing after a complaint that leaves no rows to speak of.
pub(super) fn read(rows: &Node, context: &mut Context<'_>) -> Option<Vec<Row>> {
    let Some(file) = tree::field(rows, "file") else {
        return Some(tree::items(rows).iter().map(inline).collect());
    };
    let written = tree::text(file)?;
    let named = context.named(&written, file.span);
    let kind = written.rsplit('.').next().map(str::to_ascii_lowercase);
    match kind.as_deref() {
        Some("csv") => csv(context.text(&named, Asked::At(file.span))?, context),
        Some("json") => json(context.text(&named, Asked::At(file.span))?, context),
        _ => {
            context.complain(
                Diagnostic::error(
                    codes::INVALID_ROWS,
                    file.span,
                    "rows come from a `.csv` or a `.json` file",
                )
                .help("a CSV's first line names the axes; a JSON is a list of objects"),
            );
            None
        }
    }
}

/// A row written in YAML or JSON.
pub(super) fn inline(item: &Node) -> Row {
    let values = tree::entries(item).iter();
    Row {
        values: values
            .filter_map(|entry| Some(((entry.key.clone(), entry.key_span), tree::scalar(&entry.value)?.clone())))
            .collect(),
        span: item.span,
    }
}

fn json(source: SourceId, context: &mut Context<'_>) -> Option<Vec<Row>> {
    let text = context.sources.get(source).text.clone();
    if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(&text) {
        let start = offset(&text, error.line(), error.column());
        context.complain(
            Diagnostic::error(
                codes::INVALID_ROWS,
                Span::new(source, start, start),
                format!("this is not JSON: {}", reason(&error)),
            )
            .help("the file holds a list of objects: [{\"city\": \"Lisbon\"}, {\"city\": \"Osaka\"}]"),
        );
        return None;
    }
    // JSON is YAML but for tabs between values; a blank is as long as a tab, so places stay right.
    let mut alone = context.sources.clone();
    let id = alone.add(Source {
        text: text.replace('\t', " ").into(),
        ..alone.get(source).clone()
    });
    let root = match document::read(&alone, id) {
        Ok(document) => document.root,
        Err(diagnostics) => {
            let first = diagnostics.iter().next().map(|one| (one.message.clone(), one.span));
            let (message, span) = first.unwrap_or_default();
            let span = span.map_or(Span::new(source, 0, 0), |span| Span::new(source, span.start, span.end));
            context.complain(Diagnostic::error(codes::INVALID_ROWS, span, message));
            return None;
        }
    };
    let items = tree::items(&root);
    let bad = items.iter().find(|item| {
        let values = tree::entries(item);
        values.is_empty() || values.iter().any(|entry| tree::scalar(&entry.value).is_none())
    });
    if items.is_empty() || bad.is_some() {
        let span = bad.map_or(root.span, |item| item.span);
        context.complain(
            Diagnostic::error(
                codes::INVALID_ROWS,
                Span::new(source, span.start, span.end),
                "a row is an object of texts, numbers, true or false",
            )
            .help("the file holds a list of objects: [{\"city\": \"Lisbon\"}, {\"city\": \"Osaka\"}]"),
        );
        return None;
    }
    Some(items.iter().map(|item| moved(inline(item), source)).collect())
}

/// The row with its places in another source of the same text.
fn moved(row: Row, source: SourceId) -> Row {
    let place = |span: Span| Span::new(source, span.start, span.end);
    Row {
        values: row
            .values
            .into_iter()
            .map(|((name, span), value)| ((name, place(span)), value))
            .collect(),
        span: place(row.span),
    }
}

fn csv(source: SourceId, context: &mut Context<'_>) -> Option<Vec<Row>> {
    let text = context.sources.get(source).text.clone();
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let header = match reader.headers() {
        Ok(header) => header.clone(),
        Err(error) => return not_csv(source, &error, context),
    };
    let span = |at: usize| Span::new(source, at.min(text.len()), line_end(&text, at));
    let axes: Vec<Placed> = header.iter().map(|name| (name.into(), span(0))).collect();
    check_header(&axes, span(0), context)?;
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => return not_csv(source, &error, context),
        };
        let start = record
            .position()
            .map_or(0, |place| usize::try_from(place.byte()).unwrap_or(usize::MAX));
        let start = text.len() - text[start.min(text.len())..].trim_start_matches(['\r', '\n']).len();
        if record.len() != axes.len() {
            context.complain(
                Diagnostic::error(
                    codes::INVALID_ROWS,
                    span(start),
                    format!(
                        "this line has {}, the first line has {}",
                        words::count(record.len(), "value"),
                        axes.len()
                    ),
                )
                .help("a value with a comma stands in double quotes"),
            );
            continue;
        }
        rows.push(Row {
            values: axes.iter().cloned().zip(record.iter().map(Scalar::text)).collect(),
            span: span(start),
        });
    }
    Some(rows)
}

fn check_header(axes: &[Placed], span: Span, context: &mut Context<'_>) -> Option<()> {
    let before = context.found.counts().0;
    if axes.iter().any(|(name, _)| name.is_empty()) || axes.is_empty() {
        context.complain(
            Diagnostic::error(codes::INVALID_ROWS, span, "the first line has an axis without a name")
                .help("the first line of a CSV names the axes: `city,mood`"),
        );
    }
    for (at, (name, _)) in axes.iter().enumerate() {
        if !name.is_empty() && axes[..at].iter().any(|(other, _)| other == name) {
            context.complain(
                Diagnostic::error(
                    codes::INVALID_ROWS,
                    span,
                    format!("the first line names `{name}` twice"),
                )
                .help("the first line of a CSV names each axis once"),
            );
        }
    }
    (context.found.counts().0 == before).then_some(())
}

fn not_csv(source: SourceId, error: &csv::Error, context: &mut Context<'_>) -> Option<Vec<Row>> {
    let at = error
        .position()
        .map_or(0, |place| usize::try_from(place.byte()).unwrap_or(0));
    context.complain(Diagnostic::error(
        codes::INVALID_ROWS,
        Span::new(source, at, at),
        format!("not a CSV: {error}"),
    ));
    None
}

fn line_end(text: &str, start: usize) -> usize {
    let rest = text.get(start..).unwrap_or_default();
    start + rest.find(['\r', '\n']).unwrap_or(rest.len())
}

/// What the library says, without the place, which is shown.
fn reason(error: &serde_json::Error) -> String {
    let message = error.to_string();
    message.split(" at line ").next().unwrap_or_default().to_owned()
}

/// The byte at a line and column, both from one; columns of `serde_json` count bytes.
fn offset(text: &str, line: usize, column: usize) -> usize {
    let start: usize = text
        .split_inclusive('\n')
        .take(line.saturating_sub(1))
        .map(str::len)
        .sum();
    let mut at = (start + column.saturating_sub(1)).min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
