use super::*;
use crate::base::{
    diagnostic::Code,
    span::{Source, SourceId},
};

const CODE: Code = Code("unknown-key");

fn sources(texts: &[(&str, &str)]) -> (Sources, Vec<SourceId>) {
    let mut sources = Sources::default();
    let ids = texts.iter().map(|(name, text)| {
        sources.add(Source {
            name: (*name).to_owned(),
            path: (*name).into(),
            text: (*text).into(),
        })
    });
    let ids = ids.collect();
    (sources, ids)
}

fn span(sources: &Sources, source: SourceId, needle: &str) -> Span {
    let start = sources.get(source).text.find(needle).unwrap();
    Span::new(source, start, start + needle.len())
}

fn coloured(one: Diagnostic, sources: &Sources) -> String {
    let (colour, unicode) = (true, true);
    render(&one.into(), sources, Style { colour, unicode })
}

fn plain(one: Diagnostic, sources: &Sources) -> String {
    render(&one.into(), sources, Style::default())
}

#[test]
fn a_complaint_looks_like_those_of_rustc() {
    let (sources, ids) = sources(&[("p.yaml", "a: 1\naudio:\n  夜: {sample_rat: 44100}\n")]);
    let place = span(&sources, ids[0], "sample_rat");
    let one = Diagnostic::error(CODE, place, "unknown key `sample_rat`")
        .label("here")
        .help("look it up")
        .patch("did you mean `sample_rate`?", place, "sample_rate");
    assert_eq!(
        plain(one, &sources),
        "\
error[unknown-key]: unknown key `sample_rat`
 --> p.yaml:3:7
  |
3 |   夜: {sample_rat: 44100}
  |        ^^^^^^^^^^ here
  |
  = help: look it up
help: did you mean `sample_rate`?
  |
3 |   夜: {sample_rate: 44100}
  |                  +

"
    );
}

#[test]
fn related_places_are_shown_in_their_files() {
    let (sources, ids) = sources(&[("p.yaml", "a: 1\nb: 2\na: 3\n"), ("q.yaml", "\n\tx: 曲\n")]);
    let first = span(&sources, ids[0], "a: 1");
    let second = span(&sources, ids[0], "a: 3");
    let other = span(&sources, ids[1], "曲");
    let one = Diagnostic::warning(CODE, second, "twice")
        .label("again")
        .related(first, "first")
        .related(other, "and here");
    assert_eq!(
        plain(one, &sources),
        "\
warning[unknown-key]: twice
 --> p.yaml:3:1
  |
1 | a: 1
  | ---- first
2 | b: 2
3 | a: 3
  | ^^^^ again
  |
 ::: q.yaml:2:5
  |
2 |     x: 曲
  |        -- and here

"
    );
}

#[test]
fn a_whole_file_has_no_line() {
    let one = Diagnostic::file_error(CODE, "p.yaml", "the file is binary").help("name another");
    assert_eq!(
        plain(one, &Sources::default()),
        "error[unknown-key]: the file is binary\n --> p.yaml\n  = help: name another\n\n"
    );
}

#[test]
fn a_long_line_is_shown_around_the_place() {
    let line = format!("{}needle{}", "曲, ".repeat(150_000), ", x".repeat(150_000));
    let (sources, ids) = sources(&[("p.yaml", &line)]);
    let place = span(&sources, ids[0], "needle");
    let whole = Span::new(ids[0], 0, line.len());
    for one in [
        Diagnostic::error(CODE, place, "m").label("l").patch("p", place, "pin"),
        Diagnostic::error(CODE, whole, "m").label("l"),
        Diagnostic::error(CODE, whole, "m").patch("p", whole, line.clone()),
    ] {
        let shown = plain(one, &sources);
        assert!(shown.len() < 2_000, "{} bytes", shown.len());
    }
    let one = Diagnostic::error(CODE, place, "m").label("l").patch("p", place, "pin");
    assert!(coloured(one.clone(), &sources).contains("p.yaml:1:450001"));
    let shown = plain(one, &sources);
    assert!(!shown.contains(":::"), "{shown}");
    assert!(
        shown.contains("needle") && shown.contains("pin") && shown.contains("p.yaml:1:450001"),
        "{shown}"
    );
}

