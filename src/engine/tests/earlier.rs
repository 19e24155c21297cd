//! What earlier processes left behind, settled before a run and in the middle of one.

use super::{SONG, files};
use crate::{
    backend::{Backend, Fate},
    base::door::Sink,
    engine::{
        Became, Earlier, Settled,
        tests::harness::{LINK, Play, Scripted, Session, Studio, music},
    },
    event::{FailureClass, RunEnd},
    store::{ClaimId, Claimed, NewClaim, Store, UnsureTake, fs},
};
use std::{sync::Arc, time::Duration};

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
        let path = store.blob_path(audio.digest);
        match damage {
            Some(damaged) => fs::atomic_write(&path, damaged).unwrap(),
            None => std::fs::remove_dir_all(path.parent().unwrap()).unwrap(),
        }
        let settled = settle(&studio, &store).await;
        assert_eq!(settled[0].became, Became::Take);
        drop(store);
        assert_eq!(studio.run().await.report.state.end, Some(RunEnd::Done));
        assert_eq!((files(&studio), studio.backend.counts().renders.len()), (1, 1));
    }
}

/// Another process that has a call for the project's only take under way.
fn other_buyer(studio: &Studio) -> (Store, ClaimId) {
    let store = studio.store();
    let plan = studio.plan(&store);
    let (node, take) = plan.takes().next().unwrap();
    let request = take.draft.complete(&plan, |_| None).unwrap();
    let claim = NewClaim {
        key: take.key.unwrap(),
        take: &take.name,
        pipeline: &plan.pipeline,
        run: "another",
        request: &request,
        request_id: "id-of-another",
        price: node.price,
        account: studio.backend.account(),
        day: None,
    };
    let Claimed::Go(id) = store.claim(&claim).unwrap() else {
        panic!("the key is free")
    };
    (Arc::into_inner(store).unwrap(), id)
}

/// A run in the midst of which that process dies.
async fn run_while_it_dies(studio: &Studio, store: Store) -> Session {
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(10)).await;
        drop(store);
    });
    studio.run().await
}

#[tokio::test(start_paused = true)]
async fn a_call_whose_process_dies_during_the_run_is_looked_up_before_it_is_called_unsure() {
    for (fate, end, renders) in [
        (Some(Fate::NotCharged), RunEnd::Done, 1),
        (None, RunEnd::Unsure, 0),
        (
            Some(Fate::Charged {
                amount: None,
                traces: Vec::new(),
            }),
            RunEnd::Unsure,
            0,
        ),
    ] {
        let studio = single();
        let said = fate.clone();
        studio.backend.will_log(move |_, _| {
            let rows = said.iter().map(|fate| ("id-of-another".to_owned(), fate.clone()));
            Ok(rows.collect())
        });
        let (other, _) = other_buyer(&studio);
        let session = run_while_it_dies(&studio, other).await;
        assert_eq!(session.report.state.end, Some(end), "{fate:?}");
        let counts = studio.backend.counts();
        assert_eq!((counts.renders.len(), counts.looks.len()), (renders, 1), "{fate:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_link_whose_process_dies_during_the_run_is_fetched() {
    let studio = single();
    let (other, id) = other_buyer(&studio);
    other.submitted(id, LINK, None, &[]).unwrap();
    let session = run_while_it_dies(&studio, other).await;
    assert_eq!(session.report.state.end, Some(RunEnd::Done));
    let counts = studio.backend.counts();
    assert_eq!(
        (
            counts.renders.len(),
            counts.looks.len(),
            counts.fetches.len(),
            files(&studio)
        ),
        (0, 0, 1, 1)
    );
}
