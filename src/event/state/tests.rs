//! The fold, event by event.

use super::*;
use crate::{
    base::span::Location,
    catalog::BackendKind,
    event::{FailureClass, VERSION},
    plan::{Key, Reason, Verdict},
};

const PRICE: Price = Price::Known(Usd::from_nanos(31_500_000));

fn card(id: u32, kind: NodeKind) -> NodeCard {
    NodeCard {
        node: NodeId(id),
        kind,
        name: format!("songs.hook#{id}"),
        verdict: Verdict::New,
        reason: Reason::NeverRendered,
        price: PRICE,
        backend: BackendKind::Sandbox,
        location: Location {
            file: "p.yaml".into(),
            line: 1,
            column: 1,
        },
    }
}

fn records(events: Vec<Event>) -> Vec<Record> {
    let wrap = |(seq, event)| Record {
        v: VERSION,
        run: "r1".into(),
        seq,
        at: Timestamp::UNIX_EPOCH,
        event,
    };
    (0..).zip(events).map(wrap).collect()
}

fn started() -> Event {
    Event::RunStarted {
        pipeline: "p".into(),
        file: "p.yaml".into(),
        program: "0".into(),
        nodes: vec![
            card(0, NodeKind::Upload),
            card(1, NodeKind::Take),
            card(2, NodeKind::Take),
        ],
        cached: 3,
        saved: Total::default(),
        outside: Vec::new(),
        retakes: crate::plan::Retakes::default(),
    }
}

fn finished(id: u32, charged: Option<Usd>, reused: bool) -> Event {
    Event::TakeFinished {
        node: NodeId(id),
        key: Key(crate::base::digest::Digest::of(b"k")),
        path: "takes/x.mp3".into(),
        sound: Sound {
            seconds: 30.0,
            sample_rate: 44_100,
            channels: 2,
            loudness: None,
            ..Sound::default()
        },
        outline: vec![0, 64, 127],
        charged,
        reused,
        outside: Vec::new(),
        picked_up: None,
    }
}

#[test]
fn money_is_the_backends_word_then_the_planned_price_and_nothing_for_what_was_reused() {
    let charged = Usd::parse("0.05").unwrap();
    let state = RunState::replay(&records(vec![
        started(),
        finished(1, Some(charged), false),
        finished(2, None, true),
    ]));
    assert_eq!(state.spent.known, charged);
    assert_eq!((state.tally().rendered, state.tally().reused), (1, 1));
    let state = RunState::replay(&records(vec![started(), finished(1, None, false)]));
    assert_eq!(state.spent.known, Usd::from_nanos(31_500_000));
}

#[test]
fn a_failure_that_was_billed_counts_and_a_doubtful_one_is_kept_apart() {
    let failure = |billed| StepFailure::new(FailureClass::Server, "x").billed(billed);
    let state = RunState::replay(&records(vec![
        started(),
        Event::NodeFailed {
            node: NodeId(1),
            failure: failure(Billed::Yes),
        },
        Event::TakeUnsure {
            node: NodeId(2),
            failure: failure(Billed::Unknown),
        },
    ]));
    assert_eq!(state.spent.known, Usd::from_nanos(31_500_000));
    assert_eq!(state.doubtful.known, Usd::from_nanos(31_500_000));
    assert_eq!((state.tally().failed, state.tally().unsure), (1, 1));
}

#[test]
fn a_call_that_was_paid_for_nothing_is_spent_though_a_person_must_look() {
    let failure = StepFailure::new(FailureClass::BadAnswer, "x").billed(Billed::Yes);
    let unsure = Event::TakeUnsure {
        node: NodeId(1),
        failure,
    };
    let submitted = Event::TakeSubmitted {
        node: NodeId(1),
        attempt: 1,
        request_id: "r".into(),
    };
    let state = RunState::replay(&records(vec![started(), submitted, unsure.clone()]));
    assert_eq!(state.spent.known, Usd::from_nanos(31_500_000));
    assert_eq!(state.doubtful.known, Usd::ZERO);
    assert_eq!(state.tally().unsure, 1);

    let earlier = RunState::replay(&records(vec![started(), unsure]));
    assert_eq!(earlier.spent.known, Usd::ZERO, "the run that made the call counted it");
    assert_eq!(earlier.tally().unsure, 1);
}

#[test]
fn a_retake_that_another_run_paid_for_in_vain_is_not_spent_by_this_one() {
    let lost = StepFailure::new(FailureClass::Lost, "cut").billed(Billed::Yes);
    let submitted = || Event::TakeSubmitted {
        node: NodeId(1),
        attempt: 1,
        request_id: "ts-1".into(),
    };
    let retaking = || Event::Retaking {
        node: NodeId(1),
        misses: Vec::new(),
        retake: 1,
        of: 2,
        price: PRICE,
    };
    let unsure = || Event::TakeUnsure {
        node: NodeId(1),
        failure: lost.clone(),
    };
    let first = || vec![started(), submitted(), finished(1, None, false), retaking()];
    let spent = |events: Vec<Event>| RunState::replay(&records(events)).spent.known;
    let Price::Known(once) = PRICE else {
        panic!("it is known")
    };
    assert_eq!(spent([first(), vec![unsure()]].concat()), once);
    assert_eq!(spent([first(), vec![submitted(), unsure()]].concat()), once.plus(once));
}

