//! The machine at its worst: disks that are full or read-only, and stores that are taken away, replaced or ruined, before
//! a run and in the middle of one. Each time a message says what to do, nothing is lost, and nothing is bought twice.

use crate::studio::{GENERATE, RAINY, SINGLE, Studio, api};
use std::{fs, time::Duration};
use takesheet::sandbox::Options;

/// An API slow enough to ruin something while it works.
fn slow() -> Options {
    Options {
        delay: Duration::from_millis(1500),
        ..api()
    }
}

/// Four takes, one after another.
fn one_by_one() -> String {
    RAINY.replace("concurrency: 4", "concurrency: 1")
}

/// Moves the store away, as the messages say to.
fn begin_anew(studio: &Studio) {
    fs::rename(studio.path(".takesheet"), studio.path(".takesheet.old")).unwrap();
}

/// What the program says where its ledger cannot be audited.
fn unaudited(studio: &Studio, args: &[&str]) -> (i32, String) {
    let output = studio.command(args).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(said).unwrap())
}

#[test]
fn a_ledger_that_was_deleted_is_missed_and_nothing_is_bought() {
    let studio = Studio::new().pipeline(RAINY);
    studio.run(&["run"]).code(0);
    for journal in ["takesheet.db", "takesheet.db-wal", "takesheet.db-shm"] {
        _ = fs::remove_file(studio.path(".takesheet").join(journal));
    }
    studio.edit("takesheet.yaml", "takes: 2", "takes: 3");
    let requests = studio.counts().requests;
    for command in ["plan", "run"] {
        let (code, said) = unaudited(&studio, &[command]);
        assert_eq!(code, 4, "{said}");
        for part in [
            "takesheet.db is gone or empty",
            "mv ",
            "usage log",
            "nothing is bought until then",
        ] {
            assert!(said.contains(part), "no `{part}` in\n{said}");
        }
    }
    assert_eq!(studio.counts().requests, requests);
    begin_anew(&studio);
    let (code, said) = unaudited(&studio, &["run"]);
    assert!(code == 0 && said.contains("2 rendered · 4 cached"), "{said}");
    assert_eq!(studio.counts().charged, 6);
}

#[test]
fn a_ledger_that_was_emptied_or_overwritten_is_said_to_be_damaged() {
    for damage in [0, 4096] {
        let studio = Studio::new().pipeline(RAINY);
        studio.run(&["run"]).code(0);
        let path = studio.path(".takesheet/takesheet.db");
        let mut bytes = fs::read(&path).unwrap();
        if damage == 0 {
            bytes.clear();
        } else {
            bytes[damage..].fill(0x5a);
        }
        fs::write(&path, &bytes).unwrap();
        for command in ["plan", "run"] {
            let (code, said) = unaudited(&studio, &[command]);
            assert!(
                code == 4 && said.contains("takesheet.db") && said.contains("usage log"),
                "{said}"
            );
        }
        assert_eq!(fs::read(&path).unwrap(), bytes, "it was touched");
        assert_eq!(studio.counts().charged, 4);
        begin_anew(&studio);
        let (code, said) = unaudited(&studio, &["run"]);
        assert!(code == 0 && said.contains("Up to date: 4 takes"), "{said}");
        assert_eq!(studio.counts().charged, 4);
    }
}

#[cfg(unix)]
#[test]
fn a_ledger_that_is_deleted_during_a_run_is_put_back_as_it_was() {
    let studio = Studio::with(slow()).pipeline(&one_by_one());
    let running = studio.start(&["run"]);
    studio.wait_until("the second call is under way", |studio| {
        studio.counts().generations == 2
    });
    for journal in ["takesheet.db", "takesheet.db-wal", "takesheet.db-shm"] {
        fs::remove_file(studio.path(".takesheet").join(journal)).unwrap();
    }
    running.finish().code(0).stderr_has("4 rendered");
    studio.run(&["run"]).code(0).stderr_has("Up to date: 4 takes");
    assert_eq!(
        (studio.ledger("state = 'committed'").len(), studio.counts().charged),
        (4, 4)
    );
}

#[cfg(unix)]
#[test]
fn a_store_that_is_deleted_during_a_run_costs_nothing() {
    let studio = Studio::with(slow()).pipeline(&one_by_one());
    let running = studio.start(&["run"]);
    studio.wait_until("the first take is there", |studio| studio.takes().len() == 1);
    fs::remove_dir_all(studio.path(".takesheet")).unwrap();
    running.finish().code(0).stderr_has("4 rendered");
    assert_eq!(studio.takes().len(), 4);
    studio.run(&["run"]).code(0).stderr_has("Up to date: 4 takes");
    assert_eq!(studio.counts().charged, 4);
}

