//! `schedule run --once` dies, as under cron, and is begun again until nothing changes: each occasion is fired once, and
//! what it asks for is bought once.

use crate::{
    books::{self, Since},
    project::{Project, Told},
    scenario::SINGLE,
    wrong::Wrong,
};
use rusqlite::Connection;
use std::{
    collections::BTreeSet,
    fs,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};
use takesheet::base::crash::POINTS;

/// Two that are due since the month began: the same take, as it is and anew.
const SCHEDULES: &str = "\
schedules:
  plain: { cron: '@monthly', timezone: UTC }
  anew: { cron: '@monthly', timezone: UTC, fresh: true, budget: 0.04 }
";

const NAMES: [&str; 2] = ["plain", "anew"];

/// What cron starts.
const ONCE: [&str; 5] = ["schedule", "run", "--once", "--since", "62d"];

/// How often it is begun at most until nothing changes.
const TURNS: usize = 10;

/// Where else than in a schedule's own points the two runs are left: before, in and after what was paid for.
const IN_A_RUN: &[&str] = &[
    "run.planned",
    "history.begin.after",
    "ledger.claim.before",
    "ledger.claim.after",
    "call.before",
    "call.head",
    "call.last-piece",
    "ledger.land.after",
    "ledger.received.after",
    "ledger.commit.after",
    "place.audio",
    "sheet.after",
    "run.over",
];

/// A death, and perhaps another one of the process that takes it up.
type Deaths = (String, Option<String>);

/// Each point the first time and the second time it is passed: the second schedule's; and some in a row.
fn stories() -> Vec<Deaths> {
    let own = POINTS.iter().map(|(point, _)| *point);
    let own = own.filter(|point| point.starts_with("schedule.") && !point.starts_with("schedule.resume."));
    let each = own.chain(IN_A_RUN.iter().copied());
    let alone = each.flat_map(|point| [1, 2].map(|n| (format!("{point}:{n}"), None)));
    let twice = [
        ("schedule.decide.after:1", "schedule.decide.after:1"),
        ("call.head:2", "schedule.decide.after:1"),
        ("call.before:2", "schedule.end.before:1"),
        ("ledger.received.after:2", "ledger.take-over.inside:1"),
    ];
    let twice = twice.map(|(first, second)| (first.to_owned(), Some(second.to_owned())));
    alone.chain(twice).collect()
}

/// The schedules are kept through these deaths. Gives how many processes died.
fn tell((first, second): &Deaths) -> Result<usize, Wrong> {
    let project = Project::new(SINGLE);
    let text = format!("{}{SCHEDULES}", SINGLE.pipeline);
    fs::write(project.path("takesheet.yaml"), text).unwrap();
    let points = [Some(first), second.as_ref()].into_iter().flatten();
    let mut told: Vec<Told> = points.map(|point| project.run_into(&ONCE, point)).collect();
    let deaths = told.iter().filter(|told| told.died).count();
    let checked = if deaths < 1 + usize::from(second.is_some()) {
        Err(Wrong::from("nobody died".to_owned()))
    } else {
        let arrived = books::arrived(&project);
        until_nothing_changes(&project, &mut told)
            .map_err(Wrong::from)
            .and_then(|()| check(&project, &told, &arrived))
    };
    checked.map(|()| deaths).map_err(|wrong| {
        let said: Vec<_> = told.iter().map(ToString::to_string).collect();
        wrong.with(format!("== {first}, {second:?}\n{}", said.join("\n")))
    })
}

fn until_nothing_changes(project: &Project, told: &mut Vec<Told>) -> Result<(), String> {
    for _ in 0..TURNS {
        let asked = project.api.asked();
        let now = project.run(&ONCE);
        let is_still = project.api.asked() == asked && now.code == Some(0) && !speaks_of_runs(&now);
        let is_known = matches!(now.code, Some(0 | 6));
        told.push(now);
        if !is_known {
            return Err("that is no way to end".to_owned());
        }
        if is_still {
            return Ok(());
        }
    }
    Err(format!("{TURNS} times, and it is not over"))
}

fn speaks_of_runs(told: &Told) -> bool {
    ["begins", "taken up again", "done"]
        .iter()
        .any(|word| told.stderr.contains(word))
}

