//! A complaint about something the user wrote: where, what, and what to do.
//!
//! Knows nothing of how it is printed (`report::diagnostics`) nor of what was being read. Modules collect
//! diagnostics and return them all at once; nobody stops at the first.

use super::span::{Sources, Span};

/// The stable name of a kind of complaint: `unknown-key`. Modules declare theirs as constants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Code(pub &'static str);

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

/// Declares a module's kinds of complaint, each with its doc line, and `ALL` of them: the list that the golden
/// folders under `tests/diagnostics/` are held against.
macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $word:literal;)*) => {
        $($(#[$doc])* pub const $name: $crate::base::diagnostic::Code = $crate::base::diagnostic::Code($word);)*

        /// All of them; each has a golden folder under `tests/diagnostics/`.
        pub const ALL: &[$crate::base::diagnostic::Code] = &[$($name),*];
    };
}
pub(crate) use codes;

/// Whether a complaint stops the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The pipeline cannot be used.
    Error,
    /// Worth saying; the work goes on.
    Warning,
}

/// A second place that explains the first: where the twin was declared, which name was close.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Related {
    /// Where.
    pub span: Span,
    /// A few words, shown at the place.
    pub label: String,
}

/// A change that would mend it, shown as a patch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patch {
    /// What is replaced.
    pub span: Span,
    /// What stands there instead.
    pub replacement: String,
}

/// One complaint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Its stable name.
    pub code: Code,
    /// Whether it stops the work.
    pub severity: Severity,
    /// One sentence without a full stop, in lower case: "unknown key `sample_rat`".
    pub message: String,
    /// Where, unless it concerns a whole file (then [`Diagnostic::file`] names it).
    pub span: Option<Span>,
    /// The file's name, for complaints without a place in a text (missing, binary, too large).
    pub file: Option<String>,
    /// A few words under the caret; may be empty.
    pub label: String,
    /// Other places that matter.
    pub related: Vec<Related>,
    /// What to do, in one sentence each.
    pub help: Vec<String>,
    /// A mechanical fix, with the help line that introduces it.
    pub patch: Option<(String, Patch)>,
}

impl Diagnostic {
    /// An error at a place.
    pub fn error(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            message: message.into(),
            span: Some(span),
            file: None,
            label: String::new(),
            related: Vec::new(),
            help: Vec::new(),
            patch: None,
        }
    }

    /// A warning at a place.
    pub fn warning(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(code, span, message)
        }
    }

    /// An error about a whole file.
    pub fn file_error(code: Code, file: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            message: message.into(),
            span: None,
            file: Some(file.into()),
            label: String::new(),
            related: Vec::new(),
            help: Vec::new(),
            patch: None,
        }
    }

    /// Sets the words under the caret.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// Adds a second place.
    #[must_use]
    pub fn related(mut self, span: Span, label: impl Into<String>) -> Self {
        self.related.push(Related {
            span,
            label: label.into(),
        });
        self
    }

    /// Adds a line of help.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    /// Adds a mechanical fix: `title` is the help line, such as "did you mean `sample_rate`?".
    #[must_use]
    pub fn patch(mut self, title: impl Into<String>, span: Span, replacement: impl Into<String>) -> Self {
        self.patch = Some((
            title.into(),
            Patch {
                span,
                replacement: replacement.into(),
            },
        ));
        self
    }
}

/// Complaints in the order they were found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnostics {
    list: Vec<Diagnostic>,
}

impl Diagnostics {
    /// Adds one.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.list.push(diagnostic);
    }

    /// Adds all of another list.
    pub fn extend(&mut self, other: Diagnostics) {
        self.list.extend(other.list);
    }

    /// Whether one of them stops the work.
    pub fn has_errors(&self) -> bool {
        self.list.iter().any(|one| one.severity == Severity::Error)
    }

    /// Whether there is nothing to say.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// How many of each severity: (errors, warnings).
    pub fn counts(&self) -> (usize, usize) {
        let errors = self.list.iter().filter(|one| one.severity == Severity::Error).count();
        (errors, self.list.len() - errors)
    }

    /// In the order a reader meets them: by file as read, then by place; whole-file complaints first.
    pub fn sort(&mut self) {
        self.list
            .sort_by_key(|one| one.span.map(|span| (span.source, span.start)));
        self.list.dedup();
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.list.iter()
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(one: Diagnostic) -> Self {
        Self { list: vec![one] }
    }
}

impl FromIterator<Diagnostic> for Diagnostics {
    fn from_iter<T: IntoIterator<Item = Diagnostic>>(iter: T) -> Self {
        Self {
            list: iter.into_iter().collect(),
        }
    }
}

/// Complaints together with the texts they point into: what a reader of a pipeline returns when it cannot go on.
#[derive(Clone, Debug, Default)]
pub struct Rejection {
    /// The texts that were read.
    pub sources: Sources,
    /// What is wrong with them.
    pub diagnostics: Diagnostics,
}
