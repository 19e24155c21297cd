//! What may be spent when something goes wrong, and what a key agrees to.

use super::*;

const PAID: Paid<'_> = &[("a", "x", Some(3))];

fn within(dollars: &str) -> Rules {
    Rules {
        budget: Usd::parse(dollars),
        ..KEYS
    }
}

#[test]
fn a_run_that_broke_down_counts_as_if_all_of_it_was_bought() {
    let mut story = Story::of(within("0.05"), 1);
    story.save("1", &[], PAID);
    story.press(Press::Buy);
    story.tell(planned("1", &[], PAID));
    story.tell(News::Ended { cost: None });
    assert_eq!(story.0.purse().left(), Usd::parse("0.02"));
    story.tell(planned("1", &[], PAID));
    story.press(Press::Buy);
    let acts = story.tell(planned("1", &[], PAID));
    assert_eq!(acts, ["tell OverBudget { at: 0, left: Usd(20000000) }"]);
}

#[test]
fn what_was_offered_before_a_run_is_not_on_offer_after_it() {
    let mut story = Story::of(KEYS, 1);
    story.save("1", &[], PAID);
    story.press(Press::Buy);
    story.tell(planned("1", &[], PAID));
    story.tell(ended(3));
    assert!(story.0.standing().begins, "nothing is shown before it is planned");
    assert_eq!(story.press(Press::Buy), ["tell Buying"]);
    assert!(story.tell(planned("1", &[], PAID)).is_empty(), "nobody saw this yet");
    assert_eq!(story.press(Press::Buy), ["plan 0"]);
}

/// What a run may buy at most; none if that is whatever the budget covers.
fn agreed(story: &mut Story, news: News) -> Option<usize> {
    let acts = story.0.handle(news);
    let run = acts.into_iter().find_map(|act| match act {
        Act::Run(errand) => Some(errand),
        _ => None,
    });
    run.expect("a run begins").agreed.map(|offer| offer.len())
}

#[test]
fn a_run_knows_what_was_agreed_to() {
    let mut story = Story::of(KEYS, 1);
    story.tell(News::Saved { at: 0, files: 1 });
    assert_eq!(agreed(&mut story, planned("1", &["s"], &[])), Some(0), "free");
    story.tell(ended(0));
    story.tell(planned("1", &[], &[]));
    story.save("2", &[], PAID);
    story.press(Press::Buy);
    assert_eq!(agreed(&mut story, planned("2", &[], PAID)), Some(1));
    let rules = Rules {
        auto_buy: true,
        ..within("1")
    };
    let mut story = Story::of(rules, 1);
    story.tell(News::Saved { at: 0, files: 1 });
    assert_eq!(agreed(&mut story, planned("1", &[], PAID)), None);
}
