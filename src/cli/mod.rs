//! The command line: reads arguments and surroundings, calls the service, shows what comes back, ends with a code.
//!
//! The only place that knows all of it; each command is a few lines of calls.

mod args;
mod commands;
mod context;
mod exit;
mod failure;

#[cfg(debug_assertions)]
use crate::base::crash;
use crate::{report::look::Look, ui::Terminal};
use args::Cli;
use clap::Parser;
use context::Context;
use exit::Exit;
use std::process::ExitCode;

/// Runs the program.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(usage) => {
            // A closed pipe while printing help is nobody's concern.
            let _ = usage.print();
            let code = if usage.use_stderr() { Exit::Usage } else { Exit::Done };
            return ExitCode::from(code.code());
        }
    };
    let context = match Context::read(cli.global) {
        Ok(context) => context,
        Err(error) => {
            let mut terminal = Terminal::standard(Look::PLAIN, false);
            terminal.say(&format!("error: the working folder cannot be found: {error}\n"));
            terminal.say("help: go to a folder that is there, and try again\n");
            return ExitCode::from(Exit::Machine.code());
        }
    };
    start_log(&context);
    #[cfg(debug_assertions)]
    if let Err(message) = arm(&context) {
        Terminal::standard(Look::PLAIN, false).say(&format!("error: {message}\n"));
        return ExitCode::from(Exit::Usage.code());
    }
    let (terminal, exit) = commands::perform(&context, cli.command);
    let exit = match terminal.finish() {
        Ok(()) => exit,
        // Data was lost on its way out: a script must not take what is there for all of it.
        Err(_) => exit.max(Exit::Machine),
    };
    ExitCode::from(exit.code())
}

/// Takes the wish of a test to see this process die; see [`crate::base::crash`].
#[cfg(debug_assertions)]
fn arm(context: &Context) -> Result<(), String> {
    let wish = context.environment.get(crash::VARIABLE);
    wish.map_or(Ok(()), crash::arm)
}

/// The program's own log, for its developers: `-vv` or `TAKESHEET_LOG`.
fn start_log(context: &Context) {
    use tracing_subscriber::{EnvFilter, fmt};
    let wanted = context.environment.get("TAKESHEET_LOG");
    let filter = match (wanted, context.global.verbose) {
        (Some(filter), _) => EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("takesheet=debug")),
        (None, 0 | 1) => return,
        (None, _) => EnvFilter::new("takesheet=debug"),
    };
    let log = fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(context.look.colour);
    // A second subscriber cannot be set; there is none before this one.
    let _ = log.try_init();
}
