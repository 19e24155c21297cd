//! What is done with audio that is on disk: listening to it, and keeping it when the ledger cannot be written.
//!
//! Buys nothing. What arrived was paid for, so no failure here says that it was not; that it is kept is said only of what
//! is there.

use super::{
    Finish, Step,
    doubt::{Purchase, with_note},
};
use crate::{
    backend::Backend,
    engine::{
        accept::{self, Accepted},
        place::{Arrival, place},
        seam::{Answered, EffectLog, PayLedger, Settlement, blocking},
    },
    event::{Billed, FailureClass, StepFailure},
    plan::{Node, RenderRequest, Take},
};

impl<B: Backend, S: EffectLog + PayLedger> Step<B, S> {
    /// Gives audio that the ledger could not be told of its named files: the next run finds it by them, whatever becomes
    /// of the ledger.
    pub(super) async fn keep_unrecorded(
        &self,
        (node, take): (&Node, &Take),
        request: &RenderRequest,
        bought: &Purchase,
        (answered, failure): (Answered, StepFailure),
    ) -> Finish {
        let blob = self.ports.store.blob_path(answered.blob.digest);
        let heard = self.listen(request, &answered).await;
        let placed = match &heard {
            Err(_) => None,
            Ok(accepted) => {
                let arrival = Arrival {
                    stored: accepted.stored(request, &answered, (self.ports.clock.now(), node.price)),
                    traces: answered.traces.clone(),
                    reused: false,
                    recorded: false,
                };
                place(&self.plan, &self.ports, (node, take), request, &arrival)
                    .await
                    .ok()
            }
        };
        let kept = match placed {
            Some(path) => format!("the audio arrived and is kept in {path}, where the next run finds it"),
            None if self.is_gone(&answered).await => return self.gone(bought, &answered, failure).await,
            None => format!("the audio arrived and is kept in {}", blob.display()),
        };
        Finish::Unsure(with_note(failure, Some(kept)))
    }

    /// Whether audio that arrived is not on the disk any more.
    pub(super) async fn is_gone(&self, answered: &Answered) -> bool {
        let blob = answered.blob;
        blocking(&self.ports.store, move |store| !store.has_blob(blob.digest, blob.bytes)).await
    }

    /// Writes down that audio which arrived is gone. If it came by a link that is kept, the next run fetches it again; else
    /// nothing of it remains, and a person decides whether to buy it once more.
    pub(super) async fn gone(&self, bought: &Purchase, answered: &Answered, failure: StepFailure) -> Finish {
        let claim = bought.claim;
        let failure = StepFailure {
            billed: Billed::Yes,
            charged: answered.charged.or(failure.charged),
            ..failure
        };
        let what = "the audio arrived and is gone from the disk";
        let settled = match blocking(&self.ports.store, move |store| store.link(claim)).await {
            Ok(Some(_)) => {
                let kept = format!("{what}; its link is kept: the next run fetches it again, which costs nothing");
                let waits = StepFailure {
                    class: FailureClass::Unreachable,
                    ..with_note(failure.clone(), Some(kept))
                };
                let settled = self.seam.settle(claim, Settlement::Unsure(waits.clone())).await;
                settled.map(|()| waits)
            }
            Ok(None) => {
                let lost = StepFailure {
                    class: FailureClass::Lost,
                    message: format!("{what}: {}", failure.message),
                    ..failure.clone()
                };
                let settled = self.seam.settle(claim, Settlement::Failed(lost.clone())).await;
                settled.map(|()| lost)
            }
            Err(error) => Err(error),
        };
        Finish::Unsure(settled.unwrap_or_else(|error| {
            tracing::warn!(%error, "cannot write down that audio is gone");
            // Nobody may go on waiting for a row that cannot be written.
            let machine = StepFailure {
                class: FailureClass::Machine,
                ..failure
            };
            with_note(machine, Some(what.to_owned()))
        }))
    }

    /// Whether audio that is on disk is what was asked for. A few are listened to at a time.
    pub(super) async fn listen(&self, request: &RenderRequest, answered: &Answered) -> Result<Accepted, StepFailure> {
        let _ear = self.ports.ears.acquire().await;
        accept::hear(&self.ports.store, answered, request).await
    }
}
