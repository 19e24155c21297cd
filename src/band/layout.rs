//! Where each line of a song stands: how many bars it takes, and how many lines there is time for.

use super::phone::{Phone, Stress, Syllable};
use super::rhythm;
use super::score::{BAR, Parts, TAIL};
use super::text::{After, Line, Spoken};

/// Seconds, with what rings on.
const SHORTEST: f64 = 12.0;
const LONGEST: f64 = 60.0;
/// Bars before the first line if it is not a voice alone that is heard; one if these would take longer than so many
/// seconds.
pub(super) const INTRO: usize = 2;
const WAIT: f64 = 6.5;
/// The last units of a line, left free to breathe.
pub(super) const BREATH: usize = 2;
/// Above so many beats a minute a syllable takes a beat and not half of one.
const FAST: f64 = 128.0;

/// A line in its place.
#[derive(Clone, Debug)]
pub(super) struct Placed {
    pub(super) line: Line,
    /// Its first bar.
    pub(super) start: usize,
    /// How many it takes; its syllables have a unit each, and `BREATH` is left.
    pub(super) bars: usize,
}

/// All lines there is time for; at least one.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    pub(super) lines: Vec<Placed>,
    /// Bars, without a last chord.
    pub(super) bars: usize,
    /// Slots in a unit, which is the least time a syllable takes.
    pub(super) unit: usize,
}

/// How many units a line may have.
type Length = fn(&Line) -> usize;

impl Layout {
    /// Places lines in a song of `tempo` beats a minute. Without any, there is a line to hum.
    pub(super) fn new(lines: &[Line], parts: Parts, tempo: f64) -> Self {
        let bar = 240.0 / tempo;
        let unit = if tempo > FAST { 2 } else { 1 };
        let intro = match parts.is_backed() {
            true if bar > WAIT / 2.0 => 1,
            true => INTRO,
            false => 0,
        };
        let ending = usize::from(parts.is_backed());
        let most = whole((LONGEST - TAIL) / bar) - ending;
        let least = whole((SHORTEST - TAIL) / bar) + 1 - ending;
        let mut lines = lines.to_vec();
        if lines.is_empty() {
            lines.push(hum());
        }
        for line in &mut lines {
            line.syllables.truncate((most - intro) * BAR / unit - BREATH);
        }
        let empty = Self {
            lines: Vec::new(),
            bars: intro,
            unit,
        };
        let ways: [(Length, usize); 3] = [(roomy, 2), (roomy, 1), (tight, 1)];
        let mut layouts = ways.map(|(length, multiple)| empty.clone().place(&lines, most, length, multiple));
        let whole = layouts.iter().position(|layout| layout.lines.len() == lines.len());
        layouts.swap(0, whole.unwrap_or(2));
        let [mut layout, ..] = layouts;
        layout.repeat(least);
        layout
    }

    /// Puts lines one after the other for as long as there is room, each in a multiple of so many bars.
    fn place(mut self, lines: &[Line], most: usize, length: Length, multiple: usize) -> Self {
        for line in lines {
            let start = self.bars + usize::from(line.pause);
            let slots = (length(line) + BREATH) * self.unit;
            let bars = slots.div_ceil(BAR).next_multiple_of(multiple);
            if start + bars > most {
                break;
            }
            self.bars = start + bars;
            self.lines.push(Placed {
                line: line.clone(),
                start,
                bars,
            });
        }
        self
    }

    /// Sings from the first line again until there are enough bars.
    fn repeat(&mut self, least: usize) {
        for placed in self.lines.clone().into_iter().cycle() {
            if self.bars >= least {
                return;
            }
            let start = self.bars;
            self.bars += placed.bars;
            self.lines.push(Placed { start, ..placed });
        }
    }

    /// Bars before the first line.
    pub(super) fn intro(&self) -> usize {
        self.lines.first().map_or(0, |placed| placed.start)
    }

    /// Whether a line begins after a bar.
    pub(super) fn leads_on(&self, bar: usize) -> bool {
        self.lines.iter().any(|placed| placed.start == bar + 1)
    }

    /// Whether any line stands between `##`.
    pub(super) fn has_marks(&self) -> bool {
        self.lines.iter().any(|placed| placed.line.accompanied)
    }

    /// Whether the line that sounds in a bar, or the next one if none does, stands between `##`.
    pub(super) fn is_accompanied(&self, bar: usize) -> bool {
        let mut after = self.lines.iter().filter(|placed| placed.start + placed.bars > bar);
        after.next().is_none_or(|placed| placed.line.accompanied)
    }
}

/// What a voice sings without words.
fn hum() -> Line {
    let spoken = [Phone::UW, Phone::OW, Phone::AA, Phone::OW, Phone::UW].map(|vowel| Spoken {
        syllable: Syllable {
            stress: Stress::Primary,
            ..Syllable::open(vowel)
        },
        after: After::Word,
    });
    Line {
        syllables: spoken.to_vec(),
        accompanied: true,
        pause: false,
        index: 0,
    }
}

/// Units that let the words fall where they belong.
fn roomy(line: &Line) -> usize {
    rhythm::comfortable(&line.syllables)
}

/// Units for as many syllables as there are.
fn tight(line: &Line) -> usize {
    line.syllables.len()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a positive count of bars"
)]
fn whole(bars: f64) -> usize {
    bars as usize
}
