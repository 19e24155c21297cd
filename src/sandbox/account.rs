//! The money: a balance, what is held for requests under way, and a row for every generation.
//!
//! Knows nothing of HTTP or of time: the caller says when. Only what was rendered is charged; a hold that is not
//! charged goes back. There is no idempotency: the same request twice is two charges.

use super::{
    answer::{Call, stamp},
    effect::Effect,
    fault::Fault,
};
use crate::base::money::Usd;
use serde_json::{Number, Value, json};
use std::time::Duration;

/// $1 is 2,000,000 credits (documented).
const NANOS_PER_CREDIT: i64 = 500;

/// One account.
#[derive(Debug)]
pub(super) struct Account {
    free: Usd,
    spent: Usd,
    cap: Option<Usd>,
    rows: Vec<Row>,
}

/// One generation, as `/v2/logs` and `/v2/billing/transactions` tell it.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// From when on the row can be seen, on the monotonic clock.
    pub(super) visible: Duration,
    /// What it cost; none if nothing.
    pub(super) cost: Option<Usd>,
    /// Whether it is told as failed.
    pub(super) failed: bool,
    /// The model.
    pub(super) model: &'static str,
    /// Which request it was.
    pub(super) call: Call,
}

impl Row {
    /// `succeeded` or `failed`.
    pub(super) const fn status(&self) -> &'static str {
        if self.failed { "failed" } else { "succeeded" }
    }

    /// The row of a call that a fault struck: told as failed if the answer was an error, and later if the fault says so.
    pub(super) fn strike(&mut self, fault: &Fault) {
        self.failed |= matches!(fault.kind.effect, Effect::Late(..) | Effect::LatePage(_));
        self.visible = self.visible.saturating_add(fault.log);
    }

    /// A row of `/v2/logs`.
    pub(super) fn log(&self) -> Value {
        json!({
            "created": stamp(self.call.at), "status": self.status(), "origin": "api", "model": self.model,
            "cost": amount(self.cost.unwrap_or(Usd::ZERO)),
            "tokens": {"input": 0, "output": 0, "total": 0},
            "request_id": self.call.request_id, "inference_id": self.call.inference_id,
            "client_request_id": self.call.client_request_id,
        })
    }

    /// A row of `/v2/billing/transactions`, if money moved.
    pub(super) fn transaction(&self) -> Option<Value> {
        let cost = self.cost?;
        Some(json!({
            "created_at": stamp(self.call.at), "direction": "CHARGE", "type": "MODEL_USAGE", "amount": amount(cost),
            "model": self.model, "reference_id": self.call.inference_id,
        }))
    }
}

/// Money that is set aside for a request under way. It must be given to [`Account::settle`].
#[derive(Debug)]
#[must_use]
pub(super) struct Hold(Usd);

impl Account {
    pub(super) fn new(balance: Usd, cap: Option<Usd>) -> Self {
        Self {
            free: balance,
            spent: Usd::ZERO,
            cap,
            rows: Vec::new(),
        }
    }

    /// What is left.
    pub(super) const fn balance(&self) -> Usd {
        self.free
    }

    /// What was charged in all.
    pub(super) const fn spent(&self) -> Usd {
        self.spent
    }

    /// Whether the key's cap leaves no room for another `price`.
    pub(super) fn is_capped(&self, price: Usd) -> bool {
        self.cap.is_some_and(|cap| self.spent.plus(price) > cap)
    }

    /// Sets money aside, or says that there is not enough.
    pub(super) fn hold(&mut self, price: Usd) -> Option<Hold> {
        if self.free < price {
            return None;
        }
        self.free = minus(self.free, price);
        Some(Hold(price))
    }

    /// Ends a request: with a row that costs something the hold is charged, otherwise it goes back.
    pub(super) fn settle(&mut self, Hold(amount): Hold, row: Row) {
        if row.cost.is_some() {
            self.spent = self.spent.plus(amount);
        } else {
            self.free = self.free.plus(amount);
        }
        self.rows.push(row);
    }

    /// Notes a request that failed before any money was set aside.
    pub(super) fn fail(&mut self, row: Row) {
        self.rows.push(row);
    }

    /// The rows that can be seen by now, newest first.
    pub(super) fn rows(&self, now: Duration) -> impl Iterator<Item = &Row> {
        self.rows.iter().rev().filter(move |row| row.visible <= now)
    }
}

const fn minus(left: Usd, right: Usd) -> Usd {
    Usd::from_nanos(left.nanos().saturating_sub(right.nanos()))
}

/// `{usd, credits}`.
fn amount(usd: Usd) -> Value {
    json!({"usd": number(usd), "credits": credits(usd)})
}

/// The amount as a JSON number.
pub(super) fn number(usd: Usd) -> Value {
    let number: Option<f64> = usd.decimal().parse().ok();
    number.and_then(Number::from_f64).map_or(Value::Null, Value::Number)
}

/// The amount in credits.
pub(super) const fn credits(usd: Usd) -> i64 {
    usd.nanos() / NANOS_PER_CREDIT
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::time::Timestamp;

    fn row(cost: Option<Usd>, visible: u64) -> Row {
        Row {
            visible: Duration::from_secs(visible),
            failed: cost.is_none(),
            cost,
            model: "music-01",
            call: Call {
                request_id: "request".to_owned(),
                inference_id: "inference".to_owned(),
                client_request_id: None,
                path: String::new(),
                key: None,
                at: Timestamp::UNIX_EPOCH,
                place: 0,
            },
        }
    }

    #[test]
    fn a_hold_is_charged_or_goes_back() {
        let price = Usd::parse("0.0315").unwrap();
        let mut account = Account::new(Usd::parse("0.05").unwrap(), None);
        let hold = account.hold(price).unwrap();
        assert!(
            account.hold(price).is_none(),
            "two requests under way cannot spend the same money"
        );
        account.settle(hold, row(None, 0));
        assert_eq!(
            (account.balance().decimal().as_str(), account.spent()),
            ("0.05", Usd::ZERO)
        );
        let hold = account.hold(price).unwrap();
        account.settle(hold, row(Some(price), 9));
        assert_eq!(
            (account.balance().decimal().as_str(), account.spent()),
            ("0.0185", price)
        );
        assert_eq!(
            account.rows(Duration::from_secs(8)).count(),
            1,
            "the charge is not visible yet"
        );
        assert_eq!(account.rows(Duration::from_secs(9)).count(), 2);
    }

    #[test]
    fn the_documented_price_is_63_000_credits() {
        let price = Usd::parse("0.0315").unwrap();
        assert_eq!((credits(price), number(price)), (63_000, json!(0.0315)));
    }
}
