//! The owner loop: the only place that holds a run's state and decides what begins.
//!
//! Everything comes to it as a message (steps, signals, time) and leaves it as an event. Nothing in the loop returns
//! early on an error: every failure is a message to be handled, so that what is under way always lands.

use super::{
    admission::{Admission, Answer, Limit},
    budget, lookup, opening,
    recorder::Recorder,
    scheduler::{Scheduler, State},
    seam::{Embedded, PayLedger, Settlement},
    step::{Briefing, Finish, Message, Step},
    upkeep,
};
use crate::{
    backend::Backend,
    base::{
        digest::Digest,
        money::{Price, Usd},
        time::Clock,
    },
    catalog::BackendKind,
    event::{Billed, Event, FailureClass, Record, RunState, SkipReason, StepFailure, StopCause, VERSION},
    plan::{Key, NodeId, OutsideTry, Plan, StoredTake},
    store::{ClaimId, NewRun, OccasionId, Store, StoreError},
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};
use tokio::{
    sync::{Semaphore, mpsc, watch},
    task::JoinSet,
};

/// What a run works with.
#[derive(Debug)]
pub struct Ports<B> {
    /// The only door to the disk.
    pub store: Arc<Store>,
    /// Who renders, by kind; one for each kind the plan names.
    pub backends: HashMap<BackendKind, Arc<B>>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The output folder.
    pub folder: PathBuf,
    /// The output folder as the user would type it.
    pub shown: String,
    /// Answers being listened to at once: each is held in memory while it is measured.
    pub ears: Semaphore,
}

/// How a run is to be paced and when it stops by itself.
#[derive(Clone, Debug)]
pub struct Controls {
    /// Of all calls together.
    pub limit: Limit,
    /// Of calls to single backends, within that.
    pub backends: BTreeMap<BackendKind, Limit>,
    /// Admit nothing more once something failed.
    pub fail_fast: bool,
    /// What this run may spend. The budget of the day is the plan's.
    pub budget: Option<Usd>,
    /// The occasion of a schedule that it is for.
    pub occasion: Option<OccasionId>,
}

/// Steps that look at once what is there already: the store answers one at a time.
const LOOKS: usize = 8;

/// What came of a run.
#[derive(Debug)]
pub struct Report {
    /// The fold of its events.
    pub state: RunState,
    /// The takes that are on disk now, by node: those of this run and those that were there.
    pub takes: BTreeMap<NodeId, StoredTake>,
    /// Tries that are on disk now and are outside what is accepted, by node: those of this run and those that were there.
    pub tries: BTreeMap<NodeId, Vec<OutsideTry>>,
    /// The history could not be written; the takes are not affected.
    pub history: Result<(), StoreError>,
}

/// Does what the plan says. `signals` asks it to stop; `listener` sees every record as it happens.
pub async fn run<B: Backend>(
    plan: Arc<Plan>,
    ports: Arc<Ports<B>>,
    controls: Controls,
    signals: &mut mpsc::UnboundedReceiver<StopCause>,
    listener: &mut (dyn FnMut(&Record) + Send + Sync),
) -> Result<Report, StoreError> {
    let run: Arc<str> = ports
        .store
        .begin_run(&NewRun {
            pipeline: &plan.pipeline,
            file: &plan.file,
            occasion: controls.occasion,
        })?
        .into();
    let (sender, mut messages) = mpsc::unbounded_channel();
    let (stop, stopped) = watch::channel(None);
    let (lookups, _attendants) = lookup::start(&ports.backends, &ports.clock);
    let _upkeep = upkeep::start(&ports.store);
    let step = Step {
        plan: Arc::clone(&plan),
        ports: Arc::clone(&ports),
        seam: Arc::new(Embedded::new(Arc::clone(&ports.store))),
        run: Arc::clone(&run),
        looks: Arc::new(Semaphore::new(LOOKS)),
        messages: sender,
        lookups,
        stop: stopped,
        day: budget::of_day(&plan).map(Arc::new),
    };
    let mut driver = Driver {
        scheduler: Scheduler::new(&plan),
        admission: Admission::new(controls.limit, controls.backends, controls.budget),
        recorder: Recorder::start(Arc::clone(&ports.store)),
        state: RunState::default(),
        audio: Arc::default(),
        takes: BTreeMap::new(),
        references: opening::references(&plan),
        renewed: BTreeSet::new(),
        refused: BTreeSet::new(),
        denied: None,
        fail_fast: controls.fail_fast,
        seq: 0,
        stop,
        tasks: JoinSet::new(),
        running: HashMap::new(),
        claims: HashMap::new(),
        earlier_claims: HashMap::new(),
        linked: HashMap::new(),
        tries: opening::outside(&plan),
        announced: HashMap::new(),
        listener,
        step,
    };
    driver.begin().await;
    while let Ok(cause) = signals.try_recv() {
        driver.request_stop(cause);
    }
    while !driver.is_over() {
        driver.admit();
        let wake = driver.admission.next_wake();
        let now = ports.clock.elapsed();
        tokio::select! {
            Some(message) = messages.recv() => driver.handle(message),
            Some(cause) = signals.recv() => driver.request_stop(cause),
            Some(ended) = driver.tasks.join_next_with_id() => {
                // It may have claimed something just before it broke down.
                while let Ok(message) = messages.try_recv() {
                    driver.handle(message);
                }
                driver.task_ended(ended);
            }
            () = tokio::time::sleep(wake.unwrap_or(now).saturating_sub(now)), if wake.is_some() => {}
        }
    }
    // What is left at once is told as far as it is known.
    while let Ok(message) = messages.try_recv() {
        driver.handle(message);
    }
    driver.learn_charges(signals).await;
    Ok(driver.finish())
}

