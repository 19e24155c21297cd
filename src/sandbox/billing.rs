//! The account's routes: `/v2/billing`, `/v2/billing/transactions`, `/v2/logs`.
//!
//! Knows nothing of how money is spent (`account`). Rows appear with the delay that was set up, newest first.

use super::{
    account::{self, Row},
    answer::{self, Call, Refusal},
    server::Server,
};
use crate::base::time::Timestamp;
use axum::{
    Extension,
    extract::{Query, State},
    http::StatusCode,
    response::Response,
};
use jiff::SignedDuration;
use serde_json::{Value, json};
use std::{ops::Range, sync::Arc, time::Duration};

/// The documented limit of `/v2/logs`: 200 requests in 60 seconds.
const LOG_READS: usize = 200;
const LOG_WINDOW: Duration = Duration::from_secs(60);
const DAY: i64 = 24 * 3600;
/// The longest window of `/v2/logs`.
const MOST_DAYS: i64 = 92;

type Pairs = Query<Vec<(String, String)>>;
type Answer = Result<Value, Refusal>;

pub(super) async fn balance(State(server): State<Arc<Server>>, Extension(call): Extension<Arc<Call>>) -> Response {
    let answer = call.authorize(&server.options).map(|()| {
        let balance = server.books().account.balance();
        json!({"current_balance": account::number(balance), "currency": "USD"})
    });
    respond(&server, &call, answer)
}

pub(super) async fn transactions(
    State(server): State<Arc<Server>>,
    Extension(call): Extension<Arc<Call>>,
    Query(query): Pairs,
) -> Response {
    let answer = transactions_page(&server, &call, &query);
    respond(&server, &call, answer)
}

pub(super) async fn logs(
    State(server): State<Arc<Server>>,
    Extension(call): Extension<Arc<Call>>,
    Query(query): Pairs,
) -> Response {
    let answer = logs_page(&server, &call, &query);
    respond(&server, &call, answer)
}

fn respond(server: &Server, call: &Call, answer: Answer) -> Response {
    match answer {
        Ok(body) => answer::found(&body),
        Err(refusal) => refusal.answer(call, &server.options),
    }
}

fn transactions_page(server: &Server, call: &Call, query: &[(String, String)]) -> Answer {
    call.authorize(&server.options)?;
    let from = moment(query, "from")?.unwrap_or(Timestamp::MIN);
    let to = moment(query, "to")?.unwrap_or(Timestamp::MAX);
    let wants = |name, word| value(query, name).is_none_or(|value| value == word);
    // Nothing but charges moves this balance.
    let wanted = wants("direction", "CHARGE") && wants("type", "MODEL_USAGE");
    let (limit, offset) = (
        number(query, "limit", 50, 1..101)?,
        number(query, "cursor", 0, 0..usize::MAX)?,
    );
    let books = server.books();
    let rows: Vec<_> = books
        .account
        .rows(server.elapsed())
        .filter(|row| wanted && row.call.at >= from && row.call.at < to)
        .filter_map(Row::transaction)
        .collect();
    let has_more = rows.len() > offset.saturating_add(limit);
    let next = has_more.then(|| (offset + limit).to_string());
    let data: Vec<_> = rows.into_iter().skip(offset).take(limit).collect();
    Ok(json!({"data": data, "pagination": {"next_cursor": next, "has_more": has_more}}))
}

fn logs_page(server: &Server, call: &Call, query: &[(String, String)]) -> Answer {
    call.authorize(&server.options)?;
    let now = server.elapsed();
    let mut books = server.books();
    books.log_reads.retain(|read| *read + LOG_WINDOW > now);
    if books.log_reads.len() >= LOG_READS {
        return Err(Refusal::http(StatusCode::TOO_MANY_REQUESTS, "Too Many Requests"));
    }
    books.log_reads.push_back(now);
    let window = window(query, server.now())?;
    let all = |name: &str| -> Vec<&str> {
        let named = query.iter().filter(|(key, _)| key == name);
        named.map(|(_, value)| value.as_str()).collect()
    };
    let (models, statuses) = (all("model"), all("status"));
    if statuses.iter().any(|status| !["succeeded", "failed"].contains(status)) {
        return Err(invalid("status is succeeded or failed"));
    }
    let (limit, offset) = (
        number(query, "limit", 50, 1..101)?,
        number(query, "offset", 0, 0..usize::MAX)?,
    );
    let rows: Vec<_> = books
        .account
        .rows(now)
        .filter(|row| window.contains(&row.call.at))
        .filter(|row| models.is_empty() || models.contains(&row.model))
        .filter(|row| statuses.is_empty() || statuses.contains(&row.status()))
        .collect();
    let data: Vec<_> = rows.iter().skip(offset).take(limit).map(|row| row.log()).collect();
    let has_more = rows.len() > offset.saturating_add(limit);
    let pagination = json!({"limit": limit, "offset": offset, "total": rows.len(), "has_more": has_more});
    Ok(json!({"data": data, "pagination": pagination}))
}

/// Either `period`, or both `start` and `end`; 92 days at most.
fn window(query: &[(String, String)], now: Timestamp) -> Result<Range<Timestamp>, Refusal> {
    let most = SignedDuration::from_secs(MOST_DAYS * DAY);
    let range = match (value(query, "period"), moment(query, "start")?, moment(query, "end")?) {
        (Some(period), None, None) => {
            let length = period_length(period).filter(|length| *length <= most);
            let length =
                length.ok_or_else(|| invalid("period is hours or days, such as 24h or 7d, 92 days at most"))?;
            // A row of this very moment is inside.
            now - length..now + SignedDuration::from_secs(1)
        }
        (None, Some(start), Some(end)) => start..end,
        _ => return Err(invalid("Provide either period or both start and end")),
    };
    if range.end < range.start || range.end.duration_since(range.start) > most + SignedDuration::from_secs(1) {
        return Err(invalid("The window must not end before it starts, nor exceed 92 days"));
    }
    Ok(range)
}

/// `24h`, `7d`.
fn period_length(text: &str) -> Option<SignedDuration> {
    let seconds = match text.strip_suffix('h') {
        Some(hours) => hours.parse::<i64>().ok()?.checked_mul(3600)?,
        None => text.strip_suffix('d')?.parse::<i64>().ok()?.checked_mul(DAY)?,
    };
    (seconds > 0).then(|| SignedDuration::from_secs(seconds))
}

fn value<'a>(query: &'a [(String, String)], name: &str) -> Option<&'a str> {
    query
        .iter()
        .find_map(|(key, value)| (key == name).then_some(value.as_str()))
}

/// A moment in ISO 8601; without an offset it is UTC.
fn moment(query: &[(String, String)], name: &str) -> Result<Option<Timestamp>, Refusal> {
    let Some(text) = value(query, name) else {
        return Ok(None);
    };
    let parsed = text.parse().or_else(|_| format!("{text}Z").parse());
    parsed
        .map(Some)
        .map_err(|_| invalid(&format!("{name} is no moment in ISO 8601")))
}

fn number(query: &[(String, String)], name: &str, default: usize, allowed: Range<usize>) -> Result<usize, Refusal> {
    let Some(text) = value(query, name) else {
        return Ok(default);
    };
    let number = text.parse().ok().filter(|number| allowed.contains(number));
    number.ok_or_else(|| invalid(&format!("{name} is out of bounds")))
}

fn invalid(message: &str) -> Refusal {
    Refusal::http(StatusCode::BAD_REQUEST, message)
}
