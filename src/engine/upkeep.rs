//! Looks after the store while a run is on: a call takes minutes, and whoever comes meanwhile must find what is under way.
//!
//! Knows nothing of the run. What it cannot mend it leaves to the next change of the ledger, which says what is wrong.

use super::seam::blocking;
use crate::store::Store;
use std::{sync::Arc, time::Duration};
use tokio::task::JoinSet;

/// How long a store that was deleted may be missed.
const PAUSE: Duration = Duration::from_secs(1);

/// Starts looking. It ends when the set is dropped.
pub(super) fn start(store: &Arc<Store>) -> JoinSet<()> {
    let mut task = JoinSet::new();
    task.spawn(attend(Arc::clone(store)));
    task
}

async fn attend(store: Arc<Store>) {
    loop {
        tokio::time::sleep(PAUSE).await;
        if let Err(error) = blocking(&store, Store::stand_up).await {
            tracing::debug!(%error, "the store cannot be put back");
        }
    }
}
