//! The key of a sound: which major or minor scale its notes are spread over.
//!
//! The peaks of its spectrum are sorted into the twelve notes, after finding out how it is tuned, and compared with how
//! often each note of a key is heard (Krumhansl and Kessler's ratings).

use super::{
    mono::Mono,
    spectrum::{Spectrum, top},
};
use crate::audio::MusicalKey;

/// Samples in a stretch: three quarters of a second, so that neighbouring notes of a low voice are two peaks.
const STRETCH: usize = 8192;
const HOP: usize = STRETCH / 2;

/// Peaks outside are not counted: below, notes are too close together; above are overtones.
const LOWEST: f32 = 65.0;
const HIGHEST: f32 = 2_000.0;

/// A peak counts if its squared amplitude is at least this part of the highest of its stretch.
const FAINTEST: f32 = 1e-3;

/// A stretch whose highest peak has a lower squared amplitude is silent.
const SILENT: f32 = 1e-8;

/// How well the notes must fit a key (a correlation), and how uneven they must be (greatest by mean, less 1): noise
/// has all notes alike.
const FITTING: f32 = 0.55;
const UNEVEN: f32 = 0.35;

/// Of the key's first chord, each note must be heard: with at least this part of the strongest note.
const HEARD: f32 = 0.15;

const MAJOR: [f32; 12] = [6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88];
const MINOR: [f32; 12] = [6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17];

/// The key of a sound; none if it has too few notes to tell.
pub(super) fn musical_key(mono: &Mono) -> Option<MusicalKey> {
    key_of(&notes(&peaks(mono))?)
}

/// A peak's pitch in semitones above A of 440 Hz, and its weight.
type Peak = (f32, f32);

fn peaks(mono: &Mono) -> Vec<Peak> {
    let mut spectrum = Spectrum::new(STRETCH);
    let mut power = Vec::new();
    #[expect(clippy::cast_precision_loss, reason = "a small number")]
    let step = mono.rate / STRETCH as f32;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small number")]
    let range = (LOWEST / step) as usize..(HIGHEST / step) as usize;
    let mut peaks = Vec::new();
    for stretch in mono.samples.windows(STRETCH).step_by(HOP) {
        spectrum.power(stretch, &mut power);
        let highest = power[range.clone()].iter().copied().fold(0.0, f32::max);
        if highest >= SILENT {
            peaks_of(&power, (range.clone(), step), highest, &mut peaks);
        }
    }
    peaks
}

fn peaks_of(power: &[f32], (range, step): (std::ops::Range<usize>, f32), highest: f32, peaks: &mut Vec<Peak>) {
    for bin in range {
        let (left, middle, right) = (power[bin - 1], power[bin], power[bin + 1]);
        if middle < left || middle <= right || middle < FAINTEST * highest {
            continue;
        }
        let [left, middle, right] = [left, middle, right].map(|power| libm::logf(power.max(f32::MIN_POSITIVE)));
        #[expect(clippy::cast_precision_loss, reason = "a small number")]
        let hertz = (bin as f32 + top(left, middle, right)) * step;
        // Less than the amplitude, so that a loud bass is not all that is heard.
        let weight = libm::expf(0.35 * (middle - libm::logf(highest)));
        peaks.push((12.0 * libm::log2f(hertz / 440.0), weight));
    }
}

/// How much is heard of each note from C on, in equal temperament of the tuning that fits the peaks best.
fn notes(peaks: &[Peak]) -> Option<[f32; 12]> {
    use std::f32::consts::TAU;
    let (mut sine, mut cosine) = (0.0, 0.0);
    for (pitch, weight) in peaks {
        sine += weight * libm::sinf(TAU * pitch);
        cosine += weight * libm::cosf(TAU * pitch);
    }
    let tuning = libm::atan2f(sine, cosine) / TAU;
    let mut notes = [0.0; 12];
    for (pitch, weight) in peaks {
        #[expect(clippy::cast_possible_truncation, reason = "some dozen semitones")]
        let semitone = (pitch - tuning).round() as i32;
        let off = pitch - tuning - (pitch - tuning).round();
        let note = (semitone + 9).rem_euclid(12) as usize;
        // What lies between two notes is neither.
        notes[note] += weight * (1.0 - 2.0 * off.abs());
    }
    let sum: f32 = notes.iter().sum();
    (sum > 0.0).then(|| notes.map(|note| note / sum))
}

fn key_of(notes: &[f32; 12]) -> Option<MusicalKey> {
    let strongest = notes.iter().copied().fold(0.0, f32::max);
    if strongest * 12.0 - 1.0 < UNEVEN {
        return None;
    }
    let keys = (0..12).flat_map(|tonic| [(tonic, false), (tonic, true)]);
    let fits = keys.map(|(tonic, minor)| {
        let profile = if minor { &MINOR } else { &MAJOR };
        (fit(notes, profile, tonic), MusicalKey::new(i32::from(tonic), minor))
    });
    let (fit, key) = fits.max_by(|one, other| one.0.total_cmp(&other.0))?;
    let third = if key.is_minor() { 3 } else { 4 };
    let heard = |above: u8| notes[usize::from(key.tonic() + above) % 12] >= HEARD * strongest;
    (fit >= FITTING && [0, third, 7].into_iter().all(heard)).then_some(key)
}

/// Correlation of notes with the ratings of a key.
fn fit(notes: &[f32; 12], profile: &[f32; 12], tonic: u8) -> f32 {
    let mean = |values: &[f32; 12]| values.iter().sum::<f32>() / 12.0;
    let (heard, rated) = (mean(notes), mean(profile));
    let (mut product, mut squares) = (0.0, (0.0, 0.0));
    for at in 0..12 {
        let note = notes[(at + usize::from(tonic)) % 12] - heard;
        let rating = profile[at] - rated;
        product += note * rating;
        squares.0 += note * note;
        squares.1 += rating * rating;
    }
    product / (squares.0 * squares.1).sqrt()
}
