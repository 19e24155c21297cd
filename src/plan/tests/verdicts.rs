//! What is to be done, why, and for how much.

use crate::{
    base::{
        ids::TakeName,
        money::{Price, Total, Usd},
    },
    catalog::{BackendKind, Purpose},
    pipeline::StepId,
    plan::{
        Blank, Change, Content, Forgone, Key, Known, Memory, NodeWork, Plan, Reason, RenderRequest, Selection, Verdict,
        fixture::{Pipe, Shelf, keys, lines, name_of},
    },
};
use std::collections::HashMap;

const PRICE: Usd = Usd::from_nanos(31_500_000);

fn verdict(plan: &Plan, name: &str) -> (Verdict, Reason) {
    let node = plan.nodes.iter().find(|node| name_of(node) == name).unwrap();
    (node.verdict, node.reason.clone())
}

fn price(plan: &Plan, name: &str) -> Price {
    plan.nodes.iter().find(|node| name_of(node) == name).unwrap().price
}

/// `songs.bed` rendered from a file, then `songs.hook` over its second take.
fn chain() -> (Pipe, StepId, StepId) {
    let mut pipe = Pipe::new();
    let low = pipe.lyrics("low", "hum", &[]);
    let high = pipe.lyrics("high", "la {{city}}", &[("city", &["A", "B"])]);
    let demo = pipe.file("demo", Purpose::Song, &[]);
    let bed = pipe.song("bed", low, demo);
    pipe.takes(bed, 2);
    let back = pipe.from("back", bed, &[], 2);
    let hook = pipe.song("hook", high, back);
    (pipe, bed, hook)
}

#[test]
fn the_first_plan_buys_everything_and_the_second_nothing() {
    let (mut pipe, hook) = Pipe::hook(&["A", "B"]);
    pipe.takes(hook, 2);
    let mut shelf = Shelf::default();
    let plan = pipe.plan(&shelf);
    assert_eq!(
        verdict(&plan, "references.demo"),
        (Verdict::New, Reason::NeededBy { takes: 4 })
    );
    assert_eq!(
        verdict(&plan, "songs.hook[city=B]#2"),
        (Verdict::New, Reason::NeverRendered)
    );
    assert_eq!(
        plan.total,
        Total {
            known: PRICE.times(4),
            unknown: 0
        }
    );
    assert_eq!(price(&plan, "references.demo"), Price::Known(Usd::ZERO));

    shelf.render(&plan);
    let plan = pipe.plan(&shelf);
    assert!(plan.nodes.iter().all(|node| node.verdict == Verdict::Cached));
    assert_eq!(verdict(&plan, "references.demo").1, Reason::NotNeeded);
    assert!(matches!(
        verdict(&plan, "songs.hook[city=A]#1").1,
        Reason::Rendered { .. }
    ));
    assert!(
        plan.takes()
            .all(|(_, take)| take.stored.as_ref().is_some_and(|stored| Some(stored.key) == take.key))
    );
    assert_eq!(plan.total, Total::default());
}

#[test]
fn one_more_take_is_one_more_purchase_a_cell() {
    let (mut pipe, hook) = Pipe::hook(&["A", "B"]);
    pipe.takes(hook, 2);
    let mut shelf = Shelf::default();
    shelf.render(&pipe.plan(&shelf));
    pipe.takes(hook, 3);
    let plan = pipe.plan(&shelf);
    assert_eq!(
        verdict(&plan, "songs.hook[city=A]#3"),
        (Verdict::New, Reason::OneMoreTake)
    );
    assert_eq!(plan.total.known, PRICE.times(2));
}

