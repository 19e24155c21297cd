//! Applies a profile: its maps merge into the pipeline's, its lists and single values replace them.

use super::{codes, context::Context, tree};
use crate::{
    base::{diagnostic::Diagnostic, span::Span, words},
    document::{self, Node, Value},
};

/// Merges the profile of that name into the tree.
pub(super) fn apply(root: &mut Node, profile: Option<&str>, context: &mut Context<'_>) {
    if let Some(name) = profile {
        match tree::section(root, "profiles").iter().find(|entry| &*entry.key == name) {
            Some(entry) => {
                let overlay = entry.value.clone();
                if tree::is_map(&overlay) {
                    document::merge(root, overlay);
                }
            }
            None => context.complain(unknown(root, name, None)),
        }
    }
}

/// Takes out what has been used up: the declarations of profiles and includes.
pub(super) fn strip(root: &mut Node) {
    if let Value::Map(entries) = &mut root.value {
        entries.retain(|entry| !["profiles", "include"].contains(&&*entry.key));
    }
}

/// The complaint about a profile that is not there, asked for at `span` or on the command line.
pub(super) fn unknown(root: &Node, name: &str, span: Option<Span>) -> Diagnostic {
    let known: Vec<&str> = tree::section(root, "profiles")
        .iter()
        .map(|entry| &*entry.key)
        .collect();
    let message = format!("there is no profile `{name}`");
    let diagnostic = match span {
        Some(span) => Diagnostic::error(codes::UNKNOWN_PROFILE, span, message),
        None => Diagnostic::file_error(codes::UNKNOWN_PROFILE, "--profile", message),
    };
    match (words::nearest(name, known.iter().copied()), span) {
        (Some(near), Some(span)) => diagnostic.patch(format!("did you mean `{near}`?"), span, near),
        (Some(near), None) => diagnostic.help(format!("did you mean `{near}`?")),
        (None, _) if known.is_empty() => diagnostic.help("the pipeline declares no `profiles:`"),
        (None, _) => diagnostic.help(format!("there are {}", words::ticked(&known))),
    }
}