pub(super) struct Driver<'a, B> {
    pub(super) scheduler: Scheduler,
    pub(super) admission: Admission,
    pub(super) recorder: Recorder,
    pub(super) state: RunState,
    /// Of the audio of every take that is there and that a reference comes from.
    pub(super) audio: Arc<BTreeMap<NodeId, Digest>>,
    pub(super) takes: BTreeMap<NodeId, StoredTake>,
    /// Takes that a reference comes from.
    references: BTreeSet<NodeId>,
    /// Uploads that were sent again because their ids were refused; once each.
    renewed: BTreeSet<NodeId>,
    /// Takes whose upload ids were refused once.
    refused: BTreeSet<NodeId>,
    /// The take whose call was not let through for want of money.
    denied: Option<(NodeId, SkipReason)>,
    fail_fast: bool,
    seq: u64,
    stop: watch::Sender<Option<StopCause>>,
    pub(super) tasks: JoinSet<()>,
    /// Which node a task works on, to name it if the task panics.
    running: HashMap<tokio::task::Id, NodeId>,
    /// The last claim of each node, unless its call surely did not run.
    pub(super) claims: HashMap<NodeId, ClaimId>,
    /// The claims of tries that others followed, with their keys.
    pub(super) earlier_claims: HashMap<ClaimId, (NodeId, Key)>,
    /// Tries that are outside, and were followed by others or would have been.
    pub(super) tries: BTreeMap<NodeId, Vec<OutsideTry>>,
    /// The last retake of each node that was told of in this run; only ever a later one.
    pub(super) announced: HashMap<NodeId, u32>,
    /// Nodes whose audio waits behind a link that is in the ledger, with what they were charged.
    pub(super) linked: HashMap<NodeId, Option<Usd>>,
    listener: &'a mut (dyn FnMut(&Record) + Send + Sync),
    pub(super) step: Step<B, Embedded>,
}

