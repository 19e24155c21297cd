//! The variables that templates of a pipeline may read everywhere: `vars:` and the declared `env:` names.
//!
//! Axes and outputs of steps come on top of them, step by step (`templates`).

use super::{codes, context::Context, tree};
use crate::{
    base::{diagnostic::Diagnostic, span::Span, words},
    document::Node,
};
use std::collections::BTreeMap;

/// Where the outputs of lyrics steps are found; no variable may take that name.
pub(super) const LYRICS: &str = "lyrics";

/// Variables by name, with their value and where they are declared.
#[derive(Debug, Default)]
pub(super) struct Scope {
    /// As templates see them.
    pub(super) values: BTreeMap<String, serde_json::Value>,
    /// The key under `vars:`, or the item of `env:`.
    pub(super) places: BTreeMap<String, Span>,
}

/// Reads `vars:` and `env:`.
pub(super) fn read(root: &Node, environment: &BTreeMap<String, String>, context: &mut Context<'_>) -> Scope {
    let mut scope = Scope::default();
    for entry in tree::section(root, "vars") {
        if is_variable(&entry.key) {
            scope.values.insert(entry.key.to_string(), tree::json(&entry.value));
            scope.places.insert(entry.key.to_string(), entry.key_span);
        } else {
            context.complain(not_a_variable(&entry.key, entry.key_span));
        }
    }
    for item in tree::field(root, "env").map_or(&[][..], tree::items) {
        let Some(name) = tree::text(item) else { continue };
        if let Some(first) = scope.places.get(&*name) {
            if tree::section(root, "vars").iter().any(|entry| entry.key == name) {
                context.complain(ambiguous(&name, item.span, *first));
            }
            continue;
        }
        scope.places.insert(name.to_string(), item.span);
        // A name that is not set is known all the same, so that templates are not complained about too.
        let value = environment.get(&*name).cloned().unwrap_or_default();
        scope.values.insert(name.to_string(), value.into());
        if let Some(diagnostic) = wrong_env(&name, item.span, environment) {
            context.complain(diagnostic);
        }
    }
    scope
}

fn wrong_env(name: &str, span: Span, environment: &BTreeMap<String, String>) -> Option<Diagnostic> {
    if !is_variable(name) {
        return Some(not_a_variable(name, span));
    }
    if ["AIML_API_KEY", "AIMLAPI_API_KEY", "AIMLAPI_KEY"].contains(&name) {
        return Some(
            Diagnostic::error(
                codes::SECRET_IN_PIPELINE,
                span,
                format!("`{name}` is an API key, and no template reads one"),
            )
            .help("remove it; the key is read from the environment without being declared"),
        );
    }
    if environment.contains_key(name) {
        return None;
    }
    let diagnostic = Diagnostic::error(
        codes::ENV_NOT_SET,
        span,
        format!("the environment has no variable `{name}`"),
    )
    .help(format!(
        "set it for this run (`{name}=… takesheet run …`), or give a value under `vars:`"
    ));
    Some(match words::nearest(name, environment.keys().map(String::as_str)) {
        Some(near) => diagnostic.help(format!("did you mean `{near}`, which is set?")),
        None => diagnostic,
    })
}

/// Whether templates can read a variable of that name.
pub(super) fn is_variable(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|c| c.is_alphabetic() || c == '_')
        && chars.all(|c| c.is_alphanumeric() || c == '_')
        && !["this", "true", "false", "null", "else", LYRICS].contains(&name)
}

/// The complaint about a name that templates could not read.
pub(super) fn not_a_variable(name: &str, span: Span) -> Diagnostic {
    let diagnostic = Diagnostic::error(codes::INVALID_NAME, span, format!("`{name}` cannot be a variable"));
    if name == LYRICS {
        return diagnostic.help("`lyrics` is where templates find other texts: `{{lyrics.bridge}}`");
    }
    let mended: String = name
        .chars()
        .map(|c| if c.is_alphanumeric() { c } else { '_' })
        .collect();
    let diagnostic = diagnostic.help("a variable has letters, digits and `_`, and begins with a letter");
    if is_variable(&mended) {
        diagnostic.patch(format!("write `{mended}`"), span, mended)
    } else {
        diagnostic
    }
}

/// The complaint about a name in two scopes.
pub(super) fn ambiguous(name: &str, second: Span, first: Span) -> Diagnostic {
    Diagnostic::error(
        codes::AMBIGUOUS_VARIABLE,
        second,
        format!("`{name}` is declared twice for templates"),
    )
    .related(first, "the first one")
    .help("rename one of them: a template could not tell which is meant")
}
