//! What a run cost: the estimate beside the backend's word.

use super::{NodeKind, NodeState, Phase, RunState};
use crate::base::money::{Price, Total, Usd};

/// The money of a run, added up. What is in doubt is in [`RunState::doubtful`], and nowhere here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Costs {
    /// What the takes of this run were expected to cost.
    pub estimated: Total,
    /// What they cost by the backend's word, as far as it was given.
    pub charged: Usd,
    /// Takes whose cost it has not said.
    pub not_said: u32,
    /// What was paid for audio that is kept, or can be fetched, and that a later run takes up.
    pub waiting: Total,
    /// What was paid for nothing: the backend's word, or else the estimate.
    pub lost: Total,
}

impl RunState {
    /// Estimated and actual, over the takes that this run bought.
    pub fn costs(&self) -> Costs {
        let mut costs = Costs::default();
        for node in self.nodes.values().filter(|node| node.card.kind == NodeKind::Take) {
            costs.add(node);
        }
        costs
    }
}

impl Costs {
    fn add(&mut self, node: &NodeState) {
        for one in node.tries.iter().filter(|one| one.cost != Price::Known(Usd::ZERO)) {
            self.bought(one.estimated, one.charged);
        }
        match (&node.phase, node.cost) {
            (Phase::Done { reused: false }, Some(_)) => {
                self.bought(node.card.price, node.charged);
            }
            (Phase::Failed(failure) | Phase::Unsure(failure), Some(cost)) if failure.is_kept() => {
                self.waiting.add(cost);
            }
            (Phase::Failed(_) | Phase::Unsure(_), Some(cost)) => self.lost.add(cost),
            _ => {}
        }
    }

    fn bought(&mut self, estimated: Price, charged: Option<Usd>) {
        self.estimated.add(estimated);
        match charged {
            Some(amount) => self.charged = self.charged.plus(amount),
            None => self.not_said += 1,
        }
    }
}
