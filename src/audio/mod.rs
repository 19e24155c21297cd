//! Sound: what a file really is (container, length) and how it sounds (loudness, tempo, key …), and encoding samples as
//! asked.
//!
//! Knows nothing of takes, pipelines or networks; works on bytes and samples.
//! Reading is done by one crate (`symphonia`) and writing by others (`rusty_mp3`, `hound`), so each checks the other.

mod encode;
mod loudness;
mod measure;
mod peaks;
mod player;
mod probe;
mod sniff;
mod sound;
mod tag;
mod tags;

pub use encode::{encode, mp3_bitrate};
pub use loudness::loudness;
pub use measure::{Beats, beats};
pub use peaks::{PIECES, Peaks};
pub use probe::{MOST_SAMPLES, decode, probe, probe_pcm, probe_pcm_reader, probe_reader};
pub use sniff::sniff;
pub use sound::{MusicalKey, NoMusicalKey, Sound};
pub use tag::tag_scratch;
pub use tags::{TagError, Tags, tag};

use crate::base::audio_settings::Format;

/// What a sound file really is, measured on decoded samples and never by its header.
#[derive(Clone, Debug, PartialEq)]
pub struct Probe {
    /// By its first bytes.
    pub format: Format,
    /// All measures.
    pub sound: Sound,
    /// Its outline.
    pub peaks: Peaks,
}

/// Why bytes are not usable sound. The message is a sentence without a full stop, fit for a user.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProbeError {
    /// Neither mp3 nor wav by its bytes.
    #[error("not a readable wav or mp3 file: {0}")]
    NotAudio(String),
    /// A wav or mp3 that no sample can be had of.
    #[error("damaged: {0}")]
    Damaged(String),
    /// Sound indeed, but of a kind that is not taken.
    #[error("not a kind of sound that can be used: {0}")]
    Unsupported(String),
}

/// Samples between −1 and 1, interleaved if there are two channels.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Samples {
    /// Hz.
    pub sample_rate: u32,
    /// 1 or 2.
    pub channels: u16,
    /// Interleaved.
    pub data: Vec<f32>,
}

impl Samples {
    /// Their length in seconds; 0 if the rate or the channels are 0.
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52 samples")]
    pub fn seconds(&self) -> f64 {
        let per_second = u64::from(self.sample_rate) * u64::from(self.channels);
        if per_second == 0 {
            return 0.0;
        }
        self.data.len() as f64 / per_second as f64
    }
}

#[cfg(test)]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "test sounds are short"
)]
mod tests;
