//! The state of a run: the one fold over its events.

use super::{Billed, Event, NodeCard, NodeKind, OutsideTake, Record, RunEnd, SkipReason, StepFailure, StopCause};
use crate::{
    audio::Sound,
    base::{
        money::{Price, Total, Usd},
        time::Timestamp,
    },
    catalog::BackendKind,
    plan::{Key, Miss, NodeId, Retakes},
};
use std::collections::BTreeMap;

/// Where a node stands.
#[derive(Clone, Debug, PartialEq)]
pub enum Phase {
    /// Not begun.
    Waiting,
    /// A call is under way since then.
    Running {
        /// When the call went out.
        since: Timestamp,
        /// From one.
        attempt: u32,
    },
    /// Between two tries.
    Pausing {
        /// The try that failed.
        attempt: u32,
        /// When the next one begins.
        until: Timestamp,
        /// What happened.
        failure: StepFailure,
    },
    /// The call is over or lost, and what came of it is being found out: it is looked up in the account's log, or its
    /// audio is fetched.
    Recovering {
        /// Of the call.
        attempt: u32,
        /// When that ends at the latest, or goes on.
        until: Timestamp,
        /// What happened.
        failure: StepFailure,
    },
    /// There.
    Done {
        /// Nothing was sent for it.
        reused: bool,
    },
    /// Came to nothing.
    Failed(StepFailure),
    /// Nobody knows whether it was paid.
    Unsure(StepFailure),
    /// Not done.
    Skipped(SkipReason),
}

impl Phase {
    /// Whether nothing more will happen to the node in this run.
    pub const fn is_over(&self) -> bool {
        matches!(
            self,
            Self::Done { .. } | Self::Failed(_) | Self::Unsure(_) | Self::Skipped(_)
        )
    }
}

/// One node of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeState {
    /// How it was introduced.
    pub card: NodeCard,
    /// Where it stands.
    pub phase: Phase,
    /// When the first call of its last try went out.
    pub started: Option<Timestamp>,
    /// When it was over.
    pub ended: Option<Timestamp>,
    /// Its file, once it is there.
    pub path: Option<String>,
    /// What was measured, once it is there.
    pub sound: Option<Sound>,
    /// Its outline, once it is there; empty if none was measured.
    pub outline: Vec<u8>,
    /// What it cost: the backend's word if it gave one, else the planned price.
    pub cost: Option<Price>,
    /// The backend's word, if it gave one.
    pub charged: Option<Usd>,
    /// What the take that is there misses of what is asked of it.
    pub outside: Vec<Miss>,
    /// Tries before this one that were outside, in their order.
    pub tries: Vec<TryState>,
    /// Of the request of the last try that arrived.
    key: Option<Key>,
    /// What a scratch take took from its references, in the sandbox's words.
    pub picked_up: Option<String>,
}

/// A try that was outside, and was followed by another.
#[derive(Clone, Debug, PartialEq)]
pub struct TryState {
    /// Of its request.
    pub key: Option<Key>,
    /// Its file.
    pub path: Option<String>,
    /// What it misses.
    pub misses: Vec<Miss>,
    /// What it was expected to cost.
    pub estimated: Price,
    /// What it cost this run.
    pub cost: Price,
    /// The backend's word, if it gave one.
    pub charged: Option<Usd>,
}

/// Everything that can be said about a run so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunState {
    /// Its id.
    pub run: String,
    /// The pipeline's name.
    pub pipeline: String,
    /// Its file as the user named it.
    pub file: String,
    /// Every node that was not simply cached.
    pub nodes: BTreeMap<NodeId, NodeState>,
    /// Takes that were on disk before.
    pub cached: usize,
    /// What those would cost to render again.
    pub saved: Total,
    /// Those of them that are outside what is accepted.
    pub outside: Vec<OutsideTake>,
    /// What retakes might have cost on top of what was planned.
    pub retakes: Retakes,
    /// What the takes of this run cost, failed-but-billed included.
    pub spent: Total,
    /// What calls cost of which nobody knows whether they were paid: not part of `spent`.
    pub doubtful: Total,
    /// When it began.
    pub started: Option<Timestamp>,
    /// When the last event came.
    pub last: Option<Timestamp>,
    /// Backends that asked to slow down.
    pub slowed: BTreeMap<BackendKind, Slowdown>,
    /// Why it stops early, if it does.
    pub stopping: Option<StopCause>,
    /// How it ended, once it has.
    pub end: Option<RunEnd>,
}

/// How a backend was gone easy on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slowdown {
    /// How often the limit was taken back.
    pub times: u32,
    /// Calls that were turned away for it and made again; none of them was charged.
    pub turned_away: u32,
    /// Fewest calls at once that came of it.
    pub least: u32,
}

/// How many takes of a run stand where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Rendered by this run.
    pub rendered: usize,
    /// Brought by another node, process or earlier run.
    pub reused: usize,
    /// Came to nothing.
    pub failed: usize,
    /// Outcome unknown.
    pub unsure: usize,
    /// Not done.
    pub skipped: usize,
    /// Under way or between two tries.
    pub running: usize,
    /// Not begun.
    pub waiting: usize,
}

