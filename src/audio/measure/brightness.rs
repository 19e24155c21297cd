//! How bright a sound is: the centre of gravity of its spectrum.

use super::spectrum::Spectrum;

/// Samples in a stretch that is looked at.
const STRETCH: usize = 2048;

/// One stretch of so many samples is looked at; a quarter of a song tells as much as all of it.
const EVERY: usize = 8192;

/// Sums up spectra of one channel at its full rate.
pub(super) struct Brightness {
    sample_rate: u32,
    spectrum: Spectrum,
    stretch: Vec<f32>,
    /// Samples still to be left out before the next stretch begins.
    skip: usize,
    power: Vec<f32>,
    /// Amplitudes, so that loud stretches weigh more.
    sum: Vec<f64>,
}

impl Brightness {
    pub(super) fn new(sample_rate: u32) -> Self {
        Self {
            sample_rate,
            spectrum: Spectrum::new(STRETCH),
            stretch: Vec::with_capacity(STRETCH),
            skip: 0,
            power: Vec::new(),
            sum: vec![0.0; STRETCH / 2],
        }
    }

    pub(super) fn add(&mut self, mut samples: &[f32]) {
        while !samples.is_empty() {
            let skipped = self.skip.min(samples.len());
            self.skip -= skipped;
            samples = &samples[skipped..];
            let count = (STRETCH - self.stretch.len()).min(samples.len());
            self.stretch.extend_from_slice(&samples[..count]);
            samples = &samples[count..];
            if self.stretch.len() == STRETCH {
                self.look();
            }
        }
    }

    fn look(&mut self) {
        self.spectrum.power(&self.stretch, &mut self.power);
        for (sum, power) in self.sum.iter_mut().zip(&self.power) {
            *sum += f64::from(power.sqrt());
        }
        self.stretch.clear();
        self.skip = EVERY - STRETCH;
    }

    /// Hz, to a whole one; none for silence and what is shorter than a stretch.
    pub(super) fn centroid(&self) -> Option<f64> {
        let (mut weight, mut moment) = (0.0, 0.0);
        // A constant level is no sound.
        for (bin, amplitude) in (0_u32..).zip(&self.sum).skip(2) {
            weight += amplitude;
            moment += amplitude * f64::from(bin);
        }
        #[expect(clippy::cast_precision_loss, reason = "a small number")]
        let step = f64::from(self.sample_rate) / STRETCH as f64;
        (weight > 1e-9).then(|| (moment / weight * step).round())
    }
}
