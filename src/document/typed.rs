//! The tree → a typed struct, through `serde_yaml`'s values.

use super::{
    codes,
    node::{Node, Step, Value},
    quote, scalar,
};
use crate::base::{diagnostic::Diagnostic, scalar::Scalar, span::Span};
use serde::de::DeserializeOwned;
use serde_path_to_error::{Path, Segment};
use serde_yaml::{Mapping, Number, Value as Plain, with::singleton_map_recursive};

/// Makes a `T` of the tree. A variant with data is a map with one key, as `T`'s JSON Schema says, so whatever
/// [`shape`](super::shape()) accepts is read; what `T` refuses for reasons of its own points at the value it refused.
#[expect(
    clippy::result_large_err,
    reason = "made once a file; a box would burden every caller"
)]
pub fn typed<T: DeserializeOwned>(root: &Node) -> Result<T, Diagnostic> {
    let plain = plain(root);
    let mut track = serde_path_to_error::Track::new();
    let deserializer = serde_path_to_error::Deserializer::new(&plain, &mut track);
    singleton_map_recursive::deserialize(deserializer).map_err(|error: serde_yaml::Error| {
        let path = track.path();
        let (span, name) = find(root, &path);
        let message = match name {
            Some(name) => format!("`{}`: {error}", quote::brief(name)),
            None => error.to_string(),
        };
        Diagnostic::error(codes::WRONG_TYPE, span, message)
    })
}

fn plain(node: &Node) -> Plain {
    match &node.value {
        Value::Null => Plain::Null,
        Value::Scalar(Scalar::Bool(value)) => Plain::Bool(*value),
        Value::Scalar(Scalar::Int(value)) => Plain::Number((*value).into()),
        Value::Scalar(Scalar::Float(text)) => match scalar::float(text) {
            Some(number) => Plain::Number(Number::from(number)),
            None => Plain::String(text.to_string()),
        },
        Value::Scalar(Scalar::Text(text)) => Plain::String(text.to_string()),
        Value::Seq(items) => Plain::Sequence(items.iter().map(plain).collect()),
        Value::Map(entries) => {
            let pairs = entries
                .iter()
                .map(|entry| (Plain::String(entry.key.to_string()), plain(&entry.value)));
            Plain::Mapping(pairs.collect::<Mapping>())
        }
    }
}

/// The place of the last part of a path that is in the tree, and the key it stands under.
fn find<'p>(root: &Node, path: &'p Path) -> (Span, Option<&'p str>) {
    let (mut node, mut span, mut name) = (root, root.span, None);
    for segment in path {
        let step = match segment {
            Segment::Map { key } | Segment::Enum { variant: key } => Step::Key(key),
            Segment::Seq { index } => Step::Index(*index),
            Segment::Unknown => break,
        };
        let Some(next) = node.at(&[step]) else { break };
        (node, span) = (next, next.span);
        if let Segment::Map { key } = segment {
            name = Some(key.as_str());
        }
    }
    (span, name)
}

#[cfg(test)]
mod tests {
    use super::{super::read::read_text, *};
    use serde::Deserialize;
    use std::collections::BTreeMap;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Source {
        Nothing,
        File { path: String },
        Song(String),
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Song {
        takes: u8,
        gain: f64,
        #[serde(default)]
        tags: Vec<String>,
        source: Source,
    }

    fn songs(yaml: &str) -> (String, Result<BTreeMap<String, Song>, Diagnostic>) {
        let (_, document) = read_text(yaml);
        (yaml.to_owned(), typed(&document.unwrap().root))
    }

    #[test]
    fn variants_with_data_are_maps_with_one_key() {
        let yaml = "a: {takes: 2, gain: 1, source: {file: {path: x}}}\n\
                    b: {takes: 2, gain: -1.5, tags: [t], source: nothing}\n\
                    c: {takes: 2, gain: 1, source: {song: bed}}\n";
        let (_, songs) = songs(yaml);
        let songs = songs.unwrap();
        assert_eq!(songs["a"].source, Source::File { path: "x".into() });
        assert_eq!(songs["b"].source, Source::Nothing);
        assert_eq!(songs["c"].source, Source::Song("bed".into()));
    }

    #[test]
    fn what_the_type_refuses_has_a_place() {
        let (yaml, songs) = songs("a: {takes: 300, gain: 1, source: nothing}\n");
        let error = songs.unwrap_err();
        let span = error.span.unwrap();
        assert_eq!(&yaml[span.start..span.end], "300");
        assert!(error.message.starts_with("`takes`: "), "{}", error.message);
    }
}
