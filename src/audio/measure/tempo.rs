//! The tempo of a sound: after how long its onsets come again, as a listener would tap to it.

use super::{
    mono::Mono,
    onsets::{Onsets, onsets},
    spectrum::{autocorrelation, top},
};

/// Beats a minute that are looked for.
const SLOWEST: f32 = 45.0;
const FASTEST: f32 = 220.0;

/// What people tap to most, and how far from it they still do, in octaves.
const USUAL: f32 = 118.0;
const SPREAD: f32 = 0.75;

/// How regular onsets must be to have a tempo: the mean autocorrelation at one, two, three and four beats.
const REGULAR: f32 = 0.2;

/// Lags on either side that are tried in each round of making one exact.
const STEPS: f32 = 16.0;

/// So much must begin in a stretch on average; less is the flutter of a steady tone.
const EVENTFUL: f32 = 0.1;

/// At least so many beats of the slowest tempo that is told must be heard.
const FEWEST_BEATS: f32 = 6.0;

/// Beats a minute, to 0.05; none of what has no regular onsets.
pub(super) fn tempo(mono: &Mono) -> Option<f64> {
    let onsets = onsets(mono)?;
    let lag = beat(&onsets)?;
    Some(per_minute(&onsets, lag))
}

/// The tempo of a lag, to 0.05.
pub(super) fn per_minute(onsets: &Onsets, lag: f32) -> f64 {
    let tempo = 60.0 * f64::from(onsets.rate) / f64::from(lag);
    (tempo * 20.0).round() / 20.0
}

/// Values of [`Onsets`] from one beat that a listener would tap to the next.
pub(super) fn beat(onsets: &Onsets) -> Option<f32> {
    let accents = accents(onsets)?;
    let likeness = likeness(&accents, onsets.rate)?;
    let tap = |lag: f32| {
        let octaves = libm::log2f(60.0 * onsets.rate / lag / USUAL) / SPREAD;
        // Half a beat is as regular as a beat at every second place; at the first it is not.
        let next = between(&likeness, lag).unwrap_or(0.0).max(0.0);
        let taps = (next * regularity(&likeness, lag).max(0.0)).sqrt();
        taps * bar(&likeness, lag) * libm::expf(-0.5 * octaves * octaves)
    };
    let (shortest, longest) = (60.0 * onsets.rate / FASTEST, 60.0 * onsets.rate / SLOWEST);
    let (mut best, mut lag) = ((0.0, 0.0), shortest);
    while lag <= longest {
        let score = tap(lag);
        if score > best.0 {
            best = (score, lag);
        }
        lag += 0.25;
    }
    let is_regular = best.0 > 0.0 && regularity(&likeness, best.1) >= REGULAR;
    is_regular.then(|| sharpen(&likeness, best.1))
}

/// How much begins beyond what does all the time, a little blurred: beats never fall on the same place between values.
pub(super) fn accents(onsets: &Onsets) -> Option<Vec<f32>> {
    let strength = &onsets.strength;
    #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
    let count = strength.len() as f32;
    if strength.iter().sum::<f32>() < EVENTFUL * count {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "some dozen")]
    let around = (0.5 * onsets.rate) as usize;
    let sums = running_sums(strength);
    let beyond = |at: usize| {
        let (from, to) = (at.saturating_sub(around), (at + around + 1).min(strength.len()));
        #[expect(clippy::cast_precision_loss, reason = "some dozen")]
        let mean = (sums[to] - sums[from]) / (to - from) as f32;
        (strength[at] - mean).max(0.0)
    };
    let sharp: Vec<f32> = (0..strength.len()).map(beyond).collect();
    let value = |at: usize| sharp.get(at).copied().unwrap_or(0.0);
    let blurred = |at: usize| {
        let near = value(at.wrapping_sub(1)) + value(at + 1);
        let far = value(at.wrapping_sub(2)) + value(at + 2);
        0.34 * value(at) + 0.23 * near + 0.1 * far
    };
    Some((0..sharp.len()).map(blurred).collect())
}

fn running_sums(values: &[f32]) -> Vec<f32> {
    let mut sum = 0.0;
    let sums = values.iter().map(|value| {
        sum += value;
        sum
    });
    std::iter::once(0.0).chain(sums).collect()
}

/// Autocorrelation of accents about their mean, 1 at no lag; for lags of which two thirds of the sound are a witness.
fn likeness(accents: &[f32], rate: f32) -> Option<Vec<f32>> {
    #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
    let count = accents.len() as f32;
    if count < FEWEST_BEATS * 60.0 * rate / FASTEST.min(90.0) {
        return None;
    }
    let mean = accents.iter().sum::<f32>() / count;
    let about: Vec<f32> = accents.iter().map(|accent| accent - mean).collect();
    let lags = accents.len() * 2 / 3;
    let mut likeness = autocorrelation(&about, lags);
    likeness.truncate(lags);
    let whole = likeness[0] / count;
    if whole <= 0.0 {
        return None;
    }
    let mut left = count;
    for value in &mut likeness {
        *value /= whole * left;
        left -= 1.0;
    }
    Some(likeness)
}

/// Mean likeness at one to four times a lag, as far as they can be told.
fn regularity(likeness: &[f32], lag: f32) -> f32 {
    let (mut sum, mut count) = (0.0, 0.0);
    for times in [1.0, 2.0, 3.0, 4.0] {
        let Some(value) = between(likeness, times * lag) else {
            break;
        };
        sum += value;
        count += 1.0;
    }
    if count == 0.0 { 0.0 } else { sum / count }
}

/// How alike bars of three or of four beats are. Beats make bars; what is one and a half beats does not.
fn bar(likeness: &[f32], lag: f32) -> f32 {
    let bars = [3.0, 4.0].map(|beats| between(likeness, beats * lag));
    bars.into_iter().flatten().fold(0.0, f32::max)
}

/// A value between two places of a sequence.
pub(super) fn between(values: &[f32], place: f32) -> Option<f32> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a place in a sequence"
    )]
    let at = place.max(0.0) as usize;
    let (one, other) = (values.get(at)?, values.get(at + 1)?);
    let part = place - place.floor();
    Some(one + part * (other - one))
}

/// Looks for the lag at whose multiples most falls together: of four beats around the lag, then of ever more of them
/// ever nearer to it, which tells it ever more exactly. A place where little falls together weighs little.
fn sharpen(likeness: &[f32], mut lag: f32) -> f32 {
    for (beats, reach) in [(4_u8, 0.014_f32), (16, 0.006), (64, 0.002)] {
        let step = lag * reach / STEPS;
        let comb = |offset: f32| together(likeness, lag + offset * step, beats);
        let (mut best, mut offset, mut next) = (f32::MIN, 0.0, -STEPS);
        while next <= STEPS {
            let sum = comb(next);
            if sum > best {
                (best, offset) = (sum, next);
            }
            next += 1.0;
        }
        lag += step * (offset + top(comb(offset - 1.0), best, comb(offset + 1.0)));
    }
    lag
}

/// How much falls together at the multiples of a lag, of so many at most.
fn together(likeness: &[f32], lag: f32, beats: u8) -> f32 {
    let places = (1..=beats).map(|times| f32::from(times) * lag);
    places
        .map_while(|place| between(likeness, place))
        .map(|value| value.max(0.0))
        .sum()
}
