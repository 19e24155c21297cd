//! What takes cost whose answers did not say: asked of the account's log, once, when a paid run is over.
//!
//! Rows arrive late, so the next paid run asks again for what is still missing of the last day. Free, and never in the
//! way: what cannot be found out stays at the planned price. Knows nothing of what a log looks like.

use super::{
    driver::{Driver, Ports},
    seam::blocking,
};
use crate::{
    backend::{Backend, Fate},
    base::{
        money::{Price, Usd},
        time::Timestamp,
    },
    catalog::BackendKind,
    event::{Event, NodeState, StopCause},
    plan::NodeId,
    store::{ClaimId, Uncharged},
};
use jiff::SignedDuration;
use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};
use tokio::sync::mpsc;

/// How long a charge that was not said is asked for.
const ASKED_FOR: SignedDuration = SignedDuration::from_hours(24);

impl<B: Backend> Driver<'_, B> {
    /// Looks up the charges that are missing, if this run paid for anything. A person who wants to leave is not held up.
    pub(super) async fn learn_charges(&mut self, signals: &mut mpsc::UnboundedReceiver<StopCause>) {
        for kind in self.paid() {
            if self.state.stopping >= Some(StopCause::Terminated) {
                return;
            }
            let ports = Arc::clone(&self.step.ports);
            let found = tokio::select! {
                found = look(&ports, kind) => found,
                Some(cause) = signals.recv() => {
                    self.request_stop(cause);
                    return;
                }
            };
            self.note_charges(found).await;
        }
    }

    /// The backends that this run paid.
    fn paid(&self) -> BTreeSet<BackendKind> {
        let paid = |node: &&NodeState| node.costs().any(|cost| cost != Price::Known(Usd::ZERO));
        let nodes = self.state.nodes.values().filter(paid);
        nodes.map(|node| node.card.backend).collect()
    }

    async fn note_charges(&mut self, found: Vec<(Uncharged, Usd)>) {
        let charges: Vec<(ClaimId, Usd)> = found.iter().map(|(call, amount)| (call.claim, *amount)).collect();
        let noted = blocking(&self.step.ports.store, move |store| store.charge(&charges));
        if let Err(error) = noted.await {
            tracing::warn!(%error, "what calls cost could not be noted");
            return;
        }
        let nodes: HashMap<ClaimId, NodeId> = self.claims.iter().map(|(node, claim)| (*claim, *node)).collect();
        for (call, amount) in found {
            if let Some((node, key)) = self.earlier_claims.get(&call.claim).copied() {
                let earlier = Some(key);
                self.tell(Event::TakeCharged { node, amount, earlier });
                continue;
            }
            // Charges of earlier runs are for the ledger alone: their events are history.
            let Some(node) = nodes.get(&call.claim).copied() else {
                continue;
            };
            if let Some(take) = self.takes.get_mut(&node) {
                take.charged = Some(amount);
            }
            let earlier = None;
            self.tell(Event::TakeCharged { node, amount, earlier });
        }
    }
}

/// What the log says of the calls whose cost was not said. Nothing if it cannot be asked.
async fn look<B: Backend>(ports: &Arc<Ports<B>>, kind: BackendKind) -> Vec<(Uncharged, Usd)> {
    let Some(backend) = ports.backends.get(&kind) else {
        return Vec::new();
    };
    let since = ports.clock.now().saturating_sub(ASKED_FOR).unwrap_or(Timestamp::MIN);
    // The log of one account knows nothing of what another one paid.
    let account = backend.account();
    let missing = blocking(&ports.store, move |store| store.uncharged(kind, account, since));
    let missing = missing.await.unwrap_or_else(|error| {
        tracing::warn!(%error, "what calls cost cannot be looked up");
        Vec::new()
    });
    // The oldest comes first.
    let Some(first) = missing.first() else {
        return Vec::new();
    };
    let ids: Vec<String> = missing.iter().map(|call| call.request_id.clone()).collect();
    let fates = backend.look_up(&ids, first.since).await.unwrap_or_else(|failure| {
        tracing::debug!(why = failure.message, "what calls cost could not be looked up");
        HashMap::new()
    });
    let said = |call: Uncharged| match fates.get(&call.request_id)? {
        Fate::Charged { amount, .. } => amount.map(|amount| (call, amount)),
        Fate::NotCharged => Some((call, Usd::ZERO)),
    };
    missing.into_iter().filter_map(said).collect()
}
