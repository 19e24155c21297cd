//! Exit codes, and what is said when there is nothing to do or no way to do it.

use crate::studio::{RAINY, SINGLE, Studio};

#[test]
fn a_bad_command_line_ends_with_2() {
    let studio = Studio::new().pipeline(SINGLE);
    studio.run(&["rnu"]).code(2).stderr_has("run");
    studio
        .run(&["run", "--budget", "plenty"])
        .code(2)
        .stderr_has("plain decimal");
    studio.run(&["run", "--json", "--events", "ndjson"]).code(2);
    studio.set("AIML_API_BASE", "api.aimlapi.com");
    studio
        .run(&["run"])
        .code(2)
        .stderr_has("`api.aimlapi.com` is not an http");
    assert_eq!(studio.counts().requests, 0);
}

#[test]
fn no_pipeline_says_how_to_begin() {
    let studio = Studio::new();
    studio.run(&["run"]).code(2).stderr_has("takesheet init");
    studio.run(&["run", "nowhere.yaml"]).code(3).stderr_has("nowhere.yaml");
}

#[test]
fn a_pipeline_with_errors_ends_with_3_and_buys_nothing() {
    let studio = Studio::new().pipeline(&RAINY.replace("voice: vox", "voice: voxx"));
    for command in ["check", "plan", "run"] {
        studio
            .run(&[command])
            .code(3)
            .stderr_has("takesheet.yaml:18:12")
            .stderr_has("vox");
    }
    assert_eq!(studio.counts().requests, 0);
}

#[test]
fn a_reference_that_cannot_be_used_is_found_before_any_request() {
    let studio = Studio::new().pipeline(RAINY);
    studio.file("refs/vox.wav", b"<!DOCTYPE html>");
    studio
        .run(&["run"])
        .code(3)
        .stderr_has("takesheet.yaml:6")
        .stderr_has("refs/vox.wav");
    std::fs::remove_file(studio.path("refs/vox.wav")).unwrap();
    studio.run(&["run"]).code(3).stderr_has("there is no such file");
    assert_eq!(studio.counts().requests, 0);
}

#[test]
fn nothing_selected_ends_with_5() {
    let studio = Studio::new().pipeline(RAINY);
    studio.run(&["run", "--select", "hook[city=Paris]"]).code(5);
    studio.run(&["why", "hok"]).code(5).stderr_has("no take `hok`");
    studio.run(&["runs", "show"]).code(5);
    assert_eq!(studio.counts().requests, 0);
}

#[test]
fn without_a_key_nothing_is_sent() {
    let studio = Studio::new().pipeline(RAINY);
    studio.unset("AIML_API_KEY");
    studio
        .run(&["run"])
        .code(8)
        .stderr_has("AIML_API_KEY")
        .stderr_has("--backend sandbox");
    assert_eq!(studio.counts().requests, 0);
    assert!(studio.takes().is_empty());
}

#[test]
fn a_key_may_stand_in_a_dotenv_file() {
    let studio = Studio::new().pipeline(SINGLE);
    studio.unset("AIML_API_KEY");
    studio.file(".env", format!("AIML_API_KEY={}\n", crate::studio::KEY).as_bytes());
    studio.run(&["run"]).code(0).stderr_has("1 rendered");
}

#[test]
fn the_first_pipeline_runs_without_a_key() {
    let studio = Studio::new();
    studio.unset("AIML_API_KEY");
    studio.run(&["init"]).code(0);
    assert!(studio.path("takesheet.yaml").is_file());
    studio.run(&["check"]).code(0);
    studio
        .run(&["plan"])
        .code(0)
        .stdout_has("4 new")
        .stdout_has("free (sandbox)");
    // Ten calls a minute is kinder to an API than to a test.
    studio
        .run(&["run", "--rate", "100/1s"])
        .code(0)
        .stderr_has("4 rendered");
    let takes = studio.takes();
    assert!(
        takes.len() == 4 && takes.iter().all(|name| name.ends_with(".scratch.mp3")),
        "{takes:?}"
    );
    studio.run(&["run"]).code(0).stderr_has("Up to date: 4 takes");
}

#[test]
fn init_never_overwrites() {
    let studio = Studio::new().pipeline(SINGLE);
    studio.file("references/hum.wav", b"my own voice");
    studio
        .run(&["init"])
        .code(0)
        .stderr_has("kept takesheet.yaml")
        .stderr_has("kept references/hum.wav");
    assert_eq!(studio.text("references/hum.wav"), "my own voice");
    assert_eq!(studio.text("takesheet.yaml"), SINGLE);
}

#[test]
fn earlier_runs_are_listed_and_replayed() {
    let studio = Studio::new().pipeline(SINGLE);
    let told = studio.run(&["run"]).code(0);
    let line = |text: &str| text.lines().find(|line| line.contains("RENDER")).unwrap().to_owned();
    let replayed = studio.run(&["runs", "replay"]).code(0);
    assert_eq!(line(&replayed.stderr), line(&told.stderr));
    studio
        .run(&["runs", "list"])
        .code(0)
        .stdout_has("single")
        .stdout_has("done");
    studio
        .run(&["runs", "show"])
        .code(0)
        .stdout_has("1 rendered — $0.0315 spent");
    studio
        .run(&["runs", "show", "20200101-000000-0000"])
        .code(5)
        .stderr_has("no such run");
}

#[test]
fn plan_can_say_by_its_code_whether_there_is_work() {
    let studio = Studio::new().pipeline(SINGLE);
    studio.run(&["plan", "--detailed-exitcode"]).code(10);
    studio.run(&["run"]).code(0);
    studio
        .run(&["plan", "--detailed-exitcode"])
        .code(0)
        .stdout_has("Up to date: 1 take");
}

#[test]
fn lyrics_that_the_model_would_refuse_are_found_before_any_request() {
    let studio = Studio::new().pipeline(&RAINY.replace("Lights of {{city}}", "{{#repeat 95}}{{city}} {{/repeat}}"));
    for command in ["check", "plan", "run"] {
        studio
            .run(&[command])
            .code(3)
            .stderr_has("600")
            .stderr_has("takesheet.yaml:");
    }
    assert_eq!(studio.counts().requests, 0);
}

#[test]
fn an_error_in_one_pipeline_does_not_hold_up_the_other() {
    let studio = Studio::new().pipeline(SINGLE);
    studio.file("broken.yaml", b"version: 1\nsongs: 3\n");
    studio
        .run(&["run", "broken.yaml", "takesheet.yaml"])
        .code(3)
        .stderr_has("broken.yaml:2")
        .stderr_has("1 rendered");
    assert_eq!(studio.counts().charged, 1);
}
