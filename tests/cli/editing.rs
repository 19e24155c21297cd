//! What an edit costs: exactly what depends on it, and nothing if the request stays the same.

use crate::studio::{GENERATE, QUESTIONS, RAINY, Studio, UPLOAD, tone};

/// A studio where everything is there, and how many requests that took.
fn rendered() -> (Studio, usize) {
    let studio = Studio::new().pipeline(RAINY);
    studio.run(&["run"]).code(0);
    let requests = studio.counts().requests;
    (studio, requests)
}

fn assert_free(edit: impl FnOnce(&Studio)) {
    let (studio, requests) = rendered();
    edit(&studio);
    let told = studio.run(&["run"]).code(0);
    assert_eq!(studio.counts().requests, requests, "{told}");
}

#[test]
fn an_edited_line_renders_its_takes_and_the_reason_names_the_line() {
    let (studio, requests) = rendered();
    studio.edit("takesheet.yaml", "sing it back", "hum it back");
    studio
        .run(&["plan"])
        .code(0)
        .stdout_has("lyrics line 2: \"sing it back")
        .stdout_has("→ \"hum it back")
        .stdout_has("4 changed");
    studio
        .run(&["why", "hook[city=Osaka]#1"])
        .code(0)
        .stdout_has("lyrics line 2: \"sing it back")
        .stdout_has("→ \"hum it back");
    studio.run(&["run"]).code(0).stderr_has("4 rendered");
    assert_eq!(studio.counts().requests, requests + QUESTIONS + 4);
    assert_eq!(studio.asked(UPLOAD), 2, "the references did not change");
}

#[test]
fn an_edit_that_one_city_sees_renders_that_city() {
    let (studio, requests) = rendered();
    studio.edit(
        "takesheet.yaml",
        "Lights of {{city}}, low",
        "Lights of {{#if (eq city \"Osaka\")}}{{upper city}}{{else}}{{city}}{{/if}}, low",
    );
    studio
        .run(&["plan"])
        .code(0)
        .stdout_has("of Osaka, low and wide,\" → \"")
        .stdout_has("of OSAKA, low and wide,\"")
        .stdout_has("2 changed, 2 cached");
    studio.run(&["run"]).code(0).stderr_has("2 rendered · 2 cached");
    assert_eq!(studio.counts().requests, requests + QUESTIONS + 2);
}

#[test]
fn one_more_take_is_one_more_for_each_cell() {
    let (studio, requests) = rendered();
    studio.edit("takesheet.yaml", "takes: 2", "takes: 3");
    studio.run(&["run"]).code(0).stderr_has("2 rendered · 4 cached");
    assert_eq!(studio.counts().requests, requests + QUESTIONS + 2);
    studio.edit("takesheet.yaml", "takes: 3", "takes: 1");
    studio.run(&["run"]).code(0).stderr_has("Up to date: 2 takes");
    assert_eq!(studio.counts().requests, requests + QUESTIONS + 2);
}

#[test]
fn one_more_city_renders_that_city() {
    let (studio, requests) = rendered();
    studio.edit("takesheet.yaml", "[Lisbon, Osaka]", "[Porto, Lisbon, Osaka]");
    let told = studio.run(&["run"]).code(0).stderr_has("2 rendered · 4 cached");
    assert!(
        told.stderr.contains("city=Porto") && !told.stderr.contains("city=Osaka"),
        "{told}"
    );
    assert_eq!(studio.counts().requests, requests + QUESTIONS + 2);
}

#[test]
fn one_changed_byte_of_a_reference_renders_what_uses_it() {
    let (studio, requests) = rendered();
    let other = "\n  other: { lyrics: chorus, instrumental: demo, audio: draft }\nlimits:";
    studio.edit("takesheet.yaml", "\nlimits:", other);
    studio.run(&["run"]).code(0).stderr_has("2 rendered");
    let mut vox = tone(330.0);
    let last = vox.len() - 1;
    vox[last] ^= 1;
    studio.file("refs/vox.wav", &vox);
    studio.run(&["plan"]).code(0).stdout_has("4 changed, 2 cached");
    studio.run(&["run"]).code(0).stderr_has("4 rendered · 2 cached");
    assert_eq!(
        studio.counts().requests,
        requests + (QUESTIONS + 2) + (QUESTIONS + 1 + 4),
        "one upload, and the takes with that voice"
    );
}

