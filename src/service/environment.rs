//! The process's surroundings, read once at the top and handed down.

use std::{collections::BTreeMap, path::PathBuf};

/// Environment variables and the working folder. A `.env` never overrides what the process was given.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// Variables that are text.
    pub vars: BTreeMap<String, String>,
    /// The working folder, absolute.
    pub folder: PathBuf,
}

impl Environment {
    /// A variable that is set and not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.vars
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.trim().is_empty())
    }

    /// The same surroundings with the variables of a `.env` file added where they are not set.
    #[must_use]
    pub fn with_dotenv(&self, text: &str) -> Self {
        let mut vars: BTreeMap<_, _> = dotenvy::from_read_iter(text.as_bytes())
            .filter_map(Result::ok)
            .collect();
        vars.extend(self.vars.clone());
        Self {
            vars,
            folder: self.folder.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dotenv_fills_in_and_never_overrides() {
        let given = Environment {
            vars: BTreeMap::from([("A".into(), "given".into())]),
            folder: PathBuf::new(),
        };
        let both = given.with_dotenv("A=file\nB='from file'\n");
        assert_eq!(both.get("A"), Some("given"));
        assert_eq!(both.get("B"), Some("from file"));
        assert_eq!(both.get("C"), None);
    }
}
