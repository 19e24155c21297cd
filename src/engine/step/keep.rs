//! What is done with audio that is on disk: listening to it, and keeping it when the ledger cannot be written.
//!
//! Buys nothing and settles nothing. What arrived was paid for, so no failure here says that it was not.

use super::{Finish, Step};
use crate::{
    backend::Backend,
    engine::{
        accept::{self, Accepted},
        place::{Arrival, place},
        seam::{Answered, EffectLog, PayLedger},
    },
    event::StepFailure,
    plan::{Node, RenderRequest, Take},
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
        let blob = self.ports.store.blob_path(answered.blob.digest);
        let placed = match self.listen(request, &answered).await {
            Err(_) => None,
            Ok(accepted) => {
                let arrival = Arrival {
                    stored: accepted.stored(request, &answered, (self.ports.clock.now(), node.price)),
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

    /// Whether audio that is on disk is what was asked for. A few are listened to at a time.
    pub(super) async fn listen(&self, request: &RenderRequest, answered: &Answered) -> Result<Accepted, StepFailure> {
        let _ear = self.ports.ears.acquire().await;
        accept::hear(&self.ports.store, answered, request).await
    }
}
