//! What the keeper's tests share: a wall clock that can be set, pipelines that are edited, and runs that take time and fail.
//!
//! The runtime's clock is paused and goes on by itself whenever everybody sleeps, so that a year takes seconds.

use super::{Keeper, NAP, Note, Pipeline, Reader};
use crate::{
    base::{
        money::{Price, Total, Usd},
        span::{Source, Sources, Span},
        time::{Clock, Timestamp},
    },
    event::StopCause,
    pipeline::{Overlap, Schedule},
    service::schedule::{Ending, Errand, Outcome, Runner, StopRequests},
    store::{Occasion, Store},
};
use jiff::SignedDuration;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    sync::mpsc,
    task::JoinHandle,
    time::{Instant, sleep},
};

pub(super) fn at(text: &str) -> Timestamp {
    text.parse().unwrap_or_else(|_| panic!("{text} is no moment"))
}

/// A clock on the wall that goes with the runtime's, and can be set.
#[derive(Debug)]
pub(super) struct Wall {
    begin: Timestamp,
    started: Instant,
    set: Mutex<SignedDuration>,
}

impl Wall {
    pub(super) fn at(begin: Timestamp) -> Arc<Self> {
        Arc::new(Self {
            begin,
            started: Instant::now(),
            set: Mutex::default(),
        })
    }

    /// Sets it forward or back. A machine that was suspended sees the same: time went on, and nobody slept.
    pub(super) fn step(&self, by: SignedDuration) {
        *self.set.lock().unwrap() += by;
    }
}

impl Clock for Wall {
    fn now(&self) -> Timestamp {
        self.begin + self.elapsed() + *self.set.lock().unwrap()
    }

    fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }
}

/// A schedule of that name.
pub(super) fn schedule(name: &str, cron: &str, zone: &str) -> Schedule {
    let text = Source {
        name: "a.yaml".into(),
        path: PathBuf::from("a.yaml"),
        text: "".into(),
    };
    let span = Span::new(Sources::default().add(text), 0, 0);
    Schedule {
        name: name.to_owned(),
        span,
        select_span: span,
        cron: cron.to_owned(),
        written: cron.to_owned(),
        timezone: zone.to_owned(),
        select: Vec::new(),
        profile: None,
        overlap: Overlap::Skip,
        max_lateness: None,
        fresh: false,
        budget: None,
        stop_after: None,
        on_failure: None,
        on_recovery: None,
    }
}

/// What the pipelines' files say, or what is wrong with them.
#[derive(Clone, Debug, Default)]
pub(super) struct Files(Arc<Mutex<BTreeMap<PathBuf, Says>>>);

/// What one file says.
type Says = Result<Vec<Schedule>, String>;

impl Files {
    pub(super) fn write(&self, file: &str, says: Result<Vec<Schedule>, &str>) {
        let says = says.map_err(str::to_owned);
        self.0.lock().unwrap().insert(PathBuf::from(file), says);
    }
}

impl Reader for Files {
    type Trouble = String;

    fn read(&mut self, file: &Path) -> Result<Vec<Schedule>, String> {
        self.0.lock().unwrap()[file].clone()
    }
}

/// How a run goes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Play {
    pub(super) takes: Duration,
    pub(super) ending: Option<Ending>,
}

/// One run that began.
#[derive(Clone, Debug)]
pub(super) struct Begun {
    pub(super) name: String,
    pub(super) due: Timestamp,
    pub(super) at: Timestamp,
    pub(super) again: bool,
    /// It came to its own end.
    pub(super) ended: Option<Ending>,
}

/// Plays runs as it is told to; without an ending they panic.
pub(super) struct Band<P> {
    pub(super) wall: Arc<Wall>,
    pub(super) plays: P,
    pub(super) begun: Mutex<Vec<Begun>>,
}

impl<P: Fn(&Errand) -> Play + Send + Sync + 'static> Band<P> {
    pub(super) fn new(wall: &Arc<Wall>, plays: P) -> Arc<Self> {
        Arc::new(Self {
            wall: Arc::clone(wall),
            plays,
            begun: Mutex::default(),
        })
    }

    pub(super) fn begun(&self) -> Vec<Begun> {
        self.begun.lock().unwrap().clone()
    }

    /// When runs were due, in the order in which they began.
    pub(super) fn dues(&self) -> Vec<String> {
        self.begun().iter().map(|begun| begun.due.to_string()).collect()
    }
}

impl<P: Fn(&Errand) -> Play + Send + Sync + 'static> Runner for Band<P> {
    async fn run(&self, errand: Errand, mut stop: StopRequests) -> Outcome {
        let play = (self.plays)(&errand);
        let number = {
            let mut begun = self.begun.lock().unwrap();
            begun.push(Begun {
                name: errand.schedule.name.clone(),
                due: errand.due,
                at: self.wall.now(),
                again: errand.again,
                ended: None,
            });
            begun.len()
        };
        let ending = tokio::select! {
            () = sleep(play.takes) => play.ending,
            Some(_) = stop.recv() => Some(Ending::Stopped),
        };
        // Without the word of a panic that nobody meant.
        let ending = ending.unwrap_or_else(|| std::panic::resume_unwind(Box::new("this run panics")));
        self.begun.lock().unwrap()[number - 1].ended = Some(ending);
        let mut spent = Total::default();
        spent.add(Price::Known(Usd::from_nanos(30_000_000)));
        Outcome {
            run: Some(format!("run-{number}")),
            ending,
            spent,
            document: None,
        }
    }
}

