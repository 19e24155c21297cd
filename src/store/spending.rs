//! What was spent, and what may still be: sums over the ledger.
//!
//! Spent is what the backend said, or else the planned price, of every call but those that surely were not billed: takes,
//! calls under way, calls whose outcome nobody knows, and failures that were billed or may have been. Whoever made them.
//!
//! Knows nothing of how a run is stopped. Invariant: the budget of a day is held against the sum in the transaction that
//! writes the claim, so no number of processes at once goes over it.

use super::{Claimed, NewClaim, OccasionId, Store, StoreError, memory::price, open::to_nanos};
use crate::base::{
    money::{Price, Total, Usd},
    time::{self, Timestamp},
};
use jiff::tz::TimeZone;
use rusqlite::{Connection, Transaction};
use std::collections::HashMap;

/// What may be spent in one day, by all who use a store.
#[derive(Clone, Debug)]
pub struct DayBudget {
    /// Where the day begins at midnight. Each claim asks anew, so a run goes over midnight into a new day.
    pub zone: TimeZone,
    /// In US dollars.
    pub most: Usd,
}

/// One call that counts as spent.
struct Spending {
    cost: Price,
    /// Who makes it, while it is under way and may yet turn out to cost nothing.
    maker: Option<String>,
}

impl Store {
    /// What was spent, or may have been, on calls made since then, whoever made them: paid takes and failures, calls
    /// under way, and calls whose outcome is not known.
    #[cfg(test)]
    pub(crate) fn spent_since(&self, since: Timestamp) -> Result<Total, StoreError> {
        let all = self.query(|connection| spending(connection, since))?;
        Ok(sum(&all))
    }

    /// [`Claimed::OverBudget`] if the claim would go over its budget. A free call never does, and a call whose price
    /// nobody knows always does.
    pub(super) fn over_budget(
        &self,
        transaction: &Transaction<'_>,
        claim: &NewClaim<'_>,
        (owner, now): (&str, Timestamp),
    ) -> Result<Option<Claimed>, StoreError> {
        let (Some(day), false) = (claim.day, claim.price == Price::Known(Usd::ZERO)) else {
            return Ok(None);
        };
        let since = time::midnight(now, &day.zone);
        let all = spending(transaction, since).map_err(|error| self.failed(error))?;
        let spent = sum(&all);
        if fits(spent, claim.price, day.most) {
            return Ok(None);
        }
        let mut lives: HashMap<&str, bool> = HashMap::new();
        let over = all.iter().filter(|one| {
            let is_under_way = one.maker.as_deref().is_some_and(|maker| {
                *lives
                    .entry(maker)
                    .or_insert_with(|| maker == owner || self.is_alive(maker))
            });
            !is_under_way
        });
        let pending = fits(sum(over), claim.price, day.most);
        Ok(Some(Claimed::OverBudget { spent, pending }))
    }
}

/// Whether one more call fits. Where nobody knows what was spent, nobody can say that something is left.
fn fits(spent: Total, price: Price, most: Usd) -> bool {
    match price {
        Price::Known(price) => spent.unknown == 0 && spent.known.plus(price) <= most,
        Price::Unknown => false,
    }
}

fn sum<'a>(all: impl IntoIterator<Item = &'a Spending>) -> Total {
    let mut total = Total::default();
    for one in all {
        total.add(one.cost);
    }
    total
}

fn spending(connection: &Connection, since: Timestamp) -> rusqlite::Result<Vec<Spending>> {
    let mut statement = connection.prepare_cached(
        "SELECT coalesce(charged, price), CASE WHEN open AND state = 'claimed' THEN owner END
         FROM claims
         WHERE since >= ?1 AND (state <> 'failed' OR billed IS NOT 'no')",
    )?;
    let rows = statement.query_map([to_nanos(since)], |row| {
        Ok(Spending {
            cost: price(row.get(0)?),
            maker: row.get(1)?,
        })
    })?;
    rows.collect()
}

/// What the runs of an occasion spent so far, or may have.
pub(super) fn of_occasion(connection: &Connection, occasion: OccasionId) -> rusqlite::Result<Total> {
    let mut statement = connection.prepare_cached(
        "SELECT coalesce(charged, price) FROM claims JOIN runs USING (run)
         WHERE occasion = ?1 AND (state <> 'failed' OR billed IS NOT 'no')",
    )?;
    let mut total = Total::default();
    for cost in statement.query_map([occasion.0], |row| row.get(0).map(price))? {
        total.add(cost?);
    }
    Ok(total)
}

#[cfg(test)]
mod tests;
