//! When each syllable of a line is sung: weight falls on strong beats, small syllables between them, and phrases breathe.
//!
//! Counts in units of time, eight to two strong beats and two weaker ones; knows neither pitches nor seconds.
//! Of all ways to place the syllables of a line, the one with the least cost is taken (dynamic programming).

use super::phone::Stress;
use super::random::Random;
use super::text::{After, Spoken};

/// Units from one strongest beat to the next.
const CYCLE: usize = 8;
/// No syllable waits longer for the next.
const LONGEST: usize = 8;
/// A cost that is never taken if there is another way.
const NEVER: f64 = 1e9;

/// How strong a unit of a bar is: four on the first beat, none between beats.
pub(super) fn strength(unit: usize) -> u8 {
    [4, 0, 2, 0, 3, 0, 2, 0][unit % CYCLE]
}

/// Units that a line takes if its words are to fall where they belong: some more than there are syllables.
pub(super) fn comfortable(syllables: &[Spoken]) -> usize {
    let breaths = syllables.iter().filter(|spoken| spoken.after == After::Phrase).count();
    syllables.len() + syllables.len() / 6 + breaths.saturating_sub(1)
}

/// The unit each syllable begins at, all of them below `room`, which has a unit for each at least.
pub(super) fn onsets(syllables: &[Spoken], room: usize, random: &mut Random) -> Vec<usize> {
    let room = room.max(syllables.len());
    let taste: Vec<f64> = (0..2 * CYCLE).map(|_| 0.3 * f64::from(random.noise().abs())).collect();
    let line = Line {
        syllables,
        room,
        pace: (count(room) / count(comfortable(syllables).max(1)) - 0.15).clamp(1.0, 2.0),
    };
    // What the best way costs that has the syllable at each unit, and where that way has the one before.
    let mut costs: Vec<f64> = (0..room).map(|unit| line.start(unit) + line.place(0, unit)).collect();
    let mut ways: Vec<Vec<usize>> = Vec::with_capacity(syllables.len());
    for index in 1..syllables.len() {
        let step = (0..room).map(|unit| {
            let (before, cost) = line.reach(index, unit, &costs);
            (before, cost + line.place(index, unit) + taste[unit % taste.len()])
        });
        let (way, next) = step.unzip();
        costs = next;
        ways.push(way);
    }
    let ended = (0..room).map(|unit| costs[unit] + line.end(unit));
    let best = ended.enumerate().min_by(|a, b| a.1.total_cmp(&b.1));
    let mut onsets = vec![best.map_or(0, |(unit, _)| unit)];
    for way in ways.iter().rev() {
        onsets.push(way[onsets[onsets.len() - 1]]);
    }
    onsets.reverse();
    onsets
}

/// A line to be placed.
#[derive(Clone, Copy)]
struct Line<'a> {
    syllables: &'a [Spoken],
    room: usize,
    /// How much slower than comfortable it is to be sung.
    pace: f64,
}

impl Line<'_> {
    fn stress(self, index: usize) -> Stress {
        self.syllables[index].syllable.stress
    }

    /// A late start is a hole in the song, and the end must be within reach.
    fn start(self, unit: usize) -> f64 {
        if unit + self.syllables.len() > self.room || unit >= CYCLE {
            return NEVER;
        }
        0.35 * count(unit)
    }

    /// The best unit for the syllable before `index` if that is at `unit`, and what all before it cost then.
    fn reach(self, index: usize, unit: usize, costs: &[f64]) -> (usize, f64) {
        let first = unit.saturating_sub(LONGEST);
        let ways = costs[first..unit].iter().zip(first..);
        ways.map(|(cost, before)| (before, cost + self.step(index, before, unit)))
            .min_by(|a, b| a.1.total_cmp(&b.1))
            .unwrap_or((0, NEVER * NEVER))
    }

    fn place(self, index: usize, unit: usize) -> f64 {
        let strength = f64::from(strength(unit));
        match self.stress(index) {
            Stress::Primary => 4.0 - strength,
            Stress::Secondary => 0.5 * (2.0 - strength).abs(),
            Stress::None => 0.7 * strength,
        }
    }

    /// From the syllable before `index` to it.
    fn step(self, index: usize, before: usize, unit: usize) -> f64 {
        let gap = count(unit - before);
        let (from, to) = (&self.syllables[index - 1], self.stress(index));
        let wanted = self.pace
            * match (from.after, from.syllable.stress) {
                (After::Phrase, _) => 4.0,
                (_, Stress::Primary) => 2.0,
                (_, Stress::Secondary) => 1.5,
                (_, Stress::None) => 1.0,
            };
        let inside = from.after == After::Inside;
        let stretch = if inside { 0.9 } else { 0.6 };
        stretch * (gap - wanted).abs() + contrast(from.syllable.stress, to, (before, unit), inside)
    }

    /// The last note wants to be long, and the line filled.
    fn end(self, unit: usize) -> f64 {
        let left = self.room - unit;
        let short = count(3_usize.saturating_sub(left));
        short + 0.25 * count(left.saturating_sub(4))
    }
}

