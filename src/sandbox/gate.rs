//! What every request passes: it is read to its end, noted, named, and struck by a fault if one is due.
//!
//! Knows nothing of what the routes do. A request is read whole before it is judged, so that a refusal is never lost
//! in a broken pipe; a fault of the moment of arrival is answered here, before any route sees the request.

use super::{
    answer::{self, Call, Refusal},
    effect::{Effect, Moment},
    fault::{Fault, Route},
    fault_table::GATEWAY_PAGE,
    line::Switch,
    options::Options,
    request,
    server::{Seen, Server},
};
use crate::base::secret::Secret;
use axum::{
    Router,
    body::{Body, BodyDataStream, Bytes},
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use futures_util::StreamExt;
use jiff::SignedDuration;
use std::{future, sync::Arc};

/// No request is larger: ten minutes of stereo wav at 44.1 kHz are 106 MB.
const MOST_BYTES: usize = 110 * 1024 * 1024;

/// Marks an answer in whose place the connection is to close.
#[derive(Clone, Copy, Debug)]
struct Cut;

/// Closes the connection in place of an answer.
pub(super) fn cut() -> Response {
    let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
    response.extensions_mut().insert(Cut);
    response
}

/// Puts the routes behind the gate.
pub(super) fn guard(routes: Router, server: Arc<Server>, elsewhere: bool) -> Router {
    routes.layer(middleware::from_fn_with_state((server, elsewhere), pass))
}

async fn pass(
    State((server, elsewhere)): State<(Arc<Server>, bool)>,
    ConnectInfo(switch): ConnectInfo<Switch>,
    request: Request,
    next: Next,
) -> Response {
    let route = Route::of(request.uri().path());
    let mut call = call(&server, &request);
    call.place = server.note(seen(&request, &call, elsewhere));
    let call = Arc::new(call);
    let mut response = tokio::select! {
        // A generation that ends because the sandbox stops must not be taken for one that failed.
        biased;
        () = server.closed() => cut(),
        response = serve(&server, &call, route, request, next) => response,
    };
    if response.extensions().get::<Cut>().is_some() {
        switch.cut();
    } else {
        server.note_status(&call, response.status().as_u16());
        name(response.headers_mut(), &call, route);
        date(response.headers_mut(), &server);
    }
    response
}

async fn serve(server: &Arc<Server>, call: &Arc<Call>, route: Option<Route>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let limit = upload_limit(&server.options, route);
    let body = match read(body.into_data_stream(), limit).await {
        Ok(body) => body,
        Err(refusal) => return refusal.answer(call, &server.options),
    };
    if let Some((route, fault)) = route.and_then(|route| Some((route, server.fault(route, Moment::Arrival)?))) {
        server.note_fault(call, fault.kind);
        note_failure(server, call, route, &fault);
        return strike(server, call, &fault).await;
    }
    parts.extensions.insert(Arc::clone(call));
    next.run(Request::from_parts(parts, Body::from(body))).await
}

fn call(server: &Server, request: &Request) -> Call {
    let text = |name: HeaderName| request.headers().get(name).and_then(|value| value.to_str().ok());
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    Call {
        request_id: server.fresh_id(),
        inference_id: server.fresh_id(),
        client_request_id: text(HeaderName::from_static("x-client-request-id"))
            .filter(|id| is_client_request_id(id))
            .map(str::to_owned),
        path: path.to_owned(),
        key: text(header::AUTHORIZATION)
            .and_then(|value| value.strip_prefix("Bearer"))
            .map(Secret::new),
        at: server.now(),
        place: 0,
    }
}

fn seen(request: &Request, call: &Call, elsewhere: bool) -> Seen {
    Seen {
        method: request.method().to_string(),
        path: request.uri().path().to_owned(),
        query: request.uri().query().unwrap_or_default().to_owned(),
        status: None,
        client_request_id: call.client_request_id.clone(),
        authorization: request.headers().contains_key(header::AUTHORIZATION),
        elsewhere,
        fault: None,
    }
}

/// 1 to 128 of `A–Z a–z 0–9 . _ : -` (documented); anything else is dropped without a word.
fn is_client_request_id(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte);
    (1..=128).contains(&text.len()) && text.bytes().all(allowed)
}

