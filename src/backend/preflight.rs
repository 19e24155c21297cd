//! What is asked before money is spent: is the key accepted, what is left on the account, are the models still served.
//!
//! Three questions that cost nothing, asked at once: the balance, the list of models, the feed of deprecations. Knows
//! nothing of what follows from the answers. Invariants: an answer that cannot be understood is no answer, never a
//! refusal; the key goes along only with the question about the account; no text of the backend is passed on uncleaned.
//!
//! "Documented" is AI/ML API's own page; "reported" is a third party's look at the service.

use super::{
    aimlapi::Aimlapi,
    answer::{Answer, clean, dollars},
    classify,
    client::deepest,
};
use crate::{
    base::{
        money::Usd,
        secret::Secret,
        time::{Clock, SystemClock, Timestamp},
    },
    catalog,
    event::{FailureClass, StepFailure},
};
use jiff::SignedDuration;
use reqwest::{Response, header};
use serde_json::Value;

const BILLING: &str = "v2/billing";
const MODELS: &str = "v1/models";
const DEPRECATIONS: &str = "v1/models/deprecations";

/// Most bytes that are read of one answer; the list of some hundred models is far below a tenth of it.
const MOST_BYTES: usize = 16 << 20;
/// Most characters of a name or a date that is passed on.
const NAME_LIMIT: usize = 80;

/// What came of one question.
#[derive(Clone, Debug, PartialEq)]
pub enum Finding<T> {
    /// It was answered.
    Known(T),
    /// The backend will not have this key, or nothing is left on its account.
    Refused(StepFailure),
    /// There is no answer that says it; the phrase says why.
    CannotTell(String),
}

/// What the backend says of one model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is in the list, under its id or as an alias.
    Listed,
    /// It is still served, and will not be for ever.
    Deprecated {
        /// When that ends, as the backend writes dates.
        shutdown: Option<String>,
        /// What to use instead.
        successor: Option<String>,
    },
    /// The backend says that it is gone.
    Withdrawn {
        /// Since when, as the backend writes dates.
        since: Option<String>,
        /// What to use instead.
        successor: Option<String>,
    },
    /// It is neither in the list nor in the feed: strong evidence that it is gone, but no proof.
    Absent,
}

/// What the backend says before anything is sent to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Preflight {
    /// What is left on the key's account. Known means that the key is accepted.
    pub balance: Finding<Usd>,
    /// What is said of each model, in the order they were asked about. Never [`Finding::Refused`].
    pub models: Vec<(String, Finding<Standing>)>,
    /// The backend's clock minus ours, good to a second or two; none if it told no time.
    pub skew: Option<SignedDuration>,
}

/// An answer with status 2xx, and when the backend says that it was given.
struct Told {
    json: Value,
    skew: Option<SignedDuration>,
}

/// Why a question has no such answer.
enum Untold {
    /// Nobody was there.
    Unreachable(String),
    /// Something was answered, or the answer broke off.
    Odd {
        /// As a phrase.
        why: String,
        answer: Answer,
        skew: Option<SignedDuration>,
    },
}

type Asked = Result<Told, Untold>;

impl Aimlapi {
    /// Asks the three questions at once. The error says that the backend could not be reached by any of them.
    pub(super) async fn ask_before_paying(&self, models: &[String]) -> Result<Preflight, StepFailure> {
        let (billing, list, feed) = tokio::join!(
            self.ask(BILLING, true),
            self.ask(MODELS, false),
            self.ask(DEPRECATIONS, false)
        );
        if let (Err(Untold::Unreachable(why)), Err(Untold::Unreachable(_)), Err(Untold::Unreachable(_))) =
            (&billing, &list, &feed)
        {
            let message = format!("the backend could not be reached: {why}");
            return Err(StepFailure::new(FailureClass::Unreachable, message)
                .help("check the network and the base address, and try again later"));
        }
        // A list from some cache on the way carries the time it was made at: the latest time is the clock's.
        let skew = [&billing, &list, &feed].into_iter().filter_map(skew_of).max();
        let (list, feed) = (listed(list), deprecations(feed, self.key()));
        let models = models
            .iter()
            .map(|model| (model.clone(), standing(model, &list, &feed)));
        Ok(Preflight {
            models: models.collect(),
            balance: balance(billing),
            skew,
        })
    }

