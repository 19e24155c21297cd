//! `takesheet schedule`: renders by the clock.

mod errand;
mod export;
mod list;
mod reader;
mod resume;
mod run;
mod speaker;

use crate::{
    base::words,
    cli::{
        args::{ScheduleArgs, ScheduleCommand},
        context::Context,
        exit::Exit,
    },
    ui::Terminal,
};

/// Does what was asked about schedules.
pub(super) fn schedule(context: &Context, mut terminal: Terminal, args: &ScheduleArgs) -> (Terminal, Exit) {
    let exit = match &args.what {
        ScheduleCommand::Run(args) => return run::run(context, terminal, args),
        ScheduleCommand::Export(args) => export::export(context, &mut terminal, args),
        ScheduleCommand::List(args) => list::list(context, &mut terminal, args),
        ScheduleCommand::Resume(args) => resume::resume(context, &mut terminal, args),
    };
    (terminal, exit)
}

/// Says that there is no schedule of that name.
fn unknown(terminal: &mut Terminal, name: &str, known: &[&str]) -> Exit {
    terminal.say(&format!("error: there is no schedule `{name}`\n"));
    if let Some(near) = words::nearest(name, known.iter().copied()) {
        terminal.say(&format!("help: did you mean `{near}`?\n"));
    } else if known.is_empty() {
        terminal.say("help: the pipeline has no `schedules:`\n");
    } else {
        terminal.say(&format!("help: there are {}\n", words::ticked(known)));
    }
    Exit::NothingSelected
}
