//! A call that another process left, met in the middle of a run: what can be found out about it at once is found out
//! before it is called unsure.
//!
//! Buys nothing. Only a log that says "not charged" frees the key; then the step asks for it like any other.

use super::{Finish, Step, doubt::Purchase};
use crate::{
    backend::Backend,
    engine::{
        earlier::{Became, Earlier},
        lookup::Told,
        opening,
        seam::{EffectLog, PayLedger, blocking},
    },
    event::{Billed, StepFailure, StopCause},
    plan::{Key, Node, Take},
    store::{Store, StoreError, UnsureTake},
};
use std::{sync::Arc, time::Duration};

impl<B: Backend, S: EffectLog + PayLedger> Step<B, S> {
    /// Settles the call that holds up a key as far as that can be done at once. Nothing if the key is to be looked at
    /// again.
    pub(super) async fn settle_left(&mut self, (node, take): (&Node, &Take), key: Key) -> Option<Finish> {
        if self.take_on(take, key).await {
            return None;
        }
        let unsure = match blocking(&self.ports.store, Store::unsure_takes).await {
            Ok(unsure) => unsure.into_iter().find(|take| take.key == key)?,
            Err(error) => return Some(Finish::Unsure(super::store_failed(&error).billed(Billed::Unknown))),
        };
        let known = opening::earlier(unsure.failure.clone());
        let may_be_asked = unsure.has_link || unsure.failure.billed != Billed::Yes;
        if !may_be_asked || !self.ports.backends.contains_key(&unsure.backend) {
            return Some(Finish::Unsure(known));
        }
        let earlier = Earlier {
            store: Arc::clone(&self.ports.store),
            backends: self.ports.backends.clone(),
            clock: Arc::clone(&self.ports.clock),
        };
        let became = if unsure.has_link {
            self.fetch_left(&earlier, unsure).await
        } else {
            match self.ask_once(node, &unsure).await {
                Told::Fate(fate) => earlier.note(&unsure, Ok(Some(fate))).await,
                Told::Nothing(why) => Ok(Some(Became::Unknown(why))),
            }
        };
        match became {
            Ok(None | Some(Became::Take | Became::NotCharged)) => None,
            Ok(Some(Became::Paid(failure) | Became::Waits(failure))) => Some(Finish::Unsure(failure)),
            Ok(Some(Became::Unknown(why))) => Some(Finish::Unsure(StepFailure {
                help: known.help.map(|help| format!("{why}; {help}")),
                ..known
            })),
            Err(error) => Some(Finish::Unsure(super::store_failed(&error).billed(Billed::Unknown))),
        }
    }

    /// Fetches what waits behind a link, unless a person wants to leave.
    async fn fetch_left(&mut self, earlier: &Earlier<B>, unsure: UnsureTake) -> Result<Option<Became>, StoreError> {
        let (claim, known) = (unsure.claim, unsure.failure.clone());
        let settled = tokio::select! {
            settled = earlier.settle(Vec::new(), vec![unsure]) => Some(settled?),
            _ = self.stop.wait_for(|cause| *cause >= Some(StopCause::Terminated)) => None,
        };
        match settled {
            Some(settled) => Ok(settled.into_iter().next().map(|one| one.became)),
            None => {
                blocking(&self.ports.store, move |store| store.give_back(claim)).await?;
                Ok(Some(Became::Waits(known)))
            }
        }
    }

    /// Reads the log once: the call is long over.
    async fn ask_once(&mut self, node: &Node, unsure: &UnsureTake) -> Told {
        let call = Purchase {
            node: node.id,
            claim: unsure.claim,
            backend: unsure.backend,
            request_id: unsure.request_id.clone(),
            since: unsure.since,
        };
        self.look_up(&call, &unsure.failure, Duration::ZERO).await
    }
}
