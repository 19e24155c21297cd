//! Rendering by the clock, without waiting for it: a monthly schedule is due since the month began, for whoever looks back.

use crate::{
    studio::{GENERATE, SINGLE, Studio, api, faulty},
    told::Told,
};
use rusqlite::Connection;
use std::{
    io::{Read, Write},
    net::{Ipv4Addr, TcpListener},
    thread::{self, JoinHandle},
    time::Duration,
};
use takesheet::sandbox::Options;

const MONTHLY: &str = "schedules:\n  monthly: { cron: \"@monthly\", timezone: UTC }\n";

/// Fires what became due in the last two months, and is seen for the first time.
const ONCE: [&str; 5] = ["schedule", "run", "--once", "--since", "62d"];

fn with(schedules: &str) -> String {
    format!("{SINGLE}{schedules}")
}

/// The month is over: as if everything had happened a month earlier.
fn a_month_passes(studio: &Studio) {
    const MONTH: i64 = 31 * 86_400 * 1_000_000_000;
    let database = Connection::open(studio.path(".takesheet/takesheet.db")).unwrap();
    let sql = format!(
        "UPDATE schedules SET baseline = baseline - {MONTH}, resumed = resumed - {MONTH}, tripped = tripped - {MONTH};
         UPDATE occasions SET due = due - {MONTH}, first = first - {MONTH}, noted = noted - {MONTH}, ended = ended - {MONTH};"
    );
    database.execute_batch(&sql).unwrap();
}

fn once(studio: &Studio) -> Told {
    studio.run(&ONCE)
}

#[test]
fn what_is_due_is_run_once_and_listed() {
    let studio = Studio::new().pipeline(&with(MONTHLY));
    studio
        .run(&["schedule", "list"])
        .code(0)
        .stdout_has("monthly  @monthly  UTC")
        .stdout_has("it did not run yet");
    once(&studio)
        .code(0)
        .stderr_has("monthly of takesheet.yaml: begins, due ")
        .stderr_has("monthly of takesheet.yaml: done, $0.0315 spent; takesheet runs show ");
    once(&studio).code(0).stderr_lacks("begins");
    assert_eq!((studio.asked(GENERATE), studio.stored_runs()), (1, 1));
    studio
        .run(&["schedule", "list"])
        .code(0)
        .stdout_has(": done, $0.0315\n");
    let list = studio.run(&["schedule", "list", "--json"]).code(0).json();
    let one = &list["schedules"][0];
    assert_eq!(
        (&one["name"], &one["last"]["outcome"], &one["last"]["spent"]["known"]),
        (&"monthly".into(), &"done".into(), &"0.0315".into())
    );
    assert_eq!(one["next"].as_array().unwrap().len(), 5);
    a_month_passes(&studio);
    once(&studio)
        .code(0)
        .stderr_has("begins")
        .stderr_has("done, $0.00 spent");
}

#[test]
fn without_looking_back_a_new_schedule_owes_nothing() {
    // Its last moment is years ago.
    let studio = Studio::new().pipeline(&with("schedules:\n  leap: { cron: \"0 0 29 2 *\", timezone: UTC }\n"));
    studio
        .run(&["schedule", "run", "--once"])
        .code(0)
        .stderr_lacks("begins");
    assert_eq!(studio.stored_runs(), 0);
}

#[test]
fn two_at_the_same_moment_fire_each_occasion_once() {
    const NAMES: usize = 6;
    let names: Vec<String> = (0..NAMES).map(|number| format!("s{number}")).collect();
    let lines = names
        .iter()
        .map(|name| format!("  {name}: {{ cron: \"@monthly\", timezone: UTC }}\n"));
    let text = with(&format!("schedules:\n{}", lines.collect::<String>()));
    let studio = Studio::new().pipeline(&text);
    for round in 0..3 {
        let running: Vec<_> = (0..3).map(|_| studio.start(&ONCE)).collect();
        let told: Vec<Told> = running.into_iter().map(crate::studio::Running::finish).collect();
        for name in &names {
            let begins = format!("{name} of takesheet.yaml: begins");
            let times: usize = told.iter().map(|told| told.stderr.matches(&begins).count()).sum();
            assert_eq!(times, 1, "{name} in round {round}: {told:?}");
            let done = format!("{name} of takesheet.yaml: done");
            let times: usize = told.iter().map(|told| told.stderr.matches(&done).count()).sum();
            assert_eq!(times, 1, "{name} in round {round}: {told:?}");
        }
        a_month_passes(&studio);
    }
    assert_eq!(studio.counts().charged, 1);
}

