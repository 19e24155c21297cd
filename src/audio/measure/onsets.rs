//! Where something begins to sound: how much more there is in each band of the spectrum than a moment before.

use super::{mono::Mono, spectrum::Spectrum};

/// Samples in a stretch, and from one stretch to the next.
pub(super) const STRETCH: usize = 512;
pub(super) const HOP: usize = 128;

/// Bands, evenly spaced on a logarithmic scale between these.
const BANDS: usize = 40;
const LOWEST: f32 = 40.0;
const HIGHEST: f32 = 4_400.0;

/// Bands below this are the bass, where beats are told from bars.
const BASS: f32 = 180.0;

/// The level to which a sound is brought before it is looked at (RMS), so that a quiet one is told as well as a loud one.
const LEVEL: f32 = 0.1;

/// What is quieter than this (RMS) is silence.
const SILENT: f32 = 3e-5;

/// How much quieter than the whole a sound may be and still count, as the inverse of a squared amplitude.
const COMPRESSION: f32 = 1e4;

/// Onsets of a sound.
pub(super) struct Onsets {
    /// Values a second.
    pub(super) rate: f32,
    /// How much begins in each stretch; 0 in the first.
    pub(super) strength: Vec<f32>,
    /// How much of that is bass.
    pub(super) bass: Vec<f32>,
}

/// The onsets of a sound; none of what is silent or too short to have any.
pub(super) fn onsets(mono: &Mono) -> Option<Onsets> {
    let level = rms(&mono.samples);
    if mono.samples.len() < 2 * STRETCH || level < SILENT {
        return None;
    }
    let gain = COMPRESSION * (LEVEL / level) * (LEVEL / level);
    let edges = edges(mono.rate);
    let bass = edges.iter().filter(|edge| frequency(**edge, mono.rate) < BASS).count();
    let mut spectrum = Spectrum::new(STRETCH);
    let mut power = Vec::new();
    let mut before: Vec<f32> = Vec::new();
    #[expect(clippy::cast_precision_loss, reason = "a small number")]
    let rate = mono.rate / HOP as f32;
    let mut found = Onsets {
        rate,
        strength: Vec::new(),
        bass: Vec::new(),
    };
    for stretch in mono.samples.windows(STRETCH).step_by(HOP) {
        spectrum.power(stretch, &mut power);
        let now: Vec<f32> = edges
            .windows(2)
            .map(|band| libm::log1pf(gain * sum(&power[band[0]..band[1]])))
            .collect();
        let mut rises = [0.0, 0.0];
        for (band, (now, before)) in now.iter().zip(&before).enumerate() {
            rises[usize::from(band < bass)] += (now - before).max(0.0);
        }
        found.strength.push(rises[0] + rises[1]);
        found.bass.push(rises[1]);
        before = now;
    }
    Some(found)
}

/// The bins where bands begin and the last one ends; each has one bin at least.
fn edges(rate: f32) -> Vec<usize> {
    let ratio = HIGHEST / LOWEST;
    let mut edges: Vec<usize> = Vec::new();
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "small numbers"
    )]
    let bin = |band: usize| {
        let hertz = LOWEST * libm::powf(ratio, band as f32 / BANDS as f32);
        (hertz / rate * STRETCH as f32).round() as usize
    };
    for band in 0..=BANDS {
        let next = bin(band).clamp(1, STRETCH / 2);
        if edges.last().is_none_or(|last| next > *last) {
            edges.push(next);
        }
    }
    edges
}

#[expect(clippy::cast_precision_loss, reason = "small numbers")]
fn frequency(bin: usize, rate: f32) -> f32 {
    bin as f32 * rate / STRETCH as f32
}

fn sum(power: &[f32]) -> f32 {
    let (mut sum, mut at) = (0.0, 0);
    while at < power.len() {
        sum += power[at];
        at += 1;
    }
    sum
}

/// The mean level of samples.
pub(super) fn rms(samples: &[f32]) -> f32 {
    let (mut sum, mut at) = (0.0_f64, 0);
    while at < samples.len() {
        sum += f64::from(samples[at] * samples[at]);
        at += 1;
    }
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "a level between 0 and 2"
    )]
    let level = (sum / samples.len().max(1) as f64).sqrt() as f32;
    level
}
