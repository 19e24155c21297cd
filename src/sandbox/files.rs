//! Audio that was answered as a link: what lies behind each name, and the two routes to it.
//!
//! Knows nothing of generations. A link is signed, as those of real object stores are: without its signature it is
//! answered 403, and no key is asked for.

use super::{
    answer::{self, Call, Refusal},
    effect::Linked,
    fault_table::GATEWAY_PAGE,
    part::PIECES,
    reply,
    server::Server,
};
use axum::{
    Extension,
    body::{Body, Bytes},
    extract::{Path, RawQuery, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures_util::StreamExt;
use std::{io, sync::Arc};

/// The query that signs every link to audio. Who reads it can fetch what was paid for, so it belongs into no output.
pub const LINK_SIGNATURE: &str = "X-Sandbox-Signature=sig-9b1c4ef07a2d63585e";

/// What lies behind a name.
#[derive(Clone, Debug)]
pub(super) struct File {
    audio: Bytes,
    linked: Linked,
    seconds: u32,
}

impl File {
    /// What one request for it gets. A cut comes once.
    fn take(&mut self, is_signed: bool) -> Self {
        let taken = self.clone();
        if is_signed && self.linked == Linked::Cut {
            self.linked = Linked::Elsewhere;
        }
        taken
    }
}

/// Puts audio behind a name, and gives the link to it.
pub(super) fn publish(server: &Server, name: String, audio: &Bytes, (linked, seconds): (Linked, u32)) -> String {
    let link = match linked {
        Linked::LocalFile => return format!("file:///etc/{name}?{LINK_SIGNATURE}"),
        Linked::Hop => format!("http://{}/hop/{name}?{LINK_SIGNATURE}", server.address),
        _ => format!("http://{}/files/{name}?{LINK_SIGNATURE}", server.elsewhere),
    };
    let file = File {
        audio: audio.clone(),
        linked,
        seconds,
    };
    server.books().files.insert(name, file);
    link
}

/// What a link leads to.
pub(super) async fn file(
    State(server): State<Arc<Server>>,
    Extension(call): Extension<Arc<Call>>,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let refused = |status| Refusal::http(status, "Request has expired").answer(&call, &server.options);
    let is_signed = query.as_deref() == Some(LINK_SIGNATURE);
    let file = server.books().files.get_mut(&name).map(|file| file.take(is_signed));
    let Some(file) = file else {
        return refused(StatusCode::NOT_FOUND);
    };
    if !is_signed {
        return refused(StatusCode::FORBIDDEN);
    }
    let length = file.audio.len();
    let size = (length / PIECES).max(1);
    let starts = (0..length).step_by(size);
    let count = starts.len();
    let audio = file.audio;
    let pieces = starts.map(move |start| audio.slice(start..length.min(start + size)));
    let body = match file.linked {
        Linked::Gone(status) => return refused(StatusCode::from_u16(status).unwrap_or(StatusCode::GONE)),
        Linked::Page => return answer::page(200, GATEWAY_PAGE),
        Linked::Slow => Body::from_stream(reply::slowly(pieces, count, file.seconds).map(Ok::<_, io::Error>)),
        Linked::Cut => Body::from_stream(reply::torn(pieces.take(PIECES / 2))),
        Linked::Elsewhere | Linked::Hop | Linked::LocalFile => {
            Body::from_stream(futures_util::stream::iter(pieces.map(Ok::<_, io::Error>)))
        }
    };
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type(&name)));
    headers.insert(header::CONTENT_LENGTH, length.into());
    response
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.') {
        Some((_, "mp3")) => "audio/mpeg",
        Some((_, "wav")) => "audio/wav",
        _ => "application/octet-stream",
    }
}

/// Sends a download on to the other host.
pub(super) async fn hop(
    State(server): State<Arc<Server>>,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let query = query.unwrap_or_default();
    let location = format!("http://{}/files/{name}?{query}", server.elsewhere);
    (StatusCode::FOUND, [(header::LOCATION, location)]).into_response()
}
