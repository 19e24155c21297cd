//! The command line as typed. Validates nothing that needs a file.

mod lock;
mod schedule;
mod watch;

pub(super) use lock::{LockArgs, LockWait};
pub(super) use schedule::{
    ExportTarget, ScheduleArgs, ScheduleCommand, ScheduleExportArgs, ScheduleListArgs, ScheduleResumeArgs,
    ScheduleRunArgs,
};
pub(super) use watch::WatchArgs;

use crate::{audio::MusicalKey, base::money::Usd, catalog::Bpm, pipeline::Rate, sandbox::Fault};
use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use std::{
    num::{NonZeroU32, NonZeroUsize},
    path::PathBuf,
    time::Duration,
};

/// Runs AI-music pipelines that are written down: never pays twice, keeps every take.
#[derive(Debug, Parser)]
#[command(name = "takesheet", version, max_term_width = 100, arg_required_else_help = true)]
#[command(after_help = "Start with `takesheet init`, then `takesheet run`. Nothing is paid on the sandbox backend.")]
pub(super) struct Cli {
    #[command(flatten, next_help_heading = "Global options")]
    pub(super) global: Global,
    #[command(subcommand)]
    pub(super) command: Command,
}

/// Options of every command.
#[derive(Clone, Copy, Debug, Args)]
pub(super) struct Global {
    /// Say nothing unless something is wrong (for cron)
    #[arg(short, long, global = true)]
    pub(super) quiet: bool,
    /// Say more; twice for the program's own log
    #[arg(short, long, global = true, action = clap::ArgAction::Count, conflicts_with = "quiet")]
    pub(super) verbose: u8,
    /// When to use colour
    #[arg(long, global = true, value_enum, default_value_t = Colour::Auto, value_name = "WHEN")]
    pub(super) color: Colour,
    /// Plain lines instead of the live display
    #[arg(long, global = true)]
    pub(super) no_progress: bool,
}

/// When to use colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Colour {
    /// On a terminal that can, unless `NO_COLOR` is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Write a first pipeline, with comments, and a reference it can use
    Init(InitArgs),
    /// Check pipelines: every mistake at once, with its place
    Check(CheckArgs),
    /// Say what a run would do, why, and for how much; offline, no key needed
    Plan(PlanArgs),
    /// Render what is missing
    Run(RunArgs),
    /// Follow pipelines: on every save, render what is free and price the rest
    Watch(WatchArgs),
    /// Render by the clock: what is due when, and a service that runs it
    Schedule(ScheduleArgs),
    /// Explain one take: why it is new, changed or there already
    Why(WhyArgs),
    /// Copy rendered takes to where they are handed on
    Promote(PromoteArgs),
    /// Draw what depends on what
    Graph(GraphArgs),
    /// Show how a pipeline is resolved
    Show(ShowArgs),
    /// Look at everything a run rests on: store, key, account, models, disk, clock
    Doctor(DoctorArgs),
    /// Settle takes whose outcome is not known
    Resolve(ResolveArgs),
    /// Look at earlier runs
    Runs(RunsArgs),
    /// List what the store holds and nothing refers to any more; with --delete, delete it
    Gc(GcArgs),
    /// Serve the API on this machine: real HTTP, real audio, free
    Sandbox(SandboxArgs),
    /// Print the JSON Schema of pipeline files
    Schema,
    /// Print a completion script
    Completions {
        /// For which shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man {
        /// Of one command
        command: Option<String>,
    },
}

/// Which pipeline.
#[derive(Clone, Debug, Args)]
pub(super) struct Input {
    /// The pipeline; by default takesheet.yaml here or above
    #[arg(value_name = "PIPELINE", value_hint = ValueHint::FilePath)]
    pub(super) pipeline: Option<PathBuf>,
    #[command(flatten)]
    pub(super) choice: Choice,
}

/// Which part of it, and how.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct Choice {
    /// Apply a profile of the pipeline
    #[arg(long, short, value_name = "NAME")]
    pub(super) profile: Option<String>,
    /// Render with this backend instead of the pipeline's: sandbox or aimlapi
    #[arg(long, short, value_name = "NAME")]
    pub(super) backend: Option<String>,
    /// Only these: hook, hook[city=Lisbon], hook#2, tag:draft, state:changed, globs, +hook, hook+, !hook
    #[arg(long, short, value_name = "SELECTION")]
    pub(super) select: Vec<String>,
}

