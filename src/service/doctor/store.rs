//! The store and what is open in its ledger.

use crate::{
    base::{
        time::{Clock, minute},
        words,
    },
    report::{
        doctor::{Check, Trouble, command},
        settle,
    },
    service::{Environment, Project, shown},
    store::{AudioHealth, CallUnderWay, Store, StoreError, UnsureTake},
};
use std::sync::Arc;

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
    // `resolve` works on the project of the folder it is called in, unless it is told otherwise.
    let elsewhere = Project::of(&environment.folder).root != project.root;
    let place = if elsewhere {
        shown(&project.root, &environment.folder)
    } else {
        String::new()
    };
    let mut checks = vec![database(store)?, audio(&store.audio_health()?, &place)];
    checks.extend(under_way(&store.calls_under_way()?));
    let arrived = store.arrived_takes()?.len();
    checks.push(ledger(arrived, &store.unsure_takes()?, &place));
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

fn audio(health: &AudioHealth, place: &str) -> Check {
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
        let what = if let [one] = &health.lost[..] { one } else { "TAKE" };
        return Check::problem("audio", Trouble::Machine, finding)
            .help("put the files back where they were, from a backup: the next run finds them")
            .help(format!(
                "or buy them again, for {}: {} --retake",
                health.lost_price,
                resolve(what, place)
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
    if health.renewable > 0 {
        let count = words::count(health.renewable, "take");
        return Check::warning("audio", format!("the audio of {count} that cost nothing is gone{kept}"))
            .help("the next run that wants them renders them again");
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

/// Calls that brought no take yet. `place` is the project as the user would type it, empty if it is found anyway.
fn ledger(arrived: usize, unsure: &[UnsureTake], place: &str) -> Check {
    if unsure.is_empty() {
        return if arrived == 0 {
            Check::ok("ledger", "no call is unsure")
        } else {
            let finding = format!("{} arrived and to be finished", words::count(arrived, "take"));
            Check::warning("ledger", finding).help("the next run finishes what is there: nothing is bought for it")
        };
    }
    let finding = format!("{} without a take", words::count(unsure.len(), "paid call"));
    let mut check = Check::warning("ledger", finding);
    for take in unsure.iter().take(MOST) {
        // Calls of one name, in other pipelines or with other lyrics, are told apart by their ids.
        let is_only = unsure.iter().filter(|other| other.take == take.take).count() == 1;
        let name = if is_only { &take.take } else { &take.request_id };
        let command = settle::command(name, place, &take.failure).filter(|_| !take.has_link);
        let what = command.unwrap_or_else(|| "the next run takes it up".to_owned());
        let (since, price) = (minute(take.since), take.price);
        let call = format!("{} of {since}, {price}, call {}", take.take, take.request_id);
        check = check.help(format!("{call}: {what}"));
    }
    match unsure.len().saturating_sub(MOST) {
        0 => check,
        more => check.help(format!("{more} more: `takesheet resolve` lists all")),
    }
}

/// The command that settles something, without the word that says how.
fn resolve(name: &str, place: &str) -> String {
    if place.is_empty() {
        command(&["resolve", name])
    } else {
        command(&["resolve", "-C", place, name])
    }
}
