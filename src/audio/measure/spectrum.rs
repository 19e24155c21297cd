//! The power spectrum of a stretch of sound.
//!
//! The transform is the decoder's own: it takes no account of what the processor offers, so its results are the same
//! everywhere, and it is optimised in every build.

use symphonia::core::dsp::{complex::Complex, fft::Fft};

/// Transforms stretches of one length.
pub(super) struct Spectrum {
    fft: Fft,
    window: Vec<f32>,
    buffer: Vec<Complex<f32>>,
}

impl Spectrum {
    /// For stretches of so many samples, a power of two.
    pub(super) fn new(size: usize) -> Self {
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            reason = "at most some thousand samples, weighed as samples are"
        )]
        let weight = |at: usize| {
            let turn = std::f64::consts::TAU * at as f64 / size as f64;
            // A full-scale sine has a peak of 1.
            ((2.0 - 2.0 * libm::cos(turn)) / size as f64) as f32
        };
        Self {
            fft: Fft::new(size),
            window: (0..size).map(weight).collect(),
            buffer: vec![Complex::default(); size],
        }
    }

    /// Samples in a stretch.
    pub(super) fn size(&self) -> usize {
        self.window.len()
    }

    /// Squared amplitudes of a stretch, from 0 Hz to just below half the sample rate, under a Hann window.
    pub(super) fn power(&mut self, stretch: &[f32], power: &mut Vec<f32>) {
        let size = self.size();
        let mut at = 0;
        while at < size {
            let bin = &mut self.buffer[at];
            bin.re = stretch[at] * self.window[at];
            bin.im = 0.0;
            at += 1;
        }
        self.fft.fft_inplace(&mut self.buffer);
        power.resize(size / 2, 0.0);
        let mut at = 0;
        while at < size / 2 {
            let bin = &self.buffer[at];
            power[at] = bin.re * bin.re + bin.im * bin.im;
            at += 1;
        }
    }
}

/// How like itself a sequence is when it is moved by 0, 1, 2 … places, for at least `lags` of them: not normalised.
pub(super) fn autocorrelation(sequence: &[f32], lags: usize) -> Vec<f32> {
    let size = (sequence.len() + lags).next_power_of_two();
    Autocorrelation::new(size).of(sequence)
}

/// The same for many sequences of about one length.
pub(super) struct Autocorrelation {
    fft: Fft,
    buffer: Vec<Complex<f32>>,
}

impl Autocorrelation {
    /// For sequences and lags that are together no longer than `size`, a power of two.
    pub(super) fn new(size: usize) -> Self {
        Self {
            fft: Fft::new(size),
            buffer: vec![Complex::default(); size],
        }
    }

    pub(super) fn of(&mut self, sequence: &[f32]) -> Vec<f32> {
        self.buffer.fill(Complex::default());
        let mut at = 0;
        while at < sequence.len() {
            self.buffer[at].re = sequence[at];
            at += 1;
        }
        self.fft.fft_inplace(&mut self.buffer);
        let mut at = 0;
        while at < self.buffer.len() {
            let bin = &mut self.buffer[at];
            bin.re = bin.re * bin.re + bin.im * bin.im;
            bin.im = 0.0;
            at += 1;
        }
        // The power spectrum is even, so that forth is as good as back.
        self.fft.fft_inplace(&mut self.buffer);
        #[expect(clippy::cast_precision_loss, reason = "at most 2^16")]
        let scale = 1.0 / self.buffer.len() as f32;
        let half = &self.buffer[..self.buffer.len() / 2];
        half.iter().map(|bin| bin.re * scale).collect()
    }
}

/// Where the top of a parabola through three equally spaced values lies, from −0.5 to 0.5 about the middle one.
pub(super) fn top(left: f32, middle: f32, right: f32) -> f32 {
    let bend = left - 2.0 * middle + right;
    if bend >= 0.0 {
        return 0.0;
    }
    (0.5 * (left - right) / bend).clamp(-0.5, 0.5)
}
