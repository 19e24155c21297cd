//! The second reader: a file counts only if `serde_yaml` reads the same values.

use super::{
    assemble::alias_limit,
    codes,
    node::{Node, Value},
    offsets,
    read::whole_lines,
    scalar,
    syntax::{self, Failure},
};
use crate::base::{
    diagnostic::{Diagnostic, Diagnostics},
    scalar::Scalar,
    span::{SourceId, Span},
};
use serde_yaml::Value as Theirs;

/// Compares the tree, its merge keys not yet resolved, with what `serde_yaml` makes of the same text.
pub(super) fn agree(root: &Node, source: SourceId, text: &str) -> Result<(), Diagnostics> {
    match serde_yaml::from_str(&whole_lines(text)) {
        Ok(theirs) => difference(root, &theirs).map_or(Ok(()), |span| Err(ambiguous(span))),
        Err(error) => Err(refused(root, source, text, &error)),
    }
}

fn ambiguous(span: Span) -> Diagnostics {
    Diagnostic::error(codes::AMBIGUOUS, span, "YAML readers understand this value differently")
        .help("put it in quotes, or write it in a simpler form")
        .into()
}

fn refused(root: &Node, source: SourceId, text: &str, error: &serde_yaml::Error) -> Diagnostics {
    let info = error.to_string();
    let at = error
        .location()
        .map(|place| offsets::byte_at(text, place.line(), place.column()));
    if info.starts_with("repetition limit exceeded") {
        let span = at.map_or(root.span, |at| Span::new(source, at, at));
        return alias_limit(span, "aliases repeat too much");
    }
    let Some(at) = at else {
        return ambiguous(root.span);
    };
    syntax::explain(&Failure {
        text,
        source,
        at,
        info: &info,
        bracket: None,
        anchors: Vec::new(),
    })
    .into()
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
