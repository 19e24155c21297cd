//! Takes that would overwrite each other's files.

use crate::{
    base::{
        diagnostic::{Diagnostic, Diagnostics},
        words,
    },
    pipeline::Step,
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
    let mut files: HashMap<String, Named<'_>> = HashMap::new();
    let mut clashes: BTreeMap<(u32, u32), (Diagnostic, usize)> = BTreeMap::new();
    let mut clash = |first: Named<'_>, second: Named<'_>, name: &str| {
        let (_, count) = clashes
            .entry((first.0.id.0, second.0.id.0))
            .or_insert_with(|| (clash_complaint(first, second, name), 0));
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
        more => complaint.help(format!("so it is with {}", words::count(more, "more pair"))),
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

fn clash_complaint(first: Named<'_>, second: Named<'_>, name: &str) -> Diagnostic {
    let named = |(_, cell, index): Named<'_>| format!("{}#{}", cell.name, index + 1);
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
