//! The two narrow traits a step works through, and their embedded side on the store.
//!
//! A step names its effects in a deterministic order (`upload`, `submit`, `fetch`, `commit`), writes every outcome inside its
//! effect, and holds no paid result outside the ledger for longer than one request. So the same step can later run on
//! a durable log on many hosts; here the store is the log.

use crate::{
    backend::Link,
    base::{
        digest::Digest,
        ids::TakeName,
        money::{Price, Usd},
    },
    event::StepFailure,
    plan::{Key, RenderRequest, StoredTake},
    store::{Blob, ClaimId, Claimed, DayBudget, NewClaim, Store, StoreError},
};
use std::{future::Future, sync::Arc, time::Duration};

/// Runs effects by name. A durable log answers an effect it has seen before from memory; the embedded one runs it.
pub trait EffectLog: Send + Sync + 'static {
    /// Runs `work` under a name that is the same each time the step runs.
    fn effect<T: Send, W: Future<Output = T> + Send>(
        &self,
        name: &'static str,
        work: W,
    ) -> impl Future<Output = T> + Send;

    /// Waits.
    fn sleep(&self, length: Duration) -> impl Future<Output = ()> + Send;
}

/// What is to be bought.
#[derive(Clone, Debug)]
pub struct Intent {
    /// Of the request.
    pub key: Key,
    /// For which take.
    pub take: TakeName,
    /// In which pipeline.
    pub pipeline: String,
    /// By which run.
    pub run: String,
    /// The whole request.
    pub request: RenderRequest,
    /// What the call will be named at the backend.
    pub request_id: String,
    /// What it is expected to cost.
    pub price: Price,
    /// The account that pays for it.
    pub account: Digest,
    /// The budget of the day, if there is one.
    pub day: Option<Arc<DayBudget>>,
}

/// An answer whose audio is on disk.
#[derive(Clone, Debug)]
pub struct Answered {
    /// The audio.
    pub blob: Blob,
    /// What it cost by the backend's word, if it gave one.
    pub charged: Option<Usd>,
    /// The backend's names for the call.
    pub traces: Vec<(String, String)>,
}

/// How a claim goes on.
#[derive(Clone, Debug)]
pub enum Settlement {
    /// The call surely never ran: the claim goes away.
    Released,
    /// It is paid for, and its audio waits behind a link.
    Submitted {
        /// Where.
        link: Link,
        /// What it cost by the backend's word, if it gave one.
        charged: Option<Usd>,
        /// The backend's names for the call.
        traces: Vec<(String, String)>,
    },
    /// The audio is on disk.
    Received(Answered),
    /// The audio is a take.
    Committed(StoredTake),
    /// It came to nothing, and whether it was paid is said.
    Failed(StepFailure),
    /// Nobody knows: never sent again by itself.
    Unsure(StepFailure),
}

/// The record of every paid call.
pub trait PayLedger: Send + Sync + 'static {
    /// What is known of a key that is not free to be bought; nothing is claimed by looking.
    fn look(
        &self,
        key: Key,
        take: TakeName,
        pipeline: String,
    ) -> impl Future<Output = Result<Option<Claimed>, StoreError>> + Send;

    /// Claims a key. When this says [`Claimed::Go`] the claim is on disk, and only then may the call be made.
    fn begin(&self, intent: Intent) -> impl Future<Output = Result<Claimed, StoreError>> + Send;

    /// Writes down how the call went; on disk when this returns.
    fn settle(&self, claim: ClaimId, settlement: Settlement) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// Effects that run here and now, with the store as the ledger.
#[derive(Clone, Debug)]
pub struct Embedded {
    store: Arc<Store>,
}

impl Embedded {
    /// On this store.
    pub fn new(store: Arc<Store>) -> Self {
        Self { store }
    }
}

impl EffectLog for Embedded {
    async fn effect<T: Send, W: Future<Output = T> + Send>(&self, name: &'static str, work: W) -> T {
        tracing::debug!(effect = name, "begins");
        let outcome = work.await;
        tracing::debug!(effect = name, "ended");
        outcome
    }

    async fn sleep(&self, length: Duration) {
        tokio::time::sleep(length).await;
    }
}

impl PayLedger for Embedded {
    async fn look(&self, key: Key, take: TakeName, pipeline: String) -> Result<Option<Claimed>, StoreError> {
        blocking(&self.store, move |store| store.look(key, &take, &pipeline)).await
    }

    async fn begin(&self, intent: Intent) -> Result<Claimed, StoreError> {
        let claim = move |store: &Store| {
            store.claim(&NewClaim {
                key: intent.key,
                take: &intent.take,
                pipeline: &intent.pipeline,
                run: &intent.run,
                request: &intent.request,
                request_id: &intent.request_id,
                price: intent.price,
                account: intent.account,
                day: intent.day.as_deref(),
            })
        };
        blocking(&self.store, claim).await
    }

    async fn settle(&self, claim: ClaimId, settlement: Settlement) -> Result<(), StoreError> {
        let settle = move |store: &Store| match settlement {
            Settlement::Released => store.release(claim),
            Settlement::Submitted { link, charged, traces } => store.submitted(claim, link.expose(), charged, &traces),
            Settlement::Received(answered) => store.received(claim, &answered.blob, answered.charged, &answered.traces),
            Settlement::Committed(take) => store.commit(claim, &take),
            Settlement::Failed(failure) => store.fail(claim, &failure),
            Settlement::Unsure(failure) => store.unsure(claim, &failure),
        };
        blocking(&self.store, settle).await
    }
}

/// Does work that waits for the disk where waiting holds nobody up. It runs to its end even if the caller goes away.
pub(super) async fn blocking<T: Send + 'static>(
    store: &Arc<Store>,
    work: impl FnOnce(&Store) -> T + Send + 'static,
) -> T {
    let store = Arc::clone(store);
    match tokio::task::spawn_blocking(move || work(&store)).await {
        Ok(value) => value,
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        // The runtime is going away, and with it whoever waits here.
        Err(_) => std::future::pending().await,
    }
}
