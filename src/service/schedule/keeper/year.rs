//! A year of two nightly pipelines with everything that happens to a machine that is left alone, and shorter stretches of
//! it with other dice. Every moment that came is accounted for.

use super::sim::{Band, Begun, Files, Play, Process, Wall, at, record, schedule};
use crate::{
    base::time::{Clock, Timestamp},
    pipeline::{Overlap, Schedule},
    service::schedule::{Ending, Errand, Runner, Timetable},
    store::{Occasion, OccasionState},
};
use jiff::SignedDuration;
use std::{
    collections::BTreeMap,
    num::NonZeroU32,
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::time::sleep;

const HOUR: u64 = 3600;

/// Small, and the same everywhere.
#[derive(Debug)]
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> u64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % most
    }

    fn seconds(&mut self, from: u64, to: u64) -> Duration {
        Duration::from_secs(from + self.below(to - from))
    }
}

/// Runs of a few minutes to hours, now and then of more than a day; a tenth of them fail, and in bad weeks all.
fn plays(seed: u64, bad: &'static [(&'static str, &'static str)]) -> impl Fn(&Errand) -> Play + Send + Sync + 'static {
    let dice = Mutex::new(Dice(seed));
    move |errand| {
        let mut dice = dice.lock().unwrap();
        let takes = match dice.below(20) {
            0 => dice.seconds(20 * HOUR, 30 * HOUR),
            _ => dice.seconds(HOUR / 12, 3 * HOUR),
        };
        let is_bad = bad
            .iter()
            .any(|(from, to)| at(from) <= errand.due && errand.due < at(to));
        let ending = match dice.below(20) {
            _ if is_bad => Some(Ending::Failed),
            0 => Some(Ending::Failed),
            1 => Some(Ending::Budget),
            2 => None,
            _ => Some(Ending::Done),
        };
        Play { takes, ending }
    }
}

/// One thing that happens to an unattended machine.
async fn befall<R: Runner>(process: Process, dice: &mut Dice, scene: &Scene<'_>, band: &Arc<R>) -> Process {
    let minutes = |dice: &mut Dice, most: u64| SignedDuration::from_mins(i64::try_from(1 + dice.below(most)).unwrap());
    match dice.below(7) {
        0 | 1 => {
            process.kill().await;
            sleep(dice.seconds(1, 6 * HOUR)).await;
            scene.start(band)
        }
        2 => {
            process.stop().await;
            sleep(dice.seconds(1, 50 * HOUR)).await;
            scene.start(band)
        }
        // A laptop that is shut, or a clock that is put right.
        3 => {
            let by = minutes(dice, 3_000);
            scene.wall.step(by);
            process
        }
        4 => {
            let by = minutes(dice, 90);
            scene.wall.step(-by);
            process
        }
        // A clock that is wrong by years for a while.
        5 => {
            scene.wall.step(scene.wrong_by);
            sleep(dice.seconds(60, 2 * HOUR)).await;
            scene.wall.step(-scene.wrong_by);
            process
        }
        // A person looks, and lets everything go on.
        _ => {
            for (file, schedule) in scene.schedules {
                let store = process.store();
                store.resume_schedule(file, &schedule.name, scene.wall.now()).unwrap();
            }
            process
        }
    }
}

/// Where it takes place.
struct Scene<'a> {
    root: &'a Path,
    wall: Arc<Wall>,
    files: Files,
    schedules: &'a [(&'static str, Schedule)],
    /// How wrong a clock can be.
    wrong_by: SignedDuration,
}

impl<'a> Scene<'a> {
    fn new(root: &'a Path, begin: &str, schedules: &'a [(&'static str, Schedule)]) -> Self {
        let mut by_file: BTreeMap<&str, Vec<Schedule>> = BTreeMap::new();
        for (file, schedule) in schedules {
            by_file.entry(file).or_default().push(schedule.clone());
        }
        let files = Files::default();
        by_file.into_iter().for_each(|(file, all)| files.write(file, Ok(all)));
        Self {
            root,
            wall: Wall::at(at(begin)),
            files,
            schedules,
            wrong_by: SignedDuration::from_hours(24 * 20),
        }
    }

    fn start<R: Runner>(&self, band: &Arc<R>) -> Process {
        let mut names: Vec<&str> = self.schedules.iter().map(|(file, _)| *file).collect();
        names.dedup();
        // A year of naps of half a minute would be most of what is tested.
        Process::napping(
            self.root,
            &names,
            (&self.wall, &self.files),
            band,
            Duration::from_secs(300),
        )
    }

    /// Lives until then, with something happening every so often; gives what began.
    async fn live(
        &self,
        until: &str,
        seed: u64,
        bad: &'static [(&'static str, &'static str)],
        often: u64,
    ) -> Vec<Begun> {
        let mut dice = Dice(seed);
        let band = Band::new(&self.wall, plays(seed, bad));
        let mut process = self.start(&band);
        while self.wall.now() < at(until) {
            sleep(dice.seconds(HOUR, often * HOUR)).await;
            process = befall(process, &mut dice, self, &band).await;
        }
        // What is under way comes to its end, and what came due in the meantime is seen.
        sleep(Duration::from_secs(40 * HOUR)).await;
        process.stop().await;
        band.begun()
    }

    /// Every moment between is accounted for, once; gives how many were fired, missed and skipped.
    fn account(&self, (from, until): (&str, &str), begun: &[Begun]) -> BTreeMap<&'static str, u32> {
        let mut sums = BTreeMap::new();
        for (file, schedule) in self.schedules {
            let occasions = record(self.root, &self.wall, file, &schedule.name);
            let book = Book {
                schedule,
                occasions: &occasions,
                begun: begun.iter().filter(|one| one.name == schedule.name).collect(),
            };
            let timetable = Timetable::of(schedule).unwrap();
            for due in timetable.upcoming(at(from)).take_while(|due| *due <= at(until)) {
                *sums.entry(book.entry(due)).or_default() += 1;
            }
            book.check_runs();
        }
        sums
    }
}

/// What is known of one schedule afterwards.
struct Book<'a> {
    schedule: &'a Schedule,
    occasions: &'a [Occasion],
    begun: Vec<&'a Begun>,
}

