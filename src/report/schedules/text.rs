//! Schedules for people: a few lines each.

use super::{LastRun, LeftOut, ScheduleView, log::why};
use crate::{
    base::{
        time::{TimeZone, Timestamp},
        words,
    },
    report::{
        layout,
        look::{Ink, Look},
        names,
    },
};
use std::fmt::Write;

/// Each schedule with its next times, in its zone and `here`, and what came of it last.
pub fn list(schedules: &[ScheduleView], here: &TimeZone, look: &Look) -> String {
    let mut text = String::new();
    for view in schedules {
        if !text.is_empty() {
            text.push('\n');
        }
        one(&mut text, view, here, look);
    }
    look.spell(&text).into_owned()
}

fn one(text: &mut String, view: &ScheduleView, here: &TimeZone, look: &Look) {
    let name = look.paint(Ink::Bold, &view.name);
    let what = described(view);
    let _ = writeln!(
        text,
        "{name}  {}  {}{what}   {}",
        view.written,
        view.zone,
        look.paint(Ink::Dim, &view.file)
    );
    let mut label = "next:";
    for at in &view.next {
        let _ = writeln!(text, "  {label:<6} {}", moment(*at, view, here));
        label = "";
    }
    if view.next.is_empty() {
        let _ = writeln!(text, "  next:  never again");
    }
    match &view.last {
        Some(last) => run(text, last, view),
        None => _ = writeln!(text, "  last:  it did not run yet"),
    }
    if let Some(left) = &view.left_out {
        let _ = writeln!(text, "  {}", left_out(left, view));
    }
    if let Some((since, failures)) = view.stopped {
        let runs = words::count(failures as usize, "failed run");
        let stopped = look.paint(Ink::Red, "stopped:");
        let _ = writeln!(text, "  {stopped} after {runs} in a row, since {}", there(since, view));
        let (file, name) = (names::shell(&view.file), names::shell(&view.name));
        let _ = writeln!(text, "  help:  mend it, then: takesheet schedule resume {file} {name}");
    }
}

/// What it runs, unless that is everything.
fn described(view: &ScheduleView) -> String {
    let mut said = String::new();
    for term in &view.select {
        let _ = write!(said, "  {term}");
    }
    if let Some(profile) = &view.profile {
        let _ = write!(said, "  --profile {profile}");
    }
    said
}

/// `Tue 2026-11-24 03:00 WET`, and what the clock here shows then if that is something else.
fn moment(at: Timestamp, view: &ScheduleView, here: &TimeZone) -> String {
    let own = at.to_zoned(view.rules.clone());
    let local = at.to_zoned(here.clone());
    let shown = there(at, view);
    if own.datetime() == local.datetime() {
        return shown;
    }
    format!("{}  {} here", layout::pad(&shown, 26), local.strftime("%a %H:%M"))
}

fn there(at: Timestamp, view: &ScheduleView) -> String {
    at.to_zoned(view.rules.clone())
        .strftime("%a %Y-%m-%d %H:%M %Z")
        .to_string()
}

fn run(text: &mut String, last: &LastRun, view: &ScheduleView) {
    let reason = match &last.reason {
        Some(reason) if *reason != last.outcome => format!(" ({reason})"),
        _ => String::new(),
    };
    let cost = match last.ended {
        Some(_) => format!(", {}", last.spent),
        None => String::new(),
    };
    let due = there(last.due, view);
    let _ = writeln!(text, "  last:  {due}: {}{reason}{cost}", last.outcome);
    if let Some(run) = &last.run {
        let _ = writeln!(text, "         takesheet runs show {run}");
    }
}

fn left_out(left: &LeftOut, view: &ScheduleView) -> String {
    let times = match left.count {
        1 => String::new(),
        count => format!(", {count} times"),
    };
    let why = left
        .reason
        .as_deref()
        .map_or(String::new(), |word| format!(": {}", why(word)));
    format!("{}: {}{times}{why}", left.how, there(left.due, view))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::money::{Price, Total, Usd};

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn nightly() -> ScheduleView {
        ScheduleView {
            file: "night.yaml".into(),
            name: "nightly".into(),
            cron: "0 3 * * *".into(),
            written: "0 3 * * *".into(),
            zone: "Europe/Lisbon".into(),
            rules: TimeZone::get("Europe/Lisbon").unwrap(),
            next: vec![at("2026-11-24T03:00:00Z"), at("2026-11-25T03:00:00Z")],
            select: vec!["tag:draft".into()],
            profile: Some("live".into()),
            last: None,
            left_out: None,
            stopped: None,
        }
    }

    #[test]
    fn a_schedule_that_never_ran_tells_its_times_there_and_here() {
        let here = TimeZone::get("Asia/Tokyo").unwrap();
        assert_eq!(
            list(&[nightly()], &here, &Look::PLAIN),
            "nightly  0 3 * * *  Europe/Lisbon  tag:draft  --profile live   night.yaml\n  \
             next:  Tue 2026-11-24 03:00 WET    Tue 12:00 here\n         \
             Wed 2026-11-25 03:00 WET    Wed 12:00 here\n  \
             last:  it did not run yet\n"
        );
    }

    #[test]
    fn what_came_of_it_says_what_it_cost_and_what_to_do() {
        let mut spent = Total::default();
        spent.add(Price::Known(Usd::parse("0.19").unwrap()));
        let view = ScheduleView {
            next: Vec::new(),
            last: Some(LastRun {
                due: at("2026-11-23T03:00:00Z"),
                began: at("2026-11-23T03:00:01Z"),
                ended: Some(at("2026-11-23T03:04:00Z")),
                outcome: "failed".into(),
                reason: Some("refused".into()),
                spent,
                run: Some("20261123-x".into()),
            }),
            left_out: Some(LeftOut {
                due: at("2026-11-23T04:00:00Z"),
                count: 2,
                how: "missed".into(),
                reason: Some("late".into()),
            }),
            stopped: Some((at("2026-11-23T03:04:00Z"), 3)),
            ..nightly()
        };
        let text = list(&[view], &TimeZone::UTC, &Look::PLAIN);
        assert_eq!(
            text.split_once('\n').unwrap().1,
            "  next:  never again\n  \
             last:  Mon 2026-11-23 03:00 WET: failed (refused), $0.19\n         \
             takesheet runs show 20261123-x\n  \
             missed: Mon 2026-11-23 04:00 WET, 2 times: later than `max_lateness`\n  \
             stopped: after 3 failed runs in a row, since Mon 2026-11-23 03:04 WET\n  \
             help:  mend it, then: takesheet schedule resume night.yaml nightly\n"
        );
    }
}
