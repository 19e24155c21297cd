//! Checks a pipeline as a whole: by itself, and as each of its schedules will find it.
//!
//! Offline; knows nothing of what was rendered.

use super::{Environment, GatherError, Gathered, PlanOptions, StoreUse, gather};
use crate::{
    base::{diagnostic::Rejection, time::Clock},
    plan,
};
use std::{collections::BTreeSet, sync::Arc};

/// Reads the pipeline, and again with each profile that a schedule names: what is wrong for a schedule is wrong. A store
/// spares listening to references that it knows.
pub fn check(
    options: &PlanOptions,
    environment: &Environment,
    clock: &Arc<dyn Clock>,
    store_use: &StoreUse,
) -> Result<Gathered, GatherError> {
    let gathered = checked(options, environment, clock, store_use)?;
    let schedules = gathered.pipeline.schedules.iter();
    let profiles: BTreeSet<&Option<String>> = schedules.map(|schedule| &schedule.profile).collect();
    for profile in profiles.into_iter().filter(|profile| **profile != options.profile) {
        let options = PlanOptions {
            profile: profile.clone(),
            ..options.clone()
        };
        checked(&options, environment, clock, store_use)?;
    }
    Ok(gathered)
}

fn checked(
    options: &PlanOptions,
    environment: &Environment,
    clock: &Arc<dyn Clock>,
    store_use: &StoreUse,
) -> Result<Gathered, GatherError> {
    let gathered = gather(options, environment, clock, store_use.clone())?;
    let diagnostics = plan::check_schedules(&gathered.pipeline, &gathered.expansion, &gathered.facts);
    if !diagnostics.has_errors() {
        return Ok(gathered);
    }
    let rejection = Rejection {
        sources: gathered.pipeline.sources,
        diagnostics,
    };
    Err(GatherError::Rejected(Box::new(rejection)))
}
