//! Retakes where things change between runs: gates, how many, who else runs, what is lost, and what hangs on the take.

use crate::studio::{GENERATE, SINGLE, Studio, api, faulty};
use std::{fs, time::Duration};
use takesheet::sandbox::{Options, Sound};

const SHEET: &str = "takesheet.takes.yaml";
const PIPELINE: &str = "takesheet.yaml";

/// One take of two seconds, or of one where the answer is cut, held against this.
fn asking(accept: &str) -> String {
    SINGLE.replace("audio: draft }\n", &format!("audio: draft, accept: {accept} }}\n"))
}

const TWICE: &str = "{ duration: { min: 1500ms }, retake: 2 }";

/// An API whose first answers hold half of the audio.
fn half(times: usize) -> Studio {
    Studio::with(faulty(&vec!["truncated-audio"; times]))
}

/// The next run renders one take, the one after it none, and so many were charged in all.
fn buys_one_more(studio: &Studio, charged: usize) {
    studio.run(&["run"]).code(0).stderr_has("1 rendered");
    studio
        .run(&["run"])
        .code(0)
        .stderr_has("Up to date: 1 take, 0 to render");
    assert_eq!(studio.counts().charged, charged);
}

/// One take made of another, which is held against gates. Takes last eleven seconds.
const CHAINED: &str = "\
version: 1
name: chained
backend: aimlapi
references:
  demo: { file: refs/demo.wav, purpose: instrumental }
  bed: { from: songs.bed#1, purpose: instrumental }
audio:
  draft: { format: wav, sample_rate: 16000 }
lyrics:
  verse: { template: \"One line and nothing more.\\n\" }
songs:
  bed: { lyrics: verse, instrumental: demo, audio: draft, accept: { duration: { min: 12 }, retake: 1 } }
  hook: { lyrics: verse, instrumental: bed, audio: draft }
";

/// The path of the audio of a try that the take sheet has a row of.
fn file_of(studio: &Studio, is_it: impl Fn(&str) -> bool) -> String {
    let sheet = studio.text(SHEET);
    let row = sheet.lines().find(|line| line.contains("key: ") && is_it(line));
    let key = row.unwrap_or_else(|| panic!("{sheet}")).split("key: ").nth(1).unwrap();
    let key = key.trim_matches('"')[..8].to_owned();
    studio.takes().into_iter().find(|name| name.contains(&key)).unwrap()
}

/// Deletes the audio of a try everywhere.
fn lose(studio: &Studio, file: &str) {
    let bytes = fs::read(studio.path(file)).unwrap();
    for (name, found) in studio
        .files(".takesheet/blobs")
        .into_iter()
        .chain(studio.files("takes"))
    {
        if found == bytes {
            fs::remove_file(studio.path(&name)).unwrap();
        }
    }
}

#[test]
fn another_try_that_counts_is_told_with_what_it_costs_downstream() {
    let sound = Sound::Drone;
    let studio = Studio::with(Options { sound, ..api() }).pipeline(CHAINED);
    studio.run(&["run"]).code(0).stderr_has("Outside: bed#1 after 1 retake");
    assert_eq!(studio.counts().charged, 3);
    studio.run(&["run"]).code(0).stderr_has("Up to date");

    let asked = studio.text(PIPELINE);
    let loose = asked.replace("min: 12", "min: 5");
    let none = asked.replace(", accept: { duration: { min: 12 }, retake: 1 }", "");
    for other in [loose, none] {
        studio.file(PIPELINE, other.as_bytes());
        studio
            .run(&["plan"])
            .code(0)
            .stdout_has("Plan: 1 changed, 1 cached · $0.0315")
            .stdout_has("instrumental: \"retake 1 of songs.bed#1\" → \"first try of songs.bed#1\"");
        studio
            .run(&["why", "hook#1"])
            .code(0)
            .stdout_has("retake 1 of songs.bed#1");
        studio.run(&["run", "--budget", "0"]).code(7);
        assert_eq!(studio.counts().charged, 3);
    }
    studio.file(PIPELINE, asked.as_bytes());
    studio.run(&["run"]).code(0).stderr_has("Up to date");
    assert_eq!(
        studio.counts().charged,
        3,
        "what was made of the other try is still there"
    );
}

#[test]
fn a_first_try_that_is_lost_was_made_and_its_retake_is_one() {
    let studio = half(2).pipeline(&asking("{ duration: { min: 1500ms } }"));
    studio.run(&["run"]).code(0).stderr_has("Outside: hook#1");
    let file = file_of(&studio, |row| row.contains("outside: "));
    lose(&studio, &file);
    studio.edit(PIPELINE, "{ min: 1500ms } }", "{ min: 1500ms }, retake: 1 }");
    studio
        .run(&["plan"])
        .code(0)
        .stdout_has("retake 1 of 1: 1 s, less than 1.5 s asked");
    studio.run(&["run"]).code(0).stderr_has("1 rendered");
    assert_eq!(studio.counts().charged, 2);
    for _ in 0..2 {
        studio.run(&["run"]).code(0).stderr_has("1 outside");
    }
    assert_eq!(studio.counts().charged, 2);
}

#[test]
fn an_accepted_retake_that_is_lost_is_held_and_settled_by_the_name_of_its_take() {
    let studio = half(1).pipeline(&asking(TWICE));
    studio.run(&["run"]).code(0);
    let file = file_of(&studio, |row| !row.contains("outside: "));
    lose(&studio, &file);
    for _ in 0..2 {
        studio
            .run(&["run"])
            .code(6)
            .stderr_has("takesheet resolve 'songs.hook#1' --retake");
    }
    assert_eq!(studio.counts().charged, 2);
    studio.run(&["resolve", "songs.hook#1", "--retake"]).code(0);
    buys_one_more(&studio, 3);
}

#[test]
fn a_lost_first_try_and_an_unsure_retake_are_settled_each_by_its_own_name() {
    let studio = Studio::with(faulty(&["truncated-audio", "cut-billed"])).pipeline(&asking(TWICE));
    studio.run(&["run"]).code(6);
    let file = file_of(&studio, |row| row.contains("outside: "));
    lose(&studio, &file);
    studio.run(&["run"]).code(6);
    // One name means both, and each has a name of its own.
    studio
        .run(&["resolve", "songs.hook#1", "--retake"])
        .code(2)
        .stderr_has("1 unsure call and 1 lost take");
    let listed = studio.run(&["resolve"]).code(0).stdout;
    let call = listed
        .split_whitespace()
        .find(|word| word.starts_with("takesheet-"))
        .unwrap();
    studio.run(&["resolve", call, "--retake"]).code(0);
    buys_one_more(&studio, 3);
}

#[test]
fn fewer_retakes_than_were_begun_end_with_the_one_that_is_unsure() {
    let studio = Studio::with(faulty(&["truncated-audio", "cut-billed"])).pipeline(&asking(TWICE));
    studio.run(&["run"]).code(6);
    studio.edit(PIPELINE, ", retake: 2", "");
    for _ in 0..2 {
        studio.run(&["plan"]).code(0).stdout_has("unsure");
        studio.run(&["run"]).code(6).stderr_has("takesheet resolve");
    }
    assert_eq!(studio.counts().charged, 2);
    studio.run(&["resolve", "hook#1", "--retake"]).code(0);
    studio.run(&["run"]).code(0).stderr_has("1 outside");
    assert_eq!(studio.counts().charged, 2, "nothing is retaken any more");
    studio.edit(PIPELINE, "{ min: 1500ms } }", "{ min: 1500ms }, retake: 1 }");
    buys_one_more(&studio, 3);
}

#[test]
fn more_and_fewer_retakes_never_come_to_more_than_the_most() {
    let studio = Studio::new().pipeline(&asking("{ duration: { min: 5 }, retake: 1 }"));
    let mut most = 0;
    for (before, now) in [(1, 1), (1, 3), (3, 2), (2, 0), (0, 5), (5, 1), (1, 5)] {
        let text = studio.text(PIPELINE);
        let text = text.replace(&format!("retake: {before}"), &format!("retake: {now}"));
        studio.file(PIPELINE, text.as_bytes());
        studio.run(&["run"]).code(0).stderr_has("outside");
        most = most.max(now);
        assert_eq!(studio.counts().charged, 1 + most, "{before} to {now}");
    }
}

#[test]
fn processes_with_other_gates_share_one_store() {
    let delay = Duration::from_millis(150);
    let studio = Studio::with(Options { delay, ..api() })
        .side_by_side()
        .pipeline(&asking("{ duration: { min: 5 }, retake: 3 }"));
    studio.file("some.yaml", asking("{ duration: { min: 5 }, retake: 1 }").as_bytes());
    studio.file("none.yaml", SINGLE.as_bytes());
    let files = [PIPELINE, "some.yaml", "none.yaml", PIPELINE];
    let running: Vec<_> = files.iter().map(|file| studio.start(&["run", file, "-q"])).collect();
    for told in running.into_iter().map(crate::studio::Running::finish) {
        drop(told.code(0));
    }
    assert_eq!((studio.asked(GENERATE), studio.counts().charged), (4, 4));
    for file in files {
        studio.run(&["run", file]).code(0).stderr_has("Up to date: 1 take");
    }
    assert_eq!(studio.counts().charged, 4);
}

#[test]
fn a_budget_that_is_met_exactly_by_the_last_retake_ends_well() {
    let studio = Studio::new().pipeline(&asking("{ duration: { min: 5 }, retake: 2 }"));
    studio.run(&["run", "--budget", "0.063"]).code(7);
    assert_eq!(studio.counts().charged, 2);
    studio
        .run(&["run", "--budget", "0.0315"])
        .code(0)
        .stderr_has("Outside: hook#1");
    assert_eq!(studio.counts().charged, 3);
    studio.run(&["run", "--budget", "0"]).code(0);
}

#[test]
fn profiles_with_other_gates_choose_and_buy_nothing_twice() {
    let profiles = "profiles: { strict: { defaults: { accept: { duration: { min: 1500ms }, retake: 1 } } } }\n";
    let studio = half(1).pipeline(&(SINGLE.to_owned() + profiles));
    studio.run(&["run"]).code(0).stderr_lacks("outside");
    studio
        .run(&["run", "--profile", "strict"])
        .code(0)
        .stderr_has("1 rendered");
    assert_eq!(studio.counts().charged, 2);
    let names = studio.takes();
    for args in [&["run"][..], &["run", "--profile", "strict"], &["run"]] {
        studio.run(args).code(0).stderr_has("Up to date: 1 take, 0 to render");
        assert_eq!(studio.takes(), names);
    }
    assert_eq!(studio.counts().charged, 2);
    studio.run(&["gc"]).code(0).stderr_has("Nothing to delete");
}

#[test]
fn what_is_handed_on_outside_is_said_to_be() {
    let studio = Studio::new().pipeline(&asking("{ duration: { min: 5 } }"));
    studio.run(&["run"]).code(0);
    let told = studio
        .run(&["promote", "hook", "--to", "out"])
        .code(0)
        .stderr_has("warning: songs.hook#1 is outside what is accepted: 2 s, less than 5 s asked");
    assert_eq!(told.stdout.lines().count(), 1);
    studio
        .run(&["promote", "hook", "--to", "out", "-q"])
        .code(0)
        .stderr_has("outside what is accepted");
}

#[test]
fn a_name_goes_from_try_to_try_as_gates_change_and_no_audio_is_lost() {
    let studio = half(1).pipeline(&asking(TWICE).replace("audio: draft,", "name: anthem, audio: draft,"));
    studio.run(&["run"]).code(0);
    let retake = fs::read(studio.path("takes/anthem.wav")).unwrap();
    for gate in ["500ms", "1500ms", "500ms", "1500ms"] {
        let text = studio.text(PIPELINE);
        let from = if gate == "500ms" { "1500ms" } else { "500ms" };
        studio.file(PIPELINE, text.replace(from, gate).as_bytes());
        studio.run(&["run"]).code(0).stderr_lacks("outside");
        let named = fs::read(studio.path("takes/anthem.wav")).unwrap();
        assert_eq!(named == retake, gate == "1500ms", "{gate}");
        let sheet = studio.text(SHEET);
        assert_eq!(sheet.contains("outside: "), gate == "1500ms", "{gate}: {sheet}");
        assert_eq!(sheet.matches("key: ").count(), 2, "{gate}: {sheet}");
        studio.run(&["gc", "--delete"]).code(0).stderr_has("Deleted 0 takes");
    }
    assert_eq!(studio.counts().charged, 2);
}

#[test]
fn a_deleted_try_is_not_bought_again_when_the_store_is_gone_too() {
    let studio = half(1).pipeline(&asking(TWICE));
    studio.run(&["run"]).code(0);
    let file = file_of(&studio, |row| row.contains("outside: "));
    lose(&studio, &file);
    fs::remove_dir_all(studio.path(".takesheet")).unwrap();
    assert!(studio.start(&["run", "-q"]).exit_status().success());
    assert_eq!((studio.counts().charged, studio.ledger("1").len()), (2, 0));
}

/// The process that was to fetch a retake's audio is killed: it is fetched, and nothing is bought in its place.
#[test]
fn a_retake_behind_a_link_is_fetched_by_the_next_run() {
    let studio = Studio::with(faulty(&["truncated-audio", "audio-url", "files:503x2"])).pipeline(&asking(TWICE));
    let running = studio.start(&["run"]);
    studio.wait_until("the first try to fetch was in vain", |studio| {
        studio.log().iter().any(|seen| seen.path.starts_with("/files/"))
    });
    running.kill();
    studio.run(&["run"]).code(0);
    studio
        .run(&["run"])
        .code(0)
        .stderr_has("Up to date: 1 take, 0 to render");
    assert_eq!((studio.asked(GENERATE), studio.counts().charged), (2, 2));
    assert_eq!(studio.takes().len(), 2);
}

#[test]
fn what_is_wished_of_scratch_takes_is_no_matter_of_what_is_paid_for() {
    let studio = Studio::new().pipeline(SINGLE);
    studio.run(&["run"]).code(0);
    studio
        .run(&["run", "--backend", "sandbox"])
        .code(0)
        .stderr_has("1 rendered");
    let wishing = format!("{SINGLE}sandbox: {{ bpm: 92, key: D minor, seed: 7 }}\n");
    studio.file(PIPELINE, wishing.as_bytes());
    studio
        .run(&["run"])
        .code(0)
        .stderr_has("Up to date: 1 take, 0 to render");
    let scratch = ["run", "--backend", "sandbox"];
    studio.run(&scratch).code(0).stderr_has("1 rendered");
    studio.edit(PIPELINE, "bpm: 92", "bpm: 92.0");
    studio
        .run(&scratch)
        .code(0)
        .stderr_has("Up to date: 1 take, 0 to render");
    studio.file(PIPELINE, SINGLE.as_bytes());
    studio
        .run(&scratch)
        .code(0)
        .stderr_has("Up to date: 1 take, 0 to render");
    assert_eq!((studio.asked(GENERATE), studio.counts().charged), (1, 1));
}

#[test]
fn of_several_tries_that_are_lost_the_pipeline_says_which_is_meant() {
    let studio = half(1).pipeline(&asking(TWICE));
    studio.run(&["run"]).code(0);
    for file in studio.takes() {
        lose(&studio, &file);
    }
    studio.run(&["run"]).code(6).stderr_has("1 unsure");
    studio
        .run(&["resolve", "songs.hook#1", "--retake"])
        .code(2)
        .stderr_has("2 lost takes")
        .stderr_has("with `-p PIPELINE` the name means the one that its plan waits for");
    studio
        .run(&["resolve", "-p", PIPELINE, "songs.hook#1", "--retake"])
        .code(0)
        .stderr_has("songs.hook#1: to be taken again");
    studio.run(&["run"]).code(0).stderr_has("1 rendered");
    studio
        .run(&["run"])
        .code(0)
        .stderr_has("Up to date: 1 take, 0 to render");
    assert_eq!(
        studio.counts().charged,
        3,
        "the first try was outside, and is not bought again"
    );
}
