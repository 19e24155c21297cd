//! The lead line: one note a syllable. Chord tones where it counts, a curve for each line, the tune of a line found again
//! in later ones, and home at the end.
//!
//! Of all tunes for a line, the one with the least cost is taken (dynamic programming). Knows nothing of words but their
//! weight.

use std::collections::BTreeMap;

use super::layout::{BREATH, Layout, Placed};
use super::phone::Stress;
use super::random::Random;
use super::rhythm::{self, strength};
use super::score::{BAR, Bar, Key, Note};
use super::text::After;

/// Semitones from the register to the lowest and to the highest note.
const REACH: i32 = 8;
/// No note is longer, in units.
const LONGEST: usize = 6;

/// Writes the notes for all lines, around the MIDI number `register`.
pub(super) fn melody(layout: &Layout, bars: &[Bar], (key, register): (Key, i32), seed: u64) -> Vec<Note> {
    let mut notes: Vec<Note> = Vec::new();
    // Of every four lines the third is sung to the tune of the first.
    let mut tunes: BTreeMap<usize, Tune> = BTreeMap::new();
    for (index, placed) in layout.lines.iter().enumerate() {
        let kind = [0, 1, 0, 3][index % 4];
        let mut random = Random::new(seed, 20 + kind as u64);
        let is_last = index + 1 == layout.lines.len();
        let times = times(placed, layout.unit, &mut random);
        let tune = tunes.entry(kind).or_insert_with(|| Tune::new(&mut random));
        let writer = Writer {
            key,
            register,
            bars,
            start: placed.start * BAR,
            unit: layout.unit,
            ending: if is_last {
                Ending::Home
            } else {
                [Ending::Chord, Ending::Open, Ending::Chord, Ending::Home][index % 4]
            },
        };
        let degrees = writer.write(placed, &times, tune, &mut random);
        for ((spoken, (onset, length)), degree) in placed.line.syllables.iter().zip(times).zip(degrees) {
            tune.remember(onset, degree);
            notes.push(Note {
                slot: writer.start + onset * layout.unit,
                length: length * layout.unit,
                pitch: key.pitch(degree),
                syllable: spoken.syllable.clone(),
                line: placed.line.index,
            });
        }
    }
    notes
}

/// When each syllable of a line begins, and how long it is held, in units from the line's first bar.
fn times(placed: &Placed, unit: usize, random: &mut Random) -> Vec<(usize, usize)> {
    let syllables = &placed.line.syllables;
    let room = placed.bars * BAR / unit;
    let onsets = rhythm::onsets(syllables, room - BREATH, random);
    let ends = onsets.iter().skip(1).copied().chain([room - 1]);
    let times = syllables.iter().zip(&onsets).zip(ends).map(|((spoken, &onset), end)| {
        let gap = end - onset;
        // A comma is heard.
        let breath = usize::from(spoken.after == After::Phrase && gap > 2);
        (onset, (gap - breath).min(LONGEST))
    });
    times.collect()
}

/// What a line's last note leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    Chord,
    /// A question: anything but the tonic.
    Open,
    /// The tonic.
    Home,
}

/// What lines of the same kind have in common.
struct Tune {
    /// Semitones above the register at the beginning, in the middle and at the end.
    curve: [f64; 3],
    /// The degree at each unit, once it was sung.
    sung: BTreeMap<usize, i32>,
}

impl Tune {
    fn new(random: &mut Random) -> Self {
        let curve = random.pick(&[
            [-4, 5, -1],
            [5, 1, -5],
            [-5, 0, 5],
            [-3, 6, 1],
            [5, -4, 1],
            [0, -5, 4],
            [1, 5, -5],
        ]);
        Self {
            curve: curve.map(f64::from),
            sung: BTreeMap::new(),
        }
    }

    /// Where the curve is, `along` (0 to 1) the line.
    fn aim(&self, along: f64) -> f64 {
        let [from, middle, to] = self.curve;
        if along < 0.5 {
            from + (middle - from) * along * 2.0
        } else {
            middle + (to - middle) * (along * 2.0 - 1.0)
        }
    }

    fn remember(&mut self, unit: usize, degree: i32) {
        self.sung.entry(unit).or_insert(degree);
    }
}

