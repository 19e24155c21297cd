//! The one line an event is worth: a verb in twelve columns, how long it took, the name, what came of it.
//!
//! Pure. The same words are used on a terminal and in a log.

use crate::{
    base::{money::Total, time::Timestamp, words},
    catalog::BackendKind,
    event::{Billed, Event, NodeCard, NodeKind, NodeState, Phase, RunState, StepFailure, StopCause},
    pipeline::all_misses,
    plan::{Miss, NodeId, Verdict},
    report::{
        heard, layout,
        look::{Ink, Look},
        plan::up_to,
        run,
    },
};
use std::{fmt::Write, time::Duration};

/// Columns of the verb.
const VERB: usize = 12;
/// Columns of ` [  54.2s]`.
const TIME: usize = 10;

/// A wait that is spoken of each time.
const LONG: Duration = Duration::from_secs(10);

/// A verb with its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Verb(pub(super) &'static str, pub(super) Ink);

pub(super) const RENDER: Verb = Verb("RENDER", Ink::Green);
pub(super) const CACHED: Verb = Verb("CACHED", Ink::Dim);
pub(super) const UPLOAD: Verb = Verb("UPLOAD", Ink::Cyan);
pub(super) const RETRY: Verb = Verb("RETRY", Ink::Yellow);
pub(super) const LOOK_UP: Verb = Verb("LOOK UP", Ink::Yellow);
pub(super) const FETCH: Verb = Verb("FETCH", Ink::Yellow);
pub(super) const RETAKE: Verb = Verb("RETAKE", Ink::Yellow);
pub(super) const SLOW: Verb = Verb("SLOW?", Ink::Yellow);
const FAIL: Verb = Verb("FAIL", Ink::Red);
const UNSURE: Verb = Verb("UNSURE", Ink::Magenta);
const SKIP: Verb = Verb("SKIP", Ink::Dim);

/// The line of an event, after it was taken into `state`. Most events are worth none.
pub(super) fn of(event: &Event, state: &RunState, look: &Look) -> Option<String> {
    match event {
        Event::RunStarted { .. } => Some(starting(state, look)),
        Event::UploadFinished { node, reused: false } => over(*node, UPLOAD, state, look),
        Event::TakeFinished { node, reused, .. } => over(*node, if *reused { CACHED } else { RENDER }, state, look),
        Event::NodeFailed { node, .. } => over(*node, FAIL, state, look),
        Event::TakeUnsure { node, .. } => over(*node, UNSURE, state, look),
        Event::NodeSkipped { node, .. } => over(*node, SKIP, state, look),
        // Said once for all of them by `Slowed`.
        Event::Retrying { failure, .. } if failure.asks_to_slow_down() => None,
        Event::Slowed {
            backend,
            limit,
            after_ms,
            failure,
        } => slowed((*backend, *limit, *after_ms), failure, state, look),
        Event::Retrying {
            node,
            attempt,
            after_ms,
            ..
        } => retrying(*node, *attempt, *after_ms, state, look),
        Event::Retaking {
            node,
            misses,
            retake,
            of,
            ..
        } => retaking(*node, misses, (*retake, *of), state, look),
        Event::LookingUp { node, until_ms, .. } => recovering(*node, LOOK_UP, *until_ms, state, look),
        Event::FetchingAgain { node, after_ms, .. } => recovering(*node, FETCH, *after_ms, state, look),
        Event::Stopping { cause } => Some(stopping(*cause, state, look)),
        Event::UploadStarted { .. }
        | Event::UploadFinished { reused: true, .. }
        | Event::TakeSubmitted { .. }
        | Event::TakeCharged { .. }
        | Event::RunFinished { .. } => None,
    }
}

fn starting(state: &RunState, look: &Look) -> String {
    let count = |is_meant: &dyn Fn(&NodeCard) -> bool| state.nodes.values().filter(|node| is_meant(&node.card)).count();
    let work = |kind| count(&|card| card.kind == kind && card.verdict.is_work());
    let (takes, uploads) = (work(NodeKind::Take), work(NodeKind::Upload));
    let mut parts = vec![format!("{} to render", words::count(takes, "take"))];
    if uploads > 0 {
        parts.push(words::count(uploads, "upload"));
    }
    if state.cached > 0 {
        parts.push(format!("{} cached", state.cached));
    }
    for verdict in [Verdict::Unsure, Verdict::Blocked] {
        match count(&|card| card.kind == NodeKind::Take && card.verdict == verdict) {
            0 => {}
            held => parts.push(format!("{held} {}", verdict.word())),
        }
    }
    let verb = Verb("Starting", Ink::Bold);
    format!(
        "{} {}, {}{}",
        verb.right(look),
        parts.join(", "),
        budgeted(planned(state)),
        up_to(state.retakes).map_or(String::new(), |more| format!(" ({more})")),
    )
}

