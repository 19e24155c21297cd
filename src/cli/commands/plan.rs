//! `takesheet plan`: what a run would do, why, and for how much. Offline; needs no key; writes nothing.

use crate::{
    cli::{
        args::{Choice, PlanArgs},
        context::Context,
        exit::Exit,
        failure,
    },
    pipeline::Overrides,
    report::plan::{PlanDocument, is_up_to_date, text},
    service::{self, PlanOptions, Planned, StoreUse},
    ui::Terminal,
};
use std::path::PathBuf;

/// Plans one pipeline and shows it.
pub(super) fn plan(context: &Context, terminal: &mut Terminal, args: &PlanArgs) -> Exit {
    match of_input(context, terminal, args.input.pipeline.as_ref(), &args.input.choice) {
        Ok(planned) => {
            show(context, terminal, &planned, args.json);
            let has_work = !is_up_to_date(&planned.plan);
            if args.detailed_exitcode && has_work {
                Exit::Work
            } else {
                Exit::Done
            }
        }
        Err(exit) => exit,
    }
}

/// The plan of the pipeline that was named or found. Writes nothing.
pub(super) fn of_input(
    context: &Context,
    terminal: &mut Terminal,
    named: Option<&PathBuf>,
    choice: &Choice,
) -> Result<Planned, Exit> {
    let file = context.pipeline(named, terminal)?;
    make(context, terminal, &options(file, choice), StoreUse::Existing)
}

/// What the command line says of a pipeline.
pub(super) fn options(file: PathBuf, choice: &Choice) -> PlanOptions {
    let overrides = Overrides {
        backend: choice.backend.clone(),
        salt: None,
    };
    PlanOptions {
        file,
        profile: choice.profile.clone(),
        overrides,
        select: choice.select.clone(),
        ..PlanOptions::default()
    }
}

/// Plans, and shows warnings, or what stopped it. Where nothing is to be done, one line is all there is to say.
pub(super) fn make(
    context: &Context,
    terminal: &mut Terminal,
    options: &PlanOptions,
    store_use: StoreUse,
) -> Result<Planned, Exit> {
    match service::plan(options, &context.environment, &context.clock, store_use) {
        Ok(planned) => {
            if !context.global.quiet && !is_up_to_date(&planned.plan) {
                let gathered = &planned.gathered;
                failure::complaints(context, terminal, &gathered.warnings, &gathered.pipeline.sources);
            }
            Ok(planned)
        }
        Err(error) => Err(failure::gather(context, terminal, &error)),
    }
}

/// Shows a plan as data.
pub(super) fn show(context: &Context, terminal: &mut Terminal, planned: &Planned, json: bool) {
    let plan = &planned.plan;
    let shown = if json {
        PlanDocument::of(plan).to_json()
    } else {
        text(plan, &context.data_look, context.global.verbose > 0)
    };
    terminal.data(&shown);
}
