//! Tells what happens to schedules: a line for each thing, and a block for each run that did not go well. With `-q` the
//! blocks alone.

use super::errand::Report;
use crate::{
    base::{
        money::Total,
        time::{TimeZone, Timestamp},
    },
    cli::{context::Context, exit::Exit},
    pipeline::Schedule,
    report::schedules::{Happened, failed, happened, line, typed, unread},
    service::{
        self,
        schedule::{Ending, Errand, Note, Timetable},
    },
    store::Passed,
    ui::Terminal,
};
use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

/// Owns the terminal of the service.
#[derive(Debug)]
pub(super) struct Speaker {
    context: Context,
    terminal: Terminal,
    here: TimeZone,
    /// Every run counts, and not only those that were cut short.
    is_once: bool,
    /// The zones of schedules that were read.
    zones: HashMap<(PathBuf, String), TimeZone>,
    worst: Exit,
}

impl Speaker {
    pub(super) fn new(context: &Context, terminal: Terminal, is_once: bool) -> Self {
        Self {
            context: context.clone(),
            terminal,
            here: TimeZone::system(),
            is_once,
            zones: HashMap::new(),
            worst: Exit::Done,
        }
    }

    /// The streams, and how such a service ends.
    pub(super) fn close(self) -> (Terminal, Exit) {
        (self.terminal, self.worst)
    }

    /// A run is over.
    pub(super) fn over(&mut self, report: &Report) {
        let Report {
            errand,
            exit,
            said,
            untold,
        } = report;
        let is_cut_short = matches!(exit, Exit::Interrupted | Exit::Terminated);
        if self.is_once || is_cut_short {
            self.worst = self.worst.max(*exit);
        }
        if *exit != Exit::Done && !(is_cut_short && self.context.global.quiet) {
            let file = self.file(&errand.file);
            let block = failed(
                (&file, &errand.schedule.name),
                said,
                &next(errand, self.context.clock.now()),
            );
            self.terminal.say(&block);
        }
        if let Some((key, why)) = untold {
            self.say(
                &errand.file,
                &errand.schedule.name,
                &Happened::Untold { key, why },
                true,
            );
        }
    }

    /// Something happened.
    pub(super) fn note(&mut self, note: &Note<String>) {
        match note {
            Note::Read { file, next } => {
                for (schedule, next) in next {
                    self.know(file, schedule);
                    self.say(file, &schedule.name, &Happened::Read { next: *next }, false);
                }
            }
            Note::Unread { file, trouble } => {
                let mended = "it is read again when it changes; its schedules stay as they were";
                let block = unread(&self.file(file), trouble, mended);
                self.terminal.say(&block);
                self.worst_once(Exit::Rejected);
            }
            Note::Unreckoned { why, .. } => self.trouble(&why.to_string()),
            Note::Fired { errand } => self.fired(errand),
            Note::Ended {
                errand,
                outcome,
                tripped,
            } => {
                let is_well = matches!(outcome.ending, Ending::Done);
                let what = Happened::Ended {
                    ending: outcome.ending.word(),
                    is_well,
                    spent: outcome.spent,
                    run: outcome.run.as_deref(),
                };
                self.say(&errand.file, &errand.schedule.name, &what, false);
                self.tripped(&errand.file, &errand.schedule.name, *tripped);
            }
            Note::Passed { file, schedule, passed } => self.passed(file, schedule, passed),
            Note::GivenUp {
                file,
                schedule,
                due,
                given_up,
                tripped,
            } => {
                let reason = given_up.reason.unwrap_or("stopped");
                let (due, is_trouble) = (*due, given_up.is_failure);
                self.say(file, schedule, &Happened::GivenUp { due, reason }, is_trouble);
                self.tripped(file, schedule, *tripped);
            }
            Note::Tripped { file, schedule, since } => {
                self.say(file, schedule, &Happened::Stopped { since: *since }, true);
            }
            Note::Unrecorded { file, error } => {
                let file = self.file(file);
                self.trouble(&format!("{file}: {error}"));
                self.terminal.say(if self.is_once {
                    "help: nothing of it was run; what is due is run the next time\n"
                } else {
                    "help: nothing of it is run meanwhile; it is tried again by itself\n"
                });
                self.worst_once(Exit::Machine);
            }
            Note::Draining { runs: 0 } => {}
            Note::Draining { .. } => self.plain("stopping: what was paid for lands; Ctrl-C again leaves at once"),
        }
    }

