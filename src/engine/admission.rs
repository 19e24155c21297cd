//! Who may make a call now: slots, rates, what each backend can take, and the budget, for steps that ask.
//!
//! A slot is a call under way, not a step: it is taken when a call may begin and given back as soon as the call's answer
//! is on disk or the call is known not to run. Among those who ask, the first in plan order goes first, whether it asks
//! for the first time or again. Who asks for what another one is buying waits for that one, and takes nothing.
//!
//! Synchronous: the time is handed in. Knows nothing of what a step does.

use super::{
    budget::{Fit, RunBudget},
    pace::{Lane, Reaction, Setback, Ticket, Window},
    retry::MOST_ATTEMPTS,
};
use crate::{
    base::money::{Price, Usd},
    catalog::BackendKind,
    event::SkipReason,
    pipeline::Rate,
    plan::{Key, NodeId},
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    num::NonZeroU32,
    time::Duration,
};
use tokio::sync::oneshot;

/// How many calls may be under way at once, and how fast they may begin.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// Calls under way at once.
    pub concurrency: NonZeroU32,
    /// Calls begun in a stretch of time.
    pub rate: Option<Rate>,
}

/// A call that a step is about to make.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call {
    /// Whose.
    pub(super) node: NodeId,
    /// To whom.
    pub(super) backend: BackendKind,
    /// What is to be bought; nothing for an upload.
    pub(super) key: Option<Key>,
    /// What it is expected to cost.
    pub(super) price: Price,
}

/// What a step is told that asked. One that is told nothing stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pass {
    /// Make the call.
    Go,
    /// Another step was buying the same: look what came of it.
    Look,
    /// Something the step needs is done once more: it begins anew after that.
    Back,
    /// The backend is taken to be away.
    Away,
}

/// What follows for a step whose call surely did not run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// It may ask again.
    Again {
        /// Before this nobody's call to that backend begins.
        opens: Duration,
        /// The backend's limit, if it is lower or later now because of this call.
        slower: Option<u32>,
    },
    /// It has tried often enough.
    Enough,
}

/// How answering the waiting steps went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// Whoever may begin was told so.
    Fine,
    /// This one would go over the budget, whatever becomes of what is under way.
    OverBudget(NodeId, SkipReason),
}

/// Whose turn it is.
enum Next {
    Call(NodeId, BackendKind),
    OverBudget(NodeId, SkipReason),
    Nobody,
}

/// A step that waits for its call to begin.
#[derive(Debug)]
struct Asking {
    call: Call,
    reply: oneshot::Sender<Pass>,
}

/// Those who wait for one backend.
#[derive(Debug)]
struct Line {
    lane: Lane,
    queue: BTreeMap<NodeId, Asking>,
    is_away: bool,
}

/// A call that was let go.
#[derive(Debug)]
struct UnderWay {
    backend: BackendKind,
    ticket: Ticket,
}

/// Who buys a key in this process, and who waits for what comes of it.
#[derive(Debug)]
struct Buyer {
    node: NodeId,
    twins: Vec<oneshot::Sender<Pass>>,
}

/// The gate before every call.
#[derive(Debug)]
pub(super) struct Admission {
    slots: NonZeroU32,
    window: Window,
    own: BTreeMap<BackendKind, Limit>,
    lines: BTreeMap<BackendKind, Line>,
    under_way: HashMap<NodeId, UnderWay>,
    /// Those who look whether they need a call at all.
    expected: BTreeSet<NodeId>,
    buyers: HashMap<Key, Buyer>,
    /// What each node buys, as long as it is not over.
    keys: HashMap<NodeId, Key>,
    /// How often a node's call was refused although the backend had nothing else to do for us.
    refused: HashMap<NodeId, u32>,
    wake: Option<Duration>,
    budget: RunBudget,
}

