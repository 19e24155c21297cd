//! Control frames of a phrase: postures joined smoothly, and the pitch a singer makes of a note.
//!
//! Each gain and each resonance is drawn as the segments say, then rounded over its own time: slow for the tongue, fast for
//! lips and cords. That is what makes one phone colour the next.

use super::Timbre;
use super::level::mean;
use super::table::{Hiss, Posture};
use super::timing::{Phrase, Segment, Tone};
use super::tract::{FRAME, Frame, RATE};
use crate::band::phone::Stress;
use crate::band::score::to_f64;

/// Values of a frame that are rounded together.
const TRACKS: usize = 10;
type Row = [f32; TRACKS];
/// How many seconds on either side each of them is rounded over.
const ROUNDING: [f64; TRACKS] = [0.032, 0.038, 0.038, 0.03, 0.03, 0.03, 0.03, 0.014, 0.016, 0.008];
/// Seconds of silence at either end, for what is rounded and rings on.
pub(super) const MARGIN: f64 = 0.09;
const QUIET: Hiss = Hiss {
    bands: [(1_000.0, 1_000.0, 0.0); 3],
    flat: 0.0,
};

/// The frames of a phrase from `start` seconds on.
pub(super) fn frames(phrase: &Phrase, start: f64, timbre: &Timbre) -> Vec<Frame> {
    let (Some(first), Some(last)) = (phrase.segments.first(), phrase.segments.last()) else {
        return Vec::new();
    };
    let times = Times {
        start,
        step: to_f64(FRAME) / f64::from(RATE),
    };
    let count = times.index(last.end + MARGIN) + 2;
    let silent = |posture: Posture| Posture {
        voice: 0.0,
        breath: 0.0,
        hiss: 0.0,
        ..posture
    };
    let mut rows = vec![row(&silent(first.from)); count];
    let mut noises = vec![None; count];
    for segment in &phrase.segments {
        let (from, to) = (times.index(segment.start), times.index(segment.end));
        for at in from..to.min(count) {
            rows[at] = between(segment, times.at(at));
            noises[at] = segment.hiss;
        }
    }
    let end = times.index(last.end).min(count);
    rows[end..].fill(row(&silent(last.to)));
    for (track, seconds) in ROUNDING.into_iter().enumerate() {
        round(&mut rows, track, times.frames(seconds / 2.0));
    }
    let noises = spread(&noises, times.frames(0.01));
    let pitches = pitches(&phrase.tones, &times, count);
    let frame = |at: usize| frame(&rows[at], noises[at], pitches[at], timbre);
    (0..count).map(frame).collect()
}

/// Which frame is when.
#[derive(Clone, Copy, Debug)]
struct Times {
    start: f64,
    step: f64,
}

impl Times {
    fn at(self, frame: usize) -> f64 {
        self.start + to_f64(frame) * self.step
    }

    fn index(self, time: f64) -> usize {
        self.frames(time - self.start)
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "frames of a song"
    )]
    fn frames(self, seconds: f64) -> usize {
        libm::round(seconds.max(0.0) / self.step) as usize
    }
}

fn row(posture: &Posture) -> Row {
    let [f1, f2, f3] = posture.formants;
    let [w1, w2, w3] = posture.widths;
    let Posture {
        nasal,
        voice,
        breath,
        hiss,
        ..
    } = *posture;
    [f1, f2, f3, w1, w2, w3, nasal, voice, breath, hiss]
}

fn between(segment: &Segment, time: f64) -> Row {
    let (from, to) = (row(&segment.from), row(&segment.to));
    let span = (segment.end - segment.start).max(1e-6);
    #[expect(clippy::cast_possible_truncation, reason = "0 to 1")]
    let along = ((time - segment.start) / span).clamp(0.0, 1.0) as f32;
    std::array::from_fn(|track| from[track] + along * (to[track] - from[track]))
}

/// Rounds one of the tracks twice, which leaves no corner.
fn round(rows: &mut [Row], track: usize, reach: usize) {
    let values: Vec<_> = rows.iter().map(|row| f64::from(row[track])).collect();
    let rounded = mean(&mean(&values, reach), reach);
    for (row, value) in rows.iter_mut().zip(rounded) {
        // What is left of sums that should be nothing is nothing.
        #[expect(clippy::cast_possible_truncation, reason = "was a float of this size")]
        let value = value as f32;
        row[track] = if value.abs() < 1e-6 { 0.0 } else { value };
    }
}

/// The noise of each frame; where there is none, that of the neighbour whose rounded gain reaches over.
fn spread(noises: &[Option<Hiss>], reach: usize) -> Vec<Hiss> {
    let mut before = None;
    let mut spread = Vec::with_capacity(noises.len());
    for (at, noise) in noises.iter().enumerate() {
        let ahead = noises[at..(at + reach).min(noises.len())].iter().flatten().next();
        before = noise.or(before);
        spread.push(noise.or(ahead.copied()).or(before).unwrap_or(QUIET));
    }
    spread
}

fn frame(row: &Row, noise: Hiss, pitch: f32, timbre: &Timbre) -> Frame {
    let [f1, f2, f3, w1, w2, w3, nasal, voice, breath, hiss] = *row;
    let scale = timbre.scale;
    // Above its first resonance a sung note would be thin: singers open the mouth.
    let first = (f1 * scale).max(pitch * 1.05 * voice.min(1.0));
    Frame {
        pitch,
        resonances: [
            (first, w1),
            ((f2 * scale).max(first + 150.0), w2),
            (f3 * scale, w3),
            (3_350.0 * scale, 160.0),
            (3_900.0 * scale, 200.0),
            (5_000.0 * scale, 400.0),
        ],
        nasal,
        voice,
        breath,
        hiss,
        noise,
    }
}

/// The pitch in Hz at each frame.
fn pitches(tones: &[Tone], times: &Times, count: usize) -> Vec<f32> {
    /// The next pitch is aimed at so many seconds before its vowel, and reached over so many.
    const EARLY: f64 = 0.03;
    const GLIDE: f64 = 0.025;
    let mut track = Vec::with_capacity(count);
    let mut tone = 0;
    for at in 0..count {
        while tones.get(tone + 1).is_some_and(|next| next.at - EARLY <= times.at(at)) {
            tone += 1;
        }
        track.push(tones.get(tone).map_or(60.0, |tone| f64::from(tone.pitch)));
    }
    let reach = times.frames(GLIDE);
    let track = mean(&mean(&track, reach), reach);
    let mut tone = 0;
    let hz = track.into_iter().enumerate().map(|(at, midi)| {
        while tones.get(tone + 1).is_some_and(|next| next.at <= times.at(at)) {
            tone += 1;
        }
        let bend = tones
            .get(tone)
            .map_or(0.0, |now| ornament(now, tone == 0, times.at(at)));
        #[expect(clippy::cast_possible_truncation, reason = "audible pitches")]
        let hz = (440.0 * libm::exp2((midi + bend - 69.0) / 12.0)) as f32;
        hz
    });
    hz.collect()
}

/// Semitones that a singer strays from the note: up into the first of a phrase, and a vibrato that comes late.
fn ornament(tone: &Tone, first: bool, time: f64) -> f64 {
    let since = time - tone.at;
    let depth = if tone.stress == Stress::None { 0.2 } else { 0.28 };
    let full = ((since - 0.22) / 0.35).clamp(0.0, 1.0);
    let vibrato = depth * full * libm::sin(std::f64::consts::TAU * 5.5 * (since - 0.22));
    let scoop = if first { 0.8 } else { 0.15 };
    vibrato - scoop * libm::exp(-since.max(0.0) / 0.04)
}
