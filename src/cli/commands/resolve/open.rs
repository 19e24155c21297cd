//! What can be settled in a project, and the names by which it is meant.
//!
//! Knows nothing of how a thing is settled. A name that is shown here names one thing only.

use crate::{
    base::{
        ids::is_called,
        time::{Timestamp, minute},
        words,
    },
    cli::{args::ResolveArgs, commands::lost, exit::Exit},
    event::Billed,
    plan::Key,
    report::settle,
    store::{LostTake, Store, StoreError, UnsureTake},
    ui::Terminal,
};
use std::{collections::HashSet, time::Duration};

/// Calls without a take, and takes without their audio.
#[derive(Default)]
pub(in crate::cli::commands) struct Open {
    pub(super) unsure: Vec<UnsureTake>,
    pub(in crate::cli::commands) lost: Vec<LostTake>,
}

impl Open {
    pub(super) fn of(store: &Store) -> Result<Self, StoreError> {
        Ok(Self {
            unsure: store.unsure_takes()?,
            lost: store.lost_takes()?,
        })
    }

    /// Keeps those of these keys.
    pub(super) fn retain(&mut self, keys: &HashSet<Key>) {
        self.unsure.retain(|take| keys.contains(&take.key));
        self.lost.retain(|take| keys.contains(&take.key));
    }

    /// What a call is named by: its take, or its id where the take's name means others too.
    pub(super) fn name_of<'a>(&self, take: &'a UnsureTake) -> &'a str {
        if self.is_one(&take.take) {
            &take.take
        } else {
            &take.request_id
        }
    }

    /// Whether a take's name means one thing only.
    pub(in crate::cli::commands) fn is_one(&self, name: &str) -> bool {
        let calls = self.unsure.iter().filter(|take| take.take == name).count();
        calls + lost::meant(&self.lost, name).len() == 1
    }

    /// Whether a word means a call.
    pub(in crate::cli::commands) fn means_a_call(&self, word: &str) -> bool {
        self.unsure.iter().any(|take| is_meant(word, take))
    }

    /// Lists everything, each with the command that settles it.
    pub(super) fn list(&self, terminal: &mut Terminal, now: Timestamp, place: &str) {
        for take in &self.unsure {
            let age = Duration::try_from(now.duration_since(take.since)).unwrap_or_default();
            terminal.data(&format!(
                "{}  {}  {}  {} ago  {}\n  {}\n",
                take.take,
                take.pipeline,
                take.price,
                words::duration(age),
                take.request_id,
                known(take)
            ));
            match settle::command(self.name_of(take), place, &take.failure) {
                Some(command) => terminal.data(&format!("  {command}\n")),
                None => terminal.data("  the next run fetches it\n"),
            }
        }
        lost::list(terminal, self, &self.lost, place);
        let lost = match self.lost.len() {
            0 => String::new(),
            count => format!(", {count} lost"),
        };
        terminal.say(&format!("{} unsure{lost}\n", words::count(self.unsure.len(), "take")));
    }

    /// The calls that are named, the words that may be about lost takes, and what to end with if a name is none's or
    /// several's.
    pub(super) fn named<'a>(
        &self,
        terminal: &mut Terminal,
        args: &'a ResolveArgs,
        place: &str,
    ) -> (Vec<UnsureTake>, Vec<&'a str>, Exit) {
        let (mut calls, mut words, mut exit) = (Vec::<UnsureTake>::new(), Vec::new(), Exit::Done);
        for name in &args.takes {
            let meant: Vec<_> = self.unsure.iter().filter(|take| is_meant(name, take)).collect();
            let lost = lost::meant(&self.lost, name);
            if meant.is_empty() && lost.is_empty() {
                terminal.say(&format!("error: no take `{name}` is unsure\n"));
                exit = exit.max(Exit::NothingSelected);
            } else if name != "all" && is_in_doubt(name, &meant, &lost) {
                self.ask_which(terminal, name, (&meant, &lost), place);
                exit = exit.max(Exit::Usage);
            } else {
                words.push(name.as_str());
                calls.extend(meant.into_iter().cloned());
            }
        }
        calls.sort_by_key(|take| take.claim);
        calls.dedup_by_key(|take| take.claim);
        (calls, words, exit)
    }

    fn ask_which(
        &self,
        terminal: &mut Terminal,
        name: &str,
        (calls, lost): (&[&UnsureTake], &[&LostTake]),
        place: &str,
    ) {
        let counts = [(calls.len(), "unsure call"), (lost.len(), "lost take")];
        let counts: Vec<_> = counts
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| words::count(count, what))
            .collect();
        let by = match (calls, lost) {
            (_, []) => "its id",
            ([], _) => "its key",
            _ => "its id or key",
        };
        terminal.say(&format!(
            "error: `{name}` is the name of {}; name the one that is meant by {by}\n",
            counts.join(" and ")
        ));
        for take in calls {
            terminal.say(&format!(
                "  {}  {}  asked {}\n",
                take.request_id,
                take.pipeline,
                minute(take.since)
            ));
        }
        lost::list(terminal, self, lost.iter().copied(), place);
        terminal.say("help: with `-p PIPELINE` the name means the one that its plan waits for\n");
    }
}

/// Whether a word that means these could be about another of them: other pipelines, or other lyrics. What is known of
/// one call says nothing of another.
fn is_in_doubt(word: &str, calls: &[&UnsureTake], lost: &[&LostTake]) -> bool {
    let mut seen = HashSet::new();
    let is_new_call = calls.iter().all(|take| seen.insert(take.take.as_str()));
    // One take may have one name in several pipelines.
    let called = lost.iter().flat_map(|take| {
        let names = take.names.iter().map(|(_, name)| name.as_str());
        names.filter(|name| is_called(name, word)).collect::<HashSet<_>>()
    });
    !is_new_call || called.into_iter().any(|name| !seen.insert(name))
}

/// Whether a word means a call: by its id, or by what its take is called.
pub(super) fn is_meant(word: &str, take: &UnsureTake) -> bool {
    word == "all" || word == take.request_id || is_called(&take.take, word)
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
