//! What is made sure of before the first upload of a run that pays: that the key is accepted, the model served, money
//! and disk there.
//!
//! Nothing is sent but questions that cost nothing. What cannot be told stops nothing. That every reference can be
//! decoded is made sure of by planning.

mod demand;
mod findings;

pub(super) use demand::Demand;
pub(super) use findings::{away, disk, of};

use super::{ConductError, Planned, conductor, sheet};
use crate::{
    backend::{Backend, Preflight, aimlapi::Aimlapi},
    base::money::Usd,
    event::StepFailure,
    report::doctor::Check,
    store::fs,
};
use std::time::Duration;

/// How long is waited before each further try to reach a backend that is not there.
const PAUSES: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(3)];

/// Makes sure that a run which may spend `budget` can end well; no checks at all if it buys nothing.
pub async fn preflight(planned: &Planned, budget: Option<Usd>) -> Result<Vec<Check>, ConductError> {
    let plan = &planned.plan;
    let demand = Demand::of(plan, budget.or(plan.limits.budget.run));
    if !demand.pays() {
        return Ok(Vec::new());
    }
    // What is wrong here is found out before anybody is asked.
    sheet::open(planned)?;
    let backend = conductor::aimlapi(planned)?;
    let free = disk(fs::free_space(&planned.gathered.project.root), &demand);
    let mut checks = match ask(&backend, &demand).await {
        Ok(said) => of(&said, &demand),
        Err(failure) => vec![away(&failure)],
    };
    checks.push(free);
    Ok(checks)
}

/// Asks, a few times if nobody is there.
async fn ask(backend: &Aimlapi, demand: &Demand) -> Result<Preflight, StepFailure> {
    let models: Vec<_> = demand.models.iter().cloned().collect();
    let mut said = backend.preflight(&models).await;
    for pause in PAUSES {
        if said.is_ok() {
            break;
        }
        tokio::time::sleep(pause).await;
        said = backend.preflight(&models).await;
    }
    said
}
