//! The text of a finished run. Failures come last, because the end is what is read.

use super::{
    money,
    takes::{self, sound},
};
use crate::{
    base::{time::Timestamp, words},
    event::{NodeKind, NodeState, Phase, RunEnd, RunState, SkipReason, StepFailure, StopCause},
    pipeline::all_misses,
    plan::Miss,
    report::{
        failure, layout,
        look::{Ink, Look},
        names, settle,
    },
};
use std::{borrow::Cow, time::Duration};

/// The summary of a run that is over. `folder` is where takes go, as the user would type it.
pub fn summary(state: &RunState, folder: &str, look: &Look) -> String {
    let mut text = troubles(state, folder, look);
    text += "\n";
    for line in closing(state, folder) {
        text += &line;
        text += "\n";
    }
    text += &totals(state, look);
    look.spell(&text).into_owned()
}

/// The same for somebody who goes on watching: what went wrong, what must not be overlooked, and the totals.
pub fn brief(state: &RunState, folder: &str, look: &Look) -> String {
    let mut text = troubles(state, folder, look);
    for line in remarks(state) {
        text += &line;
        text += "\n";
    }
    text += &totals(state, look);
    look.spell(&text).into_owned()
}

/// What failed and what is unsure.
fn troubles(state: &RunState, folder: &str, look: &Look) -> String {
    let mut text = String::new();
    for (node, failure) in of_phase(state, failure_of) {
        text += "\n";
        text += &failure::text(&node.card.name, failure, look);
    }
    for (node, failure) in of_phase(state, unclear) {
        text += "\n";
        text += &failure::unsure(&node.card.name, failure, look);
        text += &settle(state, &node.card.name, failure, folder);
    }
    text
}

/// `6 rendered · 18 cached · 1 failed — $0.19 spent, $0.57 saved`.
pub fn totals(state: &RunState, look: &Look) -> String {
    let tally = state.tally();
    let parts = [
        (tally.rendered, "rendered", Ink::Green),
        (state.cached + tally.reused, "cached", Ink::Dim),
        (tally.skipped, "skipped", Ink::Yellow),
        (state.outside().count(), "outside", Ink::Yellow),
        (tally.unsure, "unsure", Ink::Magenta),
        (tally.failed + failed_uploads(state), "failed", Ink::Red),
    ];
    let shown: Vec<String> = parts
        .iter()
        .filter(|(count, word, _)| *count > 0 || *word == "rendered")
        .map(|(count, word, ink)| look.paint(*ink, &format!("{count} {word}")))
        .collect();
    let took = state
        .started
        .zip(state.last)
        .map(|(start, end)| format!(" in {}", between(start, end)));
    format!(
        "{} — {}{}\n",
        shown.join(" · "),
        money::spent(state),
        took.unwrap_or_default()
    )
}

fn between(start: Timestamp, end: Timestamp) -> String {
    words::duration(Duration::try_from(end.duration_since(start)).unwrap_or_default())
}

fn failed_uploads(state: &RunState) -> usize {
    let failed = |node: &&NodeState| node.card.kind == NodeKind::Upload && matches!(node.phase, Phase::Failed(_));
    state.nodes.values().filter(failed).count()
}

pub(super) const fn failure_of(phase: &Phase) -> Option<&StepFailure> {
    match phase {
        Phase::Failed(failure) => Some(failure),
        _ => None,
    }
}

pub(super) const fn unclear(phase: &Phase) -> Option<&StepFailure> {
    match phase {
        Phase::Unsure(failure) => Some(failure),
        _ => None,
    }
}

fn of_phase(
    state: &RunState,
    pick: fn(&Phase) -> Option<&StepFailure>,
) -> impl Iterator<Item = (&NodeState, &StepFailure)> {
    state
        .nodes
        .values()
        .filter_map(move |node| pick(&node.phase).map(|failure| (node, failure)))
}

/// The command that says what became of an unclear call; `folder` is the output folder, which lies in the project.
fn settle(state: &RunState, name: &str, failure: &StepFailure, folder: &str) -> String {
    let project = folder.rsplit_once('/').map_or("", |(project, _)| project);
    match settle::command(name, project, failure) {
        Some(command) => format!("  settle it: {command}\n"),
        None => format!("  take it up: takesheet run {}\n", names::shell(&state.file)),
    }
}

/// Where the takes are, why the run stopped early, and the next command.
fn closing(state: &RunState, folder: &str) -> Vec<String> {
    let mut lines = remarks(state);
    let there = state.tally().rendered + state.tally().reused + state.cached;
    if there > 0 {
        lines.push(format!("Takes: {}", folder_of(state, folder)));
    }
    let file = names::shell(&state.file);
    lines.extend(money::costs(state));
    lines.push(match state.end {
        Some(RunEnd::Done) => match rendered(state).next() {
            Some(node) => format!(
                "Next:  takesheet why {}{}",
                names::quoted(&node.card.name),
                named(state)
            ),
            None => format!("Next:  change a line and run it again: takesheet run {file}"),
        },
        Some(RunEnd::Unsure) => "Next:  settle what is unsure; it is not bought again by itself".to_owned(),
        _ => format!("Next:  takesheet run {file}   (renders only what is missing)"),
    });
    lines
}