impl Book<'_> {
    /// What became of a moment: exactly one thing.
    fn entry(&self, due: Timestamp) -> &'static str {
        let name = &self.schedule.name;
        let all = self.occasions.iter().filter(|one| one.first <= due && due <= one.due);
        let all: Vec<&Occasion> = all.collect();
        let own: Vec<&&Occasion> = all.iter().filter(|one| one.due == due && one.count == 1).collect();
        // What was left out at a time that never came says nothing of a moment that came later and was fired.
        let of = if own.is_empty() { all.iter().collect() } else { own };
        assert!(!of.is_empty(), "{name}: nothing is known of {due}");
        let fired = of
            .iter()
            .find(|one| matches!(one.state, OccasionState::Done | OccasionState::Failed));
        let ends = self
            .begun
            .iter()
            .filter(|one| one.due == due && !matches!(one.ended, None | Some(Ending::Stopped)));
        assert!(ends.count() <= 1, "{name}: {due} ran to its end twice");
        if fired.is_some() {
            assert!(self.begun.iter().any(|one| one.due == due), "{name}: {due} never began");
            return "fired";
        }
        let left_out = of[0];
        assert!(left_out.reason.is_some(), "{name}: {due} has no reason");
        assert!(
            !self.begun.iter().any(|one| one.due == due) || left_out.noted > due,
            "{name}: {due} was left out, and began"
        );
        match left_out.state {
            OccasionState::Missed => "missed",
            OccasionState::Skipped => "skipped",
            other => panic!("{name}: {due} is still {other:?}"),
        }
    }

    /// Nothing ran before its time, too late, or twice anew.
    fn check_runs(&self) {
        let most = self.schedule.max_lateness.unwrap_or(Duration::MAX);
        let mut anew: BTreeMap<Timestamp, u32> = BTreeMap::new();
        for one in &self.begun {
            let late = one.at.duration_since(one.due);
            // A clock that was set back shows an earlier time than the run's when it is taken up again.
            assert!(one.again || !late.is_negative(), "{one:?} began before its time");
            // To the millisecond in which the runtime wakes.
            let late = Duration::try_from(late)
                .unwrap_or_default()
                .saturating_sub(Duration::from_millis(1));
            assert!(late <= most, "{one:?} began too late");
            if !one.again {
                *anew.entry(one.due).or_default() += 1;
            }
        }
        assert!(anew.values().all(|times| *times == 1), "{anew:?}");
    }
}

fn nightly(name: &str, cron: &str, zone: &str) -> Schedule {
    let mut nightly = schedule(name, cron, zone);
    nightly.stop_after = NonZeroU32::new(3);
    nightly
}

#[tokio::test(start_paused = true)]
async fn a_year_of_two_nightly_pipelines_is_accounted_for() {
    let folder = tempfile::tempdir().unwrap();
    // Both in the hours in which clocks are changed.
    let mut lisbon = nightly("lisbon", "30 1 * * *", "Europe/Lisbon");
    lisbon.max_lateness = Some(Duration::from_secs(8 * HOUR));
    let mut york = nightly("york", "30 2 * * *", "America/New_York");
    york.overlap = Overlap::QueueOne;
    let schedules = [("fado.yaml", lisbon), ("subway.yaml", york)];
    let mut scene = Scene::new(folder.path(), "2026-01-01T00:00:00Z", &schedules);
    scene.wrong_by = SignedDuration::from_hours(24 * 400);
    let bad = &[
        ("2026-03-10T00:00:00Z", "2026-03-16T00:00:00Z"),
        ("2026-08-01T00:00:00Z", "2026-08-06T00:00:00Z"),
    ];
    let span = ("2026-01-01T00:00:00Z", "2026-12-31T12:00:00Z");
    let begun = scene.live(span.1, 5, bad, 240).await;
    let sums = scene.account(span, &begun);
    println!(
        "{sums:?}; {} runs began, {} of them again",
        begun.len(),
        begun.iter().filter(|one| one.again).count()
    );
    assert_eq!(sums.values().sum::<u32>(), 2 * 365);
    assert!(
        sums["fired"] > 450 && sums["missed"] > 5 && sums["skipped"] > 5,
        "{sums:?}"
    );
    assert!(begun.iter().any(|one| one.again), "nothing was taken up again");
}

#[tokio::test(start_paused = true)]
async fn other_dice_change_nothing() {
    for seed in 0..4 {
        let folder = tempfile::tempdir().unwrap();
        let mut often = nightly("often", "*/20 * * * *", "Australia/Lord_Howe");
        often.max_lateness = Some(Duration::from_secs(HOUR));
        let mut twice = nightly("twice", "45 1,13 * * *", "Australia/Lord_Howe");
        twice.overlap = Overlap::QueueOne;
        let schedules = [
            ("a.yaml", often),
            ("a.yaml", twice),
            ("b.yaml", nightly("daily", "0 0 * * *", "Africa/Cairo")),
        ];
        let (from, until) = ("2026-04-01T00:00:00Z", "2026-04-09T00:00:00Z");
        let scene = Scene::new(folder.path(), from, &schedules);
        let begun = scene.live(until, seed, &[], 30).await;
        let sums = scene.account((from, until), &begun);
        assert!(sums["fired"] > 50, "seed {seed}: {sums:?}");
    }
}