#[test]
fn each_option_of_a_schedule_acts() {
    let text = with(
        "profiles: { other: { lyrics: { verse: { template: \"Another line.\" } } } }
schedules:
  plain: { cron: \"@monthly\", timezone: UTC, select: \"state:changed\" }
  other: { cron: \"@monthly\", timezone: UTC, profile: other, select: hook }
  poor: { cron: \"@monthly\", timezone: UTC, budget: 0.01 }
",
    );
    let studio = Studio::new().pipeline(&text);
    let named = |name: &'static str| [&ONCE[..], &["--schedule", name]].concat();
    studio
        .run(&named("plain"))
        .code(0)
        .stderr_has("plain of takesheet.yaml: done, $0.00 spent");
    assert_eq!(studio.stored_runs(), 0, "nothing was in that state");
    studio.run(&named("poor")).code(7).stderr_has("budget");
    assert_eq!(studio.asked(GENERATE), 0);
    studio
        .run(&named("other"))
        .code(0)
        .stderr_lacks("plain")
        .stderr_has("$0.0315 spent");
    assert!(
        studio
            .files("takes")
            .iter()
            .any(|(name, bytes)| { name.ends_with(".lyrics.txt") && bytes.starts_with(b"Another line.") })
    );
    studio
        .run(&named("othre"))
        .code(5)
        .stderr_has("error: there is no schedule `othre`")
        .stderr_has("did you mean `other`?");
}

#[test]
fn fresh_takes_are_new_each_time_and_within_the_budget() {
    let fresh = "{ cron: \"@monthly\", timezone: UTC, fresh: true, budget: 0.04 }";
    let studio = Studio::new().pipeline(&with(&format!("schedules:\n  a: {fresh}\n")));
    studio.run(&["run"]).code(0);
    once(&studio).code(0).stderr_has("$0.0315 spent");
    once(&studio).code(0);
    assert_eq!((studio.counts().charged, studio.takes().len()), (2, 2));
    a_month_passes(&studio);
    // The moment that is due is the same one still, but for the record it is another occasion.
    once(&studio).code(0).stderr_has("begins");
    assert_eq!(studio.counts().charged, 2, "the same occasion asks for the same takes");
    studio.run(&["run"]).code(0).stderr_has("Up to date");
}

#[test]
fn what_died_in_the_middle_is_taken_up_again_and_nothing_is_bought_twice() {
    for fresh in ["", ", fresh: true, budget: 1"] {
        let studio = Studio::with(Options {
            delay: Duration::from_secs(2),
            ..api()
        })
        .pipeline(&with(&format!(
            "schedules:\n  h: {{ cron: \"@monthly\", timezone: UTC{fresh} }}\n"
        )));
        let dying = studio.start(&ONCE);
        studio.wait_until("the paid call is under way", |studio| studio.counts().generations == 1);
        dying.kill();
        once(&studio).stderr_has("taken up again");
        assert_eq!(studio.asked(GENERATE), 1, "{fresh}");
        once(&studio).stderr_lacks("taken up again");
        assert_eq!(studio.asked(GENERATE), 1, "{fresh}");
    }
}

#[cfg(unix)]
#[test]
fn a_service_that_is_told_to_end_lets_paid_calls_land() {
    let studio = Studio::with(Options {
        delay: Duration::from_secs(2),
        ..api()
    })
    .pipeline(&with(MONTHLY));
    let running = studio.start(&["schedule", "run", "--since", "62d"]);
    studio.wait_until("the paid call is under way", |studio| studio.counts().generations == 1);
    running.signal("TERM");
    running.finish().stderr_has("what was paid for lands");
    assert_eq!((studio.counts().charged, studio.takes().len()), (1, 1));
    once(&studio).code(0);
    assert_eq!(studio.asked(GENERATE), 1);
}

#[cfg(unix)]
#[test]
fn a_second_interrupt_leaves_at_once() {
    let studio = Studio::with(Options {
        delay: Duration::from_secs(600),
        ..api()
    })
    .pipeline(&with(MONTHLY));
    let running = studio.start(&["schedule", "run", "--since", "62d"]);
    studio.wait_until("the paid call is under way", |studio| studio.counts().generations == 1);
    running.signal("INT");
    thread::sleep(Duration::from_millis(300));
    running.signal("INT");
    running
        .finish()
        .code(130)
        .stderr_has("stopping: what was paid for lands");
    assert_eq!(studio.ledger("state = 'claimed' OR state = 'unsure'").len(), 1);
}

#[cfg(unix)]
#[test]
fn an_idle_service_ends_at_once_and_well() {
    let studio = Studio::new().pipeline(&with("schedules:\n  leap: { cron: \"0 0 29 2 *\", timezone: UTC }\n"));
    let running = studio.start(&["schedule", "run"]);
    studio.wait_until("it has seen its schedule", |studio| {
        studio.path(".takesheet/takesheet.db").is_file()
    });
    thread::sleep(Duration::from_millis(500));
    running.signal("TERM");
    running.finish().code(0).stderr_has("leap of takesheet.yaml: next ");
}

#[cfg(unix)]
#[test]
fn a_service_reads_what_changes() {
    let studio = Studio::new().pipeline(&with("schedules:\n  leap: { cron: \"0 0 29 2 *\", timezone: UTC }\n"));
    let running = studio.start(&["schedule", "run", "--since", "62d"]);
    studio.wait_until("it has seen its schedule", |studio| {
        studio.path(".takesheet/takesheet.db").is_file()
    });
    thread::sleep(Duration::from_millis(500));
    studio.edit("takesheet.yaml", "timezone: UTC }", "timezone: UTC");
    thread::sleep(Duration::from_millis(1500));
    studio.edit(
        "takesheet.yaml",
        "timezone: UTC",
        "timezone: UTC }\n  monthly: { cron: \"@monthly\", timezone: UTC }",
    );
    studio.wait_until("the new one is run", |studio| !studio.takes().is_empty());
    running.signal("INT");
    running
        .finish()
        .stderr_has("error[")
        .stderr_has("it is read again when it changes")
        .stderr_has("monthly of takesheet.yaml: begins");
}

#[test]
fn failures_in_a_row_stop_a_schedule_until_it_is_resumed() {
    let studio = Studio::new().pipeline(&with(
        "schedules:\n  h: { cron: \"@monthly\", timezone: UTC, stop_after: 2 }\n",
    ));
    studio.unset("AIML_API_KEY");
    once(&studio).code(8).stderr_lacks("stopped since");
    a_month_passes(&studio);
    once(&studio)
        .code(8)
        .stderr_has("takesheet schedule resume takesheet.yaml h");
    a_month_passes(&studio);
    once(&studio).code(0).stderr_lacks("begins").stderr_has("stopped since");
    studio
        .run(&["schedule", "list"])
        .code(0)
        .stdout_has("stopped: after 2 failed runs in a row");
    studio.run(&["schedule", "resume", "takesheet.yaml", "x"]).code(5);
    studio.run(&["schedule", "resume"]).code(0).stderr_has("h goes on");
    studio
        .run(&["schedule", "resume"])
        .code(0)
        .stderr_has("nothing is stopped");
    studio.set("AIML_API_KEY", crate::studio::KEY);
    a_month_passes(&studio);
    once(&studio).code(0).stderr_has("begins");
    assert_eq!(studio.counts().charged, 1);
}

/// Takes one request, and gives it as text.
fn listen(answer: &'static str) -> (String, JoinHandle<String>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = format!("http://{}/hook", listener.local_addr().unwrap());
    let heard = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let (mut bytes, mut piece) = (Vec::new(), [0; 4096]);
        let text = loop {
            let length = stream.read(&mut piece).unwrap();
            bytes.extend_from_slice(&piece[..length]);
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let is_whole = text.split_once("\r\n\r\n").is_some_and(|(head, body)| {
                let size = head.lines().find_map(|line| line.strip_prefix("content-length: "));
                size.is_some_and(|size| body.len() >= size.parse().unwrap())
            });
            if is_whole || length == 0 {
                break text;
            }
        };
        stream.write_all(answer.as_bytes()).unwrap();
        text
    });
    (address, heard)
}

const TAKEN: &str = "HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n";

#[cfg(unix)]
#[test]
fn a_failure_and_the_recovery_are_told_to_a_command_that_sees_no_key() {
    let studio = Studio::new().pipeline(&with(
        "schedules:
  h:
    cron: \"@monthly\"
    timezone: UTC
    on_failure: \"cat > failure.json; env > env.txt\"
    on_recovery: \"cat > recovery.json\"
",
    ));
    studio.restart_api(faulty(&["generate:400*"]));
    // The same key under another name, and one that the project brings.
    studio.set("BACKUP_OF_MY_KEY", crate::studio::KEY);
    studio.set("HARMLESS", "seen");
    studio.file(".env", b"AIMLAPI_KEY=from-the-project-77\n");
    once(&studio).code(1);
    std::fs::remove_file(studio.path(".env")).unwrap();
    let told: serde_json::Value = serde_json::from_str(&studio.text("failure.json")).unwrap();
    assert_eq!(
        (
            &told["schema"],
            &told["event"],
            &told["schedule"],
            &told["exit"],
            &told["ending"]
        ),
        (
            &"takesheet.schedule-run/1".into(),
            &"failure".into(),
            &"h".into(),
            &1.into(),
            &"failed".into()
        )
    );
    assert!(told["file"].as_str().unwrap().ends_with("/takesheet.yaml"), "{told}");
    assert!(told["run"]["run"].is_string() && told["due"].is_string(), "{told}");
    let seen = studio.text("env.txt");
    assert!(seen.contains("HARMLESS=seen"), "{seen}");
    assert!(!seen.contains("KEY"), "{seen}");
    assert!(!studio.path("recovery.json").exists());
    studio.restart_api(api());
    a_month_passes(&studio);
    once(&studio).code(0);
    let told: serde_json::Value = serde_json::from_str(&studio.text("recovery.json")).unwrap();
    assert_eq!((&told["event"], &told["ending"]), (&"recovery".into(), &"done".into()));
    std::fs::remove_file(studio.path("recovery.json")).unwrap();
    a_month_passes(&studio);
    once(&studio).code(0);
    assert!(
        !studio.path("recovery.json").exists(),
        "the second success is no recovery"
    );
}

#[test]
fn a_failure_is_posted_and_goes_nowhere_else() {
    let (elsewhere, other) = listen(TAKEN);
    for (answer, is_taken) in [
        (TAKEN.to_owned(), true),
        (
            format!("HTTP/1.1 307 Temporary Redirect\r\nlocation: {elsewhere}\r\nconnection: close\r\n\r\n"),
            false,
        ),
    ] {
        let (address, heard) = listen(Box::leak(answer.into_boxed_str()));
        let studio = Studio::new().pipeline(&with(&format!(
            "schedules:\n  h: {{ cron: \"@monthly\", timezone: UTC, on_failure: \"{address}\" }}\n"
        )));
        studio.unset("AIML_API_KEY");
        let told = once(&studio).code(8);
        let request = heard.join().unwrap();
        let (head, body) = request.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("POST /hook HTTP/1.1\r\n"), "{head}");
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!((&body["ending"], &body["exit"]), (&"refused".into(), &8.into()));
        assert!(
            body["run"].is_null() && body["said"].as_str().unwrap().contains("no API key"),
            "{body}"
        );
        assert_eq!(told.stderr.contains("on_failure was not told"), !is_taken, "{told}");
    }
    assert!(!other.is_finished(), "the redirect was followed");
}

