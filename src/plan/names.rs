//! Where the takes' files go, relative to the output folder.
//!
//! A default name is always a good one: ASCII, kebab-case, cut where it would be too long, and told apart where two
//! cells would read the same. A name the user wrote is kept as written or refused, with the reason.

use super::{
    OutputName, codes,
    expand::{Cell, Unfinished},
    lyrics::set_axes,
};
use crate::{
    base::{
        diagnostic::{Diagnostic, Diagnostics},
        digest::Digest,
        ids::{CellName, Coordinates},
        words,
    },
    catalog::BackendKind,
    pipeline::{Pipeline, Song, Step, Work},
    template::Template,
};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap, HashSet, hash_map::Entry};
use unicode_normalization::UnicodeNormalization;

/// The longest name, in characters.
const LONGEST: usize = 300;
/// The longest part between two `/`, in bytes: file systems take 255, and `.lyrics.txt` is added to some.
const LONGEST_PART: usize = 240;

/// Names the files of every take, and complains about names that are no good.
pub(super) fn name(draft: &mut Unfinished<'_>) {
    let alike = look_alikes(draft);
    let mut complaints = Diagnostics::default();
    for step in &draft.pipeline.steps {
        let Work::Song(song) = &step.work else { continue };
        let Some(mut cells) = draft.cells[step.id.0 as usize].take() else {
            continue;
        };
        match &song.file_name {
            Some(template) => complaints.extend(written(draft.pipeline, step, (song, template), &mut cells)),
            None => {
                for cell in &mut cells {
                    let stem = default_stem(draft.pipeline, cell);
                    let stem = if alike.contains(&stem) {
                        told_apart(stem, &cell.name)
                    } else {
                        stem
                    };
                    cell.outputs = (1..=song.takes.get())
                        .map(|take| default_name(&stem, take, song))
                        .collect();
                }
            }
        }
        draft.cells[step.id.0 as usize] = Some(cells);
    }
    complaints.extend(collisions(draft));
    draft.complaints.extend(complaints);
}

