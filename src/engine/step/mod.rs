//! One step: sends a reference, or buys one take. A step waits, tries again what surely did not run, and tells the
//! owner loop what happened; it decides nothing about other steps.
//!
//! Knows nothing of limits: it asks the loop before each call, tells it when the call did not run, and stops when the
//! loop does not answer any more. Whatever needs no call it does without asking.

mod buy;
pub(super) mod doubt;
mod fetch;
mod keep;
mod left;
mod take;
mod tries;
mod upload;

use super::{
    admission::{Call, Pass, Turn},
    chance::chance,
    driver::Ports,
    lookup::Doors,
    pace::Setback,
    retry,
    seam::{EffectLog, PayLedger},
};
use crate::{
    backend::Backend,
    base::{
        digest::Digest,
        money::{Price, Usd},
        words,
    },
    catalog::BackendKind,
    event::{Event, FailureClass, SkipReason, StepFailure, StopCause},
    plan::{NodeId, NodeWork, OutsideTry, Plan, StoredTake},
    store::{ClaimId, DayBudget, StoreError},
};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::sync::{Semaphore, mpsc, oneshot, watch};

/// What a step tells the loop.
#[derive(Debug)]
pub(super) enum Message {
    /// Something worth telling.
    Event(Event),
    /// May this call begin? Dropped when nothing begins any more.
    Ask(Call, oneshot::Sender<Pass>),
    /// It might have begun, and there was none to be made.
    NoCall(NodeId),
    /// It asks for no call now: it has something else to do first.
    Aside(NodeId),
    /// It surely did not run.
    TurnedAway(Box<TurnedAway>),
    /// A claim for it is on disk.
    Claimed(NodeId, ClaimId),
    /// The render is done, and its audio waits behind a link that is in the ledger. With what it was charged, if that
    /// was said.
    Linked(NodeId, Option<Usd>),
    /// The call's answer is on disk: its slot is free.
    Landed(NodeId),
    /// It is over.
    Finished(NodeId, Finish),
}

/// A call that surely did not run.
#[derive(Debug)]
pub(super) struct TurnedAway {
    pub(super) node: NodeId,
    /// From one.
    pub(super) attempt: u32,
    pub(super) setback: Setback,
    /// What the backend asked for.
    pub(super) after: Option<Duration>,
    pub(super) failure: StepFailure,
    /// Decides the jitter.
    pub(super) chance: u64,
    /// Where the step listens, if it would try again.
    pub(super) reply: Option<oneshot::Sender<Turn>>,
}

/// How often a step's call was tried.
#[derive(Debug, Default)]
pub(super) struct Tries {
    /// In all.
    made: u32,
    /// Of these, how often the backend was not there.
    away: u32,
}

/// What a step may do that asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Leave {
    /// Make its call.
    Call,
    /// Look again at what is there.
    Look,
}

/// How a step ended.
#[derive(Debug)]
pub(super) enum Finish {
    /// Done; with the take, if it was one.
    Done(Option<StoredTake>),
    /// What arrived is kept, and is outside what is accepted; there is another try.
    Outside(Box<Tried>),
    /// Came to nothing.
    Failed(StepFailure),
    /// Nobody knows.
    Unsure(StepFailure),
    /// The backend does not know the ids of these uploads any more.
    Stale(Vec<NodeId>, StepFailure),
    /// What it needs is done once more; it did nothing, and begins anew after that.
    Anew,
    /// Nothing more is asked of its backend.
    Away,
    /// The run stopped before its call.
    Stopped,
    /// Its call would go over the budget of the day.
    OverBudget(SkipReason),
}

/// A try that is to be followed by another.
#[derive(Debug)]
pub(super) struct Tried {
    /// Which, and what it misses.
    pub(super) outside: OutsideTry,
    /// Which is next.
    pub(super) next: u32,
    /// What that one costs.
    pub(super) price: Price,
}

/// What the loop knows when it starts a step.
#[derive(Debug, Default)]
pub(super) struct Briefing {
    /// Digests of the audio of the takes before it, as far as they are there.
    pub(super) audio: Arc<BTreeMap<NodeId, Digest>>,
    /// An upload's ids were refused: send it again.
    pub(super) renew: bool,
    /// The last try of the take that was planned, or told of: none after it is bought without a word.
    pub(super) announced: u32,
}

/// Everything a step works with.
#[derive(Debug)]
pub(super) struct Step<B, S> {
    pub(super) plan: Arc<Plan>,
    pub(super) ports: Arc<Ports<B>>,
    pub(super) seam: Arc<S>,
    pub(super) run: Arc<str>,
    /// Lets a few steps look into the store at once.
    pub(super) looks: Arc<Semaphore>,
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
            looks: Arc::clone(&self.looks),
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
            NodeWork::Take(take) => self.tries(node, take, &briefing).await,
        };
        self.send(Message::Finished(id, finish));
    }

    /// Waits until a call may begin, or there is something else to do.
    async fn pass(&mut self, call: Call) -> Result<Leave, Finish> {
        let (reply, answer) = oneshot::channel();
        self.send(Message::Ask(call, reply));
        match answer.await {
            Ok(Pass::Go) => Ok(Leave::Call),
            Ok(Pass::Look) => Ok(Leave::Look),
            Ok(Pass::Back) => Err(Finish::Anew),
            Ok(Pass::Away) => Err(Finish::Away),
            Err(_) => Err(Finish::Stopped),
        }
    }

    /// After a call that surely did not run: waits as long as this step alone should, or says that there is no other try.
    /// A backend that says "slow down" says it to everybody: then the wait is the loop's, at the next question.
    async fn turned_away(
        &mut self,
        call: Call,
        tries: &mut Tries,
        after: Option<Duration>,
        failure: StepFailure,
    ) -> Result<(), Finish> {
        let chance = chance(&*self.ports.clock);
        let (setback, pause) = if failure.asks_to_slow_down() {
            (Setback::TooFast, Some(Duration::ZERO))
        } else {
            tries.away += 1;
            let pause = retry::pause(tries.away, after, chance);
            (Setback::Away(pause.unwrap_or_default()), pause)
        };
        let (reply, answer) = oneshot::channel();
        self.send(Message::TurnedAway(Box::new(TurnedAway {
            node: call.node,
            attempt: tries.made,
            setback,
            after,
            failure: failure.clone(),
            chance,
            reply: pause.is_some().then_some(reply),
        })));
        let Some(pause) = pause else {
            return Err(Finish::Failed(gave_up(tries, after, failure)));
        };
        match answer.await {
            Ok(Turn::Again { .. }) => self.wait(pause).await.map_err(|Stopped| Finish::Stopped),
            Ok(Turn::Enough) => Err(Finish::Failed(gave_up(tries, after, failure))),
            Err(_) => Err(Finish::Stopped),
        }
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

fn gave_up(tries: &Tries, after: Option<Duration>, failure: StepFailure) -> StepFailure {
    let tried = match tries.made {
        1 => "1 try".to_owned(),
        made => format!("{made} tries"),
    };
    let asked = after.map_or(String::new(), |after| {
        format!(", asked to wait {}", words::duration(after))
    });
    let message = format!("{} (gave up after {tried}{asked})", failure.message);
    StepFailure { message, ..failure }
}

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
