//! From a file name to a plan: reads the pipeline, looks at its references, asks the store what is there.
//!
//! Offline and without a key. Planning creates nothing on disk; only a run opens a store that was not there.

use super::{Aspect, Environment, Project, project::shown};
use crate::{
    base::{
        diagnostic::{Diagnostics, Rejection},
        door::Files,
        time::Clock,
        words,
    },
    pipeline::{self, Overrides, Pipeline, ReadOptions, Resolved, Step, Work},
    plan::{self, Blank, Expansion, Facts, Memory, Plan, Selection, SelectionError},
    store::{
        Disk, Store, StoreError, TakeSheet,
        fs::{Look, Seen},
        look,
    },
};
use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

/// Which pipeline, and how.
#[derive(Clone, Debug, Default)]
pub struct PlanOptions {
    /// The file as the user named it.
    pub file: PathBuf,
    /// `--profile`.
    pub profile: Option<String>,
    /// What the command line says over the file.
    pub overrides: Overrides,
    /// `--select`, any number.
    pub select: Vec<String>,
    /// Which of its takes it is about.
    pub aspect: Aspect,
}

/// A pipeline with everything that its plan depends on.
#[derive(Debug)]
pub struct Gathered {
    /// As read.
    pub pipeline: Pipeline,
    /// Its cells.
    pub expansion: Expansion,
    /// What its reference files are.
    pub facts: Facts,
    /// What is worth saying, though it stops nothing.
    pub warnings: Diagnostics,
    /// Every path that was read or listed for it, and those that were looked for in vain.
    pub asked: Vec<PathBuf>,
    /// Where its store and output live.
    pub project: Project,
    /// What was rendered before; none if nothing was.
    pub store: Option<Arc<Store>>,
    /// The surroundings with the project's `.env`.
    pub environment: Environment,
    /// Which of its takes it is about.
    pub aspect: Aspect,
    /// Just these takes, whatever else was selected.
    pub(super) only: Option<Selection>,
}