/// What it costs that of two neighbours the heavier one is not on the stronger unit.
fn contrast(from: Stress, to: Stress, (before, unit): (usize, usize), inside: bool) -> f64 {
    let (before, unit) = (strength(before), strength(unit));
    let (heavy, light) = match from.cmp(&to) {
        std::cmp::Ordering::Equal => return 0.0,
        std::cmp::Ordering::Greater => (before, unit),
        std::cmp::Ordering::Less => (unit, before),
    };
    if heavy > light {
        0.0
    } else if inside {
        6.0
    } else {
        1.5
    }
}

#[expect(clippy::cast_precision_loss, reason = "a few units")]
fn count(units: usize) -> f64 {
    units as f64
}

#[cfg(test)]
mod tests {
    use super::{comfortable, onsets, strength};
    use crate::band::layout::Layout;
    use crate::band::phone::Stress;
    use crate::band::random::Random;
    use crate::band::score::Parts;
    use crate::band::text::{After, lines};

    const LYRICS: [&str; 5] = [
        "Amazing grace, how sweet the sound\nThat saved a wretch like me\nI once was lost, but now am found\nWas blind, but now I see",
        "Should auld acquaintance be forgot\nAnd never brought to mind\nShould auld acquaintance be forgot\nAnd days of auld lang syne",
        "In a cavern, in a canyon\nExcavating for a mine\nDwelt a miner forty niner\nAnd his daughter Clementine",
        "Lights of Lisbon, bright and wide\nhold the river, turn the tide\nI will wait until the morning\nright here by your side",
        "O beautiful for spacious skies\nFor amber waves of grain\nFor purple mountain majesties\nAbove the fruited plain\nAmerica, America\nGod shed his grace on thee",
    ];

    /// Pairs of neighbours in a word of which one has its primary stress: how many there are, and in how many of them
    /// that one is on the stronger unit.
    fn stresses(lyrics: &str, tempo: f64, seed: u64) -> (usize, usize) {
        let parts = Parts {
            voice: true,
            band: true,
            bed: false,
        };
        let layout = Layout::new(&lines(lyrics), parts, tempo);
        let (mut all, mut right) = (0, 0);
        for placed in &layout.lines {
            let syllables = &placed.line.syllables;
            let room = placed.bars * 8 / layout.unit - 2;
            let onsets = onsets(syllables, room, &mut Random::new(seed, 1));
            for index in 1..syllables.len() {
                let (before, own) = (&syllables[index - 1], &syllables[index]);
                let stress = (before.syllable.stress, own.syllable.stress);
                let counts = stress.0 != stress.1 && stress.0.max(stress.1) == Stress::Primary;
                let strengths = (strength(onsets[index - 1]), strength(onsets[index]));
                all += usize::from(counts && before.after == After::Inside);
                let follows = stress.0.cmp(&stress.1) == strengths.0.cmp(&strengths.1);
                right += usize::from(counts && before.after == After::Inside && follows);
            }
        }
        (all, right)
    }

    #[test]
    fn weight_falls_on_strong_beats() {
        for tempo in [62.0, 100.0, 174.0] {
            let of = |lyrics| (0..6).map(move |seed| stresses(lyrics, tempo, seed));
            let found = LYRICS.iter().flat_map(|lyrics| of(lyrics));
            let (all, right) = found.fold((0, 0), |sum, own| (sum.0 + own.0, sum.1 + own.1));
            assert!(all > 150 && right * 100 >= all * 95, "{right} of {all} at {tempo}");
        }
    }

    #[test]
    fn every_syllable_has_its_time_and_room_is_kept() {
        let line = &lines("extraordinarily unbelievable, the very incomprehensibility of a sesquipedalian")[0];
        let count = line.syllables.len();
        for room in [count, count + 1, comfortable(&line.syllables), 3 * count] {
            let onsets = onsets(&line.syllables, room, &mut Random::new(room as u64, 1));
            assert_eq!(onsets.len(), count);
            assert!(onsets.windows(2).all(|pair| pair[0] < pair[1]), "{onsets:?}");
            assert!(onsets[count - 1] < room, "{onsets:?} in {room}");
        }
    }

    #[test]
    fn a_comma_is_a_rest() {
        let line = &lines("river, river")[0];
        let found = onsets(&line.syllables, 14, &mut Random::new(1, 1));
        assert!(found[2] - found[1] >= 3, "{found:?}");
    }
}
