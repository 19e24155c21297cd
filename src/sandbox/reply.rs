//! How a take is sent: whole, slowly, in part, too late, or not at all.
//!
//! Knows nothing of what the answer consists of (`shape`) or of how the take came about.

use super::{
    answer::{self, Call, Refusal},
    effect::{Effect, Sending, Twist},
    fault::Fault,
    fault_table::GATEWAY_PAGE,
    files, gate,
    part::{PIECES, Part},
    server::Server,
    shape::{Made, Shape},
    sound::Take,
};
use crate::base::audio_settings::AudioSettings;
use axum::{
    body::{Body, Bytes},
    http::StatusCode,
    response::Response,
};
use futures_util::{Stream, StreamExt, stream};
use std::{io, sync::Arc, time::Duration};
use tokio::time;

/// Time for the first half of an answer to leave before its connection is cut.
const FLUSH: Duration = Duration::from_millis(50);

/// A take on its way out.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) server: Arc<Server>,
    pub(super) call: Arc<Call>,
    pub(super) take: Take,
    pub(super) settings: AudioSettings,
}

impl Reply {
    /// The answer, as `fault` leaves it.
    pub(super) async fn send(self, fault: Option<&Fault>) -> Response {
        let seconds = fault.map_or(0, |fault| fault.seconds);
        match fault.map(|fault| fault.kind.effect) {
            Some(Effect::Late(status, message)) => self.too_late(status, message, fault),
            Some(Effect::LatePage(status)) => answer::page(status, GATEWAY_PAGE),
            Some(Effect::Sent(Sending::Stall)) => {
                self.server.closed().await;
                gate::cut()
            }
            Some(Effect::Sent(Sending::Cut)) => gate::cut(),
            Some(Effect::Sent(sending)) => self.answer(None, Some(sending), seconds),
            Some(Effect::Twist(twist)) => self.answer(Some(twist), None, seconds),
            _ => self.answer(None, None, seconds),
        }
    }

    /// An error although the work is done and charged.
    fn too_late(&self, status: u16, message: &str, fault: Option<&Fault>) -> Response {
        let mut options = self.server.options.clone();
        options.rules.error_shape = fault.and_then(|fault| fault.shape).unwrap_or(options.rules.error_shape);
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Refusal::http(status, message).answer(&self.call, &options)
    }

    fn answer(self, twist: Option<Twist>, sending: Option<Sending>, seconds: u32) -> Response {
        let link = match twist {
            Some(Twist::Link(linked)) => {
                let name = format!("take-{}.{}", self.call.request_id, self.settings.format.word());
                Some(files::publish(&self.server, name, &self.take.audio, (linked, seconds)))
            }
            _ => None,
        };
        let made = Made {
            options: &self.server.options,
            call: &self.call,
            take: &self.take,
            settings: self.settings,
            link: link.as_deref(),
        };
        let Shape { status, headers, parts } = made.shape(twist);
        let mut response = Response::new(self.body(parts, sending, seconds));
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        response
    }

    fn body(self, parts: Vec<Part>, sending: Option<Sending>, seconds: u32) -> Body {
        let count: usize = parts.iter().map(Part::count).sum();
        let pieces = parts.into_iter().flat_map(Part::pieces);
        let server = Arc::clone(&self.server);
        let closed = Box::pin(async move { server.closed().await });
        let half = PIECES / 2;
        match sending {
            Some(Sending::CutBody) => Body::from_stream(torn(pieces.take(half))),
            Some(Sending::StallBody) => {
                let pieces = stream::iter(pieces.take(half)).chain(stream::pending());
                Body::from_stream(pieces.take_until(closed).map(Ok::<_, io::Error>))
            }
            Some(Sending::Slow) => Body::from_stream(
                slowly(pieces, count, seconds)
                    .take_until(closed)
                    .map(Ok::<_, io::Error>),
            ),
            _ => Body::from_stream(stream::iter(pieces.map(Ok::<_, io::Error>))),
        }
    }
}

/// These pieces, then the end of the connection.
pub(super) fn torn(pieces: impl Iterator<Item = Bytes> + Send) -> impl Stream<Item = io::Result<Bytes>> + Send {
    stream::iter(pieces.map(Ok)).chain(stream::once(async {
        time::sleep(FLUSH).await;
        Err(io::Error::from(io::ErrorKind::ConnectionReset))
    }))
}

/// These pieces, `count` of them, spread over some seconds.
pub(super) fn slowly(
    pieces: impl Iterator<Item = Bytes> + Send,
    count: usize,
    seconds: u32,
) -> impl Stream<Item = Bytes> + Send {
    let pause = Duration::from_secs(seconds.into()) / u32::try_from(count.max(1)).unwrap_or(u32::MAX);
    stream::iter(pieces).then(move |piece| async move {
        time::sleep(pause).await;
        piece
    })
}