/// Writes one line.
struct Writer<'a> {
    key: Key,
    register: i32,
    bars: &'a [Bar],
    /// Its first slot.
    start: usize,
    /// Slots in a unit.
    unit: usize,
    ending: Ending,
}

impl Writer<'_> {
    fn write(&self, placed: &Placed, times: &[(usize, usize)], tune: &Tune, random: &mut Random) -> Vec<i32> {
        let degrees: Vec<i32> = (-21..=21)
            .filter(|degree| (self.key.pitch(*degree) - self.register).abs() <= REACH)
            .collect();
        let mut costs = vec![0.0; degrees.len()];
        let mut ways: Vec<Vec<usize>> = Vec::new();
        for index in 0..times.len() {
            let note = self.note(placed, times, index, tune);
            let step = degrees.iter().map(|&degree| {
                let own = self.place(degree, &note) + 0.7 * f64::from(random.noise().abs());
                let from = degrees.iter().zip(&costs);
                let (best, cost) = least(from.map(|(before, cost)| cost + note.leap(degree - before)));
                (best, own + cost)
            });
            let (way, next) = step.unzip();
            costs = next;
            ways.push(way);
        }
        let (mut at, _) = least(costs.into_iter());
        let mut written = Vec::with_capacity(times.len());
        for way in ways.iter().rev() {
            written.push(degrees[at]);
            at = way[at];
        }
        written.reverse();
        written
    }

    /// What is known of a note before its pitch.
    fn note(&self, placed: &Placed, times: &[(usize, usize)], index: usize, tune: &Tune) -> Wanted {
        let (onset, length) = times[index];
        let last = times.len() - 1;
        let stress = |index: usize| placed.line.syllables[index].syllable.stress;
        Wanted {
            onset,
            length,
            aim: f64::from(self.register) + tune.aim(ratio(index, last.max(1))),
            sung: tune.sung.get(&onset).copied(),
            is_first: index == 0,
            is_last: index == last,
            rises: index > 0 && stress(index) == Stress::Primary && stress(index - 1) != Stress::Primary,
        }
    }

    /// What it costs to sing a degree.
    fn place(&self, degree: i32, note: &Wanted) -> f64 {
        let chord = self.bars[(self.start + note.onset * self.unit) / BAR].degree;
        let fits = matches!((degree - chord).rem_euclid(7), 0 | 2 | 4);
        let clash = match strength(note.onset) {
            _ if fits => 0.0,
            3.. => 6.0,
            _ if note.length > 2 => 6.0,
            2 => 1.5,
            _ => 0.2,
        };
        let other = note.sung.map_or(0.0, |sung| f64::from((degree - sung).abs().min(3)));
        let ending = if note.is_last { self.end(degree) } else { 0.0 };
        clash + ending + 0.5 * other + 0.2 * (f64::from(self.key.pitch(degree)) - note.aim).abs()
    }

    fn end(&self, degree: i32) -> f64 {
        let home = degree.rem_euclid(7) == 0;
        match self.ending {
            Ending::Home if !home => 1000.0,
            Ending::Open if home => 2.0,
            _ => 0.0,
        }
    }
}

/// A note without its pitch.
struct Wanted {
    /// In units.
    onset: usize,
    length: usize,
    /// The MIDI number of the curve here.
    aim: f64,
    /// The degree that an earlier line of the same tune has here.
    sung: Option<i32>,
    is_first: bool,
    is_last: bool,
    /// It has more weight than the one before it.
    rises: bool,
}

impl Wanted {
    /// Steps are easy, leaps are not, and a note that comes again is dull; weight likes to be reached from below.
    fn leap(&self, interval: i32) -> f64 {
        let size = match interval.abs() {
            _ if self.is_first => return 0.0,
            0 => 0.35,
            1 => 0.0,
            2 => 0.15,
            3 => 1.1,
            4 => 1.8,
            more => 1.5 * f64::from(more) - 3.0,
        };
        size + if self.rises && interval < 0 { 0.3 } else { 0.0 }
    }
}

/// The first of the smallest.
fn least(costs: impl Iterator<Item = f64>) -> (usize, f64) {
    costs.enumerate().min_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or((0, 0.0))
}

#[expect(clippy::cast_precision_loss, reason = "a few notes")]
fn ratio(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64
}