impl Admission {
    /// A gate with the limit of the run, those of single backends within it, and what may be spent.
    pub(super) fn new(run: Limit, own: BTreeMap<BackendKind, Limit>, budget: Option<Usd>) -> Self {
        Self {
            slots: run.concurrency,
            window: Window::new(run.rate),
            own,
            lines: BTreeMap::new(),
            under_way: HashMap::new(),
            expected: BTreeSet::new(),
            buyers: HashMap::new(),
            keys: HashMap::new(),
            refused: HashMap::new(),
            wake: None,
            budget: RunBudget::new(budget),
        }
    }

    fn line(&mut self, backend: BackendKind) -> &mut Line {
        let own = self.own.get(&backend);
        let most = own.map_or(self.slots, |own| own.concurrency.min(self.slots));
        let rate = own.and_then(|own| own.rate);
        self.lines.entry(backend).or_insert_with(|| Line {
            lane: Lane::new(most, rate),
            queue: BTreeMap::new(),
            is_away: false,
        })
    }

    /// Puts a step's question in the queue.
    pub(super) fn ask(&mut self, call: Call, reply: oneshot::Sender<Pass>) {
        self.expected.remove(&call.node);
        if self.line(call.backend).is_away {
            return tell(reply, Pass::Away);
        }
        if let Some(key) = call.key {
            let buyer = self.buyers.entry(key).or_insert_with(|| Buyer {
                node: call.node,
                twins: Vec::new(),
            });
            if buyer.node != call.node {
                return buyer.twins.push(reply);
            }
            self.keys.insert(call.node, key);
        }
        self.line(call.backend).queue.insert(call.node, Asking { call, reply });
    }

    /// Answers as many as may begin now, in plan order. One that must wait for money holds up nobody whose money is set
    /// aside already: what waits may be waiting for just that one.
    pub(super) fn answer(&mut self, now: Duration) -> Answer {
        self.wake = None;
        while self.under_way.len() < self.slots.get() as usize {
            match self.next(now) {
                Next::Call(node, backend) => self.let_go(node, backend, now),
                Next::OverBudget(node, reason) => return Answer::OverBudget(node, reason),
                Next::Nobody => break,
            }
        }
        Answer::Fine
    }

    /// Whose turn it is, and when to look again if it is nobody's.
    fn next(&mut self, now: Duration) -> Next {
        let mut first: Vec<_> = self.lines.iter().filter_map(|line| self.first_of(line)).collect();
        first.sort_unstable_by_key(|(node, ..)| *node);
        for (node, backend, fit) in first {
            if self.expected.first().is_some_and(|expected| *expected < node) {
                break;
            }
            if let Fit::Never(reason) = fit {
                return Next::OverBudget(node, reason);
            }
            let Some(at) = self.wait(backend, now) else {
                return Next::Call(node, backend);
            };
            self.wake = Some(self.wake.map_or(at, |wake| wake.min(at)));
        }
        Next::Nobody
    }

    /// When a call to a backend may begin, slots aside, if not now.
    fn wait(&mut self, backend: BackendKind, now: Duration) -> Option<Duration> {
        let run = self.window.wait(now);
        run.max(self.line(backend).lane.wait(now))
    }

    /// Who goes first to a backend that has a slot, those aside whose money may be free later.
    fn first_of(&self, (backend, line): (&BackendKind, &Line)) -> Option<(NodeId, BackendKind, Fit)> {
        let queue = line.queue.values().filter(|_| line.lane.has_slot());
        let mut fits = queue.map(|asking| (asking.call.node, self.budget.fit(asking.call.node, asking.call.price)));
        let (node, fit) = fits.find(|(_, fit)| *fit != Fit::Later)?;
        Some((node, *backend, fit))
    }

    fn let_go(&mut self, node: NodeId, backend: BackendKind, now: Duration) {
        let line = self.line(backend);
        let Some(asking) = line.queue.remove(&node) else { return };
        let price = asking.call.price;
        // A step that went away meanwhile asks for nothing any more.
        if asking.reply.send(Pass::Go).is_err() {
            return;
        }
        let ticket = line.lane.begin(now);
        self.window.begin(now);
        self.under_way.insert(node, UnderWay { backend, ticket });
        self.budget.reserve(node, price);
    }

    /// When to answer again, whatever happens until then.
    pub(super) fn next_wake(&self) -> Option<Duration> {
        self.wake
    }

