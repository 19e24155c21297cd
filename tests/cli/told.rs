//! What the program said, and questions to it that can be chained.

use serde_json::Value;
use std::fmt;

#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) args: String,
    /// None if a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// The most memory it had at a time, in bytes, where the system tells.
    pub(crate) peak_memory: Option<u64>,
}

impl Told {
    pub(crate) fn code(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self}");
        self
    }

    pub(crate) fn stderr_has(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "no `{text}` in stderr of\n{self}");
        self
    }

    pub(crate) fn stderr_lacks(self, text: &str) -> Self {
        assert!(!self.stderr.contains(text), "`{text}` in stderr of\n{self}");
        self
    }

    pub(crate) fn stdout_has(self, text: &str) -> Self {
        assert!(self.stdout.contains(text), "no `{text}` in stdout of\n{self}");
        self
    }

    pub(crate) fn stdout_lacks(self, text: &str) -> Self {
        assert!(!self.stdout.contains(text), "`{text}` in stdout of\n{self}");
        self
    }

    pub(crate) fn stderr_is_empty(self) -> Self {
        assert!(self.stderr.is_empty(), "{self}");
        self
    }

    pub(crate) fn stdout_is_empty(self) -> Self {
        assert!(self.stdout.is_empty(), "{self}");
        self
    }

    /// Standard output as one JSON document.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error} in\n{self}"))
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            args,
            code,
            stdout,
            stderr,
            peak_memory: _,
        } = self;
        writeln!(
            f,
            "$ takesheet {args}\nexit {code:?}\n--- stdout\n{stdout}--- stderr\n{stderr}---"
        )
    }
}