impl RunState {
    /// The state after all of these events.
    pub fn replay<'a>(records: impl IntoIterator<Item = &'a Record>) -> Self {
        let mut state = Self::default();
        for record in records {
            state.apply(record);
        }
        state
    }

    /// Takes in one event. Events about nodes that were never introduced change nothing.
    pub fn apply(&mut self, record: &Record) {
        self.last = Some(record.at);
        match &record.event {
            Event::RunStarted {
                pipeline,
                file,
                nodes,
                cached,
                saved,
                outside,
                retakes,
                ..
            } => {
                self.outside.clone_from(outside);
                self.retakes = *retakes;
                self.run.clone_from(&record.run);
                self.pipeline.clone_from(pipeline);
                self.file.clone_from(file);
                self.nodes = nodes
                    .iter()
                    .map(|card| (card.node, NodeState::new(card.clone())))
                    .collect();
                self.cached = *cached;
                self.saved = *saved;
                self.started = Some(record.at);
            }
            Event::Slowed { backend, limit, .. } => {
                let slowed = self.slowed.entry(*backend).or_insert(Slowdown {
                    times: 0,
                    turned_away: 0,
                    least: *limit,
                });
                slowed.times += 1;
                slowed.least = slowed.least.min(*limit);
            }
            Event::Stopping { cause } => self.stopping = self.stopping.max(Some(*cause)),
            Event::RunFinished { end } => self.end = Some(*end),
            event => self.apply_to_node(record.at, event),
        }
    }

    fn apply_to_node(&mut self, at: Timestamp, event: &Event) {
        let Some(id) = node_of(event) else { return };
        let Some(node) = self.nodes.get_mut(&id) else { return };
        match event {
            Event::UploadStarted { .. } => node.run(at, 1),
            Event::TakeSubmitted { attempt, .. } => node.run(at, *attempt),
            Event::Retrying {
                attempt,
                after_ms,
                failure,
                ..
            } => {
                if failure.asks_to_slow_down()
                    && let Some(slowed) = self.slowed.get_mut(&node.card.backend)
                {
                    slowed.turned_away += 1;
                }
                node.phase = Phase::Pausing {
                    attempt: *attempt,
                    until: later(at, *after_ms),
                    failure: failure.clone(),
                };
            }
            Event::LookingUp { until_ms, failure, .. } => node.recover(later(at, *until_ms), failure),
            Event::FetchingAgain { after_ms, failure, .. } => node.recover(later(at, *after_ms), failure),
            Event::UploadFinished { reused, .. } => node.end(at, Phase::Done { reused: *reused }),
            Event::TakeFinished {
                path,
                sound,
                outline,
                charged,
                reused,
                outside,
                key,
                picked_up,
                ..
            } => {
                let cost = if *reused {
                    Price::Known(Usd::ZERO)
                } else {
                    charged.map_or(node.card.price, Price::Known)
                };
                node.path = Some(path.clone());
                node.sound = Some(*sound);
                node.outline.clone_from(outline);
                node.cost = Some(cost);
                node.charged = charged.filter(|_| !*reused);
                node.outside.clone_from(outside);
                node.key = Some(*key);
                node.picked_up.clone_from(picked_up);
                node.end(at, Phase::Done { reused: *reused });
                self.spent.add(cost);
            }
            Event::Retaking { misses, price, .. } => node.begin_again(misses, *price),
            Event::TakeCharged { amount, earlier, .. } => {
                if let Some(was) = node.learn_charge(*earlier, *amount) {
                    self.spent.take_off(was);
                }
                self.spent.add(Price::Known(*amount));
            }
            Event::NodeFailed { failure, .. } => {
                node.end(at, Phase::Failed(failure.clone()));
                match failure.billed {
                    Billed::No => {}
                    Billed::Yes => self.spent.add(node.lose(failure)),
                    Billed::Unknown => self.doubtful.add(node.card.price),
                }
            }
            Event::TakeUnsure { failure, .. } => {
                node.end(at, Phase::Unsure(failure.clone()));
                // A charge of a call that was not made in this run is counted by the run that made it.
                match (failure.billed, node.started) {
                    (Billed::Yes, Some(_)) => self.spent.add(node.lose(failure)),
                    (Billed::Yes, None) => {}
                    (Billed::No | Billed::Unknown, _) => self.doubtful.add(node.card.price),
                }
            }
            Event::NodeSkipped { because, .. } => node.end(at, Phase::Skipped(because.clone())),
            Event::RunStarted { .. } | Event::Slowed { .. } | Event::Stopping { .. } | Event::RunFinished { .. } => {}
        }
    }

    /// The takes that are there and outside what is accepted, with what they miss and how many retakes were made of each
    /// in this run.
    pub fn outside(&self) -> impl Iterator<Item = (&str, &[Miss], usize)> {
        let here = self.nodes.values().filter_map(|node| {
            let last = || node.tries.last().map(|one| &one.misses);
            let misses = if node.outside.is_empty() && !matches!(node.phase, Phase::Done { .. }) {
                last()?
            } else {
                &node.outside
            };
            (!misses.is_empty()).then_some((node.card.name.as_str(), &misses[..], node.tries.len()))
        });
        let before = self.outside.iter().map(|one| (one.name.as_str(), &one.misses[..], 0));
        before.chain(here)
    }

    /// The takes, counted by where they stand; uploads are not counted.
    pub fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        for node in self.nodes.values().filter(|node| node.card.kind == NodeKind::Take) {
            let place = match node.phase {
                Phase::Waiting => &mut tally.waiting,
                Phase::Running { .. } | Phase::Pausing { .. } | Phase::Recovering { .. } => &mut tally.running,
                Phase::Done { reused: false } => &mut tally.rendered,
                Phase::Done { reused: true } => &mut tally.reused,
                Phase::Failed(_) => &mut tally.failed,
                Phase::Unsure(_) => &mut tally.unsure,
                Phase::Skipped(_) => &mut tally.skipped,
            };
            *place += 1;
        }
        tally
    }
}

