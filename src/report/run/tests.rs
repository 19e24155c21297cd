use super::*;
use crate::{
    base::money::{Price, Total, Usd},
    catalog::BackendKind,
    event::{Billed, BudgetSpan, Event, FailureClass, NodeKind, RunEnd, RunState, SkipReason, StepFailure, StopCause},
    plan::NodeId,
    report::{
        layout,
        look::Look,
        samples::{card, finished, place, run, started},
    },
};

fn submitted(id: u32) -> Event {
    Event::TakeSubmitted {
        node: NodeId(id),
        attempt: 1,
        request_id: "r".into(),
    }
}

fn everything() -> RunState {
    let mut refused = StepFailure::new(FailureClass::Moderation, "the lyrics were refused").help("change the words");
    refused.location = Some(place(20).into());
    let cut = StepFailure::new(FailureClass::Ambiguous, "the connection was cut").billed(Billed::Unknown);
    run(vec![
        started(
            vec![
                card(0, NodeKind::Upload, "references.vox"),
                card(1, NodeKind::Take, "songs.hook[city=Lisbon]#1"),
                card(2, NodeKind::Take, "songs.hook[city=大阪]#1"),
                card(3, NodeKind::Take, "songs.hook[city=O'Hare]#1"),
                card(4, NodeKind::Take, "songs.chain#1"),
            ],
            18,
        ),
        submitted(1),
        finished(1, "takes/rainy-city/hook/lisbon.mp3"),
        Event::NodeFailed {
            node: NodeId(2),
            failure: refused,
        },
        submitted(3),
        Event::TakeUnsure {
            node: NodeId(3),
            failure: cut,
        },
        Event::NodeSkipped {
            node: NodeId(4),
            because: SkipReason::Upstream { node: NodeId(2) },
        },
        Event::RunFinished { end: RunEnd::Unsure },
    ])
}

#[test]
fn the_end_of_a_run_says_what_became_of_everything() {
    let text = summary(&everything(), "takes", &Look::PLAIN);
    let expected = "
error: songs.hook[city=大阪]#1: the lyrics were refused
 --> pipelines/rainy.yaml:20:3
  paid: no, nothing was charged
  help: change the words

unsure: songs.hook[city=O'Hare]#1: the connection was cut
  paid: nobody knows yet
  settle it: takesheet resolve 'songs.hook[city=O'\\''Hare]#1' --paid | --not-paid | --retake | --look-up

Takes: takes/rainy-city/hook/
Cost:  estimated $0.0315 · charged: not said
Next:  settle what is unsure; it is not bought again by itself
1 rendered · 18 cached · 1 skipped · 1 unsure · 1 failed — $0.0315 spent, $0.0315 in doubt, $0.567 saved in 7.0s
";
    assert_eq!(text, expected);
}

#[test]
fn each_take_is_listed_with_how_it_sounds_and_damage_is_said() {
    let mut broken = finished(2, "takes/rainy-city/bed/b.mp3");
    if let Event::TakeFinished { sound, outline, .. } = &mut broken {
        (sound.damaged, *outline) = (true, vec![0, 60, 127]);
    }
    let state = run(vec![
        started(
            vec![
                card(1, NodeKind::Take, "songs.hook[city=Lisbon]#1"),
                card(2, NodeKind::Take, "songs.bed#1"),
            ],
            0,
        ),
        finished(1, "takes/rainy-city/hook/a.mp3"),
        broken,
        Event::RunFinished { end: RunEnd::Done },
    ]);
    let expected = "\
songs.hook[city=Lisbon]#1  0:58  -13.1 LUFS  $0.0315
songs.bed#1                0:58  -13.1 LUFS  damaged  $0.0315  ▁▂▇
";
    assert_eq!(takes(&state, &Look::PLAIN), expected);
    let warning = "warning: bed#1 came damaged (it ends early, or parts of it do not decode) and is kept as it came\n";
    let text = summary(&state, "takes", &Look::PLAIN);
    assert_eq!(text.matches(warning).count(), 1, "{text}");
}

