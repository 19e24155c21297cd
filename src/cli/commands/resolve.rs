//! `takesheet resolve`: lists calls whose outcome is not known, and settles them: by a person's word, or by the account's
//! log.

mod open;
mod word;

use super::{earlier, lost, plan};
use crate::{
    cli::{
        args::{Choice, ResolveArgs},
        context::Context,
        exit::Exit,
        failure,
    },
    engine::{Became, Settled},
    event::Billed,
    service::{self, Project, StoreUse, shown},
    store::{Resolution, Store, StoreError, UnsureTake},
    ui::Terminal,
};
pub(super) use open::Open;
use std::{collections::HashSet, sync::Arc};

/// What is said of a call.
#[derive(Clone, Copy)]
enum How {
    Person(Resolution, &'static str),
    LookUp,
}

impl How {
    const fn of(args: &ResolveArgs) -> Option<Self> {
        Some(match args {
            ResolveArgs { paid: true, .. } => Self::Person(Resolution::Paid, "paid: the next run may buy it again"),
            ResolveArgs { not_paid: true, .. } => Self::Person(Resolution::NotPaid, "not paid: the next run buys it"),
            ResolveArgs { retake: true, .. } => {
                Self::Person(Resolution::Retake, "to be taken again: the next run buys it")
            }
            ResolveArgs { look_up: true, .. } => Self::LookUp,
            _ => return None,
        })
    }
}

/// Lists unsure takes, or settles some.
pub(super) fn resolve(context: &Context, terminal: &mut Terminal, args: &ResolveArgs) -> Exit {
    match settle(context, terminal, args) {
        Ok(exit) | Err(Stopped::Told(exit)) => exit,
        Err(Stopped::Store(error)) => failure::store(terminal, &error),
    }
}

/// Why nothing more is done.
#[derive(Debug)]
enum Stopped {
    Store(StoreError),
    /// It was said already.
    Told(Exit),
}

impl From<StoreError> for Stopped {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

fn settle(context: &Context, terminal: &mut Terminal, args: &ResolveArgs) -> Result<Exit, Stopped> {
    let project = project(context, args);
    let folder = &context.environment.folder;
    let place = match shown(&project.root, folder) {
        here if here == "." => String::new(),
        place => place,
    };
    let store = Store::open_existing(&project.root, Arc::clone(&context.clock))?.map(Arc::new);
    let mut open = match &store {
        Some(store) => Open::of(store)?,
        None => Open::default(),
    };
    let mut exit = Exit::Done;
    if args.pipeline.is_some() {
        let keys = keys(context, terminal, args)?;
        open.retain(&keys);
    }
    let is_named = !args.takes.is_empty() || args.pipeline.is_some();
    let (Some(store), Some(how), true) = (store, How::of(args), is_named) else {
        open.list(terminal, context.clock.now(), &place);
        if How::of(args).is_some() || !args.takes.is_empty() {
            terminal.say("help: name the takes (or `all`) and say --paid, --not-paid, --retake or --look-up\n");
            exit = Exit::Usage;
        }
        return Ok(exit);
    };
    let (meant, words) = if args.pipeline.is_some() {
        (open.unsure.clone(), vec!["all"])
    } else {
        let (meant, words, named) = open.named(terminal, args, &place);
        exit = named;
        (meant, words)
    };
    exit = exit.max(lost::settle(&store, terminal, &open, (args, &words))?);
    let settled = match how {
        How::Person(how, said) => {
            let person = word::Word { how, said, args };
            person.settle(terminal, &store, (&open, &place), &meant)?
        }
        How::LookUp => look_up(context, terminal, (store, &project, &place), meant)?,
    };
    Ok(exit.max(settled))
}

fn project(context: &Context, args: &ResolveArgs) -> Project {
    let folder = match &args.pipeline {
        Some(file) => file.parent().unwrap_or(&args.folder),
        None => &args.folder,
    };
    Project::of(&context.environment.folder.join(folder))
}

/// The keys of the takes that are selected in the pipeline.
fn keys(context: &Context, terminal: &mut Terminal, args: &ResolveArgs) -> Result<HashSet<crate::plan::Key>, Stopped> {
    let choice = Choice {
        select: args.takes.iter().filter(|name| *name != "all").cloned().collect(),
        ..Choice::default()
    };
    let file = context
        .pipeline(args.pipeline.as_ref(), terminal)
        .map_err(Stopped::Told)?;
    let planned = plan::make(context, terminal, &plan::options(file, &choice), StoreUse::Existing);
    let planned = planned.map_err(Stopped::Told)?;
    Ok(planned.plan.takes().filter_map(|(_, take)| take.key).collect())
}

/// Asks the account's log.
fn look_up(
    context: &Context,
    terminal: &mut Terminal,
    (store, project, place): (Arc<Store>, &Project, &str),
    meant: Vec<UnsureTake>,
) -> Result<Exit, Stopped> {
    let environment = service::with_dotenv(&context.environment, project)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| {
        terminal.say(&format!("error: cannot start: {error}\n"));
        Stopped::Told(Exit::Machine)
    })?;
    let known: Vec<_> = meant
        .iter()
        .filter(|take| take.failure.billed == Billed::Yes && !take.has_link)
        .map(|take| Settled {
            take: take.take.clone(),
            request_id: take.request_id.clone(),
            became: Became::Paid(take.failure.clone()),
        })
        .collect();
    let asked = service::look_up(store, &environment, &context.clock, meant);
    let mut settled = runtime
        .block_on(asked)
        .map_err(|error| Stopped::Told(failure::conduct(terminal, &error)))?;
    settled.extend(known);
    earlier::say(terminal, &settled, place);
    let is_settled = |call: &Settled| matches!(call.became, Became::Take | Became::NotCharged);
    Ok(if settled.iter().all(is_settled) {
        Exit::Done
    } else {
        Exit::Unsure
    })
}

#[cfg(test)]
mod tests;
