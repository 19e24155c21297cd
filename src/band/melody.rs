//! The lead line: one note a syllable, in a curve, on the chords where it counts, and home at the end.

use super::layout::{BREATH, Layout};
use super::random::Random;
use super::score::{BAR, Bar, Key, Note, to_f64};

/// Writes the notes for all lines.
pub(super) fn melody(layout: &Layout, bars: &[Bar], key: Key, seed: u64) -> Vec<Note> {
    let mut notes = Vec::new();
    for (index, placed) in layout.lines.iter().enumerate() {
        // All lines but the third of every four are sung to the same tune.
        let mut tune = Tune::new(Random::new(seed, 2 + u64::from(index % 4 == 2)));
        let slots = placed.bars * BAR;
        let onsets = onsets(placed.line.syllables.len(), slots - BREATH, &mut tune.random);
        let ends = onsets.iter().skip(1).copied().chain([slots - 1]);
        for ((&vowel, &onset), end) in placed.line.syllables.iter().zip(&onsets).zip(ends) {
            let slot = placed.start * BAR + onset;
            let length = (end - onset).min(6);
            let chord = bars[slot / BAR].degree;
            let strong = onset % 4 == 0 || length > 2;
            let degree = tune.next(to_f64(onset) / to_f64(slots), strong.then_some(chord));
            notes.push(Note {
                slot,
                length,
                pitch: key.pitch(degree),
                vowel,
            });
        }
    }
    if let Some(last) = notes.last_mut() {
        let above = last.pitch - key.tonic > 6;
        last.pitch = key.tonic + if above { 12 } else { 0 };
    }
    notes
}

/// So many notes spread as evenly as the slots allow, the first on the first; here and there one comes early.
fn onsets(notes: usize, slots: usize, random: &mut Random) -> Vec<usize> {
    let spread = slots.min(notes * 4);
    let mut onsets: Vec<_> = (0..notes).map(|note| note * spread / notes).collect();
    for note in 1..notes {
        if onsets[note] - onsets[note - 1] > 1 && random.below(4) == 0 {
            onsets[note] -= 1;
        }
    }
    onsets
}

/// A line's tune: a curve of the register to follow, by steps and small leaps.
struct Tune {
    curve: [i32; 3],
    random: Random,
    before: [i32; 2],
}

impl Tune {
    fn new(mut random: Random) -> Self {
        let curve = random.pick(&[[0, 5, 2], [4, 2, 0], [0, 2, 5], [2, 6, 4], [5, 1, 3], [2, -1, 2]]);
        Self {
            curve,
            random,
            before: [curve[0]; 2],
        }
    }

    /// The next degree, `along` (0 to 1) the line; one of the chord's if a chord is given.
    fn next(&mut self, along: f64, chord: Option<i32>) -> i32 {
        let [from, middle, to] = self.curve.map(f64::from);
        let aim = if along < 0.5 {
            from + (middle - from) * along * 2.0
        } else {
            middle + (to - middle) * (along * 2.0 - 1.0)
        };
        #[expect(clippy::cast_possible_truncation, reason = "a few degrees")]
        let aim = aim.round() as i32 + self.random.pick(&[-1, 0, 0, 1]);
        let [older, newest] = self.before;
        let mut degree = aim.clamp(newest - 3, newest + 3).clamp(-3, 8);
        if let Some(root) = chord {
            degree = nearest_chord_tone(degree, root);
        } else if degree == newest && older == newest {
            degree += if aim >= newest { 1 } else { -1 };
        }
        self.before = [newest, degree];
        degree
    }
}

fn nearest_chord_tone(degree: i32, root: i32) -> i32 {
    [0, -1, 1, -2, 2]
        .map(|away| degree + away)
        .into_iter()
        .find(|degree| matches!((degree - root).rem_euclid(7), 0 | 2 | 4))
        .unwrap_or(degree)
}