#[test]
fn a_hook_that_fails_is_told_of_and_fails_nothing() {
    let studio = Studio::new().pipeline(&with(
        "schedules:\n  h: { cron: \"@monthly\", timezone: UTC, on_failure: \"exit 3\" }\n",
    ));
    studio.unset("AIML_API_KEY");
    once(&studio)
        .code(8)
        .stderr_has("on_failure was not told: it ended with exit");
}

#[test]
fn with_q_only_a_failure_is_told_as_one_block() {
    let studio = Studio::new().pipeline(&with(MONTHLY));
    let quiet = [&ONCE[..], &["-q"]].concat();
    studio.run(&quiet).code(0).stderr_is_empty().stdout_is_empty();
    studio.run(&quiet).code(0).stderr_is_empty().stdout_is_empty();
    a_month_passes(&studio);
    studio.edit("takesheet.yaml", "One line", "Two lines");
    studio.restart_api(faulty(&["generate:400*"]));
    let told = studio.run(&quiet).code(1).stdout_is_empty();
    let path = studio.path("takesheet.yaml");
    let path = path.to_string_lossy();
    let told = told
        .stderr_has(&format!("error: the scheduled run monthly of {path} did not go well"))
        .stderr_has(&format!("{path}:"))
        .stderr_has("paid: no, nothing was charged")
        .stderr_has("1 failed — $0.00 spent")
        .stderr_has(&format!("Next:  to run it now: takesheet run {path}"))
        .stderr_has("it is due again ");
    assert_eq!(told.stderr.matches("Next:").count(), 1, "{told}");
}

