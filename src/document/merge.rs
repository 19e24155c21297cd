//! Laying one tree over another: how a profile overrides a pipeline.

use super::node::{Entry, Node, Value};
use std::{collections::HashMap, sync::Arc};

/// Lays `over` over `base`. Maps merge by key at any depth, keeping the order of `base`; lists, scalars and values of
/// different kinds are replaced. Every value keeps the place it came from.
pub fn merge(base: &mut Node, over: Node) {
    let both = (&mut base.value, over.value);
    let (Value::Map(entries), Value::Map(additions)) = both else {
        *base = Node {
            span: over.span,
            value: both.1,
            style: over.style,
        };
        return;
    };
    let places: HashMap<Arc<str>, usize> = entries
        .iter()
        .enumerate()
        .map(|(index, entry)| (entry.key.clone(), index))
        .collect();
    for addition in additions {
        match places.get(&addition.key) {
            Some(index) => merge_entry(&mut entries[*index], addition),
            None => entries.push(addition),
        }
    }
}

/// A key points to where its value was decided: to the lower tree while maps merge, else to the upper one.
fn merge_entry(base: &mut Entry, over: Entry) {
    let both_maps = matches!((&base.value.value, &over.value.value), (Value::Map(_), Value::Map(_)));
    if !both_maps {
        base.key_span = over.key_span;
    }
    merge(&mut base.value, over.value);
}