/// Why the run stopped early, and what is odd about what it brought.
fn remarks(state: &RunState) -> Vec<String> {
    let mut lines: Vec<String> = stopped(state).map(Cow::into_owned).into_iter().collect();
    lines.extend(slowed(state));
    lines.extend(outside(state));
    lines.extend(takes::damaged(state));
    lines
}

/// The takes that are there and outside what is accepted; a few by name.
fn outside(state: &RunState) -> Vec<String> {
    const NAMED: usize = 10;
    let line = |(name, misses, retakes): (&str, &[Miss], usize)| {
        let name = names::short(name);
        let after = match retakes {
            0 => String::new(),
            count => format!(" after {}", words::count(count, "retake")),
        };
        format!("Outside: {name}{after}: {}", all_misses(misses))
    };
    let mut lines: Vec<String> = state.outside().take(NAMED).map(line).collect();
    let more = state.outside().count() - lines.len();
    if more > 0 {
        lines.push(format!("Outside: and {more} more"));
    }
    lines
}

/// Which backends asked to slow down, and what that cost: time alone.
fn slowed(state: &RunState) -> impl Iterator<Item = String> {
    state.slowed.iter().map(|(backend, slowed)| {
        let calls = words::count(slowed.turned_away as usize, "call");
        let were = if slowed.turned_away == 1 { "was" } else { "were" };
        let least = slowed.least;
        format!(
            "{backend} asked to slow down: {calls} {were} turned away and made again, with as few as {least} at once"
        )
    })
}

/// The pipeline as an argument, unless it is found without being named.
fn named(state: &RunState) -> String {
    match state.file.as_str() {
        "takesheet.yaml" | "takesheet.yml" => String::new(),
        file => format!(" {}", names::shell(file)),
    }
}

fn stopped(state: &RunState) -> Option<Cow<'static, str>> {
    let ((Some(RunEnd::Stopped(cause)), _) | (_, Some(cause))) = (state.end, state.stopping) else {
        return None;
    };
    let said = match cause {
        StopCause::Superseded if state.end == Some(RunEnd::Done) => return None,
        StopCause::Superseded => "Gave way to a newer plan; what was paid for is kept",
        StopCause::FailFast => "Stopped after the first failure (--fail-fast)",
        StopCause::Budget => return Some(money::stopped(state).into()),
        StopCause::Refused => "Stopped: the key or the credits were refused, and would be for every take",
        StopCause::Machine => "Stopped: this machine failed; nothing more was bought",
        StopCause::Terminated => "Stopped by a signal; what was paid for is kept",
        StopCause::Interrupted => "Interrupted; what was paid for is kept",
        StopCause::Abandoned => "Left at once; the next run names what was under way and leaves it alone",
    };
    Some(said.into())
}

fn rendered(state: &RunState) -> impl Iterator<Item = &NodeState> {
    let done =
        |node: &&NodeState| node.card.kind == NodeKind::Take && matches!(node.phase, Phase::Done { reused: false });
    state.nodes.values().filter(done)
}

/// The folder all takes of this run have in common.
fn folder_of(state: &RunState, folder: &str) -> String {
    let paths: Vec<Vec<&str>> = state
        .nodes
        .values()
        .filter_map(|node| node.path.as_deref())
        .map(|path| path.split('/').collect())
        .collect();
    let Some((first, rest)) = paths.split_first() else {
        return format!("{}/", folder.trim_end_matches('/'));
    };
    let folders = &first[..first.len() - 1];
    let common = (0..folders.len())
        .take_while(|index| {
            rest.iter()
                .all(|path| path.len() > index + 1 && path[*index] == folders[*index])
        })
        .count();
    folders[..common]
        .iter()
        .fold(String::new(), |path, part| path + part + "/")
}

/// One line about a node that is over: used wherever a run is listed.
pub fn outcome(node: &NodeState, state: &RunState) -> String {
    match &node.phase {
        Phase::Waiting => "not begun".to_owned(),
        Phase::Running { .. } => "under way".to_owned(),
        Phase::Pausing { failure, .. } => format!("between two tries: {}", layout::one_line(&failure.message)),
        Phase::Recovering { failure, .. } => format!("being looked into: {}", layout::one_line(&failure.message)),
        Phase::Done { reused } => {
            let said = if *reused { "reused".to_owned() } else { sound(node) };
            match node.outside.as_slice() {
                [] => said,
                misses => format!("{said}  outside: {}", all_misses(misses)),
            }
        }
        Phase::Failed(failure) | Phase::Unsure(failure) => layout::one_line(&failure.message),
        Phase::Skipped(SkipReason::OverBudget { budget, .. }) => money::over(*budget).to_owned(),
        Phase::Skipped(SkipReason::Stopped) => "the run was stopped before it".to_owned(),
        Phase::Skipped(SkipReason::Away { backend }) => format!("{backend} is away"),
        Phase::Skipped(SkipReason::Upstream { node }) => {
            let name = state
                .nodes
                .get(node)
                .map_or("something", |needed| names::short(&needed.card.name));
            format!("needs {name}")
        }
    }
}