/// What all nodes of a run are expected to cost.
pub(super) fn planned(state: &RunState) -> Total {
    let mut total = Total::default();
    state
        .nodes
        .values()
        .filter(|node| node.card.verdict.is_work())
        .for_each(|node| total.add(node.card.price));
    total
}

fn budgeted(planned: Total) -> String {
    if planned == Total::default() {
        "free".to_owned()
    } else {
        format!("at most {planned}")
    }
}

impl Verb {
    /// Right-aligned in its column, with its colour.
    pub(super) fn right(self, look: &Look) -> String {
        look.paint(self.1, &layout::pad_left(self.0, VERB))
    }
}

fn over(id: NodeId, verb: Verb, state: &RunState, look: &Look) -> Option<String> {
    let node = state.nodes.get(&id)?;
    let took = node.started.zip(node.ended).map(|(start, end)| since(start, end));
    let mut said = match node.phase {
        Phase::Done { reused: true } if node.outside.is_empty() => String::new(),
        // A terminal has no room for what it misses beside its sound: that follows in a line of its own.
        Phase::Done { reused: false } if look.tty => run::sound(node),
        _ => run::outcome(node, state),
    };
    if let Phase::Failed(StepFailure {
        billed: Billed::Yes, ..
    }) = node.phase
    {
        let _ = write!(said, " (paid {})", node.card.price);
    }
    Some(
        Outcome {
            verb,
            took,
            node,
            said: &said,
        }
        .line(state, look),
    )
}

/// Why another try begins, and which.
fn retaking(id: NodeId, misses: &[Miss], (retake, of): (u32, u32), state: &RunState, look: &Look) -> Option<String> {
    let outcome = Outcome {
        verb: RETAKE,
        took: None,
        node: state.nodes.get(&id)?,
        said: &format!("retake {retake} of {of}; outside: {}", all_misses(misses)),
    };
    Some(outcome.line(state, look))
}

fn retrying(id: NodeId, attempt: u32, after_ms: u64, state: &RunState, look: &Look) -> Option<String> {
    let node = state.nodes.get(&id)?;
    let Phase::Pausing { failure, .. } = &node.phase else {
        return None;
    };
    let again = words::duration(Duration::from_millis(after_ms));
    let message = layout::one_line(&failure.message);
    let outcome = Outcome {
        verb: RETRY,
        took: node.started.zip(state.last).map(|(start, now)| since(start, now)),
        node,
        said: &format!("again in {again}, after try {attempt}: {message}"),
    };
    Some(outcome.line(state, look))
}

/// The first time for each backend, and whenever the wait is one to wonder at.
fn slowed(
    (backend, limit, after_ms): (BackendKind, u32, u64),
    failure: &StepFailure,
    state: &RunState,
    look: &Look,
) -> Option<String> {
    let after = Duration::from_millis(after_ms);
    if state.slowed.get(&backend)?.times > 1 && after < LONG {
        return None;
    }
    let (again, message) = (words::duration(after), layout::one_line(&failure.message));
    let line = format!(
        "{}{} {backend}  at most {limit} at once, again in {again}: {message}",
        RETRY.right(look),
        time(None, look)
    );
    Some(if look.tty { layout::cut(&line, look.width) } else { line })
}

/// A call that was lost and is looked up, or audio that is fetched again.
fn recovering(id: NodeId, verb: Verb, span_ms: u64, state: &RunState, look: &Look) -> Option<String> {
    let node = state.nodes.get(&id)?;
    let Phase::Recovering { failure, .. } = &node.phase else {
        return None;
    };
    let span = words::duration(Duration::from_millis(span_ms));
    let message = layout::one_line(&failure.message);
    let said = match verb {
        FETCH => format!("again in {span}: {message}"),
        _ => format!("in the account's log, {span} at most: {message}"),
    };
    let outcome = Outcome {
        verb,
        took: node.started.zip(state.last).map(|(start, now)| since(start, now)),
        node,
        said: &said,
    };
    Some(outcome.line(state, look))
}

/// A take that takes much longer than usual, off a terminal, where nobody sees its clock.
pub(super) fn slow(node: &NodeState, running: Duration, state: &RunState, look: &Look) -> String {
    let outcome = Outcome {
        verb: SLOW,
        took: Some(running),
        node,
        said: "still under way",
    };
    outcome.line(state, look)
}

/// What a line says about a node.
struct Outcome<'a> {
    verb: Verb,
    took: Option<Duration>,
    node: &'a NodeState,
    said: &'a str,
}

