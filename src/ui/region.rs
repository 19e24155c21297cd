//! The lines at the foot of a terminal while a run goes on: a bar, and what is under way.
//!
//! Pure: state and time in, lines out.

use super::line::{self, LOOK_UP, RENDER, RETRY, SLOW, UPLOAD, Verb};
use crate::{
    base::{money::Total, time::Timestamp, words},
    event::{NodeKind, NodeState, Phase, RunState},
    report::{
        layout,
        look::{Ink, Look},
    },
};
use std::time::Duration;

/// How many rows of what is under way are shown.
const ROWS: usize = 8;
/// Columns of the bar.
const BAR: usize = 20;
/// A take is slow after this time: twice what `music-01` usually takes.
pub(super) const SLOW_AFTER: Duration = Duration::from_secs(120);

/// The lines, the bar first.
pub(super) fn lines(state: &RunState, now: Timestamp, look: &Look) -> Vec<String> {
    let begun = state.nodes.values().filter_map(|node| begun(node, now));
    let mut running: Vec<(Timestamp, &NodeState)> = begun.collect();
    running.sort_by_key(|(start, node)| (*start, node.card.node));
    let mut lines = vec![bar(state, now, look)];
    lines.extend(
        running
            .iter()
            .take(ROWS)
            .map(|(start, node)| row(node, *start, now, look)),
    );
    if let Some(more) = running.len().checked_sub(ROWS).filter(|more| *more > 0) {
        lines.push(format!("{:>12} … and {more} more", ""));
    }
    lines.iter().map(|line| look.spell(line).into_owned()).collect()
}

/// When a node's present try, or the pause before the next, began. What was turned away for being too much at once waits
/// for its turn after that pause, like what has not begun.
fn begun(node: &NodeState, now: Timestamp) -> Option<(Timestamp, &NodeState)> {
    match &node.phase {
        Phase::Running { since, .. } => Some((*since, node)),
        Phase::Pausing { until, failure, .. } if failure.asks_to_slow_down() && *until <= now => None,
        Phase::Pausing { .. } | Phase::Recovering { .. } => node.started.map(|started| (started, node)),
        _ => None,
    }
}

fn bar(state: &RunState, now: Timestamp, look: &Look) -> String {
    let over = state.nodes.values().filter(|node| node.phase.is_over()).count();
    let all = state.nodes.len().max(1);
    let tally = state.tally();
    let (verb, ink) = match (state.stopping, tally.failed) {
        (Some(_), _) => ("Stopping", Ink::Yellow),
        (None, 0) => ("Running", Ink::Cyan),
        (None, _) => ("Running", Ink::Red),
    };
    let filled = BAR * over.min(all) / all;
    let drawn = look.paint(ink, &"━".repeat(filled)) + &look.paint(Ink::Dim, &"╌".repeat(BAR - filled));
    let took = state.started.map(|start| line::since(start, now));
    let mut parts = vec![format!("{over}/{}", state.nodes.len()), money(state)];
    if tally.failed > 0 {
        parts.push(format!("{} failed", tally.failed));
    }
    if tally.unsure > 0 {
        parts.push(format!("{} unsure", tally.unsure));
    }
    format!(
        "{}{} {drawn} {}",
        Verb(verb, ink).right(look),
        line::time(took, look),
        parts.join(" · ")
    )
}

fn money(state: &RunState) -> String {
    match line::planned(state) {
        planned if planned == Total::default() => "free".to_owned(),
        planned => format!("{} of {planned}", state.spent),
    }
}

fn row(node: &NodeState, start: Timestamp, now: Timestamp, look: &Look) -> String {
    let running = line::since(start, now);
    let (verb, said) = match (&node.phase, node.card.kind) {
        (Phase::Pausing { until, failure, .. }, _) => {
            let left = words::duration(line::since(now, *until));
            (RETRY, format!("in {left}: {}", layout::one_line(&failure.message)))
        }
        (Phase::Recovering { until, failure, .. }, _) => {
            let left = words::duration(line::since(now, *until));
            (LOOK_UP, format!("{left}: {}", layout::one_line(&failure.message)))
        }
        (_, NodeKind::Upload) => (UPLOAD, String::new()),
        (Phase::Running { attempt, .. }, _) => {
            let verb = if running >= SLOW_AFTER { SLOW } else { RENDER };
            (
                verb,
                if *attempt > 1 {
                    format!("try {attempt}")
                } else {
                    String::new()
                },
            )
        }
        _ => (RENDER, String::new()),
    };
    let room = look.width.saturating_sub(12 + 10 + 1);
    let name = node.card.name.strip_prefix("songs.").unwrap_or(&node.card.name);
    let name = layout::elide(name, room.saturating_sub(layout::width(&said) + 2).max(room / 2));
    let said = layout::cut(&said, room.saturating_sub(layout::width(&name) + 2));
    let line = format!("{}{} {name}  {said}", verb.right(look), line::time(Some(running), look));
    line.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        event::{Event, FailureClass, StepFailure, StopCause},
        plan::NodeId,
        report::samples::{at, card, finished, run, started},
    };

    const TTY: Look = Look {
        tty: true,
        ..Look::PLAIN
    };

    fn submitted(id: u32) -> Event {
        Event::TakeSubmitted {
            node: NodeId(id),
            attempt: 1,
            request_id: "r".into(),
        }
    }

    fn cards(count: u32) -> Event {
        started(
            (0..count)
                .map(|id| card(id, NodeKind::Take, &format!("songs.hook[city=大阪]#{id}")))
                .collect(),
            2,
        )
    }

    #[test]
    fn the_bar_and_what_is_under_way() {
        let failure = StepFailure::new(FailureClass::Busy, "429 Too many requests");
        let state = run(vec![
            cards(4),
            submitted(0),
            submitted(1),
            submitted(2),
            finished(0, "takes/a.mp3"),
            Event::Retrying {
                node: NodeId(2),
                attempt: 1,
                after_ms: 8_000,
                failure,
            },
        ]);
        assert_eq!(
            lines(&state, at("2026-03-01T10:00:10Z"), &TTY),
            [
                "     Running [  10.0s] ━━━━━╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ 1/4 · $0.0315 of $0.126",
                "      RENDER [   8.0s] hook[city=大阪]#1",
                "       RETRY [   7.0s] hook[city=大阪]#2  in 3.0s: 429 Too many requests",
            ]
        );
    }

    #[test]
    fn no_more_than_eight_rows_and_a_slow_take_is_marked() {
        let state = run(std::iter::once(cards(12)).chain((0..12).map(submitted)).collect());
        let lines = lines(&state, at("2026-03-01T10:02:03Z"), &TTY);
        assert_eq!(lines.len(), 1 + 8 + 1);
        assert_eq!(lines[9], "             … and 4 more");
        assert!(lines[1].starts_with("       SLOW? [ 122.0s] hook"), "{}", lines[1]);
        assert!(lines[8].starts_with("      RENDER [ 115.0s] hook"), "{}", lines[8]);
    }

    #[test]
    fn a_failure_and_a_stop_show_in_the_bar() {
        let failure = StepFailure::new(FailureClass::Server, "500");
        let state = run(vec![
            cards(2),
            Event::NodeFailed {
                node: NodeId(0),
                failure,
            },
            Event::Stopping {
                cause: StopCause::Interrupted,
            },
        ]);
        let look = Look { unicode: false, ..TTY };
        assert_eq!(
            lines(&state, at("2026-03-01T10:00:02Z"), &look),
            ["    Stopping [   2.0s] ==========---------- 1/2 - $0.00 of $0.063 - 1 failed"]
        );
    }
}
