//! `takesheet doctor`: everything a run rests on, looked at without a trace.

use crate::{
    studio::{GENERATE, KEY, QUESTIONS, RAINY, SINGLE, Studio, UPLOAD, api, faulty},
    told::Told,
};
use std::{fs, time::Duration};
use takesheet::{
    base::money::Usd,
    sandbox::{Mode, Options},
};

/// What the document says of one thing that was looked at: its level and finding.
fn found(told: &Told, about: &str) -> (String, String) {
    let document = told.json();
    assert_eq!(document["schema"], "takesheet.doctor/1");
    let checks = document["checks"].as_array().unwrap();
    let check = checks.iter().find(|check| check["about"] == about);
    let check = check.unwrap_or_else(|| panic!("`{about}` was not looked at\n{told}"));
    let text = |name: &str| check[name].as_str().unwrap().to_owned();
    (text("level"), text("finding"))
}

fn helps(told: &Told, about: &str) -> String {
    let document = told.json();
    let checks = document["checks"].as_array().unwrap();
    checks.iter().find(|check| check["about"] == about).unwrap()["help"].to_string()
}

fn names(studio: &Studio) -> Vec<String> {
    studio.files(".").into_keys().collect()
}

fn in_mode(mode: Mode) -> Studio {
    Studio::with(Options { mode, ..api() }).pipeline(SINGLE)
}

#[test]
fn everything_is_looked_at_and_nothing_is_touched() {
    let studio = Studio::new().pipeline(RAINY);
    let before = studio.files(".");
    let told = studio
        .run(&["doctor"])
        .code(0)
        .stderr_is_empty()
        .stdout_has("takesheet 0.1.0")
        .stdout_has("there is none yet: the first run makes one")
        .stdout_has("takesheet.yaml: 4 takes, 4 to render for $0.126")
        .stdout_has("2 files, which decode")
        .stdout_has("that of AIML_API_KEY is used")
        .stdout_has("the backend answers")
        .stdout_has("the key is accepted")
        .stdout_has("$10000.00 is left on the account, enough for the plan")
        .stdout_has("`music-01` is served")
        .stdout_has("this machine's clock and the backend's agree")
        .stdout_lacks(KEY);
    if cfg!(unix) {
        assert!(told.stdout.contains("the plan needs at most"), "{told}");
    }
    assert!(
        told.stdout.ends_with("\nNo problem, 2 warnings\n"),
        "of the vendor's documentation and of the address\n{told}"
    );
    assert!(studio.files(".") == before, "it left something behind");
    assert_eq!(studio.counts().requests, QUESTIONS);
    assert_eq!((studio.asked(UPLOAD), studio.asked(GENERATE)), (0, 0));
}

#[test]
fn a_store_that_was_used_is_looked_into_without_a_trace() {
    let studio = Studio::new().pipeline(RAINY);
    studio.run(&["run"]).code(0);
    let before = names(&studio);
    let told = studio.run(&["doctor", "--json", "--offline"]).code(0).stderr_is_empty();
    for (about, finding) in [
        ("store", "the database is whole"),
        ("ledger", "no call is unsure"),
        ("network", "not asked (--offline)"),
    ] {
        assert_eq!(found(&told, about), ("ok".to_owned(), finding.to_owned()));
    }
    assert!(found(&told, "audio").1.starts_with("4 takes, "), "{told}");
    assert!(
        found(&told, "pipeline").1.contains("4 takes, nothing to render"),
        "{told}"
    );
    assert_eq!(told.json()["problems"], 0);
    assert_eq!(names(&studio), before);
}

#[test]
fn offline_asks_nobody() {
    let studio = Studio::new().pipeline(RAINY);
    studio
        .run(&["doctor", "--offline"])
        .code(0)
        .stdout_has("not asked (--offline)");
    assert_eq!(studio.counts().requests, 0);
}

#[test]
fn no_pipeline_is_needed() {
    let studio = Studio::new();
    let before = names(&studio);
    let told = studio.run(&["doctor", "--json"]).code(0);
    assert!(found(&told, "pipeline").1.starts_with("none is named"), "{told}");
    assert_eq!(found(&told, "account").0, "ok");
    assert_eq!(found(&told, "model").1, "`music-01` is served");
    assert_eq!(names(&studio), before);
}

