//! What takes a slot and what does not, and what happens when a backend asks to slow down.

use super::{SONG, failure};
use crate::{
    backend::Backend,
    base::{door::Sink, money::Price},
    catalog::BackendKind,
    engine::{
        Limit,
        tests::harness::{Play, Session, Studio, music},
    },
    event::{Event, FailureClass, Phase, RunEnd, SkipReason},
    pipeline::Rate,
    store::{Claimed, NewClaim},
};
use std::{num::NonZeroU32, time::Duration};

const HOUR: Duration = Duration::from_secs(3600);

fn number(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).unwrap()
}

fn hourly(calls: u32) -> Rate {
    let calls = number(calls);
    Rate { calls, per: HOUR }
}

/// A run that must not wait for the next call of an hourly rate.
async fn at_once(studio: &Studio) -> Session {
    let run = tokio::time::timeout(HOUR / 2, studio.run());
    run.await.expect("nothing waits for a slot or for the rate")
}

#[tokio::test(start_paused = true)]
async fn takes_that_are_there_need_neither_slot_nor_token() {
    let mut studio = Studio::new(&SONG.replace("takes: 2", "takes: 60"));
    studio.controls.limit.concurrency = number(20);
    studio.run().await;
    std::fs::remove_dir_all(studio.path("takes")).unwrap();
    studio.controls.limit = Limit {
        concurrency: NonZeroU32::MIN,
        rate: Some(hourly(1)),
    };
    let session = at_once(&studio).await;
    assert_eq!(session.report.state.tally().reused, 120);
    studio.write(&SONG.replace("takes: 2", "takes: 60").replace("hook:", "other:"));
    let renamed = at_once(&studio).await;
    assert_eq!(renamed.report.state.end, Some(RunEnd::Done));
    assert_eq!(studio.backend.counts().renders.len(), 120);
}

#[tokio::test(start_paused = true)]
async fn twins_wait_for_each_other_and_for_nothing_else() {
    let mut studio = Studio::new(&format!("{SONG}  twin: {{ lyrics: chorus, voice: vox, takes: 2 }}\n"));
    studio.controls.limit = Limit {
        concurrency: NonZeroU32::MIN,
        rate: Some(hourly(5)),
    };
    let session = at_once(&studio).await;
    let tally = session.report.state.tally();
    assert_eq!(
        (tally.rendered, tally.reused),
        (4, 4),
        "one upload and four takes are five calls"
    );
}

#[tokio::test(start_paused = true)]
async fn audio_that_came_before_the_end_of_its_process_is_taken_up_without_a_slot() {
    let mut studio = Studio::new(&SONG.replace("takes: 2", "takes: 1"));
    let store = studio.store();
    let plan = studio.plan(&store);
    let (_, take) = plan.takes().next().unwrap();
    let request = take.draft.complete(&plan, |_| None).unwrap();
    let claim = NewClaim {
        key: request.key(),
        take: &take.name,
        pipeline: "song",
        run: "another",
        request: &request,
        request_id: "another",
        price: Price::Unknown,
        account: studio.backend.account(),
        day: None,
    };
    let Claimed::Go(claim) = store.claim(&claim).unwrap() else {
        panic!("nobody else asks")
    };
    let mut writer = store.blob_writer().unwrap();
    writer.write(music()).unwrap();
    let blob = store.land(claim, writer, None, &[]).unwrap();
    store.received(claim, &blob, None, &[]).unwrap();
    // With its last handle the process that bought it is gone.
    drop((plan, store));
    studio.controls.limit.rate = Some(hourly(2));
    let session = at_once(&studio).await;
    assert_eq!(session.report.state.end, Some(RunEnd::Done));
    assert_eq!(
        studio.backend.counts().renders.len(),
        1,
        "one upload and one take are two calls"
    );
}

#[tokio::test(start_paused = true)]
async fn an_upload_that_is_known_needs_no_slot() {
    let mut studio = Studio::new(&SONG.replace("takes: 2", "takes: 1"));
    studio.run().await;
    studio.write(&SONG.replace("takes: 2", "takes: 1").replace("Lisbon, Osaka", "Porto"));
    studio.controls.limit.rate = Some(hourly(1));
    assert_eq!(at_once(&studio).await.report.state.end, Some(RunEnd::Done));
}

#[tokio::test(start_paused = true)]
async fn a_step_between_two_tries_holds_no_slot() {
    let mut studio = Studio::new(&SONG.replace("takes: 2", "takes: 1"));
    studio.controls.limit.concurrency = NonZeroU32::MIN;
    studio.backend.will([Play::Away]);
    let session = studio.run().await;
    assert_eq!(session.report.state.end, Some(RunEnd::Done));
    let renders = studio.backend.counts().renders;
    let cities: Vec<_> = renders
        .iter()
        .map(|call| call.lyrics.as_ref().unwrap().contains("Lisbon"))
        .collect();
    assert_eq!(cities, [true, false, true], "the other take goes while the first waits");
}

