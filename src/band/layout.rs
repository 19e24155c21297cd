//! Where each line of a song stands: how many bars it takes, and how many lines there is time for.

use super::score::{BAR, Parts, TAIL};
use super::text::{Line, Vowel};

/// Seconds, with what rings on.
const SHORTEST: f64 = 12.0;
const LONGEST: f64 = 60.0;
/// Bars a band plays before the first line.
const INTRO: usize = 2;
/// The last slots of a line, left free to breathe.
pub(super) const BREATH: usize = 2;

/// A line in its place.
#[derive(Clone, Debug)]
pub(super) struct Placed {
    pub(super) line: Line,
    /// Its first bar.
    pub(super) start: usize,
    /// How many it takes; its syllables have a slot each, and `BREATH` is left.
    pub(super) bars: usize,
}

/// All lines there is time for; at least one.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    pub(super) lines: Vec<Placed>,
    /// Bars, without a band's last chord.
    pub(super) bars: usize,
}

impl Layout {
    /// Places lines in bars of `bar` seconds. Without any, there is a line to hum.
    pub(super) fn new(lines: &[Line], parts: Parts, bar: f64) -> Self {
        let intro = if parts.band { INTRO } else { 0 };
        let ending = usize::from(parts.band);
        let most = whole((LONGEST - TAIL) / bar) - ending;
        let least = whole((SHORTEST - TAIL) / bar) + 1 - ending;
        let mut lines = lines.to_vec();
        if lines.is_empty() {
            lines.push(hum());
        }
        for line in &mut lines {
            line.syllables.truncate((most - intro) * BAR - BREATH);
        }
        let mut layout = Self::place(&lines, intro, usize::MAX, roomy);
        if layout.bars > most {
            layout = Self::place(&lines, intro, most, tight);
        }
        layout.repeat(least);
        layout
    }

    /// Puts lines one after the other for as long as there is room.
    fn place(lines: &[Line], intro: usize, most: usize, length: fn(usize) -> usize) -> Self {
        let mut layout = Self {
            lines: Vec::new(),
            bars: intro,
        };
        for line in lines {
            let start = layout.bars + usize::from(line.pause);
            let bars = length(line.syllables.len());
            if start + bars > most {
                break;
            }
            layout.bars = start + bars;
            layout.lines.push(Placed {
                line: line.clone(),
                start,
                bars,
            });
        }
        layout
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

    /// Whether the line that sounds in a bar, or the next one if none does, stands between `##`.
    pub(super) fn is_accompanied(&self, bar: usize) -> bool {
        let mut after = self.lines.iter().filter(|placed| placed.start + placed.bars > bar);
        after.next().is_none_or(|placed| placed.line.accompanied)
    }
}

/// What a voice sings without words.
fn hum() -> Line {
    Line {
        syllables: vec![Vowel::U, Vowel::O, Vowel::A, Vowel::O, Vowel::U],
        accompanied: true,
        pause: false,
    }
}

/// Bars for so many syllables: two for most lines.
fn roomy(syllables: usize) -> usize {
    tight(syllables).next_multiple_of(2)
}

/// As few bars as so many syllables fit in.
fn tight(syllables: usize) -> usize {
    (syllables + BREATH).div_ceil(BAR)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a positive count of bars"
)]
fn whole(bars: f64) -> usize {
    bars as usize
}
