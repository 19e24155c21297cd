//! Which cells there are.

use crate::{
    base::{diagnostic::Severity, ids::StepKind},
    catalog::Purpose,
    plan::{codes, fixture::Pipe},
};

#[test]
fn axes_flow_from_lyrics_and_references_into_songs() {
    let mut pipe = Pipe::new();
    let chorus = pipe.lyrics(
        "chorus",
        "{{city}} {{mood}}",
        &[("city", &["A", "B"]), ("mood", &["x", "y"])],
    );
    let demo = pipe.file("demo", Purpose::Song, &[("singer", &["Ann"]), ("mood", &["y", "x"])]);
    let hook = pipe.song("hook", chorus, demo);
    assert_eq!(
        pipe.cells(hook),
        [
            "songs.hook[city=A,mood=x,singer=Ann]",
            "songs.hook[city=A,mood=y,singer=Ann]",
            "songs.hook[city=B,mood=x,singer=Ann]",
            "songs.hook[city=B,mood=y,singer=Ann]",
        ]
    );
}

#[test]
fn a_songs_own_matrix_comes_last_and_restricts_what_it_shares() {
    let (mut pipe, hook) = Pipe::hook(&["A", "B", "C"]);
    pipe.step(hook).matrix = crate::plan::fixture::matrix(&[("tempo", &["slow"]), ("city", &["C", "A"])]);
    assert_eq!(
        pipe.cells(hook),
        ["songs.hook[city=A,tempo=slow]", "songs.hook[city=C,tempo=slow]"]
    );
}

#[test]
fn without_any_axis_there_is_one_cell() {
    let mut pipe = Pipe::new();
    let text = pipe.lyrics("chorus", "la", &[]);
    let demo = pipe.file("demo", Purpose::Song, &[]);
    let hook = pipe.song("hook", text, demo);
    assert_eq!(pipe.cells(hook), ["songs.hook"]);
}

#[test]
fn the_axes_a_from_fixes_do_not_flow_on() {
    let mut pipe = Pipe::new();
    let axes: crate::plan::fixture::Axes<'_> = &[("city", &["A", "B"]), ("mood", &["x", "y"])];
    let text = pipe.lyrics("chorus", "{{city}} {{mood}}", axes);
    let demo = pipe.file("demo", Purpose::Song, &[]);
    let bed = pipe.song("bed", text, demo);
    let reference = pipe.from("back", bed, &[("mood", "y")], 1);
    let over = pipe.lyrics("over", "{{city}} again", &[("city", &["B"])]);
    let hook = pipe.song("hook", over, reference);
    assert_eq!(
        pipe.cells(reference),
        ["references.back[city=A]", "references.back[city=B]"]
    );
    let expansion = pipe.expand().unwrap();
    let back = &expansion.cells(reference)[1];
    assert_eq!(
        expansion.cells(bed)[back.used(bed).unwrap()].name.to_string(),
        "songs.bed[city=B,mood=y]"
    );
    assert_eq!(pipe.cells(hook), ["songs.hook[city=B]"]);
}

#[test]
fn max_cells_holds_after_joining_and_downstream_is_not_blamed() {
    let mut pipe = Pipe::new();
    let values: Vec<String> = (0..20).map(|n| n.to_string()).collect();
    let values: Vec<&str> = values.iter().map(String::as_str).collect();
    let text = pipe.lyrics("chorus", "{{a}}", &[("a", &values)]);
    let demo = pipe.file("demo", Purpose::Song, &[("b", &values)]);
    let bed = pipe.song("bed", text, demo);
    let back = pipe.from("back", bed, &[], 1);
    let bridge = pipe.lyrics("bridge", "la", &[]);
    pipe.song("hook", bridge, back);
    let complaints = pipe.expand().unwrap_err();
    let found: Vec<_> = complaints
        .iter()
        .map(|one| (one.code, one.message.as_str(), one.span))
        .collect();
    let at = Some(pipe.pipeline.step(bed).span);
    assert_eq!(
        found,
        [(
            crate::pipeline::codes::TOO_MANY_CELLS,
            "`songs.bed` has 400 cells, more than 256",
            at
        )]
    );

    pipe.step(bed).matrix.max_cells = 400;
    let hook = pipe.id(StepKind::Song, "hook");
    pipe.step(back).matrix.max_cells = 400;
    pipe.step(hook).matrix.max_cells = 400;
    assert_eq!(pipe.cells(hook).len(), 400);
}

#[test]
fn nothing_in_common_is_an_error_that_names_both_sides() {
    let mut pipe = Pipe::new();
    let text = pipe.lyrics("chorus", "{{city}}", &[("city", &["A"])]);
    let demo = pipe.file("demo", Purpose::Song, &[("city", &["B"])]);
    pipe.song("hook", text, demo);
    let complaints = pipe.expand().unwrap_err();
    let one = complaints.iter().next().unwrap();
    assert_eq!((one.code, one.severity), (codes::NO_CELLS, Severity::Error));
    assert_eq!(one.label, "no value of `city` is on both sides");
    assert_eq!(one.help[0], "`lyrics.chorus` has `A`; `references.demo` has `B`");
    assert_eq!(one.related.len(), 2);
}

#[test]
fn nothing_left_although_every_axis_has_something_in_common_names_all_sides() {
    let mut pipe = Pipe::new();
    let text = pipe.lyrics("chorus", "la", &[("a", &["x", "y"]), ("b", &["1", "2"])]);
    let demo = pipe.file("demo", Purpose::Song, &[("a", &["x", "y"]), ("b", &["1", "2"])]);
    pipe.step(text).matrix.cells.retain(|at| at.to_string() == "a=x,b=1");
    pipe.step(demo).matrix.cells.retain(|at| at.to_string() != "a=x,b=1");
    pipe.song("hook", text, demo);
    let complaints = pipe.expand().unwrap_err();
    let one = complaints.iter().next().unwrap();
    assert_eq!(one.code, codes::NO_CELLS);
    assert!(
        one.help[0].ends_with("compare `lyrics.chorus`, `references.demo`"),
        "{:?}",
        one.help
    );
}

#[test]
fn a_pcm_song_is_no_reference() {
    let (mut pipe, hook) = Pipe::hook(&["A"]);
    pipe.song_of(hook).audio.format = crate::base::audio_settings::Format::Pcm;
    pipe.from("back", hook, &[], 1);
    let complaints = pipe.expand().unwrap_err();
    assert_eq!(
        complaints.iter().map(|one| one.code).collect::<Vec<_>>(),
        [codes::REFERENCE_FORMAT]
    );
}
