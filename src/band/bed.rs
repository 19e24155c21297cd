//! The user's own track as a bed to sing on: cut to whole bars, as long as the song, faded at its end.
//!
//! Knows nothing of voices and levels. Where the bars are is told by whoever listened to the track.

use super::Bed;
use super::compose::singable;
use super::voice::resample::Resampler;
use crate::audio::Samples;

/// Seconds from one round of the track to the next.
const SEAM: f64 = 0.012;
/// Seconds the end fades over.
const FADE: f64 = 4.0;

impl Bed {
    /// Beats a minute a song on it has; none if there is nothing to sing on.
    pub(super) fn song_tempo(&self) -> Option<f64> {
        let usable = matches!(self.samples.channels, 1 | 2)
            && self.samples.sample_rate >= 1_000
            && self.samples.seconds() > 0.1
            && self.downbeat.is_finite();
        usable.then(|| singable(self.tempo)).flatten()
    }
}

/// So many seconds of the track at a rate, in stereo, with a bar of `tempo` beginning at 0.
pub(super) fn lay(bed: &Bed, tempo: f64, (sample_rate, seconds): (u32, f64)) -> Samples {
    let rate = f64::from(sample_rate);
    let track = resample(&bed.samples, sample_rate);
    let bar = 240.0 / tempo;
    let length = bed.samples.seconds();
    // A downbeat in the track, whichever was meant.
    let first = if (0.0..=length - bar).contains(&bed.downbeat) {
        bed.downbeat
    } else {
        bed.downbeat.rem_euclid(bar)
    };
    let bars = ((length - first) / bar + 0.02).floor().max(1.0);
    let round = bars * bar;
    let frames = at(seconds * rate);
    let mut laid = vec![0.0; frames * 2];
    let rounds = at((seconds / round).ceil());
    for index in 0..rounds {
        let start = whole(small(index) * round * rate);
        let piece = Piece {
            track: &track,
            from: whole(first * rate),
            length: whole((small(index) + 1.0) * round * rate) - start,
            seam: whole(SEAM * rate),
        };
        piece.add(&mut laid, start);
    }
    fade(&mut laid, at(FADE.min(seconds) * rate));
    Samples {
        sample_rate,
        channels: 2,
        data: laid,
    }
}

/// One round of the track.
struct Piece<'a> {
    /// Interleaved stereo.
    track: &'a [f32],
    /// Its first frame there.
    from: i64,
    /// In frames.
    length: i64,
    /// Frames before its first one that lead into it.
    seam: i64,
}

impl Piece<'_> {
    /// Adds it from a frame on; it rises before that, and falls at its end while the next one rises.
    fn add(&self, to: &mut [f32], start: i64) {
        for frame in -self.seam..self.length {
            let rise = (small_signed(frame + self.seam) + 0.5) / small_signed(self.seam.max(1));
            let fall = (small_signed(self.length - frame) - 0.5) / small_signed(self.seam.max(1));
            let gain = rise.min(fall).clamp(0.0, 1.0);
            for side in 0..2 {
                let from = usize::try_from(2 * (self.from + frame) + side).ok();
                let target = usize::try_from(2 * (start + frame) + side).ok();
                let sample = from.and_then(|from| self.track.get(from));
                if let (Some(sample), Some(sum)) = (sample, target.and_then(|target| to.get_mut(target))) {
                    *sum += gain * sample;
                }
            }
        }
    }
}

/// Stereo at another rate.
fn resample(samples: &Samples, sample_rate: u32) -> Vec<f32> {
    let sane = |sample: f32| {
        if sample.is_finite() {
            sample.clamp(-2.0, 2.0)
        } else {
            0.0
        }
    };
    let stereo: Vec<f32> = match samples.channels {
        1 => samples.data.iter().flat_map(|sample| [sane(*sample); 2]).collect(),
        _ => samples
            .data
            .chunks_exact(2)
            .flatten()
            .map(|sample| sane(*sample))
            .collect(),
    };
    if samples.sample_rate == sample_rate {
        return stereo;
    }
    let resampler = Resampler::new(samples.sample_rate, sample_rate);
    let frames = at(samples.seconds() * f64::from(sample_rate));
    let sides = [0, 1].map(|side| {
        let old: Vec<f32> = stereo.iter().skip(side).step_by(2).copied().collect();
        let mut new = vec![0.0; frames];
        resampler.add(&old, 0, &mut new);
        new
    });
    let pairs = sides[0].iter().zip(&sides[1]);
    pairs.flat_map(|(left, right)| [*left, *right]).collect()
}

/// Lets the last frames die.
fn fade(stereo: &mut [f32], frames: usize) {
    let start = stereo.len() - (frames * 2).min(stereo.len());
    for (index, pair) in stereo[start..].chunks_exact_mut(2).enumerate() {
        #[expect(clippy::cast_possible_truncation, reason = "between 0 and 1")]
        let along = (small(index) / small(frames)) as f32;
        for sample in pair {
            *sample *= 0.5 + 0.5 * libm::cosf(along * std::f32::consts::PI);
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "frames of a minute")]
fn small(count: usize) -> f64 {
    count as f64
}

#[expect(clippy::cast_precision_loss, reason = "frames of a seam, or far more than one")]
fn small_signed(count: i64) -> f32 {
    count as f32
}

#[expect(clippy::cast_possible_truncation, reason = "frames of a minute")]
fn whole(frames: f64) -> i64 {
    frames.round() as i64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "frames of a minute, not negative"
)]
fn at(frames: f64) -> usize {
    frames.max(0.0) as usize
}
