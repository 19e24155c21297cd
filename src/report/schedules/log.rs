//! What happens to schedules, one line each: for the log of whoever runs them.
//!
//! Pure. Knows nothing of who makes it happen.

use crate::{
    base::{
        money::Total,
        time::{TimeZone, Timestamp},
        words,
    },
    report::{
        layout,
        look::{Ink, Look},
        names,
    },
};
use std::time::Duration;

/// What happened to a schedule.
#[derive(Clone, Debug)]
pub enum Happened<'a> {
    /// It was read, and is due next then.
    Read {
        /// None if it never is.
        next: Option<Timestamp>,
    },
    /// Its run begins.
    Fired {
        /// When it was due.
        due: Timestamp,
        /// How long ago that is.
        late: Duration,
        /// It was begun before.
        again: bool,
    },
    /// Its run is over.
    Ended {
        /// How, in a word.
        ending: &'a str,
        /// Whether that is well.
        is_well: bool,
        /// What it cost.
        spent: Total,
        /// Its id, if one began.
        run: Option<&'a str>,
    },
    /// Moments went by.
    LeftOut {
        /// `missed` or `skipped`.
        how: &'a str,
        /// Why, in a word.
        reason: &'a str,
        /// The last of them.
        last: Timestamp,
        /// How many.
        count: u32,
    },
    /// What was begun is not taken up again.
    GivenUp {
        /// When it was due.
        due: Option<Timestamp>,
        /// Why, in a word.
        reason: &'a str,
    },
    /// It failed too often in a row.
    Stopped {
        /// Since when.
        since: Timestamp,
    },
    /// Somebody was to be told, and could not be.
    Untold {
        /// `on_failure` or `on_recovery`.
        key: &'a str,
        /// Why.
        why: &'a str,
    },
}

