//! How a sandbox is set up: what it accepts, what it charges, what goes wrong, and every answer the documentation
//! leaves open.
//!
//! Knows nothing of HTTP. Where the documentation is silent there is a switch here and a default; a default is our
//! choice, not a promise of the real service.

use super::fault::Fault;
use crate::{
    base::{money::Usd, secret::Secret, words},
    catalog::Wishes,
};
use jiff::SignedDuration;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedSender;

/// Everything about one sandbox. `Options::default()` is the service as documented in 2025, without any delay.
#[derive(Clone, Debug)]
pub struct Options {
    /// The key that is accepted; any key that is not empty if there is none.
    pub key: Option<Secret>,
    /// How long a generation takes at least. The real one takes 50 to 60 seconds.
    pub delay: Duration,
    /// Whether `music-01` is offered.
    pub mode: Mode,
    /// What goes wrong, in this order.
    pub faults: Vec<Fault>,
    /// The status of a success: 201 or 200.
    pub success_status: u16,
    /// Money in the account at the start; $10,000 by default, so that it does not run out by accident.
    pub balance: Usd,
    /// What one generation costs.
    pub price: Usd,
    /// How much later than the answer its row appears in `/v2/logs` and `/v2/billing/transactions`.
    pub log_delay: Duration,
    /// How far ahead of this machine's clock the sandbox's is; negative if it is behind.
    pub skew: SignedDuration,
    /// The largest upload in bytes; none by default, as the documentation names none (row U7).
    pub max_upload: Option<usize>,
    /// More generations than this at a time are answered 429.
    pub max_in_flight: Option<usize>,
    /// Whether the key may use audio (row G14).
    pub audio_scope: bool,
    /// What the key may spend in total (row G14).
    pub key_cap: Option<Usd>,
    /// What a take sounds like.
    pub sound: Sound,
    /// What takes are to be like, unless a request wishes otherwise.
    pub wishes: Wishes,
    /// Who is told, in one line, of each take of the band and what it took from its references.
    pub told: Option<UnboundedSender<String>>,
    /// How the open questions are answered.
    pub rules: Rules,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            key: None,
            delay: Duration::ZERO,
            mode: Mode::Available,
            faults: Vec::new(),
            success_status: 201,
            balance: Usd::from_nanos(10_000_000_000_000),
            // 63,000 credits (AI/ML API documentation, January 2025).
            price: Usd::from_nanos(31_500_000),
            log_delay: Duration::ZERO,
            skew: SignedDuration::ZERO,
            max_upload: None,
            max_in_flight: None,
            audio_scope: true,
            key_cap: None,
            sound: Sound::Band,
            wishes: Wishes::default(),
            told: None,
            rules: Rules::default(),
        }
    }
}

impl Options {
    /// One line on what differs from one sandbox to another, for whoever starts one: `music-01 available, any key,
    /// answers at once, $0.0315 a take`. Holds no key.
    pub fn describe(&self) -> String {
        let key = if self.key.is_some() { "one key" } else { "any key" };
        let delay = if self.delay.is_zero() {
            "answers at once".to_owned()
        } else {
            format!("answers after {}", words::duration(self.delay))
        };
        let mut line = format!("music-01 {}, {key}, {delay}, {} a take", self.mode.word(), self.price);
        if let Some(most) = self.max_in_flight {
            line.push_str(&format!(", {most} at once"));
        }
        if !self.wishes.is_empty() {
            line.push_str(&format!(", {}", self.wishes.to_string().replace(';', ",")));
        }
        if !self.faults.is_empty() {
            let faults: Vec<_> = self.faults.iter().map(|fault| fault.kind.word).collect();
            line.push_str(", faults: ");
            line.push_str(&faults.join(", "));
        }
        line
    }
}

/// Which state of the service is played.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// `music-01` is there, as in 2025.
    #[default]
    Available,
    /// `music-01` is gone, as documented since 2026-08-17: not in the catalogue, in the feed of deprecations, and both
    /// of its routes answer 404.
    Withdrawn,
    /// `music-01` is there, and the feed of deprecations says that it will not be for ever.
    Deprecated,
    /// `music-01` is there, and the catalogue has it under another id, with this one as an alias.
    Renamed,
    /// `music-01` is there, and neither the catalogue nor the feed knows of it.
    Unlisted,
}

