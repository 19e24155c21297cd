//! The pipeline: whether it can be planned, and what its plan wants.

use super::store::StoreState;
use crate::{
    base::{diagnostic::Rejection, time::Clock, words},
    plan,
    report::doctor::{Check, Trouble, command},
    service::{Environment, GatherError, PlanOptions, Planned, StoreUse, gather},
};
use std::sync::Arc;

/// Reads and plans a pipeline. Without a usable store nobody knows what is there, so there is no plan.
pub(super) fn look(
    options: &PlanOptions,
    environment: &Environment,
    clock: &Arc<dyn Clock>,
    store: StoreState,
) -> (Option<Planned>, Vec<Check>) {
    let file = options.file.display().to_string();
    if store == StoreState::Unusable {
        let checks = match gather::gather(options, environment, clock, StoreUse::Ignore) {
            Ok(gathered) => {
                let takes = words::count(gathered.take_count(), "take");
                vec![Check::ok(
                    "pipeline",
                    format!("{file}: {takes}; not planned without the store"),
                )]
            }
            Err(error) => vec![rejected(options, &error)],
        };
        return (None, checks);
    }
    match gather::plan(options, environment, clock, StoreUse::Existing) {
        Ok(planned) => {
            let mut checks = vec![planned_well(options, &planned)];
            checks.extend(references(&planned));
            (Some(planned), checks)
        }
        Err(error) => (None, vec![rejected(options, &error)]),
    }
}

fn planned_well(options: &PlanOptions, planned: &Planned) -> Check {
    let file = options.file.display();
    let plan = &planned.plan;
    let takes = plan.takes().count();
    let wanted = plan.takes().filter(|(node, _)| node.verdict.is_work()).count();
    let wants = if wanted == 0 {
        "nothing to render".to_owned()
    } else {
        format!("{wanted} to render for {}", plan.total)
    };
    let finding = format!("{file}: {}, {wants}", words::count(takes, "take"));
    let (_, warnings) = planned.gathered.warnings.counts();
    if warnings == 0 {
        return Check::ok("pipeline", finding);
    }
    Check::warning("pipeline", format!("{finding}; {}", words::count(warnings, "warning"))).help(explain(options))
}

/// The command that shows every complaint with its place.
fn explain(options: &PlanOptions) -> String {
    let file = options.file.to_string_lossy();
    let mut words = vec!["plan", &*file];
    let chosen = [
        ("--profile", &options.profile),
        ("--backend", &options.overrides.backend),
    ];
    for (option, value) in chosen {
        if let Some(value) = value {
            words.extend([option, value.as_str()]);
        }
    }
    command(&words)
}

/// That there is a plan says that every reference decodes.
fn references(planned: &Planned) -> Option<Check> {
    let files = plan::reference_files(&planned.gathered.pipeline).len();
    let all = words::count(files, "file");
    let verb = if files == 1 { "decodes" } else { "decode" };
    (files > 0).then(|| Check::ok("references", format!("{all}, which {verb}")))
}

fn rejected(options: &PlanOptions, error: &GatherError) -> Check {
    let file = options.file.display();
    match error {
        GatherError::Rejected(rejection) => {
            let Rejection { diagnostics, .. } = rejection.as_ref();
            let errors = words::count(diagnostics.counts().0, "error");
            Check::problem("pipeline", Trouble::Pipeline, format!("{file} has {errors}")).help(explain(options))
        }
        GatherError::Selection(error) => Check::problem("pipeline", Trouble::Pipeline, error.to_string()),
        GatherError::Store(error) => Check::problem("pipeline", Trouble::Machine, error.to_string()),
    }
}
