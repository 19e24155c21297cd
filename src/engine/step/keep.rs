//! What is done with audio that is on disk: listening to it, and keeping it when the ledger cannot be written.
//!
//! Buys nothing and settles nothing. What arrived was paid for, so no failure here says that it was not.

use super::{Finish, Step, machine, store_failed};
use crate::{
    backend::Backend,
    base::digest::Digest,
    catalog,
    engine::{
        accept::{self, Accepted},
        place::{Arrival, place},
        seam::{Answered, EffectLog, PayLedger, blocking},
    },
    event::{Billed, StepFailure},
    plan::{Node, RenderRequest, StoredTake, Take},
    store::StoreError,
};

impl<B: Backend, S: EffectLog + PayLedger> Step<B, S> {
    /// Gives audio that the ledger could not be told of its named files: the next run finds it by them, whatever becomes
    /// of the ledger.
    pub(super) async fn keep_unrecorded(
        &self,
        (node, take): (&Node, &Take),
        request: &RenderRequest,
        (answered, failure): (Answered, StepFailure),
    ) -> Finish {
        let digest = answered.blob.digest;
        let blob = self.ports.store.blob_path(digest);
        let placed = match self.listen(request, digest).await {
            Err(_) => None,
            Ok(accepted) => {
                let arrival = Arrival {
                    stored: self.stored(node, request, &answered, &accepted),
                    traces: answered.traces,
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
            None => format!("the audio arrived and is kept in {}", blob.display()),
        };
        let help = failure.help.iter().cloned().chain([kept]).collect::<Vec<_>>();
        Finish::Unsure(failure.help(help.join("; ")))
    }

    /// Whether audio that is on disk is what was asked for.
    pub(super) async fn listen(&self, request: &RenderRequest, digest: Digest) -> Result<Accepted, StepFailure> {
        let Some(model) = catalog::model(&request.model) else {
            return Err(machine("the model is not in the catalog").billed(Billed::Yes));
        };
        let asked = request.audio;
        let _ear = self.ports.ears.acquire().await;
        let heard = blocking(&self.ports.store, move |store| {
            // It was there a moment ago or in an earlier run, and it was paid for: its loss must not free the key.
            let lost = |error: StoreError| store_failed(&error).billed(Billed::Yes);
            let bytes = store.audio(digest).map_err(lost)?;
            accept::accept(&bytes, asked, model)
        });
        heard.await
    }

    /// The take that an answer became.
    pub(super) fn stored(
        &self,
        node: &Node,
        request: &RenderRequest,
        answered: &Answered,
        accepted: &Accepted,
    ) -> StoredTake {
        StoredTake {
            key: request.key(),
            digest: answered.blob.digest,
            bytes: answered.blob.bytes,
            format: accepted.format,
            sound: accepted.sound,
            at: self.ports.clock.now(),
            charged: answered.charged,
            price: node.price,
        }
    }
}
