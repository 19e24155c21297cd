//! The door through which the fuzz target `answer` (in `fuzz/`) hands bytes to the reading of answers.
//!
//! Compiled for fuzzing only (`--cfg fuzzing`). It decides nothing: it calls what a render calls, in the same order, and
//! shows what came of it in public types.

use super::{
    Outcome, RenderAnswer, RenderCall,
    answer::Answer,
    classify::{self, Asked},
    extract::{Audio, Extractor},
};
use crate::base::{
    audio_settings::{AudioSettings, Format},
    secret::Secret,
    time::Timestamp,
};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

/// An answer as it comes over the wire.
#[derive(Clone, Copy, Debug)]
pub struct Raw<'a> {
    /// HTTP status.
    pub status: u16,
    /// Names and values; those that HTTP does not allow are left out.
    pub headers: &'a [(&'a str, &'a str)],
    /// The body.
    pub body: &'a [u8],
}

/// What was understood of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// What `data.audio` was.
    pub audio: Found,
    /// The audio, if it was hex; else nothing.
    pub bytes: Vec<u8>,
    /// All the rest of the body.
    pub skeleton: Vec<u8>,
    /// It ends in its middle.
    pub cut: bool,
    /// Every text that may be shown, logged or stored.
    pub said: Vec<String>,
}

/// What `data.audio` was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// There was none.
    Absent,
    /// An empty string.
    Empty,
    /// Hex of so many bytes.
    Bytes(u64),
    /// A link. It may be signed: never shown.
    Link(String),
    /// Hex that ends in half a byte.
    Odd,
    /// Neither hex nor a link.
    NotHex,
    /// It came twice.
    Twice,
}

/// Reads an answer whose body arrives in pieces of these lengths, over and over; none if it is too large.
pub fn hear(raw: &Raw<'_>, lengths: &[usize], key: &Secret) -> Option<Heard> {
    let (mut extractor, mut bytes, mut rest) = (Extractor::new(), Vec::new(), raw.body);
    for length in lengths.iter().cycle().map(|length| (*length).max(1)) {
        if rest.is_empty() {
            break;
        }
        let (piece, more) = rest.split_at(length.min(rest.len()));
        extractor.push(piece, &mut bytes).ok()?;
        rest = more;
    }
    let extracted = extractor.finish();
    let audio = match extracted.audio {
        Audio::Absent => Found::Absent,
        Audio::Empty => Found::Empty,
        Audio::Bytes(count) => Found::Bytes(count),
        Audio::Link(link) => Found::Link(link),
        Audio::Odd => Found::Odd,
        Audio::NotHex => Found::NotHex,
        Audio::Twice => Found::Twice,
    };
    if !matches!(audio, Found::Bytes(_)) {
        bytes.clear();
    }
    Some(Heard {
        audio,
        bytes,
        said: said(raw, &extracted.skeleton, key),
        skeleton: extracted.skeleton,
        cut: extracted.cut,
    })
}

fn said(raw: &Raw<'_>, skeleton: &[u8], key: &Secret) -> Vec<String> {
    let mut headers = HeaderMap::new();
    for (name, value) in raw.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(*name), HeaderValue::from_str(value)) {
            headers.append(name, value);
        }
    }
    let mut answer = Answer::head(raw.status, &headers, Timestamp::UNIX_EPOCH, key);
    answer.body(skeleton, key);
    let call = RenderCall {
        model: "music-01".to_owned(),
        lyrics: Some("la".to_owned()),
        voice: Some("voice".to_owned()),
        instrumental: None,
        audio: AudioSettings {
            format: Format::Mp3,
            sample_rate: 44_100,
            bitrate: 256_000,
        },
        wishes: None,
        request_id: "request".to_owned(),
    };
    let outcomes: [Outcome<RenderAnswer>; 4] = [
        classify::answered(Asked::Render(&call), &answer),
        classify::answered(Asked::Upload, &answer),
        classify::lost(Asked::Render(&call), "cut", Some(&answer)),
        classify::bad(Asked::Render(&call), &answer, "bad"),
    ];
    let mut said: Vec<String> = outcomes.iter().filter_map(failure).collect();
    said.extend([answer.phrase(), answer.words.clone()]);
    said.extend(answer.trace_line());
    said.extend(answer.location.clone());
    said
}

/// Every text of a failure.
fn failure(outcome: &Outcome<RenderAnswer>) -> Option<String> {
    match outcome {
        Outcome::Refused(failure) | Outcome::Unsure(failure) | Outcome::Busy { failure, .. } => {
            let parts = [Some(&failure.message), failure.help.as_ref(), failure.trace.as_ref()];
            Some(
                parts
                    .into_iter()
                    .flatten()
                    .map(String::as_str)
                    .collect::<Vec<_>>()
                    .join(" "),
            )
        }
        Outcome::Done(_) => None,
    }
}
