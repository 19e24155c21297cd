//! Upload ids that the backend does not know any more: sent once more, and nothing bought twice for it.

use super::{SONG, failure};
use crate::{
    base::money::Usd,
    engine::tests::harness::{Play, Studio},
    event::{Billed, FailureClass, RunEnd, StepFailure, StopCause},
};
use std::time::Duration;
use tokio::sync::mpsc;

#[tokio::test(start_paused = true)]
async fn an_unknown_id_is_uploaded_once_more_and_then_given_up() {
    let studio = Studio::new(SONG);
    studio.backend.will([failure(FailureClass::UnknownReference)]);
    let session = studio.run().await;
    assert_eq!(session.report.state.end, Some(RunEnd::Done));
    assert_eq!(studio.backend.counts().uploads, 2);

    let studio = Studio::new(SONG);
    studio
        .backend
        .will(std::iter::repeat_n(failure(FailureClass::UnknownReference), 20));
    let session = studio.run().await;
    assert_eq!(session.report.state.end, Some(RunEnd::Failed));
    assert_eq!(studio.backend.counts().uploads, 2, "no storm of uploads");
    assert_eq!(session.report.state.tally().failed, 4);
    assert_eq!(session.report.state.spent.known, Usd::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_try_made_while_an_upload_is_renewed_still_has_ids() {
    let studio = Studio::new(&SONG.replace("takes: 2", "takes: 1"));
    // The second try of the one take comes while the upload is on its way for the other.
    let soon = Some(Duration::from_millis(100));
    studio
        .backend
        .will([failure(FailureClass::UnknownReference), Play::Busy(soon)]);
    let session = studio.run().await;
    assert_eq!(session.report.state.end, Some(RunEnd::Done));
    assert_eq!(studio.backend.counts().uploads, 2);
}

#[tokio::test(start_paused = true)]
async fn an_unknown_id_that_was_billed_is_not_sent_again() {
    let studio = Studio::new(&SONG.replace("takes: 2", "takes: 1"));
    let billed = StepFailure::new(FailureClass::UnknownReference, "no").billed(Billed::Yes);
    studio.backend.will([Play::Refuse(billed)]);
    studio.run().await;
    let again = studio.run().await;
    assert_eq!(
        studio.backend.counts().renders.len(),
        2,
        "one for each of the two takes"
    );
    assert_eq!(
        again.report.state.end,
        Some(RunEnd::Unsure),
        "a person decides about paying again"
    );
}

#[tokio::test(start_paused = true)]
async fn an_upload_that_fails_the_second_time_ends_all_takes_that_ask_for_it() {
    let studio = Studio::new(&SONG.replace("takes: 2", "takes: 1"));
    studio.backend.will_take_uploads(1);
    let stale = StepFailure::new(FailureClass::UnknownReference, "no");
    studio.backend.will([
        Play::Refuse(stale.clone()),
        Play::SlowlyRefuse(Duration::from_secs(60), stale),
    ]);
    let run = tokio::time::timeout(Duration::from_secs(600), studio.run());
    let session = run.await.expect("the run comes to an end");
    assert_eq!(session.report.state.end, Some(RunEnd::Failed));
}

#[tokio::test(start_paused = true)]
async fn an_unknown_id_after_an_interrupt_ends_the_run() {
    let studio = Studio::new(&SONG.replace("takes: 2", "takes: 1"));
    let stale = || StepFailure::new(FailureClass::UnknownReference, "no");
    let slowly = |seconds| Play::SlowlyRefuse(Duration::from_secs(seconds), stale());
    studio.backend.will([slowly(10), slowly(60)]);
    let (sender, signals) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(5)).await;
        let _ = sender.send(StopCause::Interrupted);
    });
    let run = tokio::time::timeout(Duration::from_secs(600), studio.run_with(signals));
    let session = run.await.expect("the run comes to an end");
    assert_eq!(session.report.state.end, Some(RunEnd::Stopped(StopCause::Interrupted)));
    assert_eq!(studio.backend.counts().uploads, 1, "nothing more is begun");
}
