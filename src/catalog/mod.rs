//! The models as data: what each accepts, costs and promises, with the date and source of every figure.
//!
//! Knows nothing of files, networks or runs. Facts marked "documented" are the vendor's; everything else says what it is.

mod models;
mod scratch;

pub use models::models;
pub use scratch::{Bpm, NoBpm, PICKED_UP, SCRATCH_LABEL, WISHES, Wishes};

use crate::{
    audio,
    base::{
        audio_settings::{AudioSettings, Format},
        money::{Price, Usd},
    },
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Who renders.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BackendKind {
    /// AI/ML API (paid; needs a key).
    Aimlapi,
    /// The local server: real HTTP and real audio, free, no key, no network.
    Sandbox,
}

impl BackendKind {
    /// All of them, in the order they are offered.
    pub const ALL: [Self; 2] = [Self::Sandbox, Self::Aimlapi];

    /// The word in YAML and in output.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Aimlapi => "aimlapi",
            Self::Sandbox => "sandbox",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

impl std::fmt::Display for BackendKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.word())
    }
}

/// What an upload is for; decides which ids it yields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Voice and accompaniment: yields both ids.
    Song,
    /// A sung voice: yields a voice id.
    Voice,
    /// Accompaniment: yields an instrumental id.
    Instrumental,
}

impl Purpose {
    /// The word in YAML and on the wire.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Song => "song",
            Self::Voice => "voice",
            Self::Instrumental => "instrumental",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Song, Self::Voice, Self::Instrumental]
            .into_iter()
            .find(|purpose| purpose.word() == word)
    }

    /// Whether such an upload yields a voice id.
    pub const fn yields_voice(self) -> bool {
        matches!(self, Self::Song | Self::Voice)
    }

    /// Whether such an upload yields an instrumental id.
    pub const fn yields_instrumental(self) -> bool {
        matches!(self, Self::Song | Self::Instrumental)
    }
}

/// How long a text a model takes, in Unicode scalar values after normalisation, `#` and line ends included.
#[derive(Clone, Copy, Debug)]
pub struct LyricRule {
    /// Whether a request without lyrics is refused.
    pub required: bool,
    /// Up to here every source agrees.
    pub sure: usize,
    /// Up to here most sources agree; beyond `sure` a warning.
    pub likely: usize,
    /// Beyond this nobody says it works; an error.
    pub most: usize,
}

/// Which audio settings a model takes.
#[derive(Clone, Copy, Debug)]
pub struct AudioRule {
    /// Containers.
    pub formats: &'static [Format],
    /// Hz.
    pub sample_rates: &'static [u32],
    /// Bits per second.
    pub bitrates: &'static [u32],
    /// What an absent setting means to us; always sent.
    pub default: AudioSettings,
}

/// Which references a model takes.
#[derive(Clone, Copy, Debug)]
pub struct ReferenceRule {
    /// Whether a request with neither voice nor instrumental is refused.
    pub at_least_one: bool,
    /// A reference must be longer than this, in seconds.
    pub longer_than: f64,
    /// A reference may be at most this long, in seconds.
    pub at_most: f64,
}

/// A price with where it comes from.
#[derive(Clone, Copy, Debug)]
pub struct PriceTag {
    /// Per take.
    pub amount: Usd,
    /// When the source said so, `YYYY-MM-DD`.
    pub date: &'static str,
    /// Who said so.
    pub source: &'static str,
}

/// Whether a model can be had.
#[derive(Clone, Copy, Debug)]
pub enum Status {
    /// It is offered.
    Live,
    /// The vendor's documentation says that it is gone.
    Withdrawn {
        /// When that was written, `YYYY-MM-DD`.
        since: &'static str,
        /// What to use instead.
        successor: &'static str,
    },
}

/// One model.
#[derive(Clone, Copy, Debug)]
pub struct Model {
    /// Its name in YAML and on the wire.
    pub id: &'static str,
    /// Other names for it.
    pub aliases: &'static [&'static str],
    /// Who renders it.
    pub backends: &'static [BackendKind],
    /// Version of the wire contract we speak with it; part of every key.
    pub contract: u32,
    /// Its lyrics.
    pub lyrics: LyricRule,
    /// Its audio settings.
    pub audio: AudioRule,
    /// Its references.
    pub references: ReferenceRule,
    /// The length of a believable take, in seconds: shorter or longer is damage, not music.
    pub take_seconds: (f64, f64),
    /// Usual latency in seconds.
    pub usual_seconds: u32,
    /// Price on the paid backend.
    pub price: Option<PriceTag>,
    /// Whether it can be had on the paid backend.
    pub status: Status,
}

impl Model {
    /// The price of one take from `backend`.
    pub fn price(&self, backend: BackendKind) -> Price {
        match (backend, self.price) {
            (BackendKind::Sandbox, _) => Price::Known(Usd::ZERO),
            (BackendKind::Aimlapi, Some(tag)) => Price::Known(tag.amount),
            (BackendKind::Aimlapi, None) => Price::Unknown,
        }
    }
}

/// The model a name or alias stands for.
pub fn model(name: &str) -> Option<&'static Model> {
    models()
        .iter()
        .find(|model| model.id == name || model.aliases.contains(&name))
}

/// The bitrate that an encoder can really give.
pub fn real_bitrate(settings: AudioSettings) -> u32 {
    match settings.format {
        Format::Mp3 => audio::mp3_bitrate(settings.sample_rate, settings.bitrate),
        Format::Wav | Format::Pcm => settings.bitrate,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_is_one_of_the_accepted_values() {
        for model in models() {
            let (rule, default) = (model.audio, model.audio.default);
            assert!(rule.formats.contains(&default.format), "{}", model.id);
            assert!(rule.sample_rates.contains(&default.sample_rate), "{}", model.id);
            assert!(rule.bitrates.contains(&default.bitrate), "{}", model.id);
        }
    }

    #[test]
    fn names_and_aliases_are_unique() {
        let mut names: Vec<_> = models().iter().flat_map(|m| m.aliases.iter().chain([&m.id])).collect();
        let before = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), before);
    }

    #[test]
    fn the_sandbox_is_free() {
        for model in models() {
            assert_eq!(model.price(BackendKind::Sandbox), Price::Known(Usd::ZERO));
        }
    }
}
