//! What an answer with audio consists of, as a fault leaves it: its status, its headers, and its body in parts.
//!
//! Knows nothing of connections or of how the take came about. The parts are made while they are sent: an answer of 64
//! MiB is never in memory as a whole, nor twice.

use super::{
    account,
    answer::{self, Call},
    bomb,
    effect::{AudioFlaw, HttpFlaw, JsonFlaw, Twist},
    fault_table::{GATEWAY_PAGE, base_message},
    options::{ExtraInfo, Options},
    part::Part,
    sound::Take,
};
use crate::{base::audio_settings::AudioSettings, catalog::PICKED_UP};
use axum::{
    body::Bytes,
    http::{HeaderMap, HeaderValue, StatusCode, header},
};
use serde_json::{Map, Value, json};

/// The size of an answer that is much too large.
const HUGE: usize = 64 << 20;
/// How deep arrays stand in each other.
const DEEP: usize = 100_000;

/// An answer about to be sent.
#[derive(Debug)]
pub(super) struct Shape {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) parts: Vec<Part>,
}

/// What an answer is made of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Made<'a> {
    pub(super) options: &'a Options,
    pub(super) call: &'a Call,
    pub(super) take: &'a Take,
    pub(super) settings: AudioSettings,
    /// What stands in place of the hex, if the fault is one of links.
    pub(super) link: Option<&'a str>,
}

