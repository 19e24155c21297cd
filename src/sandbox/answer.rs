//! What answers look like: both error bodies, `base_resp`, pages.
//!
//! Knows nothing of what is asked. Every body carries the request id that the gate also sends as `x-request-id`.

use super::{
    fault_table::base_message,
    options::{ErrorShape, Options},
};
use crate::base::{digest::Digest, secret::Secret, time::Timestamp};
use axum::{
    body::Body,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};

pub(super) const NO_KEY: &str = "This request requires a valid API key. You can create a new API key on the Billing page: https://aimlapi.com/app/keys";
pub(super) const EMPTY_KEY: &str = "You provided an empty string instead of valid API key. You can create a new API key on the Billing page: https://aimlapi.com/app/keys";
pub(super) const NO_FUNDS: &str = "You've run out of funds. Please top up your balance or update your payment method to continue: https://aimlapi.com/app/billing";

/// One request, as far as its answer speaks of it.
#[derive(Clone, Debug)]
pub(super) struct Call {
    /// Names this HTTP call.
    pub(super) request_id: String,
    /// Names the work done for it.
    pub(super) inference_id: String,
    /// `X-Client-Request-Id`, if it is one; a malformed one is dropped.
    pub(super) client_request_id: Option<String>,
    /// The path with its query.
    pub(super) path: String,
    /// `Authorization` without `Bearer`, if given.
    pub(super) key: Option<Secret>,
    /// When it arrived.
    pub(super) at: Timestamp,
    /// Its place in the sandbox's log.
    pub(super) place: usize,
}

impl Call {
    /// Whether the key is accepted (rows U1 and G1).
    pub(super) fn authorize(&self, options: &Options) -> Result<(), Refusal> {
        let refused = |message| Err(Refusal::http(StatusCode::UNAUTHORIZED, message));
        match (&self.key, &options.key) {
            (None, _) => refused(NO_KEY),
            (Some(key), _) if key.expose().is_empty() => refused(EMPTY_KEY),
            (Some(key), Some(accepted)) if key.expose() != accepted.expose() => refused(NO_KEY),
            (Some(_), _) => Ok(()),
        }
    }
}

/// Why a request is not served.
#[derive(Clone, Debug)]
pub(super) enum Refusal {
    /// By the gateway.
    Http {
        /// 4xx or 5xx.
        status: StatusCode,
        /// For people.
        message: String,
        /// What is wrong with the body, in Zod's shape.
        issues: Vec<Value>,
    },
    /// By the model's own API, inside a success.
    Base(u32),
}

impl Refusal {
    pub(super) fn http(status: StatusCode, message: &str) -> Self {
        Self::Http {
            status,
            message: message.to_owned(),
            issues: Vec::new(),
        }
    }

    pub(super) fn invalid(issues: Vec<Value>) -> Self {
        Self::Http {
            status: StatusCode::BAD_REQUEST,
            message: "Invalid payload provided".to_owned(),
            issues,
        }
    }

    /// The answer.
    pub(super) fn answer(&self, call: &Call, options: &Options) -> Response {
        match self {
            Self::Http {
                status,
                message,
                issues,
            } => error(options.rules.error_shape, *status, message, issues, call),
            Self::Base(code) => {
                let status = match options.rules.error_shape {
                    ErrorShape::LegacyString => Value::from(code.to_string()),
                    ErrorShape::Problem | ErrorShape::Legacy => Value::from(*code),
                };
                let said = json!({"status_code": status, "status_msg": base_message(*code)});
                let body = json!({"base_resp": said, "trace_id": trace_id(call)});
                success(options, &body)
            }
        }
    }
}

/// An HTTP error in one of its two shapes.
pub(super) fn error(shape: ErrorShape, status: StatusCode, message: &str, issues: &[Value], call: &Call) -> Response {
    let title = status.canonical_reason().unwrap_or("Error");
    let timestamp = stamp(call.at);
    if shape == ErrorShape::Problem {
        let mut inner = Map::new();
        inner.insert("name".to_owned(), format!("{}Exception", title.replace(' ', "")).into());
        inner.insert("message".to_owned(), message.into());
        if !issues.is_empty() {
            inner.insert("data".to_owned(), issues.into());
        }
        let body = json!({
            "title": title, "status": status.as_u16(), "message": message, "instance": call.path,
            "requestId": call.request_id, "timestamp": timestamp, "error": inner,
        });
        return json_answer(status, "application/problem+json; charset=utf-8", &body);
    }
    let code = match shape {
        ErrorShape::LegacyString => Value::from(status.as_str()),
        ErrorShape::Problem | ErrorShape::Legacy => Value::from(status.as_u16()),
    };
    let body = json!({
        "message": message, "path": call.path, "requestId": call.request_id, "statusCode": code, "timestamp": timestamp,
    });
    json_answer(status, "application/json; charset=utf-8", &body)
}

/// A success of a POST route.
pub(super) fn success(options: &Options, body: &Value) -> Response {
    let status = StatusCode::from_u16(options.success_status).unwrap_or(StatusCode::CREATED);
    json_answer(status, "application/json; charset=utf-8", body)
}

/// A success of a GET route.
pub(super) fn found(body: &Value) -> Response {
    json_answer(StatusCode::OK, "application/json; charset=utf-8", body)
}

/// An HTML page, such as a front proxy sends.
pub(super) fn page(status: u16, html: &'static str) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    (status, [(header::CONTENT_TYPE, "text/html")], html).into_response()
}

fn json_answer(status: StatusCode, content_type: &'static str, body: &Value) -> Response {
    (
        status,
        [(header::CONTENT_TYPE, content_type)],
        Body::from(body.to_string()),
    )
        .into_response()
}

/// MiniMax's name for a call.
pub(super) fn trace_id(call: &Call) -> String {
    Digest::of(call.inference_id.as_bytes()).hex()[..32].to_owned()
}

/// `2026-08-30T18:23:01.734Z`.
pub(super) fn stamp(time: Timestamp) -> String {
    format!("{time:.3}")
}