    async fn ask(&self, route: &str, with_key: bool) -> Asked {
        let request = self.get(route, with_key).map_err(Untold::Unreachable)?;
        let asked = SystemClock::start();
        let sent = asked.now();
        let response = request.send().await.map_err(|error| {
            Untold::Unreachable(if error.is_timeout() {
                "no answer came in time".to_owned()
            } else {
                deepest(&error)
            })
        })?;
        let skew = skew(&response, sent, asked.now());
        let mut answer = self.head(&response);
        let odd = |why: String, answer: Answer| Untold::Odd { why, answer, skew };
        let body = match read(response).await {
            Ok(body) => body,
            Err(why) => return Err(odd(why, answer)),
        };
        if !answer.is_success() {
            answer.body(&body, self.key());
            let phrase = answer.phrase();
            let said = if phrase.is_empty() {
                String::new()
            } else {
                format!(": {phrase}")
            };
            return Err(odd(format!("HTTP {}{said}", answer.status), answer));
        }
        match serde_json::from_slice(body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&body)) {
            Ok(json) => Ok(Told { json, skew }),
            Err(_) => Err(odd("the answer is not JSON".to_owned(), answer)),
        }
    }
}

/// The whole body, or why there is none.
async fn read(mut response: Response) -> Result<Vec<u8>, String> {
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(piece)) if body.len() + piece.len() <= MOST_BYTES => body.extend_from_slice(&piece),
            Ok(Some(_)) => return Err("the answer is larger than any that makes sense".to_owned()),
            Ok(None) => return Ok(body),
            Err(error) if error.is_timeout() => return Err("the answer did not come to its end in time".to_owned()),
            Err(error) => return Err(format!("the answer broke off: {}", deepest(&error))),
        }
    }
}

/// The backend's clock minus ours: its `Date` against the middle of the time the question took.
fn skew(response: &Response, sent: Timestamp, came: Timestamp) -> Option<SignedDuration> {
    let date = response.headers().get(header::DATE)?.to_str().ok()?;
    let theirs = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(date).ok()?;
    let ours = sent + came.duration_since(sent) / 2;
    Some(theirs.duration_since(ours))
}

fn skew_of(asked: &Asked) -> Option<SignedDuration> {
    match asked {
        Ok(Told { skew, .. }) | Err(Untold::Odd { skew, .. }) => *skew,
        Err(Untold::Unreachable(_)) => None,
    }
}

impl Untold {
    fn why(self) -> String {
        match self {
            Self::Unreachable(why) | Self::Odd { why, .. } => why,
        }
    }
}

/// `{"current_balance": 12.5, "currency": "USD"}` (documented). A refusal counts as one only if it speaks of the key or
/// of money: a key that may render need not be allowed to read the balance.
fn balance(asked: Asked) -> Finding<Usd> {
    let told = match asked {
        Ok(told) => told,
        Err(Untold::Odd { answer, why, .. }) => {
            return match classify::account(&answer) {
                Some(failure) => Finding::Refused(failure),
                None => Finding::CannotTell(why),
            };
        }
        Err(Untold::Unreachable(why)) => return Finding::CannotTell(why),
    };
    let currency = told.json.get("currency").and_then(Value::as_str).unwrap_or("USD");
    if !currency.eq_ignore_ascii_case("usd") {
        return Finding::CannotTell("the balance is not in US dollars".to_owned());
    }
    match told.json.get("current_balance").and_then(dollars) {
        Some(amount) => Finding::Known(amount),
        None => Finding::CannotTell("the answer names no balance".to_owned()),
    }
}

