//! Sends a reference. Uploads are free, so whatever happens they may be sent again; their ids are kept per account.

use super::{Briefing, Finish, Leave, Message, Step, Tries, machine, no_backend, store_failed};
use crate::{
    audio,
    backend::{Backend, Outcome, UploadCall, UploadIds},
    base::{
        audio_settings::Format,
        crash,
        digest::Digest,
        money::{Price, Usd},
    },
    engine::{
        admission::Call,
        seam::{EffectLog, PayLedger, blocking},
    },
    event::{Billed, Event, FailureClass, StepFailure, StopCause},
    plan::{Content, Node, Upload},
    store::{self, Store},
};
use std::sync::Arc;

impl<B: Backend, S: EffectLog + PayLedger> Step<B, S> {
    /// Makes sure that the backend knows a reference.
    pub(super) async fn upload(&mut self, node: &Node, upload: &Upload, briefing: &Briefing) -> Finish {
        let Some(backend) = self.ports.backends.get(&upload.backend).cloned() else {
            return Finish::Failed(no_backend(upload.backend));
        };
        let digest = match &upload.content {
            Content::File { digest, .. } => *digest,
            Content::Take { node, digest } => match digest.or_else(|| briefing.audio.get(node).copied()) {
                Some(digest) => digest,
                None => return Finish::Failed(machine("the take that is to be the reference has no audio")),
            },
        };
        let (account, purpose, renew) = (backend.account(), upload.purpose, briefing.renew);
        let few = Arc::clone(&self.looks);
        let few = few.acquire().await;
        let known = blocking(&self.ports.store, move |store| {
            // Ids that were refused stay until there are others: a take under way must not find none at all.
            if renew {
                return Ok(None);
            }
            store.upload_ids(account, digest, purpose)
        });
        let known = known.await;
        drop(few);
        match known {
            Ok(Some(_)) => {
                self.tell(Event::UploadFinished {
                    node: node.id,
                    reused: true,
                });
                return Finish::Done(None);
            }
            Ok(None) => {}
            Err(error) => return Finish::Failed(store_failed(&error)),
        }
        match self.send_reference(node, upload, &backend, digest).await {
            Ok(ids) => {
                let remember = move |store: &Store| {
                    store.remember_upload(account, digest, purpose, &(ids.voice, ids.instrumental))
                };
                match blocking(&self.ports.store, remember).await {
                    Ok(()) => {
                        self.send(Message::Landed(node.id));
                        self.tell(Event::UploadFinished {
                            node: node.id,
                            reused: false,
                        });
                        Finish::Done(None)
                    }
                    Err(error) => Finish::Failed(store_failed(&error)),
                }
            }
            Err(finish) => finish,
        }
    }

    async fn send_reference(
        &mut self,
        node: &Node,
        upload: &Upload,
        backend: &Arc<B>,
        digest: Digest,
    ) -> Result<UploadIds, Finish> {
        let asked = Call {
            node: node.id,
            backend: upload.backend,
            key: None,
            price: Price::Known(Usd::ZERO),
        };
        let mut tries = Tries::default();
        loop {
            if self.pass(asked).await? == Leave::Look {
                continue;
            }
            // Only now: a reference that waits must not lie in memory.
            let read = self.reference_bytes(upload, digest).await;
            let (bytes, format) = read.map_err(|failure| {
                self.send(Message::NoCall(node.id));
                Finish::Failed(failure)
            })?;
            tries.made += 1;
            if tries.made == 1 {
                self.tell(Event::UploadStarted { node: node.id });
            }
            let call = UploadCall {
                purpose: upload.purpose,
                file_name: format!(
                    "{}.{}",
                    upload.name.step.kind.section().trim_end_matches('s'),
                    format.word()
                ),
                format,
                bytes,
                request_id: self.request_id(upload.purpose.word()),
            };
            // It is free: who wants to leave need not wait for it.
            let outcome = tokio::select! {
                outcome = self.seam.effect("upload", backend.upload(call)) => Some(outcome),
                _ = self.stop.wait_for(|cause| *cause >= Some(StopCause::Terminated)) => None,
            };
            let (after, failure) = match outcome.ok_or(Finish::Stopped)? {
                Outcome::Done(ids) => {
                    crash::point("upload.answered");
                    return Ok(ids);
                }
                Outcome::Refused(failure) => return Err(Finish::Failed(failure)),
                Outcome::Busy { after, failure } => (after, failure),
                // Uploads are free: what may have run can be sent again.
                Outcome::Unsure(failure) => (
                    None,
                    StepFailure {
                        billed: Billed::No,
                        ..failure
                    },
                ),
            };
            self.turned_away(asked, &mut tries, after, failure).await?;
        }
    }

    /// The whole file, and what it really is.
    async fn reference_bytes(&self, upload: &Upload, digest: Digest) -> Result<(Arc<[u8]>, Format), StepFailure> {
        let content = upload.content.clone();
        let read = blocking(&self.ports.store, move |store| match content {
            Content::File { path, shown, .. } => match store::fs::read(&path) {
                Ok(bytes) if Digest::of(&bytes) == digest => Ok(bytes),
                Ok(_) => Err(changed(format!("{shown} changed after the plan was made"))),
                Err(error) => Err(changed(format!("cannot read {shown} any more: {error}"))),
            },
            Content::Take { .. } => store.audio(digest).map_err(|error| store_failed(&error)),
        });
        let bytes = read.await?;
        match audio::sniff(&bytes) {
            Some(format) => Ok((bytes.into(), format)),
            None => Err(changed("the reference is neither mp3 nor wav".into())),
        }
    }
}

/// A reference is not what was planned with. Nothing was sent; the other steps go on.
fn changed(message: String) -> StepFailure {
    StepFailure::new(FailureClass::Invalid, message).help("run again: the new plan takes in what changed")
}
