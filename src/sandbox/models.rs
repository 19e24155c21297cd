//! The catalogue and the feed of deprecations: `/v1/models`, `/model/{id}`, `/v1/models/deprecations`.
//!
//! Knows nothing of generations. No key is asked for.

use super::{
    answer::{self, Call, Refusal},
    options::Mode,
    server::Server,
};
use crate::catalog::{self, Status};
use axum::{
    Extension,
    extract::{Path, Query, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use std::sync::Arc;

/// Music models that were listed in 2026, beside those of the catalog.
const LISTED: &[&str] = &[
    "elevenlabs/eleven_music",
    "google/lyria2",
    "minimax/music-1.5",
    "minimax/music-2.0",
    "minimax/music-2.6",
    "minimax/music-cover",
    "minimax-music",
    "stable-audio",
];

type Pairs = Query<Vec<(String, String)>>;

pub(super) async fn list(State(server): State<Arc<Server>>, Query(query): Pairs, headers: HeaderMap) -> Response {
    let wanted: Vec<_> = values(&query, "id").collect();
    let all = cards(server.options.mode).into_iter();
    let data: Vec<_> = all
        .filter(|card| wanted.is_empty() || is_named(card, &wanted))
        .collect();
    let body = json!({"object": "list", "data": data});
    tagged(&body, &body["data"], &headers)
}

pub(super) async fn one(
    State(server): State<Arc<Server>>,
    Extension(call): Extension<Arc<Call>>,
    Path(id): Path<String>,
) -> Response {
    let found = cards(server.options.mode)
        .into_iter()
        .find(|card| is_named(card, &[&id]));
    match found {
        Some(card) => answer::found(&json!({"object": "model", "data": card})),
        None => Refusal::http(StatusCode::NOT_FOUND, "Not Found").answer(&call, &server.options),
    }
}

pub(super) async fn deprecations(
    State(server): State<Arc<Server>>,
    Query(query): Pairs,
    headers: HeaderMap,
) -> Response {
    let statuses: Vec<_> = values(&query, "status").map(str::to_lowercase).collect();
    let known = ["deprecated", "superseded", "withdrawn"];
    // What is not recognised filters nothing (documented).
    let unfiltered = !statuses.iter().any(|status| known.contains(&status.as_str()));
    let since = values(&query, "since").find(|date| date.parse::<jiff::civil::Date>().is_ok());
    let rows = deprecated(server.options.mode).into_iter();
    let data: Vec<_> = rows
        .filter(|row| unfiltered || statuses.iter().any(|status| row["status"] == status.as_str()))
        .filter(|row| since.is_none_or(|since| row["shutdown_at"].as_str() >= Some(since)))
        .collect();
    let body = json!({"object": "list", "generated_at": answer::stamp(server.now()), "data": data});
    let mut response = tagged(&body, &body["data"], &headers);
    let cache = HeaderValue::from_static("public, max-age=300");
    response.headers_mut().insert(header::CACHE_CONTROL, cache);
    response
}

/// The values of a parameter, which may be repeated or separated by commas.
fn values<'a>(query: &'a [(String, String)], name: &'a str) -> impl Iterator<Item = &'a str> {
    let named = query.iter().filter(move |(key, _)| key == name);
    named
        .flat_map(|(_, value)| value.split(','))
        .filter(|value| !value.is_empty())
}

fn cards(mode: Mode) -> Vec<Value> {
    let card = |id: &str, aliases: &[&str]| json!({"id": id, "aliases": aliases, "type": "audio", "info": {"name": id}, "tags": ["music"]});
    let mut cards = Vec::new();
    for model in catalog::models() {
        match (model.status, mode) {
            (Status::Withdrawn { .. }, Mode::Withdrawn | Mode::Unlisted) => {}
            (Status::Withdrawn { .. }, Mode::Renamed) => {
                let names = [&[model.id], model.aliases].concat();
                cards.push(card(&format!("renamed/{}", model.id), &names));
            }
            _ => cards.push(card(model.id, model.aliases)),
        }
    }
    for id in LISTED {
        if catalog::model(id).is_none() {
            cards.push(card(id, &[]));
        }
    }
    cards
}

fn is_named<T: AsRef<str>>(card: &Value, names: &[T]) -> bool {
    let aliases = card["aliases"].as_array().into_iter().flatten();
    iter_names(card, aliases).any(|name| names.iter().any(|wanted| wanted.as_ref() == name))
}

fn iter_names<'a>(card: &'a Value, aliases: impl Iterator<Item = &'a Value>) -> impl Iterator<Item = &'a str> {
    aliases.chain([&card["id"]]).filter_map(Value::as_str)
}

/// The feed: what was withdrawn in 2026 is so, or on its way there.
fn deprecated(mode: Mode) -> Vec<Value> {
    let row = |model: &catalog::Model| {
        let Status::Withdrawn { since, successor } = model.status else {
            return None;
        };
        let (status, shutdown) = match mode {
            Mode::Available | Mode::Renamed | Mode::Unlisted => return None,
            Mode::Deprecated => ("deprecated", "2099-12-31"),
            Mode::Withdrawn => ("withdrawn", since),
        };
        Some(json!({
            "id": model.id, "aliases": model.aliases, "status": status, "deprecated_at": since,
            "shutdown_at": shutdown, "replaced_by": successor, "reason": "provider_delisted",
        }))
    };
    catalog::models().iter().filter_map(row).collect()
}

/// The body with a weak tag over `content`, or 304 if the client has it.
fn tagged(body: &Value, content: &Value, headers: &HeaderMap) -> Response {
    let tag = format!(
        "W/\"{}\"",
        crate::base::digest::Digest::of(content.to_string().as_bytes()).short()
    );
    let has = headers
        .get(header::IF_NONE_MATCH)
        .is_some_and(|value| value.as_bytes() == tag.as_bytes());
    let mut response = if has {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        answer::found(body)
    };
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}
