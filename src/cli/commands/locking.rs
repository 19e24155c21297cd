//! One run of a pipeline at a time: takes its lock, and says who has it.

use super::render::{Signals, unless_stopped};
use crate::{
    cli::{args::LockArgs, context::Context, exit::Exit, failure},
    report,
    service::Planned,
    store::{Holder, Locked, PipelineLock},
    ui::Terminal,
};
use std::time::Duration;

/// How often a lock is asked for again.
const PAUSE: Duration = Duration::from_millis(200);

/// What to do when another run has the lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Patience {
    /// Run beside it.
    Regardless,
    /// Wait that long.
    UpTo(Duration),
    /// Wait as long as it takes.
    Endless,
}

impl Patience {
    /// Not to wait.
    pub(super) const NONE: Self = Self::UpTo(Duration::ZERO);

    /// What the command line says, or else the environment.
    pub(super) fn of(args: LockArgs, context: &Context) -> Self {
        match args.lock_wait {
            _ if args.no_lock => Self::Regardless,
            Some(most) => most.map_or(Self::Endless, Self::UpTo),
            None if context.environment.get("TAKESHEET_NO_LOCK").is_some() => Self::Regardless,
            None => Self::NONE,
        }
    }
}

/// The lock, as long as it is kept.
#[derive(Debug, Default)]
pub(super) struct Hold {
    _lock: Option<PipelineLock>,
    /// Another run went before: what was planned is out of date.
    pub(super) waited: bool,
}

/// Takes the lock of a pipeline, waiting for it as long as one has patience; the exit says that another run has it.
pub(super) async fn hold(
    context: &Context,
    terminal: &mut Terminal,
    (patience, signals): (Patience, &mut Signals),
    planned: &Planned,
) -> Result<Hold, Exit> {
    let most = match patience {
        Patience::Regardless => return Ok(Hold::default()),
        Patience::UpTo(most) => Some(most),
        Patience::Endless => None,
    };
    let began = context.clock.elapsed();
    let mut waited = false;
    loop {
        let holder = match planned.lock().map_err(|error| failure::store(terminal, &error))? {
            Some(Locked::Held(holder)) => holder,
            Some(Locked::Taken(lock)) => {
                let _lock = Some(lock);
                return Ok(Hold { _lock, waited });
            }
            None => return Ok(Hold::default()),
        };
        let spent = context.clock.elapsed().saturating_sub(began);
        if most.is_some_and(|most| spent >= most) {
            refuse(context, terminal, planned, holder);
            return Err(Exit::Temporary);
        }
        if !waited && context.look.tty && !context.global.quiet {
            terminal.say(&format!(
                "waiting: {}; Ctrl-C to stop\n",
                told(context, planned, holder)
            ));
        }
        waited = true;
        let rest = most.map_or(PAUSE, |most| most.saturating_sub(spent).min(PAUSE));
        unless_stopped(terminal, signals, tokio::time::sleep(rest)).await?;
    }
}

fn told(context: &Context, planned: &Planned, holder: Holder) -> String {
    let file = &planned.gathered.pipeline.file;
    report::held(file, holder.pid, holder.since, context.clock.now())
}

fn refuse(context: &Context, terminal: &mut Terminal, planned: &Planned, holder: Holder) {
    terminal.say(&format!("error: {}\n", told(context, planned, holder)));
    terminal.say("help: it renders the same; nothing was bought here\n");
    terminal.say("help: `--lock-wait` waits for it, `--no-lock` runs beside it and buys nothing twice\n");
}
