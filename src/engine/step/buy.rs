//! The purchase itself. Its order is the product's promise: a place for the bytes, the claim on disk, the call, the
//! bytes on disk, the take.

use super::{
    Finish, Message, Step,
    doubt::{Purchase, Wrong},
    fetch::Linked,
    store_failed,
};
use crate::{
    backend::{Backend, Outcome, RenderAnswer, RenderCall, Rendered},
    base::{crash, door::Sink, words},
    engine::{
        accept,
        place::{Arrival, place},
        seam::{Answered, EffectLog, PayLedger, Settlement, blocking},
    },
    event::{Billed, Event, FailureClass, OUTLINE, StepFailure},
    plan::{Node, RenderRequest, Take},
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
        bought: &Purchase,
        backend: &Arc<B>,
        call: RenderCall,
        mut writer: BlobWriter,
    ) -> Result<Answered, Unbought> {
        let name = ("x-client-request-id".to_owned(), call.request_id.clone());
        let outcome = self
            .seam
            .effect("submit", backend.render(call, &mut writer as &mut dyn Sink))
            .await;
        let (settlement, unbought) = match outcome {
            Outcome::Done(Rendered::Audio(mut answer)) => {
                crash::point("call.judged");
                answer.traces.insert(0, name);
                return self.receive(bought, writer, answer).await;
            }
            Outcome::Done(Rendered::Link {
                link,
                charged,
                mut traces,
            }) => {
                traces.insert(0, name);
                let linked = Linked { link, charged, traces };
                return self.fetch_linked(bought, backend, linked, writer).await;
            }
            Outcome::Refused(failure) if failure.class == FailureClass::UnknownReference && !may_be_paid(&failure) => {
                (Settlement::Released, Unbought::Stale(failure))
            }
            Outcome::Refused(failure) if !may_be_paid(&failure) => (
                Settlement::Failed(failure.clone()),
                Unbought::Over(Finish::Failed(failure)),
            ),
            Outcome::Busy { after, failure } => return Err(self.declined(bought, after, failure).await),
            Outcome::Refused(failure) => return Err(self.lost(bought, Wrong::NoTake, writer, failure).await),
            Outcome::Unsure(failure) => return Err(self.lost(bought, Wrong::Lost, writer, failure).await),
        };
        Err(self.after(bought.claim, settlement, unbought).await)
    }

    /// A call that brought no take and may be paid.
    async fn lost(&mut self, bought: &Purchase, wrong: Wrong, writer: BlobWriter, failure: StepFailure) -> Unbought {
        let kept = self.keep_what_came(writer).await;
        self.doubt(bought, wrong, failure, kept).await
    }

    /// Writes down how a call that brought nothing went, and then says so.
    pub(super) async fn after(&self, claim: ClaimId, settlement: Settlement, unbought: Unbought) -> Unbought {
        match self.seam.settle(claim, settlement).await {
            Ok(()) => unbought,
            Err(error) => Unbought::Over(Finish::Unsure(store_failed(&error).billed(Billed::Unknown))),
        }
    }

    /// Writes down that a call is over, and then says so.
    pub(super) async fn over(&self, claim: ClaimId, settlement: Settlement, finish: Finish) -> Unbought {
        self.after(claim, settlement, Unbought::Over(finish)).await
    }

    /// Half an answer may have been paid for whole: a cut mp3 still plays. Says where it is.
    async fn keep_what_came(&self, writer: BlobWriter) -> Option<String> {
        if writer.is_empty() {
            return None;
        }
        let size = words::size(writer.len());
        let kept = blocking(&self.ports.store, move |store| {
            writer.finish().map(|blob| store.blob_path(blob.digest))
        });
        match kept.await {
            Ok(path) => Some(format!("what came of the audio ({size}) is kept in {}", path.display())),
            Err(error) => {
                tracing::warn!(%error, "a part of an answer could not be kept");
                None
            }
        }
    }

    pub(super) async fn receive(
        &self,
        bought: &Purchase,
        writer: BlobWriter,
        answer: RenderAnswer,
    ) -> Result<Answered, Unbought> {
        let (node, claim) = (bought.node, bought.claim);
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
        &mut self,
        (node, take): (&Node, &Take),
        request: &RenderRequest,
        bought: &Purchase,
        answered: Answered,
    ) -> Finish {
        let heard = self.listen(request, &answered).await;
        crash::point("take.heard");
        let accepted = match heard {
            Ok(accepted) => accepted,
            Err(failure) => return self.refuse(bought, &answered, failure).await,
        };
        let stored = accepted.stored(request, &answered, (self.ports.clock.now(), node.price));
        match self
            .seam
            .settle(bought.claim, Settlement::Committed(stored.clone()))
            .await
        {
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
                self.keep_unrecorded((node, take), request, bought, (answered, failure))
                    .await
            }
        }
    }

    /// The audio is on disk and is no take.
    async fn refuse(&mut self, bought: &Purchase, answered: &Answered, failure: StepFailure) -> Finish {
        if failure.class == FailureClass::Machine && self.is_gone(answered).await {
            return self.gone(bought, answered, failure).await;
        }
        if failure.class == FailureClass::Machine {
            // It could not be looked at: the next run takes it up.
            return Finish::Failed(failure.billed(Billed::Yes));
        }
        let path = self.ports.store.blob_path(answered.blob.digest);
        let kept = format!("the answer is kept in {}; nothing was deleted", path.display());
        let failure = accept::with_charge(failure, answered.charged);
        match self.doubt(bought, Wrong::NoTake, failure, Some(kept)).await {
            Unbought::Over(finish) => finish,
            Unbought::Again(_, failure) | Unbought::Stale(failure) | Unbought::Unrecorded(_, failure) => {
                Finish::Failed(failure)
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
                    outline: stored.peaks.outline(OUTLINE),
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
