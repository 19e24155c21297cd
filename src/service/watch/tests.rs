//! Stories of a desk, told as what it is told and what it then asks for.

mod spending;

use super::{Act, Desk, Errand, Gist, News, Press, Rules, Tell, What};
use crate::{
    base::money::{Total, Usd},
    event::StopCause,
};
use std::sync::Arc;

const KEYS: Rules = Rules {
    has_keys: true,
    auto_buy: false,
    drafts: false,
    budget: None,
};

type Paid<'a> = &'a [(&'a str, &'a str, Option<i64>)];

struct Story(Desk);

impl Story {
    /// Pipelines that are planned, with nothing to render.
    fn of(rules: Rules, pipelines: usize) -> Self {
        let (desk, acts) = Desk::open(rules, pipelines);
        let plans: Vec<_> = (0..pipelines).map(|at| Act::Plan { at }).collect();
        assert_eq!(acts, plans);
        let mut story = Self(desk);
        for at in 0..pipelines {
            story.tell(planned_at(at, "empty", &[], &[]));
            if at == 0 {
                assert!(story.0.standing().runs, "names and sheet are seen to");
            }
            while story.0.standing().runs {
                story.tell(ended(0));
                story.tell(planned_at(at, "empty", &[], &[]));
            }
        }
        story
    }

    fn tell(&mut self, news: News) -> Vec<String> {
        self.0.handle(news).iter().map(said).collect()
    }

    /// A save of one file, and the plan that comes of it.
    fn save(&mut self, wanted: &str, free: &[&str], paid: Paid<'_>) -> Vec<String> {
        let mut acts = self.tell(News::Saved { at: 0, files: 1 });
        assert_eq!(acts, ["plan 0"], "a save plans");
        acts = self.tell(planned(wanted, free, paid));
        acts
    }

    fn press(&mut self, press: Press) -> Vec<String> {
        self.tell(News::Pressed(press))
    }
}

fn planned_at(at: usize, wanted: &str, free: &[&str], paid: Paid<'_>) -> News {
    let gist = Arc::new(Gist::made(wanted, free, paid));
    News::Planned { at, gist }
}

fn planned(wanted: &str, free: &[&str], paid: Paid<'_>) -> News {
    planned_at(0, wanted, free, paid)
}

fn ended(cents: i64) -> News {
    let known = Usd::from_nanos(cents * 10_000_000);
    News::Ended {
        cost: Some(Total { known, unknown: 0 }),
    }
}

fn said(act: &Act) -> String {
    match act {
        Act::Plan { at } => format!("plan {at}"),
        Act::PlanRetakes { at, cells } => {
            let cells: Vec<_> = cells.iter().map(ToString::to_string).collect();
            format!("plan retakes {at} {}", cells.join(" "))
        }
        Act::Run(Errand { at, what, budget, .. }) => {
            let (word, takes) = match what {
                What::All => ("all", &[][..]),
                What::Free(takes) => ("free", &takes[..]),
                What::Buy(takes) => ("buy", &takes[..]),
                What::Draft(takes) => ("draft", &takes[..]),
                What::Retake(takes) => ("retake", &takes[..]),
            };
            let takes: Vec<_> = takes.iter().map(|take| take.cell.step.name.to_string()).collect();
            let takes = if takes.is_empty() {
                String::new()
            } else {
                format!(" {}", takes.join(" "))
            };
            let budget = budget.map_or(String::new(), |budget| format!(" within {budget}"));
            format!("run {at} {word}{takes}{budget}")
        }
        Act::Supersede => "supersede".to_owned(),
        Act::Stop(cause) => format!("stop {cause:?}"),
        Act::Leave(cause) => format!("leave {cause:?}"),
        Act::Tell(tell) => format!("tell {tell:?}").replace(" { at: 0 }", ""),
    }
}

#[test]
fn the_sandbox_renders_on_every_save() {
    let mut story = Story::of(KEYS, 1);
    assert_eq!(story.save("1", &["a", "b"], &[]), ["tell Changed", "run 0 all"]);
    assert_eq!(story.tell(ended(0)), ["plan 0"]);
    assert!(story.tell(planned("1", &[], &[])).is_empty(), "and waits");
    assert_eq!(story.save("1", &[], &[]), ["tell Same"], "a comment renders nothing");
    assert_eq!(story.save("2", &["a"], &[]), ["tell Changed", "run 0 all"]);
}

