//! The account's log, `GET /v2/logs`: what became of calls, by the ids they were sent with.
//!
//! Documented are the rows (`created, status, cost{usd,credits}, request_id, inference_id, client_request_id`), the window
//! of `start` and `end` (92 days at most) and 200 reads in 60 seconds. A failed request is never charged (documented).
//! When the cost of one that succeeded is written is not: until it is, a row may say zero.
//! Knows nothing of sockets or of what follows from a fate. Invariants: only an exact id counts; a charge is never
//! overlooked for a row beside it that says otherwise; "not charged" is said only if every row of the window was seen, could
//! be read and says so, and none is older than the call; what cannot be read says nothing.

use crate::{
    backend::{
        Fate,
        answer::{Answer, clean, dollars, number},
        client::deepest,
    },
    base::{money::Usd, secret::Secret, time::Timestamp, words},
    event::{FailureClass, StepFailure},
};
use jiff::{SignedDuration, civil::DateTime, tz::TimeZone};
use serde_json::Value;
use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

/// The route below the base address.
const ROUTE: &str = "v2/logs";
/// Rows to a page.
const LIMIT: usize = 100;
/// Most pages of one look-up: many more would use up the documented 200 reads a minute.
const MOST_PAGES: usize = 10;
/// How far the server's clock may be off: calls are looked up by time, so one that is further off finds none.
pub const SKEW: SignedDuration = SignedDuration::from_mins(5);
/// The longest window (documented: 92 days), with a day to spare.
const LONGEST: SignedDuration = SignedDuration::from_hours(91 * 24);
/// Credits to the dollar (documented: 2,000,000), in billionths of a dollar.
const NANOS_PER_CREDIT: i64 = 500;

/// The stretch of time that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    start: Timestamp,
    end: Timestamp,
}

impl Window {
    /// Around calls made from `since` on, whatever the server's clock says. What is older than the log's longest window
    /// cannot be asked for.
    pub(super) fn of(since: Timestamp, now: Timestamp) -> Self {
        let end = now.max(since).saturating_add(SKEW).unwrap_or(Timestamp::MAX);
        let earliest = end.saturating_sub(LONGEST).unwrap_or(Timestamp::MIN);
        let start = since.saturating_sub(SKEW).unwrap_or(Timestamp::MIN).max(earliest);
        Self { start, end }
    }

    /// Whether a row written then may be of a call made in it. One that does not say when it was written may be; one whose
    /// time cannot be read may not.
    fn may_hold(&self, created: Option<&Value>) -> bool {
        match created {
            None | Some(Value::Null) => true,
            Some(created) => created.as_str().and_then(moment).is_some_and(|at| at >= self.start),
        }
    }

    /// The route of one page, below the base address.
    pub(super) fn route(&self, offset: usize) -> String {
        // Whole seconds in UTC: not every reader of ISO 8601 takes more.
        let whole = |at: Timestamp| at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let (start, end) = (whole(self.start), whole(self.end));
        format!("{ROUTE}?start={start}&end={end}&limit={LIMIT}&offset={offset}")
    }
}

/// A moment in ISO 8601; in UTC if it names no zone.
fn moment(text: &str) -> Option<Timestamp> {
    let in_utc = |at: DateTime| at.to_zoned(TimeZone::UTC).ok().map(|at| at.timestamp());
    text.parse().ok().or_else(|| text.parse().ok().and_then(in_utc))
}

/// What one row says of its call.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Word {
    Charged(Option<Usd>),
    NotCharged,
    Nothing,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    client_request_id: String,
    word: Word,
    traces: Vec<(String, String)>,
    /// The row as it came, to know it again.
    text: String,
}

/// One page of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Page {
    rows: Vec<Row>,
    /// How many rows it had, those without an id of ours included.
    length: usize,
    /// Whether a row of it could be anybody's.
    has_unread: bool,
    has_more: bool,
}

