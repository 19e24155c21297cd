//! What to do about a schedule now: computed from its moments and from what was made of them, never matched against the
//! clock. So nothing depends on being awake at the right second.
//!
//! Knows nothing of databases or runs; it is one pure function. Its rules:
//!
//! * A moment is *due* if it has come, is not before the baseline, and is later than the last one of which something was
//!   made. Of several, the latest is fired, and the others are noted as missed: a schedule never catches up in a burst.
//! * One that is later than `max_lateness` is missed. Without it, a moment is due until the next one comes.
//! * While the last run goes on, a moment is skipped, or waits if the schedule queues one.
//! * An occasion whose process ended is taken up again under the same moment, unless a later one is due or it is too late.
//! * While a schedule is stopped, its moments are skipped; so are those until it was let go on.

use super::Timetable;
use crate::{
    base::time::Timestamp,
    pipeline::{Overlap, Schedule},
    store::{By, Decided, GivenUp, OpenOccasion, Passed, ScheduleRecord},
};
use jiff::SignedDuration;
use std::{num::NonZeroU32, time::Duration};

/// So many moments that were left out at once are counted; a count that reaches it means that many or more.
pub const MOST_COUNTED: u32 = 100_000;

/// An occasion in which so many processes ended is not taken up again: it may be what ends them.
pub const MOST_DEATHS: u32 = 5;

/// What a schedule says about moments that cannot be fired just so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// What becomes of a moment that comes during a run.
    pub overlap: Overlap,
    /// How late a moment may be fired.
    pub max_lateness: Option<Duration>,
    /// After so many failures in a row, nothing is fired.
    pub stop_after: Option<NonZeroU32>,
}

impl From<&Schedule> for Policy {
    fn from(schedule: &Schedule) -> Self {
        Self {
            overlap: schedule.overlap,
            max_lateness: schedule.max_lateness,
            stop_after: schedule.stop_after,
        }
    }
}

/// Why a moment was not fired, or an occasion was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Nobody was there in time, and a later moment took its place.
    Replaced,
    /// It was later than `max_lateness`.
    Late,
    /// The last run was going on.
    Overlap,
    /// The schedule was stopped after failures.
    Tripped,
    /// Another run held the pipeline, or the backend was away.
    Busy,
    /// The process ended in it.
    Died,
    /// The process was told to stop, and nobody took it up in time.
    Stopped,
    /// The schedule's line or zone changed before it was taken up again.
    Changed,
}

impl Reason {
    const ALL: [Self; 8] = [
        Self::Replaced,
        Self::Late,
        Self::Overlap,
        Self::Tripped,
        Self::Busy,
        Self::Died,
        Self::Stopped,
        Self::Changed,
    ];

    /// Its word in the records.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Replaced => "replaced",
            Self::Late => "late",
            Self::Overlap => "overlap",
            Self::Tripped => "tripped",
            Self::Busy => "busy",
            Self::Died => "died",
            Self::Stopped => "stopped",
            Self::Changed => "changed",
        }
    }

    /// The reason of that word.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.word() == word)
    }
}

/// What to do about a schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// What it comes to.
    pub verdict: Verdict,
    /// What is to be written before anything is done; nothing at all if it is as good as empty.
    pub decided: Decided,
    /// The next moment of the timetable.
    pub next: Option<Timestamp>,
}

/// What it comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing is due.
    Nothing,
    /// This is to be run now.
    Fire {
        /// When it was due.
        due: Timestamp,
        /// How long ago that was.
        late: Duration,
        /// It was begun before.
        again: bool,
    },
    /// What was due is too late by now.
    Missed,
    /// What was due is left out because the last run goes on.
    Skipped,
    /// It runs as soon as the last run is over.
    Queued {
        /// When it was due.
        due: Timestamp,
    },
    /// Nothing runs until a person lets it go on.
    Tripped {
        /// Since when.
        since: Timestamp,
    },
}

/// Says what to do about a schedule at this moment.
pub fn decide(timetable: &Timetable, policy: &Policy, record: &ScheduleRecord, now: Timestamp) -> Due {
    let mut case = Case::new(timetable, policy, record, now);
    let verdict = case.verdict();
    Due {
        verdict,
        decided: case.decided,
        next: timetable.after(now),
    }
}

/// One decision while it is made.
struct Case<'a> {
    timetable: &'a Timetable,
    policy: &'a Policy,
    record: &'a ScheduleRecord,
    now: Timestamp,
    /// Only what is later is due.
    floor: Timestamp,
    decided: Decided,
}

impl<'a> Case<'a> {
    fn new(timetable: &'a Timetable, policy: &'a Policy, record: &'a ScheduleRecord, now: Timestamp) -> Self {
        let just_before = record.baseline.checked_sub(SignedDuration::from_nanos(1));
        let open = record.open.map(|open| open.due).filter(|due| *due <= now);
        let handled = [record.handled, open].into_iter().flatten();
        Self {
            timetable,
            policy,
            record,
            now,
            floor: handled.fold(just_before.unwrap_or(Timestamp::MIN), Timestamp::max),
            decided: Decided::default(),
        }
    }

