//! Audio that is answered as a link: written down, fetched with patience, and never shown.

use super::{SONG, files};
use crate::{
    base::money::Usd,
    engine::tests::harness::{Play, Studio},
    event::{Billed, Event, FailureClass, Phase, RunEnd, RunState, StepFailure, StopCause},
};
use std::time::Duration;
use tokio::sync::mpsc;

fn linked() -> Studio {
    let studio = Studio::new(
        &SONG
            .replace("takes: 2", "takes: 1")
            .replace("[Lisbon, Osaka]", "[Lisbon]"),
    );
    studio.backend.will([Play::Link]);
    studio
}

fn unsure(state: &crate::event::RunState) -> StepFailure {
    let phases = state.nodes.values().map(|node| node.phase.clone());
    let mut failures = phases.filter_map(|phase| match phase {
        Phase::Unsure(failure) => Some(failure),
        _ => None,
    });
    failures.next().expect("something is unsure")
}

/// Links that stand in the ledger.
fn links(studio: &Studio) -> i64 {
    let ledger = rusqlite::Connection::open(studio.path(".takesheet/takesheet.db")).unwrap();
    let count = "SELECT count(*) FROM claims WHERE task LIKE '%S3CRET%'";
    ledger.query_row(count, [], |row| row.get(0)).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_link_is_fetched_again_until_it_brings_the_audio() {
    let studio = linked();
    studio
        .backend
        .will_not_fetch(std::iter::repeat_n(FailureClass::Unreachable, 6));
    let session = studio.run().await;
    assert_eq!(session.report.state.end, Some(RunEnd::Done));
    assert_eq!(files(&studio), 1);
    let counts = studio.backend.counts();
    assert_eq!((counts.renders.len(), counts.fetches.len()), (1, 7));
    assert!(
        counts.fetches[6] > counts.fetches[0] + Duration::from_secs(40),
        "over minutes, not at once: {:?}",
        counts.fetches
    );
    let again = session
        .records
        .iter()
        .filter(|record| matches!(record.event, Event::FetchingAgain { .. }));
    assert_eq!(again.count(), 6);
    assert_eq!(session.report.state.spent.known, Usd::parse("0.0315").unwrap());
    let told = serde_json::to_string(&session.records).unwrap();
    assert!(!told.contains("S3CRET"));
    assert_eq!(links(&studio), 0, "it is gone from the ledger");
}

#[tokio::test(start_paused = true)]
async fn a_link_that_ran_out_is_paid_and_lost() {
    let studio = linked();
    studio
        .backend
        .will_not_fetch(std::iter::repeat_n(FailureClass::Lost, 9));
    let session = studio.run().await;
    assert_eq!(session.report.state.end, Some(RunEnd::Unsure));
    let failure = unsure(&session.report.state);
    assert_eq!((failure.class, failure.billed), (FailureClass::Lost, Billed::Yes));
    assert_eq!(failure.charged, Usd::parse("0.0315"));
    assert!(
        failure.message.starts_with("it was paid for ($0.0315)"),
        "{}",
        failure.message
    );
    assert_eq!(
        studio.backend.counts().fetches.len(),
        3,
        "it may be known before its file is there"
    );
    assert_eq!(links(&studio), 0);
    studio.run().await;
    assert_eq!(studio.backend.counts().renders.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_link_that_cannot_be_reached_is_kept_for_the_next_run() {
    let studio = linked();
    studio
        .backend
        .will_not_fetch(std::iter::repeat_n(FailureClass::Unreachable, 99));
    let session = studio.run().await;
    assert_eq!(session.report.state.end, Some(RunEnd::Unsure));
    let failure = unsure(&session.report.state);
    assert_eq!(failure.billed, Billed::Yes);
    assert!(
        failure
            .help
            .as_deref()
            .unwrap_or_default()
            .contains("the next run fetches it again")
    );
    let minutes = studio.backend.counts().fetches.last().copied().unwrap().as_secs() / 60;
    assert!((3..=6).contains(&minutes), "{minutes}");
    assert_eq!(links(&studio), 1);
    assert!(studio.store().unsure_takes().unwrap()[0].has_link);
}

#[tokio::test(start_paused = true)]
async fn an_interrupt_leaves_the_link_to_the_next_run() {
    let studio = linked();
    studio
        .backend
        .will_not_fetch(std::iter::repeat_n(FailureClass::Unreachable, 99));
    let (signals, receiver) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(10)).await;
        signals.send(StopCause::Interrupted).unwrap();
    });
    let session = studio.run_with(receiver).await;
    assert_eq!(unsure(&session.report.state).billed, Billed::Yes);
    let took = session.records.last().unwrap().at - session.records[0].at;
    assert!(took.get_seconds() < 20, "{took}");
    assert_eq!(links(&studio), 1);
}

