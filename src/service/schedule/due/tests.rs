use super::{Due, MOST_COUNTED, Policy, Reason, Verdict, decide};
use crate::{
    base::time::Timestamp,
    pipeline::Overlap,
    service::schedule::Timetable,
    store::{By, OpenOccasion, ScheduleRecord},
};
use std::{collections::BTreeSet, num::NonZeroU32};

/// `2026-11-23T03:00` or `2026-11-23T03:00:20`, in UTC.
fn at(text: &str) -> Timestamp {
    let seconds = if text.len() == 16 { ":00" } else { "" };
    format!("{text}{seconds}Z")
        .parse()
        .unwrap_or_else(|_| panic!("{text} is no moment"))
}

/// The same without what is zero.
fn shown(moment: Timestamp) -> String {
    let text = moment.to_string();
    let text = text.strip_suffix('Z').unwrap_or(&text);
    text.strip_suffix(":00").unwrap_or(text).to_owned()
}

/// One line of the table.
struct Case<'a> {
    name: &'a str,
    zone: &'a str,
    cron: &'a str,
    seen: &'a str,
    more: &'a str,
    now: &'a str,
    expected: &'a str,
}

fn cases(text: &str) -> Vec<Case<'_>> {
    let lines = text
        .lines()
        .filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    lines
        .map(|line| {
            let (given, expected) = line.split_once("=>").unwrap_or_else(|| panic!("{line}"));
            let cells: Vec<&str> = given.split('|').map(str::trim).collect();
            let [name, zone, cron, seen, more, now] = cells[..] else {
                panic!("{line}")
            };
            Case {
                name,
                zone,
                cron,
                seen,
                more,
                now,
                expected: expected.trim(),
            }
        })
        .collect()
}

/// Reads what a case says of policy and record.
fn read(case: &Case<'_>) -> (Policy, ScheduleRecord) {
    let mut policy = Policy {
        overlap: Overlap::Skip,
        max_lateness: None,
        stop_after: None,
    };
    let mut record = ScheduleRecord::first_seen(at(case.seen));
    for word in case.more.split_whitespace() {
        let (name, value) = word.split_once('=').unwrap_or((word, ""));
        let mut open = |by, deaths| {
            record.open = Some(OpenOccasion {
                due: at(value),
                since: at(value),
                deaths,
                by,
            });
        };
        match name {
            "last" => record.handled = Some(at(value)),
            "mine" => open(By::Me, 0),
            "other" => open(By::Other { pid: 7 }, 0),
            "gone" => open(By::Gone, 0),
            "deadly" => open(By::Gone, 4),
            "waiting" => open(By::Nobody, 0),
            "tripped" => record.tripped = Some(at(value)),
            "resumed" => record.resumed = Some(at(value)),
            "failures" => record.failures = value.parse().unwrap(),
            "stop" => policy.stop_after = NonZeroU32::new(value.parse().unwrap()),
            "late" => policy.max_lateness = Some(crate::pipeline::parse_duration(value).unwrap()),
            "queue" => policy.overlap = Overlap::QueueOne,
            other => panic!("{other} means nothing"),
        }
    }
    (policy, record)
}

/// A decision as the table writes it.
fn told(due: &Due) -> String {
    let mut text = match due.verdict {
        Verdict::Nothing => "nothing".to_owned(),
        Verdict::Fire { due, late, again } => {
            let again = if again { " again" } else { "" };
            format!("fire {}{again} late {}s", shown(due), late.as_secs())
        }
        Verdict::Missed => "missed".to_owned(),
        Verdict::Skipped => "skipped".to_owned(),
        Verdict::Queued { due } => format!("queued {}", shown(due)),
        Verdict::Tripped { since } => format!("stopped since {}", shown(since)),
    };
    if let Some(given_up) = due.decided.given_up {
        let counts = if given_up.is_failure { ", a failure" } else { "" };
        text += &format!("; given up: {}{counts}", given_up.reason.unwrap_or("as it says"));
    }
    for passed in &due.decided.passed {
        let how = if passed.is_skipped { "skipped" } else { "missed" };
        text += &format!("; {how} {} ({})", passed.count, passed.reason);
        text += &match passed.count {
            1 => format!(" {}", shown(passed.last)),
            _ => format!(" {} to {}", shown(passed.first), shown(passed.last)),
        };
    }
    match due.next {
        Some(next) => text + &format!("; next {}", shown(next)),
        None => text,
    }
}

#[test]
fn every_case_of_the_table_is_decided_as_it_says() {
    let cases = cases(include_str!("cases.txt"));
    let (mut zones, mut wrong) = (BTreeSet::new(), Vec::new());
    for case in &cases {
        let timetable = Timetable::new(case.cron, case.zone).unwrap();
        let (policy, record) = read(case);
        let found = told(&decide(&timetable, &policy, &record, at(case.now)));
        if found != case.expected {
            wrong.push(format!(
                "{}\n  found    {found}\n  expected {}",
                case.name, case.expected
            ));
        }
        zones.insert(case.zone);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(cases.len() >= 60 && zones.len() >= 8, "{} in {zones:?}", cases.len());
}

#[test]
fn what_is_written_stands_for_its_decision() {
    for case in cases(include_str!("cases.txt")) {
        let timetable = Timetable::new(case.cron, case.zone).unwrap();
        let (policy, record) = read(&case);
        let due = decide(&timetable, &policy, &record, at(case.now));
        let fired = match due.verdict {
            Verdict::Fire { due, .. } => Some(due),
            _ => None,
        };
        assert_eq!(due.decided.fire, fired, "{}", case.name);
        let passed = &due.decided.passed;
        assert!(
            passed
                .iter()
                .all(|one| one.first <= one.last && one.last <= at(case.now))
        );
        assert!(passed.windows(2).all(|two| two[0].last < two[1].first), "{}", case.name);
    }
}

#[test]
fn a_count_of_many_moments_comes_to_an_end() {
    let timetable = Timetable::new("* * * * *", "UTC").unwrap();
    let (policy, _) = read(&cases("a|UTC|* * * * *|2026-01-01T00:00||2026-01-01T00:00 =>")[0]);
    let record = ScheduleRecord::first_seen(at("2026-01-01T00:00"));
    let due = decide(&timetable, &policy, &record, at("2036-01-01T00:00"));
    assert_eq!(due.decided.passed[0].count, MOST_COUNTED);
    assert_eq!(due.decided.passed[0].last, at("2035-12-31T23:59"));
}

#[test]
fn a_reason_is_read_back_from_its_word() {
    for reason in Reason::ALL {
        assert_eq!(Reason::of(reason.word()), Some(reason));
    }
    assert_eq!(Reason::of("because"), None);
}
