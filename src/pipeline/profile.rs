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
            None => {
                let file = context.sources.get(root.span.source).name.clone();
                context.complain(unknown(root, name, Asked::ByOption(&file)));
            }
        }
    }
}

/// Takes out what has been used up: the declarations of profiles and includes.
pub(super) fn strip(root: &mut Node) {
    if let Value::Map(entries) = &mut root.value {
        entries.retain(|entry| !["profiles", "include"].contains(&&*entry.key));
    }
}

/// Who asks for a profile.
#[derive(Clone, Copy, Debug)]
pub(super) enum Asked<'a> {
    /// The command line, for this file.
    ByOption(&'a str),
    /// A schedule.
    At(Span),
}

/// The complaint about a profile that is not there.
pub(super) fn unknown(root: &Node, name: &str, asked: Asked<'_>) -> Diagnostic {
    let known: Vec<&str> = tree::section(root, "profiles")
        .iter()
        .map(|entry| &*entry.key)
        .collect();
    let message = format!("there is no profile `{name}`");
    let diagnostic = match asked {
        Asked::At(span) => Diagnostic::error(codes::UNKNOWN_PROFILE, span, message),
        Asked::ByOption(file) => Diagnostic::file_error(
            codes::UNKNOWN_PROFILE,
            file,
            format!("{message}, which `--profile` asks for"),
        ),
    };
    match (words::nearest(name, known.iter().copied()), asked) {
        (Some(near), Asked::At(span)) => diagnostic.patch(format!("did you mean `{near}`?"), span, near),
        (Some(near), Asked::ByOption(_)) => diagnostic.help(format!("did you mean `{near}`?")),
        (None, _) if known.is_empty() => diagnostic.help("the pipeline declares no `profiles:`"),
        (None, _) => diagnostic.help(format!("there are {}", words::ticked(&known))),
    }
}
