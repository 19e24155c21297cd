//! Before a run is planned: what earlier processes left behind of its takes is settled, as far as the account's log and
//! the disk can tell.
//!
//! Connects only if something is to be asked for; without a usable key what needs one stays as it is.

use super::{Account, ConductError, Environment, GatherError, Planned, account, conductor, gather::planned};
use crate::{
    backend::aimlapi::Aimlapi,
    base::{crash, time::Clock},
    catalog::BackendKind,
    engine::{Became, Earlier, Settled},
    event::{Billed, StepFailure},
    plan::{self, Key},
    store::{Store, UnsureTake},
};
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

/// Settles what is left of this plan's takes. Nothing was left if nothing is given.
pub async fn settle_earlier(planned: &Planned, clock: &Arc<dyn Clock>) -> Result<Vec<Settled>, ConductError> {
    let Some(store) = &planned.gathered.store else {
        return Ok(Vec::new());
    };
    let named: Vec<(Key, String)> = planned
        .plan
        .takes()
        .filter_map(|(_, take)| Some((take.key?, &take.output)))
        .flat_map(|(key, output)| output.names(key).map(|name| (key, name)))
        .collect();
    let keys: HashSet<Key> = named.iter().map(|(key, _)| *key).collect();
    let mut arrived = store.arrived_takes()?;
    arrived.retain(|take| keys.contains(&take.key));
    let mut unsure = store.unsure_takes()?;
    unsure.retain(|take| keys.contains(&take.key));
    if arrived.is_empty() && unsure.is_empty() {
        return Ok(Vec::new());
    }
    crash::point("settle.before");
    let (backends, unconnected) = match connect(planned) {
        Ok(backends) => (backends, None),
        Err(error) => (HashMap::new(), Some(error.to_string())),
    };
    let earlier = Earlier {
        store: Arc::clone(store),
        backends,
        clock: Arc::clone(clock),
    };
    // What is here need not be asked for.
    let takes = planned.gathered.project.takes();
    let (mut settled, unsure) = earlier.adopt((&takes, named), unsure).await?;
    if let Some(why) = unconnected {
        settled.extend(unsure.iter().filter_map(|take| unasked(take, &why)));
    }
    settled.extend(earlier.settle(arrived, unsure).await?);
    crash::point("settle.after");
    Ok(settled)
}

/// A call about which nobody can be asked, because there is no connection: the run may need none and say nothing of it.
fn unasked(take: &UnsureTake, why: &str) -> Option<Settled> {
    let is_asked = take.backend == BackendKind::Aimlapi && (take.has_link || take.failure.billed != Billed::Yes);
    is_asked.then(|| Settled {
        take: take.take.clone(),
        request_id: take.request_id.clone(),
        became: if take.has_link {
            Became::Waits(StepFailure {
                message: why.to_owned(),
                ..take.failure.clone()
            })
        } else {
            Became::Unknown(why.to_owned())
        },
    })
}

/// Asks the account's log about these calls of a project, and settles what it says.
pub async fn look_up(
    store: Arc<Store>,
    environment: &Environment,
    clock: &Arc<dyn Clock>,
    unsure: Vec<UnsureTake>,
) -> Result<Vec<Settled>, ConductError> {
    let mut backends = HashMap::new();
    if unsure.iter().any(|take| take.backend == BackendKind::Aimlapi) {
        let Account { key, base, .. } = account(environment)?;
        backends.insert(BackendKind::Aimlapi, Arc::new(Aimlapi::new(&base, key)?));
    }
    let earlier = Earlier {
        store,
        backends,
        clock: Arc::clone(clock),
    };
    Ok(earlier.settle(Vec::new(), unsure).await?)
}

fn connect(planned: &Planned) -> Result<HashMap<BackendKind, Arc<Aimlapi>>, ConductError> {
    let backend = conductor::aimlapi(planned)?;
    Ok(HashMap::from([(BackendKind::Aimlapi, Arc::new(backend))]))
}

impl Planned {
    /// The same pipeline planned again, with what the store knows now.
    pub fn again(self, select: &[String]) -> Result<Self, GatherError> {
        if self.gathered.store.is_none() {
            return Ok(self);
        }
        let selection = match &self.gathered.only {
            Some(only) => only.clone(),
            None => plan::parse_selection(select)?,
        };
        planned(self.gathered, &selection)
    }
}
