//! The only door to the network: what a backend can be asked, and how it may answer.
//!
//! Knows nothing of stores, plans' verdicts or YAML; an answer's audio goes into a [`Sink`] as it streams in. Retries
//! are not made here: an outcome says what is sure, and the engine decides.

pub mod aimlapi;
mod answer;
mod classify;
mod client;
mod download;
mod extract;
#[cfg(fuzzing)]
pub mod fuzzing;
mod link;
mod logs;
mod post;
mod preflight;
#[cfg(test)]
mod tests;
mod wire;

pub use client::Timeouts;
pub use link::Link;
pub use logs::SKEW;
pub use post::post_json;
pub use preflight::{Finding, Preflight, Standing};

use crate::{
    base::{
        audio_settings::{AudioSettings, Format},
        digest::Digest,
        door::Sink,
        money::Usd,
        time::Timestamp,
    },
    catalog::{Purpose, Wishes},
    event::StepFailure,
};
use serde::{Deserialize, Serialize};
use std::{collections::HashMap, future::Future, sync::Arc, time::Duration};

/// What is sure about a call.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome<T> {
    /// It was done, and this came of it.
    Done(T),
    /// It was answered with an error; asking again changes nothing.
    Refused(StepFailure),
    /// It surely did not run; it may be asked again, not before `after`.
    Busy {
        /// `Retry-After`, if the backend gave one.
        after: Option<Duration>,
        /// What happened.
        failure: StepFailure,
    },
    /// Nobody knows whether it ran.
    Unsure(StepFailure),
}

/// A reference to send.
#[derive(Clone, Debug)]
pub struct UploadCall {
    /// What for.
    pub purpose: Purpose,
    /// ASCII, with the extension of its real format.
    pub file_name: String,
    /// mp3 or wav.
    pub format: Format,
    /// The whole file.
    pub bytes: Arc<[u8]>,
    /// 1–128 of `A–Z a–z 0–9 . _ : -`.
    pub request_id: String,
}

/// What an upload yields. Opaque, and good for one account only.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadIds {
    /// For `refer_voice`.
    pub voice: Option<String>,
    /// For `refer_instrumental`.
    pub instrumental: Option<String>,
}

/// A render to buy.
#[derive(Clone, Debug)]
pub struct RenderCall {
    /// The model's id on the wire.
    pub model: String,
    /// Rendered and normalised.
    pub lyrics: Option<String>,
    /// The voice id.
    pub voice: Option<String>,
    /// The instrumental id.
    pub instrumental: Option<String>,
    /// All three are sent.
    pub audio: AudioSettings,
    /// Of a scratch take; sent to the sandbox and to nobody else.
    pub wishes: Option<Wishes>,
    /// 1–128 of `A–Z a–z 0–9 . _ : -`; made anew for each try.
    pub request_id: String,
}

/// What came with the audio.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RenderAnswer {
    /// Bytes that went into the sink.
    pub bytes: u64,
    /// `x-aimlapi-usd-spent`, if given.
    pub charged: Option<Usd>,
    /// The backend's names for the call: `trace_id`, `x-inference-id`, `x-request-id`; and what the sandbox says that it
    /// took from the references, under [`catalog::PICKED_UP`](crate::catalog::PICKED_UP).
    pub traces: Vec<(String, String)>,
}

/// What a render was answered with.
#[derive(Clone, Debug, PartialEq)]
pub enum Rendered {
    /// The audio is in the sink.
    Audio(RenderAnswer),
    /// The render is done and paid for; its audio waits behind a link, which may be signed and does not last.
    Link {
        /// Where.
        link: Link,
        /// `x-aimlapi-usd-spent`, if given.
        charged: Option<Usd>,
        /// The backend's names for the call, as in [`RenderAnswer`].
        traces: Vec<(String, String)>,
    },
}

/// What the account's log says of one call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It was charged.
    Charged {
        /// How much, if the log says so.
        amount: Option<Usd>,
        /// The backend's names for the call.
        traces: Vec<(String, String)>,
    },
    /// It is over, and nothing was charged for it.
    NotCharged,
}

/// Who renders. One implementation speaks to one account at one address.
pub trait Backend: Send + Sync + 'static {
    /// Names the account at this address, for caching upload ids; never holds the key.
    fn account(&self) -> Digest;

    /// Sends a reference. Free, so it may be tried again whatever happens.
    fn upload(&self, call: UploadCall) -> impl Future<Output = Outcome<UploadIds>> + Send;

    /// Buys one render. The audio's bytes go into `sink` as they arrive; they are complete and final only if the
    /// outcome is [`Outcome::Done`] with [`Rendered::Audio`].
    fn render<'a>(
        &'a self,
        call: RenderCall,
        sink: &'a mut dyn Sink,
    ) -> impl Future<Output = Outcome<Rendered>> + Send + 'a;

    /// Fetches the audio behind a link into `sink`, whole or not at all, and gives its bytes. One try; free, so it may
    /// be tried again. [`Outcome::Refused`] of class [`FailureClass::Lost`](crate::event::FailureClass::Lost) says
    /// that the audio is not there (any more).
    fn fetch<'a>(&'a self, link: &'a Link, sink: &'a mut dyn Sink) -> impl Future<Output = Outcome<u64>> + Send + 'a;

    /// Asks the account's log what became of calls made at `since` or later, by the ids they were sent with. An id that
    /// is missing from the answer has no row that says something: rows arrive late, so that means nothing. An error says
    /// why the log could not be read, which means nothing either.
    fn look_up(
        &self,
        request_ids: &[String],
        since: Timestamp,
    ) -> impl Future<Output = Result<HashMap<String, Fate>, StepFailure>> + Send;

    /// Asks what should be known before money is spent: whether the key is accepted, what is left, whether `models` are
    /// served. Free, and short: a few seconds, whatever happens. The error says that the backend could not be reached.
    fn preflight(&self, models: &[String]) -> impl Future<Output = Result<Preflight, StepFailure>> + Send;
}
