//! What is followed of a real pipeline, whether it can be read or not.

use super::desk::LONG;
use crate::{
    base::time::{Clock, SystemClock},
    service::{
        Environment, GatherError, PlanOptions, Planned, StoreUse,
        follow::{Change, Changes, Followed, Follower, How, Kind},
        plan_through, project,
    },
    store::{Disk, Store},
};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};
use tempfile::TempDir;

const PIPELINE: &str = "\
version: 1
backend: sandbox
include: [base.yaml]
references:
  demo: { file: demo.mp3, purpose: song }
lyrics:
  verse:
    matrix: { rows: { file: cities.csv } }
    file: lyrics/verse.hbs
songs:
  hook: { lyrics: verse, voice: demo, audio: { format: wav, sample_rate: 16000 } }
";

struct Loop {
    folder: TempDir,
    clock: Arc<dyn Clock>,
    environment: Environment,
    options: PlanOptions,
    follower: Follower,
}

impl Loop {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = Self {
            clock: Arc::new(SystemClock::start()),
            environment: Environment {
                folder: folder.path().to_owned(),
                ..Environment::default()
            },
            options: PlanOptions {
                file: folder.path().join("song.yaml"),
                ..PlanOptions::default()
            },
            follower: Follower::start(How::Events).unwrap(),
            folder,
        };
        fs::create_dir(at.path("lyrics")).unwrap();
        let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines/refs/demo.mp3");
        fs::copy(demo, at.path("demo.mp3")).unwrap();
        for (name, text) in [
            ("song.yaml", PIPELINE),
            ("base.yaml", "version: 1\nvars: { artist: Ana }\n"),
            ("cities.csv", "city\nLisbon\nOsaka\n"),
            ("lyrics/verse.hbs", "Lights of {{city}}, {{artist}}\n{{> hook}}\n"),
            ("lyrics/hook.hbs", "la la\n"),
        ] {
            at.write(name, text);
        }
        at
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    fn plan(&self, store_use: StoreUse) -> (Result<Planned, GatherError>, Followed) {
        let disk = Disk::new();
        let planned = plan_through(&disk, &self.options, &self.environment, &self.clock, store_use);
        (planned, Followed::of(&disk, &project(&self.options, &self.environment)))
    }

    /// Plans, and follows it.
    fn replan(&mut self) -> (Result<Planned, GatherError>, Followed) {
        let (planned, followed) = self.plan(StoreUse::Ignore);
        self.follower.follow(followed.clone()).unwrap();
        (planned, followed)
    }

    async fn changes(&mut self) -> Changes {
        let changes = tokio::time::timeout(LONG, self.follower.changes()).await;
        changes.expect("a change was lost")
    }

    /// What is told of a file after it was written.
    async fn told(&mut self, name: &str, text: &str) -> Changes {
        self.write(name, text);
        self.changes().await
    }

    fn change(&self, name: &str, kind: Kind) -> Change {
        Change {
            path: self.path(name),
            kind,
            line: None,
        }
    }
}

#[tokio::test]
async fn everything_that_a_plan_was_made_of_is_followed() {
    let mut at = Loop::new();
    for (name, text) in [
        ("base.yaml", "version: 1\nvars: { artist: Bo }\n"),
        ("cities.csv", "city\nLisbon\nOslo\n"),
        ("lyrics/verse.hbs", "{{city}}, {{artist}}\n{{> hook}}\n"),
        ("lyrics/hook.hbs", "lo lo\n"),
        (".env", "A=1\n"),
        ("song.yaml", &PIPELINE.replace("hook:", "chorus:")),
    ] {
        let (planned, followed) = at.replan();
        planned.unwrap();
        let path = at.path(name);
        assert!(followed.holds(&path), "{name}: {followed:?}");
        let told: Vec<_> = at
            .told(name, text)
            .await
            .iter()
            .map(|change| change.path.clone())
            .collect();
        assert_eq!(told, [path]);
    }
}

