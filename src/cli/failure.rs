//! Shows what stopped a command, and chooses its exit code.

use super::{context::Context, exit::Exit};
use crate::{
    base::{
        diagnostic::{Diagnostics, Rejection},
        span::Sources,
    },
    report::{
        diagnostics,
        doctor::{self, Check, Level},
    },
    service::{ConductError, CredentialError, GatherError},
    store::StoreError,
    ui::Terminal,
};

/// Shows why there is no plan.
pub(super) fn gather(context: &Context, terminal: &mut Terminal, error: &GatherError) -> Exit {
    match error {
        GatherError::Rejected(rejection) => rejected(context, terminal, rejection),
        GatherError::Selection(selection) => {
            terminal.say(&format!("error: {selection}\n"));
            if let Some(help) = selection.help() {
                terminal.say(&format!("help: {help}\n"));
            }
        }
        GatherError::Store(store) => {
            terminal.say(&format!("error: {error}\n"));
            help(terminal, store);
        }
    }
    Exit::from(error)
}

/// Shows why a run did not take place.
pub(super) fn conduct(terminal: &mut Terminal, error: &ConductError) -> Exit {
    terminal.say(&format!("error: {error}\n"));
    match error {
        ConductError::Credentials(CredentialError::Missing) => {
            terminal.say("help: a key comes from https://aimlapi.com/app/keys; nothing was sent\n");
            terminal.say("help: without a key, `--backend sandbox` renders scratch takes for free\n");
        }
        ConductError::Settings(_) | ConductError::Sandbox(_) | ConductError::Store(_) => {
            terminal.say("help: nothing was sent and nothing was bought\n");
            if let ConductError::Store(store) = error {
                help(terminal, store);
            }
        }
    }
    Exit::from(error)
}

/// Shows what was found wrong before a run; the exit code, if the run must not take place.
pub(super) fn checks(context: &Context, terminal: &mut Terminal, checks: &[Check]) -> Option<Exit> {
    let exit = checks.iter().filter_map(Check::trouble).map(Exit::from).max();
    let shown = |check: &&Check| check.trouble().is_some() || check.level == Level::Warning && !context.global.quiet;
    for check in checks.iter().filter(shown) {
        terminal.say(&doctor::complaint(check, &context.look));
    }
    if exit.is_some() {
        terminal.say("help: nothing was sent and nothing was bought; `--no-preflight` runs without these checks\n");
    }
    exit
}

/// Shows that this machine failed.
pub(super) fn store(terminal: &mut Terminal, error: &StoreError) -> Exit {
    terminal.say(&format!("error: {error}\n"));
    help(terminal, error);
    Exit::Machine
}

fn help(terminal: &mut Terminal, error: &StoreError) {
    for line in error.help() {
        terminal.say(&format!("help: {line}\n"));
    }
}

fn rejected(context: &Context, terminal: &mut Terminal, rejection: &Rejection) {
    complaints(context, terminal, &rejection.diagnostics, &rejection.sources);
    terminal.say(&format!(
        "{}\n",
        diagnostics::summary(&rejection.diagnostics, &rejection.sources).trim_end()
    ));
}

/// Shows complaints with the text they point into.
pub(super) fn complaints(context: &Context, terminal: &mut Terminal, list: &Diagnostics, sources: &Sources) {
    if !list.is_empty() {
        let style = diagnostics::Style {
            colour: context.look.colour,
            unicode: context.look.unicode,
        };
        terminal.say(&diagnostics::render(list, sources, style));
    }
}