#[test]
fn another_audio_setting_renders_again() {
    let (studio, requests) = rendered();
    studio.edit("takesheet.yaml", "sample_rate: 16000", "sample_rate: 24000");
    studio
        .run(&["plan"])
        .code(0)
        .stdout_has("16000")
        .stdout_has("24000")
        .stdout_has("4 changed");
    studio.run(&["run"]).code(0);
    assert_eq!(studio.counts().requests, requests + QUESTIONS + 4);
}

#[test]
fn renaming_a_step_is_free() {
    assert_free(|studio| {
        studio.edit("takesheet.yaml", "  hook:", "  refrain:");
        studio.edit("takesheet.yaml", "  chorus:", "  words:");
        studio.edit("takesheet.yaml", "lyrics: chorus", "lyrics: words");
        studio.edit("takesheet.yaml", "  vox: {", "  singer: {");
        studio.edit("takesheet.yaml", "voice: vox", "voice: singer");
        studio.edit("takesheet.yaml", "  draft: {", "  sketch: {");
        studio.edit("takesheet.yaml", "audio: draft", "audio: sketch");
        studio.edit("takesheet.yaml", "name: rainy", "name: stormy");
    });
}

#[test]
fn a_renamed_step_gets_its_files_under_the_new_name() {
    let (studio, requests) = rendered();
    studio.edit("takesheet.yaml", "  hook:", "  refrain:");
    studio.run(&["run"]).code(0);
    let renamed = studio.takes().iter().filter(|name| name.contains("/refrain/")).count();
    assert_eq!((renamed, studio.counts().requests), (4, requests));
}

#[test]
fn order_layout_and_comments_are_free() {
    assert_free(|studio| {
        studio.file(
            "takesheet.yaml",
            br#"# The same pipeline, written by somebody else.
limits: {"concurrency": 4}
songs: {hook: {tags: ["draft"], takes: 2, "audio": draft, instrumental: demo, voice: "vox", lyrics: 'chorus'}}

lyrics:
    chorus:
        # two lines
        template: "Lights of {{city}}, low and wide,\nsing it back to me tonight.\n"
        matrix:
            city:
                - Lisbon   # first
                - Osaka
audio:
    draft:
        sample_rate: 16000
        format: wav
references:
    vox:
        purpose: voice
        file: refs/vox.wav
    demo:
        purpose: song
        file: refs/demo.wav
backend: aimlapi
name: rainy
version: 1
"#,
        );
    });
}

#[test]
fn tags_and_limits_are_free() {
    assert_free(|studio| {
        studio.edit("takesheet.yaml", "tags: [draft]", "tags: [final, loud]");
        studio.edit(
            "takesheet.yaml",
            "concurrency: 4",
            "concurrency: 1, rate: 3/1h, budget: { run: 0.01 }",
        );
    });
}

#[test]
fn moving_a_reference_is_free() {
    assert_free(|studio| {
        std::fs::rename(studio.path("refs/vox.wav"), studio.path("refs/singer.wav")).unwrap();
        studio.edit("takesheet.yaml", "refs/vox.wav", "refs/singer.wav");
    });
}

#[test]
fn touching_a_reference_is_free() {
    assert_free(|studio| studio.file("refs/vox.wav", &tone(330.0)));
}

#[test]
fn another_template_with_the_same_text_is_free() {
    assert_free(|studio| {
        studio.edit(
            "takesheet.yaml",
            "lyrics:\n  chorus:",
            "vars: { how: low }\nlyrics:\n  chorus:",
        );
        studio.edit(
            "takesheet.yaml",
            "Lights of {{city}}, low",
            "Lights of {{ city }}, {{lower how}}",
        );
    });
}

#[test]
fn line_ends_and_trailing_blanks_are_free() {
    assert_free(|studio| {
        let text = studio
            .text("takesheet.yaml")
            .replace("low and wide,\n", "low and wide,  \n");
        studio.file("takesheet.yaml", text.replace('\n', "\r\n").as_bytes());
    });
}

#[test]
fn an_order_of_cities_is_no_change() {
    let (studio, requests) = rendered();
    studio.edit("takesheet.yaml", "[Lisbon, Osaka]", "[Osaka, Lisbon]");
    studio.run(&["run"]).code(0).stderr_has("Up to date");
    assert_eq!((studio.counts().requests, studio.asked(GENERATE)), (requests, 4));
}
