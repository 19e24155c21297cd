//! The players: who sounds which notes of the score, when, how loud and where on the stage.

use super::compose::{BAR, Score, Texture};
use super::instruments::{self, Tone};
use super::mix::{Mixer, Place};
use super::random::Random;

/// A way to play a bar, in sixteenths.
struct Groove {
    kick: &'static [usize],
    snare: &'static [usize],
    hats: &'static [usize],
    /// When, for how long, and which step above the root in octaves and fifths: 0 root, 1 fifth, 2 octave.
    bass: &'static [(usize, usize, i32)],
    /// When, and for how long.
    keys: &'static [(usize, usize)],
}

const GROOVES: [Groove; 4] = [
    Groove {
        kick: &[0, 7, 10],
        snare: &[4, 12],
        hats: &[0, 2, 4, 6, 8, 10, 12, 14],
        bass: &[(0, 6, 0), (7, 3, 0), (10, 4, 0), (14, 2, 1)],
        keys: &[(0, 6), (6, 4), (11, 4)],
    },
    Groove {
        kick: &[0, 4, 8, 12],
        snare: &[4, 12],
        hats: &[2, 6, 10, 14, 15],
        bass: &[(0, 2, 0), (2, 2, 0), (6, 2, 0), (8, 2, 0), (10, 2, 2), (14, 2, 0)],
        keys: &[(2, 3), (6, 3), (10, 3), (14, 2)],
    },
    Groove {
        kick: &[0, 10],
        snare: &[8],
        hats: &[0, 2, 4, 6, 8, 10, 12, 13, 14],
        bass: &[(0, 8, 0), (10, 6, 0)],
        keys: &[(0, 8), (8, 7)],
    },
    Groove {
        kick: &[0, 6, 8],
        snare: &[4, 12],
        hats: &[0, 2, 3, 4, 6, 8, 10, 11, 12, 14],
        bass: &[(0, 4, 0), (6, 2, 0), (8, 4, 0), (12, 2, 1), (14, 2, 2)],
        keys: &[(0, 3), (3, 3), (6, 4), (12, 4)],
    },
];

/// Plays the whole score into the mixer.
pub(super) fn play(score: &Score, mixer: &mut Mixer, seed: u64) {
    let mut band = Band::new(score, mixer, Random::new(seed, 9));
    for bar in 0..score.bars.len() {
        match score.bars[bar].texture {
            Texture::Bare => {}
            Texture::Pad => band.pad(bar, 1.4),
            Texture::Full { fill } => {
                band.pad(bar, 1.0);
                band.rhythm(bar);
                band.drums(bar, fill);
            }
            Texture::Last => band.last(bar),
        }
    }
    band.lead();
}

/// Everybody on the stage, with the drums hit once and kept.
struct Band<'a> {
    score: &'a Score,
    mixer: &'a mut Mixer,
    random: Random,
    groove: &'static Groove,
    kick: Vec<f32>,
    snare: Vec<f32>,
    hat: Vec<f32>,
    open_hat: Vec<f32>,
}

impl<'a> Band<'a> {
    fn new(score: &'a Score, mixer: &'a mut Mixer, mut random: Random) -> Self {
        let rate = mixer.sample_rate();
        Self {
            score,
            groove: &GROOVES[score.groove % GROOVES.len()],
            kick: instruments::kick(rate),
            snare: instruments::snare(rate, &mut random),
            hat: instruments::hat(rate, 0.05, &mut random),
            open_hat: instruments::hat(rate, 0.9, &mut random),
            mixer,
            random,
        }
    }

    /// Seconds at a sixteenth of a bar.
    fn time(&self, bar: usize, sixteenth: usize) -> f64 {
        to_f64(bar * BAR * 2 + sixteenth) * self.score.slot() / 2.0
    }

    fn tone(&self, pitch: i32, seconds: f64) -> Tone {
        #[expect(clippy::cast_possible_truncation, reason = "audible pitches and seconds")]
        Tone {
            pitch: (440.0 * libm::exp2(f64::from(pitch - 69) / 12.0)) as f32,
            held: seconds as f32,
            sample_rate: self.mixer.sample_rate(),
        }
    }

    fn sixteenths(&self, count: usize) -> f64 {
        to_f64(count) * self.score.slot() / 2.0
    }

    /// The notes of a bar's chord, each moved by octaves into the one from `low` on.
    fn chord(&self, bar: usize, low: i32, steps: &[i32]) -> Vec<i32> {
        let root = self.score.bars[bar].degree;
        let pitches = steps.iter().map(|step| self.score.key.pitch(root + step));
        pitches.map(|pitch| low + (pitch - low).rem_euclid(12)).collect()
    }

