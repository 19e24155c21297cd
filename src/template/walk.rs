//! A walk over the trees as a rendering would go, without values: which variables are read, and whether everything
//! that is called exists, ends, and makes sense where it stands.
//!
//! Knows nothing of values. What passes renders without recursion deeper than [`DEEPEST`], in a bounded number of steps
//! but for the lengths of the user's own lists.

use super::{
    DEEPEST, Input, Place, TemplateError,
    helpers::{self, Kind},
    text::Trees,
};
use crate::base::words;
use handlebars::{
    Path, PathSeg,
    template::{BlockParam, DecoratorTemplate, HelperTemplate, Parameter, TemplateElement},
};
use std::collections::BTreeMap;

/// How many elements all inclusions together may amount to: partials that include each other twice double each time.
const MOST_ELEMENTS: usize = 20_000;
/// How deep loops may be nested.
const DEEPEST_LOOP: usize = 3;

/// What a relative path begins at.
#[derive(Clone, Copy, PartialEq)]
enum Base {
    /// The variables.
    Variables,
    /// An item of a list or a map, known only when rendered.
    Item,
}

struct Frame {
    base: Base,
    /// Block parameters and named values of a partial: found before any variable.
    locals: Vec<String>,
}

struct Walker<'a> {
    trees: &'a Trees,
    known: &'a BTreeMap<String, String>,
    frames: Vec<Frame>,
    /// The partials being included, outermost first.
    including: Vec<String>,
    depth: usize,
    loops: usize,
    elements: usize,
    inputs: Vec<Input>,
    errors: Vec<TemplateError>,
}

/// The variables the main text reads, or all that is wrong.
pub(super) fn walk(trees: &Trees, known: &BTreeMap<String, String>) -> Result<Vec<Input>, Vec<TemplateError>> {
    let mut walker = Walker {
        trees,
        known,
        frames: vec![Frame {
            base: Base::Variables,
            locals: Vec::new(),
        }],
        including: Vec::new(),
        depth: 0,
        loops: 0,
        elements: 0,
        inputs: Vec::new(),
        errors: Vec::new(),
    };
    walker.tree(&trees[&None], &Place::default());
    if walker.errors.is_empty() {
        return Ok(walker.inputs);
    }
    // A partial that is included twice is walked twice.
    let mut unique = Vec::new();
    for error in walker.errors {
        if !unique.contains(&error) {
            unique.push(error);
        }
    }
    Err(unique)
}

