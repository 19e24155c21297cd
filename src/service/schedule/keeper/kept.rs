//! One pipeline that is kept: its schedules as they were last read, and the run of it that is under way.
//!
//! Knows nothing of tasks or of waiting.

use crate::{
    base::time::Timestamp,
    pipeline::Schedule,
    service::schedule::{Due, NotATimetable, Policy, Timetable, decide},
    store::{By, NewSchedule, OccasionId, ScheduleRecord, Store, StoreError},
};
use std::{path::PathBuf, sync::Arc, time::Duration};

/// A pipeline to be kept.
#[derive(Clone, Debug)]
pub struct Pipeline {
    /// Its file, as errands name it.
    pub file: PathBuf,
    /// The same from the project's root, as the store names it.
    pub known_as: String,
    /// Its project's store.
    pub store: Arc<Store>,
    /// How far back a schedule looks that was never seen before.
    pub looks_back: Duration,
}

/// When a schedule is looked at again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wake {
    /// Then, and not before.
    At(Timestamp),
    /// Whenever anything happens: it waits for something that no clock tells.
    EachTurn,
    /// It never comes due.
    Never,
}

/// One schedule.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) schedule: Schedule,
    timetable: Timetable,
    pub(super) wake: Wake,
    /// It was turned away, and is not tried again until then, by the clock's elapsed time.
    pub(super) rests: Option<Duration>,
    /// Whether anything of it was fired.
    pub(super) was_fired: bool,
    /// Since when it is stopped, as far as that was told.
    pub(super) told_tripped: Option<Timestamp>,
}

impl Entry {
    fn new(schedule: Schedule) -> Result<Self, NotATimetable> {
        Ok(Self {
            timetable: Timetable::of(&schedule)?,
            schedule,
            wake: Wake::EachTurn,
            rests: None,
            was_fired: false,
            told_tripped: None,
        })
    }

    /// Whether it is time to look at it.
    pub(super) fn is_awake(&self, now: Timestamp, elapsed: Duration) -> bool {
        let is_time = match self.wake {
            Wake::At(at) => at <= now,
            Wake::EachTurn => true,
            Wake::Never => false,
        };
        is_time && self.rests.is_none_or(|until| until <= elapsed)
    }

    pub(super) fn next(&self, now: Timestamp) -> Option<Timestamp> {
        self.timetable.after(now)
    }

    fn is_same(&self, schedule: &Schedule) -> bool {
        let own = &self.schedule;
        own.name == schedule.name && own.cron == schedule.cron && own.timezone == schedule.timezone
    }
}

/// What is known of a pipeline while it is kept.
#[derive(Debug)]
pub(super) struct Kept<T> {
    pub(super) pipeline: Pipeline,
    pub(super) entries: Vec<Entry>,
    /// What is wrong with its file, as it was told.
    pub(super) trouble: Option<T>,
    /// That its record cannot be used was told.
    pub(super) told_unrecorded: bool,
    pub(super) was_read: bool,
    /// The occasion whose run is under way, and its schedule's name.
    pub(super) at_work: Option<(OccasionId, String)>,
}

impl<T> Kept<T> {
    pub(super) fn new(pipeline: Pipeline) -> Self {
        Self {
            pipeline,
            entries: Vec::new(),
            trouble: None,
            told_unrecorded: false,
            was_read: false,
            at_work: None,
        }
    }

    /// Takes what the file says now; says whether other moments than before come of it, and what cannot be reckoned.
    pub(super) fn take(&mut self, schedules: Vec<Schedule>) -> (bool, Vec<NotATimetable>) {
        let mut old = std::mem::take(&mut self.entries);
        let before = old.len();
        let mut is_new = false;
        let mut wrong = Vec::new();
        for schedule in schedules {
            match old.iter().position(|entry| entry.is_same(&schedule)) {
                Some(at) => {
                    let mut entry = old.swap_remove(at);
                    entry.schedule = schedule;
                    self.entries.push(entry);
                }
                None => match Entry::new(schedule) {
                    Ok(entry) => {
                        is_new = true;
                        self.entries.push(entry);
                    }
                    Err(why) => wrong.push(why),
                },
            }
        }
        (is_new || self.entries.len() != before, wrong)
    }

    /// What the record says of a schedule, and what to do about it.
    pub(super) fn decide(&self, at: usize, now: Timestamp) -> Result<(ScheduleRecord, Due), StoreError> {
        let entry = &self.entries[at];
        let seen = NewSchedule {
            file: &self.pipeline.known_as,
            name: &entry.schedule.name,
            cron: &entry.schedule.cron,
            zone: &entry.schedule.timezone,
        };
        let (store, looks_back) = (&self.pipeline.store, self.pipeline.looks_back);
        if !looks_back.is_zero() && store.schedule_record(seen.file, seen.name, now)?.is_none() {
            // A time that no clock can tell is no time to look back to.
            let since = now.checked_sub(looks_back).unwrap_or(now);
            store.see_schedule(&seen, since)?;
        }
        let mut record = store.see_schedule(&seen, now)?;
        if let Some(open) = &mut record.open
            && open.by == By::Me
            && !self.works_on(&entry.schedule.name)
        {
            // An earlier keeper of this process began it, and was dropped.
            open.by = By::Gone;
        }
        let due = decide(&entry.timetable, &Policy::from(&entry.schedule), &record, now);
        Ok((record, due))
    }

    fn works_on(&self, name: &str) -> bool {
        self.at_work.as_ref().is_some_and(|(_, schedule)| schedule == name)
    }
}
