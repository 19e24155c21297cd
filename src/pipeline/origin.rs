//! The resolved pipeline as text: what came together from the file, its includes and a profile, each value with the
//! place it came from.

use crate::{
    base::{scalar::Scalar, span::Sources, words},
    document::{Node, Value},
};
use std::fmt::Write as _;

/// One line of a resolved pipeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// YAML, indented.
    pub text: String,
    /// `pipelines/rain.yaml:12:5`, on lines that hold a value.
    pub origin: Option<String>,
}

/// A resolved pipeline, ready to be shown; its `Display` is YAML with the origins as comments.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resolved {
    /// In order.
    pub lines: Vec<Line>,
}

impl std::fmt::Display for Resolved {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Comments stand in one column, unless a line is long.
        let wide = |line: &&Line| line.origin.is_some() && line.text.chars().count() <= 60;
        let column = self
            .lines
            .iter()
            .filter(wide)
            .map(|line| line.text.chars().count())
            .max()
            .unwrap_or(0);
        for line in &self.lines {
            match &line.origin {
                Some(origin) => writeln!(f, "{:column$}  # {origin}", line.text)?,
                None => writeln!(f, "{}", line.text)?,
            }
        }
        Ok(())
    }
}

/// The lines of a tree.
pub(super) fn lines(root: &Node, sources: &Sources) -> Resolved {
    let mut writer = Writer {
        sources,
        lines: Vec::new(),
    };
    writer.children(root, 0);
    Resolved { lines: writer.lines }
}

struct Writer<'s> {
    sources: &'s Sources,
    lines: Vec<Line>,
}

impl Writer<'_> {
    fn children(&mut self, node: &Node, depth: usize) {
        let indent = "  ".repeat(depth);
        match &node.value {
            Value::Map(entries) => {
                for entry in entries {
                    let key = plain(&entry.key);
                    self.value(format!("{indent}{key}:"), &entry.value, depth + 1);
                }
            }
            Value::Seq(items) => {
                for item in items {
                    self.value(format!("{indent}-"), item, depth + 1);
                }
            }
            Value::Null | Value::Scalar(_) => {}
        }
    }

    /// A value behind its key or dash.
    fn value(&mut self, head: String, node: &Node, depth: usize) {
        let origin = Some(self.sources.locate(node.span).to_string());
        let flat = match &node.value {
            Value::Map(entries) if entries.is_empty() => "{}".into(),
            Value::Seq(items) if items.is_empty() => "[]".into(),
            Value::Map(_) | Value::Seq(_) => {
                self.lines.push(Line {
                    text: head,
                    origin: None,
                });
                return self.children(node, depth);
            }
            Value::Null => "null".into(),
            Value::Scalar(Scalar::Text(text)) => match block(text) {
                Some(block) => return self.block(&head, &block, origin, depth),
                None => plain(text),
            },
            Value::Scalar(other) => other.to_string(),
        };
        self.lines.push(Line {
            text: format!("{head} {flat}"),
            origin,
        });
    }

    fn block(&mut self, head: &str, block: &Block<'_>, origin: Option<String>, depth: usize) {
        self.lines.push(Line {
            text: format!("{head} {}", block.header),
            origin,
        });
        for line in block.text.lines() {
            let mut text = String::new();
            if !line.is_empty() {
                let _ = write!(text, "{}{line}", "  ".repeat(depth));
            }
            self.lines.push(Line { text, origin: None });
        }
    }
}

struct Block<'t> {
    header: &'static str,
    text: &'t str,
}

/// A text of several lines that a block scalar can hold as it is.
fn block(text: &str) -> Option<Block<'_>> {
    let odd = |c: char| c != '\n' && words::is_hidden(c);
    if !text.contains('\n') || text.starts_with([' ', '\n']) || text.chars().any(odd) || text.ends_with("\n\n") {
        return None;
    }
    let header = if text.ends_with('\n') { "|" } else { "|-" };
    Some(Block { header, text })
}

/// A text on one line, in quotes if YAML would take it for something else, or nobody could see what is in it.
fn plain(text: &str) -> String {
    let written = serde_yaml::to_string(text).unwrap_or_default();
    let written = written.trim_end();
    let is_odd = written.contains('\n') || written.starts_with(['|', '>']) || text.contains(" #");
    if is_odd || text.contains(words::is_hidden) {
        // A JSON string is a double-quoted YAML string; what is hidden has an escape of four digits in both.
        let json = serde_json::Value::from(text).to_string();
        let escaped = |one: char| match one {
            one if words::is_hidden(one) => format!("\\u{:04x}", u32::from(one)),
            one => one.to_string(),
        };
        json.chars().map(escaped).collect()
    } else {
        written.to_owned()
    }
}
