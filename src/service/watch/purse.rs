//! The money of a whole watch, from its first run to its last.

use super::Offer;
use crate::{
    base::money::{Total, Usd},
    event::RunState,
};

/// What may be spent, and what was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Purse {
    most: Option<Usd>,
    spent: Total,
}

impl Purse {
    /// Nothing spent yet; `None` is no limit.
    pub const fn new(most: Option<Usd>) -> Self {
        Self {
            most,
            spent: Total {
                known: Usd::ZERO,
                unknown: 0,
            },
        }
    }

    /// What a run cost. What may have been paid counts as if it was.
    pub fn cost(state: &RunState) -> Total {
        Total {
            known: state.spent.known.plus(state.doubtful.known),
            unknown: state.spent.unknown + state.doubtful.unknown,
        }
    }

    /// A run cost this.
    pub fn pay(&mut self, cost: Total) {
        self.spent.known = self.spent.known.plus(cost.known);
        self.spent.unknown += cost.unknown;
    }

    /// What was spent so far.
    pub const fn spent(&self) -> Total {
        self.spent
    }

    /// What is left; none if there is no limit.
    pub fn left(&self) -> Option<Usd> {
        let left = |most: Usd| Usd::from_nanos(most.nanos().saturating_sub(self.spent.known.nanos()).max(0));
        self.most.map(left)
    }

    /// Whether anything of an offer can be bought. Nobody knows whether an unknown price fits, so it does not.
    pub fn covers_some(&self, offer: &Offer) -> bool {
        self.left()
            .is_none_or(|left| offer.known_prices().any(|price| price <= left))
    }
}
