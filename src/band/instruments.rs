//! Single notes and hits as mono samples between −1 and 1, each starting and ending in silence.
//!
//! Pitched sounds read one period of a wave that is built from its harmonics up to what the sample rate can carry, so
//! nothing aliases at any rate. Knows nothing of bars or chords.

use std::f32::consts::TAU;

use super::random::Random;

/// Points of one period.
const PERIOD: usize = 2048;
/// No harmonic above this: brightness is made below it.
const BRIGHTEST: f32 = 9_000.0;

/// One note to sound.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tone {
    /// Hz.
    pub(super) pitch: f32,
    /// Seconds until it is let go.
    pub(super) held: f32,
    /// Hz of the samples.
    pub(super) sample_rate: u32,
}

impl Tone {
    fn rate(self) -> f32 {
        to_f32(self.sample_rate as usize)
    }

    /// Samples of a note that takes `release` seconds to die.
    fn frames(self, release: f32) -> usize {
        frames((self.held + release) * self.rate())
    }

    /// One period, with `strength` giving the weight of each harmonic by its number and frequency.
    fn wave(self, strength: impl Fn(f32, f32) -> f32) -> Wave {
        let top = BRIGHTEST.min(self.rate() * 0.45);
        let harmonics = frames(top / self.pitch).clamp(1, 64);
        let sine = sine();
        let mut points = vec![0.0_f32; PERIOD + 1];
        let mut energy = 0.0;
        for harmonic in 1..=harmonics {
            let number = to_f32(harmonic);
            let weight = strength(number, number * self.pitch);
            energy += weight * weight;
            if weight.abs() < 1e-4 {
                continue;
            }
            let mut at = 0;
            for point in &mut points {
                *point += weight * sine[at];
                at = (at + harmonic) % PERIOD;
            }
        }
        let scale = 1.0 / libm::sqrtf(energy.max(1e-9));
        for point in &mut points {
            *point *= scale;
        }
        Wave { points }
    }
}

/// One period of a sound, its last point equal to its first.
struct Wave {
    points: Vec<f32>,
}

impl Wave {
    /// The value at a phase between 0 and 1.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a phase is between 0 and 1"
    )]
    fn at(&self, phase: f32) -> f32 {
        let place = phase * to_f32(PERIOD);
        let index = (place as usize).min(PERIOD - 1);
        let (here, next) = (self.points[index], self.points[index + 1]);
        here + (next - here) * (place - to_f32(index))
    }
}

fn sine() -> Vec<f32> {
    (0..PERIOD)
        .map(|at| libm::sinf(to_f32(at) / to_f32(PERIOD) * TAU))
        .collect()
}

/// How loud a held sound is: rises over `attack`, and after `held` falls to silence over `release`, all in seconds.
fn swell(time: f32, tone: Tone, attack: f32, release: f32) -> f32 {
    let rise = (time / attack).min(1.0);
    let fall = ((tone.held + release - time) / release).clamp(0.0, 1.0);
    smooth(rise) * smooth(fall)
}

/// From 0 to 1 without a corner.
fn smooth(x: f32) -> f32 {
    x * x * (3.0 - 2.0 * x)
}

fn advance(phase: &mut f32, step: f32) -> f32 {
    *phase += step;
    if *phase >= 1.0 {
        *phase -= 1.0;
    }
    *phase
}

/// An electric piano: a round body, and a bell that fades first.
pub(super) fn keys(tone: Tone) -> Vec<f32> {
    let body = tone.wave(|number, _| libm::expf(-1.3 * (number - 1.0)));
    let bell = tone.wave(|number, hz| if number > 2.0 { libm::expf(-hz / 1400.0) } else { 0.0 });
    let step = tone.pitch / tone.rate();
    let decay = libm::expf(-1.1 / tone.rate());
    let bell_decay = libm::expf(-6.0 / tone.rate());
    let (mut phase, mut level, mut bell_level) = (0.0, 1.0_f32, 0.35_f32);
    (0..tone.frames(0.12))
        .map(|frame| {
            let time = to_f32(frame) / tone.rate();
            level *= decay;
            bell_level *= bell_decay;
            let phase = advance(&mut phase, step);
            (body.at(phase) * level + bell.at(phase) * bell_level) * swell(time, tone, 0.004, 0.12)
        })
        .collect()
}

/// A warm pad, `detune` cents off, so that two of them make a width.
pub(super) fn pad(tone: Tone, detune: f32) -> Vec<f32> {
    let wave = tone.wave(|number, hz| 1.0 / number / (1.0 + (hz / 900.0) * (hz / 900.0)));
    let step = tone.pitch * libm::exp2f(detune / 1200.0) / tone.rate();
    let mut phase = if detune < 0.0 { 0.37 } else { 0.0 };
    (0..tone.frames(0.5))
        .map(|frame| {
            let time = to_f32(frame) / tone.rate();
            wave.at(advance(&mut phase, step)) * swell(time, tone, 0.18, 0.5)
        })
        .collect()
}

