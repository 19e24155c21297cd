//! `takesheet watch` in a terminal: saves of every kind, keys, money, and what is under way when something changes.

use crate::{
    pty::Pty,
    studio::{GENERATE, RAINY, SINGLE, Studio, api, faulty},
};
use rustix::process::Signal;
use std::{fs, process::Command, time::Duration};
use takesheet::sandbox::Options;

const SIZE: (u16, u16) = (110, 40);
const LINE: &str = "One line and nothing more.";

fn watch(studio: &Studio, args: &[&str]) -> Pty {
    let words: Vec<&str> = std::iter::once("watch").chain(args.iter().copied()).collect();
    Pty::start(&studio.command(&words), SIZE)
}

fn scratch() -> Studio {
    Studio::new().pipeline(&SINGLE.replace("aimlapi", "sandbox"))
}

fn slow(delay: Duration) -> Studio {
    Studio::with(Options { delay, ..api() }).pipeline(&RAINY.replace("concurrency: 4", "concurrency: 2"))
}

/// Presses a key that was pressed before, and is not to be taken for one that is held down.
fn press_anew(pty: &mut Pty, key: &str) {
    std::thread::sleep(Duration::from_millis(1_100));
    pty.send(key);
}

/// Waits until so many takes are there and nothing is under way.
fn until_takes(studio: &Studio, pty: &Pty, count: usize) {
    studio.wait_until(&format!("{count} takes are there: {}", pty.told()), |studio| {
        studio.takes().len() == count
    });
    until_it_waits(pty);
}

fn until_it_waits(pty: &Pty) {
    pty.wait_until("it waits", || last_line(pty).starts_with(" WAITING"));
}

fn last_line(pty: &Pty) -> String {
    let screen = pty.screen();
    let last = screen.lines().rfind(|line| !line.trim().is_empty());
    last.unwrap_or_default().to_owned()
}

fn quit(mut pty: Pty) -> String {
    pty.send("q");
    let told = pty.until("[ended 0]");
    assert!(pty.is_normal());
    told
}

#[test]
fn every_kind_of_save_renders_once_and_a_touch_renders_nothing() {
    let studio = scratch();
    let pty = watch(&studio, &[]);
    until_takes(&studio, &pty, 1);
    let text = |word: &str| studio.text("takesheet.yaml").replace(LINE, word);
    let file = studio.path("takesheet.yaml");
    // In place.
    studio.file("takesheet.yaml", text("In place.").as_bytes());
    until_takes(&studio, &pty, 2);
    // As VS Code does it.
    studio.file(
        "takesheet.yaml.tmp",
        studio
            .text("takesheet.yaml")
            .replace("In place.", "Renamed.")
            .as_bytes(),
    );
    fs::rename(studio.path("takesheet.yaml.tmp"), &file).unwrap();
    until_takes(&studio, &pty, 3);
    // As vim does it.
    let next = studio.text("takesheet.yaml").replace("Renamed.", "With a backup.");
    fs::rename(&file, studio.path("takesheet.yaml~")).unwrap();
    studio.file("takesheet.yaml", next.as_bytes());
    fs::remove_file(studio.path("takesheet.yaml~")).unwrap();
    until_takes(&studio, &pty, 4);
    let sed = Command::new("sed")
        .args(["-i.bak", "s/With a backup/By sed/"])
        .arg(&file)
        .status();
    assert!(sed.unwrap().success());
    until_takes(&studio, &pty, 5);
    // The same bytes again, then a comment.
    studio.file("takesheet.yaml", studio.text("takesheet.yaml").as_bytes());
    studio.file(
        "takesheet.yaml",
        format!("{}# a word\n", studio.text("takesheet.yaml")).as_bytes(),
    );
    pty.until("→ nothing to render");
    let told = quit(pty);
    assert_eq!(told.matches("nothing to render").count(), 1, "{told}");
    assert_eq!((studio.takes().len(), studio.stored_runs()), (5, 5));
    assert!(
        told.contains("CHANGED  takesheet.yaml:11  → 1 of 1 take stale · free (sandbox)"),
        "{told}"
    );
    studio.run(&["run"]).code(0).stderr_has("Up to date");
}

