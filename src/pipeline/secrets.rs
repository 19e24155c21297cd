//! Refuses files with an API key in them, and hides the key from everything that quotes the file.
//!
//! Knows nothing of which key is right; it goes by names such as `api_key` and by how keys look.

use super::{codes, context::Context, tree};
use crate::{
    base::{
        diagnostic::Diagnostic,
        span::{Source, Sources, Span},
    },
    document::{Node, Value},
};

const HELP: &str = "put the key into the environment as `AIML_API_KEY`, or into a `.env` file that git ignores";

/// Complains about every secret in a tree.
pub(super) fn refuse(root: &Node, context: &mut Context<'_>) {
    let mut found = Vec::new();
    collect(root, None, &mut found);
    for (span, message) in found {
        context.secrets.push(span);
        context.complain(
            Diagnostic::error(codes::SECRET_IN_PIPELINE, span, message)
                .label("hidden here")
                .help(HELP)
                .help("a key that was committed is known to others: have it replaced"),
        );
    }
}

/// The same texts with every complained-about secret replaced by `*`, so that no excerpt shows it.
pub(super) fn hide(sources: Sources, secrets: &[Span]) -> Sources {
    if secrets.is_empty() {
        return sources;
    }
    let mut hidden = Sources::default();
    for (id, source) in sources.iter() {
        let mut text = source.text.to_string();
        for span in secrets.iter().filter(|span| span.source == id) {
            if let Some(part) = text.get(span.start..span.end) {
                let stars: String = part
                    .bytes()
                    .map(|byte| if byte == b'\n' { '\n' } else { '*' })
                    .collect();
                text.replace_range(span.start..span.end, &stars);
            }
        }
        hidden.add(Source {
            text: text.into(),
            ..source.clone()
        });
    }
    hidden
}

fn collect(node: &Node, key: Option<&str>, found: &mut Vec<(Span, String)>) {
    match &node.value {
        Value::Map(entries) => {
            for entry in entries {
                collect(&entry.value, Some(&entry.key), found);
            }
        }
        Value::Seq(items) => {
            for item in items {
                collect(item, key, found);
            }
        }
        Value::Scalar(_) => {
            let text = tree::text(node).unwrap_or_default();
            match key {
                Some(key) if names_a_secret(key, &text) => {
                    found.push((
                        node.span,
                        format!("secrets never stand in a pipeline, and `{key}` looks like one"),
                    ));
                }
                _ if looks_like_a_key(&text) => {
                    found.push((
                        node.span,
                        "secrets never stand in a pipeline, and this looks like an API key".into(),
                    ));
                }
                _ => {}
            }
        }
        Value::Null => {}
    }
}

/// Whether a key of that name holds a secret. `token` and `secret` are words of songs too, so their value decides.
fn names_a_secret(key: &str, value: &str) -> bool {
    let name: String = key
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect::<String>()
        .to_ascii_lowercase();
    let certain = [
        "apikey",
        "authorization",
        "password",
        "accesstoken",
        "authtoken",
        "bearertoken",
        "secretkey",
    ];
    let opaque = value.len() >= 12 && !value.contains(char::is_whitespace) && !value.contains("{{");
    !value.is_empty()
        && (certain.iter().any(|word| name.ends_with(word)) || opaque && ["token", "secret"].contains(&name.as_str()))
}

fn looks_like_a_key(value: &str) -> bool {
    let long = |rest: &str, least: usize| {
        rest.len() >= least && rest.chars().all(|c| c.is_ascii_alphanumeric() || "-_.=+/".contains(c))
    };
    let value = value.trim();
    value.strip_prefix("Bearer ").is_some_and(|rest| long(rest, 12))
        || value.strip_prefix("sk-").is_some_and(|rest| long(rest, 16))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_told_from_words_of_songs() {
        assert!(names_a_secret("api_key", "x1"));
        assert!(names_a_secret("AIML_API_KEY", "x1"));
        assert!(names_a_secret("Authorization", "Bearer abc"));
        assert!(names_a_secret("token", "0123456789abcdef"));
        assert!(!names_a_secret("token", "a golden coin"));
        assert!(!names_a_secret("key", "C minor"));
        assert!(looks_like_a_key("Bearer 0123456789abcdef"));
        assert!(looks_like_a_key("sk-0123456789abcdef"));
        assert!(!looks_like_a_key("Bearer of the light, come in"));
    }
}