impl NodeState {
    fn new(card: NodeCard) -> Self {
        Self {
            card,
            phase: Phase::Waiting,
            started: None,
            ended: None,
            path: None,
            sound: None,
            outline: Vec::new(),
            cost: None,
            charged: None,
            outside: Vec::new(),
            tries: Vec::new(),
            key: None,
            picked_up: None,
        }
    }

    /// What all of its tries cost this run.
    pub fn costs(&self) -> impl Iterator<Item = Price> {
        self.tries.iter().map(|one| one.cost).chain(self.cost)
    }

    /// What a try cost, by the word of the account's log; returns what it was thought to have cost. `earlier` is the key of
    /// a try that another one followed.
    fn learn_charge(&mut self, earlier: Option<Key>, amount: Usd) -> Option<Price> {
        let cost = Price::Known(amount);
        let is_it = |one: &&mut TryState| earlier.is_some() && one.key == earlier;
        if let Some(one) = self.tries.iter_mut().find(is_it) {
            one.charged = Some(amount);
            return Some(std::mem::replace(&mut one.cost, cost));
        }
        self.charged = Some(amount);
        self.cost.replace(cost)
    }

    /// Its last try is kept, and another one begins.
    fn begin_again(&mut self, misses: &[Miss], price: Price) {
        self.tries.push(TryState {
            key: self.key.take(),
            path: self.path.take(),
            misses: misses.to_vec(),
            estimated: self.card.price,
            cost: self.cost.take().unwrap_or(Price::Known(Usd::ZERO)),
            charged: self.charged.take(),
        });
        self.card.price = price;
        self.sound = None;
        self.outside.clear();
        (self.started, self.ended) = (None, None);
        self.phase = Phase::Waiting;
    }

    fn run(&mut self, at: Timestamp, attempt: u32) {
        self.started.get_or_insert(at);
        self.phase = Phase::Running { since: at, attempt };
    }

    /// What came of its call is being found out. A node without a call has nothing to be found out.
    fn recover(&mut self, until: Timestamp, failure: &StepFailure) {
        if let Phase::Running { attempt, .. } | Phase::Recovering { attempt, .. } = self.phase {
            self.phase = Phase::Recovering {
                attempt,
                until,
                failure: failure.clone(),
            };
        }
    }

    /// It was paid for without a take: by the backend's word if it gave one, else the planned price.
    fn lose(&mut self, failure: &StepFailure) -> Price {
        let cost = failure.charged.map_or(self.card.price, Price::Known);
        self.cost = Some(cost);
        self.charged = failure.charged;
        cost
    }

    fn end(&mut self, at: Timestamp, phase: Phase) {
        self.ended = Some(at);
        self.phase = phase;
    }
}

fn later(at: Timestamp, milliseconds: u64) -> Timestamp {
    let pause = std::time::Duration::from_millis(milliseconds);
    at.checked_add(pause).unwrap_or(Timestamp::MAX)
}

const fn node_of(event: &Event) -> Option<NodeId> {
    match event {
        Event::UploadStarted { node }
        | Event::UploadFinished { node, .. }
        | Event::TakeSubmitted { node, .. }
        | Event::Retrying { node, .. }
        | Event::LookingUp { node, .. }
        | Event::FetchingAgain { node, .. }
        | Event::TakeFinished { node, .. }
        | Event::Retaking { node, .. }
        | Event::TakeCharged { node, .. }
        | Event::NodeFailed { node, .. }
        | Event::TakeUnsure { node, .. }
        | Event::NodeSkipped { node, .. } => Some(*node),
        Event::RunStarted { .. } | Event::Slowed { .. } | Event::Stopping { .. } | Event::RunFinished { .. } => None,
    }
}

#[cfg(test)]
mod tests;