impl Walker<'_> {
    fn tree(&mut self, tree: &handlebars::Template, outer: &Place) {
        for (index, element) in tree.elements.iter().enumerate() {
            self.elements += 1;
            if self.elements == MOST_ELEMENTS {
                self.complain(
                    outer,
                    "the partials include each other too often",
                    "include each where it is needed once",
                );
            }
            if self.elements >= MOST_ELEMENTS {
                return;
            }
            // The branches of an `else if` chain have no places of their own.
            let at = tree.mapping.get(index).map_or_else(
                || outer.clone(),
                |mapping| Place {
                    partial: self.including.last().cloned(),
                    line: mapping.0,
                    column: mapping.1,
                },
            );
            self.element(element, &at);
        }
    }

    fn element(&mut self, element: &TemplateElement, at: &Place) {
        match element {
            TemplateElement::Expression(tag) | TemplateElement::HtmlExpression(tag) => self.printed(tag, at),
            TemplateElement::HelperBlock(block) => self.block(block, at),
            TemplateElement::PartialExpression(partial) => self.partial(partial, at),
            TemplateElement::RawString(_) | TemplateElement::Comment(_) => {}
            _ => self.complain(
                at,
                "decorators and partial blocks cannot be used",
                "include a partial with `{{> name}}`",
            ),
        }
    }

    fn printed(&mut self, tag: &HelperTemplate, at: &Place) {
        if tag.params.is_empty() && tag.hash.is_empty() {
            self.value(&tag.name, at, false);
            return;
        }
        let name = tag.name.as_name().unwrap_or_default();
        match helpers::kind(name) {
            Some(Kind::Test) => {
                let help = if name == "or" {
                    "to fall back on another value write `{{default name \"value\"}}`".to_owned()
                } else {
                    format!("use it as a condition: `{{{{#if ({name} …)}}}}`")
                };
                self.complain(at, format!("`{name}` answers true or false, which is no text"), help);
            }
            Some(Kind::Block) => self.complain(
                at,
                format!("`{name}` is a block"),
                format!("write `{{{{#{name} …}}}} … {{{{/{name}}}}}`"),
            ),
            _ => {}
        }
        self.call(tag, at);
    }

    fn block(&mut self, block: &HelperTemplate, at: &Place) {
        let name = block.name.as_name().unwrap_or_default();
        if name == "raw" {
            return;
        }
        if matches!(helpers::kind(name), Some(Kind::Value)) {
            self.complain(
                at,
                format!("`{name}` is not a block"),
                format!("write `{{{{{name} …}}}}`"),
            );
        } else if helpers::kind(name).is_none() {
            self.complain(
                at,
                format!("no block is called `{name}`"),
                format!("for a variable write `{{{{#if {name}}}}}` or `{{{{#each {name}}}}}`"),
            );
            return;
        }
        self.call(block, at);
        let looping = matches!(name, "each" | "repeat");
        self.depth += 1;
        self.loops += usize::from(looping);
        self.check_depth(at);
        self.frames.extend(frame_of(name, block));
        if let Some(tree) = &block.template {
            self.tree(tree, at);
        }
        if matches!(name, "each" | "with") {
            self.frames.pop();
        }
        self.loops -= usize::from(looping);
        if let Some(tree) = &block.inverse {
            self.tree(tree, at);
        }
        self.depth -= 1;
    }

    fn check_depth(&mut self, at: &Place) {
        if self.loops == DEEPEST_LOOP + 1 {
            self.complain(
                at,
                format!("more than {DEEPEST_LOOP} loops inside each other"),
                "make one of them an axis",
            );
        }
        if self.depth == DEEPEST + 1 {
            self.complain(
                at,
                format!("more than {DEEPEST} blocks and partials inside each other"),
                "write it flatter",
            );
        }
    }

    fn partial(&mut self, partial: &DecoratorTemplate, at: &Place) {
        let Some(name) = partial.name.as_name() else {
            self.complain(
                at,
                "the name of a partial cannot be computed",
                "name it, or choose between two with `{{#if}}`",
            );
            return;
        };
        for value in partial.params.iter().chain(sorted(&partial.hash)) {
            self.value(value, at, false);
        }
        let Some(tree) = self.trees.get(&Some(name.to_owned())) else {
            self.unknown_partial(name, at);
            return;
        };
        if let Some(first) = self.including.iter().position(|outer| outer == name) {
            let mut ring = self.including[first..].to_vec();
            ring.push(name.to_owned());
            self.complain(
                at,
                format!("partials include each other without end: {}", ring.join(" → ")),
                "remove one of these inclusions",
            );
            return;
        }
        let here = self.frames.last().map_or(Base::Variables, |frame| frame.base);
        self.frames.push(Frame {
            base: if partial.params.is_empty() { here } else { Base::Item },
            locals: partial.hash.keys().cloned().collect(),
        });
        self.including.push(name.to_owned());
        self.depth += 1;
        self.check_depth(at);
        if self.depth <= DEEPEST {
            self.tree(tree, at);
        }
        self.depth -= 1;
        self.including.pop();
        self.frames.pop();
    }

    fn unknown_partial(&mut self, name: &str, at: &Place) {
        let help = match words::nearest(name, self.known.keys().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None if self.known.is_empty() => "there are no partials beside this template".to_owned(),
            None => format!("there are {}", words::ticked(&self.known.keys().collect::<Vec<_>>())),
        };
        self.complain(at, format!("no partial is called `{name}`"), help);
    }

    /// A helper with its values, printed, as a block or inside parentheses.
    fn call(&mut self, call: &HelperTemplate, at: &Place) {
        let name = call.name.as_name().unwrap_or_default();
        let Some(count) = helpers::counts(name) else {
            let help = words::nearest(name, helpers::names()).map_or_else(
                || format!("there are {}", words::ticked(&helpers::names().collect::<Vec<_>>())),
                |near| format!("did you mean `{near}`?"),
            );
            self.complain(at, format!("no helper is called `{name}`"), help);
            return;
        };
        if !count.contains(&call.params.len()) {
            self.complain(at, helpers::usage(name), format!("it has {} here", call.params.len()));
        }
        for key in sorted_keys(&call.hash) {
            if !(key == "includeZero" && matches!(name, "if" | "unless")) {
                self.complain(
                    at,
                    format!("`{name}` takes no value named `{key}`"),
                    "give the values in order",
                );
            }
        }
        for (index, value) in call.params.iter().enumerate() {
            self.value(value, at, name == "default" && index == 0);
        }
    }

    fn value(&mut self, value: &Parameter, at: &Place, optional: bool) {
        match value {
            Parameter::Path(path) => self.path(path, at, optional),
            Parameter::Subexpression(inner) => {
                let TemplateElement::Expression(call) = inner.as_element() else {
                    return;
                };
                let name = call.name.as_name().unwrap_or_default();
                if call.params.is_empty() {
                    self.complain(
                        at,
                        format!("`({name})` calls a helper without a value"),
                        format!("write `{name}` alone"),
                    );
                } else if matches!(helpers::kind(name), Some(Kind::Block)) {
                    self.complain(at, format!("`{name}` cannot stand inside parentheses"), "it is a block");
                } else {
                    self.call(call, at);
                }
            }
            _ => {}
        }
    }

    fn path(&mut self, path: &Path, at: &Place, optional: bool) {
        let Path::Relative((segments, raw)) = path else { return };
        let names: Vec<String> = segments
            .iter()
            .filter_map(|segment| match segment {
                PathSeg::Named(name) => Some(name.clone()),
                _ => None,
            })
            .collect();
        let from_root = raw.starts_with("@root");
        let ups = segments.len() - names.len() - usize::from(from_root);
        let is_local = |name: &String| self.frames.iter().any(|frame| frame.locals.contains(name));
        if !from_root && names.first().is_some_and(is_local) {
            return;
        }
        // Above the outermost frame the library stays where it is; so does this.
        let frame = self.frames.len().checked_sub(ups + 1).unwrap_or(self.frames.len() - 1);
        if self.frames[frame].base == Base::Item && !from_root {
            return;
        }
        if names.is_empty() {
            self.complain(
                at,
                format!("`{raw}` means nothing here"),
                "name a variable; `this` is an item of `{{#each}}`",
            );
            return;
        }
        self.read(names, at, optional);
    }

    fn read(&mut self, path: Vec<String>, at: &Place, optional: bool) {
        match self.inputs.iter_mut().find(|input| input.path == path) {
            Some(input) if input.optional && !optional => {
                input.optional = false;
                input.at = at.clone();
            }
            Some(_) => {}
            None => self.inputs.push(Input {
                path,
                at: at.clone(),
                optional,
            }),
        }
    }

    fn complain(&mut self, at: &Place, message: impl Into<String>, help: impl Into<String>) {
        self.errors.push(TemplateError::new(at.clone(), message).help(help));
    }
}

/// The scope a block opens, if it opens one.
fn frame_of(name: &str, block: &HelperTemplate) -> Option<Frame> {
    let mut locals = Vec::new();
    let mut add = |parameter: &Parameter| locals.extend(parameter.as_name().map(str::to_owned));
    match &block.block_param {
        Some(BlockParam::Single(one)) => add(one),
        Some(BlockParam::Pair((one, other))) => {
            add(one);
            add(other);
        }
        _ => {}
    }
    matches!(name, "each" | "with").then_some(Frame {
        base: Base::Item,
        locals,
    })
}

/// Named values in a fixed order: the library keeps them in a hash map.
fn sorted(named: &std::collections::HashMap<String, Parameter>) -> impl Iterator<Item = &Parameter> {
    named.iter().collect::<BTreeMap<_, _>>().into_values()
}

fn sorted_keys(named: &std::collections::HashMap<String, Parameter>) -> Vec<&String> {
    let mut keys: Vec<_> = named.keys().collect();
    keys.sort();
    keys
}
