//! Which key and which address the paid backend is called with, and where they came from.
//!
//! The key goes from the environment straight into a [`Secret`]; only the variable's name is ever shown.

use super::Environment;
use crate::base::secret::Secret;

/// Names the key may stand under, in order: the vendor's documentation, then its SDK, then common tools.
pub(super) const KEY_NAMES: [&str; 3] = ["AIML_API_KEY", "AIMLAPI_API_KEY", "AIMLAPI_KEY"];
const BASE_NAMES: [&str; 2] = ["AIML_API_BASE", "AIMLAPI_API_BASE"];
const DEFAULT_BASE: &str = "https://api.aimlapi.com";

/// Whom to call.
#[derive(Clone, Debug)]
pub struct Account {
    /// The key.
    pub key: Secret,
    /// The variable it came from.
    pub key_name: &'static str,
    /// As the variable says, or the vendor's.
    pub base: String,
    /// Other variables that hold another key.
    pub differing: Vec<&'static str>,
}

impl Account {
    /// Whether the address is on this machine: a sandbox or a test, not the vendor.
    pub fn is_local(&self) -> bool {
        let rest = self.base.split_once("://").map_or("", |(_, rest)| rest);
        let host = rest.split(['/', '?']).next().unwrap_or("");
        ["127.", "localhost", "[::1]"]
            .iter()
            .any(|local| host.starts_with(local))
    }
}

/// Why the paid backend cannot be called.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CredentialError {
    /// No variable holds a key.
    #[error("no API key: set {} (or put it into a .env file beside the project)", KEY_NAMES[0])]
    Missing,
}

/// Reads the account from the environment.
pub fn account(environment: &Environment) -> Result<Account, CredentialError> {
    let keys: Vec<_> = KEY_NAMES
        .iter()
        .filter_map(|name| Some((*name, environment.get(name)?.trim())))
        .collect();
    let Some((key_name, key)) = keys.first().copied() else {
        return Err(CredentialError::Missing);
    };
    let differing = keys
        .iter()
        .filter(|(_, other)| *other != key)
        .map(|(name, _)| *name)
        .collect();
    let base = BASE_NAMES
        .iter()
        .find_map(|name| environment.get(name))
        .unwrap_or(DEFAULT_BASE)
        .trim()
        .to_owned();
    Ok(Account {
        key: Secret::new(key),
        key_name,
        base,
        differing,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(vars: &[(&str, &str)]) -> Environment {
        let vars = vars
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        Environment {
            vars,
            ..Environment::default()
        }
    }

    #[test]
    fn the_first_name_wins_and_a_differing_one_is_named() {
        let both = environment(&[("AIMLAPI_KEY", "two"), ("AIML_API_KEY", "one\n")]);
        let account = account(&both).unwrap();
        assert_eq!((account.key.expose(), account.key_name), ("one", "AIML_API_KEY"));
        assert_eq!(account.differing, ["AIMLAPI_KEY"]);
        assert!(!format!("{account:?}").contains("one\""));
    }

    #[test]
    fn an_address_on_this_machine_is_known() {
        for (base, local) in [
            ("http://127.0.0.1:8787", true),
            ("http://localhost/v1", true),
            ("https://api.aimlapi.com", false),
        ] {
            let account = account(&environment(&[("AIML_API_KEY", "k"), ("AIML_API_BASE", base)])).unwrap();
            assert_eq!(account.is_local(), local, "{base}");
        }
    }

    #[test]
    fn nothing_set_says_what_to_set() {
        assert_eq!(
            account(&environment(&[("AIML_API_KEY", " ")])).unwrap_err(),
            CredentialError::Missing
        );
        assert!(CredentialError::Missing.to_string().contains("AIML_API_KEY"));
    }
}