#[test]
fn an_edited_line_changes_exactly_what_is_sung_from_it() {
    let (pipe, _) = Pipe::hook(&["A", "B"]);
    let mut shelf = Shelf::default();
    shelf.render(&pipe.plan(&shelf));
    let mut edited = Pipe::new();
    let text = "Lights of {{city}}\n{{#if (eq city \"B\")}}deep{{else}}wide{{/if}} and bright";
    let chorus = edited.lyrics("chorus", text, &[("city", &["A", "B"])]);
    let demo = edited.file("demo", Purpose::Song, &[]);
    let hook = edited.song("hook", chorus, demo);
    let plan = edited.plan(&shelf);
    let change = Change {
        field: "lyrics line 2".into(),
        before: "wide and bright".into(),
        after: "deep and bright".into(),
    };
    assert_eq!(verdict(&plan, "songs.hook[city=A]#1").0, Verdict::Cached);
    assert_eq!(
        verdict(&plan, "songs.hook[city=B]#1"),
        (Verdict::Changed, Reason::Differs { changes: vec![change] })
    );
    assert_eq!(plan.total.known, PRICE);

    edited.takes(hook, 2);
    let plan = edited.plan(&shelf);
    assert_eq!(verdict(&plan, "songs.hook[city=A]#2").1, Reason::OneMoreTake);
    assert_eq!(verdict(&plan, "songs.hook[city=B]#2").1, Reason::NeverRendered);
}

#[test]
fn an_outcome_nobody_knows_is_left_alone_and_costs_nothing() {
    let (pipe, _) = Pipe::hook(&["A", "B"]);
    let mut shelf = Shelf::default();
    let key = pipe.plan(&shelf).takes().next().unwrap().1.key.unwrap();
    shelf.unsure(key);
    let plan = pipe.plan(&shelf);
    assert_eq!(
        lines(&plan),
        [
            "references.demo new",
            "songs.hook[city=A]#1 unsure",
            "songs.hook[city=B]#1 new"
        ]
    );
    assert_eq!(verdict(&plan, "references.demo").1, Reason::NeededBy { takes: 1 });
    assert_eq!(plan.total.known, PRICE);
}

#[test]
fn what_is_made_of_an_unrendered_take_waits_and_is_counted() {
    let (pipe, ..) = chain();
    let mut shelf = Shelf::default();
    let plan = pipe.plan(&shelf);
    assert_eq!(
        lines(&plan),
        [
            "references.demo new",
            "songs.bed#1 new",
            "songs.bed#2 new",
            "references.back new",
            "songs.hook[city=A]#1 waits",
            "songs.hook[city=B]#1 waits",
        ]
    );
    let (_, reason) = verdict(&plan, "songs.hook[city=A]#1");
    assert!(
        matches!(&reason, Reason::WaitsFor { take } if take.to_string() == "songs.bed#2"),
        "{reason:?}"
    );
    assert_eq!(plan.total.known, PRICE.times(4));
    assert!(plan.nodes[4].price == Price::Known(PRICE));

    shelf.render(&plan);
    let plan = pipe.plan(&shelf);
    assert_eq!(
        verdict(&plan, "songs.hook[city=A]#1"),
        (Verdict::New, Reason::NeverRendered)
    );
    assert_eq!(plan.total.known, PRICE.times(2));
    shelf.render(&plan);
    assert_eq!(pipe.plan(&shelf).total.known, Usd::ZERO);
}

#[test]
fn a_waiting_request_is_completed_by_the_audio_it_waits_for() {
    let (pipe, ..) = chain();
    let mut shelf = Shelf::default();
    let plan = pipe.plan(&shelf);
    let waiting = plan.nodes[4].clone();
    let NodeWork::Take(take) = &waiting.work else { panic!() };
    assert_eq!(take.draft.complete(&plan, |_| None), None);
    let audio = crate::base::digest::Digest::of(b"audio");
    let now = take
        .draft
        .complete(&plan, |id| (id == plan.nodes[2].id).then_some(audio))
        .unwrap();
    assert_eq!(now.instrumental.unwrap().digest, audio);

    shelf.render(&plan);
    let later = pipe.plan(&shelf);
    let NodeWork::Upload(upload) = &later.nodes[3].work else {
        panic!()
    };
    let Content::Take { node, digest } = upload.content else {
        panic!()
    };
    let stored = later
        .takes()
        .find(|(found, _)| found.id == node)
        .unwrap()
        .1
        .stored
        .clone()
        .unwrap();
    assert_eq!(digest, Some(stored.digest));
    let NodeWork::Take(then) = &later.nodes[4].work else {
        panic!()
    };
    let same = take.draft.complete(&plan, |_| Some(stored.digest)).unwrap();
    assert_eq!(then.key, Some(same.key()));
}

