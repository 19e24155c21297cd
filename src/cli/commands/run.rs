//! `takesheet run`: renders what is missing.
//!
//! One ear for Ctrl-C from the first pipeline to the last: whatever is being waited for when it comes, nothing more
//! begins, and the next run goes on from what the ledger knows.

use super::{earlier, plan};
use crate::{
    cli::{args::RunArgs, context::Context, exit::Exit, failure},
    engine::Settled,
    event::{OutsideTake, Record, RunEnd, RunState, StopCause},
    report::{
        plan::up_to_date,
        run::{RunDocument, summary},
    },
    service::{self, ConductError, Conducted, Grounds, Planned, Proof, RunOptions, StoreUse},
    ui::{Live, Terminal, Watching},
};
use std::{future::Future, path::PathBuf, sync::Arc, time::Duration};
use tokio::sync::mpsc;

/// How often the live display moves on by itself.
const TICK: Duration = Duration::from_millis(100);

/// Who asks the program to stop.
type Signals = mpsc::UnboundedReceiver<StopCause>;

/// Runs the pipelines, one after another.
pub(super) fn run(context: &Context, mut terminal: Terminal, args: &RunArgs) -> (Terminal, Exit) {
    let files = match context.pipelines(&args.pipelines, &mut terminal) {
        Ok(files) => files,
        Err(exit) => return (terminal, exit),
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            terminal.say(&format!("error: cannot start: {error}\n"));
            return (terminal, Exit::Machine);
        }
    };
    let mut worst = Exit::Done;
    let mut signals = signals(&runtime, args);
    for file in files {
        let exit;
        (terminal, exit) = runtime.block_on(run_one(context, terminal, (args, &mut signals), file));
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

/// Does what takes a while, unless somebody asks to stop first. What is left of it is dropped.
async fn unless_stopped<T>(
    terminal: &mut Terminal,
    signals: &mut Signals,
    work: impl Future<Output = T>,
) -> Result<T, Exit> {
    let cause = tokio::select! {
        biased;
        Some(cause) = signals.recv() => cause,
        done = work => return Ok(done),
    };
    terminal.say("stopped before any call of this pipeline; the next run goes on from here\n");
    Err(RunEnd::Stopped(cause).into())
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
    let store_use = if args.dry_run {
        StoreUse::Existing
    } else {
        StoreUse::Open
    };
    let options = plan::options(file, &args.choice);
    let proof = Proof::about(&options, &context.environment, context.clock.now());
    if !args.dry_run
        && !args.json
        && let Some(takes) = proof.holds()
    {
        say_up_to_date(context, &mut terminal, (takes, 0), started);
        return (terminal, Exit::Done);
    }
    let planned = match plan::make(context, &mut terminal, &options, store_use) {
        Ok(planned) => planned,
        Err(exit) => return (terminal, exit),
    };
    if args.dry_run {
        plan::show(context, &mut terminal, &planned, args.json);
        return (terminal, Exit::Done);
    }
    if !context.global.quiet {
        warn_of_account(&mut terminal, &planned);
    }
    let planned = match prepare(context, &mut terminal, (args, signals), planned).await {
        Ok(planned) => planned,
        Err(exit) => return (terminal, exit),
    };
    let (mut terminal, conducted) = watch(context, terminal, (args, signals), &planned).await;
    let exit = match conducted {
        Err(error) => failure::conduct(&mut terminal, &error),
        Ok(Conducted::UpToDate { takes }) => {
            if args.json {
                terminal.data(&RunDocument::of(&idle(&planned, takes)).to_json());
            } else {
                say_up_to_date(
                    context,
                    &mut terminal,
                    (takes, planned.plan.stay_outside().count()),
                    started,
                );
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
        Ok(Conducted::Ran { report, sheet }) => {
            let mut exit = Exit::from(&report.state);
            if args.json {
                terminal.data(&RunDocument::of(&report.state).to_json());
            }
            if !context.global.quiet || exit != Exit::Done {
                terminal.say(&summary(&report.state, &planned.gathered.takes_shown(), &context.look));
            }
            if let Err(error) = &report.history {
                terminal.say(&format!("warning: the history of this run is incomplete: {error}\n"));
            }
            if let Err(error) = &sheet {
                terminal.say(&format!("error: the take sheet is not up to date: {error}\n"));
                terminal.say("help: the takes are safe; the next run writes it\n");
                exit = exit.max(Exit::Machine);
            }
            exit
        }
    };
    (terminal, exit)
}

/// Everything before the first call. An exit says that there is to be none.
async fn prepare(
    context: &Context,
    terminal: &mut Terminal,
    (args, signals): (&RunArgs, &mut Signals),
    planned: Planned,
) -> Result<Planned, Exit> {
    // Whatever was settled by then is in the ledger, and what was not is left as it was.
    let settled = unless_stopped(terminal, signals, service::settle_earlier(&planned, &context.clock)).await?;
    let settled = settled.map_err(|error| failure::conduct(terminal, &error))?;
    let planned = plan_again(context, terminal, planned, (args, settled))?;
    if args.no_preflight {
        return Ok(planned);
    }
    let checks = unless_stopped(terminal, signals, service::preflight(&planned, args.budget)).await?;
    let refused = match checks {
        Ok(checks) => failure::checks(context, terminal, &checks),
        Err(error) => Some(failure::conduct(terminal, &error)),
    };
    refused.map_or(Ok(planned), Err)
}

/// Says what became of earlier calls, and plans again if that changed anything.
fn plan_again(
    context: &Context,
    terminal: &mut Terminal,
    planned: Planned,
    (args, settled): (&RunArgs, Vec<Settled>),
) -> Result<Planned, Exit> {
    if settled.is_empty() {
        return Ok(planned);
    }
    if !context.global.quiet {
        let takes = planned.gathered.takes_shown();
        let project = takes.rsplit_once('/').map_or("", |(project, _)| project);
        earlier::say(terminal, &settled, project);
    }
    planned
        .again(&args.choice.select)
        .map_err(|error| failure::gather(context, terminal, &error))
}

/// Conducts the run while a task of its own shows it: what is shown never holds up what is done.
async fn watch(
    context: &Context,
    terminal: Terminal,
    (args, signals): (&RunArgs, &mut Signals),
    planned: &Planned,
) -> (Terminal, Result<Conducted, ConductError>) {
    let watching = Watching {
        quiet: context.global.quiet,
        events: args.events.is_some(),
    };
    let (records, mut shown) = mpsc::unbounded_channel::<Record>();
    let clock = Arc::clone(&context.clock);
    let display = tokio::spawn(async move {
        let mut live = Live::new(terminal, watching);
        let mut ticks = tokio::time::interval(TICK);
        loop {
            tokio::select! {
                record = shown.recv() => match record {
                    Some(record) => live.record(&record),
                    None => return live.close().0,
                },
                _ = ticks.tick() => live.tick(clock.now()),
            }
        }
    });
    let options = RunOptions {
        concurrency: args.concurrency,
        rate: args.rate,
        budget: args.budget,
        fail_fast: args.fail_fast,
    };
    let conducted = {
        let mut listener = move |record: &Record| {
            // The display outlives the run unless it broke down; the run goes on without it.
            let _ = records.send(record.clone());
        };
        service::conduct(planned, Arc::clone(&context.clock), &options, signals, &mut listener).await
    };
    let terminal = display.await.unwrap_or_else(|_| context.terminal());
    (terminal, conducted)
}

/// Says which key pays where the environment holds several: the other one may have been meant. An address on this
/// machine is a test, whose takes are kept like any other.
fn warn_of_account(terminal: &mut Terminal, planned: &Planned) {
    let Some(account) = service::paying_account(planned) else {
        return;
    };
    if !account.differing.is_empty() {
        let (others, used) = (account.differing.join(" and "), account.key_name);
        terminal.say(&format!(
            "warning: {others} and {used} hold different keys; that of {used} is used\n"
        ));
    }
    if account.is_local() {
        let base = &account.base;
        terminal.say(&format!(
            "warning: {base} is on this machine; what it renders is kept as takes of aimlapi\n"
        ));
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
