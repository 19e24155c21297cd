//! The cells a step declares: axes crossed or rows listed, then `exclude`, then `include`.
//!
//! Knows nothing of the axes that flow in from other steps. A matrix that is wrong has no cells and is marked so, so
//! that nothing that follows from it is complained about.

use super::{Matrix, codes, context::Context, rows, tree};
use crate::{
    base::{diagnostic::Diagnostic, ids::Coordinates, scalar::Scalar, span::Span, words},
    document::{Entry, Node},
};
use std::{collections::BTreeSet, sync::Arc};

/// More cells than this are an accident unless the matrix says otherwise.
const DEFAULT_MAX_CELLS: usize = 256;
/// What `max_cells` may be at most: more would not fit one run's memory.
const MOST_CELLS: usize = 100_000;
/// Keys of a matrix that are no axes.
const RESERVED: [&str; 4] = ["exclude", "include", "rows", "max_cells"];

/// A name with the place it stands at.
pub(super) type Placed = (Arc<str>, Span);
/// Axis values by axis, each with its place; and the place of the whole.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) values: Vec<(Placed, Scalar)>,
    pub(super) span: Span,
}

/// One cell without coordinates: what a step without a matrix has.
pub(super) fn none() -> Matrix {
    Matrix {
        axes: Vec::new(),
        cells: vec![Coordinates::default()],
        max_cells: DEFAULT_MAX_CELLS,
        span: None,
    }
}

/// Reads `matrix:` of a step. Nothing after a complaint.
pub(super) fn read(step: &Node, context: &mut Context<'_>) -> Option<(Matrix, Vec<Placed>)> {
    let Some(entry) = step.get("matrix") else {
        return Some((none(), Vec::new()));
    };
    let node = &entry.value;
    let before = context.found.counts().0;
    let max_cells = max_cells(node);
    let axes: Vec<&Entry> = tree::entries(node)
        .iter()
        .filter(|axis| !RESERVED.contains(&&*axis.key))
        .collect();
    let (names, cells) = match tree::field(node, "rows") {
        Some(list) => {
            refuse_axes_beside_rows(&axes, node, context);
            let listed = rows::read(list, context)?;
            from_rows(&listed, entry.key_span, context)?
        }
        // All axes of this step flow in from others; only their number is allowed here.
        None if axes.is_empty() && node.get("max_cells").is_some() => (Vec::new(), vec![Coordinates::default()]),
        None => cross(&axes, entry.key_span, max_cells, context)?,
    };
    let bare: Vec<Arc<str>> = names.iter().map(|(name, _)| name.clone()).collect();
    let cells = exclude(node, &bare, cells, context);
    let cells = include(node, &bare, cells, context);
    if context.found.counts().0 > before {
        return None;
    }
    if cells.is_empty() {
        context.complain(
            Diagnostic::error(codes::EMPTY_MATRIX, entry.key_span, "this matrix has no cells left")
                .help("`exclude` leaves out all of them"),
        );
        return None;
    }
    if cells.len() > max_cells {
        context.complain(too_many(cells.len(), max_cells, entry.key_span));
        return None;
    }
    let matrix = Matrix {
        axes: bare,
        cells,
        max_cells,
        span: Some(entry.key_span),
    };
    Some((matrix, names))
}

/// `max_cells:`; its bounds are part of the grammar.
fn max_cells(node: &Node) -> usize {
    let number = tree::field(node, "max_cells").and_then(tree::integer);
    let number = number.and_then(|number| usize::try_from(number).ok());
    number.map_or(DEFAULT_MAX_CELLS, |number| number.min(MOST_CELLS))
}

fn refuse_axes_beside_rows(axes: &[&Entry], node: &Node, context: &mut Context<'_>) {
    if let (Some(axis), Some(rows)) = (axes.first(), node.get("rows")) {
        context.complain(
            Diagnostic::error(codes::ONE_OF, axis.key_span, "a matrix has either axes or `rows`")
                .label("an axis")
                .related(rows.key_span, "the cells are listed here")
                .help(format!(
                    "add `{}` to each row, or cross all axes and remove `rows`",
                    axis.key
                )),
        );
    }
}

type Cells = (Vec<Placed>, Vec<Coordinates>);

