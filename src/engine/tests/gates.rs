//! Takes outside what is accepted: kept, told, and retaken as often as is asked, in one run or in several.

use super::harness::{Play, Session, Studio, tone, tone_then_silence};
use crate::{
    backend::Fate,
    base::money::Usd,
    event::{BudgetSpan, Event, FailureClass, Phase, RunEnd, SkipReason, StepFailure, StopCause},
    pipeline::Measure,
    plan::{NodeWork, Reason, Verdict},
    store::fs,
};
use std::{collections::BTreeSet, num::NonZeroU32, time::Duration};
use tokio::sync::mpsc;

/// One take that is to last two seconds at least, with some retakes. Music is three seconds long.
fn studio(accept: &str) -> Studio {
    Studio::new(&format!(
        "
version: 1
backend: aimlapi
references: {{ vox: {{ file: voice.mp3, purpose: voice }} }}
lyrics: {{ chorus: {{ template: all night }} }}
songs: {{ hook: {{ lyrics: chorus, voice: vox, accept: {accept} }} }}
"
    ))
}

const TWICE: &str = "{ duration: { min: 2 }, retake: 2 }";

/// Music of one second.
fn short() -> Play {
    Play::Bytes(tone(1))
}

fn retakes(session: &Session) -> Vec<(u32, u32)> {
    let retake = |event: &Event| match event {
        Event::Retaking { misses, retake, of, .. } => {
            assert!(!misses.is_empty(), "never without a reason");
            Some((*retake, *of))
        }
        _ => None,
    };
    session
        .records
        .iter()
        .filter_map(|record| retake(&record.event))
        .collect()
}

/// What holds whatever happened: every call is for a key of its own, and each retake was announced with its reason.
#[track_caller]
fn bought(studio: &Studio, sessions: &[&Session]) -> usize {
    let renders = studio.backend.counts().renders;
    // A call's name holds its key.
    let keys: BTreeSet<_> = renders
        .iter()
        .map(|call| call.request_id.split('-').nth(1).unwrap().to_owned())
        .collect();
    assert_eq!(keys.len(), renders.len(), "purchases are keys");
    let announced: usize = sessions.iter().map(|session| retakes(session).len()).sum();
    let planned = sessions.iter().flat_map(|session| session.report.state.nodes.values());
    let reasons = planned
        .filter(|node| matches!(node.card.reason, Reason::Outside { .. }))
        .count();
    assert!(renders.len() <= 1 + announced + reasons, "{} calls", renders.len());
    renders.len()
}

/// Verdict and reason of the only take, and which of its tries it is.
fn planned(studio: &Studio) -> (Verdict, Reason, u32) {
    let plan = studio.plan(&studio.store());
    let (node, take) = plan.takes().next().unwrap();
    (node.verdict, node.reason.clone(), take.attempt)
}

fn files(studio: &Studio) -> Vec<String> {
    let paths = super::walk(&studio.path("takes"));
    let names = paths.iter().filter_map(|path| path.rsplit(['/', '\\']).next());
    names
        .filter(|name| name.rsplit('.').next() == Some("mp3"))
        .map(str::to_owned)
        .collect()
}

