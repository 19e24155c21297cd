//! Template and values from any text: parsed, looked through, and filled in.
//!
//! The input is files in one text: a line `%% NAME` begins the next one. The first is the template, `scope.json` its
//! values, every other one a partial. Beyond not failing: every complaint has a place in the text it names, filling in
//! twice gives the same, a text is never longer than it may be, and only variables that [`Template::inputs`] lists
//! make a difference.

#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};
use serde_json::Value;
use std::collections::BTreeMap;
use takesheet::template::{LARGEST, Template, TemplateError};

fuzz_target!(|bytes: &[u8]| -> Corpus {
    match std::str::from_utf8(bytes) {
        Ok(text) => check(text),
        Err(_) => Corpus::Reject,
    }
});

fn check(text: &str) -> Corpus {
    let mut parts = text.split("\n%% ");
    let main = parts.next().unwrap_or_default();
    let (mut partials, mut scope) = (BTreeMap::new(), BTreeMap::new());
    for part in parts {
        let (name, body) = part.split_once('\n').unwrap_or((part, ""));
        if name == "scope.json" {
            scope = serde_json::from_str::<BTreeMap<String, Value>>(body).unwrap_or_default();
        } else {
            partials.insert(name.to_owned(), body.to_owned());
        }
    }
    let template = match Template::parse(main, &partials) {
        Ok(template) => template,
        Err(errors) => {
            assert!(!errors.is_empty(), "refused without a reason");
            errors.iter().for_each(|error| check_place(error, main, &partials));
            return Corpus::Keep;
        }
    };
    for name in template.partials() {
        assert!(partials.contains_key(name), "uses `{name}`, which is not there");
    }
    // What is not given is made up, so that most inputs come as far as being filled in.
    for input in template.inputs() {
        check_at(&input.at, main, &partials);
        scope
            .entry(input.path[0].clone())
            .or_insert_with(|| made_up(&input.path[1..]));
    }
    let filled = template.render(&scope);
    assert_eq!(filled, template.render(&scope), "filling in twice differs");
    match &filled {
        Ok(text) => assert!(text.len() <= LARGEST, "{} bytes", text.len()),
        Err(error) => check_place(error, main, &partials),
    }
    let names: Vec<_> = template.inputs().iter().map(|input| input.path[0].as_str()).collect();
    let mut other = scope.clone();
    other.retain(|name, _| names.contains(&name.as_str()));
    other.insert("never read by anybody".to_owned(), Value::Null);
    if let Ok(text) = &filled {
        assert_eq!(
            Ok(text),
            template.render(&other).as_ref(),
            "an unlisted variable matters"
        );
    }
    Corpus::Keep
}

fn made_up(path: &[String]) -> Value {
    match path.split_first() {
        None => Value::from("la"),
        Some((name, rest)) => Value::Object([(name.clone(), made_up(rest))].into_iter().collect()),
    }
}

fn check_place(error: &TemplateError, main: &str, partials: &BTreeMap<String, String>) {
    assert!(!error.message.is_empty() && !error.message.ends_with('.'), "{error:?}");
    check_at(&error.at, main, partials);
}

/// A place is in its text, or right behind its end.
fn check_at(at: &takesheet::template::Place, main: &str, partials: &BTreeMap<String, String>) {
    let text = match &at.partial {
        None => main,
        Some(name) => partials.get(name).unwrap_or_else(|| panic!("no partial `{name}`")),
    };
    let line = text
        .split('\n')
        .nth(at.line.checked_sub(1).expect("lines count from one"));
    let line = line.unwrap_or_else(|| panic!("no line {} in {text:?}", at.line));
    assert!(
        (1..=line.chars().count() + 1).contains(&at.column),
        "no column {} in {line:?}",
        at.column
    );
}