fn cross(axes: &[&Entry], place: Span, max_cells: usize, context: &mut Context<'_>) -> Option<Cells> {
    let mut names = Vec::new();
    let mut cells = vec![Coordinates::default()];
    let mut sound = true;
    let mut size = 1_usize;
    for axis in axes {
        check_axis_name(&axis.key, axis.key_span, context);
        let values = axis_values(axis, context);
        names.push((axis.key.clone(), axis.key_span));
        match values {
            Some(values) => {
                size = size.saturating_mul(values.len());
                // Excludes may bring a product back under the limit, so only what cannot be held is refused here.
                if size <= max_cells.max(MOST_CELLS) {
                    cells = crossed(&cells, &axis.key, &values);
                }
            }
            None => sound = false,
        }
    }
    if size > max_cells.max(MOST_CELLS) {
        context.complain(too_many(size, max_cells, place));
        return None;
    }
    if axes.is_empty() {
        context.complain(
            Diagnostic::error(codes::EMPTY_MATRIX, place, "this matrix has no axes")
                .help("give it an axis, such as `city: [Lisbon, Osaka]`, or remove it"),
        );
        return None;
    }
    sound.then_some((names, cells))
}

fn crossed(cells: &[Coordinates], axis: &Arc<str>, values: &[Scalar]) -> Vec<Coordinates> {
    let longer = |cell: &Coordinates, value: &Scalar| {
        let mut cell = cell.clone();
        cell.0.push((axis.clone(), value.clone()));
        cell
    };
    cells
        .iter()
        .flat_map(|cell| values.iter().map(move |value| longer(cell, value)))
        .collect()
}

fn axis_values(axis: &Entry, context: &mut Context<'_>) -> Option<Vec<Scalar>> {
    let items = tree::items(&axis.value);
    if items.is_empty() {
        context.complain(
            Diagnostic::error(
                codes::EMPTY_MATRIX,
                axis.key_span,
                format!("axis `{}` has no values", axis.key),
            )
            .help("an axis without values leaves the step without cells; give it one, or remove the axis"),
        );
        return None;
    }
    let mut values: Vec<(Scalar, Span)> = Vec::new();
    for item in items {
        let value = tree::scalar(item)?;
        // Cells are named by the text of their values, so `1` and `"1"` are the same.
        if let Some((_, first)) = values.iter().find(|(other, _)| other.to_string() == value.to_string()) {
            context.complain(
                Diagnostic::error(
                    codes::DUPLICATE_VALUE,
                    item.span,
                    format!("axis `{}` has `{value}` twice", axis.key),
                )
                .related(*first, "the first one")
                .help("remove one; for more than one render of a cell use `takes`"),
            );
        } else {
            values.push((value.clone(), item.span));
        }
    }
    Some(values.into_iter().map(|(value, _)| value).collect())
}

/// Complains about a name that templates could not read.
fn check_axis_name(name: &str, span: Span, context: &mut Context<'_>) {
    if !super::scope::is_variable(name) {
        context.complain(super::scope::not_a_variable(name, span));
    }
}

fn from_rows(listed: &[Row], place: Span, context: &mut Context<'_>) -> Option<Cells> {
    let Some(first) = listed.first() else {
        context.complain(
            Diagnostic::error(codes::EMPTY_MATRIX, place, "this matrix has no rows").help("add a row, or remove it"),
        );
        return None;
    };
    let names: Vec<Placed> = first.values.iter().map(|(name, _)| name.clone()).collect();
    for (name, span) in &names {
        check_axis_name(name, *span, context);
    }
    let bare: Vec<Arc<str>> = names.iter().map(|(name, _)| name.clone()).collect();
    let mut cells: Vec<(Coordinates, Span)> = Vec::new();
    for row in listed {
        add_row(row, &bare, &mut cells, context);
    }
    Some((names, cells.into_iter().map(|(cell, _)| cell).collect()))
}

fn add_row(row: &Row, axes: &[Arc<str>], cells: &mut Vec<(Coordinates, Span)>, context: &mut Context<'_>) {
    let Some(cell) = whole(row, axes, context) else {
        return;
    };
    match cells.iter().find(|(other, _)| *other == cell) {
        Some((_, first)) => context.complain(
            Diagnostic::error(
                codes::DUPLICATE_VALUE,
                row.span,
                format!("the cell `{cell}` is listed twice"),
            )
            .related(*first, "the first one")
            .help("remove one; for more than one render of a cell use `takes`"),
        ),
        None => cells.push((cell, row.span)),
    }
}

