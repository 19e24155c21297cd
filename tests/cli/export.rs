//! Schedules handed over to the machinery of the machine. What is in the files is judged by that machinery in
//! `.ci/schedule`; here it is how they come about.

use crate::{
    studio::{KEY, SINGLE, Studio},
    told::Told,
};

const NIGHTLY: &str = "schedules:\n  nightly: { cron: \"0 3 * * *\", timezone: Europe/Lisbon }\n";

fn studio() -> Studio {
    let studio = Studio::new().pipeline(&(SINGLE.to_owned() + NIGHTLY));
    studio.file(".env", format!("AIML_API_KEY={KEY}\n").as_bytes());
    studio
}

fn export(studio: &Studio, args: &[&str]) -> Told {
    studio.run(&[&["schedule", "export"], args].concat())
}

#[test]
fn without_a_folder_it_is_printed_and_nothing_is_written() {
    let studio = studio();
    let before = studio.files(".");
    for (target, has) in [
        ("systemd", "OnCalendar=*-*-* 3:0:00 Europe/Lisbon\n"),
        ("cron", "0,15,30,45 * * * * "),
        ("launchd", "<key>StartCalendarInterval</key>"),
        ("github", "    - cron: '0 2 * * *'\n    - cron: '0 3 * * *'\n"),
    ] {
        export(&studio, &[target])
            .code(0)
            .stdout_has(has)
            .stdout_has("--once")
            .stderr_has("Next: ");
        export(&studio, &[target, "-q"]).code(0).stderr_is_empty();
    }
    assert_eq!(studio.files("."), before);
    assert_eq!(studio.counts().requests, 0);
}

#[test]
fn the_program_and_the_pipeline_are_found_from_anywhere() {
    let studio = studio();
    let told = export(&studio, &["cron"]).code(0);
    let line = told.stdout.lines().last().unwrap().to_owned();
    let file = studio.path("takesheet.yaml");
    // A path may be quoted, and leads to the same place by another name on some machines.
    assert!(line.contains("takesheet.yaml"), "{line}");
    let words: Vec<&str> = line.split_whitespace().skip(5).collect();
    let unquoted = |word: &str| word.trim_matches('\'').to_owned();
    assert!(std::path::Path::new(&unquoted(words[0])).is_file(), "{line}");
    let named = unquoted(words.last().unwrap());
    assert_eq!(std::fs::canonicalize(named).unwrap(), file.canonicalize().unwrap());
}

#[test]
fn files_are_written_again_but_never_over_another_persons() {
    let studio = studio();
    let written = export(&studio, &["systemd", "--to", "units"]).code(0).stdout_is_empty();
    written.stderr_has("wrote units/takesheet-single.service");
    let before = studio.files("units");
    assert_eq!(before.len(), 2);
    export(&studio, &["systemd", "--to", "units"])
        .code(0)
        .stderr_has("kept units/takesheet-single.timer");
    studio.edit("takesheet.yaml", "0 3 * * *", "0 4 * * *");
    export(&studio, &["systemd", "--to", "units"]).code(0);
    assert!(studio.text("units/takesheet-single.timer").contains(" 4:0:00 "));
    studio.file("units/takesheet-single.timer", b"[Timer]\nOnCalendar=hourly\n");
    let mine = studio.files("units");
    export(&studio, &["systemd", "--to", "units"])
        .code(2)
        .stderr_has("takesheet-single.timer is there, and was not exported")
        .stderr_has("help: ");
    assert_eq!(studio.files("units"), mine, "neither file was touched");
}

#[test]
fn what_has_no_schedules_is_not_exported() {
    let studio = Studio::new().pipeline(SINGLE);
    export(&studio, &["cron", "--to", "out"])
        .code(5)
        .stdout_is_empty()
        .stderr_has("takesheet.yaml has no schedules");
    assert!(!studio.path("out").exists());
    studio.edit("takesheet.yaml", "version: 1", "version: 7");
    export(&studio, &["cron"]).code(3);
}

#[test]
fn several_pipelines_share_a_crontab_and_have_files_of_their_own_elsewhere() {
    let studio = studio();
    let other = SINGLE.to_owned() + "schedules:\n  often: { cron: \"*/20 * * * *\", timezone: UTC }\n";
    studio.file("songs/other.yaml", other.as_bytes());
    // The store of a folder is not the repository's.
    studio.file(".git/HEAD", b"");
    studio.file("songs/.takesheet/README", b"");
    let both = ["takesheet.yaml", "songs/other.yaml", "--to", "out"];
    for target in ["cron", "github"] {
        export(&studio, &[&[target], &both[..]].concat()).code(0);
    }
    let names: Vec<String> = studio.files("out").into_keys().collect();
    assert_eq!(
        names,
        [
            "out/takesheet-single-2.yml",
            "out/takesheet-single.yml",
            "out/takesheet.crontab"
        ]
    );
    let crontab = studio.text("out/takesheet.crontab");
    assert_eq!(crontab.lines().filter(|line| !line.starts_with('#')).count(), 2);
    assert!(
        studio
            .text("out/takesheet-single-2.yml")
            .contains("PIPELINE: 'songs/other.yaml'")
    );
}