#[test]
fn what_failed_waits_for_the_next_save() {
    let mut story = Story::of(KEYS, 1);
    story.save("1", &["a"], &[]);
    story.tell(ended(0));
    assert!(story.tell(planned("1", &["a"], &[])).is_empty());
    assert_eq!(story.save("1", &["a"], &[]), ["tell Same", "run 0 all"]);
}

#[test]
fn what_may_be_paid_waits_for_a_key_and_is_planned_anew_before_it_is_bought() {
    let mut story = Story::of(KEYS, 1);
    assert_eq!(story.save("1", &[], &[("a", "x", Some(3))]), ["tell Changed"]);
    assert_eq!(story.press(Press::Buy), ["plan 0"]);
    assert_eq!(story.tell(planned("1", &[], &[("a", "x", Some(3))])), ["run 0 buy a"]);
    assert_eq!(story.tell(ended(3)), ["plan 0"]);
    assert!(story.tell(planned("1", &[], &[])).is_empty());
    assert_eq!(story.press(Press::Buy), ["tell NothingToBuy"]);
}

#[test]
fn a_plan_that_changed_since_it_was_shown_is_asked_for_again() {
    let shown = [("a", "x", Some(3))];
    for now in [
        &[("a", "y", Some(3))][..],
        &[("a", "x", Some(4))],
        &[("a", "x", Some(3)), ("b", "x", Some(3))],
    ] {
        let mut story = Story::of(KEYS, 1);
        story.save("1", &[], &shown);
        story.press(Press::Buy);
        assert_eq!(story.tell(planned("2", &[], now)), ["tell Anew"]);
        assert_eq!(story.press(Press::Buy), ["plan 0"]);
        let acts = story.tell(planned("2", &[], now));
        assert!(acts[0].starts_with("run 0 buy a"), "{acts:?}");
    }
}

#[test]
fn a_save_while_a_purchase_is_under_way_lets_it_land_and_is_planned_again_after_it() {
    let mut story = Story::of(KEYS, 1);
    story.save("1", &[], &[("a", "x", Some(3)), ("b", "x", Some(3))]);
    story.press(Press::Buy);
    story.tell(planned("1", &[], &[("a", "x", Some(3)), ("b", "x", Some(3))]));
    let both = [("a", "y", Some(3)), ("b", "y", Some(3))];
    assert_eq!(story.save("2", &[], &both), ["tell Changed", "supersede"]);
    assert_eq!(story.save("3", &[], &both), ["tell Changed"], "it gives way only once");
    assert_eq!(story.tell(ended(3)), ["plan 0"]);
    assert!(
        story.tell(planned("3", &[], &both)).is_empty(),
        "nobody agreed to these"
    );
    assert_eq!(story.0.purse().spent().known, Usd::from_nanos(30_000_000));
}

#[test]
fn the_latest_of_many_saves_wins() {
    let mut story = Story::of(KEYS, 1);
    story.save("1", &["a", "b"], &[]);
    assert_eq!(story.save("2", &["a", "b"], &[]), ["tell Changed", "supersede"]);
    assert_eq!(story.tell(News::Saved { at: 0, files: 1 }), ["plan 0"]);
    assert!(
        story.tell(News::Saved { at: 0, files: 1 }).is_empty(),
        "one plan at a time"
    );
    assert!(story.tell(ended(0)).is_empty());
    assert_eq!(
        story.tell(planned("3", &["a", "b"], &[])),
        ["plan 0"],
        "an outdated plan is for nothing"
    );
    assert_eq!(story.tell(planned("4", &["b"], &[])), ["tell Changed", "run 0 all"]);
}

#[test]
fn a_comment_saved_during_a_run_changes_nothing() {
    let mut story = Story::of(KEYS, 1);
    story.save("1", &["a", "b"], &[]);
    assert_eq!(story.save("1", &["b"], &[]), ["tell Same"]);
    story.tell(ended(0));
    assert!(story.tell(planned("1", &[], &[])).is_empty());
}

#[test]
fn what_was_changed_and_changed_back_during_a_run_is_rendered_after_it() {
    let mut story = Story::of(KEYS, 1);
    story.save("1", &["a", "b"], &[]);
    assert_eq!(story.save("2", &["a"], &[]), ["tell Changed", "supersede"]);
    assert_eq!(story.save("1", &["b"], &[]), ["tell Changed"]);
    story.tell(ended(0));
    assert_eq!(story.tell(planned("1", &["b"], &[])), ["run 0 all"]);
}