/// The coordinates of a row that must name every axis and no other.
fn whole(row: &Row, axes: &[Arc<str>], context: &mut Context<'_>) -> Option<Coordinates> {
    let known = known_axes(row, axes, context);
    let missing: Vec<_> = axes
        .iter()
        .filter(|axis| !row.values.iter().any(|((name, _), _)| name == *axis))
        .collect();
    if !missing.is_empty() {
        context.complain(
            Diagnostic::error(
                codes::AXIS_MISMATCH,
                row.span,
                format!("this row leaves out {}", words::ticked(&missing)),
            )
            .help(format!("every row has a value for {}", words::ticked(axes))),
        );
        return None;
    }
    let value = |axis: &Arc<str>| {
        row.values
            .iter()
            .find(|((name, _), _)| name == axis)
            .map(|(_, value)| value.clone())
    };
    known.then(|| {
        Coordinates(
            axes.iter()
                .filter_map(|axis| Some((axis.clone(), value(axis)?)))
                .collect(),
        )
    })
}

fn known_axes(row: &Row, axes: &[Arc<str>], context: &mut Context<'_>) -> bool {
    let mut sound = true;
    for ((name, span), _) in &row.values {
        if !axes.contains(name) {
            sound = false;
            let diagnostic =
                Diagnostic::error(codes::AXIS_MISMATCH, *span, format!("this matrix has no axis `{name}`"));
            context.complain(match words::nearest(name, axes.iter().map(|axis| &**axis)) {
                Some(near) => diagnostic.patch(format!("did you mean `{near}`?"), *span, near),
                None => diagnostic.help(its_axes(axes)),
            });
        }
    }
    sound
}

fn exclude(node: &Node, axes: &[Arc<str>], cells: Vec<Coordinates>, context: &mut Context<'_>) -> Vec<Coordinates> {
    let mut dropped: BTreeSet<usize> = BTreeSet::new();
    for item in tree::field(node, "exclude").map_or(&[][..], tree::items) {
        let row = rows::inline(item);
        if !known_axes(&row, axes, context) {
            continue;
        }
        let matches = |cell: &Coordinates| {
            let same = |(name, _): &Placed, value: &Scalar| {
                cell.get(name)
                    .is_some_and(|other| other.to_string() == value.to_string())
            };
            row.values.iter().all(|(name, value)| same(name, value))
        };
        let hit: Vec<usize> = (0..cells.len()).filter(|&at| matches(&cells[at])).collect();
        if hit.is_empty() {
            context.complain(
                Diagnostic::warning(codes::UNUSED_EXCLUDE, item.span, "this excludes nothing")
                    .label("no cell has these values")
                    .help("check the spelling of the values, or remove it"),
            );
        }
        dropped.extend(hit);
    }
    let numbered = cells.into_iter().enumerate();
    numbered
        .filter(|(at, _)| !dropped.contains(at))
        .map(|(_, cell)| cell)
        .collect()
}

fn include(node: &Node, axes: &[Arc<str>], mut cells: Vec<Coordinates>, context: &mut Context<'_>) -> Vec<Coordinates> {
    for item in tree::field(node, "include").map_or(&[][..], tree::items) {
        let Some(cell) = whole(&rows::inline(item), axes, context) else {
            continue;
        };
        if cells.contains(&cell) {
            context.complain(
                Diagnostic::error(
                    codes::DUPLICATE_VALUE,
                    item.span,
                    format!("the cell `{cell}` is there already"),
                )
                .help("remove it from `include`"),
            );
        } else {
            cells.push(cell);
        }
    }
    cells
}

/// The axes there are, as a sentence.
pub(super) fn its_axes<T: AsRef<str>>(axes: &[T]) -> String {
    match axes {
        [] => "it has no axes".into(),
        [only] => format!("its only axis is `{}`", only.as_ref()),
        several => format!("its axes are {}", words::ticked(several)),
    }
}

fn too_many(number: usize, most: usize, place: Span) -> Diagnostic {
    Diagnostic::error(
        codes::TOO_MANY_CELLS,
        place,
        format!("this matrix has {}, more than {most}", words::count(number, "cell")),
    )
    .help(format!(
        "if that is meant, write `max_cells: {number}` into the matrix; every take of every cell is paid for"
    ))
}