impl<B: Backend> Driver<'_, B> {
    pub(super) fn remember(&mut self, id: NodeId, stored: StoredTake) {
        if self.references.contains(&id) {
            Arc::make_mut(&mut self.audio).insert(id, stored.digest);
        }
        self.takes.insert(id, stored);
    }

    fn is_over(&self) -> bool {
        self.state.stopping == Some(StopCause::Abandoned) || (self.scheduler.is_finished() && self.tasks.is_empty())
    }

    /// Starts what is ready, and lets calls begin that may.
    fn admit(&mut self) {
        while let Some(id) = self.scheduler.next() {
            let briefing = Briefing {
                audio: Arc::clone(&self.audio),
                renew: self.renewed.contains(&id),
                announced: self.announced(id),
            };
            self.admission.expect(id);
            let task = self.tasks.spawn(self.step.clone().perform(id, briefing));
            self.running.insert(task.id(), id);
        }
        let now = self.now();
        if let Answer::OverBudget(node, reason) = self.admission.answer(now) {
            self.denied = Some((node, reason));
            self.request_stop(StopCause::Budget);
        }
    }

    fn handle(&mut self, message: Message) {
        match message {
            Message::Event(event) => self.tell(event),
            Message::Claimed(id, claim) => {
                self.claims.insert(id, claim);
            }
            Message::Ask(call, reply) => self.ask(call, reply),
            Message::Aside(id) => self.admission.step_aside(id),
            Message::NoCall(id) => self.admission.take_back(id),
            Message::TurnedAway(turned) => self.turned_away(*turned),
            Message::Linked(id, charged) => {
                self.linked.insert(id, charged);
            }
            Message::Landed(id) => self.admission.landed(id),
            Message::Finished(id, finish) => self.handle_finish(id, finish),
        }
    }

    fn handle_finish(&mut self, id: NodeId, finish: Finish) {
        self.admission.over(id);
        match finish {
            Finish::Done(stored) => {
                self.admission.settle(id, self.cost(id));
                if let Some(stored) = stored {
                    self.remember(id, stored);
                }
                self.scheduler.done(id);
            }
            Finish::Stale(uploads, failure) => {
                self.claims.remove(&id);
                self.admission.settle(id, Price::Known(Usd::ZERO));
                // Several takes under way may be told so of one upload: it is sent once more, and each asks once more.
                // Nor is there a second upload if the one for another take failed, or the run stops.
                if !self.refused.insert(id) || self.scheduler.lost_need(id).is_some() || self.is_stopping() {
                    return self.fail(id, failure);
                }
                let fresh: Vec<_> = uploads
                    .into_iter()
                    .filter(|upload| self.renewed.insert(*upload))
                    .collect();
                self.scheduler.redo(id, &fresh);
                for upload in fresh {
                    let waiting = self.scheduler.running_dependents(upload);
                    self.admission.send_back(&waiting);
                }
            }
            Finish::Outside(tried) => {
                self.admission.settle(id, self.cost(id));
                self.retake(id, *tried);
            }
            Finish::Anew => self.begin_anew(id),
            Finish::Away => self.leave_out(
                id,
                SkipReason::Away {
                    backend: self.backend_of(id),
                },
            ),
            Finish::Failed(failure) => self.fail(id, failure),
            Finish::Unsure(failure) => {
                self.admission.settle(id, self.lost(id, &failure));
                let cause = self.consequence(&failure);
                let failure = located(&self.step.plan, id, failure);
                self.tell(Event::TakeUnsure { node: id, failure });
                self.came_to_nothing(id, cause);
            }
            Finish::Stopped => {
                let denied = self.denied.take_if(|(node, _)| *node == id);
                self.leave_out(id, denied.map_or(SkipReason::Stopped, |(_, reason)| reason));
            }
            Finish::OverBudget(reason) => {
                self.leave_out(id, reason);
                self.request_stop(StopCause::Budget);
            }
        }
    }

    /// A node that was handed out is not done after all.
    pub(super) fn leave_out(&mut self, id: NodeId, because: SkipReason) {
        self.admission.settle(id, Price::Known(Usd::ZERO));
        self.skip(id, because);
        let skipped = self.scheduler.skipped(id);
        self.skip_all(skipped);
    }

    /// What a finished node cost this run, by the fold of its events. What it made no call for was somebody else's money.
    fn cost(&self, id: NodeId) -> Price {
        let node = self.state.nodes.get(&id).filter(|_| self.claims.contains_key(&id));
        node.and_then(|node| node.cost).unwrap_or(Price::Known(Usd::ZERO))
    }

    /// What a node without a take cost this run, or may have: the backend's word if it gave one, else the planned price.
    /// Nothing if the call was another process's, or another node's.
    fn lost(&self, id: NodeId, failure: &StepFailure) -> Price {
        if self.claims.contains_key(&id) {
            let planned = self.step.plan.node(id).price;
            let price = self.state.nodes.get(&id).map_or(planned, |node| node.card.price);
            failure.charged.map_or(price, Price::Known)
        } else {
            Price::Known(Usd::ZERO)
        }
    }

    fn fail(&mut self, id: NodeId, failure: StepFailure) {
        let spent = match failure.billed {
            Billed::No => Price::Known(Usd::ZERO),
            Billed::Yes | Billed::Unknown => self.lost(id, &failure),
        };
        self.admission.settle(id, spent);
        let cause = self.consequence(&failure);
        let failure = located(&self.step.plan, id, failure);
        self.tell(Event::NodeFailed { node: id, failure });
        self.came_to_nothing(id, cause);
    }

    /// Whether a failure ends the run. Who waits for a claim that cannot be written any further would wait for ever.
    const fn consequence(&self, failure: &StepFailure) -> Option<StopCause> {
        match failure.class {
            class if class.stops_the_run() => Some(StopCause::Refused),
            FailureClass::Machine => Some(StopCause::Machine),
            _ if self.fail_fast => Some(StopCause::FailFast),
            _ => None,
        }
    }

    fn came_to_nothing(&mut self, id: NodeId, cause: Option<StopCause>) {
        let skipped = self.scheduler.failed(id);
        self.skip_all(skipped);
        if let Some(cause) = cause {
            self.request_stop(cause);
        }
    }

    /// Admits nothing more. A second interrupt means: leave now.
    pub(super) fn request_stop(&mut self, cause: StopCause) {
        let again = self
            .state
            .stopping
            .is_some_and(|before| before >= StopCause::Terminated);
        let cause = if again && cause >= StopCause::Terminated {
            StopCause::Abandoned
        } else {
            cause
        };
        if self.state.stopping >= Some(cause) {
            return;
        }
        self.tell(Event::Stopping { cause });
        self.admission.close();
        self.stop.send_replace(Some(cause));
        for id in self.scheduler.stop() {
            self.skip(id, SkipReason::Stopped);
        }
    }

    fn task_ended(&mut self, ended: Result<(tokio::task::Id, ()), tokio::task::JoinError>) {
        let id = match &ended {
            Ok((task, ())) => self.running.remove(task),
            Err(error) => self.running.remove(&error.id()),
        };
        if let (Err(error), Some(id)) = (ended, id)
            && self.scheduler.state(id) == State::Running
        {
            let message = format!("internal error in this step: {error}");
            let failure = StepFailure::new(FailureClass::Machine, message).billed(Billed::Unknown);
            self.give_up_claim(id, failure.clone());
            self.handle_finish(id, Finish::Unsure(failure));
        }
    }

    /// Whoever waits for this key in the same process must not wait for a step that is gone.
    fn give_up_claim(&mut self, id: NodeId, failure: StepFailure) {
        if let Some(claim) = self.claims.get(&id).copied() {
            let seam = Arc::clone(&self.step.seam);
            self.tasks.spawn(give_up(seam, claim, failure));
        }
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.state.stopping.is_some()
    }

    /// Time since the program began.
    pub(super) fn now(&self) -> Duration {
        self.step.ports.clock.elapsed()
    }

    fn skip_all(&mut self, skipped: Vec<(NodeId, NodeId)>) {
        for (id, cause) in skipped {
            self.skip(id, SkipReason::Upstream { node: cause });
        }
    }

    pub(super) fn skip(&mut self, id: NodeId, because: SkipReason) {
        self.tell(Event::NodeSkipped { node: id, because });
    }

    pub(super) fn tell(&mut self, event: Event) {
        let at = self.step.ports.clock.now();
        let record = Record {
            v: VERSION,
            run: self.step.run.to_string(),
            seq: self.seq,
            at,
            event,
        };
        self.seq += 1;
        self.state.apply(&record);
        self.recorder.write(&record);
        (self.listener)(&record);
    }
}

async fn give_up(seam: Arc<Embedded>, claim: ClaimId, failure: StepFailure) {
    if let Err(error) = seam.settle(claim, Settlement::Unsure(failure)).await {
        tracing::warn!(%error, "a claim stays as it is until this process ends");
    }
}

/// Points a failure at the YAML line that asked for the step.
pub(super) fn located(plan: &Plan, id: NodeId, failure: StepFailure) -> StepFailure {
    StepFailure {
        location: Some(plan.node(id).location.clone().into()),
        ..failure
    }
}