impl Outcome<'_> {
    /// Verb, time, counter off a terminal, name, and what came of it. On a terminal as wide as the screen, the name
    /// shortened first; a log is not cut.
    fn line(&self, state: &RunState, look: &Look) -> String {
        let counter = if look.tty {
            String::new()
        } else {
            format!("{} ", counter(state))
        };
        let name = self
            .node
            .card
            .name
            .strip_prefix("songs.")
            .unwrap_or(&self.node.card.name);
        let (name, said) = if look.tty {
            let room = look.width.saturating_sub(VERB + TIME + 1);
            let wanted = if self.said.is_empty() {
                0
            } else {
                layout::width(self.said) + 2
            };
            let name = layout::elide(name, room.saturating_sub(wanted).max(room / 3));
            let rest = room.saturating_sub(layout::width(&name) + 2);
            (name, layout::cut(self.said, rest))
        } else {
            (name.to_owned(), self.said.to_owned())
        };
        let line = format!(
            "{}{} {counter}{name}  {said}",
            self.verb.right(look),
            time(self.took, look)
        );
        let used = VERB + TIME + 1 + layout::width(&name) + 2 + layout::width(&said);
        line.trim_end().to_owned() + &self.waveform(look.width.saturating_sub(used), look)
    }

    /// The waveform of a take that was rendered: on a terminal as wide as the columns that are left, if any are.
    fn waveform(&self, room: usize, look: &Look) -> String {
        let outline = match self.node.phase {
            Phase::Done { reused: false } => &self.node.outline[..],
            _ => &[],
        };
        let halved: Vec<u8> = outline
            .chunks(2)
            .filter_map(|pair| pair.iter().max().copied())
            .collect();
        match [outline, &halved]
            .into_iter()
            .find(|parts| !look.tty || parts.len() + 2 <= room)
        {
            Some(parts) if !parts.is_empty() => format!("  {}", heard::waveform(parts)),
            _ => String::new(),
        }
    }
}

/// ` [  54.2s]`, or as many blanks.
pub(super) fn time(took: Option<Duration>, look: &Look) -> String {
    took.map_or_else(
        || " ".repeat(TIME),
        |took| look.paint(Ink::Dim, &format!(" [{:>7}]", format!("{:.1}s", took.as_secs_f64()))),
    )
}

/// `(3/24)`: how many nodes are over.
pub(super) fn counter(state: &RunState) -> String {
    let over = state.nodes.values().filter(|node| node.phase.is_over()).count();
    let all = state.nodes.len().to_string();
    format!("({over:>width$}/{all})", width = all.len())
}

/// How long from one moment to another; nothing if the clock went back.
pub(super) fn since(start: Timestamp, end: Timestamp) -> Duration {
    Duration::try_from(end.duration_since(start)).unwrap_or_default()
}

/// `stopping: 3 paid calls are under way (longest 41s); Ctrl-C again to leave at once`.
fn stopping(cause: StopCause, state: &RunState, look: &Look) -> String {
    let now = state.last.unwrap_or_default();
    let running: Vec<Duration> = state
        .nodes
        .values()
        .filter(|node| node.card.kind == NodeKind::Take)
        .filter_map(|node| match node.phase {
            Phase::Running { since: start, .. } => Some(since(start, now)),
            _ => None,
        })
        .collect();
    let under_way = match (running.len(), running.iter().max()) {
        (1, Some(longest)) => format!("1 paid call is under way ({})", seconds(*longest)),
        (count, Some(longest)) => format!("{count} paid calls are under way (longest {})", seconds(*longest)),
        _ => "nothing is under way".to_owned(),
    };
    let word = look.paint(Ink::Yellow, "stopping");
    let why = match cause {
        StopCause::Interrupted | StopCause::Terminated => "",
        StopCause::Superseded => "a newer plan takes over; ",
        StopCause::FailFast => "something failed (--fail-fast); ",
        StopCause::Budget => "the budget is reached; ",
        StopCause::Refused => "the key or the credits were refused; ",
        StopCause::Machine => "this machine failed; ",
        StopCause::Abandoned => {
            let next = match running.len() {
                0 => "",
                1 => "; the next run finds out what came of it",
                _ => "; the next run finds out what came of them",
            };
            return format!("{word}: leaving at once; {under_way}{next}");
        }
    };
    let again = if running.is_empty() || cause == StopCause::Superseded {
        ""
    } else {
        "; Ctrl-C again to leave at once"
    };
    format!("{word}: {why}{under_way}{again}")
}

fn seconds(length: Duration) -> String {
    if length.as_secs() < 60 {
        format!("{}s", length.as_secs())
    } else {
        words::duration(length)
    }
}

#[cfg(test)]
mod tests;