/// A plucked bass: a steady fundamental under a pluck that fades.
pub(super) fn bass(tone: Tone) -> Vec<f32> {
    let low = tone.wave(|number, _| if number < 3.0 { 1.0 / number / number } else { 0.0 });
    let pluck = tone.wave(|number, hz| libm::expf(-hz / 500.0) / libm::sqrtf(number));
    let step = tone.pitch / tone.rate();
    let decay = libm::expf(-7.0 / tone.rate());
    let (mut phase, mut level) = (0.0, 0.6_f32);
    (0..tone.frames(0.06))
        .map(|frame| {
            let time = to_f32(frame) / tone.rate();
            level *= decay;
            let phase = advance(&mut phase, step);
            (low.at(phase) * 0.75 + pluck.at(phase) * level) * swell(time, tone, 0.006, 0.06)
        })
        .collect()
}

/// A bass drum: a tone that falls.
pub(super) fn kick(sample_rate: u32) -> Vec<f32> {
    let rate = to_f32(sample_rate as usize);
    let mut phase = 0.0;
    (0..frames(0.28 * rate))
        .map(|frame| {
            let time = to_f32(frame) / rate;
            let pitch = 48.0 + 95.0 * libm::expf(-time * 32.0);
            let body = libm::sinf(advance(&mut phase, pitch / rate) * TAU);
            body * libm::expf(-time * 11.0) * smooth((time / 0.002).min(1.0)) * smooth(1.0 - time / 0.28)
        })
        .collect()
}

/// A snare: a short tone and a burst of noise.
pub(super) fn snare(sample_rate: u32, random: &mut Random) -> Vec<f32> {
    let rate = to_f32(sample_rate as usize);
    let (mut phase, mut before) = (0.0, 0.0);
    (0..frames(0.22 * rate))
        .map(|frame| {
            let time = to_f32(frame) / rate;
            let tone = libm::sinf(advance(&mut phase, 185.0 / rate) * TAU) * libm::expf(-time * 28.0);
            let noise = random.noise();
            let bright = noise - 0.6 * std::mem::replace(&mut before, noise);
            (0.55 * tone + 0.5 * bright * libm::expf(-time * 17.0))
                * smooth((time / 0.001).min(1.0))
                * smooth(1.0 - time / 0.22)
        })
        .collect()
}

/// A hi-hat: noise without its lows, dying within `length` seconds.
pub(super) fn hat(sample_rate: u32, length: f32, random: &mut Random) -> Vec<f32> {
    let rate = to_f32(sample_rate as usize);
    let (mut first, mut second) = (0.0, 0.0);
    (0..frames(length * rate))
        .map(|frame| {
            let time = to_f32(frame) / rate;
            let noise = random.noise();
            let once = noise - std::mem::replace(&mut first, noise);
            let twice = once - std::mem::replace(&mut second, once);
            0.3 * twice
                * libm::expf(-time * 4.5 / length)
                * smooth((time / 0.001).min(1.0))
                * smooth(1.0 - time / length)
        })
        .collect()
}

#[expect(clippy::cast_precision_loss, reason = "fewer than 2^24 samples in any one sound")]
fn to_f32(count: usize) -> f32 {
    count as f32
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a positive count"
)]
fn frames(count: f32) -> usize {
    count as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(pitch: f32) -> Tone {
        Tone {
            pitch,
            held: 0.8,
            sample_rate: 16_000,
        }
    }

    /// How strongly a sound holds one frequency (Goertzel).
    fn power(sound: &[f32], hz: f32) -> f32 {
        let turn = 2.0 * (hz / 16_000.0 * TAU).cos();
        let (mut last, mut before) = (0.0, 0.0);
        for sample in sound {
            (last, before) = (sample + turn * last - before, last);
        }
        (last * last + before * before - turn * last * before) / to_f32(sound.len())
    }

    fn pitched() -> Vec<(&'static str, Vec<f32>)> {
        vec![
            ("keys", keys(tone(330.0))),
            ("pad", pad(tone(330.0), 5.0)),
            ("bass", bass(tone(330.0))),
        ]
    }

    #[test]
    fn notes_have_the_pitch_that_is_asked() {
        for (name, sound) in pitched() {
            let middle = &sound[2_000..9_000];
            for wrong in [330.0 * 1.06, 330.0 / 1.06, 220.0] {
                assert!(power(middle, 330.0) > 4.0 * power(middle, wrong), "{name} {wrong}");
            }
        }
    }

    #[test]
    fn every_sound_starts_and_ends_in_silence() {
        let mut random = Random::new(1, 1);
        let drums = [
            ("kick", kick(16_000)),
            ("snare", snare(16_000, &mut random)),
            ("hat", hat(16_000, 0.05, &mut random)),
        ];
        for (name, sound) in pitched().into_iter().chain(drums) {
            let (first, last) = (sound[0].abs(), sound[sound.len() - 1].abs());
            assert!(first < 0.02 && last < 0.02, "{name}: {first}, {last}");
            let peak = sound.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
            assert!(peak > 0.2 && peak < 3.0, "{name}: {peak}");
        }
    }

    #[test]
    fn nothing_aliases() {
        // 3 kHz at 16 kHz: two harmonics fit; the third would fold to 7 kHz.
        let high = pad(tone(3_000.0), 0.0);
        assert!(power(&high, 7_000.0) < 1e-4 * power(&high, 3_000.0));
    }

    #[test]
    fn odd_notes_do_no_harm() {
        for held in [-1.0, 0.0, 0.001] {
            for pitch in [20.0, 30_000.0] {
                let tone = Tone { held, ..tone(pitch) };
                assert!(pad(tone, 5.0).iter().all(|sample| sample.is_finite()));
                assert!(keys(tone).iter().all(|sample| sample.is_finite()));
            }
        }
    }
}
