//! Settling calls by a person's word.
//!
//! What the ledger knows outweighs the word: such a call stays as it is and is named, and the others are settled.

use super::open::{Open, is_meant};
use crate::{
    cli::{args::ResolveArgs, exit::Exit},
    event::Billed,
    report::settle,
    store::{Resolution, Store, StoreError, UnsureTake},
    ui::Terminal,
};

/// What a person says of calls.
pub(super) struct Word<'a> {
    pub(super) how: Resolution,
    /// What becomes of a call by it.
    pub(super) said: &'static str,
    pub(super) args: &'a ResolveArgs,
}

impl Word<'_> {
    /// Settles those that can be settled like that.
    pub(super) fn settle(
        &self,
        terminal: &mut Terminal,
        store: &Store,
        (open, place): (&Open, &str),
        meant: &[UnsureTake],
    ) -> Result<Exit, StoreError> {
        let mut exit = Exit::Done;
        for take in meant {
            let how = self.how_of(take);
            if let Some(why) = refusal(take, how, (open.name_of(take), place)) {
                terminal.say(&format!("error: {}: {why}\n", take.take));
                exit = exit.max(self.refused(take));
                continue;
            }
            match store.resolve(take.claim, how) {
                Ok(()) => terminal.say(&format!("{}: {}{}\n", take.take, self.said, loss(take))),
                // It changed since it was listed: what was said may not be true of it any more.
                Err(error @ StoreError::State { .. }) => {
                    terminal.say(&format!("error: {}: {error}\n", take.take));
                    exit = exit.max(self.refused(take));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(exit)
    }

    /// Audio that can be fetched is given up only where the take itself is named.
    fn how_of(&self, take: &UnsureTake) -> Resolution {
        let is_its_name =
            |name: &String| [&take.request_id, &take.take].contains(&name) || take.take == format!("songs.{name}");
        if self.how == Resolution::Retake && self.args.takes.iter().any(is_its_name) {
            Resolution::GiveUp
        } else {
            self.how
        }
    }

    /// What to end with if nothing is done about a call: it was asked for by its name, or only meant among others.
    fn refused(&self, take: &UnsureTake) -> Exit {
        let is_named = |name: &String| name != "all" && is_meant(name, take);
        if self.args.takes.iter().any(is_named) {
            Exit::Usage
        } else {
            Exit::Unsure
        }
    }
}

/// Why a call is not settled like that, and what to do instead.
fn refusal(take: &UnsureTake, how: Resolution, (name, place): (&str, &str)) -> Option<String> {
    let retake = settle::resolve(name, place, "--retake");
    if take.has_link && how != Resolution::GiveUp {
        return Some(format!(
            "it is paid for, and its audio can still be fetched\n  help: run again: it is fetched, and nothing is bought\n  \
             help: to give that audio up and pay anew: {retake}"
        ));
    }
    let amount = take.charged.map_or(String::new(), |amount| format!(" ({amount})"));
    (how == Resolution::NotPaid && take.failure.billed == Billed::Yes).then(|| {
        format!(
            "it was charged{amount}, so `--not-paid` is not true of it\n  \
             help: to buy it again all the same: {retake} (or --paid)"
        )
    })
}

/// What is lost with a call that is settled.
fn loss(take: &UnsureTake) -> &'static str {
    if take.has_link {
        "; the audio that was paid for is given up"
    } else {
        ""
    }
}