#[test]
fn a_half_written_file_shows_its_errors_and_is_gone_on_with_when_it_is_whole() {
    let studio = scratch();
    let pty = watch(&studio, &[]);
    until_takes(&studio, &pty, 1);
    let whole = studio.text("takesheet.yaml");
    studio.file("takesheet.yaml", whole.replace("songs:", "songs: [").as_bytes());
    let told = pty.until("the last good plan stays");
    assert!(told.contains("error"), "{told}");
    pty.wait_until("it says what it waits for", || {
        last_line(&pty).contains("errors to be mended")
    });
    studio.file("takesheet.yaml", whole.replace(LINE, "It is whole again.").as_bytes());
    until_takes(&studio, &pty, 2);
    fs::remove_file(studio.path("takesheet.yaml")).unwrap();
    pty.until_times("the last good plan stays", 2);
    studio.file("takesheet.yaml", whole.replace(LINE, "It came back.").as_bytes());
    until_takes(&studio, &pty, 3);
    quit(pty);
}

#[test]
fn a_watch_that_begins_with_errors_waits_until_they_are_mended() {
    let studio = Studio::new().pipeline("version: 1\nsongs: [\n");
    let pty = watch(&studio, &[]);
    pty.until("there is no plan yet");
    studio.file("takesheet.yaml", SINGLE.replace("aimlapi", "sandbox").as_bytes());
    until_takes(&studio, &pty, 1);
    quit(pty);
}

#[test]
fn what_is_paid_for_waits_for_a_key_that_buys_just_what_was_shown() {
    let studio = Studio::new().pipeline(RAINY);
    let mut pty = watch(&studio, &["--budget", "0.2"]);
    pty.wait_until("the price is shown", || {
        last_line(&pty).starts_with(" WAITING  4 takes to buy for $0.126 · $0.20 left   b buy")
    });
    assert_eq!(studio.asked(GENERATE), 0);
    pty.send("b");
    until_takes(&studio, &pty, 4);
    assert_eq!(studio.counts().charged, 4);
    // A key pressed again buys nothing.
    press_anew(&mut pty, "b");
    pty.until("there is nothing to buy");
    studio.edit("takesheet.yaml", "low and wide", "high and wide");
    pty.until("→ 4 of 4 takes stale · est. $0.126 · $0.074 left of the budget");
    pty.until("lyrics line 1: ");
    assert_eq!(studio.counts().charged, 4, "nobody agreed");
    // Only two of them fit.
    press_anew(&mut pty, "b");
    pty.until("Stopped at the budget");
    until_it_waits(&pty);
    assert_eq!((studio.counts().charged, studio.takes().len()), (6, 6));
    press_anew(&mut pty, "b");
    pty.until("no take surely fits into the $0.011 left of the budget");
    let told = quit(pty);
    assert!(told.contains("Watched: $0.189 spent"), "{told}");
    assert_eq!(studio.counts().charged, 6);
    let sheet = studio.text("takesheet.takes.yaml");
    assert_eq!(
        sheet.lines().filter(|line| line.starts_with("- ")).count(),
        6,
        "{sheet}"
    );
}

#[test]
fn what_turns_out_to_be_unpaid_waits_for_a_key_as_well() {
    let backends = "backends: { aimlapi: { patience: 0s } }\n";
    let options = Options {
        log_delay: Duration::from_secs(1),
        ..faulty(&["500"])
    };
    let studio = Studio::with(options).pipeline(&(SINGLE.to_owned() + backends));
    studio.run(&["run"]).code(6).stderr_has("1 unsure");
    std::thread::sleep(Duration::from_millis(1200));
    // By the account's log that call was not charged.
    let mut pty = watch(&studio, &[]);
    pty.until("nothing is bought that was not shown");
    pty.wait_until("it is offered", || {
        last_line(&pty).starts_with(" WAITING  1 take to buy for $0.0315")
    });
    assert_eq!(studio.asked(GENERATE), 1, "nobody agreed");
    pty.send("b");
    until_takes(&studio, &pty, 1);
    assert_eq!((studio.asked(GENERATE), studio.counts().charged), (2, 1));
    quit(pty);
}

