//! Where files go.

use crate::{
    base::audio_settings::Format,
    catalog::{BackendKind, Purpose},
    plan::{
        Blank, OutputName, codes,
        fixture::{Axes, Pipe},
    },
};
use std::collections::HashSet;

fn outputs(pipe: &Pipe) -> Vec<String> {
    let plan = pipe.plan(&Blank);
    plan.takes()
        .map(|(_, take)| take.output.pattern.replace(OutputName::KEY, "KEY"))
        .collect()
}

fn named(name: &str, takes: u32, axes: Axes<'_>) -> Pipe {
    let mut pipe = Pipe::new();
    let chorus = pipe.lyrics("chorus", "la", axes);
    let demo = pipe.file("demo", Purpose::Song, &[]);
    let hook = pipe.song("hook", chorus, demo);
    pipe.name_files(hook, name);
    pipe.takes(hook, takes);
    pipe
}

#[test]
fn a_default_name_says_pipeline_song_coordinates_take_and_key() {
    let mut pipe = Pipe::new();
    let chorus = pipe.lyrics("chorus", "la", &[("city", &["São Paulo"]), ("mood", &["bright!"])]);
    let low = pipe.lyrics("low", "la", &[]);
    let demo = pipe.file("demo", Purpose::Song, &[]);
    let hook = pipe.song("Big Hook", chorus, demo);
    let con = pipe.song("con", low, demo);
    pipe.takes(hook, 2);
    pipe.song_of(con).backend = BackendKind::Sandbox;
    pipe.song_of(con).audio.format = Format::Wav;
    assert_eq!(
        outputs(&pipe),
        [
            "rainy-city/big-hook/sao-paulo-bright_t01_KEY.mp3",
            "rainy-city/big-hook/sao-paulo-bright_t02_KEY.mp3",
            "rainy-city/con-/con-_t01_KEY.scratch.wav",
        ]
    );
    let plan = pipe.plan(&Blank);
    let (_, take) = plan.takes().next().unwrap();
    let key = take.key.unwrap();
    let name = take.output.with_key(key);
    assert_eq!(
        name,
        format!("rainy-city/big-hook/sao-paulo-bright_t01_{}.mp3", key.0.short())
    );
}

#[test]
fn default_names_are_told_apart_whatever_the_values_are() {
    let long = "y".repeat(400);
    let values = ["Köln", "Koln", "koln", "", "!", "北京", "背景", &long, "NUL"];
    let mut pipe = Pipe::new();
    let chorus = pipe.lyrics("chorus", "la", &[("city", &values)]);
    let demo = pipe.file("demo", Purpose::Song, &[]);
    pipe.song("hook", chorus, demo);
    let names = outputs(&pipe);
    let different: HashSet<_> = names.iter().collect();
    assert_eq!(different.len(), values.len());
    for name in &names {
        assert!(name.is_ascii() && name.len() < 200, "{name}");
        let whole = name
            .chars()
            .all(|one| one.is_ascii_alphanumeric() || "-_/.".contains(one));
        assert!(whole, "{name}");
    }
}

#[test]
fn a_name_of_ones_own_is_kept_as_written() {
    let mut pipe = named(
        "{{artist}} - {{city}} ({{take}})/{{key}}.mp3\n",
        2,
        &[("city", &["Köln", "AC/DC"])],
    );
    pipe.pipeline.scope.insert("artist".into(), "The Testers".into());
    assert_eq!(
        outputs(&pipe),
        [
            "The Testers - Köln (1)/KEY.mp3",
            "The Testers - Köln (2)/KEY.mp3",
            "The Testers - AC-DC (1)/KEY.mp3",
            "The Testers - AC-DC (2)/KEY.mp3",
        ]
    );
}

#[test]
fn the_parts_of_a_default_name_can_be_put_in_another_order() {
    let name = "{{coordinates}}/{{song}}_{{take}}_{{key}}_{{pipeline}}.{{ext}}";
    let pipe = named(name, 1, &[("city", &["São Paulo"]), ("mood", &["bright"])]);
    assert_eq!(outputs(&pipe), ["sao-paulo-bright/hook_1_KEY_rainy-city.mp3"]);
}

#[test]
fn a_name_that_is_not_unique_points_at_itself_and_says_what_is_missing() {
    for (name, takes, values, help) in [
        ("{{city}}", 2, &["A"][..], "{{take}}"),
        ("{{song}}-{{take}}", 1, &["A", "B"], "{{city}}"),
        ("{{city}}", 1, &["straße", "STRAßE"], "{{key}}"),
        ("{{city}}", 1, &["o\u{308}", "ö"], "{{key}}"),
    ] {
        let pipe = named(name, takes, &[("city", values)]);
        let complaints = pipe.expand().unwrap_err();
        assert_eq!(complaints.counts(), (1, 0), "{name}");
        let one = complaints.iter().next().unwrap();
        assert_eq!(one.code, codes::SAME_FILE_NAME);
        assert_eq!(&pipe.pipeline.sources.get(one.span.unwrap().source).text[..], name);
        assert!(one.help[0].contains(help), "{:?}", one.help);
    }
    assert!(named("{{key}}", 2, &[("city", &["A", "B"])]).expand().is_ok());
}

#[test]
fn what_stands_beside_a_take_collides_too() {
    // `x.mp3` and `x.wav` would share `x.json`; `x.mp3` cannot be a file and a folder.
    for (first, second) in [("x", "X"), ("x.mp3", "x.mp3/y")] {
        let mut pipe = named(first, 1, &[]);
        let (chorus, demo) = (crate::pipeline::StepId(0), crate::pipeline::StepId(1));
        let other = pipe.song("other", chorus, demo);
        pipe.name_files(other, second);
        pipe.song_of(other).audio.format = Format::Wav;
        let complaints = pipe.expand().unwrap_err();
        let codes: Vec<_> = complaints.iter().map(|one| one.code).collect();
        assert_eq!(codes, [codes::SAME_FILE_NAME], "{first} {second}");
    }
}

#[test]
fn a_name_that_leaves_the_folder_or_does_not_work_everywhere_is_refused() {
    for (name, why) in [
        ("../{{city}}", "out of the output folder"),
        ("/tmp/{{city}}", "absolute"),
        ("{{city}}?", "not every system"),
        ("aux", "device"),
        ("{{city}}{{nobody}}", "cannot fill in"),
        (&"x".repeat(301), "longer than 300"),
    ] {
        let pipe = named(name, 1, &[("city", &["A"])]);
        let complaints = pipe.expand().unwrap_err();
        let one = complaints.iter().next().unwrap();
        assert_eq!(one.code, codes::BAD_FILE_NAME, "{name}");
        assert!(one.message.contains(why), "{}", one.message);
    }
}
