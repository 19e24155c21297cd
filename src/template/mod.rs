//! Templates: handlebars text, parsed once, with the variables it reads known before it is rendered.
//!
//! Strict and closed: a missing variable is an error with its place; a template cannot read files or run anything.
//! Knows nothing of steps, axes or YAML.

use std::collections::{BTreeMap, BTreeSet};

/// A parsed template with the partials it uses.
#[derive(Clone, Debug)]
pub struct Template {}

/// A variable that a template reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// Its path: `["city"]`, `["lyrics", "bridge"]`.
    pub path: Vec<String>,
    /// Where it is read.
    pub at: Place,
}

/// A place in a template's text.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The partial it stands in; none for the template itself.
    pub partial: Option<String>,
    /// From one.
    pub line: usize,
    /// From one, in characters.
    pub column: usize,
}

/// What is wrong with a template, or with one rendering of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct TemplateError {
    /// Where.
    pub at: Place,
    /// One sentence without a full stop.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

impl Template {
    /// Parses a text with the partials it may use. All that is wrong comes back at once.
    pub fn parse(_text: &str, _partials: &BTreeMap<String, String>) -> Result<Self, Vec<TemplateError>> {
        Ok(Self {})
    }

    /// Every variable it reads, partials included, in order of appearance; block parameters are not among them.
    pub fn inputs(&self) -> &[Input] {
        &[]
    }

    /// The partials it uses, directly or through others.
    pub fn partials(&self) -> &BTreeSet<String> {
        const NONE: &BTreeSet<String> = &BTreeSet::new();
        NONE
    }

    /// Fills it in. Every path of [`Template::inputs`] must be in `scope` unless a helper such as `default` allows it
    /// to be missing.
    pub fn render(&self, _scope: &BTreeMap<String, serde_json::Value>) -> Result<String, TemplateError> {
        Ok(String::new())
    }
}
