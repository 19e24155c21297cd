//! `takesheet run`: renders what is missing.

use super::{earlier, plan};
use crate::{
    cli::{args::RunArgs, context::Context, exit::Exit, failure},
    event::{Record, RunEnd, RunState},
    report::{
        plan::up_to_date,
        run::{RunDocument, summary},
    },
    service::{self, ConductError, Conducted, Grounds, Planned, Proof, RunOptions, StoreUse},
    ui::{Live, Terminal, Watching},
};
use std::{path::PathBuf, sync::Arc, time::Duration};
use tokio::sync::mpsc;

/// How often the live display moves on by itself.
const TICK: Duration = Duration::from_millis(100);

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
    for file in files {
        let exit;
        (terminal, exit) = runtime.block_on(run_one(context, terminal, args, file));
        worst = worst.max(exit);
        if matches!(exit, Exit::Interrupted | Exit::Terminated) {
            break;
        }
    }
    // After a second Ctrl-C calls are still open; nobody waits for them.
    runtime.shutdown_background();
    (terminal, worst)
}

async fn run_one(context: &Context, mut terminal: Terminal, args: &RunArgs, file: PathBuf) -> (Terminal, Exit) {
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
        say_up_to_date(context, &mut terminal, takes, started);
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
    let planned = match settle_earlier(context, &mut terminal, planned, args).await {
        Ok(planned) => planned,
        Err(exit) => return (terminal, exit),
    };
    if !args.no_preflight
        && let Some(exit) = preflight(context, &mut terminal, args, &planned).await
    {
        return (terminal, exit);
    }
    let (mut terminal, conducted) = watch(context, terminal, args, &planned).await;
    let exit = match conducted {
        Err(error) => failure::conduct(&mut terminal, &error),
        Ok(Conducted::UpToDate { takes }) => {
            if args.json {
                terminal.data(&RunDocument::of(&idle(&planned, takes)).to_json());
            } else {
                say_up_to_date(context, &mut terminal, takes, started);
            }
            let grounds = Grounds::of(&planned);
            // Closes the store.
            drop(planned);
            proof.keep(&grounds);
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

/// Settles what earlier processes left behind, and plans again if that changed anything.
async fn settle_earlier(
    context: &Context,
    terminal: &mut Terminal,
    planned: Planned,
    args: &RunArgs,
) -> Result<Planned, Exit> {
    let settled = service::settle_earlier(&planned, &context.clock)
        .await
        .map_err(|error| failure::conduct(terminal, &error))?;
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

/// Makes sure that the run can end well. An exit says that it cannot; then nothing was sent.
async fn preflight(context: &Context, terminal: &mut Terminal, args: &RunArgs, planned: &Planned) -> Option<Exit> {
    match service::preflight(planned, args.budget).await {
        Ok(checks) => failure::checks(context, terminal, &checks),
        Err(error) => Some(failure::conduct(terminal, &error)),
    }
}

/// Conducts the run while a task of its own shows it: what is shown never holds up what is done.
async fn watch(
    context: &Context,
    terminal: Terminal,
    args: &RunArgs,
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
        let signals = service::stop_requests();
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

fn say_up_to_date(context: &Context, terminal: &mut Terminal, takes: usize, started: Duration) {
    if !context.global.quiet {
        let took = context.clock.elapsed().saturating_sub(started);
        terminal.say(&up_to_date(takes, Some(took)));
    }
}

/// The state of a run that had nothing to do.
fn idle(planned: &Planned, takes: usize) -> RunState {
    RunState {
        pipeline: planned.plan.pipeline.clone(),
        file: planned.plan.file.clone(),
        cached: takes,
        end: Some(RunEnd::Done),
        ..RunState::default()
    }
}
