//! What `on_failure` and `on_recovery` are told: one JSON document, versioned by its `schema`.

use crate::base::{money::Total, time::Timestamp};
use serde::Serialize;
use serde_json::Value;

/// What came of a scheduled run.
#[derive(Debug, Serialize)]
pub struct HookDocument<'a> {
    /// `takesheet.schedule-run/1`.
    pub schema: &'static str,
    /// `failure` or `recovery`.
    pub event: &'static str,
    /// The schedule.
    pub schedule: &'a str,
    /// The pipeline's file, absolute.
    pub file: &'a str,
    /// When it was due.
    pub due: Timestamp,
    /// How it ended, in a word.
    pub ending: &'static str,
    /// The exit code of such a run.
    pub exit: u8,
    /// What it cost.
    pub spent: Total,
    /// What it said.
    pub said: &'a str,
    /// Its own document, if one began.
    pub run: Option<Value>,
}

impl HookDocument<'_> {
    /// Its version.
    pub const SCHEMA: &'static str = "takesheet.schedule-run/1";

    /// As text, with a line break at its end.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("names and numbers are always JSON") + "\n"
    }
}
