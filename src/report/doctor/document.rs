//! The JSON document of checks.

use super::{Check, counts};
use serde::Serialize;

/// Names the document and its version.
pub const SCHEMA: &str = "takesheet.doctor/1";

/// Checks as `doctor --json` prints them. Fields are only ever added within a version.
#[derive(Debug, Serialize)]
pub struct DoctorDocument<'a> {
    /// [`SCHEMA`].
    pub schema: &'static str,
    /// How many checks are problems.
    pub problems: usize,
    /// How many are warnings.
    pub warnings: usize,
    /// Every check, in the order of the lines.
    pub checks: Vec<CheckDocument<'a>>,
}

/// One check.
#[derive(Debug, Serialize)]
pub struct CheckDocument<'a> {
    /// What was looked at: `key`, `balance`, `store`.
    pub about: &'static str,
    /// `ok`, `warning` or `problem`.
    pub level: &'static str,
    /// Whose problem it is: `account`, `machine`, `pipeline`, `away`, `other`; null unless it is one.
    pub trouble: Option<&'static str>,
    /// What was found, for people.
    pub finding: &'a str,
    /// What to do about it, for people.
    pub help: &'a [String],
}

impl<'a> DoctorDocument<'a> {
    /// The document of these checks.
    pub fn of(checks: &'a [Check]) -> Self {
        let (problems, warnings) = counts(checks);
        let document = |check: &'a Check| CheckDocument {
            about: check.about,
            level: check.level.word(),
            trouble: check.trouble().map(super::Trouble::word),
            finding: &check.finding,
            help: &check.help,
        };
        Self {
            schema: SCHEMA,
            problems,
            warnings,
            checks: checks.iter().map(document).collect(),
        }
    }

    /// As text, with a line break at its end.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("names and numbers are always JSON") + "\n"
    }
}
