//! What was looked at and how it was found, as lines and as a document.
//!
//! Knows nothing of how anything is found out: whoever looks makes a [`Check`] of it.

mod document;
#[cfg(test)]
mod tests;
mod text;

pub use document::{DoctorDocument, SCHEMA};
pub use text::{complaint, text};

use crate::report::names;

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What, in a word or two that are the same each time: `key`, `balance`, `store`.
    pub about: &'static str,
    /// How it was found.
    pub level: Level,
    /// What was found: a phrase without a full stop.
    pub finding: String,
    /// What to do about it.
    pub help: Vec<String>,
}

impl Check {
    fn new(about: &'static str, level: Level, finding: impl Into<String>) -> Self {
        Self {
            about,
            level,
            finding: finding.into(),
            help: Vec::new(),
        }
    }

    /// It is as it should be.
    pub fn ok(about: &'static str, finding: impl Into<String>) -> Self {
        Self::new(about, Level::Ok, finding)
    }

    /// It stops nothing, and somebody should know.
    pub fn warning(about: &'static str, finding: impl Into<String>) -> Self {
        Self::new(about, Level::Warning, finding)
    }

    /// Nothing can be bought as long as this is so.
    pub fn problem(about: &'static str, trouble: Trouble, finding: impl Into<String>) -> Self {
        Self::new(about, Level::Problem(trouble), finding)
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    /// The trouble, if it is a problem.
    pub const fn trouble(&self) -> Option<Trouble> {
        match self.level {
            Level::Problem(trouble) => Some(trouble),
            Level::Ok | Level::Warning => None,
        }
    }
}

/// How something was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// As it should be.
    Ok,
    /// It stops nothing, and somebody should know.
    Warning,
    /// It must be put right first.
    Problem(Trouble),
}

impl Level {
    /// The word in output.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Problem(_) => "problem",
        }
    }
}

/// Whose problem it is; decides the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Key or credits.
    Account,
    /// This machine: disk, store.
    Machine,
    /// The pipeline.
    Pipeline,
    /// The backend is not there; it may be later.
    Away,
    /// Something else, such as a model that is gone.
    Other,
}

impl Trouble {
    /// The word in the document.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Machine => "machine",
            Self::Pipeline => "pipeline",
            Self::Away => "away",
            Self::Other => "other",
        }
    }
}

/// A call of this program, to be copied into a shell.
pub fn command(words: &[&str]) -> String {
    let words = words.iter().map(|word| names::shell(word));
    std::iter::once("takesheet".to_owned())
        .chain(words)
        .collect::<Vec<_>>()
        .join(" ")
}

/// How many problems and warnings there are among checks.
pub fn counts(checks: &[Check]) -> (usize, usize) {
    let problems = checks.iter().filter(|check| check.trouble().is_some()).count();
    let warnings = checks.iter().filter(|check| check.level == Level::Warning).count();
    (problems, warnings)
}
