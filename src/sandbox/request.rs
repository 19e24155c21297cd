//! What a generation asks for, and everything that can be wrong with its form (rows G2 to G10 and G12).
//!
//! Knows nothing of accounts, ids or sound. All issues are found in one go, in Zod's shape.

use super::{
    answer::Refusal,
    options::{Rules, TooLong, Verdict},
};
use crate::{
    base::audio_settings::{AudioSettings, Format},
    catalog::{self, AudioRule, Model, WISHES, Wishes},
};
use axum::http::{HeaderMap, StatusCode};
use serde_json::{Map, Value, json};

/// A generation in due form.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Asked {
    pub(super) model: &'static str,
    pub(super) lyrics: String,
    pub(super) voice: Option<String>,
    pub(super) instrumental: Option<String>,
    pub(super) audio: AudioSettings,
    pub(super) wishes: Wishes,
}

/// The one model whose routes are played.
pub(super) fn model() -> &'static Model {
    catalog::model("music-01").expect("the catalog holds music-01")
}

/// The longest lyrics (documented in prose).
const MOST_LYRICS: usize = 600;

/// Reads a body, and what a header of our own adds to it.
pub(super) fn read(body: &[u8], headers: &HeaderMap, rules: &Rules) -> Result<Asked, Refusal> {
    let Ok(Value::Object(body)) = serde_json::from_slice(body) else {
        return Err(Refusal::http(StatusCode::BAD_REQUEST, "Body validation error!"));
    };
    let mut issues = Vec::new();
    check_model(&body, &mut issues);
    let lyrics = text(&body, "lyrics", &mut issues).unwrap_or_default();
    if lyrics.chars().count() > MOST_LYRICS && rules.too_long == TooLong::BadRequest {
        issues.push(json!({
            "code": "too_big", "maximum": MOST_LYRICS, "type": "string", "inclusive": true, "exact": false,
            "path": ["lyrics"], "message": format!("String must contain at most {MOST_LYRICS} character(s)"),
        }));
    }
    let audio = audio(body.get("audio_setting"), rules, &mut issues);
    let voice = reference(&body, "refer_voice", rules, &mut issues);
    let instrumental = reference(&body, "refer_instrumental", rules, &mut issues);
    let named = |name: &str| body.get(name).is_some_and(|value| !value.is_null());
    if rules.no_reference == Verdict::BadRequest && !named("refer_voice") && !named("refer_instrumental") {
        issues.push(json!({
            "code": "custom", "path": [],
            "message": "At least one of refer_voice or refer_instrumental is required",
        }));
    }
    let wishes = wishes(headers, &mut issues);
    if rules.unknown_fields_refused {
        check_unknown(&body, &mut issues);
    }
    if !issues.is_empty() {
        return Err(Refusal::invalid(issues));
    }
    Ok(Asked {
        model: model().id,
        lyrics,
        voice,
        instrumental,
        audio,
        wishes,
    })
}

/// What is wished of a scratch take. No part of the contract, so a client that knows nothing of it sends none.
fn wishes(headers: &HeaderMap, issues: &mut Vec<Value>) -> Wishes {
    let Some(header) = headers.get(WISHES) else {
        return Wishes::default();
    };
    let read = header.to_str().map_err(|error| error.to_string());
    read.and_then(str::parse).unwrap_or_else(|message: String| {
        issues.push(json!({"code": "custom", "path": [WISHES], "message": message}));
        Wishes::default()
    })
}

/// What the model's own API finds wrong with a request in due form (rows G5, G6 and G9).
pub(super) fn judge(asked: &Asked, rules: &Rules) -> Result<(), Refusal> {
    let length = asked.lyrics.chars().count();
    if length > MOST_LYRICS && rules.too_long == TooLong::ServerError {
        return Err(Refusal::http(
            StatusCode::INTERNAL_SERVER_ERROR,
            super::fault_table::PARTNER_FAILED,
        ));
    }
    let too_long = length > MOST_LYRICS || rules.strict_200 && length > 200;
    if too_long || asked.voice.is_none() && asked.instrumental.is_none() {
        return Err(Refusal::Base(2013));
    }
    Ok(())
}