#[tokio::test(start_paused = true)]
async fn a_take_outside_is_retaken_until_one_is_inside() {
    let studio = studio(TWICE);
    assert_eq!(studio.plan(&studio.store()).retakes.count, 2);
    studio.backend.will([short()]);
    let session = studio.run().await;
    let state = &session.report.state;
    assert_eq!(state.end, Some(RunEnd::Done));
    assert_eq!((retakes(&session), bought(&studio, &[&session])), (vec![(1, 2)], 2));
    assert_eq!(state.spent.known, Usd::parse("0.063").unwrap());
    assert_eq!(state.costs().charged, Usd::parse("0.063").unwrap());
    assert_eq!(state.outside().count(), 0);
    assert_eq!(files(&studio).len(), 2, "the one outside is kept");
    assert_eq!(session.report.tries.values().map(Vec::len).sum::<usize>(), 1);
    let (verdict, reason, attempt) = planned(&studio);
    assert_eq!((verdict, attempt), (Verdict::Cached, 1));
    assert!(matches!(reason, Reason::Rendered { .. }));
    studio.run().await;
    assert_eq!(studio.backend.counts().renders.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_stays_outside_is_told_and_never_bought_again() {
    for (accept, tries) in [
        ("{ duration: { min: 2 } }", 1),
        ("{ duration: { min: 2 }, retake: 1 }", 2),
        ("{ duration: { min: 2 }, retake: 5 }", 6),
    ] {
        let studio = studio(accept);
        studio.backend.will((0..20).map(|_| short()));
        let session = studio.run().await;
        assert_eq!(bought(&studio, &[&session]), tries, "{accept}");
        assert_eq!(session.report.state.end, Some(RunEnd::Done));
        assert_eq!(session.report.state.outside().count(), 1);
        for _ in 0..3 {
            let (verdict, reason, attempt) = planned(&studio);
            assert_eq!((verdict, attempt as usize + 1), (Verdict::Cached, tries));
            assert!(matches!(reason, Reason::StaysOutside { .. }), "{reason:?}");
            let again = studio.run().await;
            assert_eq!(again.report.state.outside().count(), 1);
        }
        assert_eq!(studio.backend.counts().renders.len(), tries);
        assert_eq!(files(&studio).len(), tries);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_measured_at_either_end_is_known_by_the_next_run_too() {
    let studio = studio("{ silence: 1, clipping: none, retake: 1 }");
    studio.backend.will([Play::Bytes(tone_then_silence(2, 2))]);
    let session = studio.run().await;
    let missed: Vec<Measure> = session
        .report
        .tries
        .values()
        .flatten()
        .flat_map(|one| one.misses.iter().map(|miss| miss.measure))
        .collect();
    assert_eq!(missed, [Measure::SilenceAfter]);
    assert_eq!(bought(&studio, &[&session]), 2);
    for _ in 0..2 {
        assert_eq!((planned(&studio).0, planned(&studio).2), (Verdict::Cached, 1));
        studio.run().await;
    }
    assert_eq!(studio.backend.counts().renders.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_fixed_name_is_that_of_the_take_that_counts() {
    let studio = studio(TWICE);
    studio.write(&studio.text().replace("accept:", "name: anthem, accept:"));
    studio.backend.will([short(), short()]);
    studio.run().await;
    let names = files(&studio);
    assert_eq!(names.len(), 3, "{names:?}");
    let bytes = fs::read(&studio.path("takes/anthem.mp3")).unwrap();
    assert_eq!(bytes, super::harness::music());
    assert_eq!(
        names.iter().filter(|name| name.starts_with("anthem.outside-")).count(),
        2
    );
}

#[tokio::test(start_paused = true)]
async fn gates_decide_among_what_is_there_and_buy_nothing_twice() {
    let studio = studio(TWICE);
    studio.backend.will([short()]);
    studio.run().await;
    let gated = studio.text();
    // Without gates the first try is the take, with them the second one is: whatever is asked, it was bought.
    for (text, attempt) in [
        (gated.replace(&format!("accept: {TWICE}"), "accept: {}"), 0),
        (gated.replace("min: 2", "min: 0.5"), 0),
        (gated.clone(), 1),
        (gated.replace(", retake: 2", ""), 1),
    ] {
        studio.write(&text);
        let session = studio.run().await;
        assert_eq!(session.report.state.end, Some(RunEnd::Done));
        assert_eq!((planned(&studio).0, planned(&studio).2), (Verdict::Cached, attempt));
    }
    assert_eq!(studio.backend.counts().renders.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_budget_that_ends_between_two_tries_is_told_and_the_next_run_goes_on() {
    for day in [false, true] {
        let mut studio = studio("{ duration: { min: 2 }, retake: 3 }");
        studio.backend.will((0..3).map(|_| short()));
        let budget = "0.07";
        if day {
            studio.write(&format!(
                "{}limits: {{ budget: {{ day: {budget} }} }}\ntimezone: UTC\n",
                studio.text()
            ));
        } else {
            studio.controls.budget = Usd::parse(budget);
        }
        let first = studio.run().await;
        let state = &first.report.state;
        assert_eq!(state.end, Some(RunEnd::Stopped(StopCause::Budget)));
        let span = if day { BudgetSpan::Day } else { BudgetSpan::Run };
        assert!(
            state.nodes.values().any(
                |node| matches!(node.phase, Phase::Skipped(SkipReason::OverBudget { budget, .. }) if budget == span)
            )
        );
        assert_eq!(
            (retakes(&first).len(), bought(&studio, &[&first])),
            (2, 2),
            "the third is denied"
        );
        assert_eq!(state.outside().count(), 1, "what is there is outside");
        let (verdict, reason, attempt) = planned(&studio);
        assert_eq!((verdict, attempt), (Verdict::Retake, 2));
        assert!(matches!(reason, Reason::Outside { retake: 2, of: 3, .. }), "{reason:?}");

        studio.begins += Duration::from_secs(48 * 3600);
        let second = studio.run().await;
        assert_eq!(second.report.state.end, Some(RunEnd::Done));
        assert_eq!(bought(&studio, &[&first, &second]), 4);
        studio.run().await;
        assert_eq!(studio.backend.counts().renders.len(), 4);
    }
}

#[tokio::test(start_paused = true)]
async fn an_interrupt_between_two_tries_buys_no_more_and_the_next_run_goes_on() {
    let studio = studio(TWICE);
    studio
        .backend
        .will([Play::SlowBytes(Duration::from_secs(30), tone(1)), short()]);
    let (signal, signals) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(20)).await;
        signal.send(StopCause::Interrupted).unwrap();
        tokio::time::sleep(Duration::from_secs(600)).await;
    });
    let first = studio.run_with(signals).await;
    assert_eq!(first.report.state.end, Some(RunEnd::Stopped(StopCause::Interrupted)));
    assert_eq!((bought(&studio, &[&first]), retakes(&first).len()), (1, 0));
    assert_eq!(planned(&studio).0, Verdict::Retake);
    let second = studio.run().await;
    assert_eq!(second.report.state.end, Some(RunEnd::Done));
    assert_eq!(bought(&studio, &[&first, &second]), 3);
}

#[tokio::test(start_paused = true)]
async fn an_unsure_try_stops_the_walk() {
    let studio = studio(TWICE);
    studio.backend.will([short(), Play::Lose]);
    let first = studio.run().await;
    assert_eq!(first.report.state.end, Some(RunEnd::Unsure));
    assert_eq!(first.report.state.outside().count(), 1);
    for _ in 0..2 {
        let (verdict, reason, attempt) = planned(&studio);
        assert_eq!((verdict, attempt), (Verdict::Unsure, 1));
        assert!(matches!(reason, Reason::OutcomeUnknown { .. }));
        assert_eq!(studio.run().await.report.state.end, Some(RunEnd::Unsure));
        assert_eq!(studio.backend.counts().renders.len(), 2);
    }
}

/// From now on the account's log says of every call that it was not charged.
fn log_nothing_charged(studio: &Studio) {
    studio.backend.will_log(|calls, _| {
        let fates = calls.iter().map(|call| (call.request_id.clone(), Fate::NotCharged));
        Ok(fates.collect())
    });
}

/// A run whose plan is older than a retake whose outcome nobody knows: another one made it, perhaps as more were asked for.
#[tokio::test(start_paused = true)]
async fn an_unsure_retake_of_another_run_is_met_and_never_bought_beyond_what_is_asked() {
    for (retake, is_uncharged, calls) in [(0, false, 2), (2, false, 2), (0, true, 2), (2, true, 3)] {
        let studio = studio(TWICE);
        let text = studio.text();
        studio.write(&text.replace("retake: 2", &format!("retake: {retake}")));
        let plan = studio.plan(&studio.store());
        studio.write(&text);
        studio.backend.will([short(), Play::Lose]);
        assert_eq!(studio.run().await.report.state.end, Some(RunEnd::Unsure));
        if is_uncharged {
            log_nothing_charged(&studio);
        }
        let session = studio
            .run_plan(plan, (studio.store(), mpsc::unbounded_channel().1))
            .await;
        let state = &session.report.state;
        assert_eq!(studio.backend.counts().renders.len(), calls, "{retake}, {is_uncharged}");
        let announced: &[(u32, u32)] = if retake == 0 { &[] } else { &[(1, 2)] };
        assert_eq!(retakes(&session), announced);
        let end = if is_uncharged { RunEnd::Done } else { RunEnd::Unsure };
        assert_eq!(state.end, Some(end), "{retake}: {state:#?}");
        // What is there is told as outside where it stands, or was announced to be followed.
        let left = usize::from(is_uncharged == (retake == 0));
        assert_eq!(state.outside().count(), left, "{retake}, {is_uncharged}: {state:#?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_retake_that_fails_is_asked_for_by_the_next_run() {
    let studio = studio(TWICE);
    let refused = Play::Refuse(StepFailure::new(FailureClass::Invalid, "no"));
    studio.backend.will([short(), refused]);
    let first = studio.run().await;
    assert_eq!(first.report.state.end, Some(RunEnd::Failed));
    let (verdict, _, attempt) = planned(&studio);
    assert_eq!((verdict, attempt), (Verdict::Retake, 1));
    assert_eq!(studio.run().await.report.state.end, Some(RunEnd::Done));
    assert_eq!(
        studio.backend.counts().renders.len(),
        3,
        "one of them was refused, and cost nothing"
    );
}

#[tokio::test(start_paused = true)]
async fn charges_that_are_learnt_later_are_those_of_each_try() {
    let studio = studio(TWICE);
    studio.backend.will([Play::Silence(tone(1)), Play::Unsaid]);
    studio.backend.will_log(|calls, _| {
        let fate = |cents: i64| Fate::Charged {
            amount: Some(Usd::from_nanos(1_000_000 * cents)),
            traces: Vec::new(),
        };
        Ok((1_i64..)
            .zip(calls)
            .map(|(n, call)| (call.request_id.clone(), fate(n)))
            .collect())
    });
    let session = studio.run().await;
    let costs = session.report.state.costs();
    assert_eq!((costs.charged, costs.not_said), (Usd::parse("0.003").unwrap(), 0));
    assert_eq!(session.report.state.spent.known, Usd::parse("0.003").unwrap());
}

/// Twelve takes of two songs at once, one of which wants the same takes longer: shared where both accept them.
#[tokio::test(start_paused = true)]
async fn twins_with_other_gates_share_what_they_can() {
    let mut studio = studio(TWICE);
    studio.controls.limit.concurrency = NonZeroU32::new(4).unwrap();
    let text = studio.text().replace(
        "songs: { hook:",
        "songs: { any: { lyrics: chorus, voice: vox }, long: { lyrics: chorus, voice: vox, accept: { duration: { min: 9 }, retake: 3 } }, hook:",
    );
    studio.write(&text);
    let plan = studio.plan(&studio.store());
    assert_eq!(
        (plan.total.known, plan.retakes.count),
        (Usd::parse("0.0315").unwrap(), 3)
    );
    studio.backend.will([short()]);
    let session = studio.run().await;
    assert_eq!(session.report.state.end, Some(RunEnd::Done));
    assert_eq!(
        bought(&studio, &[&session]),
        4,
        "the first try, and three retakes for the one that wants the most"
    );
    let plan = studio.plan(&studio.store());
    let attempts: Vec<_> = plan
        .takes()
        .map(|(_, take)| (take.name.cell.step.name.to_string(), take.attempt))
        .collect();
    assert_eq!(
        attempts,
        [("any".to_owned(), 0), ("long".to_owned(), 3), ("hook".to_owned(), 1)]
    );
    assert_eq!(session.report.state.spent.known, Usd::parse("0.126").unwrap());
    studio.run().await;
    assert_eq!(studio.backend.counts().renders.len(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_reference_is_the_try_that_is_accepted() {
    let studio = studio("{ duration: { min: 12 }, retake: 1 }");
    let text = studio.text().replace(
        "purpose: voice }",
        "purpose: voice }, back: { from: songs.hook#1, purpose: instrumental }",
    );
    studio.write(&text.replace("songs: {", "songs: { over: { lyrics: chorus, instrumental: back },"));
    studio.backend.will([Play::Music, Play::Bytes(tone(14))]);
    let session = studio.run().await;
    assert_eq!(
        session.report.state.end,
        Some(RunEnd::Done),
        "{:#?}",
        session.report.state
    );
    let renders = studio.backend.counts().renders;
    assert_eq!(renders.len(), 3);
    let digest = crate::base::digest::Digest::of(&tone(14));
    assert!(
        renders[2]
            .instrumental
            .as_ref()
            .is_some_and(|id| id.contains(&digest.short())),
        "{:?}",
        renders[2]
    );
    let plan = studio.plan(&studio.store());
    assert!(
        plan.nodes
            .iter()
            .all(|node| node.verdict == Verdict::Cached || matches!(node.work, NodeWork::Upload(_)))
    );
}

/// Many takes at once, by two runs one after the other, whatever is outside.
#[tokio::test(start_paused = true)]
async fn never_more_retakes_than_asked_for_however_many_at_once() {
    let mut studio = studio(TWICE);
    studio.write(&studio.text().replace("voice: vox,", "voice: vox, takes: 12,"));
    studio.controls.limit.concurrency = NonZeroU32::new(5).unwrap();
    studio.controls.budget = Usd::parse("0.5");
    studio
        .backend
        .will((0..40).map(|n| if n % 3 == 0 { Play::Music } else { short() }));
    let mut sessions = vec![studio.run().await];
    assert_eq!(sessions[0].report.state.end, Some(RunEnd::Stopped(StopCause::Budget)));
    assert!(sessions[0].report.state.spent.known <= Usd::parse("0.5").unwrap());
    studio.controls.budget = None;
    sessions.push(studio.run().await);
    sessions.push(studio.run().await);
    let renders = studio.backend.counts().renders;
    let keys: BTreeSet<_> = renders
        .iter()
        .map(|call| call.request_id.split('-').nth(1).unwrap().to_owned())
        .collect();
    assert_eq!(keys.len(), renders.len());
    assert!(renders.len() <= 36);
    for (_, take) in studio.plan(&studio.store()).takes() {
        assert!(take.attempt <= 2);
    }
    assert_eq!(sessions[2].report.state.tally().rendered, 0);
}
