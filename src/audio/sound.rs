//! What is heard in a sound, as numbers.
//!
//! Knows nothing of how they are measured, nor of where the sound comes from.

use serde::{Deserialize, Serialize};

/// What was measured of a whole sound, on decoded samples and never by its header. What could not be told is none, and
/// so is what an earlier version of this program did not measure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sound {
    /// Length of what decodes, in seconds.
    pub seconds: f64,
    /// Hz.
    pub sample_rate: u32,
    /// 1 or 2.
    pub channels: u16,
    /// Integrated loudness in LUFS (EBU R 128); none for silence.
    pub loudness: Option<f64>,
    /// Loudness range in LU (EBU Tech 3342).
    #[serde(default)]
    pub range: Option<f64>,
    /// True peak in dBTP: of the wave between the samples too (ITU-R BS.1770).
    #[serde(default)]
    pub true_peak: Option<f64>,
    /// Seconds of silence before the first sound.
    #[serde(default)]
    pub silence_before: Option<f64>,
    /// Seconds of silence after the last sound.
    #[serde(default)]
    pub silence_after: Option<f64>,
    /// How many samples are cut off at full scale, as parts of runs of at least three.
    #[serde(default)]
    pub clipped: Option<u64>,
    /// Beats a minute, to 0.05; may be half or twice of what a listener would clap.
    #[serde(default)]
    pub tempo: Option<f64>,
    /// The tonic and mode its notes fit best.
    #[serde(default)]
    pub musical_key: Option<MusicalKey>,
    /// Median pitch of a voice alone, as a MIDI note number; of a mix it tells the bass.
    #[serde(default)]
    pub register: Option<f64>,
    /// Spectral centroid in Hz.
    #[serde(default)]
    pub brightness: Option<f64>,
    /// Parts of it could not be decoded, or it ends early.
    #[serde(default)]
    pub damaged: bool,
}

/// A tonic and a mode: `C minor`, `F# major`. Written with sharps; flats are read too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MusicalKey {
    /// Semitones above C, 0 to 11.
    tonic: u8,
    minor: bool,
}

impl MusicalKey {
    /// The key so many semitones above C, whatever the octave.
    pub const fn new(tonic: i32, minor: bool) -> Self {
        #[expect(clippy::cast_possible_truncation, reason = "0 to 11")]
        let tonic = tonic.rem_euclid(12) as u8;
        Self { tonic, minor }
    }

    /// Semitones above C, 0 to 11.
    pub const fn tonic(self) -> u8 {
        self.tonic
    }

    /// Whether its third is minor.
    pub const fn is_minor(self) -> bool {
        self.minor
    }
}

/// The twelve tonics from C on, each by the name under which the scale has fewer sharps or flats.
const MAJOR: [&str; 12] = ["C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"];
const MINOR: [&str; 12] = ["C", "C#", "D", "Eb", "E", "F", "F#", "G", "G#", "A", "Bb", "B"];

impl std::fmt::Display for MusicalKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (names, mode) = if self.minor { (MINOR, "minor") } else { (MAJOR, "major") };
        write!(f, "{} {mode}", names[usize::from(self.tonic) % names.len()])
    }
}

/// What is no [`MusicalKey`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a key is a note and `major` or `minor`, like `C minor` or `F# major`")]
pub struct NoMusicalKey;

impl std::str::FromStr for MusicalKey {
    type Err = NoMusicalKey;

    fn from_str(text: &str) -> Result<Self, NoMusicalKey> {
        let mut words = text.split_whitespace();
        let (Some(note), mode, None) = (words.next(), words.next(), words.next()) else {
            return Err(NoMusicalKey);
        };
        let minor = match mode.map(str::to_lowercase).as_deref() {
            Some("major") => false,
            Some("minor") => true,
            _ => return Err(NoMusicalKey),
        };
        let mut letters = note.chars();
        let natural = match letters.next().map(|letter| letter.to_ascii_uppercase()) {
            Some('C') => 0,
            Some('D') => 2,
            Some('E') => 4,
            Some('F') => 5,
            Some('G') => 7,
            Some('A') => 9,
            Some('B') => 11,
            _ => return Err(NoMusicalKey),
        };
        let bent = match letters.as_str() {
            "" => 0,
            "#" | "♯" => 1,
            "b" | "♭" => -1,
            _ => return Err(NoMusicalKey),
        };
        Ok(Self::new(natural + bent, minor))
    }
}

impl Serialize for MusicalKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for MusicalKey {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_the_name_that_a_musician_gives_it() {
        let names = |minor| (0..12).map(move |tonic| MusicalKey::new(tonic, minor).to_string());
        let odd = [
            "D# major", "G# major", "A# major", "C# major", "D# minor", "A# minor", "Db minor",
        ];
        assert!(!names(true).chain(names(false)).any(|name| odd.contains(&name.as_str())));
        assert_eq!("A# minor".parse::<MusicalKey>().unwrap().to_string(), "Bb minor");
        assert_eq!("D# major".parse::<MusicalKey>().unwrap().to_string(), "Eb major");
        assert_eq!("Gb major".parse::<MusicalKey>().unwrap().to_string(), "F# major");
    }

    #[test]
    fn a_key_is_read_as_it_is_written() {
        for tonic in 0..12 {
            for minor in [false, true] {
                let key = MusicalKey::new(tonic, minor);
                assert_eq!(key.to_string().parse(), Ok(key));
            }
        }
        assert_eq!("eb minor".parse(), Ok(MusicalKey::new(3, true)));
        assert_eq!("Cb Major".parse(), Ok(MusicalKey::new(11, false)));
        for text in ["", "C", "minor", "H minor", "C dorian", "C minor major", "C## minor"] {
            assert_eq!(text.parse::<MusicalKey>(), Err(NoMusicalKey), "{text}");
        }
    }
}