#[derive(Debug, Args)]
pub(super) struct InitArgs {
    /// Where; by default here
    #[arg(value_name = "FOLDER", value_hint = ValueHint::DirPath, default_value = ".")]
    pub(super) folder: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    /// The pipelines; by default takesheet.yaml here or above
    #[arg(value_name = "PIPELINE", value_hint = ValueHint::FilePath)]
    pub(super) pipelines: Vec<PathBuf>,
    /// Apply a profile of the pipeline
    #[arg(long, short, value_name = "NAME")]
    pub(super) profile: Option<String>,
    /// One JSON document
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct PlanArgs {
    #[command(flatten)]
    pub(super) input: Input,
    /// One JSON document
    #[arg(long)]
    pub(super) json: bool,
    /// Exit with 0 if there is nothing to do and with 10 if there is
    #[arg(long)]
    pub(super) detailed_exitcode: bool,
}

#[derive(Debug, Args)]
pub(super) struct RunArgs {
    /// The pipelines, one after another; by default takesheet.yaml here or above
    #[arg(value_name = "PIPELINE", value_hint = ValueHint::FilePath)]
    pub(super) pipelines: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) choice: Choice,
    /// Show the plan and stop
    #[arg(long, conflicts_with_all = ["events"])]
    pub(super) dry_run: bool,
    /// Spend at most this many US dollars in this run
    #[arg(long, value_name = "USD", value_parser = usd)]
    pub(super) budget: Option<Usd>,
    /// Calls under way at once
    #[arg(long, value_name = "N")]
    pub(super) concurrency: Option<NonZeroU32>,
    /// Calls begun in a stretch of time, such as 10/1m
    #[arg(long, value_name = "CALLS/TIME", value_parser = crate::pipeline::parse_rate)]
    pub(super) rate: Option<Rate>,
    /// Begin nothing more once something failed
    #[arg(long)]
    pub(super) fail_fast: bool,
    /// Do not ask the backend first whether key, model and balance are fit for the run
    #[arg(long)]
    pub(super) no_preflight: bool,
    #[command(flatten)]
    pub(super) locking: LockArgs,
    /// One JSON document for each pipeline, on standard output
    #[arg(long)]
    pub(super) json: bool,
    /// Every event as it happens, on standard output
    #[arg(long, value_enum, value_name = "FORMAT", conflicts_with = "json")]
    pub(super) events: Option<EventFormat>,
}

/// How events are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum EventFormat {
    /// One JSON document a line
    Ndjson,
}

