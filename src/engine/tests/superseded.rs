//! A run whose plan gave way to a newer one.

use super::{
    SONG, files,
    harness::{Play, Studio},
};
use crate::event::{RunEnd, StopCause};
use std::{num::NonZeroU32, time::Duration};
use tokio::sync::mpsc;

#[tokio::test(start_paused = true)]
async fn what_was_submitted_lands_and_the_rest_is_left_to_the_newer_plan() {
    let mut studio = Studio::new(SONG);
    studio.controls.limit.concurrency = NonZeroU32::new(2).unwrap();
    studio
        .backend
        .will(std::iter::repeat_n(Play::Slow(Duration::from_secs(60)), 2));
    let (sender, signals) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(5)).await;
        let _ = sender.send(StopCause::Superseded);
        // Saved once more while the calls land: nothing changes.
        let _ = sender.send(StopCause::Superseded);
    });
    let session = studio.run_with(signals).await;
    assert_eq!(session.report.state.end, Some(RunEnd::Stopped(StopCause::Superseded)));
    assert_eq!((studio.backend.counts().renders.len(), files(&studio)), (2, 2));
    assert_eq!(session.report.state.tally().skipped, 2);
    drop(session);
    let rest = studio.run().await;
    assert_eq!(rest.report.state.end, Some(RunEnd::Done));
    assert_eq!((studio.backend.counts().renders.len(), files(&studio)), (4, 4));
}

#[tokio::test(start_paused = true)]
async fn a_run_with_nothing_left_to_begin_ends_well() {
    let studio = Studio::new(SONG);
    studio
        .backend
        .will(std::iter::repeat_n(Play::Slow(Duration::from_secs(60)), 4));
    let (sender, signals) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(5)).await;
        let _ = sender.send(StopCause::Superseded);
    });
    let session = studio.run_with(signals).await;
    assert_eq!(session.report.state.end, Some(RunEnd::Done));
    assert_eq!(files(&studio), 4);
}

#[tokio::test(start_paused = true)]
async fn who_wants_to_leave_is_heard_by_a_superseded_run() {
    let studio = Studio::new(SONG);
    studio
        .backend
        .will(std::iter::repeat_n(Play::Slow(Duration::from_secs(60)), 4));
    let (sender, signals) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(5)).await;
        for cause in [StopCause::Superseded, StopCause::Interrupted, StopCause::Interrupted] {
            let _ = sender.send(cause);
        }
    });
    let session = studio.run_with(signals).await;
    assert_eq!(session.report.state.end, Some(RunEnd::Stopped(StopCause::Abandoned)));
    assert_eq!((session.report.state.tally().unsure, files(&studio)), (4, 0));
}
