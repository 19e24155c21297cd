//! The part of `takesheet resolve` that is about takes whose audio was paid for and is gone.

use super::resolve::Open;
use crate::{
    base::{
        ids::{is_called, is_digits_of},
        time::day,
    },
    cli::{args::ResolveArgs, exit::Exit},
    report::settle,
    store::{LostTake, Store, StoreError},
    ui::Terminal,
};

/// Lists them as data, each with the command that settles it.
pub(super) fn list<'a>(
    terminal: &mut Terminal,
    open: &Open,
    lost: impl IntoIterator<Item = &'a LostTake>,
    place: &str,
) {
    for take in lost {
        let named = name(take);
        let short = take.key.0.short();
        let word = if open.is_one(&named) { &named } else { &short };
        let command = settle::resolve(word, place, "--retake");
        terminal.data(&format!(
            "{named}  rendered {}  {short}  {}  its audio is gone\n  {command}\n",
            day(take.at),
            take.paid
        ));
    }
}

/// Those that are meant by a name, a key, or `all`.
pub(super) fn meant<'a>(lost: &'a [LostTake], word: &str) -> Vec<&'a LostTake> {
    let is_named = |take: &LostTake| take.names.iter().any(|(_, name)| is_called(name, word));
    let is_meant = |take: &&LostTake| word == "all" || is_named(take) || is_digits_of(take.key.0, word);
    lost.iter().filter(is_meant).collect()
}

/// Frees those that are meant by these words to be bought again.
pub(super) fn settle(
    store: &Store,
    terminal: &mut Terminal,
    open: &Open,
    (args, words): (&ResolveArgs, &[&str]),
) -> Result<Exit, StoreError> {
    let mut exit = Exit::Done;
    for wanted in words {
        let meant = meant(&open.lost, wanted);
        // No log says more of a take whose audio had arrived.
        let is_silent = args.look_up && (*wanted == "all" || open.means_a_call(wanted));
        for take in meant.into_iter().filter(|_| !is_silent) {
            exit = exit.max(free(store, terminal, take, (args, wanted))?);
        }
    }
    Ok(exit)
}

fn free(
    store: &Store,
    terminal: &mut Terminal,
    take: &LostTake,
    (args, wanted): (&ResolveArgs, &str),
) -> Result<Exit, StoreError> {
    let refused = if wanted == "all" { Exit::Unsure } else { Exit::Usage };
    if args.not_paid || args.look_up {
        terminal.say(&format!(
            "error: {}: its audio arrived on {}, so it was paid for; `--retake` buys it again\n",
            name(take),
            day(take.at)
        ));
        return Ok(refused);
    }
    match store.give_up(take.key) {
        Ok(()) => {
            terminal.say(&format!(
                "{}: to be taken again: the next run buys it, {} is gone with its audio\n",
                name(take),
                take.paid
            ));
            Ok(Exit::Done)
        }
        // It came back, or was given up, since it was listed.
        Err(error @ StoreError::State { .. }) => {
            terminal.say(&format!("error: {}: {error}\n", name(take)));
            Ok(refused)
        }
        Err(error) => Err(error),
    }
}

fn name(take: &LostTake) -> String {
    let latest = take.names.first();
    latest.map_or_else(|| take.key.0.short(), |(_, name)| name.clone())
}
