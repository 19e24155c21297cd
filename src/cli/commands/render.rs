//! Renders what one plan says: everything between a plan and its summary, for every command that buys.
//!
//! Takes whoever asks to stop as a channel, so that whatever is being waited for when it comes, nothing more begins, and
//! the next run goes on from what the ledger knows. Knows nothing of how the plan came about.

use super::earlier;
use crate::{
    cli::{context::Context, exit::Exit, failure},
    engine::Settled,
    event::{Record, RunEnd, RunState, StopCause},
    report::run::{brief, summary},
    service::{
        self, ConductError, Conducted, Planned, RunOptions,
        watch::{Gist, Offer},
    },
    ui::{Live, Terminal, Watching},
};
use std::{future::Future, sync::Arc, time::Duration};
use tokio::{
    runtime::{Builder, Runtime},
    sync::mpsc,
};

/// How often the live display moves on by itself.
const TICK: Duration = Duration::from_millis(100);

/// Who asks to stop.
pub(super) type Signals = mpsc::UnboundedReceiver<StopCause>;

/// What is asked of a run, beyond its plan.
#[derive(Clone, Debug, Default)]
pub(super) struct Wishes {
    /// Over what the pipeline says.
    pub(super) options: RunOptions,
    /// What was selected when it was planned.
    pub(super) select: Vec<String>,
    /// Begin without the checks before the first paid call.
    pub(super) no_preflight: bool,
    /// Every event as one line of JSON, as data.
    pub(super) events: bool,
    /// It is one of many, and who reads it goes on reading.
    pub(super) brief: bool,
    /// What somebody agreed to: nothing else may be bought. None if whatever is planned may be.
    pub(super) agreed: Option<Offer>,
}

/// Where a run is shown.
#[derive(Debug)]
pub(super) struct Stage {
    /// The streams.
    pub(super) terminal: Terminal,
    /// What others have to say while the run goes on: it is shown above what moves.
    pub(super) said: mpsc::UnboundedReceiver<String>,
}

impl Stage {
    /// A stage on which nobody else speaks.
    pub(super) fn alone(terminal: Terminal) -> Self {
        let said = mpsc::unbounded_channel().1;
        Self { terminal, said }
    }
}

/// What came of it.
#[derive(Debug)]
pub(super) enum Rendered {
    /// There was no run: it was stopped before its first call, refused by the checks, or could not take place. Why was
    /// said.
    Not(Exit),
    /// Everything asked for was there already. Nothing was said.
    UpToDate {
        /// As it was planned last; its store is open.
        planned: Box<Planned>,
        /// How many takes.
        takes: usize,
    },
    /// There was a run. Its summary was said, and what went wrong around it.
    Ran {
        /// The fold of its events.
        state: Box<RunState>,
        /// How it ended.
        exit: Exit,
    },
}

/// What runs go on in. An exit says that this machine has none, and why was said.
pub(super) fn runtime(terminal: &mut Terminal) -> Result<Runtime, Exit> {
    let built = Builder::new_multi_thread().enable_all().build();
    built.map_err(|error| {
        terminal.say(&format!("error: cannot start: {error}\n"));
        Exit::Machine
    })
}

/// Does what the plan says, and shows it. The stage is given back.
pub(super) async fn render(
    context: &Context,
    mut stage: Stage,
    (wishes, signals): (&Wishes, &mut Signals),
    planned: Planned,
) -> (Stage, Rendered) {
    if !context.global.quiet {
        warn_of_account(&mut stage.terminal, &planned);
    }
    let planned = match prepare(context, &mut stage.terminal, (wishes, signals), planned).await {
        Ok(planned) => planned,
        Err(exit) => return (stage, Rendered::Not(exit)),
    };
    let (mut stage, conducted) = show(context, stage, (wishes, signals), &planned).await;
    let rendered = match conducted {
        Err(error) => Rendered::Not(failure::conduct(&mut stage.terminal, &error)),
        Ok(Conducted::UpToDate { takes }) => Rendered::UpToDate {
            planned: Box::new(planned),
            takes,
        },
        Ok(Conducted::Ran { report, sheet }) => {
            let mut exit = Exit::from(&report.state);
            let terminal = &mut stage.terminal;
            if !context.global.quiet || exit != Exit::Done {
                let say = if wishes.brief { brief } else { summary };
                terminal.say(&say(&report.state, &planned.gathered.takes_shown(), &context.look));
            }
            if let Err(error) = &report.history {
                terminal.say(&format!("warning: the history of this run is incomplete: {error}\n"));
            }
            if let Err(error) = &sheet {
                terminal.say(&format!("error: the take sheet is not up to date: {error}\n"));
                terminal.say("help: the takes are safe; the next run writes it\n");
                exit = exit.max(Exit::Machine);
            }
            let state = Box::new(report.state);
            Rendered::Ran { state, exit }
        }
    };
    (stage, rendered)
}