#[test]
fn a_good_run_is_short_and_names_the_next_command() {
    let state = run(vec![
        started(
            vec![
                card(1, NodeKind::Take, "songs.hook#1"),
                card(2, NodeKind::Take, "songs.bed#1"),
            ],
            0,
        ),
        finished(1, "takes/rainy-city/hook/a.mp3"),
        finished(2, "takes/rainy-city/bed/b.mp3"),
        Event::RunFinished { end: RunEnd::Done },
    ]);
    let expected = "
Takes: takes/rainy-city/
Cost:  estimated $0.063 · charged: not said
Next:  takesheet why 'songs.hook#1' pipelines/rainy.yaml
2 rendered — $0.063 spent in 3.0s
";
    assert_eq!(summary(&state, "takes", &Look::PLAIN), expected);
}

#[test]
fn a_backend_that_asked_to_slow_down_is_named_once() {
    let failure = StepFailure::new(FailureClass::Busy, "too many requests");
    let slowed = |limit| Event::Slowed {
        backend: BackendKind::Aimlapi,
        limit,
        after_ms: 400,
        failure: failure.clone(),
    };
    let again = |node| Event::Retrying {
        node: NodeId(node),
        attempt: 1,
        after_ms: 400,
        failure: failure.clone(),
    };
    let state = run(vec![
        started(
            vec![
                card(1, NodeKind::Take, "songs.hook#1"),
                card(2, NodeKind::Take, "songs.bed#1"),
            ],
            0,
        ),
        slowed(25),
        again(1),
        again(2),
        slowed(12),
        finished(1, "takes/rainy-city/hook/a.mp3"),
        Event::NodeSkipped {
            node: NodeId(2),
            because: SkipReason::Away {
                backend: BackendKind::Aimlapi,
            },
        },
        Event::RunFinished { end: RunEnd::Failed },
    ]);
    let text = summary(&state, "takes", &Look::PLAIN);
    let line = "aimlapi asked to slow down: 2 calls were turned away and made again, with as few as 12 at once\n";
    assert_eq!(text.matches(line).count(), 1, "{text}");
    assert_eq!(outcome(&state.nodes[&NodeId(2)], &state), "aimlapi is away");
}

#[test]
fn a_stopped_run_says_why_and_how_to_go_on() {
    for (cause, said) in [
        (StopCause::Budget, "Stopped at the budget"),
        (StopCause::Refused, "the key or the credits"),
        (StopCause::Interrupted, "Interrupted"),
        (StopCause::Abandoned, "names what was under way"),
    ] {
        let state = run(vec![
            started(vec![card(1, NodeKind::Take, "songs.hook#1")], 0),
            Event::Stopping { cause },
            Event::NodeSkipped {
                node: NodeId(1),
                because: SkipReason::Stopped,
            },
            Event::RunFinished {
                end: RunEnd::Stopped(cause),
            },
        ]);
        let text = summary(&state, "takes", &Look::PLAIN);
        assert!(text.contains(said), "{text}");
        assert!(
            text.contains("Next:  takesheet run pipelines/rainy.yaml   (renders only what is missing)\n"),
            "{text}"
        );
        assert!(!text.contains("Takes:"), "nothing is there: {text}");
    }
}

#[test]
fn estimated_and_actual_stand_side_by_side() {
    let charged = |id, amount: &str| Event::TakeCharged {
        node: NodeId(id),
        amount: Usd::parse(amount).unwrap(),
    };
    let lost = StepFailure::new(FailureClass::BadAnswer, "not audio").billed(Billed::Yes);
    let mut cards: Vec<_> = (1..=4).map(|id| card(id, NodeKind::Take, "songs.hook#1")).collect();
    cards.push(card(5, NodeKind::Take, "songs.lost#1"));
    let mut events = vec![started(cards, 0)];
    events.extend((1..=4).map(|id| finished(id, "takes/rainy-city/hook/a.mp3")));
    events.push(Event::NodeFailed {
        node: NodeId(5),
        failure: lost,
    });
    events.extend([charged(1, "0.0399"), charged(2, "0.0399"), charged(3, "0.0399")]);
    events.push(Event::RunFinished { end: RunEnd::Failed });
    let state = run(events);
    let text = summary(&state, "takes", &Look::PLAIN);
    let line = "Cost:  estimated $0.126 · charged $0.1197 (1 not said) · $0.0315 for nothing\n";
    assert!(text.contains(line), "{text}");
    let document: serde_json::Value = serde_json::from_str(&RunDocument::of(&state).to_json()).unwrap();
    assert_eq!(
        document["costs"],
        serde_json::json!({
            "estimated": { "known": "0.126", "unknown": 0 },
            "charged": "0.1197",
            "not_said": 1, "waiting": { "known": "0", "unknown": 0 },
            "lost": { "known": "0.0315", "unknown": 0 },
        })
    );
    assert_eq!(document["nodes"][0]["estimated"], "0.0315");
    assert_eq!(document["nodes"][0]["charged"], "0.0399");
    assert_eq!(document["nodes"][3]["charged"], serde_json::Value::Null);
}

