//! What is sung, and whether the model takes it.

use crate::{
    base::diagnostic::{Diagnostics, Severity},
    catalog::Purpose,
    plan::{codes, fixture::Pipe},
};
use serde_json::json;

fn one_text(text: &str) -> (Pipe, crate::pipeline::StepId) {
    let mut pipe = Pipe::new();
    let chorus = pipe.lyrics("chorus", text, &[]);
    let demo = pipe.file("demo", Purpose::Song, &[]);
    let hook = pipe.song("hook", chorus, demo);
    (pipe, hook)
}

fn sent(pipe: &Pipe) -> Vec<String> {
    let plan = pipe.plan(&crate::plan::Blank);
    plan.takes()
        .map(|(_, take)| take.draft.request.lyrics.clone().unwrap())
        .collect()
}

fn heard(complaints: &Diagnostics) -> Vec<(&'static str, Severity, &str)> {
    complaints
        .iter()
        .map(|one| (one.code.0, one.severity, one.message.as_str()))
        .collect()
}

#[test]
fn a_text_is_filled_in_at_the_coordinates_of_its_cell() {
    let mut pipe = Pipe::new();
    pipe.pipeline.scope.insert("artist".into(), json!("The Testers"));
    pipe.lyrics("bridge", "over {{city}}\r\n", &[("city", &["A", "B"])]);
    let chorus = pipe.lyrics(
        "chorus",
        "{{artist}}: {{lyrics.bridge}}, {{mood}}",
        &[("mood", &["x", "y"])],
    );
    let demo = pipe.file("demo", Purpose::Song, &[]);
    pipe.song("hook", chorus, demo);
    assert_eq!(
        sent(&pipe),
        [
            "The Testers: over A, x",
            "The Testers: over A, y",
            "The Testers: over B, x",
            "The Testers: over B, y",
        ]
    );
}

#[test]
fn accompaniment_wraps_what_is_sent_and_nothing_else() {
    let mut pipe = Pipe::new();
    let bridge = pipe.lyrics("bridge", "\nla\n\n", &[]);
    let chorus = pipe.lyrics("chorus", "{{lyrics.bridge}}\nlo", &[]);
    let demo = pipe.file("demo", Purpose::Song, &[]);
    pipe.song("one", bridge, demo);
    pipe.song("two", chorus, demo);
    pipe.lyrics_of(bridge).accompaniment = true;
    assert_eq!(sent(&pipe), ["##la##", "la\nlo"]);
    pipe.lyrics_of(chorus).accompaniment = true;
    assert_eq!(sent(&pipe), ["##la##", "##la\nlo##"]);

    let (mut pipe, _) = one_text("##la##");
    pipe.lyrics_of(crate::pipeline::StepId(0)).accompaniment = true;
    assert_eq!(sent(&pipe), ["##la##"]);
}

#[test]
fn lengths_are_counted_in_characters_with_marks_and_line_ends() {
    for (length, found) in [
        (200, None),
        (201, Some(("long-lyrics", Severity::Warning))),
        (401, Some(("long-lyrics", Severity::Warning))),
        (600, Some(("long-lyrics", Severity::Warning))),
        (601, Some(("lyrics-too-long", Severity::Error))),
    ] {
        // Two lines of three-byte characters, four `#`, one line end.
        let text = format!("{}\r\n夜  \r\n", "曲".repeat(length - 6));
        let (mut pipe, _) = one_text(&text);
        pipe.lyrics_of(crate::pipeline::StepId(0)).accompaniment = true;
        let complaints = pipe
            .expand()
            .map_or_else(|errors| errors, |expansion| expansion.warnings);
        let complaint = complaints.iter().next().map(|one| (one.code.0, one.severity));
        assert_eq!(complaint, found, "{length}");
    }
}

#[test]
fn a_complaint_names_the_longest_cell_and_counts_the_others() {
    let cities: Vec<String> = (0..9).map(|n| "x".repeat(601 + n)).collect();
    let cities: Vec<&str> = cities.iter().map(String::as_str).collect();
    let (pipe, hook) = Pipe::hook(&cities);
    let complaints = pipe.expand().unwrap_err();
    assert_eq!(complaints.counts(), (1, 0));
    let one = complaints.iter().next().unwrap();
    assert_eq!(one.label, "35 characters too many");
    assert!(one.help[1].ends_with("and 5 more"), "{:?}", one.help);
    let crate::pipeline::Work::Song(song) = &pipe.pipeline.step(hook).work else {
        panic!();
    };
    assert_eq!(one.related[0].span, song.span);
}

#[test]
fn an_empty_text_is_an_error_only_where_it_is_sung() {
    let (mut pipe, _) = one_text(" \n##\n ");
    pipe.lyrics("unused", "\n", &[]);
    let complaints = pipe.expand().unwrap_err();
    assert_eq!(
        heard(&complaints),
        [("empty-lyrics", Severity::Error, "the text of `lyrics.chorus` is empty")]
    );
}

#[test]
fn a_template_that_cannot_be_filled_in_is_told_once_with_its_cell() {
    let mut pipe = Pipe::new();
    let chorus = pipe.lyrics("chorus", "la\n{{citi}}", &[("city", &["A", "B"])]);
    let demo = pipe.file("demo", Purpose::Song, &[]);
    pipe.song("hook", chorus, demo);
    let complaints = pipe.expand().unwrap_err();
    assert_eq!(complaints.counts(), (1, 0));
    let one = complaints.iter().next().unwrap();
    assert_eq!(one.code, codes::TEMPLATE_FAILED);
    assert_eq!(
        one.message,
        "cannot fill in `lyrics.chorus[city=A]`: unknown variable `citi`"
    );
    let place = pipe.pipeline.sources.locate(one.span.unwrap());
    assert_eq!(place.to_string(), "text.hbs:2:3");
    assert!(
        one.help.iter().any(|help| help.contains("`lyrics.chorus[city=B]`")),
        "{:?}",
        one.help
    );
}

#[test]
fn all_complaints_come_at_once_in_order_of_the_text() {
    let mut pipe = Pipe::new();
    let empty = pipe.lyrics("empty", "\n", &[]);
    let long = pipe.lyrics("long", &"x".repeat(700), &[]);
    let broken = pipe.lyrics("broken", "{{nobody}}", &[]);
    let demo = pipe.file("demo", Purpose::Song, &[]);
    for (name, text) in [("one", broken), ("two", long), ("three", empty)] {
        pipe.song(name, text, demo);
    }
    let complaints = pipe.expand().unwrap_err();
    let codes: Vec<_> = complaints.iter().map(|one| one.code.0).collect();
    assert_eq!(codes, ["empty-lyrics", "lyrics-too-long", "template-failed"]);
}
