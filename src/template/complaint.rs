//! The library's errors in plain words.

use super::{Input, LARGEST, MAIN, Place, TemplateError};
use crate::base::words;
use handlebars::{RenderError, RenderErrorReason, TemplateErrorReason};
use serde_json::Value;
use std::collections::BTreeMap;

/// A text the grammar does not take. Its own message is a list of its rules; the tag says more.
pub(super) fn parsing(error: &handlebars::TemplateError, tag: Option<&str>, at: Place) -> TemplateError {
    match (error.reason(), tag) {
        (TemplateErrorReason::InvalidParam(value), _) => TemplateError::new(at, format!("`{value}` is no value"))
            .help("a value is a name, a number or a quoted text"),
        (_, Some(tag)) => TemplateError::new(at, format!("cannot make sense of `{}`", shortened(tag)))
            .help("a tag is `{{name}}`, `{{helper value}}`, `{{#if name}}`, `{{/if}}` or `{{> partial}}`"),
        (_, None) => TemplateError::new(at, "this is no template"),
    }
}

/// What went wrong while filling in.
pub(super) fn rendering(error: &RenderError) -> TemplateError {
    let at = Place {
        partial: error.template_name.clone().filter(|name| name != MAIN),
        line: error.line_no.unwrap_or(1),
        column: error.column_no.unwrap_or(1),
    };
    match error.reason() {
        RenderErrorReason::Other(message) => match message.split_once('\n') {
            Some((message, help)) => TemplateError::new(at, message).help(help),
            None => TemplateError::new(at, message.as_str()),
        },
        RenderErrorReason::MissingVariable(name) => {
            let name = name.as_deref().unwrap_or("this");
            TemplateError::new(at, format!("`{name}` is missing, or nothing that can be gone through"))
                .help("`{{#each}}` takes a list, `{{#with}}` a value; what else is shown stands after `{{else}}`")
        }
        RenderErrorReason::IOError(_) => {
            TemplateError::new(at, format!("the text grows beyond {} kB", LARGEST / 1024)).help("repeat less")
        }
        RenderErrorReason::InvalidJsonIndex(index) => {
            TemplateError::new(at, format!("`{index}` is asked of a list, which has only numbers"))
                .help("the first item is `name.0`; `{{#each name}}` goes through all")
        }
        other => TemplateError::new(at, other.to_string()),
    }
}

/// A variable that is not in scope.
pub(super) fn unknown_variable(input: &Input, scope: &BTreeMap<String, Value>) -> TemplateError {
    let name = input.path.join(".");
    let error = TemplateError::new(input.at.clone(), format!("unknown variable `{name}`"));
    let first = &input.path[0];
    if scope.contains_key(first) {
        return error.help(format!("`{first}` is there, but there is no `{name}` in it"));
    }
    match words::nearest(first, scope.keys().map(String::as_str)) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None if scope.is_empty() => error.help("nothing is in scope here: declare it under `vars:` or as an axis"),
        None => error.help(format!(
            "in scope are {}",
            words::ticked(&scope.keys().collect::<Vec<_>>())
        )),
    }
}

fn shortened(tag: &str) -> String {
    let line = tag.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= 40 {
        return line;
    }
    line.chars().take(39).chain(['…']).collect()
}