#[test]
fn a_budget_that_is_reached_says_which_and_what_is_left() {
    let denied = |budget, spent: &str, price| {
        let mut card = card(1, NodeKind::Take, "songs.hook#1");
        card.price = price;
        let spent = Total {
            known: Usd::parse(spent).unwrap(),
            unknown: 0,
        };
        let because = SkipReason::OverBudget {
            budget,
            most: Usd::parse("0.07").unwrap(),
            spent,
        };
        let state = run(vec![
            started(vec![card], 0),
            Event::NodeSkipped {
                node: NodeId(1),
                because,
            },
            Event::Stopping {
                cause: StopCause::Budget,
            },
            Event::RunFinished {
                end: RunEnd::Stopped(StopCause::Budget),
            },
        ]);
        summary(&state, "takes", &Look::PLAIN)
    };
    let price = Price::Known(Usd::parse("0.0315").unwrap());
    let text = denied(BudgetSpan::Day, "0.063", price);
    let line = "Stopped at the budget of the day: $0.063 of $0.07 is spent, and the next take costs $0.0315\n";
    assert!(text.contains(line), "{text}");
    let text = denied(BudgetSpan::Run, "0", Price::Unknown);
    let line = "Stopped at the budget of the run: $0.00 of $0.07 is spent, and nobody knows what the next take costs\n";
    assert!(text.contains(line), "{text}");
}

#[test]
fn where_cached_takes_are_is_said_too() {
    let state = run(vec![started(Vec::new(), 3), Event::RunFinished { end: RunEnd::Done }]);
    assert!(summary(&state, "takes", &Look::PLAIN).contains("Takes: takes/\n"));
}

#[test]
fn an_outcome_is_one_line() {
    let state = everything();
    let said: Vec<String> = state.nodes.values().map(|node| outcome(node, &state)).collect();
    assert_eq!(
        said,
        [
            "not begun",
            "0:58  -13.1 LUFS  $0.0315",
            "the lyrics were refused",
            "the connection was cut",
            "needs hook[city=大阪]#1",
        ]
    );
    assert!(said.iter().all(|line| layout::width(line) < 60));
}

#[test]
fn the_document_says_everything_and_has_a_version() {
    let state = everything();
    let document: serde_json::Value = serde_json::from_str(&RunDocument::of(&state).to_json()).unwrap();
    assert_eq!(document["schema"], "takesheet.run/1");
    assert_eq!(document["end"], "unsure");
    assert_eq!(document["cached"], 18);
    assert_eq!(document["spent"]["known"], "0.0315");
    let nodes = document["nodes"].as_array().unwrap();
    let states: Vec<_> = nodes.iter().map(|node| node["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["waiting", "rendered", "failed", "unsure", "skipped"]);
    assert_eq!(nodes[1]["path"], "takes/rainy-city/hook/lisbon.mp3");
    assert_eq!(nodes[1]["cost"], "0.0315");
    assert_eq!(nodes[2]["failure"]["class"], "moderation");
    assert_eq!(nodes[2]["failure"]["location"]["line"], 20);
    assert_eq!(nodes[4]["skipped"], "needs hook[city=大阪]#1");
    assert_eq!(nodes[0]["cost"], serde_json::Value::Null);
}
