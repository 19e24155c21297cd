//! What a pipeline is once every name in it is resolved.

use super::{Gates, Text};
use crate::{
    base::{
        audio_settings::AudioSettings,
        ids::{Coordinates, StepName},
        money::Usd,
        span::{Location, Sources, Span},
    },
    catalog::{BackendKind, Model, Purpose, Wishes},
};
use std::{collections::BTreeMap, num::NonZeroU32, path::PathBuf, sync::Arc, time::Duration};

/// One step of a [`Pipeline`]: its index in [`Pipeline::steps`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StepId(pub u32);

/// One YAML file with all it includes, resolved.
#[derive(Debug)]
pub struct Pipeline {
    /// `name:`, or the file's stem.
    pub name: String,
    /// The file as the user named it.
    pub file: String,
    /// The folder it stands in.
    pub folder: PathBuf,
    /// Every text that was read, for diagnostics.
    pub sources: Sources,
    /// The profile that was applied.
    pub profile: Option<String>,
    /// Dense by [`StepId`], in order of declaration; acyclic.
    pub steps: Vec<Step>,
    /// `vars:` and the declared `env:` names, as templates see them.
    pub scope: BTreeMap<String, serde_json::Value>,
    /// `limits:`.
    pub limits: Limits,
    /// `backends:`; a backend that is not named has no entry.
    pub backends: BTreeMap<BackendKind, BackendSettings>,
    /// `timezone:`, an IANA zone or `UTC`, known to exist: where the budget's day begins. The machine's own if absent.
    pub timezone: Option<String>,
    /// `sandbox:`; what is wished of scratch takes.
    pub wishes: Wishes,
    /// `schedules:`; validated here, run by `service`.
    pub schedules: Vec<Schedule>,
    /// Every path that was asked for, present or not: what a watch must follow.
    pub read: Vec<PathBuf>,
}

impl Pipeline {
    /// The step behind an id.
    pub fn step(&self, id: StepId) -> &Step {
        &self.steps[id.0 as usize]
    }
}

/// A declared node.
#[derive(Debug)]
pub struct Step {
    /// Its own index.
    pub id: StepId,
    /// `songs.hook`.
    pub name: StepName,
    /// Its key in the YAML.
    pub span: Span,
    /// Steps whose output it uses, in a fixed order: lyrics, voice, instrumental, then those named in templates.
    pub uses: Vec<StepId>,
    /// `needs:`: order without data.
    pub needs: Vec<StepId>,
    /// `tags:`.
    pub tags: Vec<String>,
    /// Its own axes.
    pub matrix: Matrix,
    /// What it does.
    pub work: Work,
}

/// The cells a step declares by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matrix {
    /// Names in order of declaration; empty without a matrix.
    pub axes: Vec<Arc<str>>,
    /// After `exclude` and `include`, in order; one cell without coordinates if there is no matrix.
    pub cells: Vec<Coordinates>,
    /// `max_cells`: also the bound for the cells after joining with what flows in.
    pub max_cells: usize,
    /// Where it is declared, for complaints.
    pub span: Option<Span>,
}

/// What a step does.
#[derive(Debug)]
pub enum Work {
    /// An upload.
    Reference(Reference),
    /// A text.
    Lyrics(Lyrics),
    /// A render.
    Song(Song),
}

/// An upload.
#[derive(Debug)]
pub struct Reference {
    /// Where the sound comes from.
    pub source: ReferenceSource,
    /// What it is for.
    pub purpose: Purpose,
    /// The value of `file:` or `from:`, for complaints about the sound.
    pub span: Span,
}

/// Where a reference's sound comes from.
#[derive(Debug)]
pub enum ReferenceSource {
    /// A file of the user's.
    File {
        /// To open.
        path: PathBuf,
        /// As the user would type it.
        shown: String,
    },
    /// A rendered take.
    Song {
        /// The song step.
        step: StepId,
        /// Axis values the name fixes: `songs.bed[mood=bright]#1`. The other axes flow downstream.
        at: Coordinates,
        /// Which take; from one.
        take: u32,
    },
}

/// A text.
#[derive(Debug)]
pub struct Lyrics {
    /// The template with its place in the user's files.
    pub text: Text,
    /// Wraps the text in `## … ##`.
    pub accompaniment: bool,
}

