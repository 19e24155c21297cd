//! Renders a take: from its references' digests to the request, past what is there already, to one purchase.

use super::{Finish, Leave, Message, Step, Stopped, Tries, no_backend, store_failed};
use super::{buy::Unbought, doubt::Purchase};
use crate::{
    backend::{Backend, RenderCall},
    base::money::{Total, Usd},
    engine::{
        admission::Call,
        place::Arrival,
        seam::{Answered, EffectLog, Intent, PayLedger, Settlement, blocking},
    },
    event::{BudgetSpan, Event, FailureClass, SkipReason, StepFailure},
    plan::{Key, Node, NodeId, ReferencePart, RenderRequest, Take},
    store::{Adopted, BlobWriter, Claimed, StoreError},
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
    /// Makes sure that a try of a take is on disk.
    pub(super) async fn take(&mut self, node: &Node, take: &Take, request: RenderRequest) -> Finish {
        let call = Call {
            node: node.id,
            backend: request.backend,
            key: Some(request.key()),
            price: node.price,
        };
        let mut tries = Tries::default();
        self.take_on(take, request.key()).await;
        loop {
            // What is there or on its way needs no call: it must not wait for one.
            match self.look(take, &request).await {
                Err(error) => return Finish::Failed(store_failed(&error)),
                Ok(Some(known)) => match self.aside(node).meet((node, take), &request, known).await {
                    Some(finish) => return finish,
                    None if self.wait(HELD_PAUSE).await.is_err() => return Finish::Stopped,
                    None => continue,
                },
                Ok(None) => {}
            }
            // It was planned to cost nothing, and no budget was asked for it.
            if take.twin.is_some() {
                return Finish::Failed(twin_is_gone());
            }
            match self.pass(call).await {
                Ok(Leave::Call) => {}
                Ok(Leave::Look) => continue,
                Err(finish) => return finish,
            }
            tries.made += 1;
            // In a box, so that the many steps that wait for their call are small.
            let tried = Box::pin(self.try_once(node, take, &request, tries.made)).await;
            let waited = match tried {
                Try::Over(finish) => return finish,
                Try::Held => {
                    tries.made -= 1;
                    self.wait(HELD_PAUSE).await.map_err(|Stopped| Finish::Stopped)
                }
                Try::Again { after, failure } => self.turned_away(call, &mut tries, after, failure).await,
            };
            if let Err(finish) = waited {
                return finish;
            }
        }
    }

    /// A take that lies under its name already, though the ledger does not know, is taken on: it needs no call.
    /// Says whether there is such a take.
    pub(super) async fn take_on(&self, take: &Take, key: Key) -> bool {
        let folder = self.ports.folder.clone();
        let named = take.output.names(key).map(|name| (key, name));
        let adopted = blocking(&self.ports.store, move |store| store.adopt_any(&folder, &named));
        // Without the ledger nothing is bought either: the claim will say so.
        adopted
            .await
            .inspect_err(|error| tracing::warn!(%error, "cannot take on what lies under the take's name"))
            .is_ok_and(|adopted| adopted != Adopted::Nothing)
    }

    /// Whoever comes after this one need not wait for its question.
    fn aside(&mut self, node: &Node) -> &mut Self {
        self.send(Message::Aside(node.id));
        self
    }

    /// What the ledger knows of a request that is not free to be bought.
    async fn look(&self, take: &Take, request: &RenderRequest) -> Result<Option<Claimed>, StoreError> {
        let _few = self.looks.acquire().await;
        let (name, pipeline) = (take.name.clone(), self.plan.pipeline.clone());
        self.seam.look(request.key(), name, pipeline).await
    }

    /// Does what a request needs that is not free to be bought; nothing if somebody else is buying it.
    async fn meet(&mut self, (node, take): (&Node, &Take), request: &RenderRequest, known: Claimed) -> Option<Finish> {
        match known {
            // Calls under way may turn out to cost nothing: only what is sure denies.
            Claimed::Held { .. } | Claimed::OverBudget { pending: true, .. } => None,
            Claimed::Done(stored) => Some(self.place((node, take), request, Arrival::reused(stored)).await),
            Claimed::OverBudget { spent, .. } => Some(Finish::OverBudget(self.over_day(spent))),
            Claimed::Lost(lost) => Some(Finish::Unsure(StepFailure::lost(lost.paid(), None))),
            Claimed::Unsure { .. } => Box::pin(self.settle_left((node, take), request.key())).await,
            Claimed::Received {
                claim,
                blob,
                charged,
                request_id,
                since,
            } => {
                let bought = Purchase {
                    node: node.id,
                    claim,
                    backend: request.backend,
                    request_id,
                    since,
                };
                let answered = Answered {
                    blob,
                    charged,
                    traces: Vec::new(),
                };
                Some(self.commit((node, take), request, &bought, answered).await)
            }
            // Nobody else holds it, and nothing was sent.
            Claimed::Go(claim) => match self.seam.settle(claim, Settlement::Released).await {
                Ok(()) => None,
                Err(error) => Some(Finish::Failed(store_failed(&error))),
            },
        }
    }

    /// One try, for which there is a slot.
    async fn try_once(&mut self, node: &Node, take: &Take, request: &RenderRequest, attempt: u32) -> Try {
        let Some(backend) = self.ports.backends.get(&request.backend).cloned() else {
            return Try::Over(Finish::Failed(no_backend(request.backend)));
        };
        let (call, writer) = match self.prepare(&backend, request).await {
            Ok(prepared) => prepared,
            Err(failure) => return self.without_call(node, Finish::Failed(failure)),
        };
        let intent = Intent {
            key: request.key(),
            take: take.name.clone(),
            pipeline: self.plan.pipeline.clone(),
            run: self.run.to_string(),
            request: request.clone(),
            request_id: call.request_id.clone(),
            price: node.price,
            day: self.day.clone(),
            account: backend.account(),
        };
        let since = self.ports.clock.now();
        let claim = match self.seam.begin(intent).await {
            Ok(Claimed::Go(claim)) => claim,
            Err(error) => return self.without_call(node, Finish::Failed(store_failed(&error))),
            Ok(known) => {
                self.send(Message::NoCall(node.id));
                return match self.meet((node, take), request, known).await {
                    Some(finish) => Try::Over(finish),
                    None => Try::Held,
                };
            }
        };
        self.send(Message::Claimed(node.id, claim));
        self.tell(Event::TakeSubmitted {
            node: node.id,
            attempt,
            request_id: call.request_id.clone(),
        });
        let bought = Purchase {
            node: node.id,
            claim,
            backend: request.backend,
            request_id: call.request_id.clone(),
            since,
        };
        match self.buy(&bought, &backend, call, writer).await {
            Ok(answered) => Try::Over(self.commit((node, take), request, &bought, answered).await),
            Err(Unbought::Stale(failure)) => Try::Over(Finish::Stale(references(take), failure)),
            Err(Unbought::Again(after, failure)) => Try::Again { after, failure },
            Err(Unbought::Unrecorded(answered, failure)) => Try::Over(
                self.keep_unrecorded((node, take), request, &bought, (answered, failure))
                    .await,
            ),
            Err(Unbought::Over(finish)) => Try::Over(finish),
        }
    }

    /// The slot that was given is not used.
    fn without_call(&self, node: &Node, finish: Finish) -> Try {
        self.send(Message::NoCall(node.id));
        Try::Over(finish)
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
            wishes: request.wishes,
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

/// The take was there, of this node or of an earlier one with the same request, and is not any more.
fn twin_is_gone() -> StepFailure {
    StepFailure::new(FailureClass::Invalid, "the take that was there for it is gone again")
        .help("run again: the new plan buys it")
}