fn check(project: &Project, told: &[Told], arrived: &BTreeSet<String>) -> Result<(), Wrong> {
    for name in NAMES {
        let begins = format!("{name} of takesheet.yaml: begins");
        let times: usize = told.iter().map(|told| told.stderr.matches(&begins).count()).sum();
        let ends = occasions(project, name);
        if times > 1 || ends.iter().filter(|state| *state != "missed").count() != 1 {
            return Err(format!("{name} began {times} times: {ends:?}").into());
        }
        if ends.iter().any(|state| state == "running" || state == "waiting") {
            return Err(format!("{name} has no end: {ends:?}").into());
        }
    }
    let since = Since { charges: 0, keys: 2 };
    books::check_charges(project, since, arrived)?;
    let lost = settle(project, told)?;
    let charged = books::charged(project, since)?.len();
    if charged + lost != NAMES.len() {
        return Err(format!("{charged} were paid for, {lost} came to nothing and were not").into());
    }
    if let Some(row) = books::rows(project).iter().find(|row| row.is_open) {
        return Err(format!("a call is still open: {row:?}").into());
    }
    Ok(())
}

/// What became of each of a schedule's moments.
fn occasions(project: &Project, name: &str) -> Vec<String> {
    let database = Connection::open(project.path(".takesheet/takesheet.db")).unwrap();
    let sql = "SELECT state FROM occasions JOIN schedules ON schedule = schedules.id WHERE name = ?1";
    let mut statement = database.prepare(sql).unwrap();
    let states = statement.query_map([name], |row| row.get(0)).unwrap();
    states.map(Result::unwrap).collect()
}

/// Settles what was cut by the very commands that were printed, and by what the account says; gives how many of them it
/// did not charge.
fn settle(project: &Project, told: &[Told]) -> Result<usize, Wrong> {
    let charged: BTreeSet<_> = project
        .api
        .sold()
        .into_iter()
        .filter_map(|sold| sold.client_request_id)
        .collect();
    let mut free = 0;
    while let Some(row) = books::rows(project).into_iter().find(|row| row.is_open) {
        let is_charged = charged.contains(&row.request_id);
        let fit: &[&str] = if is_charged {
            &["--paid", "--retake"]
        } else {
            &["--not-paid"]
        };
        free += usize::from(!is_charged);
        let mut printed = told.iter().flat_map(books::printed).filter(|one| one.take == row.take);
        let word = printed.find_map(|one| fit.iter().find(|word| one.words.contains(word)));
        let word = word.ok_or_else(|| format!("nobody says how to settle {row:?}"))?;
        let said = project.run(&["resolve", &row.take, word]);
        let is_settled = books::rows(project)
            .iter()
            .any(|one| one.request_id == row.request_id && !one.is_open);
        if said.code != Some(0) || !is_settled {
            return Err(Wrong::from(format!(
                "the printed command does not settle {row:?}\n{said}"
            )));
        }
    }
    Ok(free)
}

#[test]
fn every_death_of_a_scheduled_run_is_survived() {
    let (stories, next) = (stories(), AtomicUsize::new(0));
    let work = || {
        let mut wrong = Vec::new();
        while let Some(story) = stories.get(next.fetch_add(1, Ordering::Relaxed)) {
            wrong.extend(tell(story).err());
        }
        wrong
    };
    let wrong: Vec<Wrong> = thread::scope(|scope| {
        let workers = [(); 2].map(|()| scope.spawn(work));
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    let said: Vec<_> = wrong.iter().map(ToString::to_string).collect();
    assert!(wrong.is_empty(), "{} went wrong:\n\n{}", said.len(), said.join("\n\n"));
}

/// A schedule that its failures stopped goes on when a person says so, and not before, wherever that dies.
#[test]
fn every_death_of_a_persons_word_on_a_schedule_is_survived() {
    for (point, is_said) in [("before", false), ("inside", false), ("after", true)] {
        let project = Project::new(SINGLE.with_faults(&["400"]));
        let schedules = "schedules:\n  h: { cron: '@monthly', timezone: UTC, stop_after: 1 }\n";
        let text = format!("{}{schedules}", SINGLE.pipeline);
        fs::write(project.path("takesheet.yaml"), text).unwrap();
        let first = project.run(&ONCE);
        assert_eq!(first.code, Some(1), "{first}");
        let told = project.run_into(&["schedule", "resume"], &format!("schedule.resume.{point}"));
        assert!(told.died, "{told}");
        let list = project.run(&["schedule", "list"]);
        assert_eq!(!list.stdout.contains("stopped"), is_said, "{list}");
        let again = project.run(&["schedule", "resume"]);
        assert_eq!(again.stderr.contains("nothing is stopped"), is_said, "{again}");
        let (asked, once) = (project.api.asked(), project.run(&ONCE));
        assert_eq!(project.api.asked(), asked, "what had come due stays left out\n{once}");
    }
}
