//! Options of what happens when another run of the pipeline is under way.

use clap::Args;
use std::time::Duration;

/// What happens when another run of the pipeline is under way; without any, nothing is done and the exit code is 75.
#[derive(Clone, Copy, Debug, Default, Args)]
pub(in crate::cli) struct LockArgs {
    /// Wait until another run of the pipeline is over: as long as it takes, or at most so long, such as 10m
    #[arg(long, value_name = "DURATION", num_args = 0..=1, require_equals = true, value_parser = crate::pipeline::parse_duration)]
    pub(in crate::cli) lock_wait: Option<Option<Duration>>,
    /// Run beside another run of the pipeline, which is safe: nothing is bought twice. `TAKESHEET_NO_LOCK=1` says the same
    #[arg(long, conflicts_with = "lock_wait")]
    pub(in crate::cli) no_lock: bool,
}
