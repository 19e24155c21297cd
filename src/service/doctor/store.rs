//! The store and what is open in its ledger.

use crate::{
    base::{
        time::{Clock, Timestamp},
        words,
    },
    report::doctor::{Check, Trouble, command},
    service::{Environment, Project, shown},
    store::{AudioHealth, CallUnderWay, Store, StoreError, UnsureTake},
};
use std::{collections::HashMap, sync::Arc};

/// Most takes of one kind that are named.
const MOST: usize = 20;

/// Whether a plan can be made with the store, without changing it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StoreState {
    /// It is as it should be, or there is none yet.
    Usable,
    /// It is of another version, or broken.
    Unusable,
}

/// Looks at the store of a project.
pub(super) fn look(project: &Project, environment: &Environment, clock: &Arc<dyn Clock>) -> (StoreState, Vec<Check>) {
    let broken = |error: StoreError| {
        let check = Check::problem("store", Trouble::Machine, error.to_string());
        let check = match error {
            StoreError::Newer { .. } => check,
            _ => check.help("leave it as it is and take a copy: it says what was paid for"),
        };
        (StoreState::Unusable, vec![check])
    };
    match Store::schemas(&project.root) {
        Ok(None) => {
            let none = Check::ok("store", "there is none yet: the first run makes one");
            return (StoreState::Usable, vec![none]);
        }
        Ok(Some((found, known))) if found < known => {
            let finding =
                format!("its schema is {found}: the next run brings it to {known}, and then it can be looked into");
            return (StoreState::Unusable, vec![Check::warning("store", finding)]);
        }
        Ok(Some(_)) => {}
        Err(error) => return broken(error),
    }
    let looked = Store::open_existing(&project.root, Arc::clone(clock)).and_then(|store| match store {
        Some(store) => Ok(inside(&store, project, environment)?),
        None => Ok(Vec::new()),
    });
    match looked {
        Ok(checks) => (StoreState::Usable, checks),
        Err(error) => broken(error),
    }
}

fn inside(store: &Store, project: &Project, environment: &Environment) -> Result<Vec<Check>, StoreError> {
    let mut checks = vec![database(store)?, audio(&store.audio_health()?)];
    checks.extend(under_way(&store.calls_under_way()?));
    // `resolve` works on the project of the folder it is called in, unless it is told otherwise.
    let elsewhere = Project::of(&environment.folder).root != project.root;
    let folder = elsewhere.then(|| shown(&project.root, &environment.folder));
    checks.push(unsure(&store.unsure_takes()?, folder.as_deref()));
    Ok(checks)
}

fn database(store: &Store) -> Result<Check, StoreError> {
    let complaints = store.database_complaints()?;
    Ok(match complaints.first() {
        None => Check::ok("store", "the database is whole"),
        Some(first) => {
            let more = complaints.len() - 1;
            let rest = if more == 0 {
                String::new()
            } else {
                format!(" (and {more} more)")
            };
            Check::problem(
                "store",
                Trouble::Machine,
                format!("the database is damaged: {first}{rest}"),
            )
            .help("leave it as it is and take a copy of `.takesheet`: it says what was paid for")
        }
    })
}

fn audio(health: &AudioHealth) -> Check {
    let has = format!("{}, {}", words::count(health.takes, "take"), words::size(health.bytes));
    let kept = match health.kept {
        0 => String::new(),
        count => format!(
            "; {} of audio that could not be put into its place",
            words::count(count, "file")
        ),
    };
    if !health.lost.is_empty() {
        let count = words::count(health.lost.len(), "take");
        let (named, rest) = some_of(&health.lost);
        let finding = format!("the audio of {count} is missing or of another size: {named}{rest}{kept}");
        let price = health.lost_price;
        return Check::problem("audio", Trouble::Machine, finding).help(format!(
            "put `.takesheet/blobs` back from a backup: to render them again costs {price}"
        ));
    }
    if health.restorable > 0 {
        let count = words::count(health.restorable, "take");
        return Check::warning(
            "audio",
            format!("the audio of {count} is not in its place, and there is a copy{kept}"),
        )
        .help("the next run puts it back");
    }
    if health.kept > 0 {
        return Check::warning("audio", format!("{has}{kept}")).help("the next run of their takes does so");
    }
    Check::ok("audio", has)
}

/// Some names, and how many more there are.
fn some_of(names: &[String]) -> (String, String) {
    let more = names.len().saturating_sub(MOST);
    let rest = if more == 0 {
        String::new()
    } else {
        format!(" and {more} more")
    };
    (names[..names.len() - more].join(", "), rest)
}

fn under_way(calls: &[CallUnderWay]) -> Option<Check> {
    let oldest = calls.first()?;
    let count = words::count(calls.len(), "call");
    let finding = format!(
        "{count} under way: {} of process {} since {}",
        oldest.take,
        oldest.pid,
        minute(oldest.since)
    );
    Some(Check::ok("calls", finding))
}

fn unsure(takes: &[UnsureTake], folder: Option<&str>) -> Check {
    if takes.is_empty() {
        return Check::ok("ledger", "no call is unsure");
    }
    let mut names: HashMap<&str, usize> = HashMap::new();
    for take in takes {
        *names.entry(&take.take).or_default() += 1;
    }
    let finding = format!("nobody knows what came of {}", words::count(takes.len(), "paid call"));
    let mut check = Check::warning("ledger", finding);
    for take in takes.iter().take(MOST) {
        // Calls of one name, in other pipelines or with other lyrics, are told apart by their ids.
        let name = if names[take.take.as_str()] == 1 {
            &take.take
        } else {
            &take.request_id
        };
        check = check.help(format!(
            "{} of {} ({}, call {}): {} --paid | --not-paid | --retake",
            take.take,
            minute(take.since),
            take.price,
            take.request_id,
            settle(name, folder)
        ));
    }
    match takes.len().saturating_sub(MOST) {
        0 => check,
        more => check.help(format!("{more} more: `takesheet resolve` lists all")),
    }
}

/// The command that says what became of a call, without the word that says it; `folder` is the project's, unless it is
/// found anyway.
fn settle(name: &str, folder: Option<&str>) -> String {
    match folder {
        Some(folder) => command(&["resolve", "-C", folder, name]),
        None => command(&["resolve", name]),
    }
}

fn minute(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}
