//! A ledger that cannot be written any more, or a step that breaks down: the run ends, and nobody waits for ever.

use super::{
    SONG,
    harness::{Play, Session, Studio},
};
use crate::{
    event::{Event, FailureClass, Phase, RunEnd, SkipReason, StopCause},
    plan::NodeId,
};
use std::{num::NonZeroU32, time::Duration};

/// From now on no call can be written down as that.
fn freeze_claims(studio: &Studio, state: &str) {
    drop(studio.store());
    let database = rusqlite::Connection::open(studio.path(".takesheet/takesheet.db")).unwrap();
    let frozen = format!(
        "CREATE TRIGGER frozen BEFORE UPDATE ON claims WHEN NEW.state = '{state}'
         BEGIN SELECT RAISE(ABORT, 'frozen'); END;"
    );
    database.execute_batch(&frozen).unwrap();
}

async fn in_time(studio: &Studio) -> Session {
    let run = tokio::time::timeout(Duration::from_secs(3600), studio.run());
    run.await.expect("the run ends")
}

fn skipped(session: &Session) -> Vec<(NodeId, SkipReason)> {
    let because = |event: &Event| match event {
        Event::NodeSkipped { node, because } => Some((*node, because.clone())),
        _ => None,
    };
    session
        .records
        .iter()
        .filter_map(|record| because(&record.event))
        .collect()
}

/// Two songs that turn out to be the same only when their reference, another song, is there.
#[tokio::test(start_paused = true)]
async fn a_twin_does_not_wait_for_a_call_that_cannot_be_written_down() {
    let studio = Studio::new(
        "
version: 1
backend: aimlapi
references:
  vox: { file: voice.mp3, purpose: voice }
  bed: { from: songs.first#1, purpose: instrumental }
lyrics: { words: { template: la la la } }
songs:
  first: { lyrics: words, voice: vox }
  second: { lyrics: words, instrumental: bed }
  third: { lyrics: words, instrumental: bed }
",
    );
    freeze_claims(&studio, "unsure");
    studio.backend.will([Play::Music, Play::Lose]);
    let session = in_time(&studio).await;
    assert_eq!(session.report.state.end, Some(RunEnd::Stopped(StopCause::Machine)));
    let tally = session.report.state.tally();
    assert_eq!((tally.rendered, tally.unsure, tally.skipped), (1, 1, 1));
    assert_eq!(studio.backend.counts().renders.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_take_does_not_wait_for_the_money_of_a_call_that_cannot_be_written_down() {
    let day = "timezone: UTC\nlimits: { budget: { day: 0.04 } }\n";
    let studio = Studio::new(&format!("{}{day}", SONG.replace("takes: 2", "takes: 1")));
    freeze_claims(&studio, "unsure");
    studio.backend.will([Play::Lose]);
    let session = in_time(&studio).await;
    assert_eq!(session.report.state.end, Some(RunEnd::Stopped(StopCause::Machine)));
    assert!(matches!(skipped(&session)[..], [(_, SkipReason::Stopped)]));
    assert_eq!(studio.backend.counts().renders.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_step_that_breaks_down_is_unsure_and_what_is_under_way_lands() {
    let mut studio = Studio::new(SONG);
    studio.controls.limit.concurrency = NonZeroU32::new(2).unwrap();
    studio.backend.will([Play::Slow(Duration::from_secs(60)), Play::Panic]);
    let session = in_time(&studio).await;
    let state = &session.report.state;
    assert_eq!(state.end, Some(RunEnd::Stopped(StopCause::Machine)));
    let tally = state.tally();
    assert_eq!((tally.rendered, tally.unsure, tally.skipped), (1, 1, 2));
    let lands = |phase: &Phase| matches!(phase, Phase::Done { .. });
    assert_eq!(
        state.nodes.values().filter(|node| lands(&node.phase)).count(),
        2,
        "upload and take"
    );
    assert_eq!(studio.backend.counts().renders.len(), 2);
    // What broke down is held back, and what never began is bought.
    let again = in_time(&studio).await;
    assert_eq!(again.report.state.end, Some(RunEnd::Unsure));
    assert_eq!(studio.backend.counts().renders.len(), 4);
}

/// A link that nobody can fetch, and a ledger that cannot be told what came of it.
#[tokio::test(start_paused = true)]
async fn nobody_waits_for_a_link_whose_loss_cannot_be_written_down() {
    for (frozen, class) in [("unsure", FailureClass::Unreachable), ("failed", FailureClass::Lost)] {
        let day = "timezone: UTC\nlimits: { budget: { day: 0.04 } }\n";
        let studio = Studio::new(&format!("{}{day}", SONG.replace("takes: 2", "takes: 1")));
        freeze_claims(&studio, frozen);
        studio.backend.will([Play::Link]);
        studio.backend.will_not_fetch(std::iter::repeat_n(class, 20));
        let session = in_time(&studio).await;
        assert_eq!(
            session.report.state.end,
            Some(RunEnd::Stopped(StopCause::Machine)),
            "{frozen}"
        );
        assert_eq!(studio.backend.counts().renders.len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn what_broke_an_earlier_run_does_not_stop_this_one() {
    let studio = Studio::new(&SONG.replace("takes: 2", "takes: 1"));
    studio.backend.will([Play::Panic]);
    let first = in_time(&studio).await;
    assert_eq!(first.report.state.end, Some(RunEnd::Stopped(StopCause::Machine)));
    let again = in_time(&studio).await;
    assert_eq!(
        again.report.state.end,
        Some(RunEnd::Unsure),
        "the other song is rendered"
    );
    assert_eq!(again.report.state.stopping, None);
}
