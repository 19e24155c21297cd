//! What a line of a take sheet says of how a take sounds, beside its length and loudness.
//!
//! Knows nothing of the other fields of a line.

use crate::audio::{MusicalKey, Sound};
use serde_yaml::Value;

/// What was measured beside length and loudness, and a person chooses by. A field that is there under one of these
/// names and holds something else is a person's own, and stays.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Measures {
    /// In dBTP, kept to a tenth.
    pub true_peak: Option<f64>,
    /// Beats a minute, kept to a hundredth.
    pub bpm: Option<f64>,
    /// `C minor`.
    pub musical_key: Option<MusicalKey>,
    /// Samples that are cut off at full scale; none if there are none.
    pub clipped: Option<u64>,
    /// Parts of it cannot be decoded, or it ends early.
    pub damaged: bool,
}

impl Measures {
    const TRUE_PEAK: &str = "true_peak";
    const BPM: &str = "bpm";
    const MUSICAL_KEY: &str = "musical_key";
    const CLIPPED: &str = "clipped";
    const DAMAGED: &str = "damaged";

    pub(super) fn of(sound: &Sound) -> Self {
        Self {
            true_peak: sound.true_peak,
            bpm: sound.tempo,
            musical_key: sound.musical_key,
            clipped: sound.clipped.filter(|samples| *samples > 0),
            damaged: sound.damaged,
        }
    }

    /// Takes in a field of a row; false if it is none of these, or holds something else.
    pub(super) fn read(&mut self, name: &str, value: &Value) -> bool {
        match name {
            Self::TRUE_PEAK => fill(&mut self.true_peak, value.as_f64()),
            Self::BPM => fill(&mut self.bpm, value.as_f64()),
            Self::MUSICAL_KEY => fill(&mut self.musical_key, value.as_str().and_then(|text| text.parse().ok())),
            Self::CLIPPED => fill(&mut self.clipped, value.as_u64()),
            Self::DAMAGED => match value.as_bool() {
                Some(damaged) => {
                    self.damaged = damaged;
                    true
                }
                None => false,
            },
            _ => false,
        }
    }

    /// What one of them says and the other does not.
    pub(super) fn or(self, other: Self) -> Self {
        Self {
            true_peak: self.true_peak.or(other.true_peak),
            bpm: self.bpm.or(other.bpm),
            musical_key: self.musical_key.or(other.musical_key),
            clipped: self.clipped.or(other.clipped),
            damaged: self.damaged || other.damaged,
        }
    }

    /// Names and values, as they are written.
    pub(super) fn fields(&self) -> [(&'static str, Option<Value>); 5] {
        let round = |value: Option<f64>, parts: f64| value.map(|value| Value::from((value * parts).round() / parts));
        let key = self.musical_key.map(|key| Value::from(key.to_string()));
        [
            (Self::TRUE_PEAK, round(self.true_peak, 10.0)),
            (Self::BPM, round(self.bpm, 100.0)),
            (Self::MUSICAL_KEY, key),
            (Self::CLIPPED, self.clipped.map(Value::from)),
            (Self::DAMAGED, self.damaged.then(|| Value::from(true))),
        ]
    }
}

/// Fills a measure, and says whether there was something to fill it with.
fn fill<T>(place: &mut Option<T>, value: Option<T>) -> bool {
    let is_there = value.is_some();
    *place = value;
    is_there
}