#[test]
fn a_quiet_look_at_what_is_well_says_nothing() {
    let studio = Studio::new();
    studio.unset("AIML_API_KEY");
    studio
        .run(&["doctor", "-q"])
        .code(0)
        .stdout_is_empty()
        .stderr_is_empty();
    let studio = Studio::new().pipeline(SINGLE);
    studio.set("AIML_API_KEY", "a-wrong-key");
    studio
        .run(&["doctor", "-q"])
        .code(8)
        .stdout_has("the key was refused")
        .stdout_lacks("program");
}

#[test]
fn a_key_is_needed_for_what_is_paid_only() {
    let studio = Studio::new().pipeline(SINGLE);
    studio.unset("AIML_API_KEY");
    let told = studio.run(&["doctor", "--json"]).code(8);
    assert_eq!(found(&told, "key").0, "problem");
    assert!(helps(&told, "key").contains("https://aimlapi.com/app/keys"), "{told}");
    let told = studio.run(&["doctor", "--json", "--backend", "sandbox"]).code(0);
    assert_eq!(found(&told, "key").0, "ok");
    assert_eq!(studio.counts().requests, 0);
}

#[test]
fn the_variable_that_is_used_is_named_and_the_key_never() {
    let studio = Studio::new().pipeline(SINGLE);
    studio.set("AIMLAPI_KEY", "another-key-0123456789");
    let told = studio.run(&["doctor", "--json"]).code(0);
    let (level, finding) = found(&told, "key");
    assert_eq!(
        (level.as_str(), finding.as_str()),
        (
            "warning",
            "AIMLAPI_KEY and AIML_API_KEY hold different keys; that of AIML_API_KEY is used"
        )
    );
    assert!(
        !told.stdout.contains(KEY) && !told.stdout.contains("another-key"),
        "{told}"
    );
    studio.unset("AIMLAPI_KEY");
    studio.unset("AIML_API_KEY");
    studio.file(".env", format!("AIMLAPI_API_KEY={KEY}\n").as_bytes());
    let told = studio.run(&["doctor", "--json"]).code(0);
    assert_eq!(
        found(&told, "key").1,
        "that of AIMLAPI_API_KEY is used, from the project's .env"
    );
    assert!(!told.stdout.contains(KEY), "{told}");
}

#[test]
fn an_address_is_shown_without_what_could_be_a_secret() {
    let studio = Studio::new().pipeline(SINGLE);
    let told = studio.run(&["doctor", "--json"]).code(0);
    let (level, finding) = found(&told, "address");
    assert!(level == "warning" && finding.contains("is on this machine"), "{told}");
    studio.set("AIML_API_BASE", "http://api.example.com/v1?token=hidden");
    let told = studio.run(&["doctor", "--json", "--offline"]).code(0);
    assert_eq!(
        found(&told, "address"),
        (
            "warning".to_owned(),
            "the key is sent to http://api.example.com in the open".to_owned()
        )
    );
    studio.set("AIML_API_BASE", "https://ana:hidden@api.example.com");
    let other = studio.run(&["doctor", "--json"]).code(1);
    assert_eq!(found(&other, "address").0, "problem");
    assert!(
        !told.stdout.contains("hidden") && !other.stdout.contains("hidden"),
        "{told}{other}"
    );
}

#[test]
fn key_and_credits_are_the_accounts_problem() {
    let studio = Studio::new().pipeline(SINGLE);
    studio.set("AIML_API_KEY", "a-wrong-key");
    let told = studio.run(&["doctor", "--json"]).code(8);
    assert_eq!(found(&told, "account").0, "problem");
    let poor = Options {
        balance: Usd::parse("0.01").unwrap(),
        ..api()
    };
    let studio = Studio::with(poor).pipeline(SINGLE);
    let told = studio.run(&["doctor", "--json"]).code(8);
    assert_eq!(found(&told, "account").0, "ok");
    assert_eq!(
        found(&told, "balance"),
        (
            "problem".to_owned(),
            "$0.01 is left on the account, and one take costs $0.0315".to_owned()
        )
    );
}

