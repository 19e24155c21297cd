//! One channel of about 11 kHz out of any sound: enough to hear tempo, key and voice in, and little to keep.

use std::collections::VecDeque;

/// About what rate is kept.
const RATE: u32 = 11_025;

/// The filter reaches so many samples of the new rate to either side.
const REACH: usize = 4;

/// Where the filter is half way down, as a part of the new rate. Up to a fifth passes whole; what would come back as
/// something below two fifths is gone.
const CUTOFF: f64 = 0.4;

/// Seconds that are listened to.
const LISTENED: usize = 120;

/// After so many seconds nothing more is kept: the middle of the first ten minutes will do for what is longer.
const LONGEST: usize = 600;

/// Sound in one channel, at a rate between 8 and 17 kHz.
#[derive(Debug, Default)]
pub(super) struct Mono {
    /// Hz.
    pub(super) rate: f32,
    /// Between −1 and 1.
    pub(super) samples: Vec<f32>,
}

/// Mixes all channels to one, in place of what `mixed` held.
pub(super) fn mix(samples: &[f32], channels: u16, mixed: &mut Vec<f32>) {
    mixed.clear();
    if channels == 1 {
        mixed.extend_from_slice(samples);
        return;
    }
    let frames = samples.len() / 2;
    mixed.resize(frames, 0.0);
    let mut at = 0;
    while at < frames {
        mixed[at] = 0.5 * (samples[2 * at] + samples[2 * at + 1]);
        at += 1;
    }
}

/// Lowers the rate by a whole factor.
pub(super) struct Decimator {
    rate: u32,
    factor: usize,
    /// The filter from its middle on; the other half is the same.
    half: Vec<f32>,
    /// Samples that are still needed; the first output is about the sample at `half.len() - 1`.
    input: Vec<f32>,
    output: Vec<f32>,
}

impl Decimator {
    pub(super) fn new(sample_rate: u32) -> Self {
        let factor = (f64::from(sample_rate) / f64::from(RATE)).round().max(1.0);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small number")]
        let factor = factor as usize;
        let half = filter(factor);
        Self {
            rate: sample_rate / u32::try_from(factor).unwrap_or(1),
            factor,
            input: vec![0.0; half.len() - 1],
            half,
            output: Vec::new(),
        }
    }

    /// Of what comes out, in Hz.
    pub(super) const fn rate(&self) -> u32 {
        self.rate
    }

    pub(super) fn add(&mut self, samples: &[f32], mut take: impl FnMut(&[f32])) {
        if self.factor == 1 {
            take(samples);
            return;
        }
        self.input.extend_from_slice(samples);
        let reach = self.half.len() - 1;
        let mut middle = reach;
        self.output.clear();
        while middle + reach < self.input.len() {
            self.output.push(self.at(middle));
            middle += self.factor;
        }
        self.input.drain(..middle - reach);
        take(&self.output);
    }

    /// Hands out what the last samples become.
    pub(super) fn finish(mut self, take: impl FnMut(&[f32])) {
        let silence = vec![0.0; self.half.len() - 1];
        self.add(&silence, take);
    }

    fn at(&self, middle: usize) -> f32 {
        let (half, input) = (&self.half, &self.input);
        let mut sum = half[0] * input[middle];
        let mut offset = 1;
        while offset < half.len() {
            sum += half[offset] * (input[middle - offset] + input[middle + offset]);
            offset += 1;
        }
        sum
    }
}

/// Half of a low pass: a windowed sinc that lets a steady level through unchanged.
fn filter(factor: usize) -> Vec<f32> {
    use std::f64::consts::PI;
    if factor == 1 {
        return vec![1.0];
    }
    #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
    let tap = |offset: usize| {
        let time = offset as f64 / factor as f64;
        let wave = 2.0 * CUTOFF * time * PI;
        let sinc = if offset == 0 { 1.0 } else { libm::sin(wave) / wave };
        sinc * (0.5 + 0.5 * libm::cos(PI * time / REACH as f64))
    };
    let taps: Vec<f64> = (0..REACH * factor).map(tap).collect();
    let sum = taps[0] + 2.0 * taps[1..].iter().sum::<f64>();
    #[expect(clippy::cast_possible_truncation, reason = "for samples of that kind")]
    let half = taps.iter().map(|tap| (tap / sum) as f32).collect();
    half
}

/// The middle two minutes of a sound whose length is not known before it ends. Keeps what may still be in the middle,
/// a second at a time and in 16 bits: at most six minutes.
pub(super) struct Middle {
    rate: usize,
    seconds: VecDeque<Vec<i16>>,
    /// Seconds that have gone from the front.
    gone: usize,
}

impl Middle {
    pub(super) fn new(rate: u32) -> Self {
        Self {
            rate: usize::try_from(rate).unwrap_or(usize::MAX),
            seconds: VecDeque::new(),
            gone: 0,
        }
    }

    pub(super) fn add(&mut self, mut samples: &[f32]) {
        while !samples.is_empty() {
            let is_full = self.seconds.back().is_none_or(|last| last.len() == self.rate);
            if is_full && !self.turn() {
                return;
            }
            let Some(last) = self.seconds.back_mut() else { return };
            let count = samples.len().min(self.rate - last.len());
            let (now, later) = samples.split_at(count);
            let mut at = 0;
            while at < now.len() {
                last.push(to_16_bits(now[at]));
                at += 1;
            }
            samples = later;
        }
    }

    /// Begins another second, unless enough have come.
    fn turn(&mut self) -> bool {
        let come = self.gone + self.seconds.len();
        if come == LONGEST {
            return false;
        }
        if 2 * self.gone + LISTENED < come {
            self.seconds.pop_front();
            self.gone += 1;
        }
        self.seconds.push_back(Vec::with_capacity(self.rate));
        true
    }

    pub(super) fn finish(mut self) -> Mono {
        let come = self.gone + self.seconds.len();
        let first = come.saturating_sub(LISTENED) / 2;
        self.seconds.drain(..first.saturating_sub(self.gone));
        self.seconds.truncate(LISTENED);
        let mut samples = Vec::with_capacity(self.seconds.len() * self.rate);
        for second in self.seconds {
            samples.extend(second.into_iter().map(|sample| f32::from(sample) / 32_768.0));
        }
        #[expect(clippy::cast_precision_loss, reason = "a rate in Hz")]
        let rate = self.rate as f32;
        Mono { rate, samples }
    }
}

fn to_16_bits(sample: f32) -> i16 {
    #[expect(clippy::cast_possible_truncation, reason = "a float cast saturates")]
    let whole = (sample * 32_768.0) as i16;
    whole
}

/// As much of samples as is listened to, from their beginning.
pub(super) fn beginning(samples: &crate::audio::Samples) -> Mono {
    let mut decimator = Decimator::new(samples.sample_rate);
    let listened = LISTENED.saturating_mul(usize::try_from(samples.sample_rate).unwrap_or(usize::MAX));
    let count = samples
        .data
        .len()
        .min(listened.saturating_mul(usize::from(samples.channels)));
    let (mut mixed, mut out) = (Vec::new(), Vec::new());
    mix(&samples.data[..count], samples.channels, &mut mixed);
    #[expect(clippy::cast_precision_loss, reason = "a rate in Hz")]
    let rate = decimator.rate() as f32;
    decimator.add(&mixed, |piece| out.extend_from_slice(piece));
    decimator.finish(|piece| out.extend_from_slice(piece));
    Mono { rate, samples: out }
}
