//! `on_failure:` and `on_recovery:` of a schedule: whom to tell.
//!
//! Tells nobody itself.

use super::{Hook, codes, context::Context, tree};
use crate::{
    base::{diagnostic::Diagnostic, words},
    document::Node,
};

const HELP: &str = "write a URL, such as `https://example.org/hook`, or a command as the shell reads it";

/// The hook at a node; a complaint if it is none.
pub(super) fn of(value: Option<&Node>, context: &mut Context<'_>) -> Option<Hook> {
    let value = value?;
    let written = tree::text(value)?;
    match parse(&written) {
        Ok(hook) => Some(hook),
        Err(why) => {
            context.complain(Diagnostic::error(codes::INVALID_HOOK, value.span, why).help(HELP));
            None
        }
    }
}

fn parse(written: &str) -> Result<Hook, String> {
    let text = written.trim();
    if text.is_empty() {
        return Err("nobody is told: this is empty".to_owned());
    }
    let Some((scheme, rest)) = text.split_once("://").filter(|(scheme, _)| is_scheme(scheme)) else {
        if text.contains('\0') {
            return Err("a command has no zero byte".to_owned());
        }
        return Ok(Hook::Command(text.to_owned()));
    };
    if !["http", "https"].contains(&scheme.to_lowercase().as_str()) {
        return Err(format!(
            "`{scheme}://` is not called: only `http://` and `https://` are"
        ));
    }
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = match host.rsplit_once('@') {
        Some(_) => return Err("a URL with a password in it does not belong into a file".to_owned()),
        None => host,
    };
    let name = if host.starts_with('[') {
        host
    } else {
        host.split(':').next().unwrap_or_default()
    };
    if name.is_empty() {
        return Err(format!("`{text}` names no host"));
    }
    if text.chars().any(|one| one.is_whitespace() || words::is_hidden(one)) {
        return Err(format!("`{text}` has a blank in it, which no URL has"));
    }
    Ok(Hook::Url(text.to_owned()))
}

/// Whether the text before `://` is one word, so that a command with a URL in it is a command.
fn is_scheme(text: &str) -> bool {
    !text.is_empty()
        && text
            .chars()
            .all(|one| one.is_ascii_alphanumeric() || "+-.".contains(one))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_a_url_if_it_begins_like_one() {
        for url in [
            "https://example.org/hook?a=b",
            "HTTP://[::1]:8080",
            "http://127.0.0.1:9/x",
        ] {
            assert_eq!(parse(url), Ok(Hook::Url(url.to_owned())));
        }
        for command in ["curl -d @- https://example.org", "./tell.sh", "x=http://y; echo"] {
            assert_eq!(parse(command), Ok(Hook::Command(command.to_owned())));
        }
        for (wrong, why) in [
            (" ", "empty"),
            ("ftp://example.org", "only `http://`"),
            ("https://", "names no host"),
            ("https://:80/x", "names no host"),
            ("https://ana:secret@example.org", "password"),
            ("https://example.org/a b", "blank"),
        ] {
            let error = parse(wrong).unwrap_err();
            assert!(error.contains(why), "{wrong}: {error}");
        }
    }
}
