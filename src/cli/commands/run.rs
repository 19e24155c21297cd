//! `takesheet run`: renders what is missing.
//!
//! One ear for Ctrl-C from the first pipeline to the last: whatever is being waited for when it comes, nothing more
//! begins, and the next run goes on from what the ledger knows.

use super::{
    locking::{self, Hold, Patience},
    plan,
    render::{Rendered, Signals, Stage, Wishes, render, runtime, unless_stopped},
};
use crate::{
    cli::{args::RunArgs, context::Context, exit::Exit},
    event::{OutsideTake, RunEnd, RunState},
    report::{plan::up_to_date, run::RunDocument},
    service::{self, Grounds, PlanOptions, Planned, Proof, RunOptions, StoreUse},
    ui::Terminal,
};
use std::{path::PathBuf, time::Duration};
use tokio::sync::mpsc;

/// Runs the pipelines, one after another.
pub(super) fn run(context: &Context, mut terminal: Terminal, args: &RunArgs) -> (Terminal, Exit) {
    let files = match context.pipelines(&args.pipelines, &mut terminal) {
        Ok(files) => files,
        Err(exit) => return (terminal, exit),
    };
    let runtime = match runtime(&mut terminal) {
        Ok(runtime) => runtime,
        Err(exit) => return (terminal, exit),
    };
    let mut worst = Exit::Done;
    let mut signals = signals(&runtime, args);
    for file in files {
        // Whoever reads the mail of cron does not know where it was started.
        let file = if context.global.quiet {
            context.environment.folder.join(file)
        } else {
            file
        };
        let shown = file.to_string_lossy().into_owned();
        let exit;
        (terminal, exit) = runtime.block_on(run_one(context, terminal, (args, &mut signals), file));
        if context.global.quiet && exit != Exit::Done {
            let (code, said) = (exit.code(), exit.said());
            terminal.say(&format!("takesheet run {shown} ended with exit code {code}: {said}\n"));
        }
        worst = worst.max(exit);
        if matches!(exit, Exit::Interrupted | Exit::Terminated) {
            break;
        }
    }
    // After a second Ctrl-C calls are still open; nobody waits for them.
    runtime.shutdown_background();
    (terminal, worst)
}

/// What changes nothing can be ended at any time: then Ctrl-C is the system's.
fn signals(runtime: &tokio::runtime::Runtime, args: &RunArgs) -> Signals {
    let _inside = runtime.enter();
    if args.dry_run {
        mpsc::unbounded_channel().1
    } else {
        service::stop_requests()
    }
}

async fn run_one(
    context: &Context,
    mut terminal: Terminal,
    (args, signals): (&RunArgs, &mut Signals),
    file: PathBuf,
) -> (Terminal, Exit) {
    // It may have come between two pipelines.
    if let Err(exit) = unless_stopped(&mut terminal, signals, async {}).await {
        return (terminal, exit);
    }
    let started = context.clock.elapsed();
    let options = plan::options(file, &args.choice);
    let proof = Proof::about(&options, &context.environment, context.clock.now());
    if !args.dry_run
        && !args.json
        && let Some(takes) = proof.holds()
    {
        say_up_to_date(context, &mut terminal, (takes, 0), started);
        return (terminal, Exit::Done);
    }
    if args.dry_run {
        let exit = match plan::make(context, &mut terminal, &options, StoreUse::Existing) {
            Ok(planned) => {
                plan::show(context, &mut terminal, &planned, args.json);
                Exit::Done
            }
            Err(exit) => exit,
        };
        return (terminal, exit);
    }
    let (_hold, planned) = match alone(context, &mut terminal, (args, signals), &options).await {
        Ok(ready) => ready,
        Err(exit) => return (terminal, exit),
    };
    let stage = Stage::alone(terminal);
    let (Stage { mut terminal, .. }, rendered) = render(context, stage, (&wishes(args), signals), planned).await;
    let exit = match rendered {
        Rendered::Not(exit) => exit,
        Rendered::UpToDate { planned, takes } => {
            if args.json {
                terminal.data(&RunDocument::of(&idle(&planned, takes)).to_json());
            } else {
                let outside = planned.plan.stay_outside().count();
                say_up_to_date(context, &mut terminal, (takes, outside), started);
            }
            // What is outside is told each time.
            let is_accepted = planned.plan.stay_outside().next().is_none();
            let grounds = Grounds::of(&planned);
            // Closes the store.
            drop(planned);
            if is_accepted {
                proof.keep(&grounds);
            }
            Exit::Done
        }
        Rendered::Ran { state, exit } => {
            if args.json {
                terminal.data(&RunDocument::of(&state).to_json());
            }
            exit
        }
    };
    (terminal, exit)
}

/// The plan, with the pipeline's lock; if another run had to be waited for, as it is after that one.
async fn alone(
    context: &Context,
    terminal: &mut Terminal,
    (args, signals): (&RunArgs, &mut Signals),
    options: &PlanOptions,
) -> Result<(Hold, Planned), Exit> {
    let planned = plan::make(context, terminal, options, StoreUse::Open)?;
    let patience = Patience::of(args.locking, context);
    let hold = locking::hold(context, terminal, (patience, signals), &planned).await?;
    if !hold.waited {
        return Ok((hold, planned));
    }
    drop(planned);
    Ok((hold, plan::make(context, terminal, options, StoreUse::Open)?))
}

/// What the command line asks of each run.
fn wishes(args: &RunArgs) -> Wishes {
    Wishes {
        options: RunOptions {
            concurrency: args.concurrency,
            rate: args.rate,
            budget: args.budget,
            fail_fast: args.fail_fast,
            occasion: None,
        },
        select: args.choice.select.clone(),
        no_preflight: args.no_preflight,
        events: args.events.is_some(),
        brief: false,
        agreed: None,
    }
}

/// `takes` are all of them, and those outside what is accepted.
fn say_up_to_date(context: &Context, terminal: &mut Terminal, takes: (usize, usize), started: Duration) {
    if !context.global.quiet {
        let took = context.clock.elapsed().saturating_sub(started);
        terminal.say(&up_to_date(takes.0, takes.1, Some(took)));
    }
}

/// The state of a run that had nothing to do.
fn idle(planned: &Planned, takes: usize) -> RunState {
    RunState {
        pipeline: planned.plan.pipeline.clone(),
        file: planned.plan.file.clone(),
        cached: takes,
        end: Some(RunEnd::Done),
        outside: planned
            .plan
            .stay_outside()
            .map(|(name, misses)| OutsideTake { name, misses })
            .collect(),
        ..RunState::default()
    }
}