    /// A node's call brought what it was made for, and that is on disk.
    pub(super) fn landed(&mut self, node: NodeId) {
        if let Some(UnderWay { backend, ticket }) = self.under_way.remove(&node) {
            self.line(backend).lane.went_well(ticket);
        }
        self.refused.remove(&node);
    }

    /// A node will ask before long, or say that it does not: nobody after it goes before that, since which of two asks
    /// first is chance.
    pub(super) fn expect(&mut self, node: NodeId) {
        self.expected.insert(node);
    }

    /// A node asks for nothing now.
    pub(super) fn step_aside(&mut self, node: NodeId) {
        self.expected.remove(&node);
    }

    /// A node that was told to go found that there was no call to be made: it counts for nothing.
    pub(super) fn take_back(&mut self, node: NodeId) {
        if let Some(UnderWay { backend, ticket }) = self.under_way.remove(&node) {
            self.line(backend).lane.take_back(ticket);
            self.window.take_back(ticket.at);
            self.budget.give_back(node);
        }
    }

    /// A node's call surely did not run. `after` is what the backend asked for, `chance` decides the jitter.
    pub(super) fn turned_away(
        &mut self,
        (node, setback): (NodeId, Setback),
        after: Option<Duration>,
        now: Duration,
        chance: u64,
    ) -> Turn {
        let Some(UnderWay { backend, ticket }) = self.under_way.remove(&node) else {
            let (opens, slower) = (now, None);
            return Turn::Again { opens, slower };
        };
        if setback == Setback::TooFast {
            self.expected.insert(node);
        }
        let line = self.line(backend);
        let reaction = line.lane.set_back((ticket, setback), after, now, chance);
        let opens = line.lane.wait(now).unwrap_or(now);
        let slower = (reaction != Reaction::None).then(|| line.lane.limit());
        match reaction {
            Reaction::None | Reaction::Slower => Turn::Again { opens, slower },
            Reaction::Alone => {
                let refused = self.refused.entry(node).or_default();
                *refused += 1;
                if *refused < MOST_ATTEMPTS {
                    Turn::Again { opens, slower }
                } else {
                    self.expected.remove(&node);
                    Turn::Enough
                }
            }
            Reaction::GivesUp => {
                line.is_away = true;
                for (_, asking) in std::mem::take(&mut line.queue) {
                    tell(asking.reply, Pass::Away);
                }
                Turn::Enough
            }
        }
    }

    /// A node is over, or begins anew: it holds nothing any more, and those who waited for its purchase look at it.
    pub(super) fn over(&mut self, node: NodeId) {
        if let Some(UnderWay { backend, .. }) = self.under_way.remove(&node) {
            self.line(backend).lane.end();
        }
        self.expected.remove(&node);
        for line in self.lines.values_mut() {
            line.queue.remove(&node);
        }
        self.refused.remove(&node);
        if let Some(buyer) = self.keys.remove(&node).and_then(|key| self.buyers.remove(&key)) {
            for twin in buyer.twins {
                tell(twin, Pass::Look);
            }
        }
    }

    /// Sends those of them who wait for their call back to where they began.
    pub(super) fn send_back(&mut self, nodes: &[NodeId]) {
        for line in self.lines.values_mut() {
            let sent_back = nodes.iter().filter_map(|node| line.queue.remove(node));
            sent_back.for_each(|asking| tell(asking.reply, Pass::Back));
        }
    }

    /// A node is over and cost this much; what was reserved for it is free again.
    pub(super) fn settle(&mut self, node: NodeId, cost: Price) {
        self.budget.settle(node, cost);
    }

    /// Answers nobody any more: those who wait see their question dropped.
    pub(super) fn close(&mut self) {
        self.lines.values_mut().for_each(|line| line.queue.clear());
        self.buyers.clear();
        self.wake = None;
    }
}

fn tell(reply: oneshot::Sender<Pass>, pass: Pass) {
    // A step that went away meanwhile asks for nothing any more.
    let _ = reply.send(pass);
}

#[cfg(test)]
mod tests;