#[test]
fn what_is_made_of_an_unsure_take_is_blocked_all_the_way_down() {
    let (mut pipe, _, hook) = chain();
    let back = pipe.from("again", hook, &[("city", "A")], 1);
    let text = pipe.lyrics("last", "lo", &[]);
    let last = pipe.song("last", text, back);
    let other = pipe.file("other", Purpose::Song, &[]);
    let free = pipe.song("free", text, other);
    pipe.step(free).needs = vec![last];
    let mut shelf = Shelf::default();
    let plan = pipe.plan(&shelf);
    let second = plan.takes().nth(1).unwrap().1.key.unwrap();
    shelf.unsure(second);
    let plan = pipe.plan(&shelf);
    assert_eq!(
        lines(&plan),
        [
            "references.demo new",
            "songs.bed#1 new",
            "songs.bed#2 unsure",
            "references.back blocked",
            "songs.hook[city=A]#1 blocked",
            "songs.hook[city=B]#1 blocked",
            "references.again blocked",
            "songs.last#1 blocked",
            "references.other cached",
            "songs.free#1 blocked",
        ]
    );
    let reason = Reason::BlockedBy {
        node: "songs.bed#2".into(),
    };
    assert_eq!(verdict(&plan, "references.back").1, reason);
    assert_eq!(plan.total.known, PRICE);
}

#[test]
fn the_same_request_twice_is_one_purchase() {
    let mut pipe = Pipe::new();
    let chorus = pipe.lyrics("chorus", "la", &[("city", &["A", "B"])]);
    let demo = pipe.file("demo", Purpose::Song, &[]);
    let hook = pipe.song("hook", chorus, demo);
    let back = pipe.from("back", hook, &[("city", "A")], 1);
    let over = pipe.lyrics("over", "lo", &[("n", &["1", "2"])]);
    pipe.song("top", over, back);
    let plan = pipe.plan(&Blank);
    for (twin, first) in [
        ("songs.hook[city=B]#1", "songs.hook[city=A]#1"),
        ("songs.top[n=2]#1", "songs.top[n=1]#1"),
    ] {
        let node = plan.nodes.iter().find(|node| name_of(node) == twin).unwrap();
        let NodeWork::Take(take) = &node.work else { panic!() };
        let earlier = plan.node(take.twin.unwrap());
        assert_eq!(name_of(earlier), first);
        assert!(node.needs.contains(&earlier.id));
        assert!(matches!(&node.reason, Reason::SameAs { take } if take.to_string() == first));
        assert_eq!(node.price, Price::Known(Usd::ZERO));
    }
    assert_eq!(plan.total.known, PRICE.times(2));
    assert_eq!(verdict(&plan, "references.demo").1, Reason::NeededBy { takes: 1 });

    let mut shelf = Shelf::default();
    shelf.render(&plan);
    let plan = pipe.plan(&shelf);
    assert!(
        plan.takes()
            .all(|(node, take)| take.twin.is_none() || node.verdict != Verdict::Cached)
    );
}

