//! Who may begin: slots, the rate window and the budget, for steps that ask.
//!
//! Synchronous: the time is handed in. Knows nothing of what a step does.

use super::{
    budget::{Fit, RunBudget},
    pace::Pace,
};
use crate::{
    base::money::{Price, Usd},
    event::SkipReason,
    pipeline::Rate,
    plan::NodeId,
};
use std::{
    collections::{BTreeSet, VecDeque},
    num::NonZeroU32,
    time::Duration,
};
use tokio::sync::oneshot;

/// A step that waits for its call to begin.
#[derive(Debug)]
struct Asking {
    node: NodeId,
    price: Price,
    reply: oneshot::Sender<()>,
}

/// How answering the waiting steps went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// Whoever may begin was told so.
    Fine,
    /// This one would go over the budget, whatever becomes of what is under way.
    OverBudget(NodeId, SkipReason),
}

/// The gate before every call.
#[derive(Debug)]
pub(super) struct Admission {
    pace: Pace,
    slots: BTreeSet<NodeId>,
    asking: VecDeque<Asking>,
    wake: Option<Duration>,
    budget: RunBudget,
}

impl Admission {
    pub(super) fn new(slots: NonZeroU32, rate: Option<Rate>, budget: Option<Usd>) -> Self {
        Self {
            pace: Pace::new(slots, rate),
            slots: BTreeSet::new(),
            asking: VecDeque::new(),
            wake: None,
            budget: RunBudget::new(budget),
        }
    }

    /// Takes a slot for the node that [`Admission::occupy`] will name.
    pub(super) fn take_slot(&mut self) -> bool {
        self.pace.take_slot()
    }

    /// Says whose slot was taken last.
    pub(super) fn occupy(&mut self, node: NodeId) {
        self.slots.insert(node);
    }

    /// Gives a node's slot back, if it still holds one.
    pub(super) fn vacate(&mut self, node: NodeId) {
        if self.slots.remove(&node) {
            self.pace.free_slot();
        }
    }

    /// Puts a step's question in the queue.
    pub(super) fn ask(&mut self, node: NodeId, price: Price, reply: oneshot::Sender<()>) {
        self.asking.push_back(Asking { node, price, reply });
    }

    /// Answers as many as may begin now, in the order they asked. One that must wait for money holds up nobody whose
    /// money is set aside already: what waits may be waiting for just that one.
    pub(super) fn answer(&mut self, now: Duration) -> Answer {
        self.wake = None;
        let mut at = 0;
        while let Some(next) = self.asking.get(at) {
            match self.budget.fit(next.node, next.price) {
                Fit::Never(reason) => return Answer::OverBudget(next.node, reason),
                Fit::Later => {
                    at += 1;
                    continue;
                }
                Fit::Now => {}
            }
            if let Err(at) = self.pace.begin(now) {
                self.wake = Some(at);
                return Answer::Fine;
            }
            let Some(next) = self.asking.remove(at) else { break };
            self.budget.reserve(next.node, next.price);
            // A step that went away meanwhile asks for nothing any more.
            let _ = next.reply.send(());
        }
        Answer::Fine
    }

    /// When to ask again.
    pub(super) fn next_wake(&self) -> Option<Duration> {
        self.wake
    }

    /// A node is over and cost this much; what was reserved for it is free again.
    pub(super) fn settle(&mut self, node: NodeId, cost: Price) {
        self.budget.settle(node, cost);
    }

    /// Answers nobody any more: those who wait see their question dropped.
    pub(super) fn close(&mut self) {
        self.asking.clear();
        self.wake = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admission(budget: &str) -> Admission {
        Admission::new(NonZeroU32::new(9).unwrap(), None, Usd::parse(budget))
    }

    fn ask(admission: &mut Admission, node: u32, price: &str) -> oneshot::Receiver<()> {
        let (reply, answer) = oneshot::channel();
        let price = Usd::parse(price).map_or(Price::Unknown, Price::Known);
        admission.ask(NodeId(node), price, reply);
        answer
    }

    fn is_denied(answer: &Answer, node: u32) -> bool {
        matches!(answer, Answer::OverBudget(denied, _) if *denied == NodeId(node))
    }

    #[test]
    fn what_is_under_way_is_waited_for_before_anybody_is_denied() {
        let mut admission = admission("1.00");
        let mut first = ask(&mut admission, 1, "0.60");
        let mut second = ask(&mut admission, 2, "0.60");
        assert_eq!(admission.answer(Duration::ZERO), Answer::Fine);
        assert!(first.try_recv().is_ok());
        assert!(second.try_recv().is_err(), "1.20 may not be under way at once");
        admission.settle(NodeId(1), Price::Known(Usd::parse("0.30").unwrap()));
        assert_eq!(admission.answer(Duration::ZERO), Answer::Fine);
        assert!(second.try_recv().is_ok(), "it cost less than was reserved");
        admission.settle(NodeId(2), Price::Known(Usd::parse("0.60").unwrap()));
        let mut third = ask(&mut admission, 3, "0.60");
        assert!(is_denied(&admission.answer(Duration::ZERO), 3));
        assert!(third.try_recv().is_err());
    }

    #[test]
    fn a_free_call_passes_and_an_unknown_price_does_not() {
        let mut admission = admission("0");
        let mut free = ask(&mut admission, 1, "0");
        assert_eq!(admission.answer(Duration::ZERO), Answer::Fine);
        assert!(free.try_recv().is_ok());
        let _unknown = ask(&mut admission, 2, "nobody knows");
        assert!(is_denied(&admission.answer(Duration::ZERO), 2));
    }

    #[test]
    fn a_second_try_of_the_same_node_is_not_reserved_twice_and_passes_who_waits_for_it() {
        let mut admission = admission("1.00");
        let mut first = ask(&mut admission, 1, "0.80");
        let mut waits = ask(&mut admission, 2, "0.80");
        for _ in 0..3 {
            assert_eq!(admission.answer(Duration::ZERO), Answer::Fine);
            assert!(first.try_recv().is_ok());
            assert!(waits.try_recv().is_err());
            first = ask(&mut admission, 1, "0.80");
        }
        admission.settle(NodeId(1), Price::Known(Usd::ZERO));
        drop(first);
        assert_eq!(admission.answer(Duration::ZERO), Answer::Fine);
        assert!(waits.try_recv().is_ok(), "the money is free again");
    }

    #[test]
    fn closing_drops_every_question() {
        let mut admission = admission("1.00");
        let mut answer = ask(&mut admission, 1, "5");
        admission.close();
        assert_eq!(answer.try_recv(), Err(oneshot::error::TryRecvError::Closed));
    }
}
