//! A look at everything a run rests on: program, store, ledger, pipeline, disk, key, account, models, clock.
//!
//! Looks only: creates, repairs and sends nothing but the questions that a run asks first. Each thing looked at is a
//! [`Check`]; one that cannot be looked at because of another says so or is left out.

mod account;
mod machine;
mod pipeline;
mod store;

use super::{Environment, PlanOptions, Project, gather, preflight::Demand};
use crate::{
    base::time::Clock,
    report::doctor::{Check, Trouble},
};
use std::{path::Path, sync::Arc};

/// What is looked at.
#[derive(Clone, Debug, Default)]
pub struct DoctorOptions {
    /// The pipeline; none if there is none here.
    pub pipeline: Option<PlanOptions>,
    /// Ask no backend.
    pub offline: bool,
}

/// Looks at everything.
pub async fn doctor(options: &DoctorOptions, environment: &Environment, clock: &Arc<dyn Clock>) -> Vec<Check> {
    let folder = options.pipeline.as_ref().and_then(|plan| plan.file.parent());
    let project = Project::of(&gather::absolute(environment, folder.unwrap_or(Path::new(""))));
    let mut checks = vec![machine::program(), machine::project(&project, environment)];
    let (store, found) = store::look(&project, environment, clock);
    checks.extend(found);
    let (planned, found) = match &options.pipeline {
        Some(options) => pipeline::look(options, environment, clock, store),
        None => (
            None,
            vec![Check::ok(
                "pipeline",
                "none is named, and no takesheet.yaml is here or above",
            )],
        ),
    };
    checks.extend(found);
    let plan = planned.as_ref().map(|planned| planned.plan.as_ref());
    let demand = plan.map_or_else(Demand::default, |plan| Demand::of(plan, plan.limits.budget.run));
    checks.push(machine::time_zone(plan));
    checks.push(machine::disk(&project, &demand));
    match gather::with_dotenv(environment, &project) {
        Ok(whole) => {
            let asking = account::Asking {
                given: environment,
                whole: &whole,
                plan,
                demand: &demand,
                offline: options.offline,
            };
            checks.extend(account::look(&asking).await);
        }
        Err(error) => checks.push(Check::problem("key", Trouble::Machine, error.to_string())),
    }
    checks
}
