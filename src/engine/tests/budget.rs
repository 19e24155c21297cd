//! Runs that meet a budget: of the run, and of the day.

use super::harness::{Play, Session, Studio};
use crate::{
    base::money::Usd,
    event::{Billed, BudgetSpan, Event, FailureClass, Phase, RunEnd, SkipReason, StepFailure, StopCause},
};
use std::{num::NonZeroU32, time::Duration};

/// Four takes at $0.0315 each.
fn studio(limits: &str) -> Studio {
    Studio::new(&format!(
        "
version: 1
backend: aimlapi
references: {{ vox: {{ file: voice.mp3, purpose: voice }} }}
lyrics: {{ chorus: {{ template: all night }} }}
songs: {{ hook: {{ lyrics: chorus, voice: vox, takes: 4 }} }}
{limits}"
    ))
}

fn one_at_a_time(mut studio: Studio) -> Studio {
    studio.controls.limit.concurrency = NonZeroU32::MIN;
    studio
}

/// How many were rendered by a run that the budget stopped, and which budget did.
#[track_caller]
fn rendered(session: &Session) -> (usize, BudgetSpan) {
    let state = &session.report.state;
    assert_eq!(state.end, Some(RunEnd::Stopped(StopCause::Budget)), "{state:#?}");
    let denied = state.nodes.values().find_map(|node| match &node.phase {
        Phase::Skipped(SkipReason::OverBudget { budget, .. }) => Some(*budget),
        _ => None,
    });
    (state.tally().rendered, denied.expect("somebody was denied"))
}

#[tokio::test(start_paused = true)]
async fn a_run_over_midnight_has_the_budget_of_each_day() {
    for (zone, begins) in [
        ("UTC", "2026-11-23T23:59:50Z"),
        ("Asia/Tokyo", "2026-11-23T14:59:50Z"),
        // The day on which the clocks go forward ends an hour early.
        ("Europe/Lisbon", "2026-03-29T22:59:50Z"),
    ] {
        let limits = format!("timezone: {zone}\nlimits: {{ budget: {{ day: 0.04 }} }}\n");
        let mut studio = one_at_a_time(studio(&limits));
        studio.begins = begins.parse().unwrap();
        studio
            .backend
            .will([(); 4].map(|()| Play::Slow(Duration::from_secs(20))));
        let session = studio.run().await;
        assert_eq!(rendered(&session), (2, BudgetSpan::Day), "{zone}");
        assert_eq!(studio.backend.counts().renders.len(), 2);
        studio.begins += Duration::from_secs(3600);
        assert_eq!(
            rendered(&studio.run().await),
            (0, BudgetSpan::Day),
            "the same day again"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_did_not_run_leaves_its_money_to_others() {
    for limits in [
        "limits: { budget: { run: 0.07 } }\n",
        "limits: { budget: { day: 0.07 } }\n",
    ] {
        let mut studio = studio(limits);
        studio.controls.budget = limits.contains("run").then(|| Usd::parse("0.07").unwrap());
        let busy = || Play::Busy(Some(Duration::from_secs(3)));
        studio.backend.will([busy(), busy(), busy()]);
        let (count, _) = rendered(&studio.run().await);
        assert_eq!(count, 2, "as many as the money is for: {limits}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_billed_or_may_have_been_counts_in_the_run_and_in_the_day() {
    let billed = || Play::Refuse(StepFailure::new(FailureClass::Server, "no").billed(Billed::Yes));
    let refused = || Play::Refuse(StepFailure::new(FailureClass::Invalid, "no"));
    for (limits, budget) in [
        ("limits: { budget: { run: 0.07 } }\n", BudgetSpan::Run),
        ("limits: { budget: { day: 0.07 } }\n", BudgetSpan::Day),
    ] {
        let mut studio = one_at_a_time(studio(limits));
        studio.controls.budget = (budget == BudgetSpan::Run).then(|| Usd::parse("0.07").unwrap());
        studio.backend.will([refused(), billed(), Play::Lose]);
        assert_eq!(rendered(&studio.run().await), (0, budget), "{limits}");
        assert_eq!(studio.backend.counts().renders.len(), 3);
    }
}

/// What another process bought, or may have, is not this run's money.
#[tokio::test(start_paused = true)]
async fn a_call_of_another_process_costs_this_run_nothing() {
    for billed in [Billed::Unknown, Billed::Yes] {
        let mut studio = one_at_a_time(studio(""));
        studio.write(&studio.text().replace("takes: 4", "takes: 2"));
        studio.controls.budget = Usd::parse("0.04");
        let (store, claim) = studio.claim_of_another();
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_secs(60)).await;
            let failure = StepFailure::new(FailureClass::Lost, "cut").billed(billed);
            match billed {
                Billed::Unknown => store.unsure(claim, &failure).unwrap(),
                Billed::Yes | Billed::No => store.fail(claim, &failure).unwrap(),
            }
        });
        // The second take waits until the first one is known to be unsure.
        studio.backend.will([Play::Busy(Some(Duration::from_secs(300)))]);
        let session = studio.run().await;
        let tally = session.report.state.tally();
        assert_eq!((tally.unsure, tally.rendered), (1, 1), "{billed:?}");
        assert_eq!(session.report.state.end, Some(RunEnd::Unsure));
    }
}

#[tokio::test(start_paused = true)]
async fn both_budgets_hold_and_the_denied_take_says_which() {
    let mut studio = studio("limits: { budget: { day: 0.10 } }\n");
    studio.controls.budget = Usd::parse("0.05");
    assert_eq!(rendered(&studio.run().await), (1, BudgetSpan::Run));
    studio.controls.budget = Usd::parse("1.00");
    let session = studio.run().await;
    assert_eq!(rendered(&session), (2, BudgetSpan::Day));
    let denied: Vec<_> = session
        .records
        .iter()
        .filter_map(|record| match &record.event {
            Event::NodeSkipped {
                because: SkipReason::OverBudget { most, spent, .. },
                ..
            } => Some((most.decimal(), spent.known.decimal())),
            _ => None,
        })
        .collect();
    assert_eq!(denied, [("0.1".to_owned(), "0.0945".to_owned())]);
}
