//! How high a voice sings: the median of its pitch, by how like itself the wave is after each period.

use super::{
    mono::Mono,
    onsets::rms,
    spectrum::{Autocorrelation, top},
};

/// Samples in a stretch: six periods of the lowest voice.
const STRETCH: usize = 1024;

/// Stretches a second.
const STRETCHES: f32 = 10.0;

/// Pitches that voices sing.
const LOWEST: f32 = 65.0;
const HIGHEST: f32 = 1_100.0;

/// How like itself a wave is after a period, if it has one.
const PERIODIC: f32 = 0.8;

/// A lag that is almost as good as the best and shorter is the period; the best may be two of them.
const AS_GOOD: f32 = 0.93;

/// What is quieter (RMS) than this, or than this part of the loudest, is a pause.
const SILENT: f32 = 1e-3;
const PAUSE: f32 = 0.1;

/// So many stretches must have a pitch, and this part of those that are no pause.
const FEWEST: usize = 5;
const LEAST: f32 = 0.2;

/// The median pitch as a MIDI note number, to 0.5; none of what has no pitch.
pub(super) fn register(mono: &Mono) -> Option<f64> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "some thousand")]
    let hop = (mono.rate / STRETCHES) as usize;
    let stretches: Vec<_> = mono.samples.windows(STRETCH).step_by(hop.max(1)).collect();
    let levels: Vec<f32> = stretches.iter().map(|stretch| rms(stretch)).collect();
    let least = levels.iter().copied().fold(0.0, f32::max) * PAUSE;
    let mut autocorrelation = Autocorrelation::new(2 * STRETCH);
    let (mut sounding, mut pitches) = (0.0, Vec::new());
    for (stretch, level) in stretches.iter().zip(&levels) {
        if *level < SILENT || *level < least {
            continue;
        }
        sounding += 1.0;
        pitches.extend(pitch(stretch, mono.rate, &mut autocorrelation));
    }
    #[expect(clippy::cast_precision_loss, reason = "at most some thousand")]
    let share = pitches.len() as f32 / sounding;
    if pitches.len() < FEWEST || share < LEAST {
        return None;
    }
    pitches.sort_by(f32::total_cmp);
    let median = f64::from(pitches[pitches.len() / 2]);
    Some((median * 2.0).round() / 2.0)
}

/// The pitch of a stretch as a MIDI note number.
fn pitch(stretch: &[f32], rate: f32, autocorrelation: &mut Autocorrelation) -> Option<f32> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "some hundred")]
    let (shortest, longest) = ((rate / HIGHEST) as usize, (rate / LOWEST) as usize);
    let products = autocorrelation.of(stretch);
    let likeness = normalised(stretch, &products[..longest + 2]);
    let is_peak = |lag: &usize| {
        let (left, here, right) = (likeness[lag - 1], likeness[*lag], likeness[lag + 1]);
        here > left && here >= right && here >= PERIODIC
    };
    let peaks: Vec<usize> = (shortest.max(2)..=longest).filter(is_peak).collect();
    let best = peaks.iter().map(|lag| likeness[*lag]).fold(0.0, f32::max);
    let lag = *peaks.iter().find(|lag| likeness[**lag] >= AS_GOOD * best)?;
    let offset = top(likeness[lag - 1], likeness[lag], likeness[lag + 1]);
    #[expect(clippy::cast_precision_loss, reason = "some hundred")]
    let hertz = rate / (lag as f32 + offset);
    Some(69.0 + 12.0 * libm::log2f(hertz / 440.0))
}

/// Products by the energies of the two parts that are multiplied: 1 where one is as the other.
fn normalised(stretch: &[f32], products: &[f32]) -> Vec<f32> {
    let energy = |samples: &[f32]| samples.iter().map(|sample| sample * sample).sum::<f32>();
    let (mut first, mut second) = (energy(stretch), energy(stretch));
    let mut likeness = Vec::with_capacity(products.len());
    for (lag, product) in products.iter().enumerate() {
        if lag > 0 {
            let (leaves, goes) = (stretch[stretch.len() - lag], stretch[lag - 1]);
            first -= leaves * leaves;
            second -= goes * goes;
        }
        let both = (first.max(0.0) * second.max(0.0)).sqrt();
        likeness.push(if both > 0.0 { product / both } else { 0.0 });
    }
    likeness
}