#[test]
fn a_file_cannot_draw_on_the_terminal() {
    let (sources, ids) = sources(&[("p.yaml", "\u{1b}[31mred: \u{7} 1\n")]);
    let place = Span::new(ids[0], 0, 1);
    let one = Diagnostic::error(CODE, place, "\u{1b}[31m")
        .label("\u{1b}[1m")
        .help("\u{1b}[2m")
        .patch("\u{1b}[3m", place, "\u{1b}[4m");
    let shown = plain(one, &sources);
    assert!(!shown.contains(['\u{1b}', '\u{7}']), "{shown:?}");
}

#[test]
fn ends_of_texts_and_odd_spans_do_not_panic() {
    for text in ["", "\n", "a", "a\n", "曲", "a\r\n"] {
        let (sources, ids) = sources(&[("p.yaml", text)]);
        for start in 0..5 {
            for end in 0..7 {
                let place = Span::new(ids[0], start, end);
                let one = Diagnostic::error(CODE, place, "m")
                    .related(place, "r")
                    .patch("p", place, "x\ny");
                assert!(plain(one.clone(), &sources).starts_with("error"));
                json(&one.into(), &sources);
            }
        }
    }
}

#[test]
fn hundreds_are_counted() {
    let (sources, ids) = sources(&[("p.yaml", "a: 1\n")]);
    let many: Diagnostics = (0..105)
        .map(|number| Diagnostic::error(CODE, Span::new(ids[0], 0, 1), number.to_string()))
        .collect();
    assert!(render(&many, &sources, Style::default()).ends_with("and 5 more\n\n"));
}

#[test]
fn the_summary_counts_and_names() {
    let (sources, ids) = sources(&[("p.yaml", "a: 1\n"), ("q.yaml", "")]);
    let place = Span::new(ids[0], 0, 1);
    let mut list = Diagnostics::default();
    assert_eq!(summary(&list, &sources), "");
    list.push(Diagnostic::error(CODE, place, "a"));
    assert_eq!(summary(&list, &sources), "1 error in p.yaml");
    list.push(Diagnostic::error(CODE, place, "b"));
    list.push(Diagnostic::warning(CODE, place, "c"));
    assert_eq!(summary(&list, &sources), "2 errors and 1 warning in p.yaml");
    list.push(Diagnostic::file_error(CODE, "r.yaml", "d"));
    assert_eq!(summary(&list, &sources), "3 errors and 1 warning in 2 files");
}

#[test]
fn json_has_every_field() {
    let (sources, ids) = sources(&[("p.yaml", "曲: ab\n")]);
    let place = span(&sources, ids[0], "ab");
    let one = Diagnostic::error(CODE, place, "m")
        .label("l")
        .help("h")
        .related(place, "r")
        .patch("t", place, "x");
    assert_eq!(
        json(&one.into(), &sources),
        serde_json::json!([{
            "code": "unknown-key", "severity": "error", "message": "m", "file": "p.yaml",
            "line": 1, "column": 4, "end_line": 1, "end_column": 6, "label": "l", "help": ["h"],
            "related": [{"file": "p.yaml", "line": 1, "column": 4, "end_line": 1, "end_column": 6, "label": "r"}],
            "patch": {"title": "t", "file": "p.yaml", "line": 1, "column": 4, "end_line": 1, "end_column": 6,
                      "replacement": "x"},
        }])
    );
    let whole = Diagnostic::file_error(CODE, "q.yaml", "m");
    let shown = json(&whole.into(), &sources);
    assert_eq!(
        (&shown[0]["file"], &shown[0]["line"]),
        (&"q.yaml".into(), &serde_json::Value::Null)
    );
}

#[test]
fn colours_and_boxes_are_asked_for() {
    let (sources, ids) = sources(&[("p.yaml", "a: 1\n")]);
    let one = || Diagnostics::from(Diagnostic::error(CODE, Span::new(ids[0], 0, 1), "m"));
    let style = |colour, unicode| render(&one(), &sources, Style { colour, unicode });
    assert!(style(true, false).contains("\u{1b}["));
    assert!(style(false, true).contains('│') && style(false, false).is_ascii());
}

#[test]
fn no_control_character_of_a_file_reaches_a_terminal() {
    let (sources, ids) = sources(&[("p.yaml", "a: \u{9b}31m\u{85}red \u{1b}[1m\u{7}\u{202e} x\n")]);
    let one = Diagnostic::error(CODE, span(&sources, ids[0], "red"), "not `\u{9b}red\u{1b}`").help("\u{9b}2J");
    let shown = plain(one, &sources);
    let hidden = |one: char| one != '\n' && (one.is_control() || one == '\u{202e}');
    assert!(!shown.contains(hidden) && shown.contains("red"), "{shown:?}");
}
