//! One run of a pipeline at a time: takes its lock, and says who has it.

use super::render::{Signals, unless_stopped};
use crate::{
    cli::{
        args::{LockArgs, LockWait},
        context::Context,
        exit::Exit,
        failure,
    },
    report,
    service::Planned,
    store::{Holder, Locked, PipelineLock},
    ui::Terminal,
};
use std::time::Duration;

/// How often a lock is asked for again.
const PAUSE: Duration = Duration::from_millis(200);

/// How long a holder may say nothing of itself.
const SILENCE: Duration = Duration::from_secs(2);

/// What to do when another run has the lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Patience {
    /// Run beside it.
    Regardless,
    /// Wait that long.
    UpTo(Duration),
    /// Wait as long as it takes.
    Endless,
    /// Wait for another schedule, but for no person: for the schedule of this name.
    Scheduled(String),
}

impl Patience {
    /// Not to wait.
    const NONE: Self = Self::UpTo(Duration::ZERO);

    /// What the command line says, or else the environment.
    pub(super) fn of(args: LockArgs, context: &Context) -> Self {
        match args.lock_wait {
            _ if args.no_lock => Self::Regardless,
            Some(LockWait::Endless) => Self::Endless,
            Some(LockWait::UpTo(most)) => Self::UpTo(most),
            None if context.environment.get("TAKESHEET_NO_LOCK").is_some() => Self::Regardless,
            None => Self::NONE,
        }
    }
}

impl Patience {
    /// How long to wait before the lock is asked for again; none if it is not waited for any more.
    fn pause(&self, holder: &Holder, spent: Duration) -> Option<Duration> {
        let most = match self {
            Self::Regardless | Self::Endless => return Some(PAUSE),
            Self::UpTo(most) => *most,
            Self::Scheduled(_) if holder.schedule.is_some() => return Some(PAUSE),
            // Whoever has just taken it may not have said who it is.
            Self::Scheduled(_) if holder.pid.is_none() => SILENCE,
            Self::Scheduled(_) => Duration::ZERO,
        };
        let rest = most.checked_sub(spent).filter(|rest| !rest.is_zero())?;
        Some(rest.min(PAUSE))
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
    let schedule = match &patience {
        Patience::Regardless => return Ok(Hold::default()),
        Patience::Scheduled(name) => Some(name.as_str()),
        Patience::UpTo(_) | Patience::Endless => None,
    };
    let began = context.clock.elapsed();
    let mut waited = false;
    loop {
        let holder = match planned
            .lock(schedule)
            .map_err(|error| failure::store(terminal, &error))?
        {
            Some(Locked::Held(holder)) => holder,
            Some(Locked::Taken(lock)) => {
                return Ok(Hold {
                    _lock: Some(lock),
                    waited,
                });
            }
            None => return Ok(Hold::default()),
        };
        let spent = context.clock.elapsed().saturating_sub(began);
        let Some(pause) = patience.pause(&holder, spent) else {
            refuse(context, terminal, planned, &holder);
            return Err(Exit::Temporary);
        };
        if !waited && context.look.tty && !context.global.quiet {
            let told = told(context, planned, &holder);
            terminal.say(&format!("waiting: {told}; Ctrl-C to stop\n"));
        }
        waited = true;
        unless_stopped(terminal, signals, tokio::time::sleep(pause)).await?;
    }
}

fn told(context: &Context, planned: &Planned, holder: &Holder) -> String {
    let file = &planned.gathered.pipeline.file;
    report::held(
        file,
        (holder.pid, holder.schedule.as_deref()),
        holder.since,
        context.clock.now(),
    )
}

fn refuse(context: &Context, terminal: &mut Terminal, planned: &Planned, holder: &Holder) {
    terminal.say(&format!("error: {}\n", told(context, planned, holder)));
    terminal.say("help: it renders the same; nothing was bought here\n");
    terminal.say("help: `--lock-wait` waits for it, `--no-lock` runs beside it and buys nothing twice\n");
}
