//! `takesheet schedule` as typed.

use clap::{Args, Subcommand, ValueEnum, ValueHint};
use std::{path::PathBuf, time::Duration};

#[derive(Debug, Args)]
pub(in crate::cli) struct ScheduleArgs {
    #[command(subcommand)]
    pub(in crate::cli) what: ScheduleCommand,
}

/// What to do about schedules.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum ScheduleCommand {
    /// Say when each schedule is due next, and what came of its last run
    List(ScheduleListArgs),
    /// Run what is due as it becomes due, until Ctrl-C; with --once, what is due now
    Run(ScheduleRunArgs),
    /// Write what has systemd, cron, launchd or GitHub run the schedules
    Export(ScheduleExportArgs),
    /// Let a schedule go on that was stopped by `stop_after`
    Resume(ScheduleResumeArgs),
}

/// Which pipelines, and which of their schedules.
#[derive(Clone, Debug, Args)]
pub(in crate::cli) struct Scheduled {
    /// The pipelines; by default takesheet.yaml here or above
    #[arg(value_name = "PIPELINE", value_hint = ValueHint::FilePath)]
    pub(in crate::cli) pipelines: Vec<PathBuf>,
    /// Only the schedule of this name; may be given more than once
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) schedule: Vec<String>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ScheduleListArgs {
    #[command(flatten)]
    pub(in crate::cli) which: Scheduled,
    /// One JSON document
    #[arg(long)]
    pub(in crate::cli) json: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ScheduleRunArgs {
    #[command(flatten)]
    pub(in crate::cli) which: Scheduled,
    /// Run what is due now and end with the worst exit code: for cron
    #[arg(long)]
    pub(in crate::cli) once: bool,
    /// How far back a schedule looks that is seen for the first time, such as 1h: for machines that remember nothing
    #[arg(long, value_name = "DURATION", value_parser = crate::pipeline::parse_duration)]
    pub(in crate::cli) since: Option<Duration>,
    /// Run beside other runs of the same pipelines, which is safe: nothing is bought twice. `TAKESHEET_NO_LOCK=1` says
    /// the same
    #[arg(long)]
    pub(in crate::cli) no_lock: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ScheduleResumeArgs {
    /// The pipeline; by default takesheet.yaml here or above
    #[arg(value_name = "PIPELINE", value_hint = ValueHint::FilePath)]
    pub(in crate::cli) pipeline: Option<PathBuf>,
    /// The schedule; by default every one that is stopped
    #[arg(value_name = "NAME")]
    pub(in crate::cli) name: Option<String>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ScheduleExportArgs {
    /// For which machinery
    #[arg(value_enum)]
    pub(in crate::cli) target: ExportTarget,
    /// The pipelines; by default takesheet.yaml here or above
    #[arg(value_name = "PIPELINE", value_hint = ValueHint::FilePath)]
    pub(in crate::cli) pipelines: Vec<PathBuf>,
    /// Where the files go; without it they are printed
    #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    pub(in crate::cli) to: Option<PathBuf>,
}

/// What wakes the machine up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum ExportTarget {
    /// A service and a timer for each pipeline
    Systemd,
    /// A crontab
    Cron,
    /// A user agent of macOS for each pipeline
    Launchd,
    /// A workflow for each pipeline
    Github,
}
