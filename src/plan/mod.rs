//! The plan: which cells there are, what each take's key is, and for each the verdict, the reason and the price.
//!
//! Pure and offline: what it must know of the world (digests of reference files, what was rendered before) is handed
//! to it as values and through [`Memory`]. It does not know whether anything runs.

mod types;

pub use types::*;