/// A keeper at work, as a process of its own: its store is opened for it, and closed with it.
pub(super) struct Process {
    task: JoinHandle<()>,
    store: Arc<Store>,
    stops: mpsc::UnboundedSender<StopCause>,
    pub(super) changed: mpsc::UnboundedSender<PathBuf>,
    notes: Arc<Mutex<Vec<Note<String>>>>,
}

impl Process {
    /// Begins to keep these pipelines of the project in `root`.
    pub(super) fn start<R: Runner>(
        root: &Path,
        files: &[&str],
        (wall, says): (&Arc<Wall>, &Files),
        band: &Arc<R>,
    ) -> Self {
        Self::napping(root, files, (wall, says), band, NAP)
    }

    /// Begins to keep these pipelines of the project in `root`, with sleeps of that length at most.
    pub(super) fn napping<R: Runner>(
        root: &Path,
        files: &[&str],
        (wall, says): (&Arc<Wall>, &Files),
        band: &Arc<R>,
        nap: Duration,
    ) -> Self {
        let clock: Arc<dyn Clock> = Arc::clone(wall) as _;
        let store = Arc::new(Store::open(root, Arc::clone(&clock)).unwrap());
        let pipelines = files.iter().map(|file| Pipeline {
            file: PathBuf::from(file),
            known_as: (*file).to_owned(),
            store: Arc::clone(&store),
            looks_back: Duration::ZERO,
        });
        let notes: Arc<Mutex<Vec<Note<String>>>> = Arc::default();
        let told = Arc::clone(&notes);
        let listener = move |note| told.lock().unwrap().push(note);
        let mut keeper = Keeper::new(pipelines, clock, Arc::clone(band), says.clone(), listener);
        keeper.nap = nap;
        let (stops, stop) = mpsc::unbounded_channel();
        let (changed, changes) = mpsc::unbounded_channel();
        Self {
            task: tokio::spawn(keeper.keep(changes, stop)),
            store,
            stops,
            changed,
            notes,
        }
    }

    pub(super) fn store(&self) -> &Store {
        &self.store
    }

    /// What was told since the last time of asking, in short.
    pub(super) fn told(&self) -> Vec<String> {
        self.notes.lock().unwrap().drain(..).map(|note| short(&note)).collect()
    }

    /// It is killed in the middle of whatever it does.
    pub(super) async fn kill(self) {
        self.task.abort();
        assert!(self.task.await.is_err_and(|error| error.is_cancelled()));
        // Runs that were cut off let go of the store once they had their turn.
        tokio::task::yield_now().await;
        assert_eq!(Arc::strong_count(&self.store), 1);
    }

    /// It is asked to stop, and does.
    pub(super) async fn stop(self) {
        self.stops.send(StopCause::Terminated).unwrap();
        self.task.await.unwrap();
        assert_eq!(Arc::strong_count(&self.store), 1);
    }
}

/// A note in a few words.
pub(super) fn short(note: &Note<String>) -> String {
    match note {
        Note::Read { next, .. } => format!("read {}", next.len()),
        Note::Unread { trouble, .. } => format!("unread: {trouble}"),
        Note::Unreckoned { why, .. } => format!("unreckoned: {why}"),
        Note::Fired { errand } => format!("fired {} {}", errand.schedule.name, errand.due),
        Note::Ended {
            errand,
            outcome,
            tripped,
        } => {
            let tripped = if *tripped { ", stopped" } else { "" };
            format!("ended {} {}{tripped}", errand.schedule.name, outcome.ending.word())
        }
        Note::Passed { schedule, passed, .. } => format!("passed {schedule} {} {}", passed.count, passed.reason),
        Note::GivenUp { schedule, tripped, .. } => {
            let tripped = if *tripped { ", stopped" } else { "" };
            format!("given up {schedule}{tripped}")
        }
        Note::Tripped { schedule, .. } => format!("stopped {schedule}"),
        Note::Unrecorded { error, .. } => format!("unrecorded: {error}"),
        Note::Draining { runs } => format!("draining {runs}"),
    }
}

/// All that the store of a project knows of a schedule, oldest first.
pub(super) fn record(root: &Path, wall: &Arc<Wall>, file: &str, name: &str) -> Vec<Occasion> {
    let store = Store::open(root, Arc::clone(wall) as _).unwrap();
    let mut occasions = store.occasions(file, name, usize::MAX).unwrap();
    occasions.reverse();
    occasions
}