/// Does what takes a while, unless somebody asks to stop first. What is left of it is dropped.
pub(super) async fn unless_stopped<T>(
    terminal: &mut Terminal,
    signals: &mut Signals,
    work: impl Future<Output = T>,
) -> Result<T, Exit> {
    let cause = tokio::select! {
        biased;
        Some(cause) = signals.recv() => cause,
        done = work => return Ok(done),
    };
    if cause != StopCause::Superseded {
        terminal.say("stopped before any call of this pipeline; the next run goes on from here\n");
    }
    Err(RunEnd::Stopped(cause).into())
}

/// Everything before the first call. An exit says that there is to be none.
async fn prepare(
    context: &Context,
    terminal: &mut Terminal,
    (wishes, signals): (&Wishes, &mut Signals),
    planned: Planned,
) -> Result<Planned, Exit> {
    // Whatever was settled by then is in the ledger, and what was not is left as it was.
    let settled = unless_stopped(terminal, signals, service::settle_earlier(&planned, &context.clock)).await?;
    let settled = settled.map_err(|error| failure::conduct(terminal, &error))?;
    let planned = plan_again(context, terminal, planned, (wishes, settled))?;
    let planned = keep_to(context, terminal, planned, wishes.agreed.as_ref())?;
    if wishes.no_preflight {
        return Ok(planned);
    }
    let checks = service::preflight(&planned, wishes.options.budget);
    let checks = unless_stopped(terminal, signals, checks).await?;
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
    (wishes, settled): (&Wishes, Vec<Settled>),
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
        .again(&wishes.select)
        .map_err(|error| failure::gather(context, terminal, &error))
}

/// What became of earlier calls, or of another run that went before, may ask for more than was agreed to: then only what
/// is free is rendered.
fn keep_to(
    context: &Context,
    terminal: &mut Terminal,
    planned: Planned,
    agreed: Option<&Offer>,
) -> Result<Planned, Exit> {
    let gist = Gist::of(&planned.plan);
    if agreed.is_none_or(|agreed| gist.offer.is_within(agreed)) {
        return Ok(planned);
    }
    terminal.say("it is another plan by now: nothing is bought that was not shown\n");
    if gist.free.is_empty() {
        return Err(Exit::Done);
    }
    planned
        .only(gist.free)
        .map_err(|error| failure::gather(context, terminal, &error))
}

/// Conducts the run while a task of its own shows it: what is shown never holds up what is done.
async fn show(
    context: &Context,
    stage: Stage,
    (wishes, signals): (&Wishes, &mut Signals),
    planned: &Planned,
) -> (Stage, Result<Conducted, ConductError>) {
    let watching = Watching {
        quiet: context.global.quiet,
        events: wishes.events,
    };
    let (records, shown) = mpsc::unbounded_channel();
    let display = tokio::spawn(display(context.clone(), stage, (watching, shown)));
    let conducted = {
        let mut listener = move |record: &Record| {
            // The display outlives the run unless it broke down; the run goes on without it.
            let _ = records.send(record.clone());
        };
        let clock = Arc::clone(&context.clock);
        service::conduct(planned, clock, &wishes.options, signals, &mut listener).await
    };
    let stage = display.await.unwrap_or_else(|_| Stage::alone(context.terminal()));
    (stage, conducted)
}

/// Shows records as they come, and what others say, until no more records can come.
async fn display(
    context: Context,
    stage: Stage,
    (watching, mut shown): (Watching, mpsc::UnboundedReceiver<Record>),
) -> Stage {
    let Stage { terminal, mut said } = stage;
    let mut live = Live::new(terminal, watching);
    let mut ticks = tokio::time::interval(TICK);
    loop {
        tokio::select! {
            record = shown.recv() => match record {
                Some(record) => live.record(&record),
                None => break,
            },
            Some(text) = said.recv() => live.say(&text),
            _ = ticks.tick() => live.tick(context.clock.now()),
        }
    }
    let terminal = live.close().0;
    Stage { terminal, said }
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
