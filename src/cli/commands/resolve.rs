//! `takesheet resolve`: a person says what became of calls whose outcome is not known.

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
    let how = match args {
        ResolveArgs { paid: true, .. } => Some((Resolution::Paid, "paid: the next run may buy it again")),
        ResolveArgs { not_paid: true, .. } => Some((Resolution::NotPaid, "not paid: the next run buys it")),
        ResolveArgs { retake: true, .. } => Some((Resolution::Retake, "to be taken again: the next run buys it")),
        _ => None,
    };
    let (Some(store), Some((how, said)), false) = (store, how, args.takes.is_empty()) else {
        list(terminal, &unsure);
        let asked_too_little = how.is_some() || !args.takes.is_empty();
        if asked_too_little {
            terminal.say("help: name the takes (or `all`) and say --paid, --not-paid or --retake\n");
        }
        return Ok(if asked_too_little { Exit::Usage } else { Exit::Done });
    };
    let mut exit = Exit::Done;
    for name in &args.takes {
        let is_meant = |take: &&UnsureTake| name == "all" || take.take == *name || take.take == format!("songs.{name}");
        let meant: Vec<_> = unsure.iter().filter(is_meant).collect();
        if meant.is_empty() {
            terminal.say(&format!("error: no take `{name}` is unsure\n"));
            exit = Exit::NothingSelected;
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
