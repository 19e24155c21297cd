//! The words of `takesheet watch`.

use super::{Choice, EventFormat, usd};
use crate::{base::money::Usd, pipeline::Rate};
use clap::{Args, ValueHint};
use std::{num::NonZeroU32, path::PathBuf, time::Duration};

#[derive(Clone, Debug, Args)]
pub(in crate::cli) struct WatchArgs {
    /// The pipelines; by default takesheet.yaml here or above
    #[arg(value_name = "PIPELINE", value_hint = ValueHint::FilePath)]
    pub(in crate::cli) pipelines: Vec<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) choice: Choice,
    /// Render a scratch take of everything that waits to be bought, on every save
    #[arg(long)]
    pub(in crate::cli) draft: bool,
    /// Play the newest take after each render, with this command or with whatever player is there
    #[arg(long, value_name = "COMMAND", num_args = 0..=1, require_equals = true)]
    #[expect(
        clippy::option_option,
        reason = "the way of clap to say that a value may be left out"
    )]
    pub(in crate::cli) play: Option<Option<String>>,
    /// Buy on every save without asking, as far as the budget goes
    #[arg(long, requires = "budget")]
    pub(in crate::cli) auto_buy: bool,
    /// Spend at most this many US dollars, from now until the end of the watch
    #[arg(long, value_name = "USD", value_parser = usd)]
    pub(in crate::cli) budget: Option<Usd>,
    /// Calls under way at once
    #[arg(long, value_name = "N")]
    pub(in crate::cli) concurrency: Option<NonZeroU32>,
    /// Calls begun in a stretch of time, such as 10/1m
    #[arg(long, value_name = "CALLS/TIME", value_parser = crate::pipeline::parse_rate)]
    pub(in crate::cli) rate: Option<Rate>,
    /// Look for changes now and then, for file systems that do not tell of them; such as 2s, by default every second
    #[arg(long, value_name = "INTERVAL", num_args = 0..=1, require_equals = true, default_missing_value = "1s")]
    #[arg(value_parser = interval)]
    pub(in crate::cli) poll: Option<Duration>,
    /// Do not ask the backend before each purchase whether key, model and balance are fit for it
    #[arg(long)]
    pub(in crate::cli) no_preflight: bool,
    /// Every event as it happens, on standard output
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(in crate::cli) events: Option<EventFormat>,
}

/// Between two looks; less than a tenth of a second would be nothing but looking.
fn interval(text: &str) -> Result<Duration, String> {
    const LEAST: Duration = Duration::from_millis(100);
    let interval = crate::pipeline::parse_duration(text)?;
    if interval < LEAST {
        return Err("the least is 100ms".to_owned());
    }
    Ok(interval)
}
