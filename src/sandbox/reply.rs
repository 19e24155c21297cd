//! How a take is answered: the JSON around it, the hex inside it, and everything a fault does to either.
//!
//! Knows nothing of how the take came about. The hex is made piece by piece while it is sent: an answer of 20 MB is
//! never in memory as a whole, nor twice.

use super::{
    account,
    answer::{self, Call},
    fault::Fault,
    fault_table::{Effect, GATEWAY_PAGE, Sending, Twist},
    gate,
    options::ExtraInfo,
    server::Server,
    sound::Take,
};
use crate::base::audio_settings::AudioSettings;
use axum::{
    body::{Body, Bytes},
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use futures_util::{StreamExt, stream};
use serde_json::{Map, Value, json};
use std::{io, iter, sync::Arc, time::Duration};
use tokio::time;

/// How many bytes of audio are turned into hex at a time, at most.
const PIECE: usize = 32 * 1024;
/// Into how many pieces an answer is cut at least, so that there is a middle to stop in.
const PIECES: usize = 16;
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

/// What stands at `data.audio`.
#[derive(Clone, Debug)]
enum Text {
    Plain(String),
    Hex { audio: Bytes, flaw: Option<Twist> },
}

impl Reply {
    /// The answer, as `fault` leaves it.
    pub(super) async fn send(self, fault: Option<&Fault>) -> Response {
        let effect = fault.map(|fault| fault.kind.effect);
        let (twist, sending) = match effect {
            Some(Effect::Twist(twist)) => (Some(twist), None),
            Some(Effect::Sent(sending)) => (None, Some(sending)),
            _ => (None, None),
        };
        match sending {
            Some(Sending::Stall) => {
                self.server.closed().await;
                gate::cut()
            }
            Some(Sending::Cut) => gate::cut(),
            other => self.body(twist, other, fault.map_or(0, |fault| fault.seconds)),
        }
    }

    fn body(self, twist: Option<Twist>, sending: Option<Sending>, seconds: u32) -> Response {
        let status = if twist == Some(Twist::InProgress) { 1 } else { 2 };
        let rest = self.rest(twist).to_string();
        let tail = format!("\",\"status\":{status}}},{}", rest.strip_prefix('{').unwrap_or(&rest));
        let text = self.text(twist);
        let head = "{\"data\":{\"audio\":\"";
        let length = head.len() + text.length() + tail.len();
        let count = text.count();
        let pieces = iter::once(Bytes::from_static(head.as_bytes()))
            .chain(text.pieces())
            .chain(iter::once(Bytes::from(tail)));
        let server = Arc::clone(&self.server);
        let closed = Box::pin(async move { server.closed().await });
        let half = PIECES / 2;
        let body = match sending {
            Some(Sending::CutBody) => {
                Body::from_stream(stream::iter(pieces.take(half).map(Ok)).chain(stream::once(async {
                    time::sleep(FLUSH).await;
                    Err(io::Error::from(io::ErrorKind::ConnectionReset))
                })))
            }
            Some(Sending::StallBody) => {
                let pieces = stream::iter(pieces.take(half)).chain(stream::pending());
                Body::from_stream(pieces.take_until(closed).map(Ok::<_, io::Error>))
            }
            Some(Sending::Slow) => {
                let pause = Duration::from_secs(seconds.into()) / count;
                let pieces = stream::iter(pieces).then(move |piece| async move {
                    time::sleep(pause).await;
                    piece
                });
                Body::from_stream(pieces.take_until(closed).map(Ok::<_, io::Error>))
            }
            _ => Body::from_stream(stream::iter(pieces.map(Ok::<_, io::Error>))),
        };
        self.head(twist, length, body)
    }

    fn head(&self, twist: Option<Twist>, length: usize, body: Body) -> Response {
        let options = &self.server.options;
        let mut response = Response::new(body);
        *response.status_mut() = StatusCode::from_u16(options.success_status).unwrap_or(StatusCode::CREATED);
        let content_type = match twist {
            Some(Twist::WrongType) => "text/html",
            _ => "application/json; charset=utf-8",
        };
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        headers.insert(header::CONTENT_LENGTH, length.into());
        if options.rules.cost_headers {
            let nanos = options.price.nanos();
            let usd = format!("{}.{:09}", nanos / 1_000_000_000, nanos % 1_000_000_000);
            headers.insert("x-aimlapi-credits-used", account::credits(options.price).into());
            if let Ok(usd) = HeaderValue::from_str(&usd) {
                headers.insert("x-aimlapi-usd-spent", usd);
            }
        }
        response
    }

    fn text(&self, twist: Option<Twist>) -> Text {
        let hex = |audio: Bytes| Text::Hex { audio, flaw: twist };
        let audio = &self.take.audio;
        match twist {
            Some(Twist::Empty | Twist::InProgress) => Text::Plain(String::new()),
            Some(Twist::Url) => Text::Plain(format!("http://{}/files/{}", self.server.elsewhere, self.publish())),
            Some(Twist::UrlRedirect) => Text::Plain(format!("http://{}/hop/{}", self.server.address, self.publish())),
            Some(Twist::Page) => hex(Bytes::from_static(GATEWAY_PAGE.as_bytes())),
            Some(Twist::Truncated) => hex(audio.slice(..audio.len() / 2)),
            _ => hex(audio.clone()),
        }
    }

    /// Makes the take downloadable, and gives its name.
    fn publish(&self) -> String {
        let name = format!("take-{}.{}", self.call.request_id, self.settings.format.word());
        self.server.books().files.insert(name.clone(), self.take.audio.clone());
        name
    }

    /// Everything after `data`.
    fn rest(&self, twist: Option<Twist>) -> Value {
        let mut rest = Map::new();
        if twist != Some(Twist::NoExtraInfo) {
            rest.insert("extra_info".to_owned(), self.extra_info(twist).into());
        }
        if twist != Some(Twist::NoTraceId) {
            rest.insert("trace_id".to_owned(), answer::trace_id(&self.call).into());
        }
        rest.insert(
            "base_resp".to_owned(),
            json!({"status_code": 0, "status_msg": "success"}),
        );
        rest.into()
    }

    /// Milliseconds, bytes, bits per second and Hz, in one family of names or both.
    fn extra_info(&self, twist: Option<Twist>) -> Map<String, Value> {
        let (audio, music) = match self.server.options.rules.extra_info {
            ExtraInfo::Audio => (true, false),
            ExtraInfo::Music => (false, true),
            ExtraInfo::Both => (true, true),
        };
        let size = if twist == Some(Twist::ZeroSize) {
            0
        } else {
            self.take.audio.len()
        };
        let mut info = Map::new();
        let mut put = |name: &str, value: Value| info.insert(name.to_owned(), value);
        if audio {
            put("audio_length", self.take.milliseconds.into());
            put("audio_size", size.into());
            put("audio_bitrate", self.settings.bitrate.into());
            put("audio_sample_rate", self.settings.sample_rate.into());
        }
        if music {
            put("music_duration", self.take.milliseconds.into());
            put("music_sample_rate", self.settings.sample_rate.into());
            put("music_channel", self.take.channels.into());
            put("bitrate", self.settings.bitrate.into());
            put("music_size", size.into());
        }
        info
    }
}

impl Text {
    fn length(&self) -> usize {
        match self {
            Self::Plain(text) => text.len(),
            Self::Hex { audio, flaw } => audio.len() * 2 - usize::from(*flaw == Some(Twist::OddHex)),
        }
    }

    /// How many pieces there are, the frame included.
    fn count(&self) -> u32 {
        let inside = match self {
            Self::Plain(_) => 1,
            Self::Hex { audio, .. } => audio.len().div_ceil(piece_size(audio)),
        };
        u32::try_from(inside + 2).unwrap_or(u32::MAX)
    }

    fn pieces(self) -> Box<dyn Iterator<Item = Bytes> + Send> {
        match self {
            Self::Plain(text) => Box::new(iter::once(Bytes::from(text))),
            Self::Hex { audio, flaw } => {
                let size = piece_size(&audio);
                let starts = (0..audio.len()).step_by(size);
                Box::new(starts.map(move |start| hex(&audio, start..audio.len().min(start + size), flaw)))
            }
        }
    }
}

fn piece_size(audio: &Bytes) -> usize {
    (audio.len() / PIECES).clamp(1, PIECE)
}

fn hex(audio: &Bytes, range: std::ops::Range<usize>, flaw: Option<Twist>) -> Bytes {
    let piece = &audio[range.clone()];
    let mut text = match flaw {
        Some(Twist::UpperHex) => const_hex::encode_upper(piece),
        _ => const_hex::encode(piece),
    };
    match flaw {
        Some(Twist::OddHex) if range.end == audio.len() => drop(text.pop()),
        Some(Twist::BadHex) if range.contains(&(audio.len() / 2)) => text.replace_range(..1, "g"),
        _ => {}
    }
    text.into()
}
