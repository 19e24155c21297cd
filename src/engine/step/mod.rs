//! One step: sends a reference, or buys one take. A step waits, tries again what surely did not run, and tells the
//! owner loop what happened; it decides nothing about other steps.
//!
//! Knows nothing of limits: it asks the loop before each call, and stops when the loop does not answer any more.

mod buy;
mod collect;
pub(super) mod doubt;
mod keep;
mod take;
mod upload;

use super::{
    driver::Ports,
    lookup::Doors,
    retry,
    seam::{EffectLog, PayLedger, blocking},
};
use crate::{
    backend::Backend,
    base::{digest::Digest, money::Price, time::Clock, words},
    catalog::BackendKind,
    event::{Event, FailureClass, SkipReason, StepFailure, StopCause},
    plan::{Key, Known, Node, NodeId, NodeWork, Plan, StoredTake},
    store::{ClaimId, DayBudget, StoreError},
};
use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::sync::{mpsc, oneshot, watch};

/// What a step tells the loop.
#[derive(Debug)]
pub(super) enum Message {
    /// Something worth telling.
    Event(Event),
    /// May a call begin that costs this much? Answered when it may; dropped when it may not any more.
    Pass {
        node: NodeId,
        price: Price,
        reply: oneshot::Sender<()>,
    },
    /// A claim for it is on disk.
    Claimed(NodeId, ClaimId),
    /// The call's answer is on disk: its slot is free.
    Landed(NodeId),
    /// It is over.
    Finished(NodeId, Finish),
}

/// How a step ended.
#[derive(Debug)]
pub(super) enum Finish {
    /// Done; with the take, if it was one.
    Done(Option<StoredTake>),
    /// Came to nothing.
    Failed(StepFailure),
    /// Nobody knows.
    Unsure(StepFailure),
    /// The backend does not know the ids of these uploads any more.
    Stale(Vec<NodeId>, StepFailure),
    /// The run stopped before its call.
    Stopped,
    /// Its call would go over the budget of the day.
    OverBudget(SkipReason),
}

/// What the loop knows when it starts a step.
#[derive(Debug, Default)]
pub(super) struct Briefing {
    /// Digests of the audio of the takes before it, as far as they are there.
    pub(super) audio: Arc<BTreeMap<NodeId, Digest>>,
    /// An upload's ids were refused: send it again.
    pub(super) renew: bool,
}

/// Everything a step works with.
#[derive(Debug)]
pub(super) struct Step<B, S> {
    pub(super) plan: Arc<Plan>,
    pub(super) ports: Arc<Ports<B>>,
    pub(super) seam: Arc<S>,
    pub(super) run: Arc<str>,
    pub(super) messages: mpsc::UnboundedSender<Message>,
    /// Where lost calls are looked up.
    pub(super) lookups: Doors,
    /// Why the run stops, once it does.
    pub(super) stop: watch::Receiver<Option<StopCause>>,
    pub(super) day: Option<Arc<DayBudget>>,
}

impl<B, S> Clone for Step<B, S> {
    fn clone(&self) -> Self {
        Self {
            plan: Arc::clone(&self.plan),
            ports: Arc::clone(&self.ports),
            seam: Arc::clone(&self.seam),
            run: Arc::clone(&self.run),
            messages: self.messages.clone(),
            lookups: Arc::clone(&self.lookups),
            stop: self.stop.clone(),
            day: self.day.clone(),
        }
    }
}

impl<B: Backend, S: EffectLog + PayLedger> Step<B, S> {
    /// Does a node's work and says how it ended.
    pub(super) async fn perform(mut self, id: NodeId, briefing: Briefing) {
        let plan = Arc::clone(&self.plan);
        let node = plan.node(id);
        let finish = match &node.work {
            NodeWork::Upload(upload) => self.upload(node, upload, &briefing).await,
            NodeWork::Take(take) => self.take(node, take, &briefing).await,
        };
        self.send(Message::Finished(id, finish));
    }

    async fn recall(&self, key: Key) -> Result<Option<StoredTake>, StoreError> {
        let known = blocking(&self.ports.store, move |store| store.try_recall(&[key])).await?;
        Ok(known.into_values().find_map(|known| match known {
            Known::Take(stored) => Some(stored),
            Known::Unsure { .. } | Known::Lost { .. } | Known::Forgone { .. } => None,
        }))
    }

    /// Waits until a call may begin.
    async fn pass(&mut self, node: &Node, price: Price) -> Result<(), Stopped> {
        let (reply, answer) = oneshot::channel();
        self.send(Message::Pass {
            node: node.id,
            price,
            reply,
        });
        answer.await.map_err(|_| Stopped)
    }

    /// Waits before the next try, or says that there is none.
    async fn pause(
        &mut self,
        node: &Node,
        attempt: u32,
        after: Option<Duration>,
        failure: StepFailure,
    ) -> Result<(), Finish> {
        let Some(pause) = retry::pause(attempt, after, chance(&*self.ports.clock)) else {
            let tries = if attempt == 1 {
                "1 try".to_owned()
            } else {
                format!("{attempt} tries")
            };
            let asked = after.map_or(String::new(), |after| {
                format!(", asked to wait {}", words::duration(after))
            });
            let message = format!("{} (gave up after {tries}{asked})", failure.message);
            return Err(Finish::Failed(StepFailure { message, ..failure }));
        };
        let after_ms = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX);
        self.tell(Event::Retrying {
            node: node.id,
            attempt,
            after_ms,
            failure,
        });
        self.wait(pause).await.map_err(|Stopped| Finish::Stopped)
    }

    /// Sleeps, unless the run stops meanwhile.
    async fn wait(&mut self, length: Duration) -> Result<(), Stopped> {
        tokio::select! {
            () = self.seam.sleep(length) => Ok(()),
            _ = self.stop.wait_for(Option::is_some) => Err(Stopped),
        }
    }

    /// Sleeps before what costs nothing and saves what was paid for, unless a person wants to leave.
    async fn wait_for_paid(&mut self, length: Duration) -> Result<(), Stopped> {
        tokio::select! {
            () = self.seam.sleep(length) => Ok(()),
            _ = self.stop.wait_for(|cause| *cause >= Some(StopCause::Terminated)) => Err(Stopped),
        }
    }

    /// A name for a call that no other call has: allowed characters only.
    fn request_id(&self, what: &str) -> String {
        format!("takesheet-{what}-{:016x}", chance(&*self.ports.clock))
    }

    fn tell(&self, event: Event) {
        self.send(Message::Event(event));
    }

    fn send(&self, message: Message) {
        // The loop outlives its steps unless the run was abandoned; then nobody is left to tell.
        let _ = self.messages.send(message);
    }
}

/// The run stops.
pub(super) struct Stopped;

/// A failure of this machine: nothing was sent.
fn machine(message: impl Into<String>) -> StepFailure {
    StepFailure::new(FailureClass::Machine, message)
}

fn store_failed(error: &StoreError) -> StepFailure {
    let failure = machine(error.to_string());
    match error.help().as_slice() {
        [] => failure,
        help => failure.help(help.join("; ")),
    }
}

fn no_backend(kind: BackendKind) -> StepFailure {
    machine(format!("no connection to {kind} was set up"))
}

/// A number nobody can guess and nothing depends on: for jitter and for names.
pub(super) fn chance(clock: &dyn Clock) -> u64 {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let text = format!(
        "{} {:?} {count} {}",
        clock.now(),
        clock.elapsed(),
        std::process::id()
    );
    Digest::of(text.as_bytes()).seed()
}
