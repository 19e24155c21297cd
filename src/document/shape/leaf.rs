//! Reading a schema: references followed, alternatives laid flat, the one that a value means.

use super::super::node::{Node, Value};
use crate::base::scalar::Scalar;
use serde_json::Value as Json;

/// How many references and alternatives may lead to one another before a value is met.
const MAX_HOPS: usize = 32;

/// Finds the leaves of schemas: the plain alternatives without references.
pub(super) struct Leaves<'s> {
    root: &'s Json,
}

impl<'s> Leaves<'s> {
    pub(super) fn new(root: &'s Json) -> Self {
        Self { root }
    }

    /// All alternatives of a schema.
    pub(super) fn of(&self, schema: &'s Json) -> Vec<&'s Json> {
        let mut leaves = Vec::new();
        self.collect(schema, MAX_HOPS, &mut leaves);
        leaves
    }

    fn collect(&self, schema: &'s Json, hops: usize, into: &mut Vec<&'s Json>) {
        let Some(hops) = hops.checked_sub(1) else { return };
        if let Some(target) = schema["$ref"].as_str().and_then(|name| self.target(name)) {
            return self.collect(target, hops, into);
        }
        // `allOf` with one member is how draft-07 puts a description beside a reference.
        let inner = ["anyOf", "oneOf", "allOf"]
            .iter()
            .find_map(|key| schema[*key].as_array());
        match inner {
            Some(members) => members.iter().for_each(|member| self.collect(member, hops, into)),
            None => into.push(schema),
        }
    }

    fn target(&self, name: &str) -> Option<&'s Json> {
        self.root.pointer(name.strip_prefix('#')?)
    }

    /// Of several alternatives for a list or a map, the one it most likely means.
    pub(super) fn best(&self, fitting: &[&'s Json], node: &Node) -> &'s Json {
        let mut best = (i64::MIN, fitting[0]);
        for leaf in fitting {
            let score = self.likeness(leaf, node);
            if score > best.0 {
                best = (score, leaf);
            }
        }
        best.1
    }

    fn likeness(&self, leaf: &'s Json, node: &Node) -> i64 {
        match &node.value {
            Value::Map(entries) => {
                let required = required(leaf).filter(|key| node.get(key).is_none()).count();
                let mut score = -i64::try_from(required).unwrap_or(i64::MAX);
                for entry in entries {
                    score += match leaf["properties"].get(&*entry.key) {
                        Some(schema) => self.tag_score(schema, &entry.value),
                        None if leaf["additionalProperties"] == Json::Bool(false) => -2,
                        None => 0,
                    };
                }
                score
            }
            Value::Seq(items) => match (items.first(), &leaf["items"]) {
                (Some(first), schema @ Json::Object(_)) => {
                    i64::from(self.of(schema).iter().any(|leaf| admits(leaf, first)))
                }
                _ => 0,
            },
            _ => 0,
        }
    }

    /// A constant such as `kind: file` decides between alternatives.
    fn tag_score(&self, schema: &'s Json, value: &Node) -> i64 {
        let leaves = self.of(schema);
        match leaves.as_slice() {
            [leaf] if leaf.get("const").is_some() => {
                if leaf["const"].as_str() == value.text() {
                    100
                } else {
                    -100
                }
            }
            _ => i64::from(leaves.iter().any(|leaf| admits(leaf, value))) * 2,
        }
    }
}

/// The keys a map must have.
pub(super) fn required(leaf: &Json) -> impl Iterator<Item = &str> {
    leaf["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Json::as_str)
}

/// The kinds a leaf admits, as JSON Schema names them; empty for all of them.
pub(super) fn types(leaf: &Json) -> Vec<&str> {
    match &leaf["type"] {
        Json::String(one) => vec![one],
        Json::Array(several) => several.iter().filter_map(Json::as_str).collect(),
        _ => words(leaf).map(type_of).collect(),
    }
}

/// The values a leaf lists by `enum` or `const`.
pub(super) fn words(leaf: &Json) -> impl Iterator<Item = &Json> {
    leaf["enum"].as_array().into_iter().flatten().chain(leaf.get("const"))
}

fn type_of(value: &Json) -> &'static str {
    match value {
        Json::Null => "null",
        Json::Bool(_) => "boolean",
        Json::Number(number) if number.is_f64() => "number",
        Json::Number(_) => "integer",
        Json::String(_) => "string",
        Json::Array(_) => "array",
        Json::Object(_) => "object",
    }
}

/// Whether a value is of a kind that a leaf admits.
pub(super) fn admits(leaf: &Json, node: &Node) -> bool {
    if let Json::Bool(everything) = leaf {
        return *everything;
    }
    let types = types(leaf);
    let wanted: &[&str] = match &node.value {
        Value::Null => &["null"],
        Value::Scalar(Scalar::Bool(_)) => &["boolean"],
        Value::Scalar(Scalar::Int(_)) => &["integer", "number"],
        Value::Scalar(Scalar::Float(_)) => &["number"],
        Value::Scalar(Scalar::Text(_)) => &["string"],
        Value::Seq(_) => &["array"],
        Value::Map(_) => &["object"],
    };
    types.is_empty() || types.iter().any(|one| wanted.contains(one))
}
