//! Which takes are meant: `hook`, `hook[city=Lisbon]#2`, `tag:draft`, `state:changed`, `+hook`, `hook+`, `!hook`.
//!
//! Knows nothing of a command line: only of the expressions.

mod apply;
mod parse;

pub use parse::parse_selection;

use super::Verdict;
use crate::base::ids::{StepKind, TakeName};
use globset::GlobMatcher;
use std::collections::HashSet;

/// What was selected; [`Selection::default`] is everything.
///
/// Every expression adds takes; one that begins with `!` takes them away, wherever it stands. If all begin with `!`,
/// everything else is selected.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    terms: Vec<Term>,
    /// Just these takes, whatever the expressions say.
    only: Option<HashSet<TakeName>>,
}

impl Selection {
    /// Just these takes.
    pub fn only(takes: impl IntoIterator<Item = TakeName>) -> Self {
        Self {
            terms: Vec::new(),
            only: Some(takes.into_iter().collect()),
        }
    }
}

/// Why a selection cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SelectionError {
    /// An expression that cannot be read.
    #[error("{message}")]
    Unreadable {
        /// One sentence without a full stop.
        message: String,
        /// What to do.
        help: Option<String>,
    },
    /// An expression, or all of them together, that selects nothing.
    #[error("{message}")]
    Nothing {
        /// One sentence without a full stop.
        message: String,
        /// What to do.
        help: Option<String>,
    },
}

impl SelectionError {
    /// What to do about it.
    pub fn help(&self) -> Option<&str> {
        match self {
            Self::Unreadable { help, .. } | Self::Nothing { help, .. } => help.as_deref(),
        }
    }

    fn unreadable(message: impl Into<String>, help: Option<String>) -> Self {
        Self::Unreadable {
            message: message.into(),
            help,
        }
    }

    fn nothing(message: impl Into<String>, help: Option<String>) -> Self {
        Self::Nothing {
            message: message.into(),
            help,
        }
    }
}

/// One expression.
#[derive(Clone, Debug)]
struct Term {
    /// As it was written.
    text: String,
    /// `!`: takes away.
    negated: bool,
    /// `+hook`: with all it is made of.
    upstream: bool,
    /// `hook+`: with all that is made of it.
    downstream: bool,
    what: What,
}

/// What an expression is about.
#[derive(Clone, Debug)]
enum What {
    Tag(Pattern),
    State(Vec<Verdict>),
    Name {
        kind: Option<StepKind>,
        name: Pattern,
        at: Vec<(String, Pattern)>,
        take: Option<u32>,
    },
}

/// A text, or a glob.
#[derive(Clone, Debug)]
enum Pattern {
    Exactly(String),
    Like(GlobMatcher),
}

impl Pattern {
    fn matches(&self, text: &str) -> bool {
        match self {
            Self::Exactly(exact) => exact == text,
            Self::Like(glob) => glob.is_match(text),
        }
    }

    fn written(&self) -> &str {
        match self {
            Self::Exactly(exact) => exact,
            Self::Like(glob) => glob.glob().glob(),
        }
    }
}
