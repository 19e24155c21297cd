//! From texts to trees: scans and compiles the main text and every partial it reaches.
//!
//! Knows nothing of what a template may use; [`super::walk`] looks at the trees.

use super::{
    TemplateError, complaint,
    helpers::PRINT,
    scan::{Tag, place, scan},
};
use handlebars::{
    Template as Tree,
    template::{HelperTemplate, Parameter, Subexpression, TemplateElement},
};
use std::collections::{BTreeMap, VecDeque};

/// The trees by partial name; the main text has none.
pub(super) type Trees = BTreeMap<Option<String>, Tree>;

/// Compiles a text and every partial it names, directly or through others.
pub(super) fn compile_all(text: &str, partials: &BTreeMap<String, String>) -> Result<Trees, Vec<TemplateError>> {
    let mut trees = Trees::new();
    let mut errors = Vec::new();
    let mut queue = VecDeque::from([(None, text)]);
    while let Some((name, text)) = queue.pop_front() {
        let tree = match compile(text, name) {
            Ok(tree) => tree,
            Err(more) => {
                errors.extend(more);
                continue;
            }
        };
        for_each_partial(&tree, &mut |used| {
            if let Some((used, text)) = partials.get_key_value(used)
                && !trees.contains_key(&Some(used.clone()))
                && name != Some(used)
                && !queue.iter().any(|(queued, _)| *queued == Some(used))
            {
                queue.push_back((Some(used.as_str()), text));
            }
        });
        trees.insert(name.map(str::to_owned), tree);
    }
    if errors.is_empty() { Ok(trees) } else { Err(errors) }
}

fn compile(text: &str, partial: Option<&str>) -> Result<Tree, Vec<TemplateError>> {
    let tags = scan(text, partial)?;
    Tree::compile_with_name(text, partial.unwrap_or(super::MAIN).to_owned()).map_err(|error| {
        let (line, column) = error.pos().unwrap_or((1, 1));
        let tag = culprit(text, &tags, (line, column));
        vec![complaint::parsing(
            &error,
            tag,
            super::Place {
                partial: partial.map(str::to_owned),
                line,
                column,
            },
        )]
    })
}

/// The tag the parser stumbled over: the one that holds the place, or else the last before it.
fn culprit<'a>(text: &'a str, tags: &[Tag], at: (usize, usize)) -> Option<&'a str> {
    tags.iter()
        .rev()
        .find(|tag| {
            let start = place(text, None, tag.start);
            (start.line, start.column) <= at
        })
        .map(|tag| &text[tag.start..tag.end])
}

/// The elements directly inside a block: what it shows, and what it shows otherwise.
pub(super) fn branches(block: &HelperTemplate) -> impl Iterator<Item = &Tree> {
    block.template.iter().chain(&block.inverse)
}

fn for_each_partial(tree: &Tree, found: &mut impl FnMut(&str)) {
    for element in &tree.elements {
        match element {
            TemplateElement::PartialExpression(partial) => {
                if let Some(name) = partial.name.as_name() {
                    found(name);
                }
            }
            TemplateElement::HelperBlock(block) => {
                branches(block).for_each(|branch| for_each_partial(branch, found));
            }
            _ => {}
        }
    }
}

/// Replaces `{{x}}` by a call of the printing helper, which complains where the library would print `[object]`, and
/// which leaves `title` and the other helpers' names free for variables.
pub(super) fn with_printing(mut tree: Tree) -> Tree {
    for element in &mut tree.elements {
        match element {
            TemplateElement::Expression(tag) | TemplateElement::HtmlExpression(tag) => {
                let name = std::mem::replace(&mut tag.name, Parameter::Name(PRINT.to_owned()));
                let (params, hash) = (std::mem::take(&mut tag.params), std::mem::take(&mut tag.hash));
                tag.params.push(if params.is_empty() {
                    name
                } else {
                    Parameter::Subexpression(Subexpression::new(name, params, hash))
                });
            }
            TemplateElement::HelperBlock(block) => {
                block.template = block.template.take().map(with_printing);
                block.inverse = block.inverse.take().map(with_printing);
            }
            _ => {}
        }
    }
    tree
}
