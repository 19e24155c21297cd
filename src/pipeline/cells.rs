//! Rows turned into cells: which axes they name, and that no cell comes twice.
//!
//! Knows nothing of where rows come from.

use super::{codes, context::Context, scope};
use crate::base::{diagnostic::Diagnostic, ids::Coordinates, scalar::Scalar, span::Span, words};
use std::{collections::HashMap, sync::Arc};

/// A name with the place it stands at.
pub(super) type Placed = (Arc<str>, Span);
/// Axis values by axis, each with its place; and the place of the whole.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) values: Vec<(Placed, Scalar)>,
    pub(super) span: Span,
}

/// Cells in order, each once by its name: `n=1` is the same cell whether `1` is a number or a text.
#[derive(Debug, Default)]
pub(super) struct Cells {
    list: Vec<Coordinates>,
    places: HashMap<String, Option<Span>>,
}

impl Cells {
    /// Adds a cell, unless it is there: then the place it was declared at, if it has one.
    pub(super) fn add(&mut self, cell: Coordinates, place: Option<Span>) -> Result<(), Option<Span>> {
        let name = cell.to_string();
        if let Some(first) = self.places.get(&name) {
            return Err(*first);
        }
        self.places.insert(name, place);
        self.list.push(cell);
        Ok(())
    }

    /// In the order they were added.
    pub(super) fn into_list(self) -> Vec<Coordinates> {
        self.list
    }
}

/// Names with places, and the cells.
pub(super) type Table = (Vec<Placed>, Vec<Coordinates>);

/// The axes and cells of a list of rows; the first row says which axes there are.
pub(super) fn from_rows(listed: &[Row], place: Span, context: &mut Context<'_>) -> Option<Table> {
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
    let mut cells = Cells::default();
    for row in listed {
        let Some(cell) = whole(row, &bare, context) else {
            continue;
        };
        let name = cell.to_string();
        if let Err(first) = cells.add(cell, Some(row.span)) {
            let message = format!("the cell `{name}` is listed twice");
            let diagnostic = Diagnostic::error(codes::DUPLICATE_VALUE, row.span, message)
                .help("remove one; for more than one render of a cell use `takes`");
            context.complain(match first {
                Some(first) => diagnostic.related(first, "the first one"),
                None => diagnostic,
            });
        }
    }
    Some((names, cells.into_list()))
}

/// Complains about a name that templates could not read.
pub(super) fn check_axis_name(name: &str, span: Span, context: &mut Context<'_>) {
    if !scope::is_variable(name) {
        context.complain(scope::not_a_variable(name, span));
    }
}

/// The coordinates of a row that must name every axis and no other.
pub(super) fn whole(row: &Row, axes: &[Arc<str>], context: &mut Context<'_>) -> Option<Coordinates> {
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

/// Whether a row names no axis that is not there; a complaint for each that is not.
pub(super) fn known_axes(row: &Row, axes: &[Arc<str>], context: &mut Context<'_>) -> bool {
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

/// The axes there are, as a sentence.
pub(super) fn its_axes<T: AsRef<str>>(axes: &[T]) -> String {
    match axes {
        [] => "it has no axes".into(),
        [only] => format!("its only axis is `{}`", only.as_ref()),
        several => format!("its axes are {}", words::ticked(several)),
    }
}
