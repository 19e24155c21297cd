//! Where finished audio waits to be fetched: an address that may be signed, so it is kept like a key.
//!
//! Knows nothing of how it is fetched (`download`) or where it is written down. Invariant: nothing but
//! [`Link::expose`] gives away more than origin and path.

use crate::base::secret::Secret;
use reqwest::Url;

/// An `http(s)` address of audio that is paid for.
#[derive(Clone)]
pub struct Link(Secret);

impl Link {
    /// Takes an address in; none if it is no link.
    pub fn new(text: &str) -> Option<Self> {
        parse(text).map(|_| Self(Secret::new(text)))
    }

    /// The whole address, signature included; for the request and the ledger, and nothing else.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// The address without what may sign it, to be shown.
    pub fn shown(&self) -> String {
        parse(self.expose()).map_or_else(String::new, |url| {
            format!("{}{}", url.origin().ascii_serialization(), url.path())
        })
    }
}

/// Reads an address; only `http` and `https` are links.
pub(super) fn parse(text: &str) -> Option<Url> {
    let url = Url::parse(text.trim()).ok()?;
    (matches!(url.scheme(), "http" | "https") && url.has_host()).then_some(url)
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Link({}?…)", self.shown())
    }
}

impl PartialEq for Link {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_never_shown() {
        let link = Link::new("https://me:pw@cdn.example/a/b.mp3?Signature=S3CRET#S3CRET").unwrap();
        assert_eq!(link.shown(), "https://cdn.example/a/b.mp3");
        let shown = format!("{link:?}");
        assert!(!shown.contains("S3CRET") && !shown.contains("pw"), "{shown}");
        assert!(link.expose().contains("S3CRET"));
    }

    #[test]
    fn only_web_addresses_are_links() {
        for text in [
            "file:///etc/passwd",
            "http:///",
            "httpx://host/a",
            "cdn.example/a.mp3",
            "",
        ] {
            assert!(Link::new(text).is_none(), "{text}");
        }
    }
}
