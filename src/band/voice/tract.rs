//! The throat: vocal cords and noise through resonances, sample by sample.
//!
//! The vocal cords are a pulse of the KLGLOTT88 kind whose edge is rounded so that it does not alias. Knows nothing of
//! phones or notes, only of control frames.

use std::f32::consts::{PI, TAU};

use super::table::Hiss;
use crate::band::random::Random;

/// Samples a second while singing.
pub(super) const RATE: u32 = 22_050;
const HZ: f32 = 22_050.0;
/// Samples between two control frames: 2.9 ms.
pub(super) const FRAME: usize = 64;

/// What holds at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Frame {
    /// Hz.
    pub(super) pitch: f32,
    /// Centre and width of the resonances, Hz, lowest first.
    pub(super) resonances: [(f32, f32); 6],
    /// 0 to 1.
    pub(super) nasal: f32,
    pub(super) voice: f32,
    pub(super) breath: f32,
    pub(super) hiss: f32,
    pub(super) noise: Hiss,
}

/// How the vocal cords of one singer move.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cords {
    /// The part of a period they are open.
    pub(super) open: f32,
    /// Hz above which they lose strength.
    pub(super) soft: f32,
    /// Breath that leaks while they sound.
    pub(super) leak: f32,
}

/// Two poles.
#[derive(Clone, Copy, Debug, Default)]
struct Resonator {
    a: f32,
    b: f32,
    c: f32,
    one: f32,
    two: f32,
}

impl Resonator {
    /// A resonance that leaves low tones as they are.
    fn tune(&mut self, centre: f32, width: f32) {
        let radius = libm::expf(-PI * width / HZ);
        self.c = -radius * radius;
        self.b = 2.0 * radius * libm::cosf(TAU * centre / HZ);
        self.a = 1.0 - self.b - self.c;
    }

    /// A band that lets its centre through as it is.
    fn tune_band(&mut self, centre: f32, width: f32, gain: f32) {
        self.tune(centre, width);
        let radius = libm::expf(-PI * width / HZ);
        let turn = libm::cosf(2.0 * TAU * centre / HZ);
        self.a = gain * (1.0 - radius) * libm::sqrtf(1.0 - 2.0 * radius * turn + radius * radius);
    }

    fn pass(&mut self, input: f32) -> f32 {
        let output = self.a * input + self.b * self.one + self.c * self.two;
        self.two = self.one;
        self.one = output;
        output
    }

    /// The other way round: what would be raised is taken away.
    fn remove(&mut self, input: f32) -> f32 {
        let output = (input - self.b * self.one - self.c * self.two) / self.a;
        self.two = self.one;
        self.one = input;
        output
    }
}

/// Everything that remembers the sample before.
#[derive(Debug)]
struct Throat<'a> {
    cords: Cords,
    random: &'a mut Random,
    phase: f32,
    /// How much longer or shorter this period is than asked.
    jitter: f32,
    soft: f32,
    keep: f32,
    nose: Resonator,
    nose_zero: Resonator,
    cascade: [Resonator; 6],
    bands: [Resonator; 3],
    flat: f32,
    before: f32,
}

/// Sings control frames, `FRAME` samples between each and the next.
pub(super) fn voiced(frames: &[Frame], cords: Cords, random: &mut Random) -> Vec<f32> {
    let mut throat = Throat {
        cords,
        random,
        phase: 0.0,
        jitter: 0.0,
        soft: 0.0,
        keep: libm::expf(-TAU * cords.soft / HZ),
        nose: Resonator::default(),
        nose_zero: Resonator::default(),
        cascade: [Resonator::default(); 6],
        bands: [Resonator::default(); 3],
        flat: 0.0,
        before: 0.0,
    };
    let mut samples = Vec::with_capacity(frames.len() * FRAME);
    for pair in frames.windows(2) {
        throat.tune(&pair[0]);
        throat.frame(&pair[0], &pair[1], &mut samples);
    }
    samples
}

impl Throat<'_> {
    fn tune(&mut self, frame: &Frame) {
        const NOSE: f32 = 270.0;
        for (resonator, (centre, width)) in self.cascade.iter_mut().zip(frame.resonances) {
            resonator.tune(centre, width);
        }
        self.nose.tune(NOSE, 100.0);
        self.nose_zero.tune(NOSE + 200.0 * frame.nasal, 100.0);
        for (band, (centre, width, gain)) in self.bands.iter_mut().zip(frame.noise.bands) {
            band.tune_band(centre, width, gain);
        }
        self.flat = frame.noise.flat;
    }

    /// Gains and pitch move in straight lines from one frame to the next.
    fn frame(&mut self, from: &Frame, to: &Frame, samples: &mut Vec<f32>) {
        const STEP: f32 = 1.0 / 64.0;
        let (mut pitch, mut voice) = (from.pitch, from.voice);
        let (mut breath, mut hiss) = (from.breath, from.hiss);
        let pitch_step = (to.pitch - from.pitch) * STEP;
        let voice_step = (to.voice - from.voice) * STEP;
        let breath_step = (to.breath - from.breath) * STEP;
        let hiss_step = (to.hiss - from.hiss) * STEP;
        for _ in 0..FRAME {
            let pulse = self.pulse(pitch / HZ);
            let noise = self.random.noise();
            // Air passes while the cords are open.
            let gust = if voice > 0.05 && self.phase > self.cords.open {
                0.4
            } else {
                1.0
            };
            let air = noise * gust * (breath + self.cords.leak * voice);
            let mut sound = self.nose.pass(pulse * voice + air);
            sound = self.nose_zero.remove(sound);
            for resonator in &mut self.cascade {
                sound = resonator.pass(sound);
            }
            if hiss > 1e-5 || self.before != 0.0 {
                sound += self.noise(noise * gust * hiss);
            }
            samples.push(sound);
            pitch += pitch_step;
            voice += voice_step;
            breath += breath_step;
            hiss += hiss_step;
        }
    }

    /// The flow through the cords, as it is heard: it swells, and stops at once.
    fn pulse(&mut self, step: f32) -> f32 {
        let step = step * (1.0 + self.jitter);
        self.phase += step;
        if self.phase >= 1.0 {
            self.phase -= 1.0;
            self.jitter = 0.004 * self.random.noise();
        }
        let open = self.cords.open;
        let mut flow = 0.0;
        if self.phase < open {
            let along = self.phase / open;
            flow = along * (2.0 - 3.0 * along);
        }
        // The edge, rounded over the samples beside it.
        let away = (self.phase - open) / step;
        if away > -1.0 && away < 0.0 {
            flow += 0.5 * (1.0 + away) * (1.0 + away);
        } else if (0.0..1.0).contains(&away) {
            flow -= 0.5 * (1.0 - away) * (1.0 - away);
        }
        self.soft = flow + self.keep * (self.soft - flow);
        self.soft
    }

    /// Noise of the mouth: three bands of it, and some as it is.
    fn noise(&mut self, input: f32) -> f32 {
        let rough = input - self.before;
        self.before = input;
        let mut sound = input * self.flat;
        for band in &mut self.bands {
            sound += band.pass(rough);
        }
        sound
    }
}