impl Mode {
    /// The word on the command line.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Available => "available",
            Self::Withdrawn => "withdrawn",
            Self::Deprecated => "deprecated",
            Self::Renamed => "renamed",
            Self::Unlisted => "unlisted",
        }
    }
}

/// What a take sounds like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sound {
    /// The scratch band plays the request.
    #[default]
    Band,
    /// Two seconds of a tone whose pitch follows from the request: for load tests, where the band would be what is
    /// measured.
    Beep,
    /// The same tone for eleven seconds, so that a take can be a reference.
    Drone,
}

/// How the questions that the documentation leaves open are answered. Rows are those of the contract.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// The body of an HTTP error.
    pub error_shape: ErrorShape,
    /// Rows U5 and U6: a file that is no wav or mp3, too short or too long.
    pub bad_file: Verdict,
    /// Row G5: more than 600 characters of lyrics.
    pub too_long: TooLong,
    /// Row G6: whether MiniMax's own limit of 200 characters holds.
    pub strict_200: bool,
    /// Row G7: whether `sample_rate` and `bitrate` are required as well, as in the older schema.
    pub old_audio_schema: bool,
    /// Row G9: neither reference.
    pub no_reference: Verdict,
    /// Row G10: whether a null reference counts as absent, as the official samples assume.
    pub null_ids_accepted: bool,
    /// Row G11: the `base_resp` code for an id that is unknown or of the wrong kind: 2013, 20132 or 2042.
    pub unknown_id: u32,
    /// Row G12: whether unknown fields are refused.
    pub unknown_fields_refused: bool,
    /// Row G16: which names `extra_info` uses.
    pub extra_info: ExtraInfo,
    /// Whether `x-aimlapi-credits-used` and `x-aimlapi-usd-spent` are sent.
    pub cost_headers: bool,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            error_shape: ErrorShape::Problem,
            bad_file: Verdict::BaseResp,
            too_long: TooLong::BadRequest,
            strict_200: false,
            old_audio_schema: false,
            no_reference: Verdict::BadRequest,
            null_ids_accepted: false,
            unknown_id: 2013,
            unknown_fields_refused: false,
            extra_info: ExtraInfo::Audio,
            cost_headers: true,
        }
    }
}

/// The two bodies of an HTTP error that are in the wild.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorShape {
    /// `application/problem+json`, as observed in 2026.
    Problem,
    /// The documented one, with `statusCode` as a number, as observed in 2025.
    Legacy,
    /// The documented one, with `statusCode` as a string, as in the documentation's example; `base_resp` has its code
    /// as a string, too.
    LegacyString,
}

/// On which layer a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// 400 by the gateway.
    BadRequest,
    /// A success with `base_resp` 2013 by the model's own API.
    BaseResp,
}

/// The answer to lyrics of more than 600 characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TooLong {
    /// 400 with an issue at `lyrics`.
    BadRequest,
    /// A success with `base_resp` 2013.
    BaseResp,
    /// 500 "Something wrong with the server. Please, try again later.", which hides the cause.
    ServerError,
}

/// Which of the two families of names `extra_info` uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExtraInfo {
    /// `audio_length`, `audio_size`, `audio_bitrate`, `audio_sample_rate`: the older schema, music-01's own.
    Audio,
    /// `music_duration`, `music_sample_rate`, `music_channel`, `bitrate`, `music_size`.
    Music,
    /// Both.
    Both,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sandbox_is_described_without_its_key() {
        let plain = Options::default().describe();
        assert_eq!(plain, "music-01 available, any key, answers at once, $0.0315 a take");
        let other = Options {
            key: Some(Secret::new("canary")),
            delay: Duration::from_millis(1500),
            mode: Mode::Withdrawn,
            max_in_flight: Some(8),
            faults: ["429", "cut"].map(|fault| fault.parse().unwrap()).to_vec(),
            ..Options::default()
        };
        let line = "music-01 withdrawn, one key, answers after 1.5s, $0.0315 a take, 8 at once, faults: 429, cut";
        assert_eq!(other.describe(), line);
        assert!(!format!("{other:?}").contains("canary"));
    }
}
