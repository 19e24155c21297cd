//! The pipeline, typed and resolved: names are ids, files have paths, templates are parsed, cycles are refused.
//!
//! Reads the user's files through [`crate::base::door::Files`] only, and knows nothing of stores, networks or runs.
//! Everything that is wrong comes back at once, as diagnostics that point into the text.

mod types;

pub use types::*;