#[test]
fn a_model_that_is_gone_is_a_problem_as_long_as_it_is_wanted() {
    let studio = in_mode(Mode::Withdrawn);
    let told = studio.run(&["doctor", "--json"]).code(1);
    assert_eq!(found(&told, "model").0, "problem");
    assert!(helps(&told, "model").contains("minimax/music-2.6"), "{told}");
    // Scratch takes need no model of the vendor's.
    let told = studio.run(&["doctor", "--json", "--backend", "sandbox"]).code(0);
    assert_eq!(found(&told, "model").0, "warning");
    for (mode, level) in [
        (Mode::Renamed, "ok"),
        (Mode::Deprecated, "warning"),
        (Mode::Unlisted, "problem"),
    ] {
        let told = in_mode(mode).run(&["doctor", "--json"]);
        assert_eq!(found(&told, "model").0, level, "{mode:?}");
    }
}

#[test]
fn what_the_backend_does_not_tell_is_a_warning() {
    let studio = Studio::with(faulty(&["billing:html*", "models:500*", "deprecations:404*"])).pipeline(SINGLE);
    let told = studio.run(&["doctor", "--json"]).code(0);
    assert_eq!(found(&told, "account").0, "warning");
    assert_eq!(found(&told, "model").0, "warning");
    assert_eq!(found(&told, "network").0, "ok");
}

#[test]
fn a_backend_that_is_not_there_is_said_at_once() {
    let studio = Studio::new().pipeline(SINGLE);
    studio.set("AIML_API_BASE", "http://127.0.0.1:9");
    let told = studio.run(&["doctor", "--json"]).code(1);
    let (level, finding) = found(&told, "network");
    assert!(level == "problem" && finding.contains("could not be reached"), "{told}");
}

#[test]
fn clocks_that_disagree_are_noticed() {
    let skew = jiff::SignedDuration::from_hours(3);
    let studio = Studio::with(Options { skew, ..api() }).pipeline(SINGLE);
    let told = studio.run(&["doctor", "--json"]).code(0);
    let (level, finding) = found(&told, "clock");
    assert!(level == "warning" && finding.contains("behind the backend's"), "{told}");
}

#[test]
fn a_pipeline_with_errors_is_the_pipelines_problem() {
    let studio = Studio::new().pipeline(&SINGLE.replace("lyrics: verse", "lyrics: vers"));
    let told = studio.run(&["doctor", "--json", "--offline"]).code(3);
    assert_eq!(
        found(&told, "pipeline"),
        ("problem".to_owned(), "takesheet.yaml has 1 error".to_owned())
    );
    assert!(
        helps(&told, "pipeline").contains("takesheet plan takesheet.yaml"),
        "{told}"
    );
    studio.run(&["doctor", "--offline", "no-such.yaml"]).code(3);
    let studio = Studio::new().pipeline(SINGLE);
    studio.file("refs/demo.wav", b"a letter");
    studio.run(&["doctor", "--offline"]).code(3);
}

#[test]
fn unsure_takes_come_with_the_command_that_settles_them() {
    let studio =
        Studio::with(faulty(&["cut"])).pipeline(&format!("{SINGLE}backends: {{ aimlapi: {{ patience: 0s }} }}\n"));
    studio.run(&["run"]).code(6);
    let told = studio.run(&["doctor", "--json", "--offline"]).code(0);
    let (level, finding) = found(&told, "ledger");
    assert_eq!(
        (level.as_str(), finding.as_str()),
        ("warning", "1 paid call without a take")
    );
    assert!(
        helps(&told, "ledger").contains("takesheet resolve 'songs.hook#1' --paid | --not-paid | --retake | --look-up"),
        "{told}"
    );
    assert!(helps(&told, "ledger").contains("$0.0315"), "{told}");
    studio.run(&["resolve", "songs.hook#1", "--not-paid"]).code(0);
    let told = studio.run(&["doctor", "--json", "--offline"]).code(0);
    assert_eq!(found(&told, "ledger").0, "ok");
}

