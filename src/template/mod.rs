//! Templates: handlebars text, parsed once, with the variables it reads known before it is rendered.
//!
//! Strict and closed: a missing variable is an error with its place; a template cannot read files or run anything, nor
//! ask for the time. Knows nothing of steps, axes or YAML.
//!
//! Three passes stand between a text and its first rendering, because the library underneath overflows the stack where
//! it should complain: `scan` bounds size and nesting before the library sees the text, `walk` refuses partials
//! that come back to themselves, unknown helpers and endless loops, and a printing helper replaces the library's, which
//! prints lists and nothing at all without a word.

mod complaint;
mod helpers;
mod scan;
#[cfg(test)]
mod tests;
mod text;
mod values;
mod walk;

use handlebars::{Context, Handlebars};
use serde_json::{Map, Value};
use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    sync::Arc,
};

/// The longest text of a template, and the longest text it may render to, in bytes.
pub const LARGEST: usize = 64 * 1024;
/// How deep blocks and partials may be nested, taken together.
pub const DEEPEST: usize = 64;

/// The name the main text is registered under; no partial can have it.
const MAIN: &str = "\u{1}";

/// A parsed template with the partials it uses. Cheap to clone.
#[derive(Clone)]
pub struct Template {
    parsed: Arc<Parsed>,
}

struct Parsed {
    registry: Handlebars<'static>,
    inputs: Vec<Input>,
    partials: BTreeSet<String>,
}

/// A variable that a template reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// Its path: `["city"]`, `["lyrics", "bridge"]`.
    pub path: Vec<String>,
    /// Where it is first read; if it is optional in one place and not in another, where it is first required.
    pub at: Place,
    /// It may be missing: it is read only as the first value of `default`.
    pub optional: bool,
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

impl TemplateError {
    fn new(at: Place, message: impl Into<String>) -> Self {
        Self {
            at,
            message: message.into(),
            help: None,
        }
    }

    fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl Template {
    /// Parses a text with the partials it may use. All that is wrong comes back at once, in the order it is met;
    /// partials that are not used are not looked at.
    pub fn parse(text: &str, partials: &BTreeMap<String, String>) -> Result<Self, Vec<TemplateError>> {
        let compiled = text::compile_all(text, partials)?;
        let found = walk::walk(&compiled, partials)?;
        let mut registry = helpers::registry();
        let mut used = BTreeSet::new();
        for (name, template) in compiled {
            registry.register_template(name.as_deref().unwrap_or(MAIN), text::with_printing(template));
            used.extend(name);
        }
        Ok(Self {
            parsed: Arc::new(Parsed {
                registry,
                inputs: found,
                partials: used,
            }),
        })
    }

    /// Every variable it reads, each once, partials included, in order of appearance; block parameters are not among
    /// them.
    pub fn inputs(&self) -> &[Input] {
        &self.parsed.inputs
    }

    /// The partials it uses, directly or through others.
    pub fn partials(&self) -> &BTreeSet<String> {
        &self.parsed.partials
    }

    /// Fills it in. Every path of [`Template::inputs`] that is not optional must be in `scope`, read or not: a slip in
    /// a branch that is not taken today is found today.
    pub fn render(&self, scope: &BTreeMap<String, Value>) -> Result<String, TemplateError> {
        let mut used = Map::new();
        for input in &self.parsed.inputs {
            if !input.optional && !is_there(scope, &input.path) {
                return Err(complaint::unknown_variable(input, scope));
            }
            let name = &input.path[0];
            if let Some(value) = scope.get(name)
                && !used.contains_key(name)
            {
                used.insert(name.clone(), value.clone());
            }
        }
        let context = Context::wraps(Value::Object(used)).map_err(|error| complaint::rendering(&error))?;
        let mut written = Bounded::default();
        self.parsed
            .registry
            .render_with_context_to_write(MAIN, &context, &mut written)
            .map_err(|error| complaint::rendering(&error))?;
        Ok(String::from_utf8(written.bytes).expect("only whole strings are written"))
    }
}

impl std::fmt::Debug for Template {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Template")
            .field("inputs", &self.parsed.inputs)
            .field("partials", &self.parsed.partials)
            .finish_non_exhaustive()
    }
}

fn is_there(scope: &BTreeMap<String, Value>, path: &[String]) -> bool {
    let Some((first, rest)) = path.split_first() else {
        return true;
    };
    let mut value = scope.get(first);
    for name in rest {
        value = match value {
            Some(Value::Object(map)) => map.get(name),
            Some(Value::Array(list)) => name.parse().ok().and_then(|index: usize| list.get(index)),
            _ => None,
        };
    }
    value.is_some()
}

/// Collects at most [`LARGEST`] bytes: a loop over a long list fails instead of filling the memory.
#[derive(Default)]
struct Bounded {
    bytes: Vec<u8>,
}

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + bytes.len() > LARGEST {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
