//! What an answer says besides its audio: the status, the backend's own words, its names for the call, what it charged.
//!
//! Knows nothing of what follows from it (`classify`). Invariants: no text taken from an answer holds the key, a signed
//! link's query or a control character, and none is long.

use crate::{
    base::{money::Usd, secret::Secret, time::Timestamp, words},
    catalog::PICKED_UP,
};
use reqwest::header::{HeaderMap, LOCATION, RETRY_AFTER};
use serde_json::Value;
use std::time::Duration;

/// Most characters of the backend's words that are passed on.
const WORDS_LIMIT: usize = 300;
/// Most characters of a text that is not JSON.
const TEXT_LIMIT: usize = 200;
/// Most complaints about single fields that are passed on.
const ISSUES_LIMIT: usize = 8;
/// The longest time to wait that is told apart from forever: a year, in seconds.
const LONGEST_WAIT: f64 = 365.0 * 86_400.0;
/// Credits to the dollar (documented).
const CREDITS_PER_DOLLAR: i64 = 2_000_000;

/// One complaint about one field of the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Issue {
    /// `audio_setting.format`; empty for the whole request.
    pub(crate) path: String,
    /// What is wrong.
    pub(crate) message: String,
}

/// An answer without its audio.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Answer {
    /// HTTP status.
    pub(crate) status: u16,
    /// `base_resp.status_code`, which says whether it went well; present in answers of the model's maker.
    pub(crate) code: Option<i64>,
    /// The backend's own words, in one line; empty if it had none.
    pub(crate) words: String,
    /// Complaints about single fields.
    pub(crate) issues: Vec<Issue>,
    /// `Retry-After`.
    pub(crate) after: Option<Duration>,
    /// What was charged, if it says so.
    pub(crate) charged: Option<Usd>,
    /// The backend's names for the call.
    pub(crate) traces: Vec<(String, String)>,
    /// Where a redirect points, without query.
    pub(crate) location: Option<String>,
}

impl Answer {
    /// What the status and the headers say; `now` is what a `Retry-After` date is counted from.
    pub(crate) fn head(status: u16, headers: &HeaderMap, now: Timestamp, key: &Secret) -> Self {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let mut answer = Self {
            status,
            after: text(RETRY_AFTER.as_str()).and_then(|after| wait(after, now)),
            charged: text("x-aimlapi-usd-spent")
                .and_then(|usd| Usd::parse(usd.trim()))
                .or_else(|| text("x-aimlapi-credits-used").and_then(credits)),
            location: text(LOCATION.as_str())
                .and_then(|location| location.split(['?', '#']).next())
                .map(|location| clean(location, key, TEXT_LIMIT)),
            ..Self::default()
        };
        for name in ["x-inference-id", "x-request-id", "trace-id"] {
            answer.trace(name, text(name), key);
        }
        answer
    }

    /// Adds what the body says. Gives the parsed body, if it is JSON.
    pub(crate) fn body(&mut self, body: &[u8], key: &Secret) -> Option<Value> {
        let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
        let Ok(json) = serde_json::from_slice::<Value>(body) else {
            self.words = clean(&readable(body), key, TEXT_LIMIT);
            return None;
        };
        self.code = json.pointer("/base_resp/status_code").and_then(number);
        let said = |path: &str| {
            json.pointer(path)
                .and_then(Value::as_str)
                .filter(|text| !text.trim().is_empty())
        };
        let of_maker = || said("/base_resp/status_msg");
        // The maker's words belong to the maker's code; a gateway's error has its own.
        let words = self
            .code
            .filter(|code| *code != 0)
            .and_then(|_| of_maker())
            .or_else(|| {
                ["/message", "/error/message", "/error", "/title", "/detail"]
                    .iter()
                    .find_map(|path| said(path))
            })
            .or_else(of_maker);
        self.words = words.map_or_else(
            // As JSON writes it plainest: with `\/` and `\u0026` undone, links and keys are known for what they are.
            || clean(&json.to_string(), key, TEXT_LIMIT),
            |words| clean(words, key, WORDS_LIMIT),
        );
        self.issues = issues(&json, key);
        for (name, path) in [("trace_id", "/trace_id"), ("x-request-id", "/requestId")] {
            self.trace(name, said(path), key);
        }
        Some(json)
    }

    /// Whether it is any 2xx: the documents disagree about 200 and 201.
    pub(crate) const fn is_success(&self) -> bool {
        matches!(self.status, 200..=299)
    }

    /// Whether something was charged, as far as the answer says.
    pub(crate) fn was_charged(&self) -> bool {
        self.charged.is_some_and(|amount| amount > Usd::ZERO)
    }

    /// The backend's names for the call in one line.
    pub(crate) fn trace_line(&self) -> Option<String> {
        let names: Vec<_> = self.traces.iter().map(|(name, id)| format!("{name} {id}")).collect();
        (!names.is_empty()).then(|| names.join(", "))
    }

    /// The words and the issues, as one phrase; empty if there are neither.
    pub(crate) fn phrase(&self) -> String {
        let words = std::iter::once(self.words.clone()).filter(|words| !words.is_empty());
        let issues = self.issues.iter().map(|issue| match issue.path.as_str() {
            "" => issue.message.clone(),
            path => format!("{path}: {}", issue.message),
        });
        words.chain(issues).collect::<Vec<_>>().join("; ")
    }

    /// Notes what the sandbox says that it took from the references.
    pub(crate) fn pick_up(&mut self, headers: &HeaderMap, key: &Secret) {
        let said = headers.get(PICKED_UP).and_then(|value| value.to_str().ok());
        if let Some(said) = said.filter(|said| !said.trim().is_empty()) {
            self.traces.push((PICKED_UP.to_owned(), clean(said, key, WORDS_LIMIT)));
        }
    }

