//! Joining cells: on equal values of the axes two tables share, crossed on the others.
//!
//! Knows nothing of steps. Values are equal if they read the same, since that is how a cell is named: `2024` of a CSV
//! file meets `2024` of the YAML.

use crate::base::{ids::Coordinates, scalar::Scalar};
use std::{collections::HashMap, fmt::Write, sync::Arc};

/// No join may grow beyond this on its way to the result, whatever `max_cells` says.
const MOST_BETWEEN: usize = 100_000;

/// Cells that flow in, as rows over axes.
pub(super) struct Table<'a> {
    pub(super) axes: Vec<Arc<str>>,
    /// One value for each axis.
    pub(super) rows: Vec<Vec<&'a Scalar>>,
    /// For each row, what the caller knows it by.
    pub(super) ids: Vec<u32>,
}

/// Cells after joining.
pub(super) struct Joined<'a> {
    /// Those of the first table, then what each further one adds.
    pub(super) axes: Vec<Arc<str>>,
    pub(super) rows: Vec<Row<'a>>,
}

/// One cell after joining.
#[derive(Clone, Default)]
pub(super) struct Row<'a> {
    values: Vec<&'a Scalar>,
    /// For each joined table, the id of the row this one comes from.
    pub(super) ids: Vec<u32>,
}

/// A join would have this many cells, which is too many.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooMany(pub(super) usize);

impl Joined<'_> {
    /// The coordinates of a row.
    pub(super) fn coordinates(&self, row: &Row<'_>) -> Coordinates {
        let values = row.values.iter().map(|value| (*value).clone());
        Coordinates(self.axes.iter().cloned().zip(values).collect())
    }
}

/// Joins all tables, the first one's order before the next one's. Time and memory grow with the result alone.
pub(super) fn join<'a>(tables: &[Table<'a>], most: usize) -> Result<Joined<'a>, TooMany> {
    let mut joined = Joined {
        axes: Vec::new(),
        rows: vec![Row::default()],
    };
    for (index, table) in tables.iter().enumerate() {
        let last = index + 1 == tables.len();
        let bound = if last { most } else { most.max(MOST_BETWEEN) };
        joined = join_two(joined, table, bound)?;
    }
    Ok(joined)
}

fn join_two<'a>(left: Joined<'a>, right: &Table<'a>, most: usize) -> Result<Joined<'a>, TooMany> {
    let (mut shared_left, mut shared_right, mut added) = (Vec::new(), Vec::new(), Vec::new());
    for (at, axis) in right.axes.iter().enumerate() {
        if let Some(before) = left.axes.iter().position(|known| known == axis) {
            shared_left.push(before);
            shared_right.push(at);
        } else {
            added.push(at);
        }
    }
    let mut index: HashMap<String, Vec<usize>> = HashMap::new();
    for (at, row) in right.rows.iter().enumerate() {
        index.entry(text_of(row, &shared_right)).or_default().push(at);
    }
    let matches: Vec<&[usize]> = left
        .rows
        .iter()
        .map(|row| {
            index
                .get(&text_of(&row.values, &shared_left))
                .map_or(&[][..], Vec::as_slice)
        })
        .collect();
    let count = matches.iter().map(|found| found.len()).sum();
    if count > most {
        return Err(TooMany(count));
    }
    let mut rows = Vec::with_capacity(count);
    for (row, found) in left.rows.iter().zip(matches) {
        for &at in found {
            let mut next = row.clone();
            next.values.extend(added.iter().map(|&axis| right.rows[at][axis]));
            next.ids.push(right.ids[at]);
            rows.push(next);
        }
    }
    let mut axes = left.axes;
    axes.extend(added.into_iter().map(|at| right.axes[at].clone()));
    Ok(Joined { axes, rows })
}

