//! How a take is to be encoded: the three settings every part that handles audio agrees on.
//!
//! Knows nothing of which values a model accepts (`catalog`).

use serde::{Deserialize, Serialize};

/// The container a take comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// MPEG layer III.
    Mp3,
    /// RIFF wave, 16-bit.
    Wav,
    /// Raw interleaved 16-bit little-endian samples without a header.
    Pcm,
}

impl Format {
    /// The word in YAML, on the wire and as a file's extension.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Mp3 => "mp3",
            Self::Wav => "wav",
            Self::Pcm => "pcm",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Mp3, Self::Wav, Self::Pcm]
            .into_iter()
            .find(|format| format.word() == word)
    }
}

/// All three settings, defaults filled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AudioSettings {
    /// The container.
    pub format: Format,
    /// Samples per second.
    pub sample_rate: u32,
    /// Bits per second; has no meaning for wav and pcm, but is sent all the same.
    pub bitrate: u32,
}
