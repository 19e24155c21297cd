//! Money: what a run may spend, and what it has set aside for calls under way.
//!
//! Knows nothing of slots, rates or what a step does. The budget of a run is kept here, in the one process that runs it;
//! the budget of a day is the ledger's, where every process meets it.

use crate::{
    base::money::{Price, Total, Usd},
    event::{BudgetSpan, SkipReason},
    plan::{NodeId, Plan},
    store::DayBudget,
};
use jiff::tz::TimeZone;
use std::collections::HashMap;

/// The budget of the day that a plan asks for; the day is that of the plan's zone, or else the machine's.
pub(super) fn of_day(plan: &Plan) -> Option<DayBudget> {
    let most = plan.limits.budget.day?;
    let named = plan.timezone.as_deref().and_then(|name| TimeZone::get(name).ok());
    let zone = named.unwrap_or_else(TimeZone::system);
    Some(DayBudget { zone, most })
}

/// Whether a call fits into the budget.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fit {
    /// It does.
    Now,
    /// It would if what is under way turned out to cost less than was set aside for it.
    Later,
    /// It does not, whatever becomes of what is under way.
    Never(SkipReason),
}

/// The budget of one run: spent, and set aside.
#[derive(Debug)]
pub(super) struct RunBudget {
    most: Option<Usd>,
    spent: Usd,
    reserved: HashMap<NodeId, Usd>,
}

impl RunBudget {
    /// Nothing spent yet. `None` is no limit.
    pub(super) fn new(most: Option<Usd>) -> Self {
        Self {
            most,
            spent: Usd::ZERO,
            reserved: HashMap::new(),
        }
    }

    /// Whether a call of that node may be made. An unknown price never fits: nobody could say whether it does.
    pub(super) fn fit(&self, node: NodeId, price: Price) -> Fit {
        let Some(most) = self.most else { return Fit::Now };
        let never = || {
            Fit::Never(SkipReason::OverBudget {
                budget: BudgetSpan::Run,
                most,
                spent: Total {
                    known: self.spent,
                    unknown: 0,
                },
            })
        };
        match price {
            Price::Known(Usd::ZERO) => Fit::Now,
            Price::Known(price) if self.spent.plus(price) > most => never(),
            Price::Known(price) if self.spent.plus(self.reserved_for_others(node)).plus(price) > most => Fit::Later,
            Price::Known(_) => Fit::Now,
            Price::Unknown => never(),
        }
    }

    fn reserved_for_others(&self, node: NodeId) -> Usd {
        let others = self.reserved.iter().filter(|(other, _)| **other != node);
        others.map(|(_, price)| *price).sum()
    }

    /// Sets money aside for a call that begins. A further try of the same node needs no more.
    pub(super) fn reserve(&mut self, node: NodeId, price: Price) {
        if let Price::Known(price) = price {
            self.reserved.insert(node, price);
        }
    }

    /// A node's call surely did not run: what was set aside for it is free again.
    pub(super) fn free(&mut self, node: NodeId) {
        self.reserved.remove(&node);
    }

    /// A node is over and cost this much; what was set aside for it is free again.
    pub(super) fn settle(&mut self, node: NodeId, cost: Price) {
        let reserved = self.reserved.remove(&node).unwrap_or(Usd::ZERO);
        self.spent = self.spent.plus(match cost {
            Price::Known(cost) => cost,
            Price::Unknown => reserved,
        });
    }
}
