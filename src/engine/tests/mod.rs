//! Whole runs against a scripted backend, with a real store and a paused clock.

mod budget;
mod charges;
mod earlier;
mod gates;
mod gone;
mod harness;
mod links;
mod lookup;
mod machine;
mod pace;
mod references;
mod superseded;

use crate::{
    base::money::{Price, Usd},
    event::{Billed, Event, FailureClass, Phase, RunEnd, StepFailure, StopCause},
    pipeline::Rate,
    plan::{Memory, Verdict},
    store::fs,
};
use harness::{Play, Studio};
use std::{collections::BTreeSet, num::NonZeroU32, time::Duration};
use tokio::sync::mpsc;

const SONG: &str = r#"
version: 1
backend: aimlapi
references:
  vox: { file: voice.mp3, purpose: voice }
lyrics:
  chorus:
    matrix: { city: [Lisbon, Osaka] }
    template: "Lights of {{city}}\nall night"
songs:
  hook: { lyrics: chorus, voice: vox, takes: 2 }
"#;

fn failure(class: FailureClass) -> Play {
    Play::Refuse(StepFailure::new(class, "no"))
}

fn files(studio: &Studio) -> usize {
    let entries = walk(&studio.path("takes"));
    let is_take = |name: &&String| {
        std::path::Path::new(name)
            .extension()
            .is_some_and(|extension| extension == "mp3")
    };
    entries.iter().filter(is_take).count()
}

fn walk(folder: &std::path::Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .flat_map(|path| {
            if path.is_dir() {
                walk(&path)
            } else {
                vec![path.to_string_lossy().into_owned()]
            }
        })
        .collect()
}

#[tokio::test(start_paused = true)]
async fn renders_what_is_missing_and_then_nothing() {
    let studio = Studio::new(SONG);
    let session = studio.run().await;
    assert_eq!(session.report.state.end, Some(RunEnd::Done));
    assert_eq!(
        (studio.backend.counts().uploads, studio.backend.counts().renders.len()),
        (1, 4)
    );
    assert_eq!(session.report.state.spent.known, Usd::parse("0.126").unwrap());
    assert_eq!(files(&studio), 4);
    let ids: BTreeSet<_> = studio
        .backend
        .counts()
        .renders
        .into_iter()
        .map(|call| call.request_id)
        .collect();
    assert_eq!(ids.len(), 4, "every call has a name of its own");

    let again = studio.run().await;
    assert_eq!(studio.backend.counts().renders.len(), 4);
    assert_eq!((again.report.state.cached, again.report.takes.len()), (4, 4));
}

#[tokio::test(start_paused = true)]
async fn never_more_calls_at_once_than_allowed() {
    let mut studio = Studio::new(&SONG.replace("takes: 2", "takes: 20"));
    studio.controls.limit.concurrency = NonZeroU32::new(3).unwrap();
    studio.run().await;
    let counts = studio.backend.counts();
    assert_eq!((counts.renders.len(), counts.most_under_way), (40, 3));
}

#[tokio::test(start_paused = true)]
async fn never_faster_than_the_rate() {
    let mut studio = Studio::new(&SONG.replace("takes: 2", "takes: 4"));
    studio.controls.limit.rate = Some(Rate {
        calls: NonZeroU32::new(3).unwrap(),
        per: Duration::from_secs(60),
    });
    studio.run().await;
    let begun = studio.backend.counts().begun;
    assert_eq!(begun.len(), 8);
    for window in begun.windows(4) {
        assert!(window[0] + Duration::from_secs(60) <= window[3], "{begun:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn waiting_for_another_process_does_not_use_up_the_rate() {
    let mut studio = Studio::new(&SONG.replace("takes: 2", "takes: 1"));
    studio.controls.limit.rate = Some(Rate {
        calls: NonZeroU32::new(3).unwrap(),
        per: Duration::from_secs(3600),
    });
    let store = studio.store();
    let plan = studio.plan(&store);
    let (_, take) = plan.takes().next().unwrap();
    let request = take.draft.complete(&plan, |_| None).unwrap();
    let other = crate::store::NewClaim {
        key: request.key(),
        take: &take.name,
        pipeline: "song",
        run: "another",
        request: &request,
        request_id: "another",
        price: Price::Unknown,
        account: crate::base::digest::Digest::of(b"an account"),
        day: None,
    };
    let crate::store::Claimed::Go(claim) = store.claim(&other).unwrap() else {
        panic!("nobody else asks")
    };
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(60)).await;
        store.release(claim).unwrap();
    });
    let session = tokio::time::timeout(Duration::from_secs(600), studio.run());
    let session = session.await.expect("one upload and two takes are three calls");
    assert_eq!(session.report.state.end, Some(RunEnd::Done));
}