/// What a take's file ends in. The sandbox's say so: a scratch take is never mistaken for a paid one.
fn extension(song: &Song) -> String {
    let format = song.audio.format.word();
    match song.backend {
        BackendKind::Sandbox => format!("scratch.{format}"),
        BackendKind::Aimlapi => format.to_owned(),
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
fn look_alikes(draft: &Unfinished<'_>) -> HashSet<String> {
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

/// Names by the user's template. One complaint for each thing that is wrong, naming the first cell.
fn written(pipeline: &Pipeline, step: &Step, how: (&Song, &Template), cells: &mut [Cell]) -> Diagnostics {
    let (song, template) = how;
    let extension = extension(song);
    let mut scope: BTreeMap<String, Value> = pipeline.scope.clone();
    scope.values_mut().for_each(make_portable);
    let mut wrong: Vec<(&'static str, String, String, usize)> = Vec::new();
    for cell in cells {
        set_axes(&mut scope, &cell.name.at);
        for (axis, _) in &cell.name.at.0 {
            scope.entry(axis.to_string()).and_modify(make_portable);
        }
        scope.insert("pipeline".to_owned(), Value::from(pipeline.name.as_str()));
        scope.insert("song".to_owned(), Value::from(&*step.name.name));
        scope.insert("key".to_owned(), Value::from(OutputName::KEY));
        scope.insert("ext".to_owned(), Value::from(song.audio.format.word()));
        for take in 1..=song.takes.get() {
            scope.insert("take".to_owned(), Value::from(take));
            let problem = match template.render(&scope) {
                Err(error) => ("cannot be filled in", error.message),
                Ok(text) => {
                    let pattern = with_extension(text.trim(), song.audio.format.word(), &extension);
                    let problem = objection(&pattern);
                    cell.outputs.push(OutputName { pattern });
                    match problem {
                        Some(problem) => ("is not good", problem),
                        None => continue,
                    }
                }
            };
            match wrong
                .iter_mut()
                .find(|(kind, what, ..)| (*kind, &*what) == (problem.0, &problem.1))
            {
                Some((.., count)) => *count += 1,
                None => wrong.push((problem.0, problem.1, format!("{}#{take}", cell.name), 1)),
            }
        }
    }
    let complaint = |(kind, what, first, count): &(&str, String, String, usize)| {
        let message = format!("the file name of `{first}` {kind}: {what}");
        let complaint = Diagnostic::error(codes::BAD_FILE_NAME, step.span, message)
            .help("change `name:` of the song, or leave it out for a name that always works");
        match count - 1 {
            0 => complaint,
            more => complaint.help(format!("the same in {}", words::count(more, "more take"))),
        }
    };
    wrong.iter().map(complaint).collect()
}

/// In a value, what no file name may hold becomes a hyphen; standing in the template itself it is an error.
fn make_portable(value: &mut Value) {
    match value {
        Value::String(text) => {
            *text = text.replace(|one| one == '/' || is_forbidden(one), "-");
        }
        Value::Array(list) => list.iter_mut().for_each(make_portable),
        Value::Object(map) => map.values_mut().for_each(make_portable),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn is_forbidden(one: char) -> bool {
    r#"\:*?"<>|"#.contains(one) || one.is_control()
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

/// What is wrong with a name, on any of the systems it may be copied to.
fn objection(pattern: &str) -> Option<String> {
    let shown = pattern.replace(OutputName::KEY, "KEY");
    let keyless = pattern.replace(OutputName::KEY, "00000000");
    if keyless.starts_with('/') {
        return Some(format!(
            "`{shown}` is absolute; names are relative to the output folder"
        ));
    }
    if let Some(bad) = keyless.chars().find(|one| is_forbidden(*one)) {
        return Some(format!(
            "`{}` holds {bad:?}, which not every system allows",
            shown.escape_default()
        ));
    }
    if keyless.chars().count() > LONGEST {
        return Some(format!("it is longer than {LONGEST} characters"));
    }
    keyless.split('/').find_map(objection_to_part)
}

fn objection_to_part(part: &str) -> Option<String> {
    match part {
        ".." => Some("`..` would lead out of the output folder".to_owned()),
        "" | "." => Some("a part between two `/` is empty".to_owned()),
        _ if part.starts_with('.') => Some(format!("`{part}` would be hidden")),
        _ if part.len() > LONGEST_PART => Some(format!("a part of it is longer than {LONGEST_PART} bytes")),
        _ if part.trim() != part || part.ends_with('.') => {
            Some(format!("`{part}` begins or ends with a blank or a full stop"))
        }
        _ if is_reserved(part) => Some(format!("`{part}` is a device on Windows")),
        _ => None,
    }
}

/// Whether Windows takes it for a device, whatever its extension.
fn is_reserved(part: &str) -> bool {
    let stem = part.split('.').next().unwrap_or(part).trim().to_uppercase();
    let numbered = |prefix| {
        let digit = stem.strip_prefix(prefix);
        digit.is_some_and(|rest| rest.chars().count() == 1 && rest.contains(|c: char| "0123456789¹²³".contains(c)))
    };
    matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$") || numbered("COM") || numbered("LPT")
}

/// Two takes with one file, on a disk that knows no case. Extensions make no difference, since what stands beside a
/// take (`NAME.json`) is named without it. A name with the key in it holds whatever the key stands for:
/// if two such are equal, so are the files.
fn collisions(draft: &Unfinished<'_>) -> Diagnostics {
    let mut files: HashMap<String, (&Step, &Cell, usize)> = HashMap::new();
    let mut clashes: BTreeMap<(u32, u32), (Diagnostic, usize)> = BTreeMap::new();
    let mut clash = |first: (&Step, &Cell, usize), second: (&Step, &Cell, usize), name: &str| {
        let (_, count) = clashes
            .entry((first.0.id.0, second.0.id.0))
            .or_insert_with(|| (clash_complaint(first, second, name), 0));
        *count += 1;
    };
    for step in &draft.pipeline.steps {
        for cell in draft.of(step.id).unwrap_or_default() {
            for (index, output) in cell.outputs.iter().enumerate() {
                match files.entry(folded(without_extension(&output.pattern))) {
                    Entry::Vacant(free) => _ = free.insert((step, cell, index)),
                    Entry::Occupied(_) if output.pattern.contains(OutputName::KEY) => {}
                    Entry::Occupied(taken) => clash(*taken.get(), (step, cell, index), &output.pattern),
                }
            }
        }
    }
    for (folder, second) in folders(&files) {
        if let Some(first) = files.get(without_extension(folder))
            && folded(&first.1.outputs[first.2].pattern) == folder
        {
            clash(*first, second, folder);
        }
    }
    let say = |(complaint, count): (Diagnostic, usize)| match count - 1 {
        0 => complaint,
        more => complaint.help(format!("so it is with {}", words::count(more, "more pair"))),
    };
    clashes.into_values().map(say).collect()
}

/// Every folder with one of the takes in it.
fn folders<'a, T: Copy>(files: &'a HashMap<String, T>) -> BTreeMap<&'a str, T> {
    let of = |(file, take): (&'a String, &T)| {
        let take = *take;
        file.match_indices('/').map(move |(at, _)| (&file[..at], take))
    };
    files.iter().flat_map(of).collect()
}

fn without_extension(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(bare, _)| bare)
}

/// As a disk compares that knows no case and composes characters.
fn folded(pattern: &str) -> String {
    if pattern.is_ascii() {
        pattern.to_ascii_lowercase()
    } else {
        pattern.nfc().collect::<String>().to_lowercase()
    }
}

fn clash_complaint(first: (&Step, &Cell, usize), second: (&Step, &Cell, usize), name: &str) -> Diagnostic {
    let named = |(_, cell, index): (&Step, &Cell, usize)| format!("{}#{}", cell.name, index + 1);
    let message = format!(
        "{} would have the same file name `{}`",
        words::ticked(&[named(first), named(second)]),
        name.replace(OutputName::KEY, "KEY"),
    );
    let missing = if std::ptr::eq(first.1, second.1) {
        "{{take}}"
    } else {
        "what tells them apart, or {{key}},"
    };
    let complaint = Diagnostic::error(codes::SAME_FILE_NAME, second.0.span, message);
    let complaint = complaint.help(format!("put {missing} into `name:`"));
    if first.0.id == second.0.id {
        complaint
    } else {
        complaint.related(first.0.span, "the other one")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn names_that_work_nowhere_or_not_everywhere_are_refused() {
        for bad in [
            "/etc/x.mp3",
            "../x.mp3",
            "a/../x.mp3",
            "a//x.mp3",
            "./x.mp3",
            "a\\x.mp3",
            "C:x.mp3",
            "what?.mp3",
            "nul.mp3",
            "Com1/x.mp3",
            "LPT².mp3",
            "a /x.mp3",
            "a./x.mp3",
            "nu\u{0}l.mp3",
            ".x.mp3",
        ] {
            assert!(objection(bad).is_some(), "{bad:?}");
        }
        assert!(objection(&"x/".repeat(150)).is_some());
        assert!(objection(&format!("{}.mp3", "ä".repeat(130))).is_some());
        for good in [
            "x.mp3",
            "The Testers - Köln (2).wav",
            "a/b/\u{1}.mp3",
            "come.mp3",
            "console/nul-1.mp3",
        ] {
            assert_eq!(objection(good), None, "{good:?}");
        }
    }

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