#[test]
fn a_run_of_a_person_is_an_overlap() {
    for (overlap, later) in [("skip", false), ("queue-one", true)] {
        let studio = Studio::with(Options {
            delay: Duration::from_secs(3),
            ..api()
        })
        .pipeline(&with(&format!(
            "schedules:\n  h: {{ cron: \"@monthly\", timezone: UTC, overlap: {overlap} }}\n"
        )));
        let person = studio.start(&["run"]);
        studio.wait_until("the paid call is under way", |studio| studio.counts().generations == 1);
        once(&studio)
            .code(75)
            .stderr_has("another run of ")
            .stderr_has("is under way (pid ");
        person.finish().code(0);
        let told = once(&studio).code(0);
        assert_eq!(told.stderr.contains("taken up again"), later, "{told}");
        assert_eq!(studio.asked(GENERATE), 1);
    }
}

#[test]
fn one_broken_pipeline_does_not_keep_the_others_from_running() {
    let studio = Studio::new().pipeline(&with(MONTHLY));
    studio.file("broken.yaml", b"version: 1\nsongs: [\n");
    let both = [&ONCE[..], &["takesheet.yaml", "broken.yaml"]].concat();
    studio
        .run(&both)
        .code(3)
        .stderr_has("error: the schedules of broken.yaml cannot be run now; nothing was spent\nerror[")
        .stderr_has("done, $0.0315");
    let path = studio.path("broken.yaml");
    let path = path.to_string_lossy();
    let told = studio.run(&[&both[..], &["-q"]].concat()).code(3);
    assert!(
        told.stderr
            .starts_with(&format!("error: the schedules of {path} cannot be run now")),
        "{told}"
    );
    assert!(told.stderr.ends_with(&format!("takesheet check {path}\n")), "{told}");
    // A service is started by hand: what is wrong is to be mended first.
    studio
        .run(&["schedule", "run", "takesheet.yaml", "broken.yaml"])
        .code(3)
        .stderr_lacks("begins");
}
