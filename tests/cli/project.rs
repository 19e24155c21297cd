//! Where the user stands and what the environment says.

use crate::studio::{KEY, RAINY, SINGLE, Studio};

#[test]
fn a_folder_below_finds_the_same_pipeline_and_the_same_takes() {
    let studio = Studio::new().pipeline(SINGLE);
    studio.run(&["run"]).code(0);
    let before = studio.files(".");
    let below = studio.path("refs");
    let output = studio.command(&["run"]).current_dir(&below).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(
        output.status.success() && stderr.starts_with("Up to date: 1 take"),
        "{stderr}"
    );
    assert!(studio.files(".").keys().eq(before.keys()));
    assert_eq!(studio.counts().charged, 1);
}

#[test]
fn a_profile_and_a_backend_are_other_requests() {
    let text = format!(
        "{SINGLE}profiles: {{ high: {{ songs: {{ hook: {{ audio: {{ format: wav, sample_rate: 44100 }} }} }} }} }}\n"
    );
    let studio = Studio::new().pipeline(&text);
    studio
        .run(&["run", "--backend", "sandbox"])
        .code(0)
        .stderr_has("1 rendered");
    assert_eq!(studio.counts().requests, 0, "the sandbox is free and asks nobody");
    studio.run(&["run"]).code(0).stderr_has("1 rendered — $0.0315 spent");
    studio
        .run(&["run", "--profile", "high"])
        .code(0)
        .stderr_has("1 rendered");
    for args in [
        &["run"][..],
        &["run", "--backend", "sandbox"],
        &["run", "--profile", "high"],
    ] {
        studio.run(args).code(0).stderr_has("Up to date: 1 take");
    }
    assert_eq!(studio.counts().charged, 2);
    studio
        .run(&["run", "--profile", "hgih"])
        .code(3)
        .stderr_has("did you mean `high`");
}

#[test]
fn scratch_takes_are_named_as_such() {
    let studio = Studio::new().pipeline(SINGLE);
    studio.run(&["run", "--backend", "sandbox"]).code(0);
    studio.run(&["run"]).code(0);
    let takes = studio.takes();
    assert_eq!(
        takes.iter().filter(|name| name.ends_with(".scratch.wav")).count(),
        1,
        "{takes:?}"
    );
    assert_eq!(takes.len(), 2, "{takes:?}");
}

#[test]
fn two_different_keys_are_worth_a_warning_without_showing_either() {
    let studio = Studio::new().pipeline(SINGLE);
    studio.set("AIMLAPI_API_KEY", "another-canary-key");
    let told = studio
        .run(&["run"])
        .code(0)
        .stderr_has("warning: AIMLAPI_API_KEY and AIML_API_KEY hold different keys");
    assert!(
        !told.to_string().contains("another-canary") && !told.to_string().contains(KEY),
        "{told}"
    );
    studio.run(&["run"]).code(0).stderr_lacks("warning");
}

#[test]
fn a_dotenv_never_overrides_the_environment() {
    let studio = Studio::new().pipeline(SINGLE);
    studio.file(".env", b"AIML_API_KEY=a-wrong-key\n");
    studio.run(&["run"]).code(0).stderr_has("1 rendered");
}

#[test]
fn a_base_address_may_carry_a_version_path() {
    let studio = Studio::new().pipeline(SINGLE);
    let base = studio.base_url();
    for path in ["/v2", "/v1/", "/"] {
        studio.set("AIML_API_BASE", &format!("{base}{path}"));
        studio.edit("takesheet.yaml", "nothing", "and nothing");
        studio.run(&["run"]).code(0).stderr_has("1 rendered");
    }
    assert_eq!(studio.asked(crate::studio::UPLOAD), 1, "it is one account");
}

#[test]
fn a_plan_of_one_tag_or_state_is_that_part() {
    let studio = Studio::new().pipeline(RAINY);
    studio
        .run(&["run", "--select", "hook#1"])
        .code(0)
        .stderr_has("2 rendered");
    studio
        .run(&["plan", "--select", "state:new"])
        .code(0)
        .stdout_has("2 new");
    studio
        .run(&["plan", "--select", "tag:draft"])
        .code(0)
        .stdout_has("2 new, 2 cached");
    studio.run(&["plan", "--select", "tag:final"]).code(5);
    studio
        .run(&["run", "--select", "hook", "--select", "!hook[city=Osaka]"])
        .code(0)
        .stderr_has("1 rendered · 1 cached");
    assert_eq!(studio.counts().charged, 3);
}
