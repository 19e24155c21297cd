//! The players: who sounds which notes of the score, when, how loud and where on the stage.

use std::collections::BTreeMap;

use super::instruments::{self, Tone};
use super::mix::{Mixer, Place};
use super::random::Random;
use super::score::{BAR, Note, Score, Texture, to_f64};
use super::voice::{self, VoiceNote};

/// A way to play a bar, in sixteenths.
struct Groove {
    kick: &'static [usize],
    snare: &'static [usize],
    hats: &'static [usize],
    /// When, for how long, and what.
    bass: &'static [(usize, usize, Step)],
    /// When, and for how long.
    keys: &'static [(usize, usize)],
}

/// What the bass plays of a chord.
#[derive(Clone, Copy, Debug)]
enum Step {
    Root,
    Fifth,
    Octave,
}

/// How many sixteenths the last chord is held: a bar, and into what rings on.
const RINGING: usize = 22;

const GROOVES: [Groove; 4] = [
    Groove {
        kick: &[0, 7, 10],
        snare: &[4, 12],
        hats: &[0, 2, 4, 6, 8, 10, 12, 14],
        bass: &[
            (0, 6, Step::Root),
            (7, 3, Step::Root),
            (10, 4, Step::Root),
            (14, 2, Step::Fifth),
        ],
        keys: &[(0, 6), (6, 4), (11, 4)],
    },
    Groove {
        kick: &[0, 4, 8, 12],
        snare: &[4, 12],
        hats: &[2, 6, 10, 14, 15],
        bass: &[
            (0, 2, Step::Root),
            (2, 2, Step::Root),
            (6, 2, Step::Root),
            (8, 2, Step::Root),
            (10, 2, Step::Octave),
            (14, 2, Step::Root),
        ],
        keys: &[(2, 3), (6, 3), (10, 3), (14, 2)],
    },
    Groove {
        kick: &[0, 10],
        snare: &[8],
        hats: &[0, 2, 4, 6, 8, 10, 12, 13, 14],
        bass: &[(0, 8, Step::Root), (10, 6, Step::Root)],
        keys: &[(0, 8), (8, 7)],
    },
    Groove {
        kick: &[0, 6, 8],
        snare: &[4, 12],
        hats: &[0, 2, 3, 4, 6, 8, 10, 11, 12, 14],
        bass: &[
            (0, 4, Step::Root),
            (6, 2, Step::Root),
            (8, 4, Step::Root),
            (12, 2, Step::Fifth),
            (14, 2, Step::Octave),
        ],
        keys: &[(0, 3), (3, 3), (6, 4), (12, 4)],
    },
];

/// Plays what accompanies a score into the mixer.
pub(super) fn play(score: &Score, mixer: &mut Mixer, seed: u64) {
    let mut band = Band::new(score, mixer, Random::new(seed, 9));
    for bar in 0..score.bars.len() {
        match score.bars[bar].texture {
            Texture::Bare => {}
            Texture::Pad => band.pad(bar, 16, 1.4),
            Texture::Held => {
                band.pad(bar, 16, 1.2);
                band.rhythm(bar);
                band.beat(bar);
            }
            Texture::Full { fill } => {
                band.pad(bar, 16, 1.0);
                band.rhythm(bar);
                band.drums(bar, fill);
            }
            Texture::Last => band.last(bar),
        }
    }
}

/// A pitched instrument of the band; the pad is heard twice, out of tune by a little, to make a width.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Voice {
    PadLeft,
    PadRight,
    Keys,
    Bass,
}

/// A note as the band plays it: the voice, the MIDI number, and how many sixteenths it is held.
type Played = (Voice, i32, usize);

