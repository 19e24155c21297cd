//! The second reader: a file counts only if `serde_yaml` reads the same values.

use super::{
    codes,
    node::{Node, Value},
    offsets,
    read::whole_lines,
    scalar,
    syntax::{self, Failure},
};
use crate::base::{
    diagnostic::Diagnostic,
    scalar::Scalar,
    span::{SourceId, Span},
};
use serde_yaml::Value as Theirs;

/// Compares the tree, its merge keys not yet resolved, with what `serde_yaml` makes of the same text.
pub(super) fn agree(root: &Node, source: SourceId, text: &str) -> Result<(), Diagnostic> {
    let theirs: Theirs =
        serde_yaml::from_str(&whole_lines(text)).map_err(|error| refused(root, source, text, &error))?;
    match difference(root, &theirs) {
        None => Ok(()),
        Some(span) => Err(ambiguous(span)),
    }
}

fn ambiguous(span: Span) -> Diagnostic {
    Diagnostic::error(codes::AMBIGUOUS, span, "YAML readers understand this value differently")
        .help("put it in quotes, or write it in a simpler form")
}

fn refused(root: &Node, source: SourceId, text: &str, error: &serde_yaml::Error) -> Diagnostic {
    let info = error.to_string();
    let at = error
        .location()
        .map(|place| offsets::byte_at(text, place.line(), place.column()));
    if info.starts_with("repetition limit exceeded") {
        let span = at.map_or(root.span, |at| Span::new(source, at, at));
        return Diagnostic::error(codes::ALIAS_LIMIT, span, "aliases repeat too much")
            .help("cells are made by a `matrix:` or `rows:`, not by repeating YAML");
    }
    let Some(at) = at else { return ambiguous(root.span) };
    syntax::explain(Failure {
        text,
        source,
        at,
        info: &info,
        bracket: None,
        anchors: Vec::new(),
    })
}

/// The first place where the two differ. Recursion is bounded by the depth of the tree.
fn difference(ours: &Node, theirs: &Theirs) -> Option<Span> {
    match (&ours.value, theirs) {
        (Value::Null, Theirs::Null) => None,
        (Value::Scalar(ours), theirs) if same_scalar(ours, theirs) => None,
        (Value::Seq(items), Theirs::Sequence(others)) if items.len() == others.len() => {
            let mut pairs = items.iter().zip(others);
            pairs.find_map(|(item, other)| difference(item, other))
        }
        (Value::Map(entries), Theirs::Mapping(others)) if entries.len() == others.len() => {
            let mut pairs = entries.iter().zip(others);
            pairs.find_map(|(entry, (key, value))| match key {
                Theirs::String(key) if **key == *entry.key => difference(&entry.value, value),
                _ => Some(entry.key_span),
            })
        }
        _ => Some(ours.span),
    }
}

fn same_scalar(ours: &Scalar, theirs: &Theirs) -> bool {
    match (ours, theirs) {
        (Scalar::Bool(ours), Theirs::Bool(theirs)) => ours == theirs,
        (Scalar::Int(ours), Theirs::Number(theirs)) => theirs.as_i64() == Some(*ours),
        (Scalar::Float(ours), Theirs::Number(theirs)) => scalar::float(ours)
            .zip(theirs.as_f64())
            .is_some_and(|(ours, theirs)| ours.total_cmp(&theirs).is_eq() || ours.is_nan() && theirs.is_nan()),
        (Scalar::Text(ours), Theirs::String(theirs)) => **ours == **theirs,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::read::read_text as read;

    #[test]
    fn a_text_only_one_reader_accepts_is_refused() {
        let (_, result) = read("a: {?foo: 1}\n");
        let diagnostics = result.unwrap_err();
        assert_eq!(diagnostics.iter().count(), 1, "{diagnostics:?}");
    }
}