    fn verdict(&mut self) -> Verdict {
        if let Some(since) = self.record.tripped {
            return self.tripped(since);
        }
        if let Some(resumed) = self.record.resumed.filter(|resumed| *resumed <= self.now) {
            if let Some(last) = self.timetable.latest(resumed) {
                self.pass(last, Reason::Tripped);
            }
            self.floor = self.floor.max(resumed);
        }
        let due = self.timetable.latest(self.now).filter(|due| *due > self.floor);
        match self.record.open {
            Some(open) if is_under_way(&open) => self.beside(due),
            Some(open) => self.left_over(&open, due),
            None => self.fresh(due),
        }
    }

    fn tripped(&mut self, since: Timestamp) -> Verdict {
        if let Some(open) = self.record.open.filter(|open| !is_under_way(open)) {
            self.give_up(&open, Reason::Tripped);
        }
        if let Some(last) = self.timetable.latest(self.now) {
            self.pass(last, Reason::Tripped);
        }
        Verdict::Tripped { since }
    }

    /// Something is due, or nothing, and no earlier occasion is open.
    fn fresh(&mut self, due: Option<Timestamp>) -> Verdict {
        let Some(due) = due else { return Verdict::Nothing };
        if self.is_too_late(due) {
            self.pass(due, Reason::Late);
            return Verdict::Missed;
        }
        let before = due.checked_sub(SignedDuration::from_nanos(1)).ok();
        if let Some(last) = before.and_then(|before| self.timetable.latest(before)) {
            self.pass(last, Reason::Replaced);
        }
        self.fire(due, false)
    }

    /// Something is due while the last run goes on.
    fn beside(&mut self, due: Option<Timestamp>) -> Verdict {
        match due {
            None => Verdict::Nothing,
            Some(due) if self.policy.overlap == Overlap::Skip => {
                self.pass(due, Reason::Overlap);
                Verdict::Skipped
            }
            Some(due) if self.is_too_late(due) => {
                self.pass(due, Reason::Late);
                Verdict::Missed
            }
            Some(due) => Verdict::Queued { due },
        }
    }

    /// An earlier occasion is open, and nobody works on it.
    fn left_over(&mut self, open: &OpenOccasion, due: Option<Timestamp>) -> Verdict {
        let is_over = due.is_some()
            || self.is_too_late(open.due)
            || self.record.resumed.is_some_and(|resumed| open.due <= resumed)
            || (open.by == By::Gone && open.deaths + 1 >= MOST_DEATHS);
        if is_over {
            self.give_up(open, Reason::Died);
        } else if open.due < self.record.baseline {
            self.give_up(open, Reason::Changed);
        } else {
            return self.fire(open.due, true);
        }
        if self.is_to_stop() {
            return Verdict::Missed;
        }
        self.fresh(due)
    }

    /// What was given up is one failure too many.
    fn is_to_stop(&self) -> bool {
        let counts = self.decided.given_up.is_some_and(|given_up| given_up.is_failure);
        let most = self.policy.stop_after.map_or(u32::MAX, NonZeroU32::get);
        counts && self.record.failures.saturating_add(1) >= most
    }

    fn fire(&mut self, due: Timestamp, again: bool) -> Verdict {
        self.decided.fire = Some(due);
        Verdict::Fire {
            due,
            late: lateness(due, self.now),
            again,
        }
    }

    fn give_up(&mut self, open: &OpenOccasion, reason: Reason) {
        self.decided.given_up = Some(GivenUp {
            reason: (open.by != By::Nobody).then_some(reason.word()),
            is_failure: open.by == By::Gone && reason == Reason::Died,
            stop_after: self.policy.stop_after,
        });
    }

    /// Everything that is due until then is left out.
    fn pass(&mut self, last: Timestamp, reason: Reason) {
        let mut moments = self.timetable.upcoming(self.floor).take_while(|moment| *moment <= last);
        let Some(first) = moments.next() else { return };
        let more = moments.take(MOST_COUNTED as usize - 1).count();
        self.decided.passed.push(Passed {
            first,
            last,
            count: u32::try_from(more).unwrap_or(MOST_COUNTED).saturating_add(1),
            is_skipped: matches!(reason, Reason::Overlap | Reason::Tripped),
            reason: reason.word(),
        });
        self.floor = self.floor.max(last);
    }

    fn is_too_late(&self, due: Timestamp) -> bool {
        self.policy
            .max_lateness
            .is_some_and(|most| lateness(due, self.now) > most)
    }
}

/// Somebody who lives works on it.
const fn is_under_way(open: &OpenOccasion) -> bool {
    matches!(open.by, By::Me | By::Other { .. })
}

/// How long ago it was due; nothing if that is yet to come, because the clock was set back.
fn lateness(due: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(now.duration_since(due)).unwrap_or_default()
}

#[cfg(test)]
mod tests;
