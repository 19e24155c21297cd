//! The loop that fires schedules: it sleeps until the next moment, looks what is due, runs it, and writes down what came of
//! it.
//!
//! Knows nothing of files, YAML or terminals: it is handed a [`Reader`] and a [`Runner`], and tells what it does as
//! [`Note`]s. Its invariants:
//!
//! * It trusts no sleep: a machine may be suspended, and a clock set. It wakes at least every [`NAP`], and what is due is
//!   computed anew each time.
//! * A pipeline has one run at a time; different pipelines run side by side. Of several schedules that wait for one
//!   pipeline, the one that was due first comes first.
//! * An occasion is claimed in the database before its run begins, and its end is written before the next one.
//! * Asked to stop, it fires nothing more, passes the wish on to the runs under way, and waits for them.
//!
//! Its sleep is that of the runtime, whose clock a test can drive.

mod kept;
mod note;
mod reading;
mod runs;

pub use kept::Pipeline;
pub use note::Note;

use super::{Due, Errand, Outcome, Runner, StopRequests, Verdict};
use crate::{
    base::time::{Clock, Timestamp},
    event::StopCause,
    pipeline::Schedule,
    store::{By, Decided, Noted, ScheduleRecord, StoreError},
};
use kept::{Kept, Wake};
use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::{
    sync::mpsc,
    task::{Id, JoinSet},
    time::sleep,
};

/// The longest sleep at a stretch.
pub const NAP: Duration = Duration::from_secs(30);

/// How often a decision is made anew because somebody else wrote in between.
const TRIES: usize = 8;

/// Reads the schedules of a pipeline.
pub trait Reader: Send {
    /// What may be wrong with one; alike if the same is wrong as before.
    type Trouble: PartialEq + Clone + Send;
    /// What its file says now.
    fn read(&mut self, file: &Path) -> Result<Vec<Schedule>, Self::Trouble>;
}

/// A run under way, or one that ended and could not be written down yet.
#[derive(Debug)]
struct Task {
    at: usize,
    errand: Errand,
    stop: mpsc::UnboundedSender<StopCause>,
    outcome: Option<Outcome>,
}

/// Keeps the schedules of any number of pipelines.
pub struct Keeper<R: Runner, F: Reader, L: FnMut(Note<F::Trouble>) + Send> {
    runner: Arc<R>,
    reader: F,
    listener: L,
    clock: Arc<dyn Clock>,
    kept: Vec<Kept<F::Trouble>>,
    runs: JoinSet<Outcome>,
    tasks: HashMap<Id, Task>,
    /// The time at the last look.
    looked: Timestamp,
    is_draining: bool,
    /// Each schedule is fired once at most.
    is_once: bool,
    /// The longest sleep.
    nap: Duration,
}

impl<R: Runner, F: Reader, L: FnMut(Note<F::Trouble>) + Send> std::fmt::Debug for Keeper<R, F, L> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let files = self.kept.iter().map(|kept| &kept.pipeline.file);
        f.debug_list().entries(files).finish()
    }
}

impl<R: Runner, F: Reader, L: FnMut(Note<F::Trouble>) + Send> Keeper<R, F, L> {
    /// A keeper of these pipelines, by a clock that is also the stores'.
    pub fn new(
        pipelines: impl IntoIterator<Item = Pipeline>,
        clock: Arc<dyn Clock>,
        runner: Arc<R>,
        reader: F,
        listener: L,
    ) -> Self {
        Self {
            runner,
            reader,
            listener,
            looked: clock.now(),
            clock,
            kept: pipelines.into_iter().map(Kept::new).collect(),
            runs: JoinSet::new(),
            tasks: HashMap::new(),
            is_draining: false,
            is_once: false,
            nap: NAP,
        }
    }

