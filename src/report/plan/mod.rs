//! A plan for people and for programs: what will be done, why, and for how much.
//!
//! Knows nothing of how the plan was made. An unknown price is never shown as a zero, and a plan that is not certain
//! says so ("at most").

mod document;
mod lost;
#[cfg(test)]
mod tests;
mod text;

pub use document::{NodeDocument, PlanDocument, PriceDocument, SCHEMA};
pub use text::{changes, difference, is_up_to_date, price_source, reason, sign, text, totals, up_to, up_to_date};
