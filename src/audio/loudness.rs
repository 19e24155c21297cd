//! Loudness, its range and the true peak (EBU R 128), fed piece by piece.

use ebur128::{EbuR128, Mode};

use super::Samples;

/// Gathers loudness over any number of pieces, in memory that does not grow with them.
pub(super) struct Meter {
    state: Option<EbuR128>,
    channels: u16,
}

impl Meter {
    /// A meter for interleaved samples. One of a rate or channels no meter takes measures nothing.
    pub(super) fn new(sample_rate: u32, channels: u16) -> Self {
        let mode = Mode::I | Mode::LRA | Mode::TRUE_PEAK | Mode::HISTOGRAM;
        let state = EbuR128::new(u32::from(channels), sample_rate, mode).ok();
        Self { state, channels }
    }

    /// Adds interleaved samples, which must be sane.
    pub(super) fn add(&mut self, samples: &[f32]) {
        if let Some(state) = &mut self.state {
            // Fails on a partial frame only; then the piece is not counted.
            let _ = state.add_frames_f32(samples);
        }
    }

    /// LUFS, or none if everything was silent or shorter than 0.4 s.
    pub(super) fn integrated(&self) -> Option<f64> {
        known(self.state.as_ref()?.loudness_global().ok()?)
    }

    /// LU, or none if nothing was louder than silence for 3 s.
    pub(super) fn range(&self) -> Option<f64> {
        self.integrated()?;
        known(self.state.as_ref()?.loudness_range().ok()?)
    }

    /// dBTP of the loudest channel, or none for digital silence.
    pub(super) fn true_peak(&self) -> Option<f64> {
        let state = self.state.as_ref()?;
        let peaks = (0..self.channels).filter_map(|channel| state.true_peak(channel.into()).ok());
        known(20.0 * libm::log10(peaks.fold(0.0, f64::max)))
    }
}

/// Rounded to a hundredth, which is more than anybody hears.
fn known(measure: f64) -> Option<f64> {
    measure.is_finite().then(|| (measure * 100.0).round() / 100.0)
}

/// Integrated loudness in LUFS; none for silence and for less than 0.4 s of sound.
pub fn loudness(samples: &Samples) -> Option<f64> {
    let mut state = EbuR128::new(u32::from(samples.channels), samples.sample_rate, Mode::I).ok()?;
    state.add_frames_f32(&samples.data).ok()?;
    state.loudness_global().ok().filter(|loudness| loudness.is_finite())
}
