//! The purchase itself. Its order is the product's promise: a place for the bytes, the claim on disk, the call, the
//! bytes on disk, the take.

use super::{Finish, Message, Step, store_failed};
use crate::{
    backend::{Backend, Outcome, RenderAnswer, RenderCall},
    base::{door::Sink, words},
    engine::{
        place::{Arrival, place},
        seam::{Answered, EffectLog, PayLedger, Settlement, blocking},
    },
    event::{Billed, Event, FailureClass, StepFailure},
    plan::{Node, NodeId, RenderRequest, Take},
    store::{BlobWriter, ClaimId, StoreError},
};
use std::{sync::Arc, time::Duration};

/// Why a paid call brought nothing.
pub(super) enum Unbought {
    /// The backend does not know the upload ids.
    Stale(StepFailure),
    /// It surely did not run.
    Again(Option<Duration>, StepFailure),
    /// The audio is on disk, and the ledger could not be told.
    Unrecorded(Answered, StepFailure),
    /// It is over.
    Over(Finish),
}

/// Whether money is gone, or may be, for nothing: then a person decides whether to spend it once more. What stops the
/// run is a refusal whatever it says about money.
fn may_be_paid(failure: &StepFailure) -> bool {
    failure.billed != Billed::No && !failure.class.stops_the_run()
}

impl<B: Backend, S: EffectLog + PayLedger> Step<B, S> {
    /// The paid call. Its claim is on disk; whatever comes of it is on disk when this returns.
    pub(super) async fn buy(
        &mut self,
        (node, claim): (NodeId, ClaimId),
        backend: &Arc<B>,
        call: RenderCall,
        mut writer: BlobWriter,
    ) -> Result<Answered, Unbought> {
        let request_id = call.request_id.clone();
        let outcome = self
            .seam
            .effect("submit", backend.render(call, &mut writer as &mut dyn Sink))
            .await;
        let (settlement, unbought) = match outcome {
            Outcome::Done(mut answer) => {
                answer.traces.insert(0, ("x-client-request-id".to_owned(), request_id));
                return self.receive((node, claim), writer, answer).await;
            }
            Outcome::Refused(failure) if failure.class == FailureClass::UnknownReference && !may_be_paid(&failure) => {
                (Settlement::Released, Unbought::Stale(failure))
            }
            Outcome::Refused(failure) if !may_be_paid(&failure) => (
                Settlement::Failed(failure.clone()),
                Unbought::Over(Finish::Failed(failure)),
            ),
            Outcome::Busy { after, failure } => (Settlement::Released, Unbought::Again(after, failure)),
            Outcome::Refused(failure) | Outcome::Unsure(failure) => {
                let failure = self.keep_what_came(writer, failure).await;
                (
                    Settlement::Unsure(failure.clone()),
                    Unbought::Over(Finish::Unsure(failure)),
                )
            }
        };
        match self.seam.settle(claim, settlement).await {
            Ok(()) => Err(unbought),
            Err(error) => Err(Unbought::Over(Finish::Unsure(
                store_failed(&error).billed(Billed::Unknown),
            ))),
        }
    }

    /// Half an answer may have been paid for whole: a cut mp3 still plays.
    async fn keep_what_came(&self, writer: BlobWriter, failure: StepFailure) -> StepFailure {
        if writer.is_empty() {
            return failure;
        }
        let size = words::size(writer.len());
        let kept = blocking(&self.ports.store, move |store| {
            writer.finish().map(|blob| store.blob_path(blob.digest))
        });
        match kept.await {
            Ok(path) => {
                let kept = format!("what came of the audio ({size}) is kept in {}", path.display());
                let help = failure
                    .help
                    .iter()
                    .cloned()
                    .chain([kept])
                    .collect::<Vec<_>>()
                    .join("; ");
                failure.help(help)
            }
            Err(error) => {
                tracing::warn!(%error, "a part of an answer could not be kept");
                failure
            }
        }
    }

    async fn receive(
        &self,
        (node, claim): (NodeId, ClaimId),
        writer: BlobWriter,
        answer: RenderAnswer,
    ) -> Result<Answered, Unbought> {
        let kept = self.ports.store.kept_path(writer.blob().digest);
        let lost = |error: &StoreError| {
            let failure = store_failed(error).billed(Billed::Yes);
            let help = format!(
                "what came is kept, if need be in {}: the next run takes it up if it is whole",
                kept.display()
            );
            Unbought::Over(Finish::Unsure(failure.help(help)))
        };
        let (charged, traces) = (answer.charged, answer.traces.clone());
        let blob = blocking(&self.ports.store, move |store| {
            store.land(claim, writer, charged, &traces)
        })
        .await
        .map_err(|error| lost(&error))?;
        // The call is over and its audio on disk: the next one may begin.
        self.send(Message::Landed(node));
        let answered = Answered {
            blob,
            charged: answer.charged,
            traces: answer.traces,
        };
        let settlement = Settlement::Received(answered.clone());
        match self.seam.settle(claim, settlement).await {
            Ok(()) => Ok(answered),
            Err(error) => Err(Unbought::Unrecorded(answered, store_failed(&error).billed(Billed::Yes))),
        }
    }

    /// Makes a take of audio that is on disk.
    pub(super) async fn commit(
        &self,
        (node, take): (&Node, &Take),
        request: &RenderRequest,
        claim: ClaimId,
        answered: Answered,
    ) -> Finish {
        let digest = answered.blob.digest;
        match self.listen(request, digest).await {
            Err(failure) => {
                let path = self.ports.store.blob_path(digest);
                let failure = failure.help(format!("the answer is kept in {}; nothing was deleted", path.display()));
                match self.seam.settle(claim, Settlement::Failed(failure.clone())).await {
                    Ok(()) if may_be_paid(&failure) => Finish::Unsure(failure),
                    Ok(()) => Finish::Failed(failure),
                    Err(error) => Finish::Failed(store_failed(&error)),
                }
            }
            Ok(accepted) => {
                let stored = self.stored(node, request, &answered, &accepted);
                match self.seam.settle(claim, Settlement::Committed(stored.clone())).await {
                    Ok(()) => {
                        let arrival = Arrival {
                            stored,
                            traces: answered.traces,
                            reused: false,
                            recorded: true,
                        };
                        self.place((node, take), request, arrival).await
                    }
                    Err(error) => {
                        let failure = store_failed(&error).billed(Billed::Yes);
                        self.keep_unrecorded((node, take), request, (answered, failure)).await
                    }
                }
            }
        }
    }

    /// Gives a take its files.
    pub(super) async fn place(
        &self,
        (node, take): (&Node, &Take),
        request: &RenderRequest,
        arrival: Arrival,
    ) -> Finish {
        let stored = arrival.stored.clone();
        let placed = place(&self.plan, &self.ports, (node, take), request, &arrival).await;
        match placed {
            Ok(path) => {
                self.tell(Event::TakeFinished {
                    node: node.id,
                    key: stored.key,
                    path,
                    sound: stored.sound,
                    charged: stored.charged.filter(|_| !arrival.reused),
                    reused: arrival.reused,
                });
                Finish::Done(Some(stored))
            }
            Err(error) => {
                Finish::Failed(store_failed(&error).billed(if arrival.reused { Billed::No } else { Billed::Yes }))
            }
        }
    }
}
