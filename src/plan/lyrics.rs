//! The texts: every cell of every lyrics step rendered once, and measured against the models that sing it.
//!
//! Knows nothing of takes or of sound.

use super::{
    codes,
    expand::{Cell, Unfinished},
    normalise,
};
use crate::{
    base::{
        diagnostic::{Diagnostic, Diagnostics},
        ids::{CellName, Coordinates, StepKind},
        scalar::Scalar,
        span::{Sources, Span},
        words,
    },
    catalog::{LyricRule, Model},
    pipeline::{Lyrics, Pipeline, Song, Step, StepId, Work},
    template::TemplateError,
};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Renders the text of every cell of a lyrics step into it. Complains and returns false if one cannot be rendered.
pub(super) fn render(draft: &mut Unfinished<'_>, lyrics: &Lyrics, cells: &mut [Cell]) -> bool {
    let mut scope = draft.pipeline.scope.clone();
    let mut failures: Vec<(TemplateError, Vec<CellName>)> = Vec::new();
    for cell in cells {
        set_axes(&mut scope, &cell.name.at);
        let texts = texts_of(draft, cell);
        if !texts.is_empty() {
            scope.insert(StepKind::Lyrics.section().to_owned(), Value::Object(texts));
        }
        match lyrics.text.template.render(&scope) {
            Ok(text) => cell.text = Some(normalise(&text).into()),
            Err(error) => match failures.iter_mut().find(|(known, _)| *known == error) {
                Some((_, cells)) => cells.push(cell.name.clone()),
                None => failures.push((error, vec![cell.name.clone()])),
            },
        }
    }
    let complaints: Diagnostics = failures
        .iter()
        .map(|(error, cells)| failed(&draft.pipeline.sources, lyrics, error, cells))
        .collect();
    let well = complaints.is_empty();
    draft.complaints.extend(complaints);
    well
}

/// Puts a cell's axis values into a scope; all cells of a step have the same axes, so each overwrites the one before.
pub(super) fn set_axes(scope: &mut BTreeMap<String, Value>, at: &Coordinates) {
    for (axis, value) in &at.0 {
        scope.insert(axis.to_string(), value_of(value));
    }
}

/// As templates see it; a number that is not whole is a text, so that it is put in as it was written.
fn value_of(scalar: &Scalar) -> Value {
    match scalar {
        Scalar::Bool(value) => Value::Bool(*value),
        Scalar::Int(value) => Value::from(*value),
        Scalar::Float(text) | Scalar::Text(text) => Value::from(&**text),
    }
}

/// The texts of the lyrics cells that this one uses, by name.
fn texts_of(draft: &Unfinished<'_>, cell: &Cell) -> Map<String, Value> {
    let texts = cell.uses.iter().filter_map(|(step, index)| {
        let used = &draft.of(*step)?[*index as usize];
        let text = used.text.as_deref()?;
        Some((used.name.step.name.to_string(), Value::from(text)))
    });
    texts.collect()
}

fn failed(sources: &Sources, lyrics: &Lyrics, error: &TemplateError, cells: &[CellName]) -> Diagnostic {
    let (first, rest) = cells.split_first().expect("every failure is some cell's");
    let message = format!("cannot fill in `{first}`: {}", error.message);
    let mut complaint = Diagnostic::error(
        codes::TEMPLATE_FAILED,
        lyrics.text.home.of_error(error, sources),
        message,
    );
    complaint.help.extend(error.help.clone());
    complaint.help.extend(others("the same in", rest));
    complaint
}

/// `the same in `a`, `b`, `c` and 4 more`, or nothing.
fn others(lead: &str, cells: &[CellName]) -> Option<String> {
    const NAMED: usize = 3;
    let names: Vec<_> = cells.iter().take(NAMED).map(|name| format!("`{name}`")).collect();
    match cells.len() {
        0 => None,
        count if count > NAMED => Some(format!("{lead} {} and {} more", names.join(", "), count - NAMED)),
        _ => Some(format!("{lead} {}", names.join(", "))),
    }
}

/// The text as it is sent: with `accompaniment`, `##` directly before its first and after its last character, as the
/// API's documentation says ("adding ## at the beginning and end adds accompaniment"), unless they are there already.
pub(super) fn sung(lyrics: &Lyrics, text: &str) -> String {
    let marked = text.len() >= 4 && text.starts_with("##") && text.ends_with("##");
    if lyrics.accompaniment && !marked {
        format!("##{text}##")
    } else {
        text.to_owned()
    }
}

