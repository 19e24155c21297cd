//! What went wrong in a story: of which kind, and in words.
//!
//! Knows nothing of stories. The kind is told where it is found out, never read from what a program said.

use std::fmt;

/// What it would have cost the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Audio that was paid for and had arrived is no take.
    Lost,
    /// Something was paid for twice, and nobody said so.
    Double,
    /// Anything else.
    Other,
}

#[derive(Clone, Debug)]
pub(crate) struct Wrong {
    pub(crate) kind: Kind,
    why: String,
}

impl Wrong {
    pub(crate) const fn lost(why: String) -> Self {
        Self { kind: Kind::Lost, why }
    }

    pub(crate) const fn double(why: String) -> Self {
        Self {
            kind: Kind::Double,
            why,
        }
    }

    /// The same, and what was said when it happened.
    pub(crate) fn with(self, said: impl fmt::Display) -> Self {
        let why = format!("{}\n{said}", self.why);
        Self { why, ..self }
    }
}

impl From<String> for Wrong {
    fn from(why: String) -> Self {
        Self { kind: Kind::Other, why }
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.kind, self.why)
    }
}
