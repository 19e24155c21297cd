//! What only looks needs no key and no network, and leaves no trace.

use crate::studio::{RAINY, Studio};

const LOOKS: [&[&str]; 14] = [
    &["check"],
    &["check", "--json"],
    &["plan"],
    &["plan", "--json"],
    &["plan", "-v"],
    &["run", "--dry-run"],
    &["why", "hook[city=Lisbon]#1"],
    &["graph"],
    &["graph", "--cells"],
    &["graph", "--format", "mermaid"],
    &["graph", "--format", "dot"],
    &["show", "--config"],
    &["schema"],
    &["resolve"],
];

fn without_key_or_api() -> Studio {
    let studio = Studio::new().pipeline(RAINY);
    studio.unset("AIML_API_KEY");
    studio.unset("AIML_API_BASE");
    studio
}

#[test]
fn looking_writes_nothing_and_asks_nobody() {
    let studio = without_key_or_api();
    let before = studio.files(".");
    for look in LOOKS {
        studio.run(look).code(0);
        assert!(studio.files(".") == before, "`{}` wrote something", look.join(" "));
    }
    assert!(!studio.path(".takesheet").exists());
    assert_eq!(studio.counts().requests, 0);
}

#[test]
fn looking_at_what_was_rendered_writes_nothing_either() {
    let studio = Studio::new().pipeline(RAINY);
    studio.run(&["run"]).code(0);
    studio.edit("takesheet.yaml", "low and wide", "high and wide");
    let names = |studio: &Studio| studio.files(".").into_keys().collect::<Vec<_>>();
    let (before, requests) = (names(&studio), studio.counts().requests);
    for look in LOOKS {
        studio.run(look).code(0);
        assert_eq!(names(&studio), before, "`{}` wrote something", look.join(" "));
    }
    assert_eq!(studio.counts().requests, requests);
}

#[test]
fn a_plan_says_what_why_and_for_how_much() {
    let studio = without_key_or_api();
    let told = studio
        .run(&["plan"])
        .code(0)
        .stdout_has("4 new")
        .stdout_has("$0.126")
        .stderr_lacks("error");
    for name in [
        "hook[city=Lisbon]#1",
        "hook[city=Lisbon]#2",
        "hook[city=Osaka]#1",
        "hook[city=Osaka]#2",
    ] {
        assert!(told.stdout.contains(name), "{told}");
    }
    let document = studio.run(&["plan", "--json"]).code(0).json();
    let text = document.to_string();
    assert!(
        text.contains("songs.hook[city=Osaka]#2") && text.contains("0.0315"),
        "{text}"
    );
}

#[test]
fn the_same_pipeline_is_planned_the_same_way() {
    let studio = without_key_or_api();
    let plan = || studio.run(&["plan", "--json"]).code(0).stdout;
    assert_eq!(plan(), plan());
}

#[test]
fn graphs_name_every_step() {
    let studio = without_key_or_api();
    studio
        .run(&["graph", "--format", "mermaid"])
        .stdout_has("flowchart")
        .stdout_has("references.vox");
    studio
        .run(&["graph", "--format", "dot"])
        .stdout_has("digraph")
        .stdout_has("songs.hook");
    studio.run(&["graph"]).stdout_has("chorus");
}

#[test]
fn the_schema_is_json_schema() {
    let schema = without_key_or_api().run(&["schema"]).code(0).json();
    assert_eq!(schema["$schema"], "http://json-schema.org/draft-07/schema#");
    assert!(schema["properties"]["songs"].is_object());
}

#[test]
fn completions_and_manuals_are_printed() {
    let studio = Studio::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        studio.run(&["completions", shell]).code(0).stdout_has("takesheet");
    }
    studio.run(&["man"]).code(0).stdout_has(".TH");
    studio.run(&["man", "run"]).code(0).stdout_has("budget");
    studio.run(&["man", "promote"]).code(0).stdout_has("tags");
}
