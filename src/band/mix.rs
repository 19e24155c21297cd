//! The desk: sounds put in time and place, and a room around them.

use crate::audio::Samples;

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

    /// All of it with its room, in stereo.
    pub(super) fn finish(mut self) -> Samples {
        self.reverberate();
        let pairs = self.left.iter().zip(&self.right);
        Samples {
            sample_rate: self.sample_rate,
            channels: 2,
            data: pairs.flat_map(|(left, right)| [*left, *right]).collect(),
        }
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
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a place in a song of a minute"
)]
fn at(seconds: f64, sample_rate: u32) -> usize {
    (seconds.max(0.0) * f64::from(sample_rate)) as usize
}
