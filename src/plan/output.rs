//! The names of takes as files: what is known of them before their keys are.
//!
//! Knows nothing of folders, nor of what lies under a name already.

use super::Key;
use serde::{Deserialize, Serialize};

/// A file name in which only the key may still be missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutputName {
    /// Relative, `/` between its parts, [`OutputName::KEY`] where the key's first eight digits go, extension included.
    pub pattern: String,
}

impl OutputName {
    /// Stands for the key in a pattern; a character no file name may hold.
    pub const KEY: &'static str = "\u{1}";

    /// The name for a key, or the pattern as long as there is none.
    pub fn name(&self, key: Option<Key>) -> String {
        key.map_or_else(|| self.pattern.clone(), |key| self.with_key(key))
    }

    /// Every name that a take of this key may lie under.
    pub fn names(&self, key: Key) -> [String; 2] {
        [self.with_key(key), self.beside(key)]
    }

    /// The name of a try that is not the take: a file of its own, whatever the pattern.
    pub fn beside(&self, key: Key) -> String {
        if self.pattern.contains(Self::KEY) {
            return self.with_key(key);
        }
        let name = &self.pattern;
        let (stem, ending) = match name.rsplit_once('.') {
            Some((stem, ending)) if !ending.contains('/') => (stem, format!(".{ending}")),
            _ => (name.as_str(), String::new()),
        };
        format!("{stem}.outside-{}{ending}", key.0.short())
    }

    /// The name for a key.
    pub fn with_key(&self, key: Key) -> String {
        self.pattern.replace(Self::KEY, &key.0.short())
    }
}