fn upload_limit(options: &Options, route: Option<Route>) -> usize {
    match (route, options.max_upload) {
        // The multipart frame around the file is small, and no part of the limit.
        (Some(Route::Upload), Some(limit)) => limit.saturating_add(4096).min(MOST_BYTES),
        _ => MOST_BYTES,
    }
}

async fn read(mut body: BodyDataStream, limit: usize) -> Result<Bytes, Refusal> {
    let mut bytes = Vec::new();
    let mut length = 0_usize;
    while let Some(piece) = body.next().await {
        let piece = piece.map_err(|_| Refusal::http(StatusCode::BAD_REQUEST, "request aborted"))?;
        length = length.saturating_add(piece.len());
        if length <= limit {
            bytes.extend_from_slice(&piece);
        } else {
            // Read on, so that the client gets to the answer, but keep nothing.
            bytes = Vec::new();
        }
    }
    if length > limit {
        return Err(Refusal::http(StatusCode::PAYLOAD_TOO_LARGE, "Payload Too Large"));
    }
    Ok(bytes.into())
}

/// A generation that failed behind the gateway has a row that costs nothing; one that never got that far has none.
fn note_failure(server: &Server, call: &Call, route: Route, fault: &Fault) {
    let behind = matches!(
        fault.kind.effect,
        Effect::Refuse(500.., _) | Effect::Page(500..) | Effect::Base(_)
    );
    if route == Route::Generate && behind {
        let mut row = server.row(call, request::model().id, None);
        row.strike(fault);
        server.books().account.fail(row);
    }
}

async fn strike(server: &Server, call: &Call, fault: &Fault) -> Response {
    let mut options = server.options.clone();
    options.rules.error_shape = fault.shape.unwrap_or(options.rules.error_shape);
    match fault.kind.effect {
        Effect::Refuse(status, message) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            let mut response = Refusal::http(status, message).answer(call, &options);
            if let Some(value) = fault.retry_after.as_deref().and_then(|text| retry_after(server, text)) {
                response.headers_mut().insert(header::RETRY_AFTER, value);
            }
            response
        }
        Effect::Page(status) => answer::page(status, GATEWAY_PAGE),
        Effect::Base(code) => Refusal::Base(code).answer(call, &options),
        Effect::Redirect => {
            let location = format!("http://{}{}", server.elsewhere, call.path);
            (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, location)]).into_response()
        }
        Effect::Cut => cut(),
        Effect::Hang | Effect::Late(..) | Effect::LatePage(_) | Effect::Sent(_) | Effect::Twist(_) => {
            future::pending().await
        }
    }
}

/// `Retry-After`: the text itself, or a date a second from now.
fn retry_after(server: &Server, text: &str) -> Option<HeaderValue> {
    let soon = || server.now() + SignedDuration::from_secs(1);
    let date = (text == "date").then(|| soon().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string());
    HeaderValue::from_str(date.as_deref().unwrap_or(text)).ok()
}

/// The time by the sandbox's own clock, as every HTTP answer has it.
fn date(headers: &mut HeaderMap, server: &Server) {
    let now = server.now().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    if let Ok(value) = HeaderValue::from_str(&now) {
        headers.insert(header::DATE, value);
    }
}

/// Adds the names of a call that the answer does not bring along.
fn name(headers: &mut HeaderMap, call: &Call, route: Option<Route>) {
    let mut put = |name: &'static str, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.entry(HeaderName::from_static(name)).or_insert(value);
        }
    };
    put("x-request-id", &call.request_id);
    if matches!(route, Some(Route::Upload | Route::Generate)) {
        put("x-inference-id", &call.inference_id);
        if let Some(id) = &call.client_request_id {
            put("x-client-request-id", id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_client_request_id;

    #[test]
    fn only_a_well_formed_client_request_id_counts() {
        for right in ["a", "order-42", "A.b_c:d-9", &"x".repeat(128)] {
            assert!(is_client_request_id(right), "{right}");
        }
        for wrong in ["", "with space", "a/b", "ü", &"x".repeat(129)] {
            assert!(!is_client_request_id(wrong), "{wrong}");
        }
    }
}
