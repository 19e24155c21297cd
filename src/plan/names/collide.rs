//! Takes that would overwrite each other's files.

use crate::{
    base::{
        diagnostic::{Diagnostic, Diagnostics},
        span::Sources,
        words,
    },
    pipeline::{Step, Text, Work},
    plan::{
        OutputName, codes,
        expand::{Cell, Unfinished},
    },
};
use std::collections::{BTreeMap, HashMap, hash_map::Entry};
use unicode_normalization::UnicodeNormalization;

/// A take: its step, its cell, and its place among the cell's takes, from zero.
type Named<'a> = (&'a Step, &'a Cell, usize);

/// Two takes with one file, on a disk that knows no case. Extensions make no difference, since what stands beside a
/// take (`NAME.json`) is named without it. A name with the key in it holds whatever the key stands for:
/// if two such are equal, so are the files.
pub(super) fn collisions(draft: &Unfinished<'_>) -> Diagnostics {
    let sources = &draft.pipeline.sources;
    let mut files: HashMap<String, Named<'_>> = HashMap::new();
    let mut clashes: BTreeMap<(u32, u32), (Diagnostic, usize)> = BTreeMap::new();
    let mut clash = |first: Named<'_>, second: Named<'_>, name: &str| {
        let (_, count) = clashes
            .entry((first.0.id.0, second.0.id.0))
            .or_insert_with(|| (clash_complaint(sources, first, second, name), 0));
        *count += 1;
    };
    for (second, output) in takes(draft) {
        match files.entry(folded(without_extension(&output.pattern))) {
            Entry::Vacant(free) => _ = free.insert(second),
            Entry::Occupied(taken) if !output.pattern.contains(OutputName::KEY) => {
                clash(*taken.get(), second, &output.pattern);
            }
            Entry::Occupied(_) => {}
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
        more => complaint.help(format!("the same with {}", words::count(more, "more pair"))),
    };
    clashes.into_values().map(say).collect()
}

fn takes<'a>(draft: &'a Unfinished<'_>) -> impl Iterator<Item = (Named<'a>, &'a OutputName)> {
    let steps = draft.pipeline.steps.iter();
    let cells = steps.flat_map(|step| {
        draft
            .of(step.id)
            .unwrap_or_default()
            .iter()
            .map(move |cell| (step, cell))
    });
    cells.flat_map(|(step, cell)| {
        let outputs = cell.outputs.iter().enumerate();
        outputs.map(move |(index, output)| ((step, cell, index), output))
    })
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

fn clash_complaint(sources: &Sources, first: Named<'_>, second: Named<'_>, name: &str) -> Diagnostic {
    let named = |(_, cell, index): Named<'_>| format!("{}#{}", cell.name, index + 1);
    let message = format!(
        "{} would have the same file name `{}`",
        words::ticked(&[named(first), named(second)]),
        name.replace(OutputName::KEY, "KEY"),
    );
    let place = |step: &Step| text_of(step).map_or(step.span, |text| text.home.whole(sources));
    let complaint = Diagnostic::error(codes::SAME_FILE_NAME, place(second.0), message)
        .help(format!("put `{{{{{}}}}}` into `name:`", apart(first, second)));
    if first.0.id == second.0.id {
        return complaint;
    }
    // Both may have their `name:` from `defaults:`.
    let other = Some(place(first.0)).filter(|other| *other != place(second.0));
    complaint.related(other.unwrap_or(first.0.span), "the other one")
}

/// The variable that would tell two takes apart, and is not yet in their names.
fn apart<'a>(first: Named<'a>, second: Named<'a>) -> &'a str {
    let texts = [text_of(first.0), text_of(second.0)];
    let is_read = |name: &str| {
        let mut inputs = texts.into_iter().flatten().flat_map(|text| text.template.inputs());
        inputs.any(|input| input.path[0] == name)
    };
    let by = if std::ptr::eq(first.1, second.1) {
        "take"
    } else if first.0.id == second.0.id {
        let mut unread = second.1.name.at.0.iter().filter(|(axis, _)| !is_read(axis));
        match (unread.next(), unread.next()) {
            (Some((axis, _)), None) => axis,
            (None, _) => "key",
            (Some(_), Some(_)) => "coordinates",
        }
    } else {
        "song"
    };
    if is_read(by) { "key" } else { by }
}

fn text_of(step: &Step) -> Option<&Text> {
    match &step.work {
        Work::Song(song) => song.file_name.as_ref(),
        Work::Reference(_) | Work::Lyrics(_) => None,
    }
}
