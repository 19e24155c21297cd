//! Merge keys: `<<: *base` adds the entries of another map that are not written out.

use super::{
    codes,
    complaints::Complaints,
    node::{Entry, Node, Value},
};
use crate::base::{diagnostic::Diagnostic, span::Span};
use std::{collections::HashSet, sync::Arc};

const KEY: &str = "<<";

/// Resolves all merge keys, innermost first. An explicit entry wins over a merged one, an earlier map of a list over a
/// later one; merged entries come last and keep the places they were written at.
pub(super) fn expand(node: &mut Node, into: &mut Complaints) {
    match &mut node.value {
        Value::Null | Value::Scalar(_) => {}
        Value::Seq(items) => items.iter_mut().for_each(|item| expand(item, into)),
        Value::Map(entries) => {
            for entry in entries.iter_mut() {
                expand(&mut entry.value, into);
            }
            if let Some(at) = entries.iter().position(|entry| &*entry.key == KEY) {
                let merged = entries.remove(at);
                let key_span = merged.key_span;
                match origins(merged.value) {
                    Ok(maps) => add(entries, maps),
                    Err(found) => into.push(not_a_map(key_span, found)),
                }
            }
        }
    }
}

/// The maps named by the value of a merge key, or the node that is none.
fn origins(value: Node) -> Result<Vec<Vec<Entry>>, Span> {
    match value.value {
        Value::Map(entries) => Ok(vec![entries]),
        Value::Seq(items) => items
            .into_iter()
            .map(|item| match item.value {
                Value::Map(entries) => Ok(entries),
                _ => Err(item.span),
            })
            .collect(),
        _ => Err(value.span),
    }
}

fn add(entries: &mut Vec<Entry>, maps: Vec<Vec<Entry>>) {
    let mut known: HashSet<Arc<str>> = entries.iter().map(|entry| entry.key.clone()).collect();
    for entry in maps.into_iter().flatten() {
        if known.insert(entry.key.clone()) {
            entries.push(entry);
        }
    }
}

fn not_a_map(key: Span, found: Span) -> Diagnostic {
    Diagnostic::error(codes::MERGE_NOT_MAP, found, "`<<` merges maps only")
        .label("this is no map")
        .related(key, "merged here")
        .help("name a map: `<<: *base`, or a list of maps: `<<: [*base, *more]`")
}
