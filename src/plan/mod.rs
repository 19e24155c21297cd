//! The plan: which cells there are, what each take's key is, and for each the verdict, the reason and the price.
//!
//! Pure and offline: what it must know of the world (digests of reference files, what was rendered before) is handed
//! to it as values and through [`Memory`]. It does not know whether anything runs.
//!
//! In three steps: [`expand()`] turns steps into cells and renders every text, [`check_references`] judges the files
//! that were read meanwhile, [`build()`] makes nodes of the cells and decides what happens to each.

mod build;
pub mod codes;
mod downstream;
mod expand;
mod facts;
mod join;
mod judge;
mod key;
mod lyrics;
mod names;
mod normalise;
mod order;
mod output;
mod price;
mod prune;
mod schedules;
mod select;
mod tries;
mod types;
mod wire;

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod tests;

pub use build::{build, chosen};
pub use expand::{Cell, Expansion, expand};
pub use facts::{Facts, FileFact, Unreadable, check_references, reference_files};
pub use normalise::normalise;
pub use output::OutputName;
pub use price::PriceSource;
pub use schedules::check_schedules;
pub use select::{Selection, SelectionError, parse_selection};
pub use tries::{OutsideTry, Standing, Walk, walk};
pub use types::*;

pub use crate::pipeline::{Gates, Miss};