#[cfg(unix)]
#[test]
fn a_second_run_that_begins_after_the_store_was_deleted_under_the_first_buys_nothing_twice() {
    for deleted in [".takesheet", ".takesheet/owners"] {
        let studio = Studio::with(Options {
            delay: Duration::from_secs(6),
            ..api()
        })
        .side_by_side()
        .pipeline(RAINY);
        let first = studio.start(&["run"]);
        studio.wait_until("all calls are under way", |studio| studio.counts().generations == 4);
        fs::remove_dir_all(studio.path(deleted)).unwrap();
        studio.wait_until("the store is put back", |studio| {
            studio.path(".takesheet/takesheet.db").is_file()
                && fs::read_dir(studio.path(".takesheet/owners")).is_ok_and(|owners| owners.count() == 1)
        });
        assert_eq!(studio.counts().charged, 0, "the calls are under way still");
        let second = studio.start(&["run", "-q"]);
        first.finish().code(0).stderr_has("4 rendered");
        second.finish().code(0);
        assert_eq!((studio.takes().len(), studio.counts().charged), (4, 4), "{deleted}");
        assert_eq!(studio.ledger("state = 'committed'").len(), 4);
    }
}

#[cfg(unix)]
#[test]
fn two_runs_whose_store_is_deleted_share_the_one_that_is_put_back() {
    let studio = Studio::with(slow()).side_by_side().pipeline(&one_by_one());
    let runs = [studio.start(&["run"]), studio.start(&["run"])];
    studio.wait_until("each has a call under way", |studio| studio.counts().generations == 2);
    fs::rename(studio.path(".takesheet"), studio.path("moved")).unwrap();
    for run in runs {
        let told = run.end_unaudited();
        assert_eq!(told.code, Some(0), "{told}");
    }
    studio.run(&["run"]).code(0).stderr_has("Up to date: 4 takes");
    assert_eq!((studio.takes().len(), studio.counts().charged), (4, 4));
    assert_eq!(studio.ledger("state = 'committed'").len(), 4);
}

#[cfg(unix)]
#[test]
fn a_ledger_that_is_replaced_during_a_run_ends_it_and_what_was_paid_for_is_kept() {
    let studio = Studio::with(slow()).pipeline(&one_by_one());
    let running = studio.start(&["run", "-q"]);
    studio.wait_until("the second call is under way", |studio| {
        studio.counts().generations == 2
    });
    studio.file("other", b"not a ledger at all");
    fs::rename(studio.path("other"), studio.path(".takesheet/takesheet.db")).unwrap();
    let said = running.end_unaudited();
    assert_eq!(said.code, Some(4), "{said}");
    let said = said
        .stderr_has("was taken away or replaced while it was in use")
        .stderr_has("where the next run finds it");
    assert_eq!(studio.counts().generations, 2, "{said}");
    begin_anew(&studio);
    let (code, said) = unaudited(&studio, &["run"]);
    assert!(code == 0 && said.contains("2 rendered · 2 cached"), "{said}");
    assert_eq!(studio.counts().charged, 4);
}

#[cfg(unix)]
#[test]
fn a_ledger_that_is_emptied_during_a_run_buys_nothing_twice() {
    let studio = Studio::with(slow()).pipeline(&one_by_one());
    let running = studio.start(&["run", "-q"]);
    studio.wait_until("the second call is under way", |studio| {
        studio.counts().generations == 2
    });
    let ledger = fs::File::options()
        .write(true)
        .open(studio.path(".takesheet/takesheet.db"))
        .unwrap();
    ledger.set_len(0).unwrap();
    running.end_unaudited();
    let (code, said) = unaudited(&studio, &["run"]);
    if code != 0 {
        assert!(code == 4 && said.contains("usage log"), "{said}");
        begin_anew(&studio);
        let (code, said) = unaudited(&studio, &["run"]);
        assert_eq!(code, 0, "{said}");
    }
    assert_eq!((studio.takes().len(), studio.counts().charged), (4, 4));
}

#[test]
fn a_folder_of_takes_that_is_deleted_during_a_run_is_made_again() {
    let studio = Studio::with(slow()).pipeline(&one_by_one());
    let running = studio.start(&["run"]);
    studio.wait_until("the first take is there", |studio| studio.takes().len() == 1);
    fs::remove_dir_all(studio.path("takes")).unwrap();
    running.finish().code(0).stderr_has("4 rendered");
    assert_eq!(studio.takes().len(), 3);
    studio.run(&["run"]).code(0);
    assert_eq!((studio.takes().len(), studio.counts().charged), (4, 4));
}

#[test]
fn without_a_place_for_takes_nothing_is_sent() {
    let studio = Studio::new().pipeline(SINGLE);
    studio.file("takes", b"not a folder");
    studio
        .run(&["run"])
        .code(4)
        .stderr_has("takes")
        .stderr_has("nothing was sent and nothing was bought");
    assert_eq!(studio.counts().requests, 0);
}

#[test]
fn what_a_kill_leaves_beside_the_ledger_is_taken_in() {
    let studio = Studio::with(slow()).pipeline(&one_by_one());
    let running = studio.start(&["run"]);
    // The first take is not committed yet when the second call begins: it is listened to meanwhile.
    studio.wait_until("the second call is under way and the first take is there", |studio| {
        studio.counts().generations == 2 && studio.ledger("state = 'committed'").len() == 1
    });
    running.kill();
    assert!(fs::metadata(studio.path(".takesheet/takesheet.db-wal")).unwrap().len() > 0);
    studio.run(&["plan"]).code(0).stdout_has("1 unsure, 1 cached");
    studio
        .run(&["run"])
        .code(6)
        .stderr_has("2 rendered · 1 cached · 1 unsure");
    assert_eq!(studio.ledger("state = 'committed'").len(), 3);
}

