//! How nodes are called in output.

use crate::plan::{Node, NodeWork};

/// The whole name, as commands take it: `songs.hook[city=Lisbon]#2`, `references.demo`.
pub(crate) fn of(node: &Node) -> String {
    match &node.work {
        NodeWork::Take(take) => take.name.to_string(),
        NodeWork::Upload(upload) => upload.name.to_string(),
    }
}

/// The name in a list in which nearly all is songs: `hook[city=Lisbon]#2`.
pub(crate) fn short(name: &str) -> &str {
    name.strip_prefix("songs.").unwrap_or(name)
}

/// Between single quotes, so that no shell reads `[`, `#` or a blank in it.
pub(crate) fn quoted(name: &str) -> String {
    format!("'{}'", name.replace('\'', r"'\''"))
}

/// A word as a shell reads it: quoted if need be.
pub(crate) fn shell(word: &str) -> String {
    let plain = |letter: char| letter.is_alphanumeric() || "/._-".contains(letter);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        quoted(word)
    }
}