/// The lyrics step a song is sung from.
pub(super) fn of_song<'p>(pipeline: &'p Pipeline, song: &Song) -> Option<(StepId, &'p Step, &'p Lyrics)> {
    let id = song.lyrics?;
    let step = pipeline.step(id);
    match &step.work {
        Work::Lyrics(lyrics) => Some((id, step, lyrics)),
        Work::Reference(_) | Work::Song(_) => None,
    }
}

/// Measures every text against every model that sings it.
pub(super) fn check(draft: &mut Unfinished<'_>) {
    let mut complaints = Diagnostics::default();
    let mut seen = BTreeSet::new();
    for step in &draft.pipeline.steps {
        let Work::Song(song) = &step.work else { continue };
        let Some((id, _, lyrics)) = of_song(draft.pipeline, song) else {
            continue;
        };
        let (Some(cells), Some(texts)) = (draft.of(step.id), draft.of(id)) else {
            continue;
        };
        let sung_here: BTreeSet<usize> = cells.iter().filter_map(|cell| cell.used(id)).collect();
        let new: Vec<&Cell> = sung_here
            .into_iter()
            .filter(|index| seen.insert((id, *index, song.model.id)))
            .map(|index| &texts[index])
            .collect();
        complaints.extend(measure(&draft.pipeline.sources, song, lyrics, &new));
    }
    draft.complaints.extend(complaints);
}

/// A text with its length as the model counts it.
type Measured = (usize, CellName);

fn measure(sources: &Sources, song: &Song, lyrics: &Lyrics, cells: &[&Cell]) -> Diagnostics {
    let place = lyrics.text.home.whole(sources);
    let rule = song.model.lyrics;
    let (mut empty, mut too_long, mut long) = (Vec::new(), Vec::new(), Vec::new());
    for cell in cells {
        let text = cell.text.as_deref().unwrap_or_default();
        let length = sung(lyrics, text).chars().count();
        let measured: Measured = (length, cell.name.clone());
        if text.chars().all(|one| one == '#' || one.is_whitespace()) {
            empty.push(measured);
        } else if length > rule.most {
            too_long.push(measured);
        } else if length > rule.sure {
            long.push(measured);
        }
    }
    let mut complaints = Diagnostics::default();
    if let Some((first, rest)) = longest_first(&mut empty) {
        let message = format!("the text of `{}` is empty", first.1);
        let mut complaint = Diagnostic::error(codes::EMPTY_LYRICS, place, message)
            .related(song.span, "sung here")
            .help("a song needs something to sing: write a line, or leave the cell out with `exclude`");
        complaint.help.extend(others("also empty:", &rest));
        complaints.push(complaint);
    }
    if let Some((first, rest)) = longest_first(&mut too_long) {
        complaints.push(too_long_complaint(song, place, &first, &rest));
    }
    if let Some((first, rest)) = longest_first(&mut long) {
        complaints.push(long_complaint(song, place, &first, &rest));
    }
    complaints
}

/// The longest one, then the names of the others.
fn longest_first(list: &mut [Measured]) -> Option<(Measured, Vec<CellName>)> {
    list.sort_by_key(|(length, _)| std::cmp::Reverse(*length));
    let (first, rest) = list.split_first()?;
    Some((first.clone(), rest.iter().map(|(_, name)| name.clone()).collect()))
}

fn too_long_complaint(song: &Song, place: Span, first: &Measured, rest: &[CellName]) -> Diagnostic {
    let Model { id, lyrics: rule, .. } = song.model;
    let (length, name) = first;
    let message = format!(
        "`{name}` is {length} characters long; `{id}` takes at most {}",
        rule.most
    );
    let mut complaint = Diagnostic::error(codes::LYRICS_TOO_LONG, place, message)
        .label(words::count(length - rule.most, "character") + " too many")
        .related(song.span, "sung here")
        .help("every character counts after the variables are filled in, line ends and `#` included");
    complaint.help.extend(others("also too long:", rest));
    complaint
}

fn long_complaint(song: &Song, place: Span, first: &Measured, rest: &[CellName]) -> Diagnostic {
    let Model { id, lyrics: rule, .. } = song.model;
    let LyricRule { sure, likely, most, .. } = *rule;
    let (length, name) = first;
    let message = format!("`{name}` is {length} characters long; `{id}` surely takes no more than {sure}");
    let doubt = if *length > likely {
        format!("most sources say that at most {likely} work; one says {most}")
    } else {
        format!("the vendor says at most {sure}; most others say {likely}")
    };
    let mut complaint = Diagnostic::warning(codes::LONG_LYRICS, place, message)
        .related(song.span, "sung here")
        .help(doubt);
    complaint.help.extend(others("also long:", rest));
    complaint
}