#[cfg(unix)]
#[test]
fn a_store_may_lie_elsewhere_and_a_link_to_nothing_is_said_to_be_one() {
    let studio = Studio::new().pipeline(SINGLE);
    fs::create_dir(studio.path("elsewhere")).unwrap();
    std::os::unix::fs::symlink("elsewhere", studio.path(".takesheet")).unwrap();
    studio.run(&["run"]).code(0).stderr_has("1 rendered");
    studio.run(&["run"]).code(0).stderr_has("Up to date");
    assert!(studio.path("elsewhere/takesheet.db").is_file());
    fs::rename(studio.path("elsewhere"), studio.path("gone")).unwrap();
    let requests = studio.counts().requests;
    let (code, said) = unaudited(&studio, &["run"]);
    assert!(code == 4 && said.contains(".takesheet"), "{said}");
    assert_eq!(studio.counts().requests, requests);
}

/// Runs a script of a shell in the studio's folder with mounts of its own, `$TAKESHEET` being the program. Nothing where
/// the system allows no mounts.
#[cfg(target_os = "linux")]
fn with_mounts(studio: &Studio, script: &str) -> Option<std::process::Child> {
    let allowed = std::process::Command::new("unshare")
        .args(["-rm", "mount", "-t", "tmpfs", "none", "/mnt"])
        .output();
    if !allowed.is_ok_and(|output| output.status.success()) {
        return None;
    }
    let program = studio.command(&[]);
    let mut shell = std::process::Command::new("unshare");
    shell
        .args(["-rm", "sh", "-euc", script])
        .current_dir(studio.path(""))
        .env_clear();
    shell.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
    shell
        .env("TAKESHEET", program.get_program())
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    shell
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    Some(shell.spawn().unwrap())
}

#[cfg(target_os = "linux")]
fn said(shell: std::process::Child) -> String {
    let output = shell.wait_with_output().unwrap();
    String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn on_a_disk_that_is_almost_full_nothing_is_bought() {
    let studio = Studio::new().pipeline(SINGLE);
    let script = "mkdir .takesheet; mount -t tmpfs -o size=16m none .takesheet; $TAKESHEET run || echo code $?";
    let Some(shell) = with_mounts(&studio, script) else {
        return;
    };
    let said = said(shell);
    assert!(
        said.contains("MiB are free on the disk") && said.contains("code 4"),
        "{said}"
    );
    assert_eq!(studio.asked(GENERATE), 0);
}

#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_fills_up_during_a_call_buys_nothing_twice() {
    let studio = Studio::with(Options {
        delay: Duration::from_secs(5),
        ..api()
    })
    .pipeline(SINGLE);
    let script = "
        mkdir .takesheet; mount -t tmpfs -o size=80m none .takesheet
        ($TAKESHEET run || echo first $?) & run=$!
        while [ ! -e fill ]; do sleep 0.05; done
        dd if=/dev/zero of=.takesheet/filler bs=64k 2>/dev/null || true
        wait $run
        echo ---
        $TAKESHEET run || echo full $?
        echo ---
        rm .takesheet/filler
        $TAKESHEET plan; $TAKESHEET run || echo after $?
    ";
    let Some(shell) = with_mounts(&studio, script) else {
        return;
    };
    studio.wait_until("the paid call is under way", |studio| studio.counts().generations == 1);
    studio.file("fill", b"");
    let said = said(shell);
    assert!(said.to_lowercase().contains("no space left"), "{said}");
    assert!(
        said.contains("after 6") && said.contains("takesheet resolve 'songs.hook#1'"),
        "{said}"
    );
    assert_eq!(studio.asked(GENERATE), 1, "{said}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_read_only_project_can_be_looked_at_and_a_run_says_what_it_cannot_write() {
    let studio = Studio::new().pipeline(RAINY);
    studio.run(&["run"]).code(0);
    studio.edit("takesheet.yaml", "takes: 2", "takes: 3");
    let requests = studio.counts().requests;
    let script = "
        mount --bind . . && mount -o remount,ro,bind . && cd \"$PWD\"
        for what in check plan 'why hook[city=Osaka]#3' 'runs list' 'runs show' resolve run; do
            code=0; $TAKESHEET $what || code=$?; echo \"$what: $code\"
        done
    ";
    let Some(shell) = with_mounts(&studio, script) else {
        return;
    };
    let said = said(shell);
    for what in [
        "check",
        "plan",
        "why hook[city=Osaka]#3",
        "runs list",
        "runs show",
        "resolve",
    ] {
        assert!(said.contains(&format!("{what}: 0\n")), "{what}:\n{said}");
    }
    assert!(said.contains("2 new, 4 cached"), "{said}");
    assert!(
        said.contains("run: 4\n") && said.contains("cannot write ") && said.contains("Read-only"),
        "{said}"
    );
    assert_eq!(studio.counts().requests, requests);
}
