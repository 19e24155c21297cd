//! A voice that sings: syllables on notes become samples, as a throat would make them.
//!
//! A robot of the formant kind, plain to follow with the words in view, and not to be mistaken for a person. Notes become
//! movements of the mouth (`table`, `timing`), those become smooth control tracks (`tracks`), and a model of the throat
//! makes them audible (`tract`, `level`, `resample`). Knows nothing of words, bars or a band.

mod level;
pub(super) mod resample;
mod table;
mod timing;
mod tracks;
mod tract;

use super::phone::Syllable;
use super::random::Random;
use super::score::to_f64;
use resample::Resampler;
use tract::{Cords, RATE};

/// One syllable on one note.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct VoiceNote {
    /// Seconds from the beginning to its vowel; consonants before it sound earlier.
    pub(super) at: f64,
    /// How long it lasts from there on.
    pub(super) seconds: f64,
    /// MIDI number.
    pub(super) pitch: i32,
    pub(super) syllable: Syllable,
}

/// Whose voice it is.
#[derive(Clone, Copy, Debug)]
struct Timbre {
    /// How much higher the resonances lie than those of a low voice.
    scale: f32,
    cords: Cords,
}

impl Timbre {
    /// The voice whose notes lie around a MIDI number: a low one, a high one, or one between them.
    fn around(median: f64) -> Self {
        #[expect(clippy::cast_possible_truncation, reason = "0 to 1")]
        let high = ((median - 50.0) / 12.0).clamp(0.0, 1.0) as f32;
        Self {
            scale: 1.0 + 0.14 * high,
            cords: Cords {
                open: 0.6 + 0.1 * high,
                soft: 5_000.0 - 1_500.0 * high,
                leak: 0.015 + 0.02 * high,
            },
        }
    }
}

/// Sings the notes, and is silent between phrases; mono, from the beginning of the song until the last note has faded.
///
/// `register` is where the voice of a reference lies; without one, the notes decide whose voice it is.
pub(super) fn sing(notes: &[VoiceNote], register: Option<f64>, sample_rate: u32) -> Vec<f32> {
    let timbre = Timbre::around(
        register
            .filter(|median| median.is_finite())
            .unwrap_or_else(|| median(notes)),
    );
    let phrases = timing::phrases(notes);
    let ends = phrases.iter().filter_map(|phrase| phrase.segments.last());
    let end = ends.fold(0.0_f64, |latest, segment| latest.max(segment.end));
    let mut song = vec![0.0; samples(end + tracks::MARGIN, sample_rate)];
    let resampler = Resampler::new(RATE, sample_rate);
    let mut random = Random::new(0, 11);
    for phrase in phrases {
        let first = phrase.segments.first().map_or(0.0, |segment| segment.start);
        let start = samples(first - tracks::MARGIN, RATE);
        let frames = tracks::frames(&phrase, to_f64(start) / f64::from(RATE), &timbre);
        let mut sound = tract::voiced(&frames, timbre.cords, &mut random);
        level::even(&mut sound);
        resampler.add(&sound, start, &mut song);
    }
    song
}

/// The pitch that as many notes lie above as below.
fn median(notes: &[VoiceNote]) -> f64 {
    let mut pitches: Vec<_> = notes.iter().map(|note| note.pitch).collect();
    pitches.sort_unstable();
    pitches.get(pitches.len() / 2).map_or(50.0, |pitch| f64::from(*pitch))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a place in a song of a minute"
)]
fn samples(seconds: f64, sample_rate: u32) -> usize {
    (seconds.max(0.0) * f64::from(sample_rate)) as usize
}

#[cfg(test)]
mod tests;
