//! Short ways to look into a [`Node`]. A value of another shape than asked for is as good as absent: the shape of every
//! file was held against its grammar before, and has been complained about.

use crate::{
    base::scalar::Scalar,
    document::{Entry, Node, Value},
};
use std::sync::Arc;

/// The value of a key that is there and not null.
pub(super) fn field<'n>(node: &'n Node, key: &str) -> Option<&'n Node> {
    let value = &node.get(key)?.value;
    (!matches!(value.value, Value::Null)).then_some(value)
}

/// The entries of a map; none of anything else.
pub(super) fn entries(node: &Node) -> &[Entry] {
    match &node.value {
        Value::Map(entries) => entries,
        _ => &[],
    }
}

/// The entries of the map under a key.
pub(super) fn section<'n>(node: &'n Node, key: &str) -> &'n [Entry] {
    field(node, key).map_or(&[], entries)
}

/// The items of a list; none of anything else.
pub(super) fn items(node: &Node) -> &[Node] {
    match &node.value {
        Value::Seq(items) => items,
        _ => &[],
    }
}

/// A single value.
pub(super) fn scalar(node: &Node) -> Option<&Scalar> {
    match &node.value {
        Value::Scalar(scalar) => Some(scalar),
        _ => None,
    }
}

/// A text.
pub(super) fn text(node: &Node) -> Option<Arc<str>> {
    match scalar(node)? {
        Scalar::Text(text) => Some(text.clone()),
        _ => None,
    }
}

/// A whole number.
pub(super) fn integer(node: &Node) -> Option<i64> {
    match scalar(node)? {
        Scalar::Int(number) => Some(*number),
        _ => None,
    }
}

/// True or false.
pub(super) fn truth(node: &Node) -> Option<bool> {
    match scalar(node)? {
        Scalar::Bool(value) => Some(*value),
        _ => None,
    }
}

/// The texts of a list under a key.
pub(super) fn texts(node: &Node, key: &str) -> Vec<String> {
    let list = field(node, key).map_or(&[][..], items);
    list.iter().filter_map(text).map(|text| text.to_string()).collect()
}

/// Whether it is a map.
pub(super) fn is_map(node: &Node) -> bool {
    matches!(node.value, Value::Map(_))
}

/// A value as templates see it. A number that is not whole stays as it was written.
pub(super) fn json(node: &Node) -> serde_json::Value {
    match &node.value {
        Value::Null => serde_json::Value::Null,
        Value::Scalar(Scalar::Bool(value)) => (*value).into(),
        Value::Scalar(Scalar::Int(value)) => (*value).into(),
        Value::Scalar(Scalar::Float(text) | Scalar::Text(text)) => text.to_string().into(),
        Value::Seq(items) => items.iter().map(json).collect(),
        Value::Map(entries) => serde_json::Value::Object(
            entries
                .iter()
                .map(|one| (one.key.to_string(), json(&one.value)))
                .collect(),
        ),
    }
}
