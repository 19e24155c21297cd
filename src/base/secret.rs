//! The one type an API key lives in. It cannot be printed, logged, compared or stored.
//!
//! Knows nothing of where the key came from.

use super::digest::Digest;
use secrecy::{ExposeSecret, SecretString};

/// An API key.
///
/// ```compile_fail
/// println!("{}", takesheet::base::secret::Secret::new("key"));
/// ```
///
/// ```compile_fail
/// serde_json::to_string(&takesheet::base::secret::Secret::new("key"));
/// ```
///
/// ```compile_fail
/// let secret = takesheet::base::secret::Secret::new("key");
/// assert!(secret == secret);
/// ```
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// Takes a key in. White space at its ends is an accident of copying and is dropped.
    pub fn new(text: &str) -> Self {
        Self(SecretString::from(text.trim()))
    }

    /// The key itself; for the `Authorization` header and nothing else.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// Names the account behind the key without giving it away: a keyed digest, for caches that must not be shared
    /// between accounts.
    pub fn fingerprint(&self) -> Digest {
        let mut text = b"takesheet account v1\0".to_vec();
        text.extend_from_slice(self.expose().as_bytes());
        Digest::of(&text)
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_cannot_be_printed() {
        let secret = Secret::new(" canary-key \n");
        assert_eq!(secret.expose(), "canary-key");
        assert!(!format!("{secret:?}").contains("canary"));
        assert!(!secret.fingerprint().hex().contains("canary"));
        let panic = std::panic::catch_unwind(|| panic!("{secret:?}")).unwrap_err();
        assert_eq!(panic.downcast_ref::<String>().unwrap(), "Secret(…)");
    }
}
