//! The names of takes whose song has a `name:` of the user's.

use super::{
    extension,
    portable::{make_portable, objection},
};
use crate::{
    base::{
        diagnostic::{Diagnostic, Diagnostics},
        words,
    },
    pipeline::{Pipeline, Song, Step},
    plan::{OutputName, codes, expand::Cell, lyrics::set_axes},
    template::Template,
};
use serde_json::Value;
use std::collections::BTreeMap;

/// One thing that is wrong with names of a song, with the first take it is wrong with.
struct Problem {
    what: String,
    first: String,
    count: usize,
}

/// Names every take by the user's template. One complaint for each thing that is wrong, naming the first take.
pub(super) fn name(pipeline: &Pipeline, step: &Step, how: (&Song, &Template), cells: &mut [Cell]) -> Diagnostics {
    let (song, template) = how;
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
            let named = template
                .render(&scope)
                .map_err(|error| format!("cannot be filled in: {}", error.message));
            let named = named.and_then(|text| checked(with_extension(text.trim(), format, &extension)));
            match named {
                Ok(pattern) => cell.outputs.push(OutputName { pattern }),
                Err(what) => note(&mut problems, what, || format!("{}#{take}", cell.name)),
            }
        }
    }
    problems.iter().map(|problem| complaint(step, problem)).collect()
}

/// Axis values and the key; all cells of a song have the same axes, so each overwrites the one before.
fn put_in(scope: &mut BTreeMap<String, Value>, cell: &Cell) {
    set_axes(scope, &cell.name.at);
    for (axis, _) in &cell.name.at.0 {
        scope.entry(axis.to_string()).and_modify(make_portable);
    }
    scope.insert("key".to_owned(), Value::from(OutputName::KEY));
}

fn portable(text: &str) -> Value {
    let mut value = Value::from(text);
    make_portable(&mut value);
    value
}

fn checked(pattern: String) -> Result<String, String> {
    match objection(&pattern) {
        Some(why) => Err(format!("is not good: {why}")),
        None => Ok(pattern),
    }
}

fn note(problems: &mut Vec<Problem>, what: String, take: impl Fn() -> String) {
    match problems.iter_mut().find(|problem| problem.what == what) {
        Some(problem) => problem.count += 1,
        None => problems.push(Problem {
            what,
            first: take(),
            count: 1,
        }),
    }
}

fn complaint(step: &Step, problem: &Problem) -> Diagnostic {
    let message = format!("the file name of `{}` {}", problem.first, problem.what);
    let complaint = Diagnostic::error(codes::BAD_FILE_NAME, step.span, message)
        .help("change `name:` of the song, or leave it out for a name that always works");
    match problem.count - 1 {
        0 => complaint,
        more => complaint.help(format!("the same in {}", words::count(more, "more take"))),
    }
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
