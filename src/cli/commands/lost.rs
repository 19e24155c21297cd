//! The part of `takesheet resolve` that is about takes whose audio was paid for and is gone.

use crate::{
    base::words,
    cli::{args::ResolveArgs, exit::Exit},
    store::{LostTake, Store, StoreError},
    ui::Terminal,
};

/// Lists them as data, each with its key, which settles it too.
pub(super) fn list<'a>(terminal: &mut Terminal, lost: impl IntoIterator<Item = &'a LostTake>) {
    for take in lost {
        terminal.data(&format!(
            "{}  rendered {}  {}  {}  its audio is gone\n",
            name(take),
            take.at,
            take.key.0.short(),
            take.paid
        ));
    }
}

/// Those that are meant by a name, a key, or `all`.
pub(super) fn meant<'a>(lost: &'a [LostTake], name: &str) -> Vec<&'a LostTake> {
    let is_named = |take: &LostTake| {
        let mut names = take.names.iter();
        names.any(|(_, known)| known == name || *known == format!("songs.{name}"))
    };
    let is_key = |take: &LostTake| name.len() >= 8 && take.key.0.hex().starts_with(name);
    let is_meant = |take: &&LostTake| name == "all" || is_named(take) || is_key(take);
    lost.iter().filter(is_meant).collect()
}

/// Frees those that are meant to be bought again: all of them where a pipeline was selected from, else those of the
/// names.
pub(super) fn settle(
    store: &Store,
    terminal: &mut Terminal,
    lost: &[LostTake],
    args: &ResolveArgs,
) -> Result<Exit, StoreError> {
    if args.pipeline.is_some() {
        return free(store, terminal, &lost.iter().collect::<Vec<_>>(), (args, "all"));
    }
    let mut exit = Exit::Done;
    for wanted in &args.takes {
        exit = exit.max(free(store, terminal, &meant(lost, wanted), (args, wanted))?);
    }
    Ok(exit)
}

fn free(
    store: &Store,
    terminal: &mut Terminal,
    meant: &[&LostTake],
    (args, wanted): (&ResolveArgs, &str),
) -> Result<Exit, StoreError> {
    if meant.len() > 1 && wanted != "all" {
        let count = words::count(meant.len(), "lost take");
        terminal.say(&format!(
            "error: `{wanted}` is the name of {count}; name the one that is meant by its key\n"
        ));
        list(terminal, meant.iter().copied());
        return Ok(Exit::Usage);
    }
    for take in meant {
        // What is said of all calls is not said of takes that were bought and lost.
        if (args.not_paid || args.look_up) && wanted == "all" {
            continue;
        }
        if args.not_paid || args.look_up {
            terminal.say(&format!(
                "error: {}: its audio arrived in {}, so it was paid for; `--retake` buys it again\n",
                name(take),
                take.at.strftime("%Y-%m-%d")
            ));
            return Ok(Exit::Usage);
        }
        store.give_up(take.key)?;
        terminal.say(&format!(
            "{}: to be taken again: the next run buys it, {} is gone with its audio\n",
            name(take),
            take.paid
        ));
    }
    Ok(Exit::Done)
}

fn name(take: &LostTake) -> String {
    let latest = take.names.first();
    latest.map_or_else(|| format!("key {}", take.key.0.short()), |(_, name)| name.clone())
}
