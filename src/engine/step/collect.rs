//! Audio that was answered as a link: the link is on disk before it is fetched, so that whoever comes next can fetch it.
//!
//! The audio is paid for and fetching is free: it is tried over minutes, and again by the next run. What is gone for good
//! is reported as paid and lost.

use super::{
    Finish, Message, Step,
    buy::Unbought,
    chance,
    doubt::{self, Purchase, Wrong},
};
use crate::{
    backend::{Backend, Link, Outcome, RenderAnswer},
    base::{door::Sink, money::Usd},
    engine::{
        retry,
        seam::{Answered, EffectLog, PayLedger, Settlement},
    },
    event::{Event, FailureClass, StepFailure},
    store::{BlobWriter, ClaimId},
};
use std::sync::Arc;

/// A render whose audio is still to be fetched.
pub(super) struct Linked {
    pub(super) link: Link,
    pub(super) charged: Option<Usd>,
    pub(super) traces: Vec<(String, String)>,
}

impl<B: Backend, S: EffectLog + PayLedger> Step<B, S> {
    /// Writes the link down, then fetches what is behind it.
    pub(super) async fn collect(
        &mut self,
        bought: &Purchase,
        backend: &Arc<B>,
        linked: Linked,
        mut writer: BlobWriter,
    ) -> Result<Answered, Unbought> {
        let (node, claim) = (bought.node, bought.claim);
        let Linked { link, charged, traces } = linked;
        let submitted = Settlement::Submitted {
            link: link.clone(),
            charged,
            traces: traces.clone(),
        };
        if let Err(error) = self.seam.settle(claim, submitted).await {
            // The audio is paid for and can be fetched here and now: that matters more than the next run's chance.
            tracing::warn!(%error, "the link to finished audio could not be written down");
        }
        let mut tried = 1;
        loop {
            let sink: &mut dyn Sink = &mut writer;
            let outcome = self.seam.effect("fetch", backend.fetch(&link, sink)).await;
            let failure = match outcome {
                Outcome::Done(bytes) => {
                    let answer = RenderAnswer { bytes, charged, traces };
                    return self.receive(bought, writer, answer).await;
                }
                Outcome::Refused(failure) if failure.class != FailureClass::Lost => {
                    return Err(self.leave_link(claim, failure).await);
                }
                Outcome::Refused(failure) if tried >= retry::MOST_LOST => {
                    return Err(self.lose(claim, charged, failure).await);
                }
                Outcome::Refused(failure) | Outcome::Busy { failure, .. } | Outcome::Unsure(failure) => failure,
            };
            let Some(pause) = retry::fetch_pause(tried, chance(&*self.ports.clock)) else {
                return Err(self.leave_link(claim, failure).await);
            };
            // The render went well; a wait for its file holds up no other.
            self.send(Message::Landed(node));
            self.send(Message::Event(Event::FetchingAgain {
                node,
                attempt: tried,
                after_ms: u64::try_from(pause.as_millis()).unwrap_or(u64::MAX),
                failure: failure.clone(),
            }));
            if self.wait_for_paid(pause).await.is_err() {
                return Err(self.leave_link(claim, failure).await);
            }
            tried += 1;
        }
    }

    /// The audio is there and did not come: the link stays in the ledger for the next run.
    async fn leave_link(&self, claim: ClaimId, failure: StepFailure) -> Unbought {
        let failure = failure.help("its link is kept: the next run fetches it again, which costs nothing");
        self.over(claim, Settlement::Unsure(failure.clone()), Finish::Unsure(failure))
            .await
    }

    /// The audio is not there any more.
    async fn lose(&self, claim: ClaimId, charged: Option<Usd>, failure: StepFailure) -> Unbought {
        let failure = doubt::paid(Wrong::Lost, None, StepFailure { charged, ..failure });
        self.over(claim, Settlement::Failed(failure.clone()), Finish::Unsure(failure))
            .await
    }
}
