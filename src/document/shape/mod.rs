//! A tree against the JSON Schema of a type: everything that does not fit, at once, each at its place.
//!
//! Speaks the part of draft-07 that `schemars` writes for plain structs, maps, lists and enums. Branches of `anyOf`
//! and `oneOf` are told apart by looking at the value itself and no deeper, so the walk is linear in the tree.

mod leaf;
mod scalar;

use super::{
    codes,
    complaints::Complaints,
    node::{Entry, Node, Value},
    quote,
};
use crate::base::{
    diagnostic::{Diagnostic, Diagnostics},
    span::{Sources, Span},
    words,
};
use leaf::Leaves;
use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::Value as Json;

/// The draft-07 JSON Schema of what a `T` is read from.
pub fn schema<T: JsonSchema>() -> Json {
    SchemaSettings::draft07()
        .for_deserialize()
        .into_generator()
        .into_root_schema_for::<T>()
        .to_value()
}

/// Adds a complaint for every unknown or missing key, wrong kind, unknown word, number out of range and list of a
/// wrong length in the tree, by the schema of `T`; after a thousand it stops looking.
pub fn shape<T: JsonSchema>(root: &Node, sources: &Sources, into: &mut Diagnostics) {
    let schema = schema::<T>();
    let mut walk = Walk {
        leaves: Leaves::new(&schema),
        sources,
        into: Complaints::default(),
    };
    let whole = Name {
        text: "the file".to_owned(),
        span: None,
    };
    walk.node(&schema, root, &whole);
    into.extend(walk.into.into_list());
}

/// What a node is called in a message, and the key it stands under.
struct Name {
    text: String,
    span: Option<Span>,
}

struct Walk<'s> {
    leaves: Leaves<'s>,
    sources: &'s Sources,
    into: Complaints,
}

impl<'s> Walk<'s> {
    /// Recursion is bounded by the depth of the tree.
    fn node(&mut self, schema: &'s Json, node: &Node, name: &Name) {
        if self.into.is_full() {
            return;
        }
        let leaves = self.leaves.of(schema);
        let fitting: Vec<&'s Json> = leaves.iter().copied().filter(|leaf| leaf::admits(leaf, node)).collect();
        if fitting.is_empty() {
            self.into
                .push(scalar::wrong_type(&leaves, node, &name.text, self.sources));
            return;
        }
        match &node.value {
            Value::Null => {}
            Value::Scalar(value) => {
                if let Some(complaint) = scalar::check(&fitting, value, node, &name.text) {
                    self.into.push(complaint);
                }
            }
            Value::Seq(items) => self.list(self.leaves.best(&fitting, node), items, node, name),
            Value::Map(entries) => self.map(self.leaves.best(&fitting, node), entries, node, name),
        }
    }

    fn list(&mut self, leaf: &'s Json, items: &[Node], node: &Node, name: &Name) {
        let bound = |key: &str| leaf[key].as_u64().and_then(|count| usize::try_from(count).ok());
        let complaint = match (bound("minItems"), bound("maxItems")) {
            (Some(least), _) if items.len() < least => Some(format!("at least {}", words::count(least, "item"))),
            (_, Some(most)) if items.len() > most => Some(format!("at most {}", words::count(most, "item"))),
            _ => None,
        };
        if let Some(wanted) = complaint {
            let found = words::count(items.len(), "item");
            let message = format!("{} needs {wanted}, found {found}", name.text);
            self.into
                .push(Diagnostic::error(codes::WRONG_LENGTH, node.span, message));
        }
        for (index, item) in items.iter().enumerate() {
            // A tuple has a schema for each place, a list one for all.
            let schema = match &leaf["items"] {
                Json::Array(each) => each.get(index),
                Json::Null => None,
                one => Some(one),
            };
            if let Some(schema) = schema {
                let text = format!("item {} of {}", index + 1, name.text);
                self.node(schema, item, &Name { text, span: name.span });
            }
        }
    }

    fn map(&mut self, leaf: &'s Json, entries: &[Entry], node: &Node, name: &Name) {
        let known = known_keys(leaf);
        let free: Vec<&str> = known.iter().copied().filter(|key| node.get(key).is_none()).collect();
        for entry in entries {
            let inner = Name {
                text: format!("`{}`", quote::brief(&entry.key)),
                span: Some(entry.key_span),
            };
            match leaf["properties"].get(&*entry.key) {
                Some(schema) => self.node(schema, &entry.value, &inner),
                None => match &leaf["additionalProperties"] {
                    Json::Bool(false) => self.into.push(unknown_key(entry, &known, &free)),
                    Json::Null | Json::Bool(true) => {}
                    schema => self.node(schema, &entry.value, &inner),
                },
            }
        }
        let missing: Vec<&str> = leaf::required(leaf).filter(|key| node.get(key).is_none()).collect();
        if !missing.is_empty() {
            self.into.push(missing_keys(&missing, node, name));
        }
    }
}

fn known_keys(leaf: &Json) -> Vec<&str> {
    let properties = leaf["properties"].as_object();
    properties
        .into_iter()
        .flat_map(|map| map.keys().map(String::as_str))
        .collect()
}

/// `free` are the known keys that are not in use yet: only those can have been meant.
fn unknown_key(entry: &Entry, known: &[&str], free: &[&str]) -> Diagnostic {
    let error = Diagnostic::error(
        codes::UNKNOWN_KEY,
        entry.key_span,
        format!("unknown key `{}`", quote::brief(&entry.key)),
    );
    match words::nearest(&entry.key, free.iter().copied()) {
        Some(near) => error.patch(format!("did you mean `{near}`?"), entry.key_span, near),
        None if known.is_empty() => error.help("no keys are known here"),
        None => error.help(format!("known here: {}", words::ticked(known))),
    }
}

fn missing_keys(missing: &[&str], node: &Node, name: &Name) -> Diagnostic {
    let plural = if missing.len() == 1 { "key" } else { "keys" };
    let message = format!("{} has no {plural} {}", name.text, words::ticked(missing));
    // The key that the map stands under says more than the map's first character.
    Diagnostic::error(codes::MISSING_KEY, name.span.unwrap_or(node.span), message).label(match missing {
        [one] => format!("`{one}` is required"),
        _ => "these are required".to_owned(),
    })
}

#[cfg(test)]
mod tests;