#[test]
fn of_a_mixed_plan_only_the_free_part_is_rendered_by_itself() {
    let mut story = Story::of(KEYS, 1);
    let paid = [("a", "x", Some(3))];
    assert_eq!(story.save("1", &["s"], &paid), ["tell Changed", "run 0 free s"]);
    story.tell(ended(0));
    assert!(story.tell(planned("1", &[], &paid)).is_empty());
}

#[test]
fn auto_buy_goes_as_far_as_the_budget_of_the_whole_watch() {
    let rules = Rules {
        auto_buy: true,
        budget: Usd::parse("0.05"),
        ..KEYS
    };
    let mut story = Story::of(rules, 1);
    assert_eq!(
        story.save("1", &[], &[("a", "x", Some(3))]),
        ["tell Changed", "run 0 all within $0.05"]
    );
    story.tell(ended(3));
    story.tell(planned("1", &[], &[]));
    let acts = story.save("2", &["s"], &[("a", "y", Some(3))]);
    assert_eq!(
        acts,
        [
            "tell Changed",
            "tell OverBudget { at: 0, left: Usd(20000000) }",
            "run 0 free s within $0.02"
        ]
    );
    story.tell(ended(0));
    story.tell(planned("2", &[], &[("a", "y", Some(3))]));
    story.press(Press::Buy);
    let acts = story.tell(planned("2", &[], &[("a", "y", Some(3))]));
    assert_eq!(acts, ["tell OverBudget { at: 0, left: Usd(20000000) }"]);
}

#[test]
fn nobody_knows_whether_an_unknown_price_fits_into_a_budget() {
    let rules = Rules {
        auto_buy: true,
        budget: Usd::parse("5"),
        ..KEYS
    };
    let mut story = Story::of(rules, 1);
    let acts = story.save("1", &[], &[("a", "x", None)]);
    assert_eq!(
        acts,
        ["tell Changed", "tell OverBudget { at: 0, left: Usd(5000000000) }"]
    );
}

#[test]
fn where_nobody_presses_keys_it_is_said_once_that_nobody_buys() {
    let mut story = Story::of(Rules::default(), 1);
    let acts = story.save("1", &["s"], &[("a", "x", Some(3))]);
    assert_eq!(acts, ["tell Changed", "run 0 free s", "tell NobodyBuys"]);
    story.tell(ended(0));
    story.tell(planned("1", &[], &[("a", "x", Some(3))]));
    assert_eq!(story.save("2", &[], &[("a", "y", Some(3))]), ["tell Changed"]);
}

#[test]
fn a_broken_file_leaves_the_last_good_plan_and_the_run_under_way_alone() {
    let mut story = Story::of(KEYS, 1);
    story.save("1", &[], &[("a", "x", Some(3))]);
    story.tell(News::Saved { at: 0, files: 1 });
    let broken = "tell Broken { at: 0, has_plan: true }";
    assert_eq!(story.tell(News::Broken { at: 0 }), [broken]);
    assert_eq!(story.press(Press::Buy), ["tell Mend"]);
    assert_eq!(story.save("2", &["s"], &[]), ["tell Changed", "run 0 all"]);
    story.tell(News::Saved { at: 0, files: 1 });
    assert_eq!(story.tell(News::Broken { at: 0 }), [broken]);
    story.tell(ended(0));
    assert!(story.tell(News::Broken { at: 0 }).is_empty(), "it was said");
    assert_eq!(story.save("2", &[], &[]), ["tell Changed", "run 0 all"], "whole again");
}

#[test]
fn nothing_is_bought_of_a_plan_that_broke_after_the_key() {
    let mut story = Story::of(KEYS, 1);
    story.save("1", &[], &[("a", "x", Some(3))]);
    assert_eq!(story.press(Press::Buy), ["plan 0"]);
    story.tell(News::Broken { at: 0 });
    assert_eq!(
        story.save("1", &[], &[("a", "x", Some(3))]),
        ["tell Changed"],
        "it is asked for again"
    );
}

