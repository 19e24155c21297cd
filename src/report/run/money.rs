//! What a run cost and what its budget left, in words.

use crate::{
    base::money::{Price, Total, Usd},
    event::{BudgetSpan, NodeState, Phase, RunState, SkipReason},
};

/// `$0.19 spent, $0.03 in doubt, $0.57 saved`.
pub(super) fn spent(state: &RunState) -> String {
    let mut parts = vec![format!("{} spent", state.spent)];
    if state.doubtful != Total::default() {
        parts.push(format!("{} in doubt", state.doubtful));
    }
    if state.saved != Total::default() && state.saved.known != Usd::ZERO {
        parts.push(format!("{} saved", state.saved));
    }
    parts.join(", ")
}

/// `Cost:  estimated $0.126 · charged $0.1197 (1 not said)`; nothing for a run that bought nothing.
pub(super) fn costs(state: &RunState) -> Option<String> {
    let costs = state.costs();
    let mut parts = Vec::new();
    if costs.estimated != Total::default() || costs.charged != Usd::ZERO {
        parts.push(format!("estimated {}", costs.estimated));
        parts.push(match (costs.charged, costs.not_said) {
            (charged, 0) => format!("charged {charged}"),
            (Usd::ZERO, _) => "charged: not said".to_owned(),
            (charged, count) => format!("charged {charged} ({count} not said)"),
        });
    }
    if costs.waiting != Total::default() {
        parts.push(format!("{} for audio that the next run takes up", costs.waiting));
    }
    if costs.lost != Total::default() {
        parts.push(format!("{} for nothing", costs.lost));
    }
    (!parts.is_empty()).then(|| format!("Cost:  {}", parts.join(" · ")))
}

/// Why nothing more was bought.
pub(super) fn stopped(state: &RunState) -> String {
    let denied = |node: &NodeState| match node.phase {
        Phase::Skipped(SkipReason::OverBudget { budget, most, spent }) => Some((budget, most, spent, node.card.price)),
        _ => None,
    };
    let Some((budget, most, spent, price)) = state.nodes.values().find_map(denied) else {
        return "Stopped at the budget: the next take would have gone over it".to_owned();
    };
    let next = match price {
        Price::Known(price) => format!("the next take costs {price}"),
        Price::Unknown => "nobody knows what the next take costs".to_owned(),
    };
    let of = match budget {
        BudgetSpan::Run => "of the run",
        BudgetSpan::Day => "of the day",
    };
    format!("Stopped at the budget {of}: {spent} of {most} is spent, and {next}")
}

/// Why one take was left out.
pub(super) const fn over(budget: BudgetSpan) -> &'static str {
    match budget {
        BudgetSpan::Run => "over the budget of the run",
        BudgetSpan::Day => "over the budget of the day",
    }
}
