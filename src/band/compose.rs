//! A score from lines of syllables: tempo, key, chords, groove, and a lead line of one note a syllable.
//!
//! Time is counted in slots, eight to a bar of four beats. Knows nothing of sound.
//! The form is four bars long; of every four phrases the third goes elsewhere, and the last two bars come home.

use super::random::Random;
use super::text::{Line, Vowel};

/// Slots in a bar.
pub(super) const BAR: usize = 8;
/// What rings on after the last bar, in seconds.
const TAIL: f64 = 1.6;
const SHORTEST: f64 = 12.0;
const LONGEST: f64 = 60.0;
/// The last slots of a line, left free to breathe.
const BREATH: usize = 2;

/// Who plays.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parts {
    pub(super) voice: bool,
    pub(super) band: bool,
}

/// How full a bar sounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Texture {
    /// No accompaniment.
    Bare,
    /// A pad alone.
    Pad,
    /// Everyone, without or with a drum fill at the end.
    Full { fill: bool },
    /// The chord that rings out.
    Last,
}

/// One bar of accompaniment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bar {
    /// Scale degree of the chord's root, 0 the tonic.
    pub(super) degree: i32,
    pub(super) texture: Texture,
}

/// One note of the lead line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Note {
    /// When, in slots.
    pub(super) slot: usize,
    /// How long, in slots.
    pub(super) length: usize,
    /// MIDI number.
    pub(super) pitch: i32,
    pub(super) vowel: Vowel,
}

/// A whole song.
#[derive(Clone, Debug)]
pub(super) struct Score {
    /// Beats a minute.
    pub(super) tempo: f64,
    pub(super) key: Key,
    pub(super) bars: Vec<Bar>,
    pub(super) lead: Vec<Note>,
    /// Which of the band's ways to play.
    pub(super) groove: usize,
}

impl Score {
    /// Length of a slot in seconds.
    pub(super) fn slot(&self) -> f64 {
        30.0 / self.tempo
    }

    /// Length with what rings on.
    pub(super) fn seconds(&self) -> f64 {
        to_f64(self.bars.len() * BAR) * self.slot() + TAIL
    }
}

/// A tonic and a scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key {
    /// MIDI number of the lead line's tonic, 57 to 68.
    pub(super) tonic: i32,
    pub(super) minor: bool,
}

impl Key {
    /// The MIDI number of a scale degree, which may lie in any octave.
    pub(super) fn pitch(self, degree: i32) -> i32 {
        const MAJOR: [i32; 7] = [0, 2, 4, 5, 7, 9, 11];
        const MINOR: [i32; 7] = [0, 2, 3, 5, 7, 8, 10];
        let scale = if self.minor { MINOR } else { MAJOR };
        let step = usize::try_from(degree.rem_euclid(7)).unwrap_or(0);
        self.tonic + 12 * degree.div_euclid(7) + scale[step]
    }
}

/// Writes the song. Without a line to sing, a voice hums and a band plays eight bars.
pub(super) fn compose(lines: &[Line], parts: Parts, seed: u64) -> Score {
    let mut random = Random::new(seed, 1);
    let tempo = 84.0 + to_f64(random.below(43));
    let key = Key {
        tonic: random.pick(&[57, 58, 59, 60, 61, 62, 63, 64, 65, 66, 67, 68]),
        minor: random.below(2) == 1,
    };
    let groove = random.below(usize::MAX);
    let harmony = Harmony::choose(key, &mut random);
    let layout = Layout::new(lines, parts, 240.0 / tempo);
    let bars = accompaniment(&layout, &harmony, parts);
    let lead = if parts.voice {
        melody(&layout, &bars, key, seed)
    } else {
        Vec::new()
    };
    Score {
        tempo,
        key,
        bars,
        lead,
        groove,
    }
}

/// Where each line stands.
struct Layout {
    /// The line, its first bar and how many bars it takes.
    lines: Vec<(Line, usize, usize)>,
    /// Bars without the last chord.
    bars: usize,
}

impl Layout {
    fn new(lines: &[Line], parts: Parts, bar: f64) -> Self {
        let hum = [Line {
            syllables: vec![Vowel::U, Vowel::O, Vowel::A, Vowel::O, Vowel::U],
            accompanied: true,
            pause: false,
        }];
        let lines = if lines.is_empty() { &hum[..] } else { lines };
        let intro = if parts.band { 2 } else { 0 };
        let most = whole((LONGEST - TAIL) / bar) - 1;
        let least = whole((SHORTEST - TAIL) / bar) + usize::from(!parts.band); // a band's last chord makes it one more
        let roomy = Self::place(lines, intro, usize::MAX, roomy);
        let mut layout = if roomy.bars <= most {
            roomy
        } else {
            Self::place(lines, intro, most, tight)
        };
        let once = layout.lines.clone();
        for (line, _, length) in once.into_iter().cycle() {
            if layout.bars >= least {
                break;
            }
            layout.lines.push((line, layout.bars, length));
            layout.bars += length;
        }
        layout
    }

