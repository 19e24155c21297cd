//! The names of takes whose song has no `name:`: `rainy-city/hook/lisbon-bright_t01_1f3a9c02.mp3`.

use super::{extension, portable::is_reserved};
use crate::{
    base::{
        digest::Digest,
        ids::{CellName, Coordinates},
    },
    pipeline::{Pipeline, Song, Work},
    plan::{
        OutputName,
        expand::{Cell, Unfinished},
    },
};
use std::collections::HashSet;

/// Names every take of a song; `alike` are the stems that more than one cell has.
pub(super) fn name(pipeline: &Pipeline, song: &Song, alike: &HashSet<String>, cells: &mut [Cell]) {
    for cell in cells {
        let mut stem = default_stem(pipeline, cell);
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

/// `rainy-city/hook/lisbon-bright`; without coordinates `rainy-city/hook/hook`.
fn default_stem(pipeline: &Pipeline, cell: &Cell) -> String {
    let song = folder(&cell.name.step.name);
    let last = if cell.name.at.is_empty() {
        song.clone()
    } else {
        coordinates_part(&cell.name.at)
    };
    format!("{}/{song}/{last}", folder(&pipeline.name))
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

/// The default stems that more than one cell has: `Köln` and `Koln`.
pub(super) fn look_alikes(draft: &Unfinished<'_>) -> HashSet<String> {
    let (mut once, mut more) = (HashSet::new(), HashSet::new());
    for step in &draft.pipeline.steps {
        let Work::Song(Song { file_name: None, .. }) = &step.work else {
            continue;
        };
        for cell in draft.of(step.id).unwrap_or_default() {
            let stem = default_stem(draft.pipeline, cell);
            if let Some(again) = once.replace(stem) {
                more.insert(again);
            }
        }
    }
    more
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
