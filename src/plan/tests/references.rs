//! What is said about reference files.

use crate::{
    audio::ProbeError,
    base::{audio_settings::Format, diagnostic::Severity},
    catalog::Purpose,
    plan::{
        Facts, FileFact, Selection, Unreadable, check_references, codes,
        fixture::{Pipe, fact, lines},
        reference_files,
    },
};

fn checked(edit: impl Fn(&mut FileFact)) -> Vec<(&'static str, Severity, String)> {
    let (pipe, _) = Pipe::hook(&["A"]);
    let mut facts = pipe.facts();
    for fact in facts.values_mut() {
        edit(fact.as_mut().unwrap());
    }
    let complaints = check_references(&pipe.pipeline, &facts);
    let place = reference_files(&pipe.pipeline)[0].1;
    assert!(complaints.iter().all(|one| one.span == Some(place)));
    complaints
        .iter()
        .map(|one| (one.code.0, one.severity, one.message.clone()))
        .collect()
}

fn length(seconds: f64) -> impl Fn(&mut FileFact) {
    move |fact| fact.sound.as_mut().unwrap().sound.seconds = seconds
}

#[test]
fn a_good_file_is_not_talked_about() {
    assert_eq!(checked(|_| {}), []);
    assert_eq!(checked(length(10.001)), []);
    assert_eq!(checked(length(600.0)), []);
}

#[test]
fn lengths_are_bounded_on_both_sides() {
    for (seconds, message) in [
        (
            10.0,
            "`demo.wav` is too short: it lasts 10 s, and `music-01` takes references longer than 10 s",
        ),
        (
            9.98,
            "`demo.wav` is too short: it lasts 9.98 s, and `music-01` takes references longer than 10 s",
        ),
        (
            600.2,
            "`demo.wav` is too long: it lasts 600.2 s, and `music-01` takes references of at most 600 s",
        ),
    ] {
        let found = checked(length(seconds));
        assert_eq!(
            found,
            [(codes::REFERENCE_LENGTH.0, Severity::Error, message.to_owned())]
        );
    }
}

#[test]
fn what_is_not_sound_is_refused_and_what_still_plays_is_not() {
    let found = checked(|fact| fact.sound = Err(ProbeError::NotAudio("it begins like HTML".into())));
    let message = "`demo.wav` is not a readable wav or mp3 file: it begins like HTML";
    assert_eq!(found, [("not-audio", Severity::Error, message.to_owned())]);

    let found = checked(|fact| fact.sound.as_mut().unwrap().sound.damaged = true);
    assert_eq!((found[0].0, found[0].1), ("damaged-reference", Severity::Warning));

    let found = checked(|fact| fact.sound.as_mut().unwrap().format = Format::Mp3);
    let message = "`demo.wav` is named like wav, but is mp3 inside";
    assert_eq!(found, [("misnamed-reference", Severity::Warning, message.to_owned())]);
}

#[test]
fn what_cannot_be_read_says_why_and_blocks_what_needs_it() {
    let (mut pipe, _) = Pipe::hook(&["A"]);
    pipe.file("unused", Purpose::Voice, &[]);
    let mut facts = pipe.facts();
    facts.insert(
        "demo.wav".into(),
        Err(Unreadable {
            why: "it is a folder".into(),
            help: "name a file inside it".into(),
        }),
    );
    facts.remove(std::path::Path::new("unused.wav"));
    let complaints = check_references(&pipe.pipeline, &facts);
    let messages: Vec<_> = complaints.iter().map(|one| one.message.as_str()).collect();
    assert_eq!(
        messages,
        [
            "cannot read `demo.wav`: it is a folder",
            "cannot read `unused.wav`: it was not looked at"
        ]
    );
    assert_eq!(complaints.iter().next().unwrap().help, ["name a file inside it"]);

    let expansion = pipe.expand().unwrap();
    let plan = crate::plan::build(
        &pipe.pipeline,
        &expansion,
        &facts,
        &crate::plan::Blank,
        &Selection::default(),
    )
    .unwrap();
    assert_eq!(
        lines(&plan),
        ["references.demo blocked", "songs.hook[city=A]#1 blocked"]
    );
    assert!(plan.takes().all(|(_, take)| take.key.is_none()));
}

#[test]
fn a_reference_that_no_song_uses_yet_is_checked_all_the_same() {
    let mut pipe = Pipe::new();
    pipe.file("demo", Purpose::Song, &[]);
    let mut short = fact("x");
    length(3.0)(&mut short);
    let facts = Facts::from([("demo.wav".into(), Ok(short))]);
    assert_eq!(check_references(&pipe.pipeline, &facts).counts(), (1, 0));
}
