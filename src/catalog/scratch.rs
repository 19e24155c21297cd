//! What the sandbox may be asked beyond the contract of the models it plays, and how it says what it heard.
//!
//! Both travel in headers of their own, which only the sandbox is sent and only the sandbox sends. Knows nothing of HTTP.

use crate::audio::MusicalKey;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// What players show as the comment of a scratch take, first of all.
pub const SCRATCH_LABEL: &str = "takesheet sandbox: a scratch render, not a bought take";

/// The header of a request that holds [`Wishes`]; sent to the sandbox and to nobody else.
pub const WISHES: &str = "x-takesheet-sandbox";
/// The header of an answer that says in one line what a scratch take took from its references.
pub const PICKED_UP: &str = "x-takesheet-scratch";

/// What a scratch take is to be like, whatever its references are like. What is none follows from them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Wishes {
    /// Its tempo.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bpm: Option<Bpm>,
    /// Its tonic and mode.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<MusicalKey>,
    /// What is left to chance follows from this number and no more from the references.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
}

impl Wishes {
    /// Whether nothing is asked for.
    pub const fn is_empty(self) -> bool {
        self.bpm.is_none() && self.key.is_none() && self.seed.is_none()
    }

    /// These, and where they say nothing the others.
    #[must_use]
    pub fn or(self, others: Self) -> Self {
        Self {
            bpm: self.bpm.or(others.bpm),
            key: self.key.or(others.key),
            seed: self.seed.or(others.seed),
        }
    }
}

/// `bpm=96; key=D minor; seed=7`.
impl std::fmt::Display for Wishes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let parts = [
            self.bpm.map(|bpm| format!("bpm={bpm}")),
            self.key.map(|key| format!("key={key}")),
            self.seed.map(|seed| format!("seed={seed}")),
        ];
        f.write_str(&parts.into_iter().flatten().collect::<Vec<_>>().join("; "))
    }
}

impl std::str::FromStr for Wishes {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut wishes = Self::default();
        for part in text.split(';').map(str::trim).filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').ok_or_else(|| format!("`{part}` has no `=`"))?;
            match name {
                "bpm" => wishes.bpm = Some(value.parse().map_err(|NoBpm| NoBpm.to_string())?),
                "key" => {
                    let read = value.parse();
                    wishes.key = Some(read.map_err(|error: crate::audio::NoMusicalKey| error.to_string())?);
                }
                "seed" => wishes.seed = Some(value.parse().map_err(|_| format!("`{value}` is no whole number"))?),
                other => return Err(format!("nobody can wish for `{other}`")),
            }
        }
        Ok(wishes)
    }
}

/// A tempo from 40 to 240 beats a minute, in hundredths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Bpm(u16);

/// What is no [`Bpm`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a tempo is a number of beats a minute from 40 to 240")]
pub struct NoBpm;

impl Bpm {
    /// The slowest and the fastest.
    pub const RANGE: [f64; 2] = [40.0, 240.0];

    /// The nearest hundredth, if it is in range.
    pub fn new(beats: f64) -> Option<Self> {
        let [least, most] = Self::RANGE;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most 24,000")]
        (least..=most)
            .contains(&beats)
            .then(|| Self((beats * 100.0).round() as u16))
    }

    /// Beats a minute.
    pub fn beats(self) -> f64 {
        f64::from(self.0) / 100.0
    }
}

impl std::fmt::Display for Bpm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.beats().fmt(f)
    }
}

impl std::str::FromStr for Bpm {
    type Err = NoBpm;

    fn from_str(text: &str) -> Result<Self, NoBpm> {
        text.trim().parse().ok().and_then(Self::new).ok_or(NoBpm)
    }
}

impl Serialize for Bpm {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.beats())
    }
}

impl<'de> Deserialize<'de> for Bpm {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(f64::deserialize(deserializer)?).ok_or_else(|| de::Error::custom(NoBpm))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wishes_are_read_as_they_are_written() {
        let all = Wishes {
            bpm: Bpm::new(92.5),
            key: Some(MusicalKey::new(6, true)),
            seed: Some(u64::MAX),
        };
        assert_eq!(all.to_string(), format!("bpm=92.5; key=F# minor; seed={}", u64::MAX));
        assert_eq!(all.to_string().parse(), Ok(all));
        assert_eq!(
            serde_json::from_str::<Wishes>(&serde_json::to_string(&all).unwrap()).unwrap(),
            all
        );
        assert_eq!(" ; ".parse(), Ok(Wishes::default()));
        assert!(Wishes::default().is_empty() && !all.is_empty());
        for wrong in [
            "bpm",
            "bpm=",
            "bpm=39",
            "bpm=inf",
            "key=H minor",
            "seed=-1",
            "mood=blue",
        ] {
            assert!(wrong.parse::<Wishes>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_is_wished_first_counts() {
        let one: Wishes = "bpm=96".parse().unwrap();
        let two: Wishes = "bpm=120; seed=3".parse().unwrap();
        assert_eq!(one.or(two).to_string(), "bpm=96; seed=3");
    }

    #[test]
    fn a_tempo_keeps_its_hundredths() {
        for (text, shown) in [
            ("96", "96"),
            ("92.50", "92.5"),
            ("124.874", "124.87"),
            ("40", "40"),
            ("240", "240"),
        ] {
            assert_eq!(text.parse::<Bpm>().unwrap().to_string(), shown);
        }
        for wrong in ["", "39.9", "240.1", "NaN", "fast"] {
            assert_eq!(wrong.parse::<Bpm>(), Err(NoBpm), "{wrong}");
        }
    }
}
