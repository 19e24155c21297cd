//! How the keeper begins runs, and what it writes when they end.
//!
//! Knows nothing of when that is.

use super::{Keeper, NAP, Note, Reader, Task, kept::Wake};
use crate::{
    base::money::Total,
    pipeline::Overlap,
    service::schedule::{Due, Ending, Errand, Outcome, Runner, Verdict},
    store::{ClaimedOccasion, EndState, OccasionEnd, ScheduleRecord},
};
use std::sync::Arc;
use tokio::{
    sync::mpsc,
    task::{Id, JoinError},
};

impl<R: Runner, F: Reader, L: FnMut(Note<F::Trouble>) + Send> Keeper<R, F, L> {
    pub(super) fn begin(
        &mut self,
        at: usize,
        entry: usize,
        (record, due): (&ScheduleRecord, &Due),
        occasion: ClaimedOccasion,
    ) {
        let Verdict::Fire { due, late, again } = due.verdict else {
            return;
        };
        let kept = &mut self.kept[at];
        let one = &mut kept.entries[entry];
        one.was_fired = true;
        let errand = Errand {
            file: kept.pipeline.file.clone(),
            schedule: one.schedule.clone(),
            due,
            late,
            again,
            occasion: occasion.id,
            spent: occasion.spent,
            failures: record.failures,
        };
        kept.at_work = Some((occasion.id, errand.schedule.name.clone()));
        (self.listener)(Note::Fired { errand: errand.clone() });
        let (stop, stops) = mpsc::unbounded_channel();
        let (runner, order) = (Arc::clone(&self.runner), errand.clone());
        let run = self.runs.spawn(async move { runner.run(order, stops).await });
        let task = Task {
            at,
            errand,
            stop,
            outcome: None,
        };
        self.tasks.insert(run.id(), task);
    }

    pub(super) fn ended(&mut self, ended: Result<(Id, Outcome), JoinError>) {
        let (id, outcome) = ended.unwrap_or_else(|error| {
            let outcome = Outcome {
                run: None,
                ending: Ending::Machine,
                spent: Total::default(),
                document: None,
            };
            (error.id(), outcome)
        });
        if let Some(task) = self.tasks.get_mut(&id) {
            task.outcome = Some(outcome);
            // While it drains, nothing else would.
            self.write_end(id);
        }
    }

    /// Writes how a run ended; if that fails, it is left for the next turn.
    pub(super) fn write_end(&mut self, id: Id) {
        let Some(Task {
            at,
            errand,
            outcome: Some(outcome),
            ..
        }) = self.tasks.get(&id)
        else {
            return;
        };
        let (at, now) = (*at, self.clock.now());
        let end = end_of(errand, outcome);
        match self.kept[at].pipeline.store.end_occasion(errand.occasion, &end, now) {
            Ok(tripped) => self.over(id, end.to, tripped),
            Err(error) => {
                let name = errand.schedule.name.clone();
                let entry = self.kept[at].entries.iter().position(|one| one.schedule.name == name);
                self.unrecorded(at, entry.unwrap_or(usize::MAX), error);
            }
        }
    }

    pub(super) fn over(&mut self, id: Id, to: EndState, tripped: bool) {
        let Some(task) = self.tasks.remove(&id) else { return };
        let Some(outcome) = task.outcome else { return };
        let rests = self.clock.elapsed() + NAP;
        let kept = &mut self.kept[task.at];
        kept.at_work = None;
        kept.told_unrecorded = false;
        let name = &task.errand.schedule.name;
        // Others may have waited for the pipeline; and a moment of its own may wait for the end.
        for entry in kept.entries.iter_mut().filter(|entry| entry.schedule.name == *name) {
            entry.wake = Wake::EachTurn;
            entry.rests = (to == EndState::Waiting).then_some(rests);
        }
        (self.listener)(Note::Ended {
            errand: task.errand,
            outcome,
            tripped,
        });
    }
}

/// What is written about a run that ended.
fn end_of<'a>(errand: &Errand, outcome: &'a Outcome) -> OccasionEnd<'a> {
    let to = match outcome.ending {
        Ending::Done => EndState::Done,
        Ending::Busy if errand.schedule.overlap == Overlap::Skip => EndState::Skipped,
        Ending::Busy | Ending::Stopped => EndState::Waiting,
        other => EndState::Failed {
            counts: other.is_failure(),
        },
    };
    OccasionEnd {
        to,
        reason: (to != EndState::Done).then_some(outcome.ending.word()),
        run: outcome.run.as_deref(),
        spent: outcome.spent,
        stop_after: errand.schedule.stop_after,
    }
}
