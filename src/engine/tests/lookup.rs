//! Lost calls and bad answers: the account's log is asked before anything is called unsure.

use super::SONG;
use crate::{
    backend::{Fate, RenderCall},
    base::money::Usd,
    engine::tests::harness::{Play, Session, Studio},
    event::{Billed, Event, FailureClass, Phase, RunEnd, StepFailure, StopCause},
};
use std::{collections::HashMap, time::Duration};
use tokio::sync::mpsc;

const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// One take.
fn single() -> Studio {
    Studio::new(&single_song())
}

fn single_song() -> String {
    SONG.replace("takes: 2", "takes: 1")
        .replace("[Lisbon, Osaka]", "[Lisbon]")
}

/// One take, whose lost call is looked up for so long.
fn patient(patience: &str) -> Studio {
    Studio::new(&format!(
        "{}\nbackends: {{ aimlapi: {{ patience: {patience} }} }}\n",
        single_song()
    ))
}

fn charged(amount: &str) -> Fate {
    Fate::Charged {
        amount: Usd::parse(amount),
        traces: vec![("x-inference-id".to_owned(), "inf-9".to_owned())],
    }
}

/// The log tells this of every call from that time on.
fn from(at: Duration, fate: Fate) -> impl Fn(&[RenderCall], Duration) -> Result<HashMap<String, Fate>, StepFailure> {
    move |calls, now| {
        let rows = calls.iter().filter(|_| now >= at);
        Ok(rows.map(|call| (call.request_id.clone(), fate.clone())).collect())
    }
}

fn lost() -> Play {
    Play::Lose
}

fn the_failure(session: &Session) -> StepFailure {
    let phases = session.report.state.nodes.values().map(|node| node.phase.clone());
    let mut failures = phases.filter_map(|phase| match phase {
        Phase::Failed(failure) | Phase::Unsure(failure) => Some(failure),
        _ => None,
    });
    failures.next().expect("something failed")
}

