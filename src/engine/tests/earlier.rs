//! What earlier processes left behind, settled before a run and in the middle of one.

use super::{SONG, files};
use crate::{
    base::door::Sink,
    engine::{
        Became, Earlier, Settled,
        tests::harness::{Play, Scripted, Studio, music},
    },
    event::{FailureClass, RunEnd},
    store::{Store, UnsureTake, fs},
};
use std::sync::Arc;

/// One take.
fn single() -> Studio {
    Studio::new(
        &SONG
            .replace("takes: 2", "takes: 1")
            .replace("[Lisbon, Osaka]", "[Lisbon]"),
    )
}

/// A project whose first run was answered with a link that could not be reached.
async fn waiting() -> Studio {
    let studio = single();
    studio.backend.will([Play::Link]);
    studio
        .backend
        .will_not_fetch(std::iter::repeat_n(FailureClass::Unreachable, 12));
    assert_eq!(studio.run().await.report.state.end, Some(RunEnd::Unsure));
    assert!(left(&studio.store()).has_link);
    studio
}

/// The one call whose outcome is not known.
fn left(store: &Store) -> UnsureTake {
    let mut unsure = store.unsure_takes().unwrap();
    assert_eq!(unsure.len(), 1, "{unsure:?}");
    unsure.remove(0)
}

fn earlier(studio: &Studio, store: &Arc<Store>) -> Earlier<Scripted> {
    Earlier {
        store: Arc::clone(store),
        backends: studio.backends(),
        clock: studio.clock(),
    }
}

async fn settle(studio: &Studio, store: &Arc<Store>) -> Vec<Settled> {
    let (arrived, unsure) = (store.arrived_takes().unwrap(), store.unsure_takes().unwrap());
    earlier(studio, store).settle(arrived, unsure).await.unwrap()
}

/// Fetches the audio of a call as another process would, and dies before it is a take.
fn fetch_and_die(studio: &Studio, take: &UnsureTake) {
    let other = studio.store();
    other.take_over(take.claim).unwrap();
    let mut writer = other.blob_writer().unwrap();
    writer.write(music()).unwrap();
    other.take_in(take.claim, writer).unwrap();
}

#[tokio::test(start_paused = true)]
async fn audio_that_another_process_fetched_meanwhile_is_not_called_lost() {
    let studio = waiting().await;
    let store = studio.store();
    let unsure = store.unsure_takes().unwrap();
    fetch_and_die(&studio, &unsure[0]);
    let fetches = studio.backend.counts().fetches.len();
    let settled = earlier(&studio, &store).settle(Vec::new(), unsure).await.unwrap();
    assert_eq!(settled.len(), 1);
    assert_eq!(settled[0].became, Became::Take);
    assert_eq!(studio.backend.counts().fetches.len(), fetches, "it is here");
    drop(store);
    assert_eq!(studio.run().await.report.state.end, Some(RunEnd::Done));
    assert_eq!((files(&studio), studio.backend.counts().renders.len()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn audio_that_was_damaged_before_it_was_a_take_is_fetched_again() {
    for damage in [None, Some(&b"noise"[..])] {
        let studio = waiting().await;
        let store = studio.store();
        fetch_and_die(&studio, &left(&store));
        let audio = store.arrived_takes().unwrap().remove(0).blob;
        std::fs::remove_file(&store.blob_path(audio.digest)).unwrap();
        if let Some(damaged) = damage {
            fs::atomic_write(&store.blob_path(audio.digest), damaged).unwrap();
        }
        let settled = settle(&studio, &store).await;
        assert_eq!(settled[0].became, Became::Take);
        drop(store);
        assert_eq!(studio.run().await.report.state.end, Some(RunEnd::Done));
        assert_eq!((files(&studio), studio.backend.counts().renders.len()), (1, 1));
    }
}