fn check_model(body: &Map<String, Value>, issues: &mut Vec<Value>) {
    let name = body.get("model");
    if name
        .and_then(Value::as_str)
        .and_then(catalog::model)
        .map(|found| found.id)
        == Some(model().id)
    {
        return;
    }
    match name {
        Some(Value::String(other)) => issues.push(enumeration(&json!(other), &json!([model().id]), &json!(["model"]))),
        other => issues.push(wrong_type("string", other, &json!(["model"]))),
    }
}

fn text(body: &Map<String, Value>, name: &str, issues: &mut Vec<Value>) -> Option<String> {
    match body.get(name) {
        Some(Value::String(text)) => Some(text.clone()),
        other => {
            issues.push(wrong_type("string", other, &json!([name])));
            None
        }
    }
}

fn reference(body: &Map<String, Value>, name: &str, rules: &Rules, issues: &mut Vec<Value>) -> Option<String> {
    match body.get(name) {
        None => None,
        Some(Value::Null) if rules.null_ids_accepted => None,
        Some(_) => text(body, name, issues),
    }
}

fn audio(setting: Option<&Value>, rules: &Rules, issues: &mut Vec<Value>) -> AudioSettings {
    let rule: AudioRule = model().audio;
    let mut settings = rule.default;
    let Some(setting) = setting else {
        return settings;
    };
    let Value::Object(setting) = setting else {
        issues.push(wrong_type("object", Some(setting), &json!(["audio_setting"])));
        return settings;
    };
    let words: Vec<_> = rule.formats.iter().map(|format| format.word()).collect();
    let path = json!(["audio_setting", "format"]);
    match setting.get("format") {
        Some(Value::String(word)) => match Format::parse(word).filter(|format| rule.formats.contains(format)) {
            Some(format) => settings.format = format,
            None => issues.push(enumeration(&json!(word), &json!(words), &path)),
        },
        other => issues.push(wrong_type("string", other, &path)),
    }
    let mut numeric = |name: &str, allowed: &[u32], into: &mut u32| match setting.get(name) {
        None if !rules.old_audio_schema => {}
        Some(Value::Number(number)) => match allowed.iter().find(|value| number.as_u64() == Some((**value).into())) {
            Some(value) => *into = *value,
            None => issues.push(enumeration(
                &json!(number),
                &json!(allowed),
                &json!(["audio_setting", name]),
            )),
        },
        other => issues.push(wrong_type("number", other, &json!(["audio_setting", name]))),
    };
    numeric("sample_rate", rule.sample_rates, &mut settings.sample_rate);
    numeric("bitrate", rule.bitrates, &mut settings.bitrate);
    settings
}

fn check_unknown(body: &Map<String, Value>, issues: &mut Vec<Value>) {
    let known = ["model", "lyrics", "refer_voice", "refer_instrumental", "audio_setting"];
    let unknown: Vec<_> = body.keys().filter(|key| !known.contains(&key.as_str())).collect();
    if !unknown.is_empty() {
        let message = format!(
            "Unrecognized key(s) in object: {}",
            crate::base::words::ticked(&unknown)
        );
        issues.push(json!({"code": "unrecognized_keys", "keys": unknown, "path": [], "message": message}));
    }
}

/// A value outside its enumeration.
pub(super) fn enumeration(received: &Value, options: &Value, path: &Value) -> Value {
    let quoted = |value: &Value| match value {
        Value::String(text) => format!("'{text}'"),
        other => other.to_string(),
    };
    let expected: Vec<_> = options.as_array().into_iter().flatten().map(quoted).collect();
    let message = format!(
        "Invalid enum value. Expected {}, received {}",
        expected.join(" | "),
        quoted(received)
    );
    json!({"received": received, "code": "invalid_enum_value", "options": options, "path": path, "message": message})
}

/// A value of the wrong type, or none.
pub(super) fn wrong_type(expected: &str, received: Option<&Value>, path: &Value) -> Value {
    let received = match received {
        None => "undefined",
        Some(Value::Null) => "null",
        Some(Value::Bool(_)) => "boolean",
        Some(Value::Number(_)) => "number",
        Some(Value::String(_)) => "string",
        Some(Value::Array(_)) => "array",
        Some(Value::Object(_)) => "object",
    };
    let message = if received == "undefined" {
        "Required".to_owned()
    } else {
        format!("Expected {expected}, received {received}")
    };
    json!({"code": "invalid_type", "expected": expected, "received": received, "path": path, "message": message})
}
