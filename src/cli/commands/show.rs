//! `takesheet show --config`: the pipeline as it was understood, each value with the place it comes from.

use crate::{
    cli::{args::ShowArgs, context::Context, exit::Exit, failure},
    service::{self, PlanOptions},
    ui::Terminal,
};

/// Shows the resolved pipeline.
pub(super) fn show(context: &Context, terminal: &mut Terminal, args: &ShowArgs) -> Exit {
    let file = match context.pipeline(args.pipeline.as_ref(), terminal) {
        Ok(file) => file,
        Err(exit) => return exit,
    };
    let options = PlanOptions {
        file,
        profile: args.profile.clone(),
        ..PlanOptions::default()
    };
    match service::resolved(&options, &context.environment) {
        Ok(resolved) => {
            terminal.data(&resolved.to_string());
            Exit::Done
        }
        Err(error) => failure::gather(context, terminal, &error),
    }
}
