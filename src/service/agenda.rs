//! The schedules of a pipeline with what is known of each: when it is due next, and what came of it last.
//!
//! Writes nothing, and plans nothing: a pipeline whose references are gone has schedules all the same.

use super::{
    Environment, GatherError, Project,
    gather::{absolute, with_dotenv},
    schedule::Timetable,
};
use crate::{
    base::time::{Clock, Timestamp},
    pipeline::{self, Pipeline, ReadOptions, Schedule},
    store::{Disk, Occasion, ScheduleRecord, Store},
};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

/// How many of its next times are told.
const NEXT: usize = 5;

/// How many occasions are looked at for the last run.
const LOOKED_AT: usize = 20;

/// One schedule as it stands.
#[derive(Debug)]
pub struct Entry {
    /// As the pipeline says it.
    pub schedule: Schedule,
    /// When it is due next.
    pub next: Vec<Timestamp>,
    /// What is known of it, if it was ever seen.
    pub record: Option<ScheduleRecord>,
    /// What came of it lately, newest first.
    pub occasions: Vec<Occasion>,
}

/// The schedules of a pipeline.
pub fn schedules_of(file: &Path, environment: &Environment) -> Result<Vec<Schedule>, GatherError> {
    schedules_through(&Disk::new(), file, environment)
}

/// The same through a disk of the caller's: it notes what was read, also when that made no pipeline.
pub fn schedules_through(disk: &Disk, file: &Path, environment: &Environment) -> Result<Vec<Schedule>, GatherError> {
    Ok(pipeline_of(disk, file, environment)?.schedules)
}

/// A pipeline as it is written, without a profile.
pub(super) fn pipeline_of(disk: &Disk, file: &Path, environment: &Environment) -> Result<Pipeline, GatherError> {
    let project = project_of(file, environment);
    let environment = with_dotenv(environment, &project)?;
    let read = ReadOptions {
        file,
        profile: None,
        environment: &environment.vars,
        overrides: pipeline::Overrides::default(),
    };
    let read = pipeline::read(disk, &read);
    let (pipeline, _) = read.map_err(|rejection| GatherError::Rejected(Box::new(rejection)))?;
    Ok(pipeline)
}

/// The schedules of a pipeline with what is known of each.
pub fn agenda(file: &Path, environment: &Environment, clock: &Arc<dyn Clock>) -> Result<Vec<Entry>, GatherError> {
    let schedules = schedules_of(file, environment)?;
    let project = project_of(file, environment);
    let name = project.name_of(&absolute(environment, file));
    let store = Store::open_existing(&project.root, Arc::clone(clock))?;
    let now = clock.now();
    let entry = |schedule: Schedule| {
        let next =
            Timetable::of(&schedule).map_or_else(|_| Vec::new(), |times| times.upcoming(now).take(NEXT).collect());
        let (record, occasions) = match &store {
            Some(store) => (
                store.schedule_record(&name, &schedule.name, now)?,
                store.occasions(&name, &schedule.name, LOOKED_AT)?,
            ),
            None => (None, Vec::new()),
        };
        Ok(Entry {
            schedule,
            next,
            record,
            occasions,
        })
    };
    schedules.into_iter().map(entry).collect()
}

/// Lets stopped schedules of a pipeline go on: that of this name, or all. Gives the names of those that were stopped.
pub fn resume(
    file: &Path,
    name: Option<&str>,
    (environment, clock): (&Environment, &Arc<dyn Clock>),
) -> Result<Vec<String>, GatherError> {
    let project = project_of(file, environment);
    let Some(store) = Store::open_existing(&project.root, Arc::clone(clock))? else {
        return Ok(Vec::new());
    };
    let known = project.name_of(&absolute(environment, file));
    let mut resumed = Vec::new();
    for schedule in schedules_of(file, environment)? {
        let is_meant = name.is_none_or(|name| schedule.name == name);
        if is_meant && store.resume_schedule(&known, &schedule.name, clock.now())? {
            resumed.push(schedule.name);
        }
    }
    Ok(resumed)
}

/// The project that a pipeline belongs to.
pub fn project_of(file: &Path, environment: &Environment) -> Project {
    let file: PathBuf = absolute(environment, file);
    Project::of(file.parent().unwrap_or(Path::new("")))
}