/// A plan with what it was made of.
#[derive(Debug)]
pub struct Planned {
    /// What it was made of.
    pub gathered: Gathered,
    /// What is to be done.
    pub plan: Arc<Plan>,
}

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub enum GatherError {
    /// The pipeline has errors.
    #[error("the pipeline has errors")]
    Rejected(Box<Rejection>),
    /// A selection that cannot be read, or that selects nothing.
    #[error(transparent)]
    Selection(#[from] SelectionError),
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Which store says what was rendered before, and whether one may be made where none is.
#[derive(Clone, Debug)]
pub enum StoreUse {
    /// Look only.
    Existing,
    /// Make one if needed.
    Open,
    /// Do without: for `check`.
    Ignore,
    /// The one that a long-lived process has open.
    Held(Arc<Store>),
}

/// Reads the pipeline and everything its plan depends on.
pub fn gather(
    options: &PlanOptions,
    environment: &Environment,
    clock: &Arc<dyn Clock>,
    store_use: StoreUse,
) -> Result<Gathered, GatherError> {
    gather_through(&Disk::new(), options, environment, clock, store_use)
}

/// The same through a disk of the caller's: it notes what was read, also when that made no pipeline.
pub fn gather_through(
    disk: &Disk,
    options: &PlanOptions,
    environment: &Environment,
    clock: &Arc<dyn Clock>,
    store_use: StoreUse,
) -> Result<Gathered, GatherError> {
    let project = project(options, environment);
    let environment = dotenv(disk, environment, &project)?;
    let read = ReadOptions {
        file: &options.file,
        profile: options.profile.as_deref(),
        environment: &environment.vars,
        overrides: options.overrides.clone(),
    };
    let (mut pipeline, mut warnings) =
        pipeline::read(disk, &read).map_err(|rejection| GatherError::Rejected(Box::new(rejection)))?;
    let store = store(&project, clock, store_use)?;
    let facts = facts(&pipeline, store.as_deref(), disk);
    options.aspect.widen(&mut pipeline);
    let expansion = plan::expand(&pipeline);
    options.aspect.rename(&mut pipeline);
    warnings.extend(plan::check_references(&pipeline, &facts));
    let expansion = match expansion {
        Ok(expansion) => {
            warnings.extend(expansion.warnings.clone());
            Some(expansion)
        }
        Err(errors) => {
            warnings.extend(errors);
            None
        }
    };
    warnings.sort();
    match expansion {
        Some(expansion) if !warnings.has_errors() => Ok(Gathered {
            pipeline,
            expansion,
            facts,
            warnings,
            asked: disk.asked(),
            project,
            store,
            environment,
            aspect: options.aspect,
            only: None,
        }),
        _ => {
            let rejection = Rejection {
                sources: pipeline.sources,
                diagnostics: warnings,
            };
            Err(GatherError::Rejected(Box::new(rejection)))
        }
    }
}

fn store(project: &Project, clock: &Arc<dyn Clock>, store_use: StoreUse) -> Result<Option<Arc<Store>>, StoreError> {
    Ok(match store_use {
        StoreUse::Existing => Store::open_existing(&project.root, Arc::clone(clock))?.map(Arc::new),
        StoreUse::Open => {
            let store = Store::open(&project.root, Arc::clone(clock))?;
            store.adopt(&project.takes())?;
            Some(Arc::new(store))
        }
        StoreUse::Held(store) => Some(store),
        StoreUse::Ignore => None,
    })
}

/// Reads the pipeline and plans it.
pub fn plan(
    options: &PlanOptions,
    environment: &Environment,
    clock: &Arc<dyn Clock>,
    store_use: StoreUse,
) -> Result<Planned, GatherError> {
    plan_through(&Disk::new(), options, environment, clock, store_use)
}

/// The same through a disk of the caller's: it notes what was read, also when that made no plan.
pub fn plan_through(
    disk: &Disk,
    options: &PlanOptions,
    environment: &Environment,
    clock: &Arc<dyn Clock>,
    store_use: StoreUse,
) -> Result<Planned, GatherError> {
    let selection = plan::parse_selection(&options.select)?;
    let gathered = gather_through(disk, options, environment, clock, store_use)?;
    planned(gathered, &selection)
}

/// The plan of what was gathered, with what the store knows now.
pub(super) fn planned(gathered: Gathered, selection: &Selection) -> Result<Planned, GatherError> {
    let memory: &dyn Memory = match &gathered.store {
        Some(store) => store.as_ref(),
        None => &Blank,
    };
    let plan = plan::build(
        &gathered.pipeline,
        &gathered.expansion,
        &gathered.facts,
        memory,
        selection,
    )?;
    if let Some(error) = gathered.store.as_ref().and_then(|store| store.take_trouble()) {
        return Err(error.into());
    }
    Ok(Planned {
        plan: Arc::new(plan),
        gathered,
    })
}

impl Gathered {
    /// How many takes the whole pipeline has.
    pub fn take_count(&self) -> usize {
        let takes = |step: &Step| match &step.work {
            Work::Song(song) => self.expansion.cells(step.id).len() * song.takes.get() as usize,
            Work::Reference(_) | Work::Lyrics(_) => 0,
        };
        self.pipeline.steps.iter().map(takes).sum()
    }

    /// The names of all its takes.
    pub fn take_names(&self) -> impl Iterator<Item = String> {
        let songs = self.pipeline.steps.iter().filter_map(|step| match &step.work {
            Work::Song(song) => Some((self.expansion.cells(step.id), song.takes.get())),
            Work::Reference(_) | Work::Lyrics(_) => None,
        });
        songs.flat_map(|(cells, takes)| {
            let names = move |cell: &plan::Cell| {
                let name = cell.name.to_string();
                (1..=takes).map(move |number| format!("{name}#{number}"))
            };
            cells.iter().flat_map(names)
        })
    }

    /// The output folder as the user would type it: whoever named the pipeline by its whole path may stand anywhere.
    pub fn takes_shown(&self) -> String {
        if Path::new(&self.pipeline.file).is_absolute() {
            return self.project.takes().to_string_lossy().replace('\\', "/");
        }
        shown(&self.project.takes(), &self.environment.folder)
    }

    /// The take sheet of this pipeline: beside it, under its file's stem.
    pub fn sheet(&self) -> PathBuf {
        let file = Path::new(&self.pipeline.file);
        let stem = file
            .file_stem()
            .map_or_else(|| "pipeline".into(), |stem| stem.to_string_lossy());
        TakeSheet::path(&self.pipeline.folder, &stem)
    }
}

/// A path that the user gave, from the working folder.
pub(super) fn absolute(environment: &Environment, path: &Path) -> PathBuf {
    // Joining an empty path would leave a trailing separator.
    if path.as_os_str().is_empty() {
        environment.folder.clone()
    } else {
        environment.folder.join(path)
    }
}

/// The project of the pipeline that is named.
pub fn project(options: &PlanOptions, environment: &Environment) -> Project {
    let folder = options.file.parent().unwrap_or(Path::new(""));
    Project::of(&absolute(environment, folder))
}

/// The pipeline as it is understood, with the place each value comes from.
pub fn resolved(options: &PlanOptions, environment: &Environment) -> Result<Resolved, GatherError> {
    let environment = with_dotenv(environment, &project(options, environment))?;
    let read = ReadOptions {
        file: &options.file,
        profile: options.profile.as_deref(),
        environment: &environment.vars,
        overrides: options.overrides.clone(),
    };
    pipeline::resolved(&Disk::new(), &read).map_err(|rejection| GatherError::Rejected(Box::new(rejection)))
}

/// The surroundings with the project's `.env`, if it has one.
pub fn with_dotenv(environment: &Environment, project: &Project) -> Result<Environment, StoreError> {
    dotenv(&Disk::new(), environment, project)
}

fn dotenv(disk: &Disk, environment: &Environment, project: &Project) -> Result<Environment, StoreError> {
    let text = disk.text(&project.root.join(".env"))?;
    Ok(text.map_or_else(|| environment.clone(), |text| environment.with_dotenv(&text)))
}

/// Digests and measures every reference file; a store remembers those that did not change.
fn facts(pipeline: &Pipeline, store: Option<&Store>, disk: &Disk) -> Facts {
    let look = |path: &Path| match store {
        Some(store) => store.file_fact(path),
        None => look(path),
    };
    let files = plan::reference_files(pipeline).into_iter();
    files
        .map(|(path, _)| {
            let fact = look(path);
            let seen = match &fact {
                Ok(fact) => Seen::Content(fact.digest),
                Err(error) => Seen::failed(error),
            };
            disk.note(Look::sound(path), seen);
            (path.to_owned(), fact.map_err(|error| unreadable(path, &error)))
        })
        .collect()
}

fn unreadable(path: &Path, error: &io::Error) -> plan::Unreadable {
    let (why, help) = match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
            let help = match near(path) {
                Some(near) => format!("did you mean `{near}`?"),
                None if path.is_absolute() => "nothing stands there on this machine".to_owned(),
                None => "paths are relative to the file they stand in".to_owned(),
            };
            ("there is no such file".to_owned(), help)
        }
        io::ErrorKind::IsADirectory => ("it is a folder".to_owned(), "name a file inside it".to_owned()),
        io::ErrorKind::PermissionDenied => (
            "this user may not".to_owned(),
            "give yourself the right to read it".to_owned(),
        ),
        io::ErrorKind::FileTooLarge => (
            error.to_string(),
            "cut it to the part that matters, or export it as mp3".to_owned(),
        ),
        _ => (error.to_string(), "nothing can be rendered without it".to_owned()),
    };
    plan::Unreadable { why, help }
}

/// The name of a sound file in the same folder that may have been meant.
fn near(path: &Path) -> Option<String> {
    let folder = path.parent().unwrap_or(Path::new(""));
    // No plan depends on this look.
    let disk = Disk::new();
    let lists = ["wav", "mp3"].map(|extension| disk.list(folder, extension).unwrap_or_default());
    let names: Vec<_> = lists
        .iter()
        .flatten()
        .filter_map(|path| path.file_name()?.to_str())
        .collect();
    words::nearest(path.file_name()?.to_str()?, names).map(str::to_owned)
}