#[test]
fn estimated_and_actual_are_added_up_and_what_is_said_later_replaces_the_estimate() {
    let charged = |id, amount: &str| Event::TakeCharged {
        node: NodeId(id),
        amount: Usd::parse(amount).unwrap(),
        earlier: None,
    };
    let mut events = vec![
        started(),
        finished(1, None, false),
        finished(2, Usd::parse("0.03"), false),
    ];
    let costs = RunState::replay(&records(events.clone())).costs();
    let price = Usd::from_nanos(31_500_000);
    assert_eq!(costs.estimated.known, price.times(2));
    assert_eq!((costs.charged, costs.not_said), (Usd::parse("0.03").unwrap(), 1));

    events.push(charged(1, "0.05"));
    let state = RunState::replay(&records(events));
    let costs = state.costs();
    assert_eq!(costs.estimated.known, price.times(2), "the estimate stays what it was");
    assert_eq!((costs.charged, costs.not_said), (Usd::parse("0.08").unwrap(), 0));
    assert_eq!(state.spent.known, costs.charged);
    assert_eq!(state.nodes[&NodeId(1)].cost, Usd::parse("0.05").map(Price::Known));
}

#[test]
fn what_was_paid_for_nothing_and_what_is_in_doubt_stand_apart() {
    let failure = |billed| StepFailure::new(FailureClass::Server, "x").billed(billed);
    let failed = Event::NodeFailed {
        node: NodeId(1),
        failure: failure(Billed::Yes),
    };
    let unsure = Event::TakeUnsure {
        node: NodeId(2),
        failure: failure(Billed::Unknown),
    };
    let said = Event::TakeCharged {
        node: NodeId(1),
        amount: Usd::parse("0.07").unwrap(),
        earlier: None,
    };
    let state = RunState::replay(&records(vec![started(), failed, unsure, said]));
    let costs = state.costs();
    assert_eq!((costs.estimated, costs.charged), (Total::default(), Usd::ZERO));
    assert_eq!(costs.lost.known, Usd::parse("0.07").unwrap());
    assert_eq!(
        (state.spent, state.doubtful.known),
        (costs.lost, Usd::from_nanos(31_500_000))
    );
}

#[test]
fn a_stop_only_gets_more_urgent() {
    let stop = |cause| Event::Stopping { cause };
    let state = RunState::replay(&records(vec![
        started(),
        stop(StopCause::Interrupted),
        stop(StopCause::Budget),
        stop(StopCause::Abandoned),
        stop(StopCause::FailFast),
    ]));
    assert_eq!(state.stopping, Some(StopCause::Abandoned));
}

#[test]
fn every_event_survives_the_trip_through_json() {
    let failure = StepFailure::new(FailureClass::Ambiguous, "cut")
        .help("look")
        .billed(Billed::Unknown);
    let events = vec![
        started(),
        Event::UploadStarted { node: NodeId(0) },
        Event::UploadFinished {
            node: NodeId(0),
            reused: false,
        },
        Event::TakeSubmitted {
            node: NodeId(1),
            attempt: 1,
            request_id: "ts-1".into(),
        },
        Event::Retrying {
            node: NodeId(1),
            attempt: 1,
            after_ms: 500,
            failure: failure.clone(),
        },
        finished(1, None, false),
        Event::Retaking {
            node: NodeId(1),
            misses: vec![crate::plan::Miss {
                measure: crate::pipeline::Measure::Loudness,
                found: None,
                asked: -18.0,
                is_most: false,
            }],
            retake: 1,
            of: 2,
            price: Price::Unknown,
        },
        Event::TakeCharged {
            node: NodeId(1),
            amount: Usd::from_nanos(1),
            earlier: None,
        },
        Event::TakeUnsure {
            node: NodeId(2),
            failure: failure.clone(),
        },
        Event::NodeSkipped {
            node: NodeId(2),
            because: SkipReason::OverBudget {
                budget: crate::event::BudgetSpan::Day,
                most: Usd::ZERO,
                spent: Total::default(),
            },
        },
        Event::NodeSkipped {
            node: NodeId(2),
            because: SkipReason::Upstream { node: NodeId(1) },
        },
        Event::Stopping {
            cause: StopCause::Interrupted,
        },
        Event::RunFinished {
            end: RunEnd::Stopped(StopCause::Interrupted),
        },
    ];
    for record in records(events) {
        let text = serde_json::to_string(&record).unwrap();
        assert_eq!(serde_json::from_str::<Record>(&text).unwrap(), record, "{text}");
    }
}
