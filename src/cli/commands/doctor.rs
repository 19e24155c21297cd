//! `takesheet doctor`: a look at everything a run rests on. Writes nothing.

use super::plan;
use crate::{
    cli::{
        args::{Choice, DoctorArgs},
        context::Context,
        exit::Exit,
    },
    report::doctor::{Check, DoctorDocument, Trouble, text},
    service::{self, DoctorOptions},
    ui::Terminal,
};

/// Shows what was found.
pub(super) fn doctor(context: &Context, terminal: &mut Terminal, args: &DoctorArgs) -> Exit {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            terminal.say(&format!("error: cannot start: {error}\n"));
            return Exit::Machine;
        }
    };
    let choice = Choice {
        profile: args.profile.clone(),
        backend: args.backend.clone(),
        select: Vec::new(),
    };
    let file = args.pipeline.clone().or_else(|| context.pipeline_here());
    let options = DoctorOptions {
        pipeline: file.map(|file| plan::options(file, &choice)),
        offline: args.offline,
    };
    let checks = runtime.block_on(service::doctor(&options, &context.environment, &context.clock));
    if args.json {
        terminal.data(&DoctorDocument::of(&checks).to_json());
    } else {
        terminal.data(&text(&checks, &context.data_look, !context.global.quiet));
    }
    checks
        .iter()
        .filter_map(Check::trouble)
        .map(exit)
        .max()
        .unwrap_or(Exit::Done)
}

/// A backend that is away is one more thing that is wrong: nothing was asked of it that could be tried again later.
fn exit(trouble: Trouble) -> Exit {
    match trouble {
        Trouble::Away => Exit::Failed,
        other => other.into(),
    }
}
