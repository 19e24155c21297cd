//! What the answers to the questions before paying mean, each as a [`Check`].
//!
//! Pure. Only what is sure refuses: what cannot be told is a warning.

use super::Demand;
use crate::{
    backend::{Finding, Preflight, SKEW, Standing},
    base::{
        money::{Price, Usd},
        words,
    },
    catalog::{self, Status},
    event::{FailureClass, StepFailure},
    report::doctor::{Check, Trouble},
    store,
};
use jiff::SignedDuration;
use std::time::Duration;

/// Where money comes from.
const TOP_UP: &str = "top up: https://aimlapi.com/app/billing";

/// All that follows from what the backend said.
pub(in crate::service) fn of(said: &Preflight, demand: &Demand) -> Vec<Check> {
    let mut checks = account(&said.balance, demand);
    checks.extend(said.models.iter().map(|(model, standing)| self::model(model, standing)));
    checks.extend(said.skew.map(clock));
    checks
}

/// The backend was not there.
pub(in crate::service) fn away(failure: &StepFailure) -> Check {
    let check = Check::problem("network", Trouble::Away, &failure.message);
    match &failure.help {
        Some(help) => check.help(help),
        None => check,
    }
}

/// Key and balance, which are one answer.
fn account(balance: &Finding<Usd>, demand: &Demand) -> Vec<Check> {
    let accepted = Check::ok("account", "the key is accepted");
    match balance {
        Finding::Known(left) => vec![accepted, self::balance(*left, demand)],
        Finding::Refused(failure) => {
            let is_key = failure.class == FailureClass::Auth;
            let about = if is_key { "account" } else { "balance" };
            let check = Check::problem(about, Trouble::Account, &failure.message);
            let check = match &failure.help {
                Some(help) => check.help(help),
                None => check,
            };
            if is_key { vec![check] } else { vec![accepted, check] }
        }
        Finding::CannotTell(why) => {
            let finding =
                format!("whether the key is accepted, and what is left on its account, cannot be told: {why}");
            vec![Check::warning("account", finding)]
        }
    }
}

fn balance(left: Usd, demand: &Demand) -> Check {
    let has = format!("{left} is left on the account");
    let total = demand.total();
    let cheapest = demand.prices.first().map(|price| match price {
        Price::Known(amount) => *amount,
        // Whatever it costs, it is something.
        Price::Unknown => Usd::from_nanos(1),
    });
    match cheapest {
        None => Check::ok("balance", has),
        Some(price) if left < price => {
            let costs = if total.known == Usd::ZERO {
                "what a take costs is unknown".to_owned()
            } else {
                format!("one take costs {price}")
            };
            Check::problem("balance", Trouble::Account, format!("{has}, and {costs}")).help(TOP_UP)
        }
        Some(_) if left < total.known => {
            let covered = demand.covered_by(left);
            let all = words::count(demand.prices.len(), "take");
            let finding = format!("{has}, and the plan costs {total}: enough for {covered} of {all}");
            Check::warning("balance", finding).help(TOP_UP)
        }
        Some(_) if left < total.known.plus(demand.retakes) => {
            let finding = format!(
                "{has}, enough for the plan ({total}), but not for all its retakes (up to {})",
                demand.retakes
            );
            Check::warning("balance", finding).help(TOP_UP)
        }
        Some(_) if total.unknown > 0 => Check::ok("balance", format!("{has}; the plan costs {total}")),
        Some(_) => Check::ok("balance", format!("{has}, enough for the plan ({total})")),
    }
}

fn model(model: &str, standing: &Finding<Standing>) -> Check {
    let gone = |finding: String, successor: Option<&str>| {
        let check = Check::problem("model", Trouble::Other, finding);
        match successor.or_else(|| known_successor(model)) {
            Some(successor) => check.help(format!(
                "its successor is `{successor}`; `backend: sandbox` still renders `{model}`"
            )),
            None => check.help("check the name of the model and the base address"),
        }
    };
    match standing {
        Finding::Known(Standing::Listed) => Check::ok("model", format!("`{model}` is served")),
        Finding::Known(Standing::Deprecated { shutdown, successor }) => {
            let until = shutdown
                .as_ref()
                .map_or(String::new(), |date| format!(", until {date}"));
            let check = Check::warning("model", format!("`{model}` is deprecated, and still served{until}"));
            match successor {
                Some(successor) => check.help(format!("its successor is `{successor}`")),
                None => check,
            }
        }
        Finding::Known(Standing::Withdrawn { since, successor }) => {
            let since = since.as_ref().map_or(String::new(), |date| format!(" since {date}"));
            gone(
                format!("the backend says that the model `{model}` is withdrawn{since}"),
                successor.as_deref(),
            )
        }
        Finding::Known(Standing::Absent) => gone(
            format!("the model `{model}` is not in the backend's list, neither by its id nor as an alias"),
            None,
        ),
        Finding::Refused(StepFailure { message: why, .. }) | Finding::CannotTell(why) => Check::warning(
            "model",
            format!("whether the model `{model}` is served cannot be told: {why}"),
        ),
    }
}

/// What the catalog says is used instead of a model.
fn known_successor(model: &str) -> Option<&'static str> {
    match catalog::model(model)?.status {
        Status::Withdrawn { successor, .. } => Some(successor),
        Status::Live => None,
    }
}

fn clock(skew: SignedDuration) -> Check {
    if skew.abs() <= SKEW {
        return Check::ok("clock", "this machine's clock and the backend's agree");
    }
    let length = words::duration(Duration::try_from(skew.abs()).unwrap_or_default());
    let side = if skew.is_positive() { "behind" } else { "ahead of" };
    Check::warning(
        "clock",
        format!("this machine's clock is {length} {side} the backend's"),
    )
    .help("set it: lost calls are looked up by time")
}

/// Whether what is to be rendered fits on the disk, of which so many bytes are free.
pub(in crate::service) fn disk(free: Option<u64>, demand: &Demand) -> Check {
    let Some(free) = free else {
        return Check::ok("disk", "the system does not tell how much is free");
    };
    let reserve = store::ROOM;
    let has = format!("{} free", words::size(free));
    if free < reserve {
        let finding = format!(
            "only {has}, and {} must be before audio is asked for",
            words::size(reserve)
        );
        return Check::problem("disk", Trouble::Machine, finding).help("make room on the disk");
    }
    let (takes, most) = (words::count(demand.takes, "take"), words::size(demand.bytes));
    let wants = format!("{takes} of a minute each are {most}, and {has}");
    let help = "make room on the disk, or render less at once (`--select`) or smaller (`format: mp3`)";
    // A take may be shorter than the longest that is documented; few are shorter than half of it.
    if free - reserve < demand.bytes / 2 {
        Check::problem(
            "disk",
            Trouble::Machine,
            format!("the plan does not fit on the disk: {wants}"),
        )
        .help(help)
    } else if free - reserve < demand.bytes {
        Check::warning("disk", format!("the plan may not fit on the disk: {wants}")).help(help)
    } else if demand.takes == 0 {
        Check::ok("disk", has)
    } else {
        Check::ok("disk", format!("{has}; the plan needs at most {most}"))
    }
}

#[cfg(test)]
mod tests;
