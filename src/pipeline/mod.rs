//! The pipeline, typed and resolved: names are ids, files have paths, templates are parsed, cycles are refused.
//!
//! Reads the user's files through [`Files`](crate::base::door::Files) only, and knows nothing of stores, networks or runs. Everything that is
//! wrong comes back at once, as diagnostics that point into the text. One module per concern:
//!
//! ```text
//! include (secrets, shape) → profile → names · scope → references, lyrics, songs (matrix, audio, templates) → flow
//! ```

mod accept;
mod audio;
mod backends;
mod cells;
pub mod codes;
mod context;
mod cron;
mod cycles;
mod draft;
pub mod file;
pub mod file_values;
mod flow;
mod gates;
mod home;
mod hook;
mod include;
mod limits;
mod lyrics;
mod matrix;
mod names;
mod origin;
mod paths;
mod profile;
mod read;
mod references;
mod rows;
mod scaffold;
mod schedules;
mod scope;
mod secrets;
mod songs;
mod take_name;
mod templates;
#[cfg(test)]
mod tests;
mod tree;
mod types;
mod wishes;
mod zone;

pub use gates::{Bounds, Gates, Measure, Miss, all_misses};
pub use home::{Home, Text};
pub use limits::{parse_duration, parse_rate};
pub use origin::{Line, Resolved};
pub use read::{Overrides, ReadOptions, read, resolved};
pub use scaffold::{SCAFFOLD_REFERENCE, SCAFFOLD_SCHEMA, scaffold};
pub use types::*;

/// The JSON Schema (draft-07) of a pipeline file, for editors.
pub fn schema() -> serde_json::Value {
    crate::document::schema::<file::PipelineFile>()
}
