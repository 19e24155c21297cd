//! The desk: sounds put in time and place, a room around them, and the level the result is brought to.

use crate::audio::{Samples, loudness};

/// What the music is brought to, in LUFS: what streaming services play at.
const LOUDNESS: f64 = -14.0;
/// No sample beyond −1 dBFS: room for what an mp3 encoder adds.
const CEILING: f32 = 0.891;
/// From here on peaks are bent.
const KNEE: f32 = 0.62;
/// The end fades over so many seconds.
const FADE: f32 = 1.2;

/// Where a sound goes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// Factor.
    pub(super) gain: f32,
    /// −1 left to 1 right.
    pub(super) pan: f32,
    /// How much of it the room hears, as a factor.
    pub(super) room: f32,
}

/// Collects all sounds of a song.
#[derive(Debug)]
pub(super) struct Mixer {
    sample_rate: u32,
    left: Vec<f32>,
    right: Vec<f32>,
    room: Vec<f32>,
}

impl Mixer {
    pub(super) fn new(sample_rate: u32, seconds: f64) -> Self {
        let frames = at(seconds, sample_rate);
        Self {
            sample_rate,
            left: vec![0.0; frames],
            right: vec![0.0; frames],
            room: vec![0.0; frames],
        }
    }

    pub(super) fn sample_rate(&self) -> u32 {
        self.sample_rate
    }

    /// Adds a mono sound from `seconds` on; what lies beyond the end is not heard.
    pub(super) fn add(&mut self, seconds: f64, sound: &[f32], place: Place) {
        let start = at(seconds, self.sample_rate).min(self.left.len());
        let angle = (place.pan + 1.0) * std::f32::consts::FRAC_PI_4;
        let left = place.gain * libm::cosf(angle) * std::f32::consts::SQRT_2;
        let right = place.gain * libm::sinf(angle) * std::f32::consts::SQRT_2;
        let room = place.gain * place.room;
        for (to, gain) in [(&mut self.left, left), (&mut self.right, right), (&mut self.room, room)] {
            if gain == 0.0 {
                continue;
            }
            for (sum, sample) in to[start..].iter_mut().zip(sound) {
                *sum += gain * sample;
            }
        }
    }

    /// The finished song: with its room, faded out, without a direct current, at its loudness and under its ceiling.
    pub(super) fn master(mut self) -> Samples {
        self.reverberate();
        self.fade();
        let mut data = Vec::with_capacity(self.left.len() * 2);
        let (mut left, mut right) = (
            DirectCurrent::new(self.sample_rate),
            DirectCurrent::new(self.sample_rate),
        );
        for (l, r) in self.left.iter().zip(&self.right) {
            data.push(left.remove(*l));
            data.push(right.remove(*r));
        }
        let mut samples = Samples {
            sample_rate: self.sample_rate,
            channels: 2,
            data,
        };
        // Bending the peaks takes a little loudness away: the second round gives it back.
        for _ in 0..2 {
            level(&mut samples);
        }
        samples
    }

    /// Four delay lines that feed each other: a small hall, another one to each ear.
    fn reverberate(&mut self) {
        const LENGTHS: [f64; 4] = [0.0297, 0.0371, 0.0411, 0.0437];
        const FEEDBACK: f32 = 0.41; // 0.82, halved by the matrix
        const DAMPING: f32 = 0.35;
        let mut lines = LENGTHS.map(|length| vec![0.0_f32; at(length, self.sample_rate).max(1)]);
        let mut places = [0_usize; 4];
        let mut soft = [0.0_f32; 4];
        for ((left, right), input) in self.left.iter_mut().zip(&mut self.right).zip(&self.room) {
            let mut out = [0.0_f32; 4];
            for (line, out) in out.iter_mut().enumerate() {
                *out = lines[line][places[line]];
                soft[line] += (1.0 - DAMPING) * (*out - soft[line]);
            }
            let [a, b, c, d] = soft;
            let mixed = [a + b + c + d, a - b + c - d, a + b - c - d, a - b - c + d];
            for (line, back) in mixed.into_iter().enumerate() {
                lines[line][places[line]] = input + FEEDBACK * back;
                places[line] = (places[line] + 1) % lines[line].len();
            }
            *left += 0.5 * (out[0] + out[2]);
            *right += 0.5 * (out[1] + out[3]);
        }
    }

    fn fade(&mut self) {
        let frames = at(f64::from(FADE), self.sample_rate).min(self.left.len());
        let start = self.left.len() - frames;
        for side in [&mut self.left, &mut self.right] {
            for (frame, sample) in side[start..].iter_mut().enumerate() {
                #[expect(clippy::cast_precision_loss, reason = "frames of a second")]
                let along = (frame + 1) as f32 / frames as f32;
                *sample *= 0.5 + 0.5 * libm::cosf(along * std::f32::consts::PI);
            }
        }
    }
}

/// Brings samples to the loudness and bends what would go beyond the ceiling.
fn level(samples: &mut Samples) {
    let Some(found) = loudness(samples) else {
        return;
    };
    #[expect(clippy::cast_possible_truncation, reason = "a factor of a few")]
    let gain = libm::pow(10.0, (LOUDNESS - found) / 20.0) as f32;
    for sample in &mut samples.data {
        *sample = bend(*sample * gain);
    }
}

/// Straight up to the knee, then ever flatter towards the ceiling.
fn bend(sample: f32) -> f32 {
    let size = sample.abs();
    if size <= KNEE {
        return sample;
    }
    let room = CEILING - KNEE;
    (KNEE + room * libm::tanhf((size - KNEE) / room)).copysign(sample)
}

/// A high pass at 20 Hz.
struct DirectCurrent {
    keep: f32,
    input: f32,
    output: f32,
}

impl DirectCurrent {
    fn new(sample_rate: u32) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "rates are small")]
        let keep = libm::expf(-std::f32::consts::TAU * 20.0 / sample_rate as f32);
        Self {
            keep,
            input: 0.0,
            output: 0.0,
        }
    }

    fn remove(&mut self, sample: f32) -> f32 {
        self.output = sample - self.input + self.keep * self.output;
        self.input = sample;
        self.output
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a place in a song of a minute"
)]
fn at(seconds: f64, sample_rate: u32) -> usize {
    (seconds.max(0.0) * f64::from(sample_rate)) as usize
}