    fn pad(&mut self, bar: usize, gain: f32) {
        let mut held = self.sixteenths(16);
        if self.score.bars[bar].texture == Texture::Last {
            held += 0.8;
        }
        for pitch in self.chord(bar, 53, &[0, 2, 4]) {
            let tone = self.tone(pitch, held);
            for (detune, pan) in [(-5.0, -0.7), (5.0, 0.7)] {
                let place = Place {
                    gain: 0.030 * gain,
                    pan,
                    room: 0.3,
                };
                self.mixer
                    .add(self.time(bar, 0), &instruments::pad(tone, detune), place);
            }
        }
    }

    fn rhythm(&mut self, bar: usize) {
        let chord = self.chord(bar, 57, &[0, 2, 4, 6]);
        for &(start, length) in self.groove.keys {
            let gain = 0.05 + 0.01 * self.random.noise();
            for (&pitch, pan) in chord.iter().zip([-0.45, -0.15, 0.15, 0.45]) {
                let sound = instruments::keys(self.tone(pitch, self.sixteenths(length) * 0.9));
                let place = Place { gain, pan, room: 0.25 };
                self.mixer.add(self.time(bar, start), &sound, place);
            }
        }
        for &(start, length, step) in self.groove.bass {
            self.bass(bar, start, step, self.sixteenths(length) * 0.92);
        }
    }

    fn bass(&mut self, bar: usize, start: usize, step: i32, held: f64) {
        let root = self.chord(bar, 33, &[0])[0];
        let pitch = match step {
            0 => root,
            // Down to the fifth where going up would leave the bass's register.
            1 if root > 37 => root - 5,
            1 => root + 7,
            _ => root + 12,
        };
        let place = Place {
            gain: 0.17,
            pan: 0.0,
            room: 0.03,
        };
        let sound = instruments::bass(self.tone(pitch, held));
        self.mixer.add(self.time(bar, start), &sound, place);
    }

    fn drums(&mut self, bar: usize, fill: bool) {
        for &start in self.groove.kick {
            self.hit(bar, start, Drum::Kick, 0.42);
        }
        for &start in self.groove.snare.iter().filter(|start| !fill || **start < 12) {
            self.hit(bar, start, Drum::Snare, 0.24);
        }
        for &start in self.groove.hats {
            let gain = if start % 4 == 0 { 0.13 } else { 0.09 };
            self.hit(bar, start, Drum::Hat, gain);
        }
        if fill {
            for (start, gain) in [(12, 0.15), (13, 0.12), (14, 0.19), (15, 0.25)] {
                self.hit(bar, start, Drum::Snare, gain);
            }
        }
    }

    fn hit(&mut self, bar: usize, start: usize, drum: Drum, gain: f32) {
        let gain = gain * (1.0 + 0.12 * self.random.noise());
        let (sound, pan, room) = match drum {
            Drum::Kick => (&self.kick, 0.0, 0.02),
            Drum::Snare => (&self.snare, -0.08, 0.2),
            Drum::Hat => (&self.hat, 0.35, 0.05),
            Drum::OpenHat => (&self.open_hat, 0.35, 0.2),
        };
        let time = self.time(bar, start);
        self.mixer.add(time, sound, Place { gain, pan, room });
    }

    /// The chord that rings out.
    fn last(&mut self, bar: usize) {
        let held = self.sixteenths(16) + 0.8;
        self.pad(bar, 1.2);
        for (index, pitch) in self.chord(bar, 57, &[0, 2, 4]).into_iter().enumerate() {
            let place = Place {
                gain: 0.07,
                pan: 0.2,
                room: 0.35,
            };
            let sound = instruments::keys(self.tone(pitch, held));
            self.mixer.add(self.time(bar, 0) + 0.018 * to_f64(index), &sound, place);
        }
        // After bars of a pad alone, a drum out of nowhere would be a surprise.
        if bar > 0 && matches!(self.score.bars[bar - 1].texture, Texture::Full { .. }) {
            self.bass(bar, 0, 0, held);
            self.hit(bar, 0, Drum::Kick, 0.42);
            self.hit(bar, 0, Drum::OpenHat, 0.12);
        }
    }

    fn lead(&mut self) {
        let score = self.score;
        for note in &score.lead {
            let held = to_f64(note.length) * score.slot() - 0.05;
            let sound = instruments::lead(self.tone(note.pitch, held), note.vowel);
            let place = Place {
                gain: 0.16,
                pan: 0.0,
                room: 0.22,
            };
            self.mixer.add(to_f64(note.slot) * score.slot(), &sound, place);
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Drum {
    Kick,
    Snare,
    Hat,
    OpenHat,
}

#[expect(clippy::cast_precision_loss, reason = "sixteenths of a song of a minute")]
fn to_f64(count: usize) -> f64 {
    count as f64
}
