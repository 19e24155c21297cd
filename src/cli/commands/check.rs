//! `takesheet check`: every mistake of every pipeline at once. Offline; writes nothing.

use crate::{
    base::words,
    cli::{args::CheckArgs, context::Context, exit::Exit, failure},
    report::diagnostics,
    service::{self, GatherError, Gathered, PlanOptions, StoreUse},
    ui::Terminal,
};
use serde_json::{Value, json};

/// Checks the pipelines.
pub(super) fn check(context: &Context, terminal: &mut Terminal, args: &CheckArgs) -> Exit {
    let files = match context.pipelines(&args.pipelines, terminal) {
        Ok(files) => files,
        Err(exit) => return exit,
    };
    let (mut worst, mut documents) = (Exit::Done, Vec::new());
    for file in files {
        let options = PlanOptions {
            file,
            profile: args.profile.clone(),
            ..PlanOptions::default()
        };
        let gathered = service::check(&options, &context.environment, &context.clock, &StoreUse::Ignore);
        if args.json {
            documents.extend(document(&gathered));
        } else {
            show(context, terminal, &gathered);
        }
        worst = worst.max(gathered.as_ref().map_or_else(Exit::from, |_| Exit::Done));
    }
    if args.json {
        let document = json!({ "schema": "takesheet.check/1", "diagnostics": documents });
        terminal.data(&format!("{document:#}\n"));
    }
    worst
}

fn show(context: &Context, terminal: &mut Terminal, gathered: &Result<Gathered, GatherError>) {
    match gathered {
        Err(error) => {
            failure::gather(context, terminal, error);
        }
        Ok(gathered) => {
            let pipeline = &gathered.pipeline;
            failure::complaints(context, terminal, &gathered.warnings, &pipeline.sources);
            if !context.global.quiet {
                let steps = words::count(pipeline.steps.len(), "step");
                let takes = words::count(gathered.take_count(), "take");
                let found = match gathered.warnings.counts().1 {
                    0 => "no errors".to_owned(),
                    warnings => format!("no errors, {}", words::count(warnings, "warning")),
                };
                terminal.say(&format!("{}: {steps}, {takes}, {found}\n", pipeline.file));
            }
        }
    }
}

fn document(gathered: &Result<Gathered, GatherError>) -> Vec<Value> {
    let found = match gathered {
        Ok(gathered) => diagnostics::json(&gathered.warnings, &gathered.pipeline.sources),
        Err(GatherError::Rejected(rejection)) => diagnostics::json(&rejection.diagnostics, &rejection.sources),
        Err(error) => json!([{ "severity": "error", "message": error.to_string() }]),
    };
    match found {
        Value::Array(list) => list,
        other => vec![other],
    }
}
