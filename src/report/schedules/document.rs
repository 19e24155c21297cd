//! Schedules as one JSON document, for scripts. Versioned by its `schema`.

use super::{LastRun, LeftOut, ScheduleView};
use crate::base::time::Timestamp;
use serde::Serialize;

/// What `schedule list --json` prints.
#[derive(Debug, Serialize)]
pub struct ScheduleListDocument<'a> {
    schema: &'static str,
    schedules: Vec<OneDocument<'a>>,
}

#[derive(Debug, Serialize)]
struct OneDocument<'a> {
    file: &'a str,
    name: &'a str,
    cron: &'a str,
    timezone: &'a str,
    select: &'a [String],
    profile: Option<&'a str>,
    next: Vec<MomentDocument>,
    last: Option<&'a LastRun>,
    left_out: Option<&'a LeftOut>,
    stopped: Option<StoppedDocument>,
}

#[derive(Debug, Serialize)]
struct MomentDocument {
    at: Timestamp,
    /// What the clock in the schedule's zone shows, with its distance from UTC.
    there: String,
}

#[derive(Debug, Serialize)]
struct StoppedDocument {
    since: Timestamp,
    failures: u32,
}

impl<'a> ScheduleListDocument<'a> {
    /// The document of these schedules.
    pub fn of(schedules: &'a [ScheduleView]) -> Self {
        Self {
            schema: "takesheet.schedules/1",
            schedules: schedules.iter().map(OneDocument::of).collect(),
        }
    }

    /// As text, with a line break at its end.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("names and times are always JSON") + "\n"
    }
}

impl<'a> OneDocument<'a> {
    fn of(view: &'a ScheduleView) -> Self {
        let there = |at: &Timestamp| {
            at.to_zoned(view.rules.clone())
                .strftime("%Y-%m-%dT%H:%M:%S%:z")
                .to_string()
        };
        Self {
            file: &view.file,
            name: &view.name,
            cron: &view.cron,
            timezone: &view.zone,
            select: &view.select,
            profile: view.profile.as_deref(),
            next: view
                .next
                .iter()
                .map(|at| MomentDocument {
                    at: *at,
                    there: there(at),
                })
                .collect(),
            last: view.last.as_ref(),
            left_out: view.left_out.as_ref(),
            stopped: view
                .stopped
                .map(|(since, failures)| StoppedDocument { since, failures }),
        }
    }
}
