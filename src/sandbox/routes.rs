//! Which path leads where, and what is said of paths that lead nowhere.
//!
//! Knows nothing of what the routes do.

use super::{
    answer::{Call, Refusal},
    billing, files, gate, generate, models,
    server::Server,
    upload,
};
use axum::{
    Extension, Router,
    extract::{DefaultBodyLimit, State},
    http::StatusCode,
    response::Response,
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
        .route("/files/{name}", get(files::file))
        .route("/hop/{name}", get(files::hop))
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
