//! Audio that was answered as a link: the link is on disk before it is fetched, so that whoever comes next can fetch it.
//!
//! The audio is paid for and fetching is free: it is tried over minutes, and again by the next run. What is gone for good
//! is reported as paid and lost.

use super::{
    Finish, Message, Step,
    buy::Unbought,
    doubt::{self, Purchase, Wrong},
    store_failed,
};
use crate::{
    backend::{Backend, Link, Outcome, RenderAnswer},
    base::{door::Sink, money::Usd},
    engine::{
        chance::{chance, millis},
        retry,
        seam::{Answered, EffectLog, PayLedger, Settlement},
    },
    event::{Billed, Event, FailureClass, StepFailure, StopCause},
    plan::NodeId,
    store::{BlobWriter, ClaimId, StoreError},
};
use std::{sync::Arc, time::Duration};
use tokio::sync::watch;

/// How long audio on its way may take to land once a person wants to leave.
const LANDING: Duration = Duration::from_secs(10);

/// A render whose audio is still to be fetched.
pub(super) struct Linked {
    pub(super) link: Link,
    pub(super) charged: Option<Usd>,
    pub(super) traces: Vec<(String, String)>,
}

impl<B: Backend, S: EffectLog + PayLedger> Step<B, S> {
    /// Writes the link down, then fetches what is behind it.
    pub(super) async fn fetch_linked(
        &mut self,
        bought: &Purchase,
        backend: &Arc<B>,
        linked: Linked,
        mut writer: BlobWriter,
    ) -> Result<Answered, Unbought> {
        let (node, claim) = (bought.node, bought.claim);
        // The audio is paid for and can be fetched here and now: that matters more than the next run's chance.
        let mut written = self.write_down(claim, &linked).await;
        self.tell_link(node, &linked, written.is_ok());
        let mut tried = 1;
        loop {
            let sink: &mut dyn Sink = &mut writer;
            let outcome = tokio::select! {
                outcome = self.seam.effect("fetch", backend.fetch(&linked.link, sink)) => outcome,
                () = landed_late(&mut self.stop, &*self.seam), if written.is_ok() => {
                    let left = StepFailure::new(FailureClass::Unreachable, "left while its audio was being fetched");
                    return Err(self.leave_link(claim, &linked, (written, left)).await);
                }
            };
            let failure = match outcome {
                Outcome::Done(bytes) => {
                    let Linked { charged, traces, .. } = linked;
                    let answer = RenderAnswer { bytes, charged, traces };
                    return self.receive(bought, writer, answer).await;
                }
                Outcome::Refused(failure) if failure.class != FailureClass::Lost => {
                    return Err(self.leave_link(claim, &linked, (written, failure)).await);
                }
                Outcome::Refused(failure) if tried >= retry::MOST_LOST => {
                    return Err(self.lose(claim, linked.charged, failure).await);
                }
                Outcome::Refused(failure) | Outcome::Busy { failure, .. } | Outcome::Unsure(failure) => failure,
            };
            // This process may end while it waits.
            if written.is_err() {
                written = self.write_down(claim, &linked).await;
                self.tell_link(node, &linked, written.is_ok());
            }
            let Some(pause) = retry::fetch_pause(tried, chance(&*self.ports.clock)) else {
                return Err(self.leave_link(claim, &linked, (written, failure)).await);
            };
            // The render went well; a wait for its file holds up no other.
            self.send(Message::Landed(node));
            self.send(Message::Event(Event::FetchingAgain {
                node,
                attempt: tried,
                after_ms: millis(pause),
                failure: failure.clone(),
            }));
            if self.wait_for_paid(pause).await.is_err() {
                return Err(self.leave_link(claim, &linked, (written, failure)).await);
            }
            tried += 1;
        }
    }

    fn tell_link(&self, node: NodeId, linked: &Linked, is_written: bool) {
        if is_written {
            self.send(Message::Linked(node, linked.charged));
        }
    }

    async fn write_down(&self, claim: ClaimId, linked: &Linked) -> Result<(), StoreError> {
        let Linked { link, charged, traces } = linked;
        let submitted = Settlement::Submitted {
            link: link.clone(),
            charged: *charged,
            traces: traces.clone(),
        };
        match self.seam.settle(claim, submitted).await {
            // Written the last time, though it did not look like it.
            Err(StoreError::State { found, .. }) if found == "submitted" => Ok(()),
            written => written.inspect_err(|error| {
                tracing::warn!(%error, "the link to finished audio could not be written down");
            }),
        }
    }

    /// The audio is there and did not come: the link stays in the ledger for the next run, if it is there.
    async fn leave_link(
        &self,
        claim: ClaimId,
        linked: &Linked,
        (written, failure): (Result<(), StoreError>, StepFailure),
    ) -> Unbought {
        let written = match written {
            Ok(()) => Ok(()),
            Err(_) => self.write_down(claim, linked).await,
        };
        if let Err(error) = written {
            let note = format!("its link could not be written down, so no other run can fetch it: {error}");
            return self.lose(claim, linked.charged, failure.help(note)).await;
        }
        let kept = "its link is kept: the next run fetches it again, which costs nothing";
        let failure = failure.billed(Billed::Yes).help(kept);
        let settled = self.seam.settle(claim, Settlement::Unsure(failure.clone())).await;
        Unbought::Over(Finish::Unsure(match settled {
            Ok(()) => failure,
            Err(error) => unwritten(&error, failure),
        }))
    }

    /// The audio is not there any more.
    async fn lose(&self, claim: ClaimId, charged: Option<Usd>, failure: StepFailure) -> Unbought {
        let help = failure.help.clone();
        let lost = doubt::paid(Wrong::Lost, None, StepFailure { charged, ..failure });
        let failure = StepFailure { help, ..lost };
        let settled = self.seam.settle(claim, Settlement::Failed(failure.clone())).await;
        Unbought::Over(Finish::Unsure(match settled {
            Ok(()) => failure,
            Err(error) => unwritten(&error, failure),
        }))
    }
}

/// Waits until a person wants to leave, and for as long after that as audio on its way may take to land. The next run can
/// fetch it as well.
async fn landed_late<S: EffectLog>(stop: &mut watch::Receiver<Option<StopCause>>, seam: &S) {
    // Its value is a lock, and no lock may be held while this waits.
    drop(stop.wait_for(|cause| *cause >= Some(StopCause::Terminated)).await);
    seam.sleep(LANDING).await;
}

/// What became of the call cannot be written down: this machine failed, and nobody may go on waiting for its row.
fn unwritten(error: &StoreError, failure: StepFailure) -> StepFailure {
    let StepFailure { message, help, .. } = &failure;
    let known = [Some(message.clone()), help.clone()];
    let machine = store_failed(error);
    let help = machine.help.clone().into_iter().chain(known.into_iter().flatten());
    let help = help.collect::<Vec<_>>().join("; ");
    StepFailure {
        charged: failure.charged,
        trace: failure.trace,
        ..machine.help(help).billed(Billed::Yes)
    }
}