    /// Fires what is due until it is asked to stop. `changed` names pipelines whose files changed, as [`Pipeline::file`]
    /// does.
    pub async fn keep(mut self, mut changed: mpsc::UnboundedReceiver<PathBuf>, mut stops: StopRequests) {
        self.read_all();
        loop {
            self.turn();
            if self.is_draining && self.runs.is_empty() {
                return;
            }
            let nap = self.nap();
            tokio::select! {
                biased;
                Some(cause) = stops.recv() => self.stop(cause),
                Some(ended) = self.runs.join_next_with_id() => self.ended(ended),
                Some(file) = changed.recv(), if !self.is_draining => self.read_file(&file),
                () = sleep(nap) => self.read_troubled(),
            }
        }
    }

    /// Fires what is due now, each schedule once at most, and waits for it.
    pub async fn once(mut self, mut stops: StopRequests) {
        self.is_once = true;
        self.read_all();
        loop {
            self.turn();
            if self.runs.is_empty() {
                return;
            }
            tokio::select! {
                biased;
                Some(cause) = stops.recv() => self.stop(cause),
                Some(ended) = self.runs.join_next_with_id() => self.ended(ended),
            }
        }
    }

    /// Writes what ended and could not be written before, and looks at everything that may be due.
    fn turn(&mut self) {
        let ended: Vec<Id> = self
            .tasks
            .iter()
            .filter(|(_, task)| task.outcome.is_some())
            .map(|(id, _)| *id)
            .collect();
        ended.into_iter().for_each(|id| self.write_end(id));
        if self.is_draining {
            return;
        }
        let (now, elapsed) = (self.clock.now(), self.clock.elapsed());
        let is_set_back = now < self.looked;
        self.looked = now;
        for at in 0..self.kept.len() {
            let kept = &mut self.kept[at];
            if is_set_back {
                // What was to come next was reckoned from a time that has not come yet.
                kept.entries.iter_mut().for_each(|entry| entry.wake = Wake::EachTurn);
            }
            if kept.entries.iter().any(|entry| entry.is_awake(now, elapsed)) {
                self.read(at);
                self.look(at, now, elapsed);
            }
        }
    }

    /// Looks at the schedules of a pipeline, and fires the one that was due first if nothing of it runs.
    fn look(&mut self, at: usize, now: Timestamp, elapsed: Duration) {
        let mut first: Option<(usize, Timestamp)> = None;
        for entry in 0..self.kept[at].entries.len() {
            let one = &self.kept[at].entries[entry];
            if !one.is_awake(now, elapsed) || (self.is_once && one.was_fired) {
                continue;
            }
            if let Some(due) = self.settle(at, entry, now)
                && first.is_none_or(|(_, earliest)| due < earliest)
            {
                first = Some((entry, due));
            }
        }
        if let Some((entry, _)) = first
            && self.kept[at].at_work.is_none()
        {
            self.fire(at, entry, now);
        }
    }

    /// Writes what is to be written about a schedule of which nothing is fired; gives the moment that is to be fired, if
    /// there is one.
    fn settle(&mut self, at: usize, entry: usize, now: Timestamp) -> Option<Timestamp> {
        let (record, due) = self.decide(at, entry, now)?;
        if let Verdict::Fire { due, .. } = due.verdict {
            self.kept[at].entries[entry].wake = Wake::EachTurn;
            return Some(due);
        }
        self.write(at, entry, (&record, &due), now);
        None
    }

    fn fire(&mut self, at: usize, entry: usize, now: Timestamp) {
        for _ in 0..TRIES {
            let Some((record, due)) = self.decide(at, entry, now) else {
                return;
            };
            match self.write(at, entry, (&record, &due), now) {
                Some(Noted::Moved) => {}
                Some(Noted::Done {
                    occasion: Some(occasion),
                    ..
                }) => return self.begin(at, entry, (&record, &due), occasion),
                _ => return,
            }
        }
    }

