//! Proves the rule of floors: a module imports only from floors below its own.
//!
//! The table is the whole rule. It reads the source as text, tests included, so that nothing slips in behind a `cfg`.

#![expect(clippy::disallowed_methods, reason = "the rule is checked on the files themselves")]

use std::{collections::BTreeSet, fs, path::Path};

/// Each floor's modules, lowest first.
const FLOORS: &[&[&str]] = &[
    &["base"],
    &["document", "template", "audio", "band"],
    &["catalog", "pipeline"],
    &["plan"],
    &["event"],
    &["store", "backend"],
    &["engine"],
    &["report", "sandbox"],
    &["ui", "web"],
    &["service"],
    &["cli"],
];

/// Neighbours on one floor that may see each other, one way.
const NEIGHBOURS: &[(&str, &str)] = &[("band", "audio"), ("pipeline", "catalog")];

/// What a module must not know although it stands below.
const UNKNOWN: &[(&str, &[&str])] = &[
    ("store", &["document", "template", "pipeline", "band"]),
    ("backend", &["document", "template", "pipeline", "band"]),
    ("engine", &["document", "template", "band"]),
    ("report", &["engine", "store", "backend"]),
    (
        "sandbox",
        &[
            "document", "template", "pipeline", "plan", "event", "store", "backend", "engine",
        ],
    ),
    ("ui", &["engine", "store", "backend"]),
    ("web", &["engine"]),
    ("service", &["ui", "web"]),
];

fn floor(module: &str) -> Option<usize> {
    FLOORS.iter().position(|modules| modules.contains(&module))
}

/// Why `module` may not import `other`, if it may not.
fn objection(module: &str, other: &str) -> Option<String> {
    let (Some(from), Some(to)) = (floor(module), floor(other)) else {
        return Some(format!("{module} or {other} stands on no floor"));
    };
    let is_allowed = module == other || NEIGHBOURS.contains(&(module, other));
    let is_unknown = UNKNOWN
        .iter()
        .any(|(who, what)| *who == module && what.contains(&other));
    if is_allowed {
        None
    } else if to > from {
        Some(format!(
            "{module} (floor {from}) imports upward from {other} (floor {to})"
        ))
    } else if to == from {
        Some(format!("{module} imports from its neighbour {other} (floor {to})"))
    } else {
        is_unknown.then(|| format!("{module} must not know {other}"))
    }
}

/// Source without comments, strings and quote characters, so that only code is left.
fn code(source: &str) -> String {
    let (mut code, mut rest) = (String::new(), source);
    while let Some(next) = rest.chars().next() {
        let skip = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if let Some(raw) = rest.strip_prefix("r#\"") {
            raw.find("\"#").map_or(rest.len(), |end| end + 5)
        } else if next == '"' {
            string_length(rest)
        } else if rest.starts_with("'\"'") {
            3
        } else {
            code.push(next);
            next.len_utf8()
        };
        rest = &rest[skip..];
    }
    code
}

/// How many bytes a string literal takes, quotes included.
fn string_length(rest: &str) -> usize {
    let mut escaped = false;
    let end = rest[1..].find(|character| {
        let ends = character == '"' && !escaped;
        escaped = character == '\\' && !escaped;
        ends
    });
    end.map_or(rest.len(), |end| end + 2)
}

/// The top-level modules that a file names after `crate::`.
fn imports(source: &str) -> BTreeSet<String> {
    let code = code(source);
    let mut found = BTreeSet::new();
    for (at, path) in code.match_indices("crate::") {
        let rest = code[at + path.len()..].trim_start();
        match rest.strip_prefix('{') {
            Some(group) => found.extend(group_heads(group)),
            None => found.extend(head(rest)),
        }
    }
    found
}

/// The first name of each entry of a `{a::b, c::{d, e}}` group.
fn group_heads(group: &str) -> Vec<String> {
    let (mut depth, mut at_head, mut heads) = (0, true, Vec::new());
    for (at, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => at_head = true,
            _ if at_head && depth == 0 && !character.is_whitespace() => {
                heads.extend(head(&group[at..]));
                at_head = false;
            }
            _ => {}
        }
    }
    heads
}

fn head(text: &str) -> Option<String> {
    let name: String = text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    (!name.is_empty()).then_some(name)
}

fn check(folder: &Path, module: &str, objections: &mut Vec<String>) {
    for entry in fs::read_dir(folder).expect("the folder is there").flatten() {
        let path = entry.path();
        if path.is_dir() {
            check(&path, module, objections);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let source = fs::read_to_string(&path).expect("source is text");
            let found = imports(&source)
                .into_iter()
                .filter_map(|other| objection(module, &other));
            objections.extend(found.map(|why| format!("{}: {why}", path.display())));
        }
    }
}

#[test]
fn every_import_goes_down() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut objections = Vec::new();
    let mut seen = 0;
    for entry in fs::read_dir(&source).unwrap().map(Result::unwrap) {
        if entry.path().is_dir() {
            let module = entry.file_name().into_string().unwrap();
            assert!(floor(&module).is_some(), "src/{module} stands on no floor");
            check(&entry.path(), &module, &mut objections);
            seen += 1;
        }
    }
    assert!(seen >= 17, "only {seen} modules were found");
    assert!(objections.is_empty(), "\n{}", objections.join("\n"));
}

#[test]
fn one_upward_import_is_noticed_however_it_is_written() {
    for source in [
        "use crate::engine::run;",
        "use crate::{\n    base::words,\n    engine::{Ports, run},\n};",
        "fn f() { crate::engine::run() }",
        "#[cfg(test)]\nmod tests { use crate::{base::{digest::Digest, ids}, engine}; }",
    ] {
        let objections: Vec<_> = imports(source)
            .iter()
            .filter_map(|other| objection("plan", other))
            .collect();
        assert_eq!(
            objections,
            ["plan (floor 3) imports upward from engine (floor 6)"],
            "{source}"
        );
    }
}

#[test]
fn comments_and_texts_are_no_imports() {
    let source = "//! [`crate::engine`]\n/// crate::cli\nconst A: &str = \"crate::ui\"; use crate::base::span;";
    assert_eq!(imports(source).into_iter().collect::<Vec<_>>(), ["base"]);
}

#[test]
fn neighbours_do_not_see_each_other_unless_the_table_says_so() {
    assert!(objection("audio", "band").is_some());
    assert!(objection("band", "audio").is_none());
    assert!(objection("store", "backend").is_some());
    assert!(objection("report", "store").is_some());
    assert!(objection("engine", "store").is_none());
}