/// Reads a page of that window. Rows that cannot be read say nothing; a body that is no page is a failure.
pub(super) fn page(body: Option<&Value>, window: &Window, key: &Secret) -> Result<Page, StepFailure> {
    let rows = body.and_then(|body| body.get("data")).and_then(Value::as_array);
    let Some(rows) = rows else {
        let message = "the account's log could not be read: the answer is no list of calls";
        return Err(StepFailure::new(FailureClass::BadAnswer, message));
    };
    let more = body
        .and_then(|body| body.pointer("/pagination/has_more"))
        .and_then(Value::as_bool);
    Ok(Page {
        length: rows.len(),
        has_more: more.unwrap_or(rows.len() >= LIMIT) && !rows.is_empty(),
        has_unread: rows.iter().any(is_unread),
        rows: rows.iter().filter_map(|row| row_of(row, window, key)).collect(),
    })
}

/// Whether nobody can tell whose row it is. A call may have been sent without an id.
fn is_unread(row: &Value) -> bool {
    match row.as_object() {
        Some(row) if !row.is_empty() => !matches!(
            row.get("client_request_id"),
            None | Some(Value::Null | Value::String(_))
        ),
        _ => true,
    }
}

fn row_of(row: &Value, window: &Window, key: &Secret) -> Option<Row> {
    let text = |name: &str| row.get(name).and_then(Value::as_str);
    let trace = |(name, member): (&str, &str)| Some((name.to_owned(), clean(text(member)?, key, 128)));
    let word = match word_of(text("status"), row.get("cost")) {
        Word::NotCharged if !window.may_hold(row.get("created")) => Word::Nothing,
        word => word,
    };
    Some(Row {
        client_request_id: text("client_request_id")?.to_owned(),
        word,
        traces: [("x-inference-id", "inference_id"), ("x-request-id", "request_id")]
            .into_iter()
            .filter_map(trace)
            .collect(),
        text: row.to_string(),
    })
}

fn word_of(status: Option<&str>, cost: Option<&Value>) -> Word {
    match (status, cost.and_then(amount)) {
        (_, Some(cost)) if cost > Usd::ZERO => Word::Charged(Some(cost)),
        (Some("failed"), Some(Usd::ZERO)) => Word::NotCharged,
        // It ran to its end, and what it cost is not said.
        (Some("succeeded"), None) => Word::Charged(None),
        // Still under way, a word that no page lists, or a success for nothing: its charge may yet be written.
        _ => Word::Nothing,
    }
}

/// An amount as a number or a text, in dollars or in credits. None if it cannot be read, or if one of the two is zero
/// and the other cannot be read.
fn amount(cost: &Value) -> Option<Usd> {
    let member = |name: &str| cost.get(name).filter(|value| !value.is_null());
    let usd = if cost.is_object() { member("usd") } else { Some(cost) };
    let read = [usd.map(charge), member("credits").map(credits)];
    let known: Vec<Usd> = read.iter().copied().flatten().flatten().collect();
    match known.iter().find(|amount| **amount > Usd::ZERO) {
        Some(amount) => Some(*amount),
        None if read.contains(&Some(None)) => None,
        None => known.first().copied(),
    }
}

/// Whole credits, or a decimal of them.
fn credits(value: &Value) -> Option<Usd> {
    if let Some(whole) = number(value) {
        let nanos = whole.checked_mul(NANOS_PER_CREDIT).filter(|nanos| *nanos >= 0)?;
        return Some(Usd::from_nanos(nanos));
    }
    // As if they were dollars: the amount is a two-millionth of that.
    let dollars = charge(value)?;
    let nanos = dollars.nanos().checked_mul(NANOS_PER_CREDIT)? / 1_000_000_000;
    let nanos = nanos.max(i64::from(dollars > Usd::ZERO));
    Some(Usd::from_nanos(nanos))
}

/// Dollars, unless they are less than nothing.
fn charge(value: &Value) -> Option<Usd> {
    dollars(value).filter(|amount| *amount >= Usd::ZERO)
}

