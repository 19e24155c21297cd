//! A run that is over, for people and for programs: what was rendered, what failed, what it cost, where the takes are,
//! and what to do next.
//!
//! Knows nothing of how the run was driven, nor whether it is live or from the store.

mod document;
mod money;
mod takes;
#[cfg(test)]
mod tests;
mod text;

pub use document::{CostsDocument, RunDocument, RunNodeDocument, SCHEMA};
pub use takes::{sound, takes};
pub use text::{brief, outcome, summary, totals};
