//! `takesheet resolve`: lists calls whose outcome is not known, and settles them: by a person's word, or by the account's
//! log.

use super::{earlier, lost, plan};
use crate::{
    base::words,
    cli::{
        args::{Choice, ResolveArgs},
        context::Context,
        exit::Exit,
        failure,
    },
    engine::{Became, Settled},
    event::Billed,
    report::settle,
    service::{self, Project, StoreUse, shown},
    store::{LostTake, Resolution, Store, StoreError, UnsureTake},
    ui::Terminal,
};
use std::{collections::HashSet, sync::Arc, time::Duration};

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
    let mut unsure = match &store {
        Some(store) => store.unsure_takes()?,
        None => Vec::new(),
    };
    let mut gone = match &store {
        Some(store) => store.lost_takes()?,
        None => Vec::new(),
    };
    let mut exit = Exit::Done;
    if args.pipeline.is_some() {
        let keys = keys(context, terminal, args)?;
        unsure.retain(|take| keys.contains(&take.key));
        gone.retain(|take| keys.contains(&take.key));
    }
    let is_named = !args.takes.is_empty() || args.pipeline.is_some();
    let (Some(store), Some(how), true) = (store, How::of(args), is_named) else {
        list(context, terminal, &unsure, &place);
        lost::list(terminal, &gone);
        if How::of(args).is_some() || !args.takes.is_empty() {
            terminal.say("help: name the takes (or `all`) and say --paid, --not-paid, --retake or --look-up\n");
            exit = Exit::Usage;
        }
        return Ok(exit);
    };
    let meant = if args.pipeline.is_some() {
        unsure
    } else {
        let (meant, named) = named(terminal, args, &unsure, &gone);
        exit = named;
        meant
    };
    exit = exit.max(lost::settle(&store, terminal, &gone, args)?);
    let settled = match how {
        How::Person(how, said) => {
            for take in &meant {
                store.resolve(take.key, how)?;
                terminal.say(&format!("{}: {said}\n", take.take));
            }
            Exit::Done
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
fn keys(
    context: &Context,
    terminal: &mut Terminal,
    args: &ResolveArgs,
) -> Result<HashSet<crate::plan::Key>, Stopped> {
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

/// The calls that are named, and what to end with if a name is none's or several's.
fn named(
    terminal: &mut Terminal,
    args: &ResolveArgs,
    unsure: &[UnsureTake],
    gone: &[LostTake],
) -> (Vec<UnsureTake>, Exit) {
    let (mut all, mut exit) = (Vec::<UnsureTake>::new(), Exit::Done);
    for name in &args.takes {
        let meant: Vec<_> = unsure.iter().filter(|take| is_meant(name, take)).collect();
        if meant.is_empty() && lost::meant(gone, name).is_empty() {
            terminal.say(&format!("error: no take `{name}` is unsure\n"));
            exit = exit.max(Exit::NothingSelected);
        }
        // Other pipelines, or other lyrics: what is known of one call says nothing of another.
        let takes: HashSet<_> = meant.iter().map(|take| &take.take).collect();
        if takes.len() < meant.len() && name != "all" {
            let count = words::count(meant.len(), "unsure call");
            terminal.say(&format!(
                "error: `{name}` is the name of {count}; name the one that is meant by its id\n"
            ));
            for take in meant {
                terminal.say(&format!(
                    "  {}  {}  asked {}\n",
                    take.request_id, take.pipeline, take.since
                ));
            }
            exit = Exit::Usage;
            continue;
        }
        for take in meant {
            if all.iter().all(|known| known.claim != take.claim) {
                all.push(take.clone());
            }
        }
    }
    (all, exit)
}

/// Whether a word names a call: by its id, its take, or the cell or step of its take; `songs.` may be left out.
fn is_meant(name: &str, take: &UnsureTake) -> bool {
    let is_of = |name: &str| {
        let rest = take.take.strip_prefix(name);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['#', '[']))
    };
    name == "all" || name == take.request_id || is_of(name) || is_of(&format!("songs.{name}"))
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

fn list(context: &Context, terminal: &mut Terminal, unsure: &[UnsureTake], place: &str) {
    for take in unsure {
        let is_only = unsure.iter().filter(|other| other.take == take.take).count() == 1;
        let name = if is_only { &take.take } else { &take.request_id };
        let age = Duration::try_from(context.clock.now().duration_since(take.since)).unwrap_or_default();
        terminal.data(&format!(
            "{}  {}  {}  {} ago  {}\n  {}\n",
            take.take,
            take.pipeline,
            take.price,
            words::duration(age),
            take.request_id,
            known(take)
        ));
        match settle::command(name, place, &take.failure).filter(|_| !take.has_link) {
            Some(command) => terminal.data(&format!("  {command}\n")),
            None => terminal.data("  the next run takes it up\n"),
        }
    }
    terminal.say(&format!("{} unsure\n", words::count(unsure.len(), "take")));
}

/// What is known of a call.
fn known(take: &UnsureTake) -> String {
    let message = &take.failure.message;
    match (take.has_link, take.failure.billed) {
        (true, _) => format!("paid; its audio waits to be fetched: {message}"),
        (false, Billed::Yes) => message.clone(),
        (false, Billed::No | Billed::Unknown) => format!("nobody knows whether it was paid: {message}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        base::{
            audio_settings::{AudioSettings, Format},
            ids::{CellName, Coordinates, StepKind, StepName, TakeName},
            money::{Price, Usd},
            time::SystemClock,
        },
        catalog::BackendKind,
        cli::args::{Cli, Command},
        plan::RenderRequest,
        report::look::Look,
        store::NewClaim,
    };
    use clap::Parser;
    use std::path::Path;

    /// A process makes a call for `songs.hook#1` of that pipeline, and ends before it is answered.
    fn lose_a_call(folder: &Path, pipeline: &str) {
        let store = Store::open(folder, Arc::new(SystemClock::start())).unwrap();
        let request = RenderRequest {
            version: 1,
            backend: BackendKind::Aimlapi,
            contract: 1,
            model: "music-01".into(),
            lyrics: Some(pipeline.into()),
            voice: None,
            instrumental: None,
            audio: AudioSettings {
                format: Format::Mp3,
                sample_rate: 44_100,
                bitrate: 128_000,
            },
            take: 1,
            salt: String::new(),
        };
        let cell = CellName {
            step: StepName::new(StepKind::Song, "hook"),
            at: Coordinates::default(),
        };
        let claim = NewClaim {
            key: request.key(),
            take: &TakeName { cell, number: 1 },
            pipeline,
            run: "run-1",
            request: &request,
            request_id: &format!("id-{pipeline}"),
            price: Price::Known(Usd::ZERO),
            account: crate::base::digest::Digest::of(b"an account"),
            day: None,
        };
        store.claim(&claim).unwrap();
    }

    fn resolve_in(folder: &Path, name: &str) -> Exit {
        let folder = folder.to_str().unwrap();
        let cli = Cli::parse_from(["takesheet", "resolve", name, "--not-paid", "-C", folder]);
        let Command::Resolve(args) = cli.command else {
            panic!("it is `resolve`")
        };
        let context = Context::read(cli.global).unwrap();
        let mut terminal = Terminal::new(Box::new(std::io::sink()), Box::new(std::io::sink()), Look::PLAIN);
        settle(&context, &mut terminal, &args).unwrap()
    }

    #[test]
    fn what_is_known_of_one_pipelines_take_is_not_said_of_anothers() {
        let folder = tempfile::tempdir().unwrap();
        lose_a_call(folder.path(), "monday");
        lose_a_call(folder.path(), "tuesday");
        let left = || {
            let store = Store::open(folder.path(), Arc::new(SystemClock::start())).unwrap();
            let unsure = store.unsure_takes().unwrap();
            unsure.into_iter().map(|take| take.pipeline).collect::<Vec<_>>()
        };
        assert_eq!(resolve_in(folder.path(), "hook#1"), Exit::Usage);
        assert_eq!(left(), ["monday", "tuesday"], "it could be either");
        assert_eq!(resolve_in(folder.path(), "id-monday"), Exit::Done);
        assert_eq!(left(), ["tuesday"]);
        assert_eq!(resolve_in(folder.path(), "hook#1"), Exit::Done, "now there is only one");
        assert_eq!(left(), [""; 0]);
    }
}
