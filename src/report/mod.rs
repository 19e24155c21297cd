//! What is shown, as values to text: plans, runs, failures and graphs.
//!
//! Pure: it neither prints nor asks for the time, and everything it is told about the screen is in a [`Look`](look::Look). The
//! same state gives the same bytes, live or from the store.

pub mod diagnostics;
pub mod doctor;
pub mod export;
pub mod failure;
pub mod github;
pub mod graph;
pub mod heard;
mod held;
pub mod layout;
pub mod look;
mod names;
pub mod plan;
pub mod run;
#[cfg(test)]
pub(crate) mod samples;
pub mod schedules;
pub mod settle;
pub mod watch;
pub mod why;

pub use held::held;
