//! Evens out a sung phrase: nothing below what a voice has, and no note that stands out because a harmonic happens to meet
//! a resonance, and no sample beyond 1.

use super::tract::{FRAME, RATE};
use crate::band::score::to_f64;

/// The root of the mean square that notes are drawn to.
const LEVEL: f64 = 0.2;
/// What the throat gives them, on average.
const RAW: f64 = 0.6;
/// How far they are drawn to it: 1 would leave no difference.
const FORCE: f64 = 0.6;
/// Softer than this is no note.
const SOFTEST: f64 = 0.05;
/// From here on peaks are bent.
const KNEE: f32 = 0.75;
/// Frames on either side that a level is taken over: 90 ms.
const REACH: usize = 30;
/// Hz below which there is no voice.
const LOWEST: f64 = 70.0;

/// Brings a phrase to its level.
pub(super) fn even(samples: &mut [f32]) {
    for damping in [0.924, 0.383] {
        HighPass::new(damping).pass(samples);
    }
    let powers: Vec<_> = samples.chunks(FRAME).map(power).collect();
    let powers = mean(&mean(&powers, REACH), REACH);
    let gains: Vec<_> = powers.iter().map(|power| gain(libm::sqrt(*power))).collect();
    for (frame, part) in samples.chunks_mut(FRAME).enumerate() {
        let (from, to) = (gains[frame], gains[(frame + 1).min(gains.len() - 1)]);
        let mut gain = from;
        let step = (to - from) / 64.0;
        for sample in part {
            *sample = bend(*sample * gain);
            gain += step;
        }
    }
}

fn gain(level: f64) -> f32 {
    #[expect(clippy::cast_possible_truncation, reason = "a factor of a few")]
    let gain = (LEVEL / RAW * libm::pow(RAW / level.max(SOFTEST), FORCE)) as f32;
    gain
}

/// Straight up to the knee, then ever flatter towards 1.
fn bend(sample: f32) -> f32 {
    let size = sample.abs();
    if size <= KNEE {
        return sample;
    }
    let room = 1.0 - KNEE;
    (KNEE + room * libm::tanhf((size - KNEE) / room)).copysign(sample)
}

fn power(samples: &[f32]) -> f64 {
    let sum: f32 = samples.iter().map(|sample| sample * sample).sum();
    f64::from(sum) / to_f64(samples.len())
}

/// The means over `reach` values on either side.
pub(super) fn mean(values: &[f64], reach: usize) -> Vec<f64> {
    let mut sums = Vec::with_capacity(values.len() + 1);
    let mut sum = 0.0;
    sums.push(sum);
    for value in values {
        sum += value;
        sums.push(sum);
    }
    let means = (0..values.len()).map(|at| {
        let (from, to) = (at.saturating_sub(reach), (at + reach + 1).min(values.len()));
        ((sums[to] - sums[from]) / to_f64(to - from)).max(0.0)
    });
    means.collect()
}

/// Takes away what is below `LOWEST` (Butterworth, one pair of its poles).
#[derive(Debug)]
struct HighPass {
    gain: f64,
    feedback: [f64; 2],
}

impl HighPass {
    fn new(damping: f64) -> Self {
        let warped = libm::tan(std::f64::consts::PI * LOWEST / f64::from(RATE));
        let (square, linear) = (warped * warped, 2.0 * damping * warped);
        let scale = 1.0 / (1.0 + linear + square);
        Self {
            gain: scale,
            feedback: [2.0 * (square - 1.0) * scale, (1.0 - linear + square) * scale],
        }
    }

    fn pass(&self, samples: &mut [f32]) {
        let (mut once, mut twice) = (0.0, 0.0);
        let [one, two] = self.feedback;
        for sample in samples {
            let input = f64::from(*sample) - one * once - two * twice;
            #[expect(clippy::cast_possible_truncation, reason = "was a float of this size")]
            let output = (self.gain * (input - 2.0 * once + twice)) as f32;
            *sample = output;
            twice = once;
            once = input;
        }
    }
}