/// The ledger of a project, which takes no link for now.
fn full(studio: &Studio) -> rusqlite::Connection {
    drop(studio.store());
    let ledger = rusqlite::Connection::open(studio.path(".takesheet/takesheet.db")).unwrap();
    let full = "CREATE TRIGGER full BEFORE UPDATE ON claims WHEN NEW.state = 'submitted'
                BEGIN SELECT RAISE(FAIL, 'no space left'); END";
    ledger.execute_batch(full).unwrap();
    ledger
}

#[tokio::test(start_paused = true)]
async fn a_link_that_could_not_be_written_down_is_fetched_all_the_same() {
    let studio = linked();
    let _ledger = full(&studio);
    assert_eq!(studio.run().await.report.state.end, Some(RunEnd::Done));
    assert_eq!(files(&studio), 1);
}

#[tokio::test(start_paused = true)]
async fn a_link_that_could_not_be_written_down_is_not_said_to_be_kept() {
    let studio = linked();
    studio
        .backend
        .will_not_fetch(std::iter::repeat_n(FailureClass::Unreachable, 99));
    let _ledger = full(&studio);
    let session = studio.run().await;
    let failure = unsure(&session.report.state);
    assert_eq!(failure.billed, Billed::Yes);
    let help = failure.help.unwrap_or_default();
    assert!(!help.contains("fetches it again"), "{help}");
    assert!(
        help.contains("its link could not be written down") && help.contains("no space left"),
        "{help}"
    );
    assert!(!help.contains("S3CRET"));
    assert_eq!(links(&studio), 0);
}

#[tokio::test(start_paused = true)]
async fn a_link_is_written_down_as_soon_as_the_ledger_can_be_written_again() {
    let studio = linked();
    studio
        .backend
        .will_not_fetch(std::iter::repeat_n(FailureClass::Unreachable, 99));
    let ledger = full(&studio);
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(20)).await;
        ledger.execute_batch("DROP TRIGGER full").unwrap();
    });
    let session = studio.run().await;
    let help = unsure(&session.report.state).help.unwrap_or_default();
    assert!(help.contains("the next run fetches it again"), "{help}");
    assert_eq!(links(&studio), 1);
    assert!(studio.store().unsure_takes().unwrap()[0].has_link);
}

#[tokio::test(start_paused = true)]
async fn a_link_that_is_kept_is_said_to_be_even_if_nothing_more_can_be_written() {
    let studio = linked();
    studio
        .backend
        .will_not_fetch(std::iter::repeat_n(FailureClass::Unreachable, 99));
    drop(studio.store());
    let ledger = rusqlite::Connection::open(studio.path(".takesheet/takesheet.db")).unwrap();
    let full = "CREATE TRIGGER full BEFORE UPDATE ON claims WHEN NEW.state = 'unsure'
                BEGIN SELECT RAISE(FAIL, 'no space left'); END";
    ledger.execute_batch(full).unwrap();
    let session = studio.run().await;
    let failure = unsure(&session.report.state);
    assert_eq!(failure.billed, Billed::Yes, "{}", failure.message);
    assert!(failure.message.contains("no space left"), "{}", failure.message);
    let help = failure.help.unwrap_or_default();
    assert!(help.contains("the next run fetches it again"), "{help}");
    assert_eq!(links(&studio), 1);
}

/// Asks to stop that often, the first time after five seconds, while a download takes that long.
async fn stop_during_a_download(length: Duration, times: usize) -> (Studio, RunState) {
    let studio = linked();
    studio.backend.will_fetch_slowly(length);
    let (signals, receiver) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        for _ in 0..times {
            tokio::time::sleep(Duration::from_secs(5)).await;
            signals.send(StopCause::Interrupted).unwrap();
        }
        // Until the run is over nobody else stops it.
        signals.closed().await;
    });
    let session = studio.run_with(receiver).await;
    (studio, session.report.state)
}

#[tokio::test(start_paused = true)]
async fn a_download_that_is_left_at_once_is_told_as_paid_and_fetched_by_the_next_run() {
    let (studio, state) = stop_during_a_download(Duration::from_secs(60), 2).await;
    assert_eq!(state.end, Some(RunEnd::Stopped(StopCause::Abandoned)));
    let failure = unsure(&state);
    assert_eq!(failure.billed, Billed::Yes, "{}", failure.message);
    assert!(failure.is_kept(), "nobody is to settle it");
    assert_eq!(links(&studio), 1);
    assert_eq!(state.costs().waiting.known, Usd::from_nanos(31_500_000));
}

#[tokio::test(start_paused = true)]
async fn a_download_has_some_seconds_to_land_once_a_person_wants_to_leave() {
    let (_, state) = stop_during_a_download(Duration::from_secs(12), 1).await;
    assert_eq!(state.tally().rendered, 1, "it landed");
    let (studio, state) = stop_during_a_download(Duration::from_secs(3600), 1).await;
    assert_eq!(state.end, Some(RunEnd::Stopped(StopCause::Interrupted)));
    assert!(unsure(&state).is_kept());
    assert_eq!((links(&studio), studio.backend.counts().fetches.len()), (1, 0));
}