#[test]
fn a_change_of_many_files_asks_once() {
    for (answer, then) in [(Press::Yes, &["run 0 all"][..]), (Press::No, &["tell LeftAlone"])] {
        let mut story = Story::of(KEYS, 1);
        assert_eq!(story.tell(News::Saved { at: 0, files: 21 }), ["plan 0"]);
        assert_eq!(story.tell(planned("1", &["a"], &[])), ["tell Changed", "tell Many(21)"]);
        assert_eq!(story.press(Press::Buy), ["tell Many(21)"]);
        assert_eq!(story.0.standing().asks, Some(21));
        assert_eq!(story.press(answer), then);
        assert!(story.press(answer).is_empty(), "there is no question any more");
    }
    let mut story = Story::of(KEYS, 1);
    story.tell(News::Saved { at: 0, files: 21 });
    story.tell(planned("1", &["a"], &[]));
    assert_eq!(story.save("2", &["a"], &[]), ["tell Changed"], "only a word answers");
    assert_eq!(story.0.standing().asks, Some(22));
    assert_eq!(story.press(Press::Yes), ["run 0 all"]);
}

#[test]
fn where_nobody_can_be_asked_a_change_of_many_files_buys_nothing_before_the_next_save() {
    let rules = Rules {
        auto_buy: true,
        budget: Usd::parse("1"),
        ..Rules::default()
    };
    let mut story = Story::of(rules, 1);
    let paid = [("a", "x", Some(3))];
    story.tell(News::Saved { at: 0, files: 21 });
    let acts = story.tell(planned("1", &["s"], &paid));
    assert_eq!(
        acts,
        ["tell Changed", "tell ManyUnasked(21)", "run 0 free s within $1.00"]
    );
    story.tell(ended(0));
    assert!(story.tell(planned("1", &[], &paid)).is_empty());
    assert_eq!(story.save("2", &[], &paid), ["tell Changed", "run 0 all within $1.00"]);
}

#[test]
fn a_pause_gathers_changes() {
    let mut story = Story::of(KEYS, 1);
    assert_eq!(story.press(Press::Pause), ["tell Paused"]);
    assert!(story.tell(News::Saved { at: 0, files: 1 }).is_empty());
    assert!(story.tell(News::Saved { at: 0, files: 2 }).is_empty());
    assert_eq!(story.0.standing().paused, Some(3));
    assert_eq!(story.press(Press::Pause), ["tell Resumed { gathered: 3 }", "plan 0"]);
    assert_eq!(story.tell(planned("1", &["a"], &[])), ["tell Changed", "run 0 all"]);
}

#[test]
fn a_pause_during_a_run_begins_nothing_after_it() {
    let mut story = Story::of(KEYS, 1);
    story.save("1", &["a", "b"], &[]);
    story.save("2", &["a", "b"], &[]);
    story.press(Press::Pause);
    assert_eq!(story.tell(ended(0)), ["plan 0"]);
    assert!(story.tell(planned("2", &["a", "b"], &[])).is_empty());
    assert_eq!(story.press(Press::Pause), ["tell Resumed { gathered: 0 }", "run 0 all"]);
}

#[test]
fn leaving_lets_what_was_paid_for_land() {
    let mut story = Story::of(KEYS, 1);
    assert_eq!(story.press(Press::Quit), ["leave Quit"]);
    let mut story = Story::of(KEYS, 1);
    story.save("1", &["a"], &[]);
    assert_eq!(story.press(Press::Quit), ["stop Interrupted"]);
    assert_eq!(story.tell(ended(0)), ["leave Quit"]);
    let mut story = Story::of(KEYS, 1);
    story.save("1", &["a"], &[]);
    story.press(Press::Quit);
    assert_eq!(story.press(Press::Quit), ["stop Interrupted"], "again: at once");
    assert_eq!(story.tell(ended(0)), ["leave Asked(Interrupted)"]);
    let mut story = Story::of(KEYS, 1);
    story.save("1", &["a"], &[]);
    assert_eq!(story.tell(News::Asked(StopCause::Terminated)), ["stop Terminated"]);
    assert_eq!(story.tell(ended(0)), ["leave Asked(Terminated)"]);
}

#[test]
fn drafts_follow_every_save_beside_what_waits_to_be_bought() {
    let rules = Rules { drafts: true, ..KEYS };
    let mut story = Story::of(rules, 1);
    let paid = [("a", "x", Some(3)), ("b", "x", Some(3))];
    assert_eq!(story.save("1", &["s"], &paid), ["tell Changed", "run 0 free s"]);
    assert_eq!(story.tell(ended(0)), ["plan 0"]);
    assert_eq!(story.tell(planned("1", &[], &paid)), ["run 0 draft a b"]);
    assert_eq!(story.tell(ended(0)), ["plan 0"]);
    assert!(story.tell(planned("1", &[], &paid)).is_empty());
    assert_eq!(story.press(Press::Buy), ["plan 0"]);
    assert_eq!(story.tell(planned("1", &[], &paid)), ["run 0 buy a b"]);
}

