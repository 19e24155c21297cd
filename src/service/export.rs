//! What of a pipeline is exported to the machinery that wakes a machine up.

use super::{
    Environment, GatherError, HOOK_TIME, Project,
    agenda::{pipeline_of, project_of},
    gather::absolute,
};
use crate::{
    pipeline::BackendSettings,
    report::export::Exported,
    store::{Disk, fs},
};
use std::{path::Path, time::Duration};

/// What a call may take where the pipeline says nothing, as the backend has it.
const CALL: Duration = Duration::from_secs(300);
/// What fetching a take's audio may take.
const FETCH: Duration = Duration::from_secs(120);
/// For how long a lost call is looked up where the pipeline says nothing.
const LOOK_UP: Duration = Duration::from_secs(180);

/// Reads a pipeline for an export. Writes nothing and plans nothing.
pub fn exported(file: &Path, environment: &Environment) -> Result<Exported, GatherError> {
    let pipeline = pipeline_of(&Disk::new(), file, environment)?;
    let project = project_of(file, environment);
    let file = absolute(environment, file);
    let longest = |said: fn(&BackendSettings) -> Option<Duration>, usual: Duration| {
        pipeline.backends.values().filter_map(said).fold(usual, Duration::max)
    };
    let landing = longest(|backend| backend.timeout, CALL) + FETCH + longest(|backend| backend.patience, LOOK_UP);
    Ok(Exported {
        file_in_repository: repository(&file)
            .unwrap_or(Project {
                root: project.root.clone(),
            })
            .name_of(&file),
        file: file.to_string_lossy().into_owned(),
        root: project.root.to_string_lossy().into_owned(),
        landing: landing + HOOK_TIME,
        name: pipeline.name,
        schedules: pipeline.schedules,
    })
}

/// What a machine that has only the repository will take for the project.
fn repository(file: &Path) -> Option<Project> {
    let root = file
        .ancestors()
        .skip(1)
        .find(|folder| fs::exists(&folder.join(".git")))?;
    Some(Project { root: root.to_owned() })
}