/// Looks for some ids page by page.
#[derive(Debug)]
pub(super) struct Search<'a> {
    wanted: HashSet<&'a str>,
    found: HashMap<String, Fate>,
    /// Ids with a row that says nothing.
    open: HashSet<String>,
    /// Rows of wanted ids: a newer row pushes the last one of a page onto the next.
    seen: HashSet<String>,
    offset: usize,
    pages: usize,
    /// Whether a row was met that could be anybody's.
    has_unread: bool,
    has_more: bool,
}

impl<'a> Search<'a> {
    pub(super) fn of(request_ids: &'a [String]) -> Self {
        Self {
            wanted: request_ids.iter().map(String::as_str).collect(),
            found: HashMap::new(),
            open: HashSet::new(),
            seen: HashSet::new(),
            offset: 0,
            pages: 0,
            has_unread: false,
            has_more: !request_ids.is_empty(),
        }
    }

    /// Where the next page begins, unless there is none, too many were read, or nothing more can be found out.
    pub(super) fn next_offset(&self) -> Option<usize> {
        let is_charged = |id: &&str| matches!(self.found.get(*id), Some(Fate::Charged { .. }));
        let is_settled = self.wanted.iter().all(is_charged);
        (self.has_more && self.pages < MOST_PAGES && !is_settled).then_some(self.offset)
    }

    /// Takes in what a page says.
    pub(super) fn take_in(&mut self, page: Page) {
        self.pages += 1;
        self.offset += page.length;
        self.has_more = page.has_more;
        self.has_unread |= page.has_unread;
        for row in page.rows {
            if self.wanted.contains(row.client_request_id.as_str()) && self.seen.insert(row.text.clone()) {
                self.note(row);
            }
        }
    }

    fn note(&mut self, row: Row) {
        let id = row.client_request_id;
        match (row.word, self.found.get_mut(&id)) {
            (Word::Nothing, _) => {
                self.open.insert(id);
            }
            (Word::Charged(also), Some(Fate::Charged { amount, .. })) => {
                *amount = amount
                    .zip(also)
                    .map(|(one, other)| one.plus(other))
                    .or(*amount)
                    .or(also);
            }
            (Word::Charged(amount), _) => {
                let traces = row.traces;
                self.found.insert(id, Fate::Charged { amount, traces });
            }
            (Word::NotCharged, Some(_)) => {}
            (Word::NotCharged, None) => {
                self.found.insert(id, Fate::NotCharged);
            }
        }
    }

    /// What is sure. A charge in what was not read would make "not charged" wrong.
    pub(super) fn fates(mut self) -> HashMap<String, Fate> {
        let is_whole = !self.has_more && !self.has_unread;
        let open = self.open;
        self.found
            .retain(|id, fate| matches!(fate, Fate::Charged { .. }) || (is_whole && !open.contains(id)));
        self.found
    }
}

/// Why nothing is known: the log was not answered.
pub(super) fn unanswered(error: &reqwest::Error) -> StepFailure {
    let cause = if error.is_timeout() {
        "no complete answer came in time".to_owned()
    } else {
        deepest(error)
    };
    StepFailure::new(
        FailureClass::Unreachable,
        format!("the account's log could not be read: {cause}"),
    )
}

/// Why nothing is known: the log was answered with an error.
pub(super) fn refused(answer: &Answer) -> StepFailure {
    let class = match answer.status {
        401 | 403 => FailureClass::Auth,
        404 | 405 | 410 => FailureClass::Withdrawn,
        408 | 429 => FailureClass::Busy,
        400..=499 => FailureClass::Invalid,
        500..=599 => FailureClass::Server,
        _ => FailureClass::BadAnswer,
    };
    let after = answer.after.filter(|after| *after > Duration::ZERO);
    let asked = after.map_or(String::new(), |after| {
        format!(", asks to wait {}", words::duration(after))
    });
    let phrase = answer.phrase();
    let said = if phrase.is_empty() {
        phrase
    } else {
        format!(": {phrase}")
    };
    StepFailure {
        status: Some(answer.status),
        trace: answer.trace_line(),
        ..StepFailure::new(
            class,
            format!(
                "the account's log could not be read (HTTP {}{asked}){said}",
                answer.status
            ),
        )
    }
}