#[test]
fn a_watch_waits_for_a_run_and_a_save_takes_its_own_back() {
    let studio = slow(Duration::from_secs(4));
    let running = studio.start(&["run"]);
    studio.wait_until("two calls are under way", |studio| studio.counts().generations == 2);
    let mut pty = watch(&studio, &[]);
    until_it_waits(&pty);
    pty.send("b");
    pty.until("waiting: ");
    studio.edit("takesheet.yaml", "low and wide", "high and wide");
    pty.until("4 of 4 takes stale");
    until_it_waits(&pty);
    running.finish().code(0).stderr_has("4 rendered");
    quit(pty);
    assert_eq!((studio.asked(GENERATE), studio.counts().charged), (4, 4));
}

#[test]
fn a_save_during_a_slow_render_lets_what_was_paid_for_land_and_buys_no_more() {
    let studio = slow(Duration::from_secs(4));
    let mut pty = watch(&studio, &[]);
    until_it_waits(&pty);
    pty.send("b");
    studio.wait_until("two calls are under way", |studio| studio.counts().generations == 2);
    studio.edit("takesheet.yaml", "low and wide", "high and wide");
    pty.until("a newer plan takes over");
    until_takes(&studio, &pty, 2);
    assert_eq!((studio.asked(GENERATE), studio.counts().charged), (2, 2));
    pty.until("4 of 4 takes stale");
    pty.wait_until("all are offered", || {
        last_line(&pty).contains("4 takes to buy for $0.126")
    });
    // The text as it was: what landed counts, and the rest is asked for again.
    studio.edit("takesheet.yaml", "high and wide", "low and wide");
    pty.until("2 of 4 takes stale");
    until_it_waits(&pty);
    assert_eq!(studio.asked(GENERATE), 2);
    press_anew(&mut pty, "b");
    until_takes(&studio, &pty, 4);
    assert_eq!((studio.asked(GENERATE), studio.counts().charged), (4, 4));
    quit(pty);
}

#[test]
fn leaving_during_a_render_lets_it_land_and_leaving_twice_does_not() {
    let studio = slow(Duration::from_secs(3));
    let mut pty = watch(&studio, &[]);
    until_it_waits(&pty);
    pty.send("b");
    studio.wait_until("two calls are under way", |studio| studio.counts().generations == 2);
    pty.send("q");
    pty.until("[ended 0]");
    assert!(pty.is_normal());
    assert_eq!((studio.takes().len(), studio.counts().charged), (2, 2));
    let studio = slow(Duration::from_secs(600));
    let mut pty = watch(&studio, &[]);
    until_it_waits(&pty);
    press_anew(&mut pty, "b");
    studio.wait_until("two calls are under way", |studio| studio.counts().generations == 2);
    pty.send("q");
    pty.until("2 paid calls are under way");
    pty.send("q");
    pty.until("[ended 130]");
    assert!(pty.is_normal());
    studio.run(&["plan"]).code(0).stdout_has("2 unsure");
}

#[test]
fn a_signal_lets_what_was_paid_for_land() {
    let studio = slow(Duration::from_secs(3));
    let mut pty = watch(&studio, &[]);
    until_it_waits(&pty);
    pty.send("b");
    studio.wait_until("two calls are under way", |studio| studio.counts().generations == 2);
    pty.signal(Signal::TERM);
    pty.until("[ended 143]");
    assert!(pty.is_normal());
    assert_eq!((studio.takes().len(), studio.counts().charged), (2, 2));
}

