//! The names of takes whose song has a `name:` of the user's.

use super::{
    default::last_part,
    extension,
    portable::{make_portable, objection},
};
use crate::{
    base::{
        diagnostic::{Diagnostic, Diagnostics},
        span::Sources,
        words,
    },
    pipeline::{Home, Pipeline, Song, Step, Text},
    plan::{OutputName, codes, expand::Cell, lyrics::set_axes},
    template::TemplateError,
};
use serde_json::Value;
use std::collections::BTreeMap;

/// What is wrong with a name.
enum Fault {
    /// The template could not be filled in.
    Unfilled(TemplateError),
    /// The name itself, with why.
    Bad(String, String),
}

/// One thing that is wrong with names of a song, with the first take it is wrong with.
struct Problem {
    fault: Fault,
    first: String,
    count: usize,
}

/// Names every take by the user's template. One complaint for each thing that is wrong, naming the first take.
pub(super) fn name(pipeline: &Pipeline, step: &Step, how: (&Song, &Text), cells: &mut [Cell]) -> Diagnostics {
    let (song, text) = how;
    let (format, extension) = (song.audio.format.word(), extension(song));
    let mut scope = pipeline.scope.clone();
    scope.values_mut().for_each(make_portable);
    scope.insert("pipeline".to_owned(), portable(&pipeline.name));
    scope.insert("song".to_owned(), portable(&step.name.name));
    scope.insert("ext".to_owned(), Value::from(format));
    let mut problems: Vec<Problem> = Vec::new();
    for cell in cells {
        put_in(&mut scope, cell);
        for take in 1..=song.takes.get() {
            scope.insert("take".to_owned(), Value::from(take));
            let filled = text.template.render(&scope).map_err(Fault::Unfilled);
            let named = filled.and_then(|name| checked(with_extension(name.trim(), format, &extension)));
            match named {
                Ok(pattern) => cell.outputs.push(OutputName { pattern }),
                Err(fault) => note(&mut problems, fault, || format!("{}#{take}", cell.name)),
            }
        }
    }
    let say = |problem| complaint(problem, &text.home, &pipeline.sources);
    problems.iter().map(say).collect()
}

/// Axis values, all of them as default names write them (`coordinates`), and the key; all cells of a song have the same axes, so each overwrites the one before.
fn put_in(scope: &mut BTreeMap<String, Value>, cell: &Cell) {
    set_axes(scope, &cell.name.at);
    for (axis, _) in &cell.name.at.0 {
        scope.entry(axis.to_string()).and_modify(make_portable);
    }
    scope.insert("coordinates".to_owned(), Value::from(last_part(cell)));
    scope.insert("key".to_owned(), Value::from(OutputName::KEY));
}

fn portable(text: &str) -> Value {
    let mut value = Value::from(text);
    make_portable(&mut value);
    value
}

fn checked(pattern: String) -> Result<String, Fault> {
    match objection(&pattern) {
        Some(why) => Err(Fault::Bad(pattern, why)),
        None => Ok(pattern),
    }
}

fn note(problems: &mut Vec<Problem>, fault: Fault, take: impl Fn() -> String) {
    let is_same = |known: &Fault| match (known, &fault) {
        (Fault::Unfilled(one), Fault::Unfilled(other)) => one == other,
        (Fault::Bad(_, one), Fault::Bad(_, other)) => one == other,
        _ => false,
    };
    match problems.iter_mut().find(|problem| is_same(&problem.fault)) {
        Some(problem) => problem.count += 1,
        None => problems.push(Problem {
            fault,
            first: take(),
            count: 1,
        }),
    }
}

fn complaint(problem: &Problem, home: &Home, sources: &Sources) -> Diagnostic {
    let first = &problem.first;
    let mut complaint = match &problem.fault {
        Fault::Unfilled(error) => {
            let message = format!("cannot fill in the file name of `{first}`: {}", error.message);
            let complaint = Diagnostic::error(codes::BAD_FILE_NAME, home.of_error(error, sources), message);
            error.help.iter().fold(complaint, Diagnostic::help)
        }
        Fault::Bad(name, why) => {
            let message = format!("the file name `{}` of `{first}` is no good: {why}", shown(name));
            Diagnostic::error(codes::BAD_FILE_NAME, home.whole(sources), message)
                .help("change it, or leave `name:` out for one that always works")
        }
    };
    if problem.count > 1 {
        let more = words::count(problem.count - 1, "more take");
        complaint = complaint.help(format!("the same in {more}"));
    }
    complaint
}

/// On one line of bearable length.
fn shown(name: &str) -> String {
    const MOST: usize = 80;
    let whole = name.replace(OutputName::KEY, "KEY");
    let visible = |one: char| {
        if words::is_hidden(one) {
            char::REPLACEMENT_CHARACTER
        } else {
            one
        }
    };
    let mut shown: String = whole.chars().take(MOST).map(visible).collect();
    if whole.chars().nth(MOST).is_some() {
        shown.push('…');
    }
    shown
}

fn with_extension(name: &str, format: &str, extension: &str) -> String {
    let bare = strip(name, extension).or_else(|| strip(name, format)).unwrap_or(name);
    format!("{bare}.{extension}")
}

/// The name without `.extension`, in whatever case it is written.
fn strip<'a>(name: &'a str, extension: &str) -> Option<&'a str> {
    let at = name.len().checked_sub(extension.len() + 1)?;
    let (bare, end) = (name.get(..at)?, name.get(at..)?);
    let same = end.starts_with('.') && end[1..].eq_ignore_ascii_case(extension);
    same.then_some(bare)
}

#[cfg(test)]
mod tests {
    use super::with_extension;

    #[test]
    fn the_extension_is_added_once() {
        for (name, whole) in [
            ("a", "a.scratch.mp3"),
            ("a.mp3", "a.scratch.mp3"),
            ("a.MP3", "a.scratch.mp3"),
            ("a.scratch.mp3", "a.scratch.mp3"),
            ("a.b", "a.b.scratch.mp3"),
            ("é", "é.scratch.mp3"),
        ] {
            assert_eq!(with_extension(name, "mp3", "scratch.mp3"), whole);
        }
    }
}
