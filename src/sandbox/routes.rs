//! Which path leads where, and the two routes that belong to nobody else: files, and everything that is not there.
//!
//! Knows nothing of what the routes do.

use super::{
    answer::{Call, Refusal},
    billing, gate, generate, models,
    server::Server,
    upload,
};
use axum::{
    Extension, Router,
    extract::{DefaultBodyLimit, Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use std::sync::Arc;

/// All routes behind the gate. `elsewhere` says that they are served as another host.
pub(super) fn app(server: Arc<Server>, elsewhere: bool) -> Router {
    let routes = Router::new()
        .route("/v2/generate/audio/minimax/upload", post(upload::upload))
        .route("/v2/generate/audio/minimax/generate", post(generate::generate))
        .route("/v1/models", get(models::list))
        .route("/models", get(models::list))
        .route("/api/v1/models", get(models::list))
        .route("/v1/models/deprecations", get(models::deprecations))
        .route("/model/{*id}", get(models::one))
        .route("/v2/billing", get(billing::balance))
        .route("/v2/billing/transactions", get(billing::transactions))
        .route("/v2/logs", get(billing::logs))
        .route("/files/{name}", get(file))
        .route("/hop/{name}", get(hop))
        .fallback(nowhere)
        .method_not_allowed_fallback(nowhere)
        // The gate has read the body and knows its limit.
        .layer(DefaultBodyLimit::disable())
        .with_state(Arc::clone(&server));
    gate::guard(routes, server, elsewhere)
}

async fn nowhere(State(server): State<Arc<Server>>, Extension(call): Extension<Arc<Call>>) -> Response {
    Refusal::http(StatusCode::NOT_FOUND, "Not Found").answer(&call, &server.options)
}

/// A take that was answered as a URL. No key is asked for.
async fn file(
    State(server): State<Arc<Server>>,
    Extension(call): Extension<Arc<Call>>,
    Path(name): Path<String>,
) -> Response {
    let audio = server.books().files.get(&name).cloned();
    match audio {
        Some(audio) => ([(header::CONTENT_TYPE, content_type(&name))], audio).into_response(),
        None => nowhere(State(server), Extension(call)).await,
    }
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.') {
        Some((_, "mp3")) => "audio/mpeg",
        Some((_, "wav")) => "audio/wav",
        _ => "application/octet-stream",
    }
}

/// Sends a download on to the other host.
async fn hop(State(server): State<Arc<Server>>, Path(name): Path<String>) -> Response {
    let location = format!("http://{}/files/{name}", server.elsewhere);
    (StatusCode::FOUND, [(header::LOCATION, location)]).into_response()
}