#[derive(Debug, Args)]
pub(super) struct WhyArgs {
    /// The take or cell: hook, songs.hook[city=Lisbon]#2
    pub(super) take: String,
    /// The pipeline; by default takesheet.yaml here or above
    #[arg(value_name = "PIPELINE", value_hint = ValueHint::FilePath)]
    pub(super) pipeline: Option<PathBuf>,
    /// Apply a profile of the pipeline
    #[arg(long, short, value_name = "NAME")]
    pub(super) profile: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct PromoteArgs {
    /// The takes: hook, hook[city=Lisbon], hook#2, tag:draft, globs
    #[arg(value_name = "SELECTION")]
    pub(super) select: String,
    /// The pipeline; by default takesheet.yaml here or above
    #[arg(value_name = "PIPELINE", value_hint = ValueHint::FilePath)]
    pub(super) pipeline: Option<PathBuf>,
    /// Where the copies go; no file there is overwritten
    #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    pub(super) to: PathBuf,
    /// Put tags into the copies: title, lyrics, bpm, key, where they come from. Without it they are the very bytes of the
    /// takes
    #[arg(long)]
    pub(super) tags: bool,
    /// Apply a profile of the pipeline
    #[arg(long, short, value_name = "NAME")]
    pub(super) profile: Option<String>,
    /// The takes of this backend instead of the pipeline's: sandbox or aimlapi
    #[arg(long, short, value_name = "NAME")]
    pub(super) backend: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct GraphArgs {
    #[command(flatten)]
    pub(super) input: Input,
    /// How to draw it
    #[arg(long, short, value_enum, default_value_t = GraphFormat::Tree)]
    pub(super) format: GraphFormat,
    /// Every cell and take instead of the steps
    #[arg(long)]
    pub(super) cells: bool,
}

/// How a graph is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum GraphFormat {
    /// For the terminal
    Tree,
    /// For Markdown
    Mermaid,
    /// For Graphviz
    Dot,
}

#[derive(Debug, Args)]
pub(super) struct ShowArgs {
    /// The resolved pipeline, with the place each value comes from
    #[arg(long, required = true)]
    pub(super) config: bool,
    /// The pipeline; by default takesheet.yaml here or above
    #[arg(value_name = "PIPELINE", value_hint = ValueHint::FilePath)]
    pub(super) pipeline: Option<PathBuf>,
    /// Apply a profile of the pipeline
    #[arg(long, short, value_name = "NAME")]
    pub(super) profile: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct DoctorArgs {
    /// The pipeline; by default takesheet.yaml here or above, if there is one
    #[arg(value_name = "PIPELINE", value_hint = ValueHint::FilePath)]
    pub(super) pipeline: Option<PathBuf>,
    /// Apply a profile of the pipeline
    #[arg(long, short, value_name = "NAME")]
    pub(super) profile: Option<String>,
    /// Look at it as if it were rendered with this backend: sandbox or aimlapi
    #[arg(long, short, value_name = "NAME")]
    pub(super) backend: Option<String>,
    /// Ask no backend
    #[arg(long)]
    pub(super) offline: bool,
    /// One JSON document
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct ResolveArgs {
    /// The takes, as the message named them, or the ids of their calls; `all` for every one. Without any: lists them
    #[arg(value_name = "TAKE")]
    pub(super) takes: Vec<String>,
    /// It was paid: the money is spent, the audio is lost; the next run may buy it again
    #[arg(long, group = "how")]
    pub(super) paid: bool,
    /// It was not paid: the next run buys it
    #[arg(long, group = "how")]
    pub(super) not_paid: bool,
    /// Whatever happened, buy it again
    #[arg(long, group = "how")]
    pub(super) retake: bool,
    /// Ask the account's log, and settle what it says; needs the key
    #[arg(long, group = "how")]
    pub(super) look_up: bool,
    /// Only takes of this pipeline; the names are then selections as for `run --select`
    #[arg(long, short = 'p', value_name = "PIPELINE", value_hint = ValueHint::FilePath, conflicts_with = "folder")]
    pub(super) pipeline: Option<PathBuf>,
    /// The folder of the project
    #[arg(long, short = 'C', value_name = "FOLDER", value_hint = ValueHint::DirPath, default_value = ".")]
    pub(super) folder: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct GcArgs {
    /// Only these: takes (hook, hook[city=Lisbon]#2), or the first digits of a key or digest. The latest take under a
    /// name, and audio that belongs to no take, must be named to be deleted
    #[arg(value_name = "WHAT")]
    pub(super) what: Vec<String>,
    /// Delete it, instead of listing it
    #[arg(long)]
    pub(super) delete: bool,
    /// One JSON document
    #[arg(long)]
    pub(super) json: bool,
    /// The folder of the project
    #[arg(long, short = 'C', value_name = "FOLDER", value_hint = ValueHint::DirPath, default_value = ".")]
    pub(super) folder: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct RunsArgs {
    #[command(subcommand)]
    pub(super) what: RunsCommand,
    /// The folder of the project
    #[arg(long, short = 'C', value_name = "FOLDER", value_hint = ValueHint::DirPath, default_value = ".", global = true)]
    pub(super) folder: PathBuf,
}

/// What to look at.
#[derive(Debug, Subcommand)]
pub(super) enum RunsCommand {
    /// The latest runs
    List {
        /// How many
        #[arg(long, short = 'n', default_value_t = 20)]
        number: usize,
    },
    /// One run: what was rendered, what failed, what it cost
    Show {
        /// Its id; by default the latest
        run: Option<String>,
        /// One JSON document
        #[arg(long)]
        json: bool,
    },
    /// One run's events, as they happened
    Replay {
        /// Its id; by default the latest
        run: Option<String>,
    },
}

#[derive(Debug, Args)]
pub(super) struct SandboxArgs {
    /// The port on 127.0.0.1; 0 picks a free one
    #[arg(long, default_value_t = 8787)]
    pub(super) port: u16,
    /// How long each render takes, such as 300ms or 55s
    #[arg(long, default_value = "0s", value_parser = crate::pipeline::parse_duration)]
    pub(super) delay: Duration,
    /// Renders under way at once; one more is answered 429
    #[arg(long, value_name = "N")]
    pub(super) most_in_flight: Option<NonZeroUsize>,
    /// Beats a minute of every take, from 40 to 240, whatever its references are like
    #[arg(long, value_name = "N")]
    pub(super) bpm: Option<Bpm>,
    /// The musical key of every take, such as "D minor"
    #[arg(long, value_name = "KEY")]
    pub(super) key: Option<MusicalKey>,
    /// What everything left to chance follows from, in place of the references
    #[arg(long, value_name = "N")]
    pub(super) seed: Option<u64>,
    /// What goes wrong, such as 429, generate:500x2, cut-mid-body; may be given more than once
    #[arg(long, value_name = "FAULT")]
    pub(super) fault: Vec<Fault>,
    /// Which state of the service to play
    #[arg(long, value_enum, default_value_t = SandboxMode::Available)]
    pub(super) mode: SandboxMode,
}

/// Which state of the service to play.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum SandboxMode {
    /// music-01 is offered
    Available,
    /// music-01 is gone
    Withdrawn,
    /// music-01 is offered, and to be withdrawn
    Deprecated,
    /// music-01 is offered as an alias of another model
    Renamed,
    /// music-01 works, and no list names it
    Unlisted,
}

fn usd(text: &str) -> Result<Usd, String> {
    Usd::parse(text.trim_start_matches('$')).ok_or_else(|| "an amount is a plain decimal such as 2.00".to_owned())
}
