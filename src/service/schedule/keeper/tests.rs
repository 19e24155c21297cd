use super::sim::{Band, Files, Play, Process, Wall, at, record, schedule};
use crate::{
    base::time::Clock,
    pipeline::Overlap,
    service::schedule::{Ending, Errand, Keeper, Pipeline},
    store::{OccasionState, Store},
};
use jiff::SignedDuration;
use std::{num::NonZeroU32, path::PathBuf, sync::Arc, time::Duration};
use tokio::{sync::mpsc, time::sleep};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

/// Every run takes that long and ends well.
fn well(takes: Duration) -> impl Fn(&Errand) -> Play + Send + Sync + 'static {
    ends(takes, Ending::Done)
}

fn ends(takes: Duration, ending: Ending) -> impl Fn(&Errand) -> Play + Send + Sync + 'static {
    move |_: &Errand| Play {
        takes,
        ending: Some(ending),
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_due_is_fired_on_the_minute_and_once_by_two_processes() {
    let folder = tempfile::tempdir().unwrap();
    let (wall, files) = (Wall::at(at("2026-11-23T01:00:00Z")), Files::default());
    files.write("a.yaml", Ok(vec![schedule("nightly", "0 3 * * *", "UTC")]));
    let band = Band::new(&wall, well(MINUTE));
    let one = Process::start(folder.path(), &["a.yaml"], (&wall, &files), &band);
    let other = Process::start(folder.path(), &["a.yaml"], (&wall, &files), &band);
    sleep(72 * HOUR).await;
    assert_eq!(
        band.dues(),
        ["2026-11-23T03:00:00Z", "2026-11-24T03:00:00Z", "2026-11-25T03:00:00Z"]
    );
    let late = band
        .begun()
        .iter()
        .map(|begun| begun.at.duration_since(begun.due))
        .max();
    assert!(late.unwrap() < SignedDuration::from_secs(1), "{late:?}");
    let told = [one.told(), other.told()].concat();
    assert_eq!(
        told.iter().filter(|note| note.starts_with("fired")).count(),
        3,
        "{told:?}"
    );
    one.stop().await;
    other.stop().await;
    let occasions = record(folder.path(), &wall, "a.yaml", "nightly");
    assert!(
        occasions
            .iter()
            .all(|one| one.state == OccasionState::Done && one.count == 1)
    );
    assert_eq!(occasions.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn pipelines_run_side_by_side_and_each_one_run_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let (wall, files) = (Wall::at(at("2026-11-23T02:59:00Z")), Files::default());
    let two = vec![
        schedule("late", "1 3 * * *", "UTC"),
        schedule("early", "0 3 * * *", "UTC"),
    ];
    files.write("a.yaml", Ok(two));
    files.write("b.yaml", Ok(vec![schedule("nightly", "0 3 * * *", "UTC")]));
    let band = Band::new(&wall, well(10 * MINUTE));
    let process = Process::start(folder.path(), &["a.yaml", "b.yaml"], (&wall, &files), &band);
    sleep(HOUR).await;
    let begun: Vec<_> = band
        .begun()
        .iter()
        .map(|one| (one.name.clone(), one.at.strftime("%H:%M").to_string()))
        .collect();
    let expected = [("early", "03:00"), ("nightly", "03:00"), ("late", "03:10")];
    assert_eq!(begun, expected.map(|(name, at)| (name.to_owned(), at.to_owned())));
    process.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_moment_that_comes_during_a_run_is_skipped_or_queued() {
    for (overlap, dues, left_out) in [
        (
            Overlap::Skip,
            ["03:00", "06:00", "09:00"],
            (OccasionState::Skipped, "overlap", 2),
        ),
        (
            Overlap::QueueOne,
            ["03:00", "05:00", "07:00"],
            (OccasionState::Missed, "replaced", 1),
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let (wall, files) = (Wall::at(at("2026-11-23T02:30:00Z")), Files::default());
        let mut hourly = schedule("hourly", "0 * * * *", "UTC");
        hourly.overlap = overlap;
        files.write("a.yaml", Ok(vec![hourly]));
        let band = Band::new(&wall, well(140 * MINUTE));
        let process = Process::start(folder.path(), &["a.yaml"], (&wall, &files), &band);
        sleep(7 * HOUR).await;
        let begun: Vec<_> = band
            .begun()
            .iter()
            .map(|one| one.due.strftime("%H:%M").to_string())
            .collect();
        assert_eq!(begun, dues);
        process.stop().await;
        let occasions = record(folder.path(), &wall, "a.yaml", "hourly");
        let (state, reason, count) = left_out;
        let second = &occasions[1];
        assert_eq!(
            (second.state, second.reason.as_deref(), second.count),
            (state, Some(reason), count)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn the_breaker_stops_a_schedule_until_a_person_lets_it_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let (wall, files) = (Wall::at(at("2026-11-01T00:00:00Z")), Files::default());
    let mut nightly = schedule("nightly", "0 3 * * *", "UTC");
    nightly.stop_after = NonZeroU32::new(2);
    files.write("a.yaml", Ok(vec![nightly]));
    let band = Band::new(&wall, ends(MINUTE, Ending::Failed));
    let process = Process::start(folder.path(), &["a.yaml"], (&wall, &files), &band);
    sleep(5 * 24 * HOUR).await;
    assert_eq!(
        process.told(),
        [
            "read 1",
            "fired nightly 2026-11-01T03:00:00Z",
            "ended nightly failed",
            "fired nightly 2026-11-02T03:00:00Z",
            "ended nightly failed, stopped",
            "stopped nightly",
            "passed nightly 1 tripped",
            "passed nightly 1 tripped",
            "passed nightly 1 tripped",
        ]
    );
    assert!(
        process
            .store()
            .resume_schedule("a.yaml", "nightly", wall.now())
            .unwrap()
    );
    assert!(
        !process
            .store()
            .resume_schedule("a.yaml", "nightly", wall.now())
            .unwrap()
    );
    sleep(24 * HOUR).await;
    assert_eq!(band.dues().last().unwrap(), "2026-11-06T03:00:00Z");
    process.stop().await;
    let occasions = record(folder.path(), &wall, "a.yaml", "nightly");
    assert_eq!(
        (occasions[2].count, occasions[2].state),
        (3, OccasionState::Skipped),
        "one row for all"
    );
}

#[tokio::test(start_paused = true)]
async fn a_run_that_panics_is_a_failure_and_nothing_else_ends() {
    let folder = tempfile::tempdir().unwrap();
    let (wall, files) = (Wall::at(at("2026-11-23T02:59:00Z")), Files::default());
    files.write("a.yaml", Ok(vec![schedule("nightly", "0 3 * * *", "UTC")]));
    let band = Band::new(&wall, |_: &Errand| Play {
        takes: MINUTE,
        ending: None,
    });
    let process = Process::start(folder.path(), &["a.yaml"], (&wall, &files), &band);
    sleep(25 * HOUR).await;
    assert_eq!(band.dues(), ["2026-11-23T03:00:00Z", "2026-11-24T03:00:00Z"]);
    process.stop().await;
    let occasions = record(folder.path(), &wall, "a.yaml", "nightly");
    assert_eq!(occasions[0].reason.as_deref(), Some("machine"));
}

#[tokio::test(start_paused = true)]
async fn a_killed_run_is_taken_up_again_under_the_same_moment() {
    let folder = tempfile::tempdir().unwrap();
    let (wall, files) = (Wall::at(at("2026-11-23T02:59:00Z")), Files::default());
    files.write("a.yaml", Ok(vec![schedule("nightly", "0 3 * * *", "UTC")]));
    let band = Band::new(&wall, well(HOUR));
    for ending in ["killed", "killed", "stopped", ""] {
        let process = Process::start(folder.path(), &["a.yaml"], (&wall, &files), &band);
        sleep(30 * MINUTE).await;
        match ending {
            "killed" => process.kill().await,
            "stopped" => process.stop().await,
            _ => {
                sleep(HOUR).await;
                process.stop().await;
            }
        }
    }
    assert_eq!(band.dues(), ["2026-11-23T03:00:00Z"; 4]);
    let again: Vec<bool> = band.begun().iter().map(|one| one.again).collect();
    assert_eq!(again, [false, true, true, true]);
    let occasions = record(folder.path(), &wall, "a.yaml", "nightly");
    assert_eq!(occasions.len(), 1);
    assert_eq!((occasions[0].state, occasions[0].deaths), (OccasionState::Done, 2));
    // What it spent before it was told to stop is counted.
    assert_eq!(occasions[0].spent.known.to_string(), "$0.06");
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_turned_away_is_skipped_or_tried_again() {
    for (overlap, tries) in [(Overlap::Skip, 1), (Overlap::QueueOne, 5)] {
        let folder = tempfile::tempdir().unwrap();
        let (wall, files) = (Wall::at(at("2026-11-23T02:59:00Z")), Files::default());
        let mut nightly = schedule("nightly", "0 3 * * *", "UTC");
        nightly.overlap = overlap;
        nightly.max_lateness = Some(2 * MINUTE);
        files.write("a.yaml", Ok(vec![nightly]));
        let band = Band::new(&wall, ends(Duration::ZERO, Ending::Busy));
        let process = Process::start(folder.path(), &["a.yaml"], (&wall, &files), &band);
        sleep(HOUR).await;
        assert!(band.begun().len().abs_diff(tries) <= 1, "{:?}", band.begun());
        process.stop().await;
        let occasions = record(folder.path(), &wall, "a.yaml", "nightly");
        assert_eq!(occasions.len(), 1);
        assert!(matches!(
            occasions[0].state,
            OccasionState::Skipped | OccasionState::Missed
        ));
        assert_eq!(occasions[0].reason.as_deref(), Some("busy"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_changed_file_is_read_anew_and_a_broken_one_keeps_what_it_said() {
    let folder = tempfile::tempdir().unwrap();
    let (wall, files) = (Wall::at(at("2026-11-23T02:30:00Z")), Files::default());
    files.write("a.yaml", Ok(vec![schedule("nightly", "0 3 * * *", "UTC")]));
    let band = Band::new(&wall, well(MINUTE));
    let process = Process::start(folder.path(), &["a.yaml"], (&wall, &files), &band);
    sleep(MINUTE).await;
    files.write("a.yaml", Err("half written"));
    process.changed.send(PathBuf::from("a.yaml")).unwrap();
    sleep(HOUR).await;
    assert_eq!(
        process.told(),
        [
            "read 1",
            "unread: half written",
            "fired nightly 2026-11-23T03:00:00Z",
            "ended nightly done"
        ],
        "told once, and kept"
    );
    // Nobody tells of this change, and it is seen all the same.
    files.write("a.yaml", Ok(vec![schedule("nightly", "0 5 * * *", "UTC")]));
    sleep(HOUR).await;
    assert_eq!(process.told(), ["read 1"]);
    sleep(HOUR).await;
    assert_eq!(band.dues().last().unwrap(), "2026-11-23T05:00:00Z");
    // An edit just before the moment.
    files.write("a.yaml", Ok(vec![schedule("nightly", "45 5 * * *", "UTC")]));
    process.changed.send(PathBuf::from("a.yaml")).unwrap();
    sleep(HOUR).await;
    assert_eq!(band.dues().last().unwrap(), "2026-11-23T05:45:00Z");
    process.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_jumps_silences_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (wall, files) = (Wall::at(at("2026-11-23T00:00:00Z")), Files::default());
    files.write("a.yaml", Ok(vec![schedule("nightly", "0 3 * * *", "UTC")]));
    let band = Band::new(&wall, well(MINUTE));
    let process = Process::start(folder.path(), &["a.yaml"], (&wall, &files), &band);
    sleep(6 * HOUR).await;
    // A laptop that was shut for two nights.
    wall.step(SignedDuration::from_hours(48));
    sleep(HOUR).await;
    wall.step(SignedDuration::from_hours(24 * 3_000));
    sleep(HOUR).await;
    wall.step(-SignedDuration::from_hours(24 * 3_000));
    sleep(24 * HOUR).await;
    // Back over a moment that was fired.
    wall.step(-SignedDuration::from_hours(6));
    sleep(26 * HOUR).await;
    assert_eq!(
        band.dues(),
        [
            "2026-11-23T03:00:00Z",
            "2026-11-25T03:00:00Z",
            "2035-02-11T03:00:00Z",
            "2026-11-26T03:00:00Z",
            "2026-11-27T03:00:00Z",
        ]
    );
    process.stop().await;
}

#[tokio::test(start_paused = true)]
async fn once_fires_each_schedule_once_and_ends() {
    let folder = tempfile::tempdir().unwrap();
    let (wall, files) = (Wall::at(at("2026-11-23T02:59:30Z")), Files::default());
    files.write(
        "a.yaml",
        Ok(vec![
            schedule("each", "* * * * *", "UTC"),
            schedule("other", "0 3 * * *", "UTC"),
        ]),
    );
    let band = Band::new(&wall, well(5 * MINUTE));
    // The second one comes due while the first one runs.
    for (wait, begun) in [(0, 2), (60, 3), (600, 4)] {
        sleep(Duration::from_secs(wait)).await;
        let clock: Arc<dyn Clock> = Arc::clone(&wall) as _;
        let store = Arc::new(Store::open(folder.path(), Arc::clone(&clock)).unwrap());
        let pipeline = Pipeline {
            file: PathBuf::from("a.yaml"),
            known_as: "a.yaml".into(),
            store,
            looks_back: Duration::ZERO,
        };
        let keeper = Keeper::new([pipeline], clock, Arc::clone(&band), files.clone(), |_| {});
        let (_stops, stop) = mpsc::unbounded_channel();
        keeper.once(stop).await;
        assert_eq!(band.begun().len(), begun);
    }
}