#[test]
fn a_draft_by_key() {
    let mut story = Story::of(KEYS, 1);
    assert_eq!(story.press(Press::Draft), ["tell NothingToDraft"]);
    story.save("1", &[], &[("a", "x", Some(3))]);
    assert_eq!(story.press(Press::Draft), ["run 0 draft a"]);
}

#[test]
fn a_retake_of_what_changed_last_is_free_or_asked_for() {
    let mut story = Story::of(KEYS, 1);
    assert_eq!(story.press(Press::Retake), ["tell NothingToRetake"]);
    story.save("1", &["a"], &[]);
    assert_eq!(
        story.press(Press::Retake),
        ["tell NothingToRetake"],
        "it is not there yet"
    );
    story.tell(ended(0));
    story.tell(planned("1", &[], &[]));
    assert_eq!(story.press(Press::Retake), ["plan retakes 0 songs.a"]);
    let retakes = |paid: Paid<'_>, free: &[&str]| News::Retakes {
        at: 0,
        gist: Some(Arc::new(Gist::made("r", free, paid))),
    };
    assert_eq!(story.tell(retakes(&[], &["a"])), ["run 0 retake a"]);
    story.tell(ended(0));
    story.tell(planned("1", &[], &[]));
    story.press(Press::Retake);
    let paid = [("a", "x", Some(3))];
    let acts = story.tell(retakes(&paid, &[]));
    assert!(acts[0].starts_with("tell RetakesCost { takes: 1"), "{acts:?}");
    assert_eq!(story.press(Press::Buy), ["plan retakes 0 songs.a"]);
    assert_eq!(story.tell(retakes(&paid, &[])), ["run 0 retake a"]);
}

#[test]
fn a_save_takes_an_offer_of_retakes_back() {
    let mut story = Story::of(KEYS, 1);
    story.save("1", &["a"], &[]);
    story.tell(ended(0));
    story.tell(planned("1", &[], &[]));
    story.press(Press::Retake);
    let gist = Some(Arc::new(Gist::made("r", &[], &[("a", "x", Some(3))])));
    story.tell(News::Retakes { at: 0, gist });
    story.save("2", &[], &[]);
    story.tell(ended(0));
    story.tell(planned("2", &[], &[]));
    assert_eq!(story.press(Press::Buy), ["tell NothingToBuy"]);
}

#[test]
fn a_key_pressed_twice_buys_once() {
    let mut story = Story::of(KEYS, 1);
    let paid = [("a", "x", Some(3))];
    story.save("1", &[], &paid);
    story.press(Press::Buy);
    story.tell(planned("1", &[], &paid));
    assert_eq!(story.press(Press::Buy), ["tell Buying"]);
    story.tell(ended(3));
    assert!(
        story.tell(planned("1", &[], &paid)).is_empty(),
        "it failed, and is offered again"
    );
}

#[test]
fn several_pipelines_run_one_at_a_time() {
    let mut story = Story::of(KEYS, 2);
    story.tell(News::Saved { at: 0, files: 1 });
    story.tell(News::Saved { at: 1, files: 1 });
    assert_eq!(
        story.tell(planned_at(0, "1", &["a"], &[])),
        ["tell Changed", "run 0 all"]
    );
    assert_eq!(story.tell(planned_at(1, "1", &["b"], &[])), ["tell Changed { at: 1 }"]);
    assert_eq!(
        story.tell(ended(0)),
        ["plan 0", "plan 1"],
        "what landed may count for both"
    );
    assert!(story.tell(planned_at(0, "1", &[], &[])).is_empty());
    assert_eq!(story.tell(planned_at(1, "1", &["b"], &[])), ["run 1 all"]);
}

#[test]
fn the_line_at_the_foot_counts_what_waits() {
    let rules = Rules {
        budget: Usd::parse("1"),
        ..KEYS
    };
    let mut story = Story::of(rules, 1);
    story.save("1", &[], &[("a", "x", Some(3)), ("b", "x", None)]);
    let standing = story.0.standing();
    assert_eq!((standing.offered, standing.total.unknown), (2, 1));
    assert_eq!(standing.left, Usd::parse("1"));
    assert!(!standing.runs && !standing.retakes && standing.broken == 0);
    let tells = story.0.handle(News::Pressed(Press::Help));
    assert_eq!(tells, [Act::Tell(Tell::Help)]);
}
