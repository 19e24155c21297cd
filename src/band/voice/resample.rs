//! From the rate a voice is made at to the rate that is asked, by a windowed sinc.
//!
//! The FFT of a library would choose its instructions, and with them its last bits, by the machine: these samples are the
//! same on every one.

/// Samples on either side that a new one is made of.
const REACH: usize = 12;

/// One filter for each place that a new sample can have between two old ones.
#[derive(Debug)]
pub(in crate::band) struct Resampler {
    from: u64,
    to: u64,
    /// Samples on either side that a new one is made of.
    reach: usize,
    filters: Vec<Vec<f32>>,
}

impl Resampler {
    pub(in crate::band) fn new(from: u32, to: u32) -> Self {
        let common = u64::from(divisor(from, to));
        let (from, to) = (u64::from(from) / common, u64::from(to) / common);
        let (slow, fast) = (to_f64(from.min(to)), to_f64(from));
        let share = slow / fast; // of the old band that the new one holds
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few dozen")]
        let reach = libm::ceil(to_f64(REACH as u64) / share) as usize;
        let filters = (0..to).map(|place| filter(to_f64(place) / to_f64(to), reach, share * 0.95));
        Self {
            from,
            to,
            reach,
            filters: filters.collect(),
        }
    }

    /// Adds `sound`, which begins at the sample `start` of the old rate, to `song` at the new one.
    pub(in crate::band) fn add(&self, sound: &[f32], start: usize, song: &mut [f32]) {
        let reach = self.reach;
        let mut padded = vec![0.0; sound.len() + 2 * reach];
        padded[reach..reach + sound.len()].copy_from_slice(sound);
        let first = (start as u64 * self.to).div_ceil(self.from);
        for at in first.. {
            let place = at * self.from;
            let (whole, part) = (place / self.to - start as u64, place % self.to);
            let (Ok(whole), Ok(part), Ok(at)) = (usize::try_from(whole), usize::try_from(part), usize::try_from(at))
            else {
                return;
            };
            if whole >= sound.len() || at >= song.len() {
                return;
            }
            let filter = &self.filters[part];
            let heard = &padded[whole + 1..=whole + 2 * reach];
            let mut sum = 0.0;
            for tap in 0..heard.len() {
                sum += filter[tap] * heard[tap];
            }
            song[at] += sum;
        }
    }
}

/// The weights of the samples around a place `part` of the way from one to the next.
fn filter(part: f64, reach: usize, band: f64) -> Vec<f32> {
    let mut weights: Vec<f64> = (0..2 * reach)
        .map(|tap| {
            let away = to_f64(tap as u64) + 1.0 - to_f64(reach as u64) - part;
            let angle = std::f64::consts::PI * away * band;
            let sinc = if angle.abs() < 1e-9 {
                1.0
            } else {
                libm::sin(angle) / angle
            };
            let edge = (away / to_f64(reach as u64)).clamp(-1.0, 1.0);
            let window = 0.5 + 0.5 * libm::cos(std::f64::consts::PI * edge);
            sinc * window
        })
        .collect();
    let sum: f64 = weights.iter().sum();
    for weight in &mut weights {
        *weight /= sum;
    }
    #[expect(clippy::cast_possible_truncation, reason = "between −1 and 1")]
    weights.into_iter().map(|weight| weight as f32).collect()
}

fn divisor(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { divisor(b, a % b) }
}

#[expect(clippy::cast_precision_loss, reason = "rates and counts are small")]
fn to_f64(count: u64) -> f64 {
    count as f64
}