/// The values at some positions as one text; lengths keep `a|b` and `a`, `b` apart.
pub(super) fn text_of(row: &[&Scalar], positions: &[usize]) -> String {
    let mut text = String::new();
    for &at in positions {
        let start = text.len();
        write!(text, "{}", row[at]).expect("a string takes every write");
        let length = text.len() - start;
        write!(text, "\u{1f}{length}\u{1e}").expect("a string takes every write");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Plain = (Vec<&'static str>, Vec<Vec<Scalar>>);

    const AXES: [&str; 4] = ["a", "b", "c", "d"];

    fn table(plain: &Plain) -> Table<'_> {
        Table {
            axes: plain.0.iter().map(|axis| Arc::from(*axis)).collect(),
            rows: plain.1.iter().map(|row| row.iter().collect()).collect(),
            ids: (0..).take(plain.1.len()).collect(),
        }
    }

    /// A cell: its axes with their values as texts, and the rows it comes from.
    type Cell = (Vec<(String, String)>, Vec<u32>);

    /// Every combination of rows, kept if no axis has two values.
    fn brute_force(tables: &[Plain]) -> Vec<Cell> {
        let mut all: Vec<Cell> = vec![(Vec::new(), Vec::new())];
        for (axes, rows) in tables {
            let pairs = all
                .iter()
                .flat_map(|cell| (0..).zip(rows).map(move |(id, row)| (cell, id, row)));
            all = pairs
                .filter_map(|(cell, id, row)| extended(cell, id, (axes, row)))
                .collect();
        }
        all
    }

    fn extended(cell: &Cell, id: u32, row: (&[&str], &[Scalar])) -> Option<Cell> {
        let mut cell = cell.clone();
        for (axis, value) in row.0.iter().zip(row.1) {
            let value = value.to_string();
            let there = cell.0.iter().find(|(name, _)| name == axis);
            match there.map(|(_, known)| *known == value) {
                Some(true) => {}
                Some(false) => return None,
                None => cell.0.push(((*axis).to_owned(), value)),
            }
        }
        cell.1.push(id);
        Some(cell)
    }

    fn tables() -> impl Strategy<Value = Vec<Plain>> {
        let value = prop_oneof![
            (0..3_i64).prop_map(Scalar::Int),
            Just(Scalar::text("1")),
            Just(Scalar::text("")),
            Just(Scalar::Bool(true)),
        ];
        let axes = proptest::sample::subsequence(AXES.to_vec(), 0..=3).prop_shuffle();
        let one = axes.prop_flat_map(move |axes| {
            let row = proptest::collection::vec(value.clone(), axes.len());
            (Just(axes), proptest::collection::vec(row, 0..5))
        });
        proptest::collection::vec(one, 0..4)
    }

    proptest! {
        #[test]
        fn as_trying_every_combination(plain in tables()) {
            let tables: Vec<_> = plain.iter().map(table).collect();
            let joined = join(&tables, usize::MAX).unwrap();
            let found: Vec<_> = joined
                .rows
                .iter()
                .map(|row| {
                    let cell: Vec<_> = joined
                        .coordinates(row)
                        .0
                        .into_iter()
                        .map(|(axis, value)| (axis.to_string(), value.to_string()))
                        .collect();
                    (cell, row.ids.clone())
                })
                .collect();
            prop_assert_eq!(found, brute_force(&plain));
        }
    }

    #[test]
    fn too_many_is_found_before_they_are_made() {
        let many: Vec<_> = (0..40_000).map(|n| vec![Scalar::Int(n)]).collect();
        let (left, right) = ((vec!["a"], many.clone()), (vec!["b"], many));
        let Err(error) = join(&[table(&left), table(&right)], 256) else {
            panic!("1.6 billion cells were made");
        };
        assert_eq!(error, TooMany(1_600_000_000));
    }

    #[test]
    fn a_step_between_may_be_larger_than_the_result() {
        let cities: Vec<_> = (0..300).map(|n| vec![Scalar::Int(n)]).collect();
        let pairs = vec![vec![Scalar::Int(1), Scalar::Int(2)]];
        let tables = [
            (vec!["a"], cities.clone()),
            (vec!["b"], cities),
            (vec!["b", "a"], pairs),
        ];
        let tables: Vec<_> = tables.iter().map(table).collect();
        let joined = join(&tables, 256).unwrap();
        assert_eq!(joined.rows.len(), 1);
        assert_eq!(joined.rows[0].ids, [2, 1, 0]);
    }
}
