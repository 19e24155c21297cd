//! Options of what happens when another run of the pipeline is under way.

use clap::Args;
use std::time::Duration;

/// What stands for a wait without an end.
const ENDLESS: &str = "endless";

/// How long another run is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum LockWait {
    /// As long as it takes.
    Endless,
    /// At most so long.
    UpTo(Duration),
}

fn lock_wait(text: &str) -> Result<LockWait, String> {
    if text == ENDLESS {
        return Ok(LockWait::Endless);
    }
    crate::pipeline::parse_duration(text).map(LockWait::UpTo)
}

/// What happens when another run of the pipeline is under way; without any, nothing is done and the exit code is 75.
#[derive(Clone, Copy, Debug, Default, Args)]
pub(in crate::cli) struct LockArgs {
    /// Wait until another run of the pipeline is over: as long as it takes, or at most so long, such as 10m
    #[arg(long, value_name = "DURATION", num_args = 0..=1, require_equals = true, default_missing_value = ENDLESS)]
    #[arg(value_parser = lock_wait)]
    pub(in crate::cli) lock_wait: Option<LockWait>,
    /// Run beside another run of the pipeline, which is safe: nothing is bought twice. `TAKESHEET_NO_LOCK=1` says the same
    #[arg(long, conflicts_with = "lock_wait")]
    pub(in crate::cli) no_lock: bool,
}