#[tokio::test(start_paused = true)]
async fn identical_cells_are_one_purchase() {
    let studio = Studio::new(&format!("{SONG}  twin: {{ lyrics: chorus, voice: vox, takes: 2 }}\n"));
    let session = studio.run().await;
    assert_eq!(studio.backend.counts().renders.len(), 4);
    assert_eq!(
        (
            session.report.state.tally().rendered,
            session.report.state.tally().reused
        ),
        (4, 4)
    );
    assert_eq!(files(&studio), 8);
}

#[tokio::test(start_paused = true)]
async fn what_surely_did_not_run_is_tried_again_and_bought_once() {
    let studio = Studio::new(&SONG.replace("takes: 2", "takes: 1"));
    studio
        .backend
        .will([Play::Busy(None), Play::Busy(Some(Duration::from_secs(9))), Play::Music]);
    let session = studio.run().await;
    assert_eq!(session.report.state.end, Some(RunEnd::Done));
    assert_eq!(studio.backend.counts().renders.len(), 4);
    assert_eq!(session.report.state.tally().rendered, 2);
    let pauses = session
        .records
        .iter()
        .filter(|record| matches!(record.event, Event::Retrying { .. }))
        .count();
    assert_eq!(pauses, 2);
}

#[tokio::test(start_paused = true)]
async fn an_ambiguous_outcome_is_never_sent_again_by_itself() {
    let studio = Studio::new(&SONG.replace("takes: 2", "takes: 1"));
    studio.backend.will([Play::Lose]);
    let session = studio.run().await;
    assert_eq!(session.report.state.end, Some(RunEnd::Unsure));
    assert_eq!(session.report.state.tally().rendered, 1, "the others go on");
    for _ in 0..2 {
        let again = studio.run().await;
        assert_eq!(again.report.state.end, Some(RunEnd::Unsure));
        assert_eq!(studio.backend.counts().renders.len(), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_no_take_is_kept_and_not_bought_again() {
    let studio = Studio::new(&SONG.replace("takes: 2", "takes: 1"));
    studio
        .backend
        .will([Play::Bytes(b"<!DOCTYPE html><html><body>Sorry".to_vec())]);
    let session = studio.run().await;
    let failed = session.report.state.nodes.values().find_map(|node| match &node.phase {
        Phase::Unsure(failure) => Some(failure.clone()),
        _ => None,
    });
    assert_eq!(session.report.state.end, Some(RunEnd::Unsure));
    let failed = failed.expect("one take is unsure");
    assert_eq!(
        (failed.class, failed.billed, failed.charged),
        (FailureClass::BadAnswer, Billed::Yes, Usd::parse("0.0315")),
        "the answer says that it was charged"
    );
    assert!(failed.help.unwrap().contains("is kept in"));
    assert_eq!(failed.location.unwrap().line, 11);
    assert_eq!(files(&studio), 1, "no page is called .mp3");
    studio.run().await;
    assert_eq!(studio.backend.counts().renders.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_was_paid_for_nothing_is_not_bought_again_by_itself() {
    for billed in [Billed::Yes, Billed::Unknown] {
        let studio = Studio::new(&SONG.replace("takes: 2", "takes: 1"));
        let empty = StepFailure::new(FailureClass::BadAnswer, "the answer's audio is empty").billed(billed);
        studio.backend.will([Play::Refuse(empty)]);
        for _ in 0..2 {
            let session = studio.run().await;
            assert_eq!(session.report.state.end, Some(RunEnd::Unsure), "{billed:?}");
            assert_eq!(studio.backend.counts().renders.len(), 2, "{billed:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_pause_between_tries_is_not_taken_for_a_call_under_way() {
    let studio = Studio::new(&SONG.replace("takes: 2", "takes: 1"));
    let later = Some(Duration::from_secs(300));
    studio.backend.will([Play::Busy(later), Play::Busy(later)]);
    let (sender, signals) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(5)).await;
        let _ = sender.send(StopCause::Interrupted);
        let _ = sender.send(StopCause::Interrupted);
    });
    let session = studio.run_with(signals).await;
    assert_eq!(session.report.state.tally().unsure, 0);
}

#[tokio::test(start_paused = true)]
async fn goes_on_after_a_failure_unless_told_to_stop() {
    let mut studio = Studio::new(SONG);
    studio.controls.limit.concurrency = NonZeroU32::MIN;
    studio.backend.will([failure(FailureClass::Moderation)]);
    let session = studio.run().await;
    assert_eq!(
        (
            session.report.state.tally().failed,
            session.report.state.tally().rendered
        ),
        (1, 3)
    );

    let mut studio = Studio::new(SONG);
    studio.controls.fail_fast = true;
    studio.controls.limit.concurrency = NonZeroU32::MIN;
    studio.backend.will([failure(FailureClass::Moderation)]);
    let session = studio.run().await;
    assert_eq!(session.report.state.end, Some(RunEnd::Failed));
    assert_eq!(
        (
            studio.backend.counts().renders.len(),
            session.report.state.tally().skipped
        ),
        (1, 3)
    );
}

#[tokio::test(start_paused = true)]
async fn a_refused_key_stops_everything_at_once() {
    let mut studio = Studio::new(SONG);
    studio.controls.limit.concurrency = NonZeroU32::MIN;
    studio.backend.will([failure(FailureClass::Credits)]);
    let session = studio.run().await;
    assert_eq!(session.report.state.end, Some(RunEnd::Stopped(StopCause::Refused)));
    assert_eq!(studio.backend.counts().renders.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_budget_admits_no_take_beyond_it() {
    let mut studio = Studio::new(SONG);
    studio.controls.budget = Usd::parse("0.07");
    let session = studio.run().await;
    assert_eq!(session.report.state.end, Some(RunEnd::Stopped(StopCause::Budget)));
    assert_eq!(
        studio.backend.counts().renders.len(),
        2,
        "two takes of 0.0315 fit into 0.07"
    );
    assert_eq!(files(&studio), 2, "what was admitted lands");
}

#[tokio::test(start_paused = true)]
async fn the_first_interrupt_lets_paid_calls_land_and_the_second_leaves() {
    let mut studio = Studio::new(SONG);
    studio.controls.limit.concurrency = NonZeroU32::new(2).unwrap();
    let wait = Duration::from_secs(60);
    studio.backend.will([Play::Slow(wait), Play::Slow(wait)]);
    let (sender, signals) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(5)).await;
        let _ = sender.send(StopCause::Interrupted);
    });
    let session = studio.run_with(signals).await;
    assert_eq!(session.report.state.end, Some(RunEnd::Stopped(StopCause::Interrupted)));
    assert_eq!((studio.backend.counts().renders.len(), files(&studio)), (2, 2));

    let studio = Studio::new(SONG);
    studio.backend.will(std::iter::repeat_n(Play::Slow(wait), 4));
    let (sender, signals) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(5)).await;
        let _ = sender.send(StopCause::Interrupted);
        let _ = sender.send(StopCause::Interrupted);
    });
    let session = studio.run_with(signals).await;
    assert_eq!(session.report.state.end, Some(RunEnd::Stopped(StopCause::Abandoned)));
    assert_eq!((session.report.state.tally().unsure, files(&studio)), (4, 0));
    drop(session);
    let again = studio.run().await;
    assert_eq!(
        studio.backend.counts().renders.len(),
        4,
        "what was left under way is not sent again"
    );
    assert_eq!(again.report.state.end, Some(RunEnd::Unsure));
}

#[tokio::test(start_paused = true)]
async fn who_asked_to_stop_before_the_run_began_is_heard() {
    let studio = Studio::new(SONG);
    let (sender, signals) = mpsc::unbounded_channel();
    sender.send(StopCause::Interrupted).unwrap();
    let session = studio.run_with(signals).await;
    assert_eq!(session.report.state.end, Some(RunEnd::Stopped(StopCause::Interrupted)));
    let counts = studio.backend.counts();
    assert_eq!((counts.uploads, counts.renders.len()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_rendered_song_becomes_the_next_reference() {
    let studio = Studio::new(
        r#"
version: 1
backend: aimlapi
references:
  vox: { file: voice.mp3, purpose: voice }
  bed: { from: songs.first#1, purpose: instrumental }
lyrics:
  words: { template: "la la la" }
songs:
  first: { lyrics: words, voice: vox }
  second: { lyrics: words, instrumental: bed }
"#,
    );
    let store = studio.store();
    let plan = studio.plan(&store);
    let verdicts: Vec<_> = plan.takes().map(|(node, _)| node.verdict).collect();
    assert_eq!(verdicts, [Verdict::New, Verdict::Waits]);
    drop(store);
    let session = studio.run().await;
    assert_eq!(session.report.state.end, Some(RunEnd::Done));
    let counts = studio.backend.counts();
    assert_eq!((counts.uploads, counts.renders.len()), (2, 2));
    assert!(counts.renders[1].instrumental.is_some() && counts.renders[1].voice.is_none());
    assert_eq!(
        studio.run().await.report.state.cached,
        2,
        "now the key of the second is known"
    );
}

#[tokio::test(start_paused = true)]
async fn what_the_take_cost_is_remembered_with_it() {
    let studio = Studio::new(SONG);
    let session = studio.run().await;
    let stored = session.report.takes.values().next().unwrap();
    assert_eq!(
        (stored.price, stored.charged),
        (Price::Known(Usd::from_nanos(31_500_000)), Usd::parse("0.0315"))
    );
    assert!(studio.store().recall(&[stored.key]).contains_key(&stored.key));
}

#[tokio::test(start_paused = true)]
async fn audio_that_is_gone_is_not_called_never_rendered() {
    let studio = Studio::new(SONG);
    let session = studio.run().await;
    let gone = session.report.takes.values().next().unwrap().digest;
    let store = studio.store();
    std::fs::remove_dir_all(studio.path("takes")).unwrap();
    std::fs::remove_dir_all(store.blob_path(gone).parent().unwrap()).unwrap();
    let plan = studio.plan(&store);
    let lost: Vec<_> = plan
        .takes()
        .filter(|(node, _)| node.verdict != crate::plan::Verdict::Cached)
        .collect();
    assert!(!lost.is_empty());
    for (node, _) in lost {
        assert!(
            matches!(node.reason, crate::plan::Reason::PaidAudioLost { .. }),
            "{:?}",
            node.reason
        );
    }
    studio.run().await;
    assert_eq!(
        studio.backend.counts().renders.len(),
        4,
        "it was bought again without a word"
    );
}

#[tokio::test(start_paused = true)]
async fn files_that_were_taken_away_come_back_without_a_call() {
    let studio = Studio::new(SONG);
    studio.run().await;
    std::fs::remove_dir_all(studio.path("takes")).unwrap();
    let session = studio.run().await;
    assert_eq!((session.report.state.tally().reused, files(&studio)), (4, 4));
    assert_eq!(studio.backend.counts().renders.len(), 4);
}

#[tokio::test(start_paused = true)]
async fn half_an_answer_is_kept() {
    let studio = Studio::new(&SONG.replace("takes: 2", "takes: 1"));
    studio.backend.will([Play::Cut(b"half a song".to_vec())]);
    let session = studio.run().await;
    let unsure = session.report.state.nodes.values().find_map(|node| match &node.phase {
        Phase::Unsure(failure) => failure.help.clone(),
        _ => None,
    });
    let help = unsure.expect("one take is unsure");
    let path = help.rsplit("is kept in ").next().unwrap();
    assert_eq!(fs::read(std::path::Path::new(path)).unwrap(), b"half a song");
}
