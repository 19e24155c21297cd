//! Lines of a crontab. They wake the program up by the minute alone: cron lives in the machine's zone, and a schedule in
//! its own.

use super::{Exported, ExportedFile, Here, MARK, calendar, said};
use crate::report::names;
use std::fmt::Write;

pub(super) fn file(pipelines: &[Exported], here: &Here) -> ExportedFile {
    let mut text = format!(
        "# {MARK} cron`: the program knows what is due, in whatever zone; cron only wakes it up.
# It is silent unless something went wrong, so mail from cron is worth reading.
# The key: a line AIML_API_KEY=... in a .env at the root of the project, which only you may read.
"
    );
    for one in pipelines {
        for schedule in &one.schedules {
            let _ = writeln!(text, "# {}, {}", one.name, said(schedule));
        }
        let minutes = calendar::list(&calendar::minutes(&one.schedules), 0..=59, "-");
        let command = format!(
            "{} schedule run --once -q {}",
            names::shell(&here.program),
            names::shell(&one.file)
        );
        // Cron ends a line at a percent sign, even between quotes.
        let _ = writeln!(text, "{minutes} * * * * {}", command.replace('%', "\\%"));
    }
    ExportedFile {
        name: "takesheet.crontab".to_owned(),
        text,
    }
}
