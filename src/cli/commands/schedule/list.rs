//! `takesheet schedule list`: when each schedule is due next, and what came of it last. Writes nothing.

use super::unknown;
use crate::{
    base::time::TimeZone,
    cli::{args::ScheduleListArgs, context::Context, exit::Exit, failure},
    report::schedules::{LastRun, LeftOut, ScheduleListDocument, ScheduleView, list as text},
    service::{self, Entry},
    store::{By, Occasion, OccasionState, ScheduleRecord},
    ui::Terminal,
};
use std::path::Path;

/// Lists the schedules of the pipelines.
pub(super) fn list(context: &Context, terminal: &mut Terminal, args: &ScheduleListArgs) -> Exit {
    let files = match context.pipelines(&args.which.pipelines, terminal) {
        Ok(files) => files,
        Err(exit) => return exit,
    };
    let (mut views, mut worst) = (Vec::new(), Exit::Done);
    for file in files {
        match service::agenda(&file, &context.environment, &context.clock) {
            Ok(entries) => views.extend(entries.into_iter().map(|entry| view(&file, entry))),
            Err(error) => worst = worst.max(failure::gather(context, terminal, &error)),
        }
    }
    let names: Vec<&str> = views.iter().map(|view| view.name.as_str()).collect();
    let wanted = &args.which.schedule;
    if let Some(wrong) = wanted.iter().find(|name| !names.contains(&name.as_str())) {
        return worst.max(unknown(terminal, wrong, &names));
    }
    views.retain(|view| wanted.is_empty() || wanted.contains(&view.name));
    if args.json {
        terminal.data(&ScheduleListDocument::of(&views).to_json());
    } else if views.is_empty() && worst == Exit::Done {
        terminal.say("no schedules: a pipeline has them under `schedules:`\n");
    } else {
        terminal.data(&text(&views, &TimeZone::system(), &context.data_look));
    }
    worst
}

fn view(file: &Path, entry: Entry) -> ScheduleView {
    let Entry {
        schedule,
        next,
        record,
        occasions,
    } = entry;
    let ran = |one: &&Occasion| !matches!(one.state, OccasionState::Missed | OccasionState::Skipped);
    let record = record.as_ref();
    ScheduleView {
        file: file.to_string_lossy().into_owned(),
        name: schedule.name,
        // A zone of a pipeline that was read is known.
        rules: TimeZone::get(&schedule.timezone).unwrap_or(TimeZone::UTC),
        cron: schedule.cron,
        written: schedule.written,
        zone: schedule.timezone,
        next,
        select: schedule.select,
        profile: schedule.profile,
        last: occasions.iter().find(ran).map(|one| last(one, record)),
        left_out: occasions.first().filter(|one| !ran(one)).map(|one| LeftOut {
            due: one.due,
            count: one.count,
            how: word(one.state).to_owned(),
            reason: one.reason.clone(),
        }),
        stopped: record.and_then(|record| Some((record.tripped?, record.failures))),
    }
}

fn last(one: &Occasion, record: Option<&ScheduleRecord>) -> LastRun {
    let open = record.and_then(|record| record.open);
    let is_cut_short = one.state == OccasionState::Running && open.is_some_and(|open| open.by == By::Gone);
    LastRun {
        due: one.due,
        began: one.noted,
        ended: one.ended,
        outcome: if is_cut_short { CUT_SHORT } else { word(one.state) }.to_owned(),
        reason: one.reason.clone(),
        spent: one.spent,
        run: one.run.clone(),
    }
}

/// Its process is gone, and nobody noticed yet.
const CUT_SHORT: &str = "cut short, to be taken up again";

const fn word(state: OccasionState) -> &'static str {
    match state {
        OccasionState::Running => "running",
        OccasionState::Waiting => "waiting to be taken up again",
        OccasionState::Done => "done",
        OccasionState::Failed => "failed",
        OccasionState::Missed => "missed",
        OccasionState::Skipped => "skipped",
    }
}