#[test]
fn drafts_leave_everything_real_as_it_is() {
    let studio = Studio::new().pipeline(SINGLE);
    studio.run(&["run"]).code(0);
    studio.edit("takesheet.yaml", LINE, "Another line.");
    let look = || {
        let plan = studio.run(&["plan", "--json"]).code(0).stdout;
        let why = studio.run(&["why", "songs.hook#1"]).code(0).stdout;
        (plan, why, studio.text("takesheet.takes.yaml"))
    };
    let before = look();
    let mut pty = watch(&studio, &["--draft"]);
    until_takes(&studio, &pty, 2);
    assert!(
        last_line(&pty).contains("1 take to buy for $0.0315"),
        "{}",
        pty.screen()
    );
    assert_eq!(look(), before);
    studio.edit("takesheet.yaml", "Another line.", "A third line.");
    until_takes(&studio, &pty, 3);
    // The same text is not rendered twice.
    studio.edit("takesheet.yaml", "A third line.", "Another line.");
    pty.until_times("1 of 1 take stale", 2);
    until_it_waits(&pty);
    assert_eq!(look(), before);
    let scratch = studio
        .takes()
        .into_iter()
        .filter(|take| take.ends_with(".scratch.wav"))
        .count();
    assert_eq!((studio.takes().len(), scratch, studio.counts().charged), (3, 2, 1));
    // By key it is the same, and there is nothing to draw any more.
    pty.send("d");
    until_it_waits(&pty);
    assert_eq!(studio.takes().len(), 3);
    quit(pty);
}

#[test]
fn the_newest_take_is_played() {
    use std::os::unix::fs::PermissionsExt;
    let studio = scratch();
    studio.file("player", b"#!/bin/sh\necho \"$1\" >> \"$(dirname \"$0\")/played\"\n");
    fs::set_permissions(studio.path("player"), fs::Permissions::from_mode(0o755)).unwrap();
    let path = std::env::var("PATH").unwrap();
    studio.set("PATH", &path);
    let wish = format!("--play={}", studio.path("player").display());
    let pty = watch(&studio, &[&wish]);
    until_takes(&studio, &pty, 1);
    let played = |count: usize| {
        studio.wait_until("it was played", |studio| {
            fs::read_to_string(studio.path("played")).is_ok_and(|text| text.lines().count() == count)
        });
        studio.text("played").lines().last().unwrap().to_owned()
    };
    let first = played(1);
    assert!(first.ends_with(&studio.takes()[0]), "{first}");
    studio.edit("takesheet.yaml", LINE, "Another line.");
    until_takes(&studio, &pty, 2);
    assert_ne!(played(2), first);
    quit(pty);
}

#[test]
fn a_pause_gathers_what_changes() {
    let studio = scratch();
    let mut pty = watch(&studio, &[]);
    until_takes(&studio, &pty, 1);
    pty.send("p");
    pty.until("paused: changes are gathered");
    studio.edit("takesheet.yaml", LINE, "While it paused.");
    pty.wait_until("it was noticed", || {
        last_line(&pty).contains("PAUSED   1 file changed so far")
    });
    assert_eq!(studio.takes().len(), 1);
    pty.send("p");
    until_takes(&studio, &pty, 2);
    quit(pty);
}

#[test]
fn a_retake_is_one_more_take_and_costs_what_it_says() {
    let studio = Studio::new().pipeline(SINGLE);
    let mut pty = watch(&studio, &[]);
    until_it_waits(&pty);
    pty.send("r");
    pty.until("there is nothing to retake");
    pty.send("b");
    until_takes(&studio, &pty, 1);
    press_anew(&mut pty, "r");
    pty.until("1 retake: $0.0315; b buys");
    pty.wait_until("it is offered", || {
        last_line(&pty).starts_with(" WAITING  1 retake to buy for $0.0315")
    });
    assert_eq!(studio.counts().charged, 1);
    press_anew(&mut pty, "b");
    until_takes(&studio, &pty, 2);
    assert_eq!(studio.counts().charged, 2);
    quit(pty);
    assert!(studio.text("takesheet.takes.yaml").contains("songs.hook#2"));
    // Whoever declares it finds it there.
    studio.edit("takesheet.yaml", "audio: draft }", "audio: draft, takes: 2 }");
    studio.run(&["run"]).code(0);
    assert_eq!(studio.counts().charged, 2);
}