/// A render.
#[derive(Debug)]
pub struct Song {
    /// Who renders.
    pub backend: BackendKind,
    /// What renders.
    pub model: &'static Model,
    /// Its text.
    pub lyrics: Option<StepId>,
    /// Its voice.
    pub voice: Option<StepId>,
    /// Its accompaniment.
    pub instrumental: Option<StepId>,
    /// Defaults filled in.
    pub audio: AudioSettings,
    /// How many takes of each cell.
    pub takes: NonZeroU32,
    /// `accept:`.
    pub gates: Gates,
    /// `name:`: a template for its files.
    pub file_name: Option<Text>,
    /// `salt:`: changes every key on purpose; empty by default.
    pub salt: String,
    /// The value of `lyrics:` (or the step's key), for complaints about the rendered text.
    pub span: Span,
}

/// `limits:`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Calls under way at once.
    pub concurrency: NonZeroU32,
    /// At most so many calls begin in any such stretch of time.
    pub rate: Option<Rate>,
    /// Money.
    pub budget: Budget,
}

/// `10/1m`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How many.
    pub calls: NonZeroU32,
    /// In how long.
    pub per: Duration,
}

/// How much may be spent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Budget {
    /// In one run.
    pub run: Option<Usd>,
    /// In one day.
    pub day: Option<Usd>,
}

/// What `backends:` says of one backend. What is absent is for the user of the value to fill in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BackendSettings {
    /// Calls under way at once at this backend, within the limit of the run.
    pub concurrency: Option<NonZeroU32>,
    /// At most so many calls begin in any such stretch of time at this backend, within the rate of the run.
    pub rate: Option<Rate>,
    /// For a whole render call, from connecting to the last byte; [`BackendSettings::TIMEOUT`].
    pub timeout: Option<Duration>,
    /// How long a lost call is looked up in the account's log before it is called unsure; zero looks once;
    /// [`BackendSettings::PATIENCE`].
    pub patience: Option<Duration>,
    /// What a take costs, by the id of the model; goes over the catalog.
    pub prices: BTreeMap<&'static str, OwnPrice>,
}

impl BackendSettings {
    /// The least and the most that `timeout` may be.
    pub const TIMEOUT: [Duration; 2] = [Duration::from_secs(10), Duration::from_secs(3600)];
    /// The least and the most that `patience` may be.
    pub const PATIENCE: [Duration; 2] = [Duration::ZERO, Duration::from_secs(3600)];
}

/// A price that the pipeline itself states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnPrice {
    /// Per take.
    pub amount: Usd,
    /// Where it is written.
    pub at: Location,
}

/// What to do when the last occurrence still runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overlap {
    /// Leave this one out.
    Skip,
    /// Run once more afterwards.
    QueueOne,
}

/// A recurring run.
#[derive(Clone, Debug)]
pub struct Schedule {
    /// Its key in the YAML.
    pub name: String,
    /// Where it is declared.
    pub span: Span,
    /// Five fields, a nickname such as `@daily` spelt out; known to be valid.
    pub cron: String,
    /// The same as it is written: a nickname stays one.
    pub written: String,
    /// An IANA zone or `UTC`; known to exist.
    pub timezone: String,
    /// What to run; everything if absent.
    pub select: Vec<String>,
    /// Where that is said; the schedule's own place if it is not.
    pub select_span: Span,
    /// Which profile to run it with.
    pub profile: Option<String>,
    /// On overlap.
    pub overlap: Overlap,
    /// How late a missed one may still run.
    pub max_lateness: Option<Duration>,
    /// New takes each time; needs a budget.
    pub fresh: bool,
    /// Per occurrence.
    pub budget: Option<Usd>,
    /// Stop after so many failures in a row.
    pub stop_after: Option<NonZeroU32>,
    /// Who is told of each run that failed.
    pub on_failure: Option<Hook>,
    /// Who is told of the first run that succeeded after one that failed.
    pub on_recovery: Option<Hook>,
}

/// Who is told of a run: it gets the run's JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hook {
    /// A command of the shell, which gets it as its input.
    Command(String),
    /// An address with `http` or `https`, which it is posted to.
    Url(String),
}