/// One line, with the time of day here.
pub fn line(now: Timestamp, here: &TimeZone, said: &str) -> String {
    let shown = now.to_zoned(here.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string();
    format!("{shown}  {said}\n")
}

/// What happened to the schedule `name` of `file`; times as in its zone.
pub fn happened((file, name): (&str, &str), zone: &TimeZone, what: &Happened<'_>, look: &Look) -> String {
    let at = |moment: Timestamp| {
        moment
            .to_zoned(zone.clone())
            .strftime("%a %Y-%m-%d %H:%M %Z")
            .to_string()
    };
    let who = format!("{} of {file}", look.paint(Ink::Bold, name));
    match what {
        Happened::Read { next: Some(next) } => format!("{who}: next {}", at(*next)),
        Happened::Read { next: None } => format!("{who}: never due again"),
        Happened::Fired { due, late, again } => {
            let late = if late.as_secs() < 60 {
                String::new()
            } else {
                format!(", {} late", words::duration(*late))
            };
            let again = if *again { "taken up again" } else { "begins" };
            format!("{who}: {again}, due {}{late}", at(*due))
        }
        Happened::Ended {
            ending,
            is_well,
            spent,
            run,
        } => {
            let ink = if *is_well { Ink::Green } else { Ink::Red };
            let run = run.map_or(String::new(), |run| format!("; takesheet runs show {run}"));
            format!("{who}: {}, {spent} spent{run}", look.paint(ink, ending))
        }
        Happened::LeftOut {
            how,
            reason,
            last,
            count,
        } => {
            let times = if *count == 1 {
                String::new()
            } else {
                format!(", {count} times")
            };
            format!("{who}: {how} {}{times}: {}", at(*last), why(reason))
        }
        Happened::GivenUp { due, reason } => {
            let due = due.map_or(String::new(), |due| format!(" {}", at(due)));
            format!("{who}: gave up{due}: {}", why(reason))
        }
        Happened::Stopped { since } => {
            let (file, name) = (names::shell(file), names::shell(name));
            let stopped = look.paint(Ink::Red, "stopped");
            format!(
                "{who}: {stopped} since {}; mend it, then: takesheet schedule resume {file} {name}",
                at(*since)
            )
        }
        Happened::Untold { key, why } => format!("{who}: {key} was not told: {}", layout::one_line(why)),
    }
}

/// What a run that did not go well said, as one block that says whose it was, and what to do next.
pub fn failed((file, name): (&str, &str), said: &str, next: &[String]) -> String {
    block(
        &format!("the scheduled run {name} of {file} did not go well"),
        said,
        next,
    )
}

/// Why the schedules of a pipeline cannot be read now, as one block; `mended` is what follows when that is mended.
pub fn unread(file: &str, said: &str, mended: &str) -> String {
    let check = format!("to see whether it is: {}", typed("takesheet check", &[file.to_owned()]));
    let next = [format!("mend it: {mended}"), check];
    block(
        &format!("the schedules of {file} cannot be run now; nothing was spent"),
        said,
        &next,
    )
}

fn block(head: &str, said: &str, next: &[String]) -> String {
    let mut text = format!("error: {head}\n");
    // What a run says of the next one is not of one by a schedule.
    for line in said.lines().filter(|line| !line.starts_with("Next:")) {
        text += line;
        text.push('\n');
    }
    for (at, line) in next.iter().enumerate() {
        text += if at == 0 { "Next:  " } else { "       " };
        text += line;
        text.push('\n');
    }
    text
}

/// A command as it is typed: its words quoted where a shell needs that.
pub fn typed(command: &str, words: &[String]) -> String {
    words
        .iter()
        .fold(command.to_owned(), |text, word| text + " " + &names::shell(word))
}

/// A word of the records as a person would say it.
pub(super) fn why(reason: &str) -> &str {
    match reason {
        "replaced" => "nobody was there, and a later one took its place",
        "late" => "later than `max_lateness`",
        "overlap" => "the last run was under way still",
        "tripped" => "it is stopped after failures",
        "busy" => "another run of the pipeline was under way",
        "died" => "the process ended in it",
        "stopped" => "the service was stopped, and nobody took it up in time",
        "changed" => "its line or zone was changed",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(what: &Happened<'_>) -> String {
        let zone = TimeZone::get("Europe/Lisbon").unwrap();
        happened(("night.yaml", "nightly"), &zone, what, &Look::PLAIN)
    }

    #[test]
    fn each_thing_is_one_line() {
        let at: Timestamp = "2026-11-24T03:00:00Z".parse().unwrap();
        assert_eq!(line(at, &TimeZone::UTC, "x"), "2026-11-24 03:00:00  x\n");
        assert_eq!(
            unread("night.yaml", "error[x]: y\n", "it runs then"),
            "error: the schedules of night.yaml cannot be run now; nothing was spent\n\
             error[x]: y\n\
             Next:  mend it: it runs then\n       \
             to see whether it is: takesheet check night.yaml\n"
        );
        for (what, line) in [
            (
                Happened::Read { next: Some(at) },
                "nightly of night.yaml: next Tue 2026-11-24 03:00 WET",
            ),
            (
                Happened::Fired {
                    due: at,
                    late: Duration::from_secs(3700),
                    again: true,
                },
                "nightly of night.yaml: taken up again, due Tue 2026-11-24 03:00 WET, 1h 01m late",
            ),
            (
                Happened::Ended {
                    ending: "done",
                    is_well: true,
                    spent: Total::default(),
                    run: Some("r1"),
                },
                "nightly of night.yaml: done, $0.00 spent; takesheet runs show r1",
            ),
            (
                Happened::LeftOut {
                    how: "missed",
                    reason: "late",
                    last: at,
                    count: 2,
                },
                "nightly of night.yaml: missed Tue 2026-11-24 03:00 WET, 2 times: later than `max_lateness`",
            ),
            (
                Happened::Untold {
                    key: "on_failure",
                    why: "it said this\nand that",
                },
                "nightly of night.yaml: on_failure was not told: it said this\\nand that",
            ),
            (
                Happened::Stopped { since: at },
                "nightly of night.yaml: stopped since Tue 2026-11-24 03:00 WET; mend it, then: takesheet schedule \
                 resume night.yaml nightly",
            ),
        ] {
            assert_eq!(said(&what), line);
        }
    }
}