    /// Puts lines one after the other for as long as there is room.
    fn place(lines: &[Line], intro: usize, most: usize, length: fn(usize) -> usize) -> Self {
        let mut layout = Self {
            lines: Vec::new(),
            bars: intro,
        };
        for line in lines {
            // The very first line is never left out, only cut: it may be all there is.
            let room = most.saturating_sub(layout.bars + usize::from(line.pause));
            let mut line = line.clone();
            let mut bars = length(line.syllables.len());
            if bars > room {
                if !layout.lines.is_empty() || room == 0 {
                    break;
                }
                bars = room;
                line.syllables.truncate(bars * BAR - BREATH);
            }
            layout.bars += usize::from(line.pause);
            let start = layout.bars;
            layout.bars += bars;
            layout.lines.push((line, start, bars));
        }
        layout
    }
}

/// Bars for so many syllables: two for most lines.
fn roomy(syllables: usize) -> usize {
    (syllables + BREATH).div_ceil(BAR).next_multiple_of(2)
}

/// As few bars as so many syllables fit in.
fn tight(syllables: usize) -> usize {
    (syllables + BREATH).div_ceil(BAR)
}

/// Two phrases of four chords.
struct Harmony {
    home: [i32; 4],
    away: [i32; 4],
    /// The degree that leads home.
    leading: i32,
}

impl Harmony {
    fn choose(key: Key, random: &mut Random) -> Self {
        const MAJOR: [[i32; 4]; 5] = [[0, 4, 5, 3], [0, 5, 3, 4], [0, 3, 5, 4], [0, 3, 0, 4], [0, 2, 3, 4]];
        const MINOR: [[i32; 4]; 5] = [[0, 5, 2, 6], [0, 3, 5, 6], [0, 6, 5, 6], [0, 2, 6, 3], [0, 5, 3, 6]];
        const MAJOR_AWAY: [[i32; 4]; 3] = [[3, 4, 2, 5], [5, 3, 0, 4], [3, 0, 1, 4]];
        const MINOR_AWAY: [[i32; 4]; 3] = [[5, 6, 0, 0], [3, 0, 5, 6], [2, 6, 3, 5]];
        let (home, away, leading) = if key.minor {
            (random.pick(&MINOR), random.pick(&MINOR_AWAY), 6)
        } else {
            (random.pick(&MAJOR), random.pick(&MAJOR_AWAY), 4)
        };
        Self { home, away, leading }
    }

    fn chord(&self, bar: usize, bars: usize) -> i32 {
        if bar + 1 >= bars {
            0
        } else if bar + 2 == bars {
            self.leading
        } else if bar / 4 % 4 == 2 {
            self.away[bar % 4]
        } else {
            self.home[bar % 4]
        }
    }
}

fn accompaniment(layout: &Layout, harmony: &Harmony, parts: Parts) -> Vec<Bar> {
    let mut bars: Vec<_> = (0..layout.bars)
        .map(|bar| Bar {
            degree: harmony.chord(bar, layout.bars),
            texture: if !parts.band {
                Texture::Bare
            } else if parts.voice && !is_accompanied(layout, bar) {
                Texture::Pad
            } else {
                let fill = bar % 4 == 3 || bar + 1 == layout.bars;
                Texture::Full { fill }
            },
        })
        .collect();
    if parts.band {
        bars.push(Bar {
            degree: 0,
            texture: Texture::Last,
        });
    }
    bars
}

/// Whether the line that sounds in a bar, or the next one if none does, stands between `##`.
fn is_accompanied(layout: &Layout, bar: usize) -> bool {
    let mut after = layout.lines.iter().filter(|(_, start, bars)| start + bars > bar);
    after.next().is_none_or(|(line, _, _)| line.accompanied)
}

fn melody(layout: &Layout, bars: &[Bar], key: Key, seed: u64) -> Vec<Note> {
    let mut notes = Vec::new();
    for (index, (line, start, length)) in layout.lines.iter().enumerate() {
        // Lines sung to the same tune: all but the third of every four.
        let phrase = 2 + u64::from(index % 4 == 2);
        let mut tune = Tune::new(Random::new(seed, phrase));
        let onsets = onsets(line.syllables.len(), length * BAR - BREATH, &mut tune.random);
        for (place, (&vowel, &onset)) in line.syllables.iter().zip(&onsets).enumerate() {
            let next = onsets.get(place + 1).copied().unwrap_or(length * BAR - 1);
            let slot = start * BAR + onset;
            let held = (next - onset).min(6);
            let along = to_f64(onset) / to_f64((length * BAR).max(1));
            let chord = bars[slot / BAR].degree;
            let strong = onset % 4 == 0 || held > 2;
            notes.push(Note {
                slot,
                length: held,
                pitch: key.pitch(tune.next(along, strong.then_some(chord))),
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

#[expect(clippy::cast_precision_loss, reason = "bars and slots are few")]
fn to_f64(count: usize) -> f64 {
    count as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a positive count of bars"
)]
fn whole(bars: f64) -> usize {
    bars as usize
}