#[tokio::test(start_paused = true)]
async fn a_row_that_says_it_failed_lets_the_call_be_made_again() {
    let studio = single();
    studio.backend.will([lost(), lost()]);
    studio.backend.will_log(from(Duration::ZERO, Fate::NotCharged));
    let session = studio.run().await;
    assert_eq!(session.report.state.end, Some(RunEnd::Done));
    let counts = studio.backend.counts();
    assert_eq!((counts.renders.len(), counts.looks.len()), (3, 2));
    let tells = |wanted: fn(&Event) -> bool| session.records.iter().filter(|record| wanted(&record.event)).count();
    assert_eq!(tells(|event| matches!(event, Event::LookingUp { .. })), 2);
    assert_eq!(tells(|event| matches!(event, Event::Retrying { .. })), 2);
    assert_eq!(session.report.state.spent.known, Usd::parse("0.0315").unwrap());
    assert_eq!(session.report.state.doubtful.known, Usd::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_never_charged_is_given_up_after_a_few_tries() {
    let studio = single();
    studio.backend.will(std::iter::repeat_n(lost(), 20));
    studio.backend.will_log(from(Duration::ZERO, Fate::NotCharged));
    let session = studio.run().await;
    assert_eq!(session.report.state.end, Some(RunEnd::Failed));
    assert_eq!(studio.backend.counts().renders.len(), 6);
    let failure = the_failure(&session);
    assert_eq!(failure.billed, Billed::No);
    assert!(
        failure.message.contains("by the account's log it was not charged"),
        "{}",
        failure.message
    );
    // The key is free.
    assert_eq!(studio.run().await.report.state.end, Some(RunEnd::Failed));
    assert_eq!(studio.backend.counts().renders.len(), 12);
}

#[tokio::test(start_paused = true)]
async fn what_was_charged_is_paid_and_lost_and_waits_for_a_person() {
    let studio = single();
    studio.backend.will([lost()]);
    studio.backend.will_log(from(Duration::ZERO, charged("0.04")));
    let session = studio.run().await;
    assert_eq!(session.report.state.end, Some(RunEnd::Unsure));
    let failure = the_failure(&session);
    assert_eq!((failure.class, failure.billed), (FailureClass::Lost, Billed::Yes));
    assert_eq!(failure.charged, Usd::parse("0.04"));
    assert!(
        failure
            .message
            .starts_with("it was paid for ($0.04) and its audio never arrived"),
        "{}",
        failure.message
    );
    assert!(failure.trace.as_deref().unwrap_or_default().contains("inf-9"));
    let state = &session.report.state;
    assert_eq!(
        (state.spent.known, state.doubtful.known),
        (Usd::parse("0.04").unwrap(), Usd::ZERO)
    );
    let unsure = studio.store().unsure_takes().unwrap();
    assert_eq!(
        (unsure[0].failure.billed, unsure[0].failure.charged),
        (Billed::Yes, Usd::parse("0.04"))
    );
    assert_eq!(studio.run().await.report.state.end, Some(RunEnd::Unsure));
    assert_eq!(
        studio.backend.counts().renders.len(),
        1,
        "paying again is for a person to decide"
    );
    let spent = studio
        .store()
        .spent_since(jiff::Timestamp::UNIX_EPOCH - seconds(1))
        .unwrap();
    assert_eq!(spent.known, Usd::parse("0.04").unwrap());
}

#[tokio::test(start_paused = true)]
async fn a_row_that_comes_late_is_waited_for() {
    let studio = single();
    studio.backend.will([lost()]);
    studio.backend.will_log(from(seconds(70), Fate::NotCharged));
    let session = studio.run().await;
    assert_eq!(session.report.state.end, Some(RunEnd::Done));
    let looks = studio.backend.counts().looks;
    assert!((4..=8).contains(&looks.len()), "{looks:?}");
    let gaps: Vec<_> = looks.windows(2).map(|two| two[1].0.saturating_sub(two[0].0)).collect();
    let (growing, last) = gaps.split_at(gaps.len().min(5));
    // Up to a quarter less than the table says, by chance; never within the least distance, and a little later for the
    // time that the read itself takes.
    for (gap, most) in growing.iter().zip([2, 4, 8, 15, 30]) {
        let least = (seconds(most) * 3 / 4).max(seconds(2));
        assert!(*gap >= least && *gap <= seconds(most + 1), "{gaps:?}");
    }
    assert!(last.iter().all(|gap| *gap > seconds(22)), "{gaps:?}");
}

#[tokio::test(start_paused = true)]
async fn a_row_that_never_comes_is_unsure_and_says_how_long_was_looked() {
    for (patience, looks, says) in [
        ("3m", 7..=14, "the account's log has no row of it after 3m 00s"),
        ("0s", 1..=1, "the account's log has no row of it"),
    ] {
        let studio = patient(patience);
        studio.backend.will([lost()]);
        let session = studio.run().await;
        assert_eq!(session.report.state.end, Some(RunEnd::Unsure));
        let failure = the_failure(&session);
        assert_eq!(
            (failure.class, failure.billed),
            (FailureClass::Ambiguous, Billed::Unknown)
        );
        let help = failure.help.unwrap_or_default();
        assert!(help.starts_with(says), "{help}");
        let seen = studio.backend.counts().looks;
        assert!(looks.contains(&seen.len()), "{patience}: {seen:?}");
        studio.run().await;
        assert_eq!(studio.backend.counts().renders.len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_log_that_cannot_be_read_says_nothing() {
    for (class, at_once) in [(FailureClass::Auth, true), (FailureClass::Server, false)] {
        let studio = patient("1m");
        studio.backend.will([lost()]);
        studio
            .backend
            .will_log(move |_, _| Err(StepFailure::new(class, "the account's log could not be read (HTTP …)")));
        let session = studio.run().await;
        let failure = the_failure(&session);
        assert_eq!(failure.billed, Billed::Unknown);
        let help = failure.help.unwrap_or_default();
        assert!(help.contains("could not be read"), "{help}");
        assert_eq!(studio.backend.counts().looks.len() == 1, at_once, "{class:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn two_lost_calls_share_one_look() {
    let studio = Studio::new(&SONG.replace("takes: 2", "takes: 1"));
    studio.backend.will([lost(), lost()]);
    studio.backend.will_log(from(seconds(10), Fate::NotCharged));
    let session = studio.run().await;
    assert_eq!(session.report.state.end, Some(RunEnd::Done));
    let counts = studio.backend.counts();
    assert_eq!(counts.renders.len(), 4);
    let both = counts.looks.iter().filter(|(_, ids, _)| ids.len() == 2).count();
    assert!(both >= 3 && counts.looks.len() <= both + 1, "{:?}", counts.looks);
}

#[tokio::test(start_paused = true)]
async fn a_whole_answer_without_a_take_is_asked_about_and_not_repeated() {
    let cases = [
        (Fate::NotCharged, RunEnd::Failed, Billed::No),
        (charged("0.0315"), RunEnd::Unsure, Billed::Yes),
    ];
    for (fate, end, billed) in cases {
        let page = b"<html>sorry</html>".to_vec();
        let refusal = StepFailure::new(FailureClass::BadAnswer, "no audio").billed(Billed::Unknown);
        for play in [Play::Silence(page), Play::Refuse(refusal)] {
            let studio = single();
            studio.backend.will([play.clone()]);
            studio.backend.will_log(from(Duration::ZERO, fate.clone()));
            let session = studio.run().await;
            assert_eq!(session.report.state.end, Some(end), "{play:?}");
            assert_eq!(the_failure(&session).billed, billed, "{play:?}");
            assert_eq!(studio.backend.counts().renders.len(), 1, "{play:?}");
            let is_unsure = !studio.store().unsure_takes().unwrap().is_empty();
            assert_eq!(is_unsure, billed != Billed::No);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_interrupt_ends_the_search_at_once_and_leaves_the_call_unsure() {
    let studio = single();
    studio.backend.will([lost()]);
    let (signals, receiver) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        tokio::time::sleep(seconds(20)).await;
        signals.send(StopCause::Interrupted).unwrap();
    });
    let session = studio.run_with(receiver).await;
    assert_eq!(session.report.state.end, Some(RunEnd::Stopped(StopCause::Interrupted)));
    let failure = the_failure(&session);
    assert_eq!(failure.billed, Billed::Unknown);
    let help = failure.help.unwrap_or_default();
    assert!(help.contains("the run was stopped before"), "{help}");
    let took = session.records.last().unwrap().at - session.records[0].at;
    assert!(took.get_seconds() < 30, "it did not wait out its patience: {took}");
    assert_eq!(studio.store().unsure_takes().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_stops_for_another_reason_goes_on_looking() {
    let mut studio = Studio::new(&SONG.replace("takes: 2", "takes: 1"));
    studio.controls.fail_fast = true;
    let refusal = StepFailure::new(FailureClass::Invalid, "no");
    studio.backend.will([Play::SlowlyRefuse(seconds(5), refusal), lost()]);
    studio.backend.will_log(from(seconds(60), charged("0.0315")));
    let session = studio.run().await;
    let phases: Vec<_> = session.report.state.nodes.values().map(|node| &node.phase).collect();
    assert!(
        phases
            .iter()
            .any(|phase| matches!(phase, Phase::Unsure(failure) if failure.billed == Billed::Yes)),
        "{phases:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_lost_call_keeps_its_slot_while_it_is_looked_up() {
    let mut studio = Studio::new(&SONG.replace("takes: 2", "takes: 1"));
    studio.controls.limit.concurrency = std::num::NonZeroU32::MIN;
    studio.backend.will([lost()]);
    studio.backend.will_log(from(seconds(60), charged("0.0315")));
    studio.run().await;
    let begun = studio.backend.counts().begun;
    assert!(
        begun[1] >= begun[0] + seconds(50),
        "the backend may still be at work on it: {begun:?}"
    );
}
