//! Renders a take: from its references' digests to the request, past what is there already, to one purchase.

use super::{buy::Unbought, doubt::Purchase};
use super::{Briefing, Finish, Message, Step, Stopped, machine, no_backend, store_failed};
use crate::{
    backend::{Backend, RenderCall},
    base::{
        money::{Total, Usd},
        time::Timestamp,
    },
    engine::{
        place::Arrival,
        seam::{Answered, EffectLog, Intent, PayLedger, blocking},
    },
    event::{BudgetSpan, Event, FailureClass, SkipReason, StepFailure},
    plan::{Key, Node, NodeId, ReferencePart, RenderRequest, Take},
    store::{BlobWriter, Claimed, StoreError},
};
use std::{sync::Arc, time::Duration};

/// How long to wait before looking again at a key that somebody else is buying, or at a day whose calls are under way.
const HELD_PAUSE: Duration = Duration::from_millis(250);

/// One try of a purchase.
enum Try {
    Over(Finish),
    Again {
        after: Option<Duration>,
        failure: StepFailure,
    },
    Held,
}

impl<B: Backend, S: EffectLog + PayLedger> Step<B, S> {
    /// Makes sure that a take is on disk.
    pub(super) async fn take(&mut self, node: &Node, take: &Take, briefing: &Briefing) -> Finish {
        let Some(request) = take.draft.complete(&self.plan, |id| briefing.audio.get(&id).copied()) else {
            return Finish::Failed(machine("a take that is to be the reference has no audio"));
        };
        let key = request.key();
        let mut attempt = 1;
        let mut admitted = false;
        // The plan looked for a key it knew, and the claim looks again.
        let mut looked = take.key.is_some() && !self.lies_there(take, key).await;
        loop {
            let stored = if std::mem::take(&mut looked) {
                Ok(None)
            } else {
                self.recall(key).await
            };
            match stored {
                Ok(Some(stored)) => return self.place((node, take), &request, Arrival::reused(stored)).await,
                Ok(None) => {}
                Err(error) => return Finish::Failed(store_failed(&error)),
            }
            // Waiting for another buyer is no call: it must not use up the rate.
            if !admitted && self.pass(node, node.price).await.is_err() {
                return Finish::Stopped;
            }
            admitted = true;
            let paused = match self.try_once(node, take, &request, attempt).await {
                Try::Over(finish) => return finish,
                Try::Held => self.wait(HELD_PAUSE).await.map_err(|Stopped| Finish::Stopped),
                Try::Again { after, failure } => {
                    attempt += 1;
                    admitted = false;
                    self.pause(node, attempt - 1, after, failure).await
                }
            };
            if let Err(finish) = paused {
                return finish;
            }
        }
    }

    /// Whether the take lies under its name already, though the ledger did not know: now it does.
    async fn lies_there(&self, take: &Take, key: Key) -> bool {
        let (folder, name) = (self.ports.folder.clone(), take.output.with_key(key));
        let adopted = blocking(&self.ports.store, move |store| store.adopt_named(&folder, &name, key));
        adopted.await.unwrap_or_else(|error| {
            // Without the ledger nothing is bought either: the claim will say so.
            tracing::warn!(%error, "cannot take on what lies under the take's name");
            false
        })
    }