#[tokio::test]
async fn a_pipeline_that_cannot_be_read_goes_on_being_followed_with_what_it_read_before() {
    let mut at = Loop::new();
    let (planned, good) = at.replan();
    planned.unwrap();
    at.told("song.yaml", "version: 1\nsongs: {{").await;
    let (planned, followed) = at.plan(StoreUse::Ignore);
    assert!(matches!(planned, Err(GatherError::Rejected(_))));
    assert!(!followed.holds(&at.path("cities.csv")));
    let followed = followed.keeping(&good);
    at.follower.follow(followed.clone()).unwrap();
    // Told once, and not again by whoever still follows the plan of before.
    at.told("cities.csv", "city\nOslo\n").await;
    at.follower.follow(followed).unwrap();
    let told = at.told("song.yaml", PIPELINE).await;
    let paths: Vec<_> = told.iter().map(|change| &change.path).collect();
    assert_eq!(paths, [&at.path("song.yaml")]);
    at.replan().0.unwrap();
}

#[tokio::test]
async fn what_is_missing_is_followed_until_it_comes() {
    let mut at = Loop::new();
    fs::rename(at.path("lyrics"), at.path("aside")).unwrap();
    let (planned, _) = at.replan();
    assert!(matches!(planned, Err(GatherError::Rejected(_))));
    fs::rename(at.path("aside"), at.path("lyrics")).unwrap();
    let told = at.changes().await;
    assert!(
        told.iter()
            .any(|change| *change == at.change("lyrics/verse.hbs", Kind::Came)),
        "{told:?}"
    );
    at.replan().0.unwrap();
}

#[tokio::test]
async fn a_reference_is_followed_whether_it_is_there_or_not() {
    let mut at = Loop::new();
    let demo = fs::read(at.path("demo.mp3")).unwrap();
    at.replan().0.unwrap();
    fs::remove_file(at.path("demo.mp3")).unwrap();
    assert_eq!(
        at.changes().await,
        Changes::of(vec![at.change("demo.mp3", Kind::Went)]).unwrap()
    );
    let (planned, _) = at.replan();
    assert!(matches!(planned, Err(GatherError::Rejected(_))));
    let told = at.told("demo.mp3", "no sound").await;
    assert_eq!(told, Changes::of(vec![at.change("demo.mp3", Kind::Came)]).unwrap());
    let (planned, _) = at.replan();
    assert!(matches!(planned, Err(GatherError::Rejected(_))));
    fs::write(at.path("demo.mp3"), demo).unwrap();
    assert_eq!(
        at.changes().await,
        Changes::of(vec![at.change("demo.mp3", Kind::Changed)]).unwrap()
    );
    at.replan().0.unwrap();
}

#[test]
fn a_store_that_is_held_is_planned_with() {
    let at = Loop::new();
    let store = Arc::new(Store::open(at.folder.path(), Arc::clone(&at.clock)).unwrap());
    let (planned, _) = at.plan(StoreUse::Held(Arc::clone(&store)));
    assert!(Arc::ptr_eq(planned.unwrap().gathered.store.as_ref().unwrap(), &store));
}

#[tokio::test]
async fn what_one_pipeline_saw_otherwise_than_another_is_told() {
    let mut at = Loop::new();
    let (_, earlier) = at.plan(StoreUse::Ignore);
    at.write("cities.csv", "city\nOslo\n");
    let (_, later) = at.plan(StoreUse::Ignore);
    at.follower.follow(later.clone().and(earlier)).unwrap();
    let told = at.changes().await;
    assert_eq!(told, Changes::of(vec![at.change("cities.csv", Kind::Changed)]).unwrap());
    // Both as it is now: nothing to tell but what comes next.
    at.follower.follow(later.clone().and(later)).unwrap();
    let told = at.told("base.yaml", "version: 1\n").await;
    let paths: Vec<_> = told.iter().map(|change| &change.path).collect();
    assert_eq!(paths, [&at.path("base.yaml")]);
}
