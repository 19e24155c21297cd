//! `takesheet resolve`: a person says what became of calls whose outcome is not known.

use super::lost;
use crate::{
    base::words,
    cli::{args::ResolveArgs, context::Context, exit::Exit, failure},
    service::Project,
    store::{Resolution, Store, StoreError, UnsureTake},
    ui::Terminal,
};
use std::sync::Arc;

/// Lists unsure takes, or settles some.
pub(super) fn resolve(context: &Context, terminal: &mut Terminal, args: &ResolveArgs) -> Exit {
    settle(context, terminal, args).unwrap_or_else(|error| failure::store(terminal, &error))
}

fn settle(context: &Context, terminal: &mut Terminal, args: &ResolveArgs) -> Result<Exit, StoreError> {
    let project = Project::of(&context.environment.folder.join(&args.folder));
    let store = Store::open_existing(&project.root, Arc::clone(&context.clock))?;
    let unsure = match &store {
        Some(store) => store.unsure_takes()?,
        None => Vec::new(),
    };
    let gone = match &store {
        Some(store) => store.lost_takes()?,
        None => Vec::new(),
    };
    let how = match args {
        ResolveArgs { paid: true, .. } => Some((Resolution::Paid, "paid: the next run may buy it again")),
        ResolveArgs { not_paid: true, .. } => Some((Resolution::NotPaid, "not paid: the next run buys it")),
        ResolveArgs { retake: true, .. } => Some((Resolution::Retake, "to be taken again: the next run buys it")),
        _ => None,
    };
    let (Some(store), Some((how, said)), false) = (store, how, args.takes.is_empty()) else {
        list(terminal, &unsure);
        lost::list(terminal, &gone);
        let asked_too_little = how.is_some() || !args.takes.is_empty();
        if asked_too_little {
            terminal.say("help: name the takes (or `all`) and say --paid, --not-paid or --retake\n");
        }
        return Ok(if asked_too_little { Exit::Usage } else { Exit::Done });
    };
    let mut exit = Exit::Done;
    for name in &args.takes {
        let is_meant = |take: &&UnsureTake| {
            let names = [&take.take, &take.request_id];
            name == "all" || names.contains(&name) || take.take == format!("songs.{name}")
        };
        let meant: Vec<_> = unsure.iter().filter(is_meant).collect();
        let meant_gone = lost::meant(&gone, name);
        exit = exit.max(lost::settle(&store, terminal, &meant_gone, (args, name))?);
        if meant.is_empty() && meant_gone.is_empty() {
            terminal.say(&format!("error: no take `{name}` is unsure\n"));
            exit = Exit::NothingSelected;
        }
        // Other pipelines, or other lyrics: what is known of one call says nothing of another.
        if meant.len() > 1 && name != "all" {
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
            store.resolve(take.key, how)?;
            terminal.say(&format!("{}: {said}\n", take.take));
        }
    }
    Ok(exit)
}

fn list(terminal: &mut Terminal, unsure: &[UnsureTake]) {
    for take in unsure {
        terminal.data(&format!(
            "{}  asked {}  {}  {}\n",
            take.take, take.since, take.request_id, take.price
        ));
    }
    terminal.say(&format!("{} unsure\n", words::count(unsure.len(), "take")));
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