/// So many texts that each have a file, and one song.
fn texts(studio: &Studio, count: usize, word: &str) {
    for number in 0..count {
        studio.file(
            &format!("texts/{number}.txt"),
            format!("Line {number}, {word}.\n").as_bytes(),
        );
    }
}

#[test]
fn a_switched_branch_asks_before_it_renders() {
    let studio = Studio::new();
    let names = (0..24).map(|number| format!("  t{number}: {{ file: texts/{number}.txt }}\n"));
    let names = names.collect::<Vec<_>>().concat();
    let text = SINGLE
        .replace("aimlapi", "sandbox")
        .replace("  verse:\n    template: |\n      One line and nothing more.\n", &names)
        .replace("lyrics: verse", "lyrics: t0");
    let studio = studio.pipeline(&text);
    let git = |args: &[&str]| {
        let mut command = Command::new("git");
        command.args([
            "-c",
            "user.name=Ana",
            "-c",
            "user.email=ana@example.com",
            "-c",
            "init.defaultBranch=main",
        ]);
        let done = command.args(args).current_dir(studio.path("")).output().unwrap();
        assert!(done.status.success(), "{done:?}");
    };
    texts(&studio, 24, "on main");
    git(&["init", "-q"]);
    git(&["add", "takesheet.yaml", "texts"]);
    git(&["commit", "-q", "-m", "One"]);
    git(&["checkout", "-q", "-b", "other"]);
    texts(&studio, 24, "on a branch");
    git(&["commit", "-q", "-a", "-m", "Two"]);
    let mut pty = watch(&studio, &[]);
    until_takes(&studio, &pty, 1);
    git(&["checkout", "-q", "main"]);
    pty.until("did you switch branches? y renders");
    pty.wait_until("it asks", || {
        last_line(&pty).starts_with(" ASKING   24 files changed at once")
    });
    pty.send("n");
    pty.until("left as it is");
    assert_eq!(studio.takes().len(), 1);
    git(&["checkout", "-q", "other"]);
    pty.until_times("did you switch branches? y renders", 2);
    pty.send("y");
    until_it_waits(&pty);
    git(&["checkout", "-q", "main"]);
    pty.until_times("did you switch branches? y renders", 3);
    pty.send("y");
    until_takes(&studio, &pty, 2);
    quit(pty);
}

#[test]
fn a_pipeline_that_reads_what_it_writes_is_named_and_not_rendered() {
    let studio = scratch();
    let text = studio
        .text("takesheet.yaml")
        .replace("audio: draft }", "audio: draft, name: bed }")
        .replace("refs/demo.wav", "takes/bed.scratch.wav");
    studio.file("takes/bed.scratch.wav", &crate::studio::tone(220.0));
    studio.file("takesheet.yaml", text.as_bytes());
    let pty = watch(&studio, &[]);
    let told = pty.until("there is no plan yet");
    assert!(
        told.contains(" reads takes/bed.scratch.wav, and hook#1 writes it"),
        "{told}"
    );
    assert!(told.contains("error: takesheet.yaml:5:"), "{told}");
    assert!(told.contains("use `from: songs.hook#1` in place of `file:`"), "{told}");
    studio.edit("takesheet.yaml", "takes/bed.scratch.wav", "refs/demo.wav");
    pty.until("RENDER");
    until_it_waits(&pty);
    assert_eq!(studio.stored_runs(), 1);
    quit(pty);
}

#[test]
fn two_pipelines_are_followed_together() {
    let studio = Studio::new();
    let text = SINGLE.replace("aimlapi", "sandbox");
    studio.file("a.yaml", text.as_bytes());
    studio.file(
        "b.yaml",
        text.replace("name: single", "name: other")
            .replace(LINE, "Another song.")
            .as_bytes(),
    );
    let pty = watch(&studio, &["a.yaml", "b.yaml"]);
    until_takes(&studio, &pty, 2);
    studio.edit("b.yaml", "Another song.", "Another song, changed.");
    until_takes(&studio, &pty, 3);
    let told = quit(pty);
    assert!(
        told.contains("CHANGED  b.yaml:11  → b.yaml: 1 of 1 take stale"),
        "{told}"
    );
}