#[test]
fn calls_under_way_belong_to_those_who_make_them() {
    let slow = Options {
        delay: Duration::from_secs(600),
        ..api()
    };
    let studio = Studio::with(slow).pipeline(SINGLE);
    let buyer = studio.start(&["run"]);
    studio.wait_until("the paid call is under way", |studio| studio.counts().generations == 1);
    let told = studio.run(&["doctor", "--json", "--offline"]).code(0);
    let (level, finding) = found(&told, "calls");
    assert!(
        level == "ok" && finding.starts_with("1 call under way: songs.hook#1 of process "),
        "{told}"
    );
    assert_eq!(found(&told, "ledger").0, "ok");
    buyer.kill();
    let told = studio.run(&["doctor", "--json", "--offline"]).code(0);
    assert_eq!(found(&told, "ledger").0, "warning");
}

#[test]
fn lost_audio_is_named_with_its_price_and_not_repaired() {
    let studio = Studio::new().pipeline(SINGLE);
    studio.run(&["run"]).code(0);
    fs::remove_dir_all(studio.path(".takesheet/blobs")).unwrap();
    let before = names(&studio);
    let told = studio.run(&["doctor", "--json", "--offline"]).code(0);
    let (level, finding) = found(&told, "audio");
    assert!(level == "warning" && finding.contains("there is a copy"), "{told}");
    assert_eq!(names(&studio), before, "looking repaired it");
    fs::remove_dir_all(studio.path("takes")).unwrap();
    let told = studio.run(&["doctor", "--json", "--offline"]).code(4);
    assert_eq!(
        found(&told, "audio"),
        (
            "problem".to_owned(),
            "the audio of 1 take is missing or of another size: songs.hook#1".to_owned()
        )
    );
    assert!(helps(&told, "audio").contains("$0.0315"), "{told}");
}

#[test]
fn a_store_that_cannot_be_used_is_this_machines_problem() {
    let studio = Studio::new().pipeline(SINGLE);
    studio.run(&["run"]).code(0);
    let path = studio.path(".takesheet/takesheet.db");
    let database = rusqlite::Connection::open(&path).unwrap();
    database.pragma_update(None, "user_version", 999).unwrap();
    drop(database);
    let told = studio.run(&["doctor", "--json", "--offline"]).code(4);
    let (level, finding) = found(&told, "store");
    assert!(level == "problem" && finding.contains("newer takesheet"), "{told}");
    assert!(
        found(&told, "pipeline").1.ends_with("not planned without the store"),
        "{told}"
    );
    studio.file(".takesheet/takesheet.db", &[7; 8192]);
    // Not `studio.run`: its audit could not read the ledger either.
    let output = studio.command(&["doctor", "--json", "--offline"]).output().unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.code() == Some(4) && stdout.contains("it is damaged"),
        "{stdout}"
    );
    assert_eq!(fs::read(&path).unwrap(), [7; 8192], "it was touched");
}

#[test]
fn the_time_zone_is_the_pipelines_if_it_names_one() {
    let studio = Studio::new().pipeline(&SINGLE.replace("backend:", "timezone: Asia/Tokyo\nbackend:"));
    let told = studio.run(&["doctor", "--json", "--offline"]).code(0);
    assert_eq!(found(&told, "time zone").1, "Asia/Tokyo, as the pipeline says");
}

#[cfg(unix)]
#[test]
fn a_project_where_nothing_can_be_written_can_be_looked_at() {
    use std::os::unix::fs::PermissionsExt;
    let studio = Studio::new().pipeline(SINGLE);
    studio.run(&["run"]).code(0);
    let folders = [".takesheet/owners", ".takesheet", "takes", "."].map(|name| studio.path(name));
    let allow = |mode| {
        for folder in &folders {
            fs::set_permissions(folder, fs::Permissions::from_mode(mode)).unwrap();
        }
    };
    allow(0o555);
    // Whoever may do anything has a project like any other.
    let may_write = fs::write(studio.path(".takesheet/probe"), "").is_ok();
    let told = [&["plan"][..], &["why", "hook"], &["resolve"], &["runs", "list"]].map(|look| studio.run(look));
    let doctor = studio.run(&["doctor", "--json", "--offline"]);
    allow(0o755);
    for look in told {
        look.code(0);
    }
    assert_eq!(found(&doctor, "store").1, "the database is whole");
    if !may_write {
        assert_eq!(
            (doctor.code, found(&doctor, "project").0.as_str()),
            (Some(4), "problem")
        );
    }
}
