//! The user's own track as a bed to sing on: cut to whole bars, as long as the song, faded at its end.
//!
//! Knows nothing of voices and levels. Where the bars are is told by whoever listened to the track.

use super::Bed;
use super::compose::singable;
use super::voice::resample::Resampler;
use crate::audio::Samples;

/// Seconds from one round of the track to the next.
const SEAM: f64 = 0.012;
/// A bar that is softer than this part of what bars are on average is one in which a track rings out.
const RINGING: f64 = 0.6;
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
    let mut bars = ((length - first) / bar + 0.02).floor().max(1.0);
    if bars * bar < seconds {
        bars = lively(&track, (first * rate, bar * rate), at(bars));
    }
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

/// How many of its bars come again: without those at the end in which it rings out, as long as half of it is left.
fn lively(track: &[f32], (first, bar): (f64, f64), bars: usize) -> f64 {
    let bar_frames = at(bar).max(1);
    let level = |index: usize| {
        let part = [index, index + 1].map(|bars| 2 * at(first + small(bars) * bar).min(track.len() / 2));
        let power: f64 = track[part[0]..part[1]]
            .iter()
            .map(|sample| f64::from(sample * sample))
            .sum();
        (power / small(bar_frames)).sqrt()
    };
    let levels: Vec<f64> = (0..bars).map(level).collect();
    let mean = levels.iter().sum::<f64>() / small(bars.max(1));
    let rest = levels.iter().rev().take_while(|level| **level < RINGING * mean).count();
    small(bars - rest.min(bars / 2))
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
            let heard = pair(self.from + frame).and_then(|place| self.track.get(place));
            let sums = pair(start + frame).and_then(|place| to.get_mut(place));
            for (sum, sample) in sums.into_iter().flatten().zip(heard.into_iter().flatten()) {
                *sum += gain * sample;
            }
        }
    }
}

/// Where a frame's two samples are.
fn pair(frame: i64) -> Option<std::ops::Range<usize>> {
    let first = 2 * usize::try_from(frame).ok()?;
    Some(first..first + 2)
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

#[cfg(test)]
mod tests {
    use super::{Bed, Samples, lay};

    /// A track of clicks: a strong one on each first beat, weak ones on the others.
    fn track(tempo: f64, downbeat: f64, seconds: f64) -> Bed {
        let rate = 44_100.0;
        let frames = super::at(seconds * rate);
        let mut data = vec![0.0_f32; frames * 2];
        let beats = super::at((seconds - downbeat) * tempo / 60.0) + 1;
        for beat in 0..beats {
            let start = super::at((downbeat + super::small(beat) * 60.0 / tempo) * rate);
            let gain = if beat % 4 == 0 { 0.8 } else { 0.2 };
            data[2 * start.min(frames)..2 * (start + 400).min(frames)].fill(gain);
        }
        Bed {
            samples: Samples {
                sample_rate: 44_100,
                channels: 2,
                data,
            },
            tempo,
            downbeat,
        }
    }

    /// Seconds at which something louder than `level` begins.
    fn clicks(samples: &Samples, level: f32) -> Vec<f64> {
        let rate = f64::from(samples.sample_rate);
        let mut found: Vec<f64> = Vec::new();
        for (frame, pair) in samples.data.chunks_exact(2).enumerate() {
            let time = super::small(frame) / rate;
            if pair[0] > level && found.last().is_none_or(|last| time - last > 0.05) {
                found.push(time);
            }
        }
        found
    }

    #[test]
    fn bars_begin_where_a_song_has_them_and_come_again_without_a_gap() {
        for (tempo, downbeat, seconds, rate) in [
            (96.0, 1.3, 11.7, 32_000),
            (124.9, 0.0, 9.0, 44_100),
            (70.0, 3.0, 30.0, 16_000),
        ] {
            let laid = lay(&track(tempo, downbeat, seconds), tempo, (rate, 24.0));
            assert!((laid.seconds() - 24.0).abs() < 1e-3 && laid.sample_rate == rate);
            let bar = 240.0 / tempo;
            let found = clicks(&laid, 0.45);
            // The end is faded: clicks there are weak.
            assert!(super::small(found.len()) >= (24.0 - super::FADE) / bar, "{found:?}");
            for (index, time) in found.iter().enumerate() {
                let off = time - super::small(index) * bar;
                assert!(off.abs() < 0.004, "{tempo}: bar {index} is {off} s off");
            }
            let end = &laid.data[laid.data.len() - 20..];
            assert!(end.iter().all(|sample| sample.abs() < 1e-3));
        }
    }

    #[test]
    fn where_a_track_rings_out_it_has_begun_again() {
        let bar = 240.0 / 96.0;
        let mut bed = track(96.0, 0.0, 4.0 * bar);
        let end = 2 * super::at(3.0 * bar * 44_100.0);
        bed.samples.data[end..].iter_mut().for_each(|sample| *sample *= 0.2);
        let found = clicks(&lay(&bed, 96.0, (44_100, 24.0)), 0.45);
        for (index, time) in found.iter().enumerate() {
            let off = time - super::small(index) * bar;
            assert!(off.abs() < 0.004, "bar {index} is {off} s off");
        }
        assert!(found.len() >= 8, "{found:?}");
        // A song that is over before needs all of it.
        assert_eq!(clicks(&lay(&bed, 96.0, (44_100, 9.0)), 0.45).len(), 3);
    }

    #[test]
    fn odd_tracks_do_no_harm() {
        let sane = track(100.0, 0.0, 3.0);
        for downbeat in [-5.0, 2.9, 1e9] {
            for channels in [1, 2] {
                let mut bed = Bed {
                    downbeat,
                    ..sane.clone()
                };
                bed.samples.channels = channels;
                bed.samples.data[7] = f32::NAN;
                bed.samples.data[9] = 1e9;
                let laid = lay(&bed, 100.0, (8_000, 13.0));
                assert!(
                    laid.data.iter().all(|sample| sample.abs() <= 4.0),
                    "{downbeat} {channels}"
                );
            }
        }
        for (tempo, rate, downbeat) in [(0.0, 44_100, 0.0), (100.0, 0, 0.0), (100.0, 44_100, f64::NAN)] {
            let mut bed = Bed {
                tempo,
                downbeat,
                ..sane.clone()
            };
            bed.samples.sample_rate = rate;
            assert_eq!(bed.song_tempo(), None);
        }
        assert_eq!(Bed { tempo: 240.0, ..sane }.song_tempo(), Some(120.0));
    }
}
