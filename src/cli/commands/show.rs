//! `takesheet show --config`: the pipeline as it was understood, each value with the place it comes from.

use crate::{
    cli::{args::ShowArgs, context::Context, exit::Exit, failure},
    pipeline::{self, Overrides, ReadOptions},
    service::GatherError,
    store::Disk,
    ui::Terminal,
};

/// Shows the resolved pipeline.
pub(super) fn show(context: &Context, terminal: &mut Terminal, args: &ShowArgs) -> Exit {
    let file = match context.pipeline(args.pipeline.as_ref(), terminal) {
        Ok(file) => file,
        Err(exit) => return exit,
    };
    let options = ReadOptions {
        file: &file,
        profile: args.profile.as_deref(),
        environment: &context.environment.vars,
        overrides: Overrides::default(),
    };
    match pipeline::resolved(&Disk::new(), &options) {
        Ok(resolved) => {
            terminal.data(&resolved.to_string());
            Exit::Done
        }
        Err(rejection) => failure::gather(context, terminal, &GatherError::Rejected(Box::new(rejection))),
    }
}