/// The rows of a list: `{"data": […]}` (documented), or the list itself.
fn rows(json: &Value) -> Option<&Vec<Value>> {
    json.get("data").unwrap_or(json).as_array()
}

/// Every name in a row: its id and its aliases.
fn names(row: &Value) -> impl Iterator<Item = &str> {
    let aliases = row.get("aliases").and_then(Value::as_array).into_iter().flatten();
    row.get("id").into_iter().chain(aliases).filter_map(Value::as_str)
}

/// All names in the list of models, and whether the list goes on elsewhere.
struct List {
    names: Vec<String>,
    is_whole: bool,
}

/// The list of models. One without any name in it is no list.
fn listed(asked: Asked) -> Result<List, String> {
    let json = asked.map_err(Untold::why)?.json;
    let names: Vec<String> = rows(&json)
        .into_iter()
        .flatten()
        .flat_map(names)
        .map(str::to_owned)
        .collect();
    if names.is_empty() {
        return Err("the list of models names none".to_owned());
    }
    let goes_on = |path: &str| {
        json.pointer(path)
            .is_some_and(|more| more.as_bool() != Some(false) && !more.is_null())
    };
    let is_whole = ![
        "/has_more",
        "/pagination/has_more",
        "/next_cursor",
        "/pagination/next_cursor",
    ]
    .iter()
    .any(|path| goes_on(path));
    Ok(List { names, is_whole })
}

/// One row of the feed of deprecations (reported).
struct Deprecation {
    names: Vec<String>,
    status: String,
    since: Option<String>,
    successor: Option<String>,
}

/// The feed. One without rows is a feed: nothing is deprecated.
fn deprecations(asked: Asked, key: &Secret) -> Result<Vec<Deprecation>, String> {
    let json = asked.map_err(Untold::why)?.json;
    let rows = rows(&json).ok_or("the feed of deprecations holds no list")?;
    let row = |row: &Value| {
        let text = |name: &str| {
            let text = row
                .get(name)
                .and_then(Value::as_str)
                .map(|text| clean(text, key, NAME_LIMIT));
            text.filter(|text| !text.is_empty())
        };
        Deprecation {
            names: names(row).map(str::to_owned).collect(),
            status: text("status").unwrap_or_default().to_ascii_lowercase(),
            since: text("shutdown_at").or_else(|| text("deprecated_at")),
            successor: text("replaced_by"),
        }
    };
    Ok(rows.iter().map(row).collect())
}

/// What the list and the feed say of a model together. What the feed says of it by name counts more than that the list
/// lacks it: a superseded id still resolves, and need not be listed.
fn standing(model: &str, list: &Result<List, String>, feed: &Result<Vec<Deprecation>, String>) -> Finding<Standing> {
    let aliases = catalog::model(model).map_or(&[][..], |known| known.aliases);
    let is_it = |name: &String| name == model || aliases.contains(&name.as_str());
    let row = feed
        .as_ref()
        .ok()
        .and_then(|rows| rows.iter().find(|row| row.names.iter().any(is_it)));
    if let Some(row) = row {
        let (since, successor) = (row.since.clone(), row.successor.clone());
        match row.status.as_str() {
            "withdrawn" => return Finding::Known(Standing::Withdrawn { since, successor }),
            "deprecated" | "superseded" => {
                return Finding::Known(Standing::Deprecated {
                    shutdown: since,
                    successor,
                });
            }
            // A word that no page explains says nothing.
            _ => {}
        }
    }
    match list {
        Ok(list) if list.names.iter().any(is_it) => Finding::Known(Standing::Listed),
        Ok(list) if list.is_whole => Finding::Known(Standing::Absent),
        Ok(_) => Finding::CannotTell("the list of models came in part only".to_owned()),
        Err(why) => Finding::CannotTell(why.clone()),
    }
}
