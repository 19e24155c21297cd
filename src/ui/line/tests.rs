use super::*;
use crate::{
    event::{FailureClass, SkipReason},
    report::samples::{card, finished, run, started},
};

fn submitted(id: u32) -> Event {
    Event::TakeSubmitted {
        node: NodeId(id),
        attempt: 1,
        request_id: "r".into(),
    }
}

/// The line of the last event.
fn last(events: Vec<Event>, look: &Look) -> Option<String> {
    let event = events.last().unwrap().clone();
    of(&event, &run(events), look)
}

fn two() -> Event {
    started(
        vec![
            card(0, NodeKind::Upload, "references.vox"),
            card(1, NodeKind::Take, "songs.hook[city=Lisbon]#1"),
            card(2, NodeKind::Take, "songs.hook[city=大阪]#1"),
        ],
        18,
    )
}

const TTY: Look = Look {
    tty: true,
    ..Look::PLAIN
};

#[test]
fn a_render_is_one_line_in_columns() {
    let events = vec![two(), submitted(1), finished(1, "takes/a.mp3")];
    assert_eq!(
        last(events.clone(), &TTY).unwrap(),
        "      RENDER [   1.0s] hook[city=Lisbon]#1  0:58  -13.1 LUFS  $0.0315"
    );
    assert_eq!(
        last(events, &Look::PLAIN).unwrap(),
        "      RENDER [   1.0s] (1/3) hook[city=Lisbon]#1  0:58  -13.1 LUFS  $0.0315"
    );
}

#[test]
fn a_waveform_takes_the_room_that_is_left() {
    let drawn = |width, tty| {
        let mut take = finished(1, "takes/a.mp3");
        if let Event::TakeFinished { outline, sound, .. } = &mut take {
            *outline = (0..16).map(|part| part * 8).collect();
            (sound.damaged, sound.clipped) = (true, Some(12));
        }
        let look = Look { width, tty, ..TTY };
        last(vec![two(), submitted(1), take], &look).unwrap()
    };
    let said = "hook[city=Lisbon]#1  0:58  -13.1 LUFS  damaged  clipped 12  $0.0315";
    assert!(drawn(110, true).ends_with(&format!("{said}  ▁▁▁▁▁▁▁▂▂▂▃▃▅▅▇▇")));
    assert!(
        drawn(100, true).ends_with(&format!("{said}  ▁▁▁▂▂▃▅▇")),
        "{}",
        drawn(100, true)
    );
    let narrow = drawn(80, true);
    assert!(
        narrow.contains("  damaged  clipped") && layout::width(&narrow) == 80,
        "{narrow}"
    );
    assert!(drawn(40, false).ends_with('▇'), "a log has no width");
}

#[test]
fn the_run_begins_with_what_it_will_do_and_cost_at_most() {
    assert_eq!(
        last(vec![two()], &TTY).unwrap(),
        "    Starting 2 takes to render, 1 upload, 18 cached, at most $0.063"
    );
}

#[test]
fn every_other_outcome_has_its_verb() {
    let failure = |class| StepFailure::new(class, "the call\nbroke");
    let cases = [
        (
            Event::NodeFailed {
                node: NodeId(1),
                failure: failure(FailureClass::Server).billed(Billed::Yes),
            },
            "        FAIL [   1.0s] hook[city=Lisbon]#1  the call\\nbroke (paid $0.0315)",
        ),
        (
            Event::TakeUnsure {
                node: NodeId(1),
                failure: failure(FailureClass::Ambiguous),
            },
            "      UNSURE [   1.0s] hook[city=Lisbon]#1  the call\\nbroke",
        ),
        (
            Event::Retrying {
                node: NodeId(1),
                attempt: 1,
                after_ms: 4_000,
                failure: failure(FailureClass::Unreachable),
            },
            "       RETRY [   1.0s] hook[city=Lisbon]#1  again in 4.0s, after try 1: the cal…",
        ),
        (
            Event::NodeSkipped {
                node: NodeId(2),
                because: SkipReason::Upstream { node: NodeId(1) },
            },
            "        SKIP           hook[city=大阪]#1  needs hook[city=Lisbon]#1",
        ),
        (
            Event::UploadFinished {
                node: NodeId(0),
                reused: false,
            },
            "      UPLOAD           references.vox",
        ),
    ];
    for (event, line) in cases {
        assert_eq!(last(vec![two(), submitted(1), event], &TTY).unwrap(), line);
    }
    let known = Event::UploadFinished {
        node: NodeId(0),
        reused: true,
    };
    assert_eq!(last(vec![two(), known], &TTY), None);
}

#[test]
fn a_backend_that_asks_to_slow_down_is_spoken_of_once_or_when_it_takes_long() {
    let failure = StepFailure::new(FailureClass::Busy, "too many\nrequests");
    let slowed = |limit, after_ms| Event::Slowed {
        backend: BackendKind::Aimlapi,
        limit,
        after_ms,
        failure: failure.clone(),
    };
    let again = Event::Retrying {
        node: NodeId(1),
        attempt: 1,
        after_ms: 400,
        failure: failure.clone(),
    };
    let mut events = vec![two(), slowed(25, 400)];
    let first = "       RETRY           aimlapi  at most 25 at once, again in 400ms: too many\\nrequests";
    assert_eq!(last(events.clone(), &Look::PLAIN).unwrap(), first);
    assert_eq!(layout::width(&last(events.clone(), &TTY).unwrap()), 80);
    for quiet in [submitted(1), again, slowed(12, 400)] {
        events.push(quiet);
        assert_eq!(last(events.clone(), &TTY), None);
    }
    events.push(slowed(6, 40_000));
    assert!(
        last(events, &Look::PLAIN)
            .unwrap()
            .contains("at most 6 at once, again in 40.0s")
    );
}

#[test]
fn a_line_fits_the_screen_and_a_log_is_not_cut() {
    let name = format!("songs.hook[city={}]#12", "東京".repeat(20));
    let long = |look: &Look| {
        last(
            vec![
                started(vec![card(1, NodeKind::Take, &name)], 0),
                submitted(1),
                finished(1, "a"),
            ],
            look,
        )
        .unwrap()
    };
    let line = long(&TTY);
    assert!(
        (79..=80).contains(&layout::width(&line)),
        "a wide character may leave a column: {line}"
    );
    assert!(line.ends_with("]#12  0:58  -13.1 LUFS  $0.0315"), "{line}");
    assert!(long(&Look::PLAIN).contains(&name[6..]));
}

#[test]
fn stopping_says_what_is_paid_for_and_how_to_leave() {
    let stop = |cause| Event::Stopping { cause };
    let begun = [two(), submitted(1), submitted(2)];
    let with = |event| last(begun.iter().cloned().chain([event]).collect(), &Look::PLAIN).unwrap();
    assert_eq!(
        with(stop(StopCause::Interrupted)),
        "stopping: 2 paid calls are under way (longest 2s); Ctrl-C again to leave at once"
    );
    assert!(with(stop(StopCause::Budget)).starts_with("stopping: the budget is reached; 2 paid calls"));
    assert_eq!(
        with(stop(StopCause::Abandoned)),
        "stopping: leaving at once; 2 paid calls are under way (longest 2s); the next run finds out what came of them"
    );
    assert_eq!(
        last(vec![two(), stop(StopCause::Interrupted)], &Look::PLAIN).unwrap(),
        "stopping: nothing is under way"
    );
}
