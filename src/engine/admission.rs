//! Who may begin: slots, the rate window and the budget, for steps that ask.
//!
//! Synchronous: the time is handed in. Knows nothing of what a step does.

use super::pace::Pace;
use crate::{
    base::money::{Price, Usd},
    pipeline::Rate,
    plan::NodeId,
};
use std::{
    collections::{BTreeSet, HashMap, VecDeque},
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// Whoever may begin was told so.
    Fine,
    /// The next one would go over the budget.
    OverBudget,
}

/// The gate before every call.
#[derive(Debug)]
pub(super) struct Admission {
    pace: Pace,
    slots: BTreeSet<NodeId>,
    asking: VecDeque<Asking>,
    wake: Option<Duration>,
    budget: Option<Usd>,
    spent: Usd,
    reserved: HashMap<NodeId, Usd>,
}

impl Admission {
    pub(super) fn new(slots: NonZeroU32, rate: Option<Rate>, budget: Option<Usd>) -> Self {
        Self {
            pace: Pace::new(slots, rate),
            slots: BTreeSet::new(),
            asking: VecDeque::new(),
            wake: None,
            budget,
            spent: Usd::ZERO,
            reserved: HashMap::new(),
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

    /// Answers as many as may begin now, in the order they asked.
    pub(super) fn answer(&mut self, now: Duration) -> Answer {
        self.wake = None;
        while let Some(next) = self.asking.front() {
            if !self.is_within_budget(next.node, next.price) {
                return Answer::OverBudget;
            }
            if let Err(at) = self.pace.begin(now) {
                self.wake = Some(at);
                return Answer::Fine;
            }
            let Some(next) = self.asking.pop_front() else { break };
            if let Price::Known(price) = next.price {
                self.reserved.insert(next.node, price);
            }
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
        let reserved = self.reserved.remove(&node).unwrap_or(Usd::ZERO);
        self.spent = self.spent.plus(match cost {
            Price::Known(cost) => cost,
            Price::Unknown => reserved,
        });
    }

    /// Answers nobody any more: those who wait see their question dropped.
    pub(super) fn close(&mut self) {
        self.asking.clear();
        self.wake = None;
    }

    /// An unknown price never passes a budget: nobody could say whether it fits.
    fn is_within_budget(&self, node: NodeId, price: Price) -> bool {
        let Some(budget) = self.budget else { return true };
        let reserved: Usd = self
            .reserved
            .iter()
            .filter(|(other, _)| **other != node)
            .map(|(_, price)| *price)
            .sum();
        match price {
            Price::Known(Usd::ZERO) => true,
            Price::Known(price) => self.spent.plus(reserved).plus(price) <= budget,
            Price::Unknown => false,
        }
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

    #[test]
    fn what_is_under_way_counts_against_the_budget() {
        let mut admission = admission("1.00");
        let mut first = ask(&mut admission, 1, "0.60");
        assert_eq!(admission.answer(Duration::ZERO), Answer::Fine);
        assert!(first.try_recv().is_ok());
        let mut second = ask(&mut admission, 2, "0.60");
        assert_eq!(admission.answer(Duration::ZERO), Answer::OverBudget);
        assert!(second.try_recv().is_err());
        admission.settle(NodeId(1), Price::Known(Usd::parse("0.30").unwrap()));
        assert_eq!(
            admission.answer(Duration::ZERO),
            Answer::Fine,
            "it cost less than was reserved"
        );
        assert!(second.try_recv().is_ok());
    }

    #[test]
    fn a_free_call_passes_and_an_unknown_price_does_not() {
        let mut admission = admission("0");
        let mut free = ask(&mut admission, 1, "0");
        assert_eq!(admission.answer(Duration::ZERO), Answer::Fine);
        assert!(free.try_recv().is_ok());
        let _unknown = ask(&mut admission, 2, "nobody knows");
        assert_eq!(admission.answer(Duration::ZERO), Answer::OverBudget);
    }

    #[test]
    fn a_second_try_of_the_same_node_is_not_reserved_twice() {
        let mut admission = admission("1.00");
        for _ in 0..3 {
            let mut answer = ask(&mut admission, 1, "0.80");
            assert_eq!(admission.answer(Duration::ZERO), Answer::Fine);
            assert!(answer.try_recv().is_ok());
        }
    }

    #[test]
    fn closing_drops_every_question() {
        let mut admission = admission("1.00");
        let mut answer = ask(&mut admission, 1, "5");
        admission.close();
        assert_eq!(answer.try_recv(), Err(oneshot::error::TryRecvError::Closed));
    }
}