#[tokio::test(start_paused = true)]
async fn uploads_and_takes_share_the_limits_of_their_backend() {
    let two = SONG
        .replace(
            "lyrics:\n",
            "  bed: { file: voice.mp3, purpose: instrumental }\nlyrics:\n",
        )
        .replace("voice: vox,", "voice: vox, instrumental: bed,");
    let mut studio = Studio::new(&two);
    let own = Limit {
        concurrency: number(1),
        rate: None,
    };
    studio.controls.backends.insert(BackendKind::Aimlapi, own);
    let session = studio.run().await;
    assert_eq!(session.report.state.end, Some(RunEnd::Done));
    let counts = studio.backend.counts();
    assert_eq!((counts.uploads, counts.renders.len(), counts.most_under_way), (2, 4, 1));
}

#[tokio::test(start_paused = true)]
async fn takes_that_wait_are_held_back_while_their_reference_is_sent_again() {
    let mut studio = Studio::new(&SONG.replace("takes: 2", "takes: 10"));
    studio.controls.limit.concurrency = number(2);
    studio.backend.will([failure(FailureClass::UnknownReference)]);
    let session = studio.run().await;
    assert_eq!(session.report.state.end, Some(RunEnd::Done));
    let counts = studio.backend.counts();
    assert_eq!((counts.uploads, counts.renders.len()), (2, 21));
}

#[tokio::test(start_paused = true)]
async fn one_refusal_slows_the_whole_backend_down_and_is_told_once() {
    let studio = Studio::new(&SONG.replace("takes: 2", "takes: 10"));
    studio.backend.will([Play::Busy(Some(Duration::from_secs(40)))]);
    let session = studio.run().await;
    assert_eq!(session.report.state.end, Some(RunEnd::Done));
    let slowed: Vec<_> = session
        .records
        .iter()
        .filter_map(|record| match &record.event {
            Event::Slowed { limit, after_ms, .. } => Some((*limit, *after_ms >= 40_000)),
            _ => None,
        })
        .collect();
    assert_eq!(slowed, [(2, true)], "four at once are halved");
    let begun = studio.backend.counts().begun;
    let late = begun
        .iter()
        .filter(|at| **at >= begun[0] + Duration::from_secs(40))
        .count();
    assert_eq!(
        (begun.len(), late),
        (21, 17),
        "but for the first four nothing began before the time it named"
    );
    let slowdown = session.report.state.slowed[&BackendKind::Aimlapi];
    assert_eq!((slowdown.times, slowdown.turned_away, slowdown.least), (1, 1, 2));
}

#[tokio::test(start_paused = true)]
async fn a_backend_that_always_says_slow_down_is_left_alone_in_the_end() {
    let studio = Studio::new(&SONG.replace("takes: 2", "takes: 50"));
    studio.backend.will(std::iter::repeat_n(Play::Busy(None), 5_000));
    let session = studio.run().await;
    let state = &session.report.state;
    assert_eq!(state.end, Some(RunEnd::Failed));
    let tally = state.tally();
    assert_eq!(tally.failed + tally.skipped, 100);
    assert!(tally.failed <= 4, "{tally:?}");
    assert!(studio.backend.counts().renders.len() <= 24, "no storm");
    for node in state.nodes.values() {
        match &node.phase {
            Phase::Failed(failure) => assert_eq!(failure.class, FailureClass::Busy),
            Phase::Skipped(because) => assert_eq!(
                *because,
                SkipReason::Away {
                    backend: BackendKind::Aimlapi
                }
            ),
            phase => assert_eq!(*phase, Phase::Done { reused: false }, "the upload"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_backend_that_asks_for_an_hour_is_asked_no_more() {
    let mut studio = Studio::new(&SONG.replace("takes: 2", "takes: 50"));
    studio.controls.limit.concurrency = NonZeroU32::MIN;
    studio.backend.will([Play::Busy(Some(HOUR))]);
    let session = studio.run().await;
    assert_eq!(studio.backend.counts().renders.len(), 1);
    let tally = session.report.state.tally();
    assert_eq!((tally.failed, tally.skipped), (1, 99));
}

#[tokio::test(start_paused = true)]
async fn a_backend_that_is_not_there_costs_no_storm() {
    let studio = Studio::new(&SONG.replace("takes: 2", "takes: 100"));
    studio.backend.will(std::iter::repeat_n(Play::Away, 5_000));
    let session = studio.run().await;
    assert_eq!(session.report.state.end, Some(RunEnd::Failed));
    let tally = session.report.state.tally();
    assert_eq!(tally.failed + tally.skipped, 200);
    assert!(
        studio.backend.counts().renders.len() <= 80,
        "{}",
        studio.backend.counts().renders.len()
    );
}