#[test]
fn equal_files_are_sent_once_for_each_purpose_and_backend() {
    let mut pipe = Pipe::new();
    let text = pipe.lyrics("chorus", "la", &[]);
    let songs: Vec<_> = [Purpose::Song, Purpose::Song, Purpose::Instrumental]
        .into_iter()
        .enumerate()
        .map(|(n, purpose)| {
            let file = pipe.file(&format!("file{n}"), purpose, &[]);
            pipe.song(&format!("song{n}"), text, file)
        })
        .collect();
    let mut facts = pipe.facts();
    for fact in facts.values_mut() {
        *fact = Ok(crate::plan::fixture::fact("same"));
    }
    let uploads = |pipe: &Pipe| {
        let expansion = pipe.expand().unwrap();
        let plan = crate::plan::build(&pipe.pipeline, &expansion, &facts, &Blank, &Selection::default()).unwrap();
        lines(&plan)
            .into_iter()
            .filter(|line| line.starts_with("references"))
            .collect::<Vec<_>>()
    };
    assert_eq!(uploads(&pipe), ["references.file0 new", "references.file2 new"]);
    pipe.song_of(songs[1]).backend = BackendKind::Sandbox;
    assert_eq!(uploads(&pipe).len(), 3);
}

#[test]
fn the_sandbox_costs_nothing_and_is_never_taken_for_the_real_thing() {
    let (mut pipe, hook) = Pipe::hook(&["A"]);
    let mut shelf = Shelf::default();
    pipe.song_of(hook).backend = BackendKind::Sandbox;
    let plan = pipe.plan(&shelf);
    assert_eq!(plan.total, Total::default());
    shelf.render(&plan);
    pipe.song_of(hook).backend = BackendKind::Aimlapi;
    let plan = pipe.plan(&shelf);
    let (verdict, reason) = verdict(&plan, "songs.hook[city=A]#1");
    assert_eq!(verdict, Verdict::Changed);
    assert!(matches!(reason, Reason::Differs { changes } if changes[0].field == "backend"));
    assert_eq!(plan.total.known, PRICE);
}

/// Knows every request and has lost every take.
struct Lost(Shelf);

impl Memory for Lost {
    fn recall(&self, _: &[Key]) -> HashMap<Key, Known> {
        HashMap::new()
    }

    fn previous(&self, pipeline: &str, take: &TakeName) -> Option<RenderRequest> {
        self.0.previous(pipeline, take)
    }
}

#[test]
fn a_free_request_that_was_rendered_and_lost_is_rendered_anew_without_a_false_reason() {
    let (pipe, _) = Pipe::hook(&["A"]);
    let mut shelf = Shelf::default();
    shelf.render(&pipe.plan(&shelf));
    let plan = pipe.plan(&Lost(shelf));
    assert_eq!(
        verdict(&plan, "songs.hook[city=A]#1"),
        (Verdict::New, Reason::AudioLost)
    );
}

#[test]
fn what_was_paid_for_and_lost_is_not_bought_before_somebody_says_so() {
    let (pipe, _) = Pipe::hook(&["A", "B"]);
    let mut shelf = Shelf::default();
    shelf.render(&pipe.plan(&shelf));
    let [lost, kept] = ["songs.hook[city=A]#1", "songs.hook[city=B]#1"];
    let key = keys(&pipe.plan(&shelf))[lost].unwrap();
    shelf.lose(key, PRICE);
    let plan = pipe.plan(&shelf);
    let (found, reason) = verdict(&plan, lost);
    assert_eq!(found, Verdict::Unsure);
    assert!(
        matches!(
            reason,
            Reason::PaidAudioLost {
                paid: Price::Known(PRICE),
                ..
            }
        ),
        "{reason:?}"
    );
    assert_eq!(verdict(&plan, kept).0, Verdict::Cached);
    assert_eq!(plan.total, Total::default(), "nothing is bought");

    for (how, wanted) in [(Forgone::GivenUp, Verdict::Retake), (Forgone::Collected, Verdict::New)] {
        shelf.forgo(key, how, PRICE);
        let plan = pipe.plan(&shelf);
        let (found, reason) = verdict(&plan, lost);
        assert_eq!(found, wanted);
        assert!(
            matches!(
                reason,
                Reason::GivenUp {
                    paid: Price::Known(PRICE)
                } | Reason::Collected {
                    paid: Price::Known(PRICE),
                    ..
                }
            ),
            "{reason:?}"
        );
        assert_eq!(plan.total.known, PRICE);
    }
}
