//! Integrated loudness (EBU R 128), fed piece by piece.

use ebur128::{EbuR128, Mode};

use super::Samples;

/// Samples far outside are noise from damaged data; left in, a few of them outweigh a whole song.
const SANE: f32 = 2.0;

/// Gathers loudness over any number of pieces, in memory that does not grow with them.
pub(super) struct Meter {
    state: Option<EbuR128>,
}

impl Meter {
    /// A meter for interleaved samples. One of a rate or channels no meter takes measures nothing.
    pub(super) fn new(sample_rate: u32, channels: u16) -> Self {
        let state = EbuR128::new(u32::from(channels), sample_rate, Mode::I | Mode::HISTOGRAM).ok();
        Self { state }
    }

    /// Adds interleaved samples, after making them sane in place: no NaN, nothing beyond ±2.
    pub(super) fn add(&mut self, samples: &mut [f32]) {
        for sample in samples.iter_mut() {
            *sample = if sample.is_nan() {
                0.0
            } else {
                sample.clamp(-SANE, SANE)
            };
        }
        if let Some(state) = &mut self.state {
            // Fails on a partial frame only; then the piece is not counted.
            let _ = state.add_frames_f32(samples);
        }
    }

    /// LUFS, or none if everything was silent or shorter than 0.4 s.
    pub(super) fn integrated(&self) -> Option<f64> {
        let loudness = self.state.as_ref()?.loudness_global().ok()?;
        loudness.is_finite().then_some(loudness)
    }
}

/// Integrated loudness in LUFS; none for silence and for less than 0.4 s of sound.
pub fn loudness(samples: &Samples) -> Option<f64> {
    let mut state = EbuR128::new(u32::from(samples.channels), samples.sample_rate, Mode::I).ok()?;
    state.add_frames_f32(&samples.data).ok()?;
    state.loudness_global().ok().filter(|loudness| loudness.is_finite())
}