    fn trace(&mut self, name: &str, id: Option<&str>, key: &Secret) {
        let known = self.traces.iter().any(|(known, _)| known == name);
        if let Some(id) = id.filter(|id| !id.trim().is_empty() && !known) {
            self.traces.push((name.to_owned(), clean(id, key, 128)));
        }
    }
}

/// A number, or a text that is one: the documents show both.
pub(crate) fn number(value: &Value) -> Option<i64> {
    value
        .as_i64()
        .or_else(|| value.as_str().and_then(|text| text.trim().parse().ok()))
}

/// A number of dollars, or a text that is one: a decimal as it is, a float in any notation to the nearest billionth. What
/// is too small for a billionth is one: an amount is never read as nothing.
pub(super) fn dollars(value: &Value) -> Option<Usd> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    Usd::parse(&text).or_else(|| {
        let float: f64 = text.parse().ok()?;
        let nanos = Usd::parse(&format!("{:.9}", float.abs()))?.nanos();
        let nanos = nanos.max(i64::from(float != 0.0));
        Some(Usd::from_nanos(if float < 0.0 { -nanos } else { nanos }))
    })
}

fn credits(text: &str) -> Option<Usd> {
    let credits: i64 = text.trim().parse().ok().filter(|credits| *credits >= 0)?;
    Some(Usd::from_nanos(
        credits.checked_mul(1_000_000_000 / CREDITS_PER_DOLLAR)?,
    ))
}

/// `Retry-After`: seconds, or a date.
fn wait(text: &str, now: Timestamp) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        // Below zero, and no number at all, are no answer; more than a year is as good as never.
        return (seconds >= 0.0).then(|| Duration::from_secs_f64(seconds.min(LONGEST_WAIT)));
    }
    let date = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
    // A date that has passed means "now".
    Some(Duration::try_from(date.duration_since(now)).unwrap_or_default())
}

/// The list of complaints about fields that the gateway sends in `error.data` (also seen as `errors` and `issues`).
fn issues(json: &Value, key: &Secret) -> Vec<Issue> {
    let list = ["/error/data", "/errors", "/issues"]
        .iter()
        .find_map(|path| json.pointer(path).and_then(Value::as_array));
    let part = |part: &Value| part.as_str().map_or_else(|| part.to_string(), ToOwned::to_owned);
    list.into_iter()
        .flatten()
        .take(ISSUES_LIMIT)
        .filter_map(|issue| {
            let message = issue.get("message").and_then(Value::as_str)?;
            let path = match issue.get("path") {
                Some(Value::Array(parts)) => parts.iter().map(part).collect::<Vec<_>>().join("."),
                Some(Value::String(path)) => path.clone(),
                _ => String::new(),
            };
            Some(Issue {
                path: clean(&path, key, TEXT_LIMIT),
                message: clean(message, key, TEXT_LIMIT),
            })
        })
        .collect()
}

/// A body that is not JSON, as a person would read it: the title of an HTML page, its text, or that it is none.
fn readable(body: &[u8]) -> String {
    if body.starts_with(b"\x1f\x8b") {
        return "it is compressed, which was not asked for".to_owned();
    }
    if body.contains(&0) {
        return "it is no text".to_owned();
    }
    let text = String::from_utf8_lossy(&body[..body.len().min(16 << 10)]);
    if !text.trim_start().starts_with('<') {
        return text.into_owned();
    }
    let lower = text.to_ascii_lowercase();
    let title = lower
        .find("<title>")
        .map(|start| start + "<title>".len())
        .and_then(|start| Some(start..start + lower[start..].find("</title>")?));
    if let Some(title) = title.filter(|title| !text[title.clone()].trim().is_empty()) {
        return text[title].to_owned();
    }
    let mut bare = String::new();
    let mut in_tag = false;
    for character in text.chars() {
        match character {
            '<' => in_tag = true,
            '>' => {
                in_tag = false;
                bare.push(' ');
            }
            _ if !in_tag => bare.push(character),
            _ => {}
        }
    }
    bare
}

/// A text of the backend's, fit to be shown and stored: without the key, without what signs a link, in one line, not
/// longer than `limit` characters.
pub(crate) fn clean(text: &str, key: &Secret, limit: usize) -> String {
    // A key of a few letters is none of a real backend's, and would blacken every word.
    let text = if key.expose().len() >= 8 {
        text.replace(key.expose(), "…")
    } else {
        text.to_owned()
    };
    let unsigned = unsigned(&text).replace(is_unseen, "");
    let line = unsigned
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ");
    let line = line.trim_end_matches('.');
    match line.char_indices().nth(limit) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}

/// Marks that show nothing of themselves and change how others are shown. Controls and line ends are blanks instead.
fn is_unseen(c: char) -> bool {
    words::is_hidden(c) && !c.is_control() && !c.is_whitespace()
}

/// The text with every link's query left out: it may hold a signature. A link ends where no link goes on, also in JSON
/// that was cut, where its slashes may still be escaped.
fn unsigned(text: &str) -> String {
    let begin = |text: &str| {
        let starts = ["://", r":\/\/"].into_iter();
        starts.filter_map(|start| Some(text.find(start)? + start.len())).min()
    };
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = begin(rest) {
        let (before, link) = rest.split_at(start);
        let end = link
            .find(|c: char| c.is_whitespace() || c.is_control() || "\"<>".contains(c))
            .unwrap_or(link.len());
        let (link, after) = link.split_at(end);
        out.push_str(before);
        out.push_str(link.split(['?', '#']).next().unwrap_or_default());
        rest = after;
    }
    out + rest
}

#[cfg(test)]
mod tests;
