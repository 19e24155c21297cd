//! What is said of a take below its own line: on a terminal, what it misses of what is accepted; of a scratch take, what it
//! took from its references. The latter is said once for all takes of a run of which the same is to be said.
//!
//! Pure.

use crate::{
    event::{Event, RunState},
    pipeline::all_misses,
    report::{
        layout,
        look::{Ink, Look},
    },
};

/// Columns before it: as far as the verbs reach.
const INDENT: usize = 13;

/// The lines, after the event was taken into `state`; none if there is nothing to say, or nothing new.
pub(super) fn of(event: &Event, state: &RunState, look: &Look) -> Vec<String> {
    let mut lines: Vec<String> = missed(event, look).into_iter().collect();
    lines.extend(picked_up(event, state, look));
    lines
}

/// What a new take misses. In a log it stands in the take's own line.
fn missed(event: &Event, look: &Look) -> Option<String> {
    match event {
        Event::TakeFinished {
            outside, reused: false, ..
        } if look.tty && !outside.is_empty() => {
            let said = format!("outside: {}", all_misses(outside));
            let said = layout::cut(&said, look.width.saturating_sub(INDENT));
            Some(format!("{}{}", " ".repeat(INDENT), look.paint(Ink::Yellow, &said)))
        }
        _ => None,
    }
}

fn picked_up(event: &Event, state: &RunState, look: &Look) -> Vec<String> {
    let Event::TakeFinished {
        node,
        picked_up: Some(said),
        ..
    } = event
    else {
        return Vec::new();
    };
    let mut others = state.nodes.iter().filter(|(id, _)| *id != node);
    if others.any(|(_, other)| other.picked_up.as_ref() == Some(said)) {
        return Vec::new();
    }
    let said = layout::one_line(said);
    let room = look.width.saturating_sub(INDENT);
    let parts = match said.split_once(" -> ") {
        Some((before, after)) if look.tty && layout::width(&said) > room => {
            vec![before.to_owned(), format!("-> {after}")]
        }
        _ => vec![said],
    };
    let shown = parts.iter().map(|part| {
        let part = if look.tty {
            layout::cut(part, room)
        } else {
            part.clone()
        };
        format!("{}{}", " ".repeat(INDENT), look.paint(Ink::Dim, &part))
    });
    shown.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        event::NodeKind,
        pipeline::Measure,
        plan::{Miss, NodeId},
        report::samples::{card, finished, run, started},
    };

    const SAID: &str = "reference: 124.9 bpm, C minor, -13.5 LUFS -> scratch: 124.9 bpm, C minor, -13.5 LUFS";

    fn saying(id: u32, text: &str) -> Event {
        let mut event = finished(id, "takes/a.mp3");
        if let Event::TakeFinished { node, picked_up, .. } = &mut event {
            *node = NodeId(id);
            *picked_up = Some(text.to_owned());
        }
        event
    }

    fn after(events: &[Event], look: &Look) -> Vec<String> {
        let cards = [1, 2].map(|id| card(id, NodeKind::Take, "songs.hook#1"));
        let all = std::iter::once(started(cards.to_vec(), 0)).chain(events.iter().cloned());
        of(events.last().unwrap(), &run(all.collect()), look)
    }

    #[test]
    fn what_was_picked_up_is_said_once_and_again_when_it_is_something_else() {
        let first = after(&[saying(1, SAID)], &Look::PLAIN);
        assert_eq!(first, [format!("             {SAID}")]);
        assert!(after(&[saying(1, SAID), saying(2, SAID)], &Look::PLAIN).is_empty());
        let other = SAID.replace("C minor", "D minor");
        assert_eq!(after(&[saying(1, SAID), saying(2, &other)], &Look::PLAIN).len(), 1);
        assert!(after(&[finished(1, "takes/a.mp3")], &Look::PLAIN).is_empty());
    }

    #[test]
    fn on_a_terminal_a_take_outside_says_so_below_its_line() {
        let mut event = saying(1, SAID);
        if let Event::TakeFinished { outside, .. } = &mut event {
            *outside = vec![Miss {
                measure: Measure::Duration,
                found: Some(14.1),
                asked: 30.0,
                is_most: false,
            }];
        }
        let look = Look {
            tty: true,
            width: 80,
            ..Look::PLAIN
        };
        let lines = after(&[event.clone()], &look);
        assert!(lines[0].trim_start().starts_with("outside: "), "{lines:?}");
        assert!(lines.iter().all(|line| layout::width(line) <= 80), "{lines:?}");
        assert_eq!(
            after(&[event], &Look::PLAIN).len(),
            1,
            "a log has it in the line of the take"
        );
    }

    #[test]
    fn on_a_narrow_terminal_it_takes_two_lines() {
        let look = Look {
            tty: true,
            width: 70,
            ..Look::PLAIN
        };
        let lines = after(&[saying(1, SAID)], &look);
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert!(lines[1].trim_start().starts_with("-> scratch: 124.9 bpm"), "{lines:?}");
    }
}
