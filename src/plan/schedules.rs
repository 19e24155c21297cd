//! Whether what schedules select is there.
//!
//! Knows nothing of when they are due. A selection is held against the pipeline as it is with the schedule's own profile, so
//! only the schedules that run with the profile the pipeline was read with are looked at.

use super::{Expansion, Facts, SelectionError, codes, parse_selection, wire::wire};
use crate::{
    base::diagnostic::{Diagnostic, Diagnostics},
    pipeline::{Pipeline, Schedule},
};

/// Complains of every schedule of the profile at hand that selects what is not there.
pub fn check_schedules(pipeline: &Pipeline, expansion: &Expansion, facts: &Facts) -> Diagnostics {
    let mut complaints = Diagnostics::default();
    let selects = |schedule: &&Schedule| !schedule.select.is_empty() && schedule.profile == pipeline.profile;
    let mut schedules = pipeline.schedules.iter().filter(selects).peekable();
    if schedules.peek().is_none() {
        return complaints;
    }
    let wired = wire(pipeline, expansion, facts);
    for schedule in schedules {
        let checked = parse_selection(&schedule.select).and_then(|chosen| chosen.check(pipeline, expansion, &wired));
        if let Err(error) = checked {
            complaints.extend(complaint(schedule, &error).into());
        }
    }
    complaints
}

fn complaint(schedule: &Schedule, error: &SelectionError) -> Diagnostic {
    let message = format!("`{}`: {error}", schedule.name);
    let diagnostic = Diagnostic::error(codes::UNKNOWN_SELECTION, schedule.select_span, message);
    match error.help() {
        Some(help) => diagnostic.help(help),
        None => diagnostic,
    }
}
