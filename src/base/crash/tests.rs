#![expect(clippy::disallowed_methods, reason = "the rule is checked on the files themselves")]

use super::{POINTS, VARIABLE};
use std::{collections::BTreeSet, fs, path::Path};

/// The text of every source file but this module's.
fn sources(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push((path.display().to_string(), fs::read_to_string(&path).unwrap()));
        }
    }
}

fn all_sources() -> Vec<(String, String)> {
    let mut found = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    assert!(found.len() > 100, "only {} files were found", found.len());
    found
}

/// The names of the points in the source, as often as they stand there.
fn placed() -> Vec<String> {
    let call = concat!("crash::", "point(\"");
    let texts = all_sources().into_iter().map(|(_, text)| text);
    let names = texts.flat_map(|text| {
        let parts: Vec<_> = text.split(call).skip(1).map(str::to_owned).collect();
        parts.into_iter()
    });
    names
        .filter_map(|rest| Some(rest.split_once('"')?.0.to_owned()))
        .collect()
}

#[test]
fn every_point_stands_in_the_source_and_no_other_does() {
    let listed: BTreeSet<&str> = POINTS.iter().map(|(name, _)| *name).collect();
    assert_eq!(listed.len(), POINTS.len(), "a point is listed twice");
    let placed = placed();
    let placed: BTreeSet<&str> = placed.iter().map(String::as_str).collect();
    assert_eq!(
        placed.difference(&listed).collect::<Vec<_>>(),
        [&""; 0],
        "placed, not listed"
    );
    assert_eq!(
        listed.difference(&placed).collect::<Vec<_>>(),
        [&""; 0],
        "listed, not placed"
    );
}

#[test]
fn points_are_named_and_told_alike() {
    for (name, meaning) in POINTS {
        let is_plain = |c: char| c.is_ascii_lowercase() || ".-".contains(c);
        assert!(name.contains('.') && name.chars().all(is_plain), "{name}");
        assert!(!meaning.is_empty() && !meaning.ends_with('.'), "{name}: {meaning}");
    }
}

/// What a release build knows of the variable: nothing, because whoever names or reads it is left out of such a build.
#[test]
fn no_release_build_reads_the_variable() {
    let call = concat!("crash::", "arm");
    let mut calls = 0;
    for (path, text) in all_sources() {
        if text.contains(VARIABLE) {
            assert!(path.contains("crash"), "{path} names the variable");
        }
        if path.contains("crash") {
            continue;
        }
        for (at, _) in text.match_indices(call) {
            calls += 1;
            let before: Vec<_> = text[..at]
                .lines()
                .rev()
                .take_while(|line| !line.trim().is_empty())
                .collect();
            assert!(
                before.contains(&"#[cfg(debug_assertions)]"),
                "{path} arms a release build"
            );
        }
    }
    assert_eq!(calls, 1, "one place reads the wish");
}
