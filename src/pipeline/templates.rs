//! Templates of a pipeline: parsed with their partials, and every complaint carried to its place in the user's file.
//!
//! Partials are the `.hbs` files of the folder `lyrics` beside the YAML file that has the template. Which variables
//! there are is known later, when axes have flowed (`flow`).

use super::{
    codes,
    context::{Asked, Context, Named},
    home::{Home, Main, Text},
    paths, tree,
};
use crate::{
    base::{
        diagnostic::Diagnostic,
        span::{SourceId, Sources, Span},
    },
    document::Node,
    template::{Template, TemplateError},
};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// Parses a template written in the YAML.
pub(super) fn inline(node: &Node, context: &mut Context<'_>) -> Option<Text> {
    let text = tree::text(node)?;
    parse(&text, Main::Inline(node.clone()), node.span, context)
}

/// Parses a template in a file of its own, named by `node`.
pub(super) fn in_own_file(node: &Node, context: &mut Context<'_>) -> Option<Text> {
    let written = tree::text(node)?;
    let named = context.named(&written, node.span);
    let source = context.text(&named, Asked::At(node.span))?;
    let text = context.sources.get(source).text.clone();
    parse(&text, Main::File(source), node.span, context)
}

fn parse(text: &str, main: Main, asked: Span, context: &mut Context<'_>) -> Option<Text> {
    let (partials, others) = partials(text, asked, context)?;
    let mut texts: BTreeMap<String, String> = others.into_iter().map(|name| (name, String::new())).collect();
    texts.extend(
        partials
            .iter()
            .map(|(name, id)| (name.clone(), context.sources.get(*id).text.to_string())),
    );
    let home = Home::new(main, partials);
    match Template::parse(text, &texts) {
        Ok(template) => Some(Text { template, home }),
        Err(errors) => {
            for error in errors {
                let diagnostic = complaint(&error, &home, &context.sources);
                context.complain(diagnostic);
            }
            None
        }
    }
}

fn complaint(error: &TemplateError, home: &Home, sources: &Sources) -> Diagnostic {
    let diagnostic = Diagnostic::error(codes::INVALID_TEMPLATE, home.of_error(error, sources), &error.message);
    match &error.help {
        Some(help) => diagnostic.help(help),
        None => diagnostic,
    }
}

/// Reads the partials that a text uses, directly or through others, and lists what else the folder has. One that is
/// not there is left to the parser.
fn partials(text: &str, asked: Span, context: &mut Context<'_>) -> Option<(BTreeMap<String, SourceId>, Vec<String>)> {
    let mut wanted = named_partials(text);
    if wanted.is_empty() {
        return Some((BTreeMap::new(), Vec::new()));
    }
    let yaml = context.sources.get(asked.source);
    let folder: PathBuf = yaml.path.parent().unwrap_or(Path::new("")).join("lyrics");
    let shown = paths::beside(&yaml.name, "lyrics");
    let there: BTreeMap<String, PathBuf> = context.folder(&folder, "hbs").into_iter().collect();
    let mut found = BTreeMap::new();
    let mut readable = true;
    while let Some(name) = wanted.pop() {
        let Some(path) = there.get(&name) else {
            context.asked.insert(folder.join(format!("{name}.hbs")));
            continue;
        };
        if found.contains_key(&name) {
            continue;
        }
        let named = Named {
            path: path.clone(),
            shown: format!("{shown}/{name}.hbs"),
        };
        match context.text(&named, Asked::At(asked)) {
            Some(source) => {
                wanted.extend(named_partials(&context.sources.get(source).text));
                found.insert(name, source);
            }
            None => readable = false,
        }
    }
    let others = there.into_keys().filter(|name| !found.contains_key(name)).collect();
    readable.then_some((found, others))
}

/// The names behind `{{>` and `{{#>`. May find too many (in comments), never too few.
fn named_partials(text: &str) -> Vec<String> {
    let tags = text.split("{{").skip(1);
    tags.filter_map(|tag| {
        let tag = tag.trim_start_matches(['~', '{']).trim_start();
        let name = tag.strip_prefix("#>").or_else(|| tag.strip_prefix('>'))?.trim_start();
        let end = name
            .find(|c: char| c.is_whitespace() || "}~".contains(c))
            .unwrap_or(name.len());
        Some(name[..end].trim_matches(['"', '\'']).to_owned())
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partials_are_found_however_they_are_written() {
        assert_eq!(
            named_partials("a {{> bridge}} {{~>intro x=1}} {{#> wrap}}{{/wrap}}"),
            ["bridge", "intro", "wrap"]
        );
        assert!(named_partials("{{city}} > {{#if a}}").is_empty());
    }
}
