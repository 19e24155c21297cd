//! Under cron: nothing is said while all is well, and what is said otherwise is one block that means something to somebody
//! who reads it in a mail the next morning. Nothing is needed of the environment.

use crate::{
    studio::{RAINY, SINGLE, Studio, api, faulty},
    told::Told,
};
use std::time::Duration;
use takesheet::sandbox::Options;

/// What `run -q` says: on standard error alone, without colours, and with the pipeline by its whole path in the last line.
fn mail(studio: &Studio, code: i32) -> Told {
    let told = studio.run(&["run", "-q"]).code(code).stdout_is_empty();
    assert!(!told.stderr.contains('\u{1b}'), "{told}");
    let last = told.stderr.trim_end().lines().last().unwrap_or_default();
    let path = studio.path("takesheet.yaml");
    let begins = format!("takesheet run {} ended with exit code {code}: ", path.display());
    assert!(code == 0 || last.starts_with(&begins), "{told}");
    let relative = [" takesheet.yaml", " takes/"]
        .iter()
        .any(|name| told.stderr.contains(name));
    assert!(!relative, "whoever reads this stands elsewhere\n{told}");
    told
}

#[test]
fn all_is_well() {
    let studio = Studio::new().pipeline(SINGLE);
    mail(&studio, 0).stderr_is_empty();
    mail(&studio, 0).stderr_is_empty();
}

#[test]
fn a_budget_is_reached() {
    let text = RAINY.replace("concurrency: 4", "concurrency: 1, budget: { run: 0.04 }");
    let studio = Studio::new().pipeline(&text);
    mail(&studio, 7)
        .stderr_has("Stopped at the budget of the run: $0.0315 of $0.04 is spent")
        .stderr_has("Next:  takesheet run /");
}

#[test]
fn a_key_is_refused() {
    let studio = Studio::new().pipeline(SINGLE);
    studio.set("AIML_API_KEY", "another-key-000");
    mail(&studio, 8)
        .stderr_has("error: the key was refused")
        .stderr_has("help: check that the key is right")
        .stderr_has("nothing was bought");
    studio.unset("AIML_API_KEY");
    mail(&studio, 8).stderr_has("error: no API key: set AIML_API_KEY");
}

#[test]
fn an_outcome_is_unsure() {
    let studio = Studio::with(faulty(&["cut-body"])).pipeline(SINGLE);
    for spent in ["$0.0315 spent", "$0.00 spent"] {
        let command = format!("takesheet resolve -C {} 'songs.hook#1'", studio.path("").display());
        mail(&studio, 6)
            .stderr_has("paid: yes, the call was charged")
            .stderr_has(command.replace("/ ", " ").as_str())
            .stderr_has(spent);
    }
}

#[test]
fn a_pipeline_is_rejected() {
    let studio = Studio::new().pipeline(&SINGLE.replace("lyrics: verse", "lyrics: vers"));
    mail(&studio, 3)
        .stderr_has("did you mean `verse`?")
        .stderr_has("the pipeline has errors; nothing was bought");
}

#[test]
fn a_backend_is_away() {
    let studio = Studio::new().pipeline(SINGLE);
    // Nobody listens to what was only just let go of.
    let gone = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    studio.set("AIML_API_BASE", &format!("http://{gone}"));
    mail(&studio, 75)
        .stderr_has("error: the backend could not be reached")
        .stderr_has("try again later")
        .stderr_has("nothing was bought");
}

#[test]
fn another_run_is_under_way() {
    let delay = Duration::from_secs(600);
    let studio = Studio::with(Options { delay, ..api() }).pipeline(SINGLE);
    let first = studio.start(&["run"]);
    studio.wait_until("the paid call is under way", |studio| studio.counts().generations == 1);
    mail(&studio, 75)
        .stderr_has("is under way (pid ")
        .stderr_has("nothing was bought here");
    first.kill();
}

#[test]
fn the_disk_refuses() {
    let studio = Studio::new().pipeline(SINGLE);
    studio.file("takes", b"a file where a folder should be");
    mail(&studio, 4)
        .stderr_has("error: cannot make the folder /")
        .stderr_has("nothing was bought");
}

#[test]
fn a_take_failed() {
    let studio = Studio::with(faulty(&["generate:400*"])).pipeline(SINGLE);
    mail(&studio, 1)
        .stderr_has("error: songs.hook#1: ")
        .stderr_has("paid: no, nothing was charged")
        .stderr_has("1 failed — $0.00 spent");
}

#[test]
fn nothing_is_needed_of_the_environment() {
    let text = SINGLE.replace("backend: aimlapi", "backend: sandbox");
    let schedules = "schedules:\n  h: { cron: \"@monthly\", timezone: UTC, on_recovery: \"true\" }\n";
    let studio = Studio::new().pipeline(&(text + schedules));
    studio.unset("AIML_API_KEY");
    studio.unset("AIML_API_BASE");
    let once = ["schedule", "run", "--once", "--since", "62d", "-q"];
    for words in [&once[..], &["run", "-q"], &["schedule", "list"]] {
        let told = studio.run(words).code(0).stderr_is_empty();
        assert_eq!(told.stdout.is_empty(), words.contains(&"-q"), "{told}");
    }
    assert_eq!(studio.takes().len(), 1);
}
