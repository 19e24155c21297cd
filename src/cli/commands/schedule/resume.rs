//! `takesheet schedule resume`: lets a schedule go on that its failures stopped.

use super::unknown;
use crate::{
    cli::{args::ScheduleResumeArgs, context::Context, exit::Exit, failure},
    service,
    ui::Terminal,
};

/// Lets the schedule of that name go on, or every one that is stopped.
pub(super) fn resume(context: &Context, terminal: &mut Terminal, args: &ScheduleResumeArgs) -> Exit {
    let file = match context.pipeline(args.pipeline.as_ref(), terminal) {
        Ok(file) => file,
        Err(exit) => return exit,
    };
    let resumed = service::schedules_of(&file, &context.environment).and_then(|known| {
        let names: Vec<String> = known.into_iter().map(|schedule| schedule.name).collect();
        let wanted = args.name.as_deref();
        let surroundings = (&context.environment, &context.clock);
        service::resume(&file, wanted, surroundings).map(|resumed| (names, resumed))
    });
    let (names, resumed) = match resumed {
        Ok(found) => found,
        Err(error) => return failure::gather(context, terminal, &error),
    };
    if let Some(wrong) = args.name.as_ref().filter(|name| !names.contains(name)) {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        return unknown(terminal, wrong, &names);
    }
    if !context.global.quiet {
        for name in &resumed {
            terminal.say(&format!("{name} goes on; what came due meanwhile is left out\n"));
        }
        if resumed.is_empty() {
            terminal.say("nothing is stopped\n");
        }
    }
    Exit::Done
}
