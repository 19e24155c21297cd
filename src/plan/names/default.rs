//! The names of takes whose song has no `name:`: `rainy-city/hook/lisbon-bright_t01_1f3a9c02.mp3`.

use super::{extension, portable::is_reserved};
use crate::{
    base::{
        digest::Digest,
        ids::{CellName, Coordinates},
    },
    pipeline::{Song, Step, StepId, Work},
    plan::{
        OutputName,
        expand::{Cell, Unfinished},
    },
};
use std::collections::{HashMap, HashSet};

/// The default stems of a song's cells: `rainy-city/hook/lisbon-bright`.
pub(super) type Stems = HashMap<StepId, Vec<String>>;

/// Names every take of a song by its cells' stems; `alike` are those that more than one cell has.
pub(super) fn name(song: &Song, stems: Vec<String>, alike: &HashSet<String>, cells: &mut [Cell]) {
    for (cell, mut stem) in cells.iter_mut().zip(stems) {
        if alike.contains(&stem) {
            stem = told_apart(stem, &cell.name);
        }
        let takes = 1..=song.takes.get();
        cell.outputs = takes.map(|take| default_name(&stem, take, song)).collect();
    }
}

fn default_name(stem: &str, take: u32, song: &Song) -> OutputName {
    OutputName {
        pattern: format!("{stem}_t{take:02}_{}.{}", OutputName::KEY, extension(song)),
    }
}

/// `lisbon-bright`, or the song's name without coordinates.
pub(super) fn last_part(cell: &Cell) -> String {
    if cell.name.at.is_empty() {
        folder(&cell.name.step.name)
    } else {
        coordinates_part(&cell.name.at)
    }
}

fn folder(name: &str) -> String {
    let part = shortened(kebab(name), name, 60);
    if is_reserved(&part) { format!("{part}-") } else { part }
}

fn coordinates_part(at: &Coordinates) -> String {
    let parts: Vec<_> = at.0.iter().map(|(_, value)| kebab(&value.to_string())).collect();
    let parts: Vec<_> = parts
        .iter()
        .map(String::as_str)
        .filter(|part| !part.is_empty())
        .collect();
    shortened(parts.join("-"), &at.to_string(), 100)
}

/// Cut with a digest of the whole, if it is too long; the digest alone, if nothing is left.
fn shortened(part: String, whole: &str, most: usize) -> String {
    let digest = || Digest::of(whole.as_bytes()).short();
    match part.len() {
        0 => digest(),
        length if length > most => format!("{}-{}", part[..most].trim_end_matches('-'), digest()),
        _ => part,
    }
}

/// Lower-case ASCII letters and digits, everything else as one hyphen.
fn kebab(text: &str) -> String {
    let mut kebab = String::with_capacity(text.len());
    for one in deunicode::deunicode(text).chars() {
        if one.is_ascii_alphanumeric() {
            kebab.push(one.to_ascii_lowercase());
        } else if one != '\'' && !kebab.is_empty() && !kebab.ends_with('-') {
            kebab.push('-');
        }
    }
    kebab.truncate(kebab.trim_end_matches('-').len());
    kebab
}

/// The stems of every song whose takes are named by them.
pub(super) fn stems(draft: &Unfinished<'_>) -> Stems {
    let pipeline = folder(&draft.pipeline.name);
    let songs = draft.pipeline.steps.iter().filter(|step| match &step.work {
        Work::Song(song) => song.file_name.is_none(),
        Work::Reference(_) | Work::Lyrics(_) => false,
    });
    let stems = |step: &Step| {
        let song = folder(&step.name.name);
        let cells = draft.of(step.id).unwrap_or_default().iter();
        cells
            .map(|cell| format!("{pipeline}/{song}/{}", last_part(cell)))
            .collect()
    };
    songs.map(|step| (step.id, stems(step))).collect()
}

/// The stems that more than one cell has: `Köln` and `Koln`.
pub(super) fn look_alikes(stems: &Stems) -> HashSet<String> {
    let mut once = HashSet::new();
    let more = stems.values().flatten().filter(|stem| !once.insert(stem.as_str()));
    more.cloned().collect()
}

/// By the cell's exact name, so that neither order nor number of the others matters.
fn told_apart(stem: String, cell: &CellName) -> String {
    stem + "-" + &Digest::of(cell.to_string().as_bytes()).short()
}

#[cfg(test)]
mod tests {
    use super::kebab;

    #[test]
    fn kebab_is_ascii_and_readable() {
        for (text, kebab_case) in [
            ("Lisbon", "lisbon"),
            ("São Paulo", "sao-paulo"),
            ("Köln / Bonn", "koln-bonn"),
            ("it's 5 o'clock!", "its-5-oclock"),
            ("東京", "dong-jing"),
            ("--", ""),
            ("1.50", "1-50"),
        ] {
            assert_eq!(kebab(text), kebab_case);
        }
    }
}