    fn decide(&mut self, at: usize, entry: usize, now: Timestamp) -> Option<(ScheduleRecord, Due)> {
        match self.kept[at].decide(entry, now) {
            Ok(decided) => {
                self.kept[at].told_unrecorded = false;
                Some(decided)
            }
            Err(error) => {
                self.unrecorded(at, entry, error);
                None
            }
        }
    }

    /// Writes a decision, tells of it, and says when to look again. Nothing if it could not be written.
    fn write(
        &mut self,
        at: usize,
        entry: usize,
        (record, due): (&ScheduleRecord, &Due),
        now: Timestamp,
    ) -> Option<Noted> {
        let mut noted = Noted::Done {
            occasion: None,
            tripped: false,
        };
        if due.decided != Decided::default() {
            match self.kept[at].pipeline.store.note_decision(record, &due.decided, now) {
                Ok(done) => noted = done,
                Err(error) => {
                    self.unrecorded(at, entry, error);
                    return None;
                }
            }
        }
        let one = &mut self.kept[at].entries[entry];
        let is_elsewhere = record.open.is_some_and(|open| open.by != By::Me);
        one.wake = match (noted, due.verdict) {
            (Noted::Moved, _) | (_, Verdict::Queued { .. }) => Wake::EachTurn,
            _ if is_elsewhere => Wake::EachTurn,
            _ => due.next.map_or(Wake::Never, Wake::At),
        };
        if let Noted::Done { tripped, .. } = noted {
            self.tell_decision(at, entry, (record, due), tripped);
        }
        Some(noted)
    }

    fn tell_decision(&mut self, at: usize, entry: usize, (record, due): (&ScheduleRecord, &Due), tripped: bool) {
        let kept = &mut self.kept[at];
        let one = &mut kept.entries[entry];
        let named = || (kept.pipeline.file.clone(), one.schedule.name.clone());
        if let Some(given_up) = due.decided.given_up {
            let (file, schedule) = named();
            (self.listener)(Note::GivenUp {
                file,
                schedule,
                due: record.open.map(|open| open.due),
                given_up,
                tripped,
            });
        }
        for passed in &due.decided.passed {
            let (file, schedule) = named();
            (self.listener)(Note::Passed {
                file,
                schedule,
                passed: *passed,
            });
        }
        let since = match due.verdict {
            Verdict::Tripped { since } => Some(since),
            _ => None,
        };
        if let Some(since) = since.filter(|_| one.told_tripped != since) {
            let (file, schedule) = named();
            (self.listener)(Note::Tripped { file, schedule, since });
        }
        one.told_tripped = since;
    }

    fn unrecorded(&mut self, at: usize, entry: usize, error: StoreError) {
        let elapsed = self.clock.elapsed();
        let kept = &mut self.kept[at];
        if let Some(entry) = kept.entries.get_mut(entry) {
            entry.wake = Wake::EachTurn;
            entry.rests = Some(elapsed + NAP);
        }
        if !kept.told_unrecorded {
            kept.told_unrecorded = true;
            let file = kept.pipeline.file.clone();
            (self.listener)(Note::Unrecorded { file, error });
        }
    }

    fn stop(&mut self, cause: StopCause) {
        if !self.is_draining {
            self.is_draining = true;
            let runs = self.runs.len();
            (self.listener)(Note::Draining { runs });
        }
        for task in self.tasks.values() {
            // One that is over already needs no telling.
            let _ = task.stop.send(cause);
        }
    }

    /// How long nothing can be due, at most [`NAP`].
    fn nap(&self) -> Duration {
        if self.is_draining {
            return self.nap;
        }
        let now = self.clock.now();
        let entries = self.kept.iter().flat_map(|kept| &kept.entries);
        let waits = entries.filter_map(|entry| match entry.wake {
            Wake::At(at) => Some(Duration::try_from(at.duration_since(now)).unwrap_or_default()),
            _ => None,
        });
        waits.fold(self.nap, Duration::min)
    }
}

#[cfg(test)]
mod sim;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod year;