/// Everybody on the stage. Chords come again and again, so each sound is made once and kept.
struct Band<'a> {
    score: &'a Score,
    mixer: &'a mut Mixer,
    random: Random,
    groove: &'static Groove,
    sounds: BTreeMap<Played, Vec<f32>>,
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
            sounds: BTreeMap::new(),
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

    /// Puts one note of the band on the stage, `late` seconds after a sixteenth of a bar.
    fn note(&mut self, (bar, sixteenth, late): (usize, usize, f64), played: Played, place: Place) {
        let (voice, pitch, length) = played;
        let held = to_f64(length) * self.score.slot() / 2.0;
        let time = self.time(bar, sixteenth) + late;
        let sample_rate = self.mixer.sample_rate();
        let sound = self.sounds.entry(played).or_insert_with(|| match voice {
            Voice::PadLeft => instruments::pad(tone(pitch, held, sample_rate), -5.0),
            Voice::PadRight => instruments::pad(tone(pitch, held, sample_rate), 5.0),
            Voice::Keys => instruments::keys(tone(pitch, held * 0.9, sample_rate)),
            Voice::Bass => instruments::bass(tone(pitch, held * 0.92, sample_rate)),
        });
        self.mixer.add(time, sound, place);
    }

    /// The notes of a bar's chord, each moved by octaves into the one from `low` on.
    fn chord(&self, bar: usize, low: i32, steps: &[i32]) -> Vec<i32> {
        let root = self.score.bars[bar].degree;
        let pitches = steps.iter().map(|step| self.score.key.pitch(root + step));
        pitches.map(|pitch| low + (pitch - low).rem_euclid(12)).collect()
    }

    fn pad(&mut self, bar: usize, length: usize, gain: f32) {
        for pitch in self.chord(bar, 53, &[0, 2, 4]) {
            for (voice, pan) in [(Voice::PadLeft, -0.7), (Voice::PadRight, 0.7)] {
                let place = Place {
                    gain: 0.03 * gain,
                    pan,
                    room: 0.3,
                };
                self.note((bar, 0, 0.0), (voice, pitch, length), place);
            }
        }
    }

    fn rhythm(&mut self, bar: usize) {
        let chord = self.chord(bar, 57, &[0, 2, 4, 6]);
        for &(start, length) in self.groove.keys {
            let gain = 0.05 + 0.01 * self.random.noise();
            for (&pitch, pan) in chord.iter().zip([-0.45, -0.15, 0.15, 0.45]) {
                let place = Place { gain, pan, room: 0.25 };
                self.note((bar, start, 0.0), (Voice::Keys, pitch, length), place);
            }
        }
        for &(start, length, step) in self.groove.bass {
            self.bass(bar, start, length, step);
        }
    }

    fn bass(&mut self, bar: usize, start: usize, length: usize, step: Step) {
        let root = self.chord(bar, 33, &[0])[0];
        let pitch = match step {
            Step::Root => root,
            // Down to the fifth where going up would leave the bass's register.
            Step::Fifth if root > 37 => self.chord(bar, root - 8, &[4])[0],
            Step::Fifth => self.chord(bar, root, &[4])[0],
            Step::Octave => root + 12,
        };
        let place = Place {
            gain: 0.17,
            pan: 0.0,
            room: 0.03,
        };
        self.note((bar, start, 0.0), (Voice::Bass, pitch, length), place);
    }

    fn drums(&mut self, bar: usize, fill: bool) {
        for &start in self.groove.kick {
            self.hit(bar, start, Drum::Kick, 0.42);
        }
        for &start in self.groove.snare.iter().filter(|start| !fill || **start < 12) {
            self.hit(bar, start, Drum::Snare, 0.24);
        }
        for &start in self.groove.hats {
            let gain = if start % 4 == 0 { 0.09 } else { 0.06 };
            self.hit(bar, start, Drum::Hat, gain);
        }
        if fill {
            for (start, gain) in [(12, 0.15), (13, 0.12), (14, 0.19), (15, 0.25)] {
                self.hit(bar, start, Drum::Snare, gain);
            }
        }
    }

    /// The least that tells where the beat is.
    fn beat(&mut self, bar: usize) {
        self.hit(bar, 0, Drum::Kick, 0.26);
        self.hit(bar, 8, Drum::Kick, 0.18);
        for start in [0, 4, 8, 12] {
            self.hit(bar, start, Drum::Hat, 0.06);
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
        self.pad(bar, RINGING, 1.2);
        for (index, pitch) in self.chord(bar, 57, &[0, 2, 4]).into_iter().enumerate() {
            let place = Place {
                gain: 0.07,
                pan: 0.2,
                room: 0.35,
            };
            self.note((bar, 0, 0.018 * to_f64(index)), (Voice::Keys, pitch, RINGING), place);
        }
        // After bars of a pad alone, a drum out of nowhere would be a surprise.
        if bar > 0 && matches!(self.score.bars[bar - 1].texture, Texture::Full { .. }) {
            self.bass(bar, 0, RINGING, Step::Root);
            self.hit(bar, 0, Drum::Kick, 0.42);
            self.hit(bar, 0, Drum::OpenHat, 0.12);
        }
    }
}

/// The voice of a song, alone, in the room it stands in.
pub(super) fn sing(score: &Score, mixer: &mut Mixer) {
    let notes: Vec<_> = score.lead.iter().map(|note| voice_note(note, score.slot())).collect();
    let register = f64::from(score.register);
    let sound = voice::sing(&notes, Some(register), mixer.sample_rate());
    let place = Place {
        gain: 0.8,
        pan: 0.0,
        room: 0.18,
    };
    mixer.add(0.0, &sound, place);
}

fn voice_note(note: &Note, slot: f64) -> VoiceNote {
    VoiceNote {
        at: to_f64(note.slot) * slot,
        seconds: to_f64(note.length) * slot - 0.05,
        pitch: note.pitch,
        syllable: note.syllable.clone(),
    }
}

fn tone(pitch: i32, seconds: f64, sample_rate: u32) -> Tone {
    #[expect(clippy::cast_possible_truncation, reason = "audible pitches and seconds")]
    Tone {
        pitch: (440.0 * libm::exp2(f64::from(pitch - 69) / 12.0)) as f32,
        held: seconds as f32,
        sample_rate,
    }
}

#[derive(Clone, Copy, Debug)]
enum Drum {
    Kick,
    Snare,
    Hat,
    OpenHat,
}
