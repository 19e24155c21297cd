//! The tree itself.

use crate::base::{
    scalar::Scalar,
    span::{SourceId, Span},
};
use std::sync::Arc;

/// One YAML file, read.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// Its text.
    pub source: SourceId,
    /// Its value; never [`Value::Null`].
    pub root: Node,
}

/// A value and its place. A value that came by an alias or a merge key keeps the place it was written at.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Anchors, tags and block scalar headers excluded; quotes and brackets included. Empty for a value left out.
    pub span: Span,
    /// What it is.
    pub value: Value,
    /// How it was written: what [`Node::place_in_text`] needs.
    pub(super) style: Style,
}

/// How a node was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    SingleQuoted,
    DoubleQuoted,
    Literal,
    Folded,
    /// A list or a map.
    Collection,
}

/// What a node is, by the core schema of YAML 1.2: `no` is text, `014` is text, `true` is a truth value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `null`, `~`, or nothing at all.
    Null,
    /// Text, a number, a truth value. Numbers that are not whole keep the text they were written with.
    Scalar(Scalar),
    /// A list.
    Seq(Vec<Node>),
    /// A map in order of declaration, keys unique, merge keys resolved (what they add comes last).
    Map(Vec<Entry>),
}

/// A key with its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The key's text.
    pub key: Arc<str>,
    /// Where the key stands, quotes included.
    pub key_span: Span,
    /// Its value.
    pub value: Node,
}

/// One step of a path into a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// Into a map.
    Key(&'a str),
    /// Into a list; from zero.
    Index(usize),
}

impl Node {
    /// The entry of a map; none if this is no map.
    pub fn get(&self, key: &str) -> Option<&Entry> {
        match &self.value {
            Value::Map(entries) => entries.iter().find(|entry| &*entry.key == key),
            _ => None,
        }
    }

    /// The value at a path; the node itself for an empty one.
    pub fn at(&self, path: &[Step<'_>]) -> Option<&Node> {
        path.iter().try_fold(self, |node, step| match (step, &node.value) {
            (Step::Key(key), _) => node.get(key).map(|entry| &entry.value),
            (Step::Index(index), Value::Seq(items)) => items.get(*index),
            (Step::Index(_), _) => None,
        })
    }

    /// What it is, as a person would say: `a map`, `a list`, `text`, `a number`, `a truth value`, `nothing`.
    pub fn kind(&self) -> &'static str {
        match &self.value {
            Value::Null => "nothing",
            Value::Scalar(Scalar::Bool(_)) => "a truth value",
            Value::Scalar(Scalar::Int(_) | Scalar::Float(_)) => "a number",
            Value::Scalar(Scalar::Text(_)) => "text",
            Value::Seq(_) => "a list",
            Value::Map(_) => "a map",
        }
    }

    /// The text, if it is text; numbers and truth values are not.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar(Scalar::Text(text)) => Some(text),
            _ => None,
        }
    }
}