    /// What is said of a schedule is said in its zone.
    fn know(&mut self, file: &Path, schedule: &Schedule) {
        let key = (file.to_owned(), schedule.name.clone());
        self.zones.insert(key, zone(schedule));
    }

    fn fired(&mut self, errand: &Errand) {
        self.know(&errand.file, &errand.schedule);
        let what = Happened::Fired {
            due: errand.due,
            late: errand.late,
            again: errand.again,
        };
        self.say(&errand.file, &errand.schedule.name, &what, false);
    }

    fn passed(&mut self, file: &Path, schedule: &str, passed: &Passed) {
        let what = Happened::LeftOut {
            how: if passed.is_skipped { "skipped" } else { "missed" },
            reason: passed.reason,
            last: passed.last,
            count: passed.count,
        };
        self.say(file, schedule, &what, false);
    }

    fn tripped(&mut self, file: &Path, schedule: &str, is_tripped: bool) {
        if is_tripped {
            let since = self.context.clock.now();
            self.say(file, schedule, &Happened::Stopped { since }, true);
        }
    }

    /// One line; with `-q` only if it is trouble.
    fn say(&mut self, file: &Path, name: &str, what: &Happened<'_>, is_trouble: bool) {
        if self.context.global.quiet && !is_trouble {
            return;
        }
        let key = (file.to_owned(), name.to_owned());
        let zone = self.zones.get(&key).unwrap_or(&self.here).clone();
        let file = self.file(file);
        let said = happened((&file, name), &zone, what, &self.context.look);
        let text = line(self.context.clock.now(), &self.here, &said);
        self.terminal.say(&self.context.look.spell(&text));
    }

    fn plain(&mut self, said: &str) {
        if !self.context.global.quiet {
            let text = line(self.context.clock.now(), &self.here, said);
            self.terminal.say(&text);
        }
    }

    fn trouble(&mut self, said: &str) {
        self.terminal.say(&format!("error: {said}\n"));
    }

    fn worst_once(&mut self, exit: Exit) {
        if self.is_once {
            self.worst = self.worst.max(exit);
        }
    }

    fn file(&self, file: &Path) -> String {
        shown(&self.context, file)
    }
}

/// A file as whoever reads this would type it: with `-q` that may be anybody.
pub(super) fn shown(context: &Context, file: &Path) -> String {
    if context.global.quiet {
        file.to_string_lossy().into_owned()
    } else {
        service::shown(file, &context.environment.folder)
    }
}

fn zone(schedule: &Schedule) -> TimeZone {
    // A zone of a pipeline that was read is known.
    TimeZone::get(&schedule.timezone).unwrap_or(TimeZone::UTC)
}

/// When a schedule is due again, and how to run the same by hand, where a run by hand is the same.
fn next(errand: &Errand, now: Timestamp) -> Vec<String> {
    let schedule = &errand.schedule;
    let next = Timetable::of(schedule).ok().and_then(|times| times.after(now));
    let mut lines = Vec::new();
    if errand.spent != Total::default() {
        let spent = errand.spent;
        lines.push(format!(
            "{spent} was spent on it, or may have been, before it was taken up again; its budget counts that"
        ));
    }
    if !schedule.fresh {
        lines.push(format!("to run it now: {}", command(errand)));
    }
    lines.push(match next {
        Some(at) => {
            let shown = at.to_zoned(zone(schedule)).strftime("%a %Y-%m-%d %H:%M %Z").to_string();
            format!("it is due again {shown}")
        }
        None => "it is never due again".to_owned(),
    });
    lines
}

fn command(errand: &Errand) -> String {
    let schedule = &errand.schedule;
    let mut words = vec![errand.file.to_string_lossy().into_owned()];
    if let Some(profile) = &schedule.profile {
        words.extend(["--profile".to_owned(), profile.clone()]);
    }
    for select in &schedule.select {
        words.extend(["--select".to_owned(), select.clone()]);
    }
    if let Some(budget) = schedule.budget {
        words.extend(["--budget".to_owned(), budget.decimal()]);
    }
    typed("takesheet run", &words)
}