    async fn try_once(&mut self, node: &Node, take: &Take, request: &RenderRequest, attempt: u32) -> Try {
        let Some(backend) = self.ports.backends.get(&request.backend).cloned() else {
            return Try::Over(Finish::Failed(no_backend(request.backend)));
        };
        let (call, writer) = match self.prepare(&backend, request).await {
            Ok(prepared) => prepared,
            Err(failure) => return Try::Over(Finish::Failed(failure)),
        };
        let intent = Intent {
            key: request.key(),
            take: take.name.clone(),
            pipeline: self.plan.pipeline.clone(),
            run: self.run.to_string(),
            request: request.clone(),
            request_id: call.request_id.clone(),
            // A twin costs nothing because an earlier node buys for it; should it have to buy itself, this is its price.
            price: take.twin.map_or(node.price, |twin| self.plan.node(twin).price),
            day: self.day.clone(),
            account: backend.account(),
        };
        let since = self.ports.clock.now();
        let purchase = |claim, request_id, since| Purchase {
            node: node.id,
            claim,
            backend: request.backend,
            request_id,
            since,
        };
        match self.seam.begin(intent).await {
            Err(error) => Try::Over(Finish::Failed(store_failed(&error))),
            Ok(Claimed::Held { .. }) => Try::Held,
            Ok(Claimed::Done(stored)) => Try::Over(self.place((node, take), request, Arrival::reused(stored)).await),
            Ok(Claimed::Lost(lost)) => Try::Over(Finish::Unsure(StepFailure::lost(lost.paid(), None))),
            // Calls that are under way may turn out to cost nothing: only what is sure denies.
            Ok(Claimed::OverBudget { pending: true, .. }) => Try::Held,
            Ok(Claimed::OverBudget { spent, .. }) => Try::Over(Finish::OverBudget(self.over_day(spent))),
            Ok(Claimed::Unsure { since, .. }) => Try::Over(Finish::Unsure(left_unsure(since))),
            Ok(Claimed::Received {
                claim,
                blob,
                charged,
                request_id,
                since,
            }) => {
                let bought = purchase(claim, request_id, since);
                let answered = Answered {
                    blob,
                    charged,
                    traces: Vec::new(),
                };
                Try::Over(self.commit((node, take), request, &bought, answered).await)
            }
            Ok(Claimed::Go(claim)) => {
                self.send(Message::Claimed(node.id, claim));
                let request_id = call.request_id.clone();
                self.tell(Event::TakeSubmitted {
                    node: node.id,
                    attempt,
                    request_id,
                });
                let bought = purchase(claim, call.request_id.clone(), since);
                match self.buy(&bought, &backend, call, writer).await {
                    Ok(answered) => Try::Over(self.commit((node, take), request, &bought, answered).await),
                    Err(Unbought::Stale(failure)) => Try::Over(Finish::Stale(references(take), failure)),
                    Err(Unbought::Again(after, failure)) => Try::Again { after, failure },
                    Err(Unbought::Unrecorded(answered, failure)) => {
                        Try::Over(self.keep_unrecorded((node, take), request, (answered, failure)).await)
                    }
                    Err(Unbought::Over(finish)) => Try::Over(finish),
                }
            }
        }
    }

    fn over_day(&self, spent: Total) -> SkipReason {
        SkipReason::OverBudget {
            budget: BudgetSpan::Day,
            most: self.day.as_ref().map_or(Usd::ZERO, |day| day.most),
            spent,
        }
    }

    /// The call, with the ids that the uploads yielded, and the place for its bytes, which comes first: a full or
    /// read-only disk shows before anything is bought.
    async fn prepare(
        &self,
        backend: &Arc<B>,
        request: &RenderRequest,
    ) -> Result<(RenderCall, BlobWriter), StepFailure> {
        let (account, voice, instrumental) = (backend.account(), request.voice, request.instrumental);
        let prepared = blocking(&self.ports.store, move |store| {
            let ids = |part: Option<ReferencePart>| match part {
                None => Ok((None, None)),
                Some(part) => Ok(store
                    .upload_ids(account, part.digest, part.purpose)?
                    .unwrap_or_default()),
            };
            Ok((ids(voice)?.0, ids(instrumental)?.1, store.blob_writer()?))
        });
        let (voice, instrumental, writer) = prepared.await.map_err(|error: StoreError| store_failed(&error))?;
        if (request.voice.is_some(), request.instrumental.is_some()) != (voice.is_some(), instrumental.is_some()) {
            return Err(StepFailure::new(
                FailureClass::BadAnswer,
                "the upload did not yield the id that the song needs",
            ));
        }
        let call = RenderCall {
            model: request.model.clone(),
            lyrics: request.lyrics.clone(),
            voice,
            instrumental,
            audio: request.audio,
            request_id: self.request_id(&request.key().0.short()),
        };
        Ok((call, writer))
    }
}

/// The uploads a take sends the ids of.
fn references(take: &Take) -> Vec<NodeId> {
    let mut uploads: Vec<_> = take.draft.voice.into_iter().chain(take.draft.instrumental).collect();
    uploads.dedup();
    uploads
}

fn left_unsure(since: Timestamp) -> StepFailure {
    StepFailure::in_doubt(format!("a call made at {since} has no known outcome"))
}