impl Made<'_> {
    /// The answer, as `twist` leaves it.
    pub(super) fn shape(self, twist: Option<Twist>) -> Shape {
        let mut shape = Shape {
            status: StatusCode::from_u16(self.options.success_status).unwrap_or(StatusCode::CREATED),
            headers: HeaderMap::new(),
            parts: self.body(twist),
        };
        self.head(twist, &mut shape);
        shape
    }

    fn head(self, twist: Option<Twist>, shape: &mut Shape) {
        let headers = &mut shape.headers;
        let json = HeaderValue::from_static("application/json; charset=utf-8");
        headers.insert(header::CONTENT_TYPE, json);
        if self.options.rules.cost_headers {
            let nanos = self.options.price.nanos();
            let usd = format!("{}.{:09}", nanos / 1_000_000_000, nanos % 1_000_000_000);
            cost(headers, &usd, &account::credits(self.options.price).to_string());
        }
        let said = self.take.picked_up.as_deref().map(HeaderValue::from_str);
        if let Some(Ok(said)) = said {
            headers.insert(PICKED_UP, said);
        }
        let mut length: usize = shape.parts.iter().map(Part::length).sum();
        if let Some(Twist::Http(flaw)) = twist {
            match flaw {
                HttpFlaw::WrongType => {
                    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html"));
                }
                HttpFlaw::Status(status) => shape.status = StatusCode::from_u16(status).unwrap_or(shape.status),
                HttpFlaw::NoContent => shape.status = StatusCode::NO_CONTENT,
                HttpFlaw::LongLength => length += 1000,
                HttpFlaw::ShortLength => length /= 2,
                HttpFlaw::OddHeaders => odd(headers),
                HttpFlaw::Cost(usd, credits) => cost(headers, usd, credits),
                HttpFlaw::GzipBomb => {
                    headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
                }
            }
        }
        if shape.status != StatusCode::NO_CONTENT {
            headers.insert(header::CONTENT_LENGTH, length.into());
        }
    }

    fn body(self, twist: Option<Twist>) -> Vec<Part> {
        match twist {
            Some(Twist::Http(HttpFlaw::NoContent)) => Vec::new(),
            Some(Twist::Http(HttpFlaw::GzipBomb)) => {
                let cycle = Bytes::copy_from_slice(&bomb::cycle());
                vec![Part::Plain(bomb::head().into()), Part::Again(cycle, bomb::CYCLES)]
            }
            Some(Twist::Json(flaw @ (JsonFlaw::NoData | JsonFlaw::NullData | JsonFlaw::NullAudio))) => {
                let mut body = self.rest(None);
                match flaw {
                    JsonFlaw::NullData => drop(body.insert("data".to_owned(), Value::Null)),
                    JsonFlaw::NullAudio => drop(body.insert("data".to_owned(), json!({"audio": null, "status": 2}))),
                    _ => {}
                }
                vec![Part::Plain(Value::Object(body).to_string().into())]
            }
            other => self.with_audio(other),
        }
    }

    /// `{"data":{"audio":"…","status":2},…}`.
    fn with_audio(self, twist: Option<Twist>) -> Vec<Part> {
        let bom = if twist == Some(Twist::Json(JsonFlaw::Bom)) {
            "\u{feff}"
        } else {
            ""
        };
        let mut parts = vec![Part::from(format!("{bom}{{\"data\":{{\"audio\":\""))];
        parts.extend(self.text(twist));
        let status = match twist {
            Some(Twist::Audio(AudioFlaw::InProgress)) => "1",
            Some(Twist::Json(JsonFlaw::StringCodes)) => "\"2\"",
            _ => "2",
        };
        let again = match twist {
            Some(Twist::Json(JsonFlaw::TwoAudios)) => ",\"audio\":\"00\"",
            _ => "",
        };
        let rest = Value::Object(self.rest(twist)).to_string();
        let rest = rest.strip_prefix('{').unwrap_or(&rest);
        parts.push(Part::from(format!("\"{again},\"status\":{status}}},")));
        parts.extend(extra(twist));
        parts.push(Part::from(rest.to_owned()));
        if twist == Some(Twist::Json(JsonFlaw::Trailing)) {
            parts.push(Part::from("\r\n0\r\n\r\n</html>".to_owned()));
        }
        parts
    }

    /// What stands at `data.audio`.
    fn text(self, twist: Option<Twist>) -> Vec<Part> {
        let hex = |audio: Bytes, flaw| vec![Part::Hex { audio, flaw }];
        let audio = &self.take.audio;
        match twist {
            Some(Twist::Audio(flaw)) => match flaw {
                AudioFlaw::Empty | AudioFlaw::InProgress => Vec::new(),
                AudioFlaw::Page => hex(Bytes::from_static(GATEWAY_PAGE.as_bytes()), None),
                AudioFlaw::Truncated => hex(audio.slice(..audio.len() / 2), None),
                AudioFlaw::Short => hex(audio.clone(), None),
                AudioFlaw::Huge => {
                    let silence = wav_header(HUGE / 2, self.settings.sample_rate);
                    let rest = HUGE - 2 * silence.len();
                    vec![
                        Part::Hex {
                            audio: silence.into(),
                            flaw: None,
                        },
                        Part::Again(Bytes::from_static(b"00000000"), rest / 8),
                    ]
                }
            },
            Some(Twist::Hex(flaw)) => hex(audio.clone(), Some(flaw)),
            Some(Twist::Link(_)) => vec![Part::from(self.link.unwrap_or_default().to_owned())],
            _ => hex(audio.clone(), None),
        }
    }

    /// Everything after `data`.
    fn rest(self, twist: Option<Twist>) -> Map<String, Value> {
        let flaw = match twist {
            Some(Twist::Json(flaw)) => Some(flaw),
            _ => None,
        };
        let mut rest = Map::new();
        let mut put = |name: &str, value: Value| drop(rest.insert(name.to_owned(), value));
        match flaw {
            Some(JsonFlaw::NoExtraInfo) => {}
            Some(JsonFlaw::NullExtras) => put("extra_info", Value::Null),
            _ => put("extra_info", self.extra_info(flaw).into()),
        }
        match flaw {
            Some(JsonFlaw::NoTraceId) => {}
            Some(JsonFlaw::NullExtras) => put("trace_id", Value::Null),
            _ => put("trace_id", answer::trace_id(self.call).into()),
        }
        match flaw {
            Some(JsonFlaw::NoBaseResp) => {}
            Some(JsonFlaw::NullBaseResp) => put("base_resp", Value::Null),
            Some(JsonFlaw::StringCodes) => put("base_resp", json!({"status_code": "0", "status_msg": "success"})),
            _ => put("base_resp", json!({"status_code": 0, "status_msg": "success"})),
        }
        rest
    }

    /// Milliseconds, bytes, bits per second and Hz, in one family of names or both.
    fn extra_info(self, flaw: Option<JsonFlaw>) -> Map<String, Value> {
        let (audio, music) = match self.options.rules.extra_info {
            ExtraInfo::Audio => (true, false),
            ExtraInfo::Music => (false, true),
            ExtraInfo::Both => (true, true),
        };
        let size = if flaw == Some(JsonFlaw::ZeroSize) {
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

/// Members between `data` and the rest.
fn extra(twist: Option<Twist>) -> Vec<Part> {
    let Some(Twist::Json(flaw)) = twist else {
        return Vec::new();
    };
    let text = |text: &str| Part::from(text.to_owned());
    let again = |bytes: &'static [u8], count| Part::Again(Bytes::from_static(bytes), count);
    match flaw {
        JsonFlaw::Deep => vec![text("\"note\":"), again(b"[", DEEP), again(b"]", DEEP), text(",")],
        JsonFlaw::HugeText => vec![text("\"note\":\""), again(b"lalala ", HUGE / 7), text("\",")],
        JsonFlaw::TwoCodes => {
            let failed = json!({"status_code": 1000, "status_msg": base_message(1000)});
            vec![text(&format!("\"base_resp\":{failed},"))]
        }
        _ => Vec::new(),
    }
}

fn cost(headers: &mut HeaderMap, usd: &str, credits: &str) {
    for (name, text) in [("x-aimlapi-usd-spent", usd), ("x-aimlapi-credits-used", credits)] {
        if let Ok(value) = HeaderValue::from_str(text) {
            headers.insert(name, value);
        }
    }
}

/// Names for the call that are no text, very long, or would turn a terminal's text around.
fn odd(headers: &mut HeaderMap) {
    let values: [(&'static str, &[u8]); 3] = [
        ("x-request-id", b"\xff\xfe\x80"),
        ("x-inference-id", &[b'x'; 8000]),
        ("trace-id", "a\tb \u{202e}c\u{2066}".as_bytes()),
    ];
    for (name, bytes) in values {
        if let Ok(value) = HeaderValue::from_bytes(bytes) {
            headers.insert(name, value);
        }
    }
}

/// The header of a stereo wav of 16 bits, for a file of this many bytes.
fn wav_header(file: usize, sample_rate: u32) -> Vec<u8> {
    let size = |bytes: usize| u32::try_from(bytes).unwrap_or(u32::MAX).to_le_bytes();
    let mut header = b"RIFF".to_vec();
    header.extend(size(file - 8));
    header.extend(b"WAVEfmt \x10\0\0\0\x01\0\x02\0");
    header.extend(sample_rate.to_le_bytes());
    header.extend((sample_rate * 4).to_le_bytes());
    header.extend(b"\x04\0\x10\0data");
    header.extend(size(file - 44));
    header
}
