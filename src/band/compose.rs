//! A score from lines of syllables: tempo, key, chords and groove. What a listener asked for is done; the seed decides
//! the rest.
//!
//! The form is four bars long; of every four phrases the third goes elsewhere, and the last two bars come home.

use super::Feel;
use super::layout::{INTRO, Layout};
use super::melody::melody;
use super::random::Random;
use super::score::{Bar, Key, Parts, Score, Texture, to_f64};
use super::text::Line;

/// Beats a minute that can be sung to.
const SLOWEST: f64 = 50.0;
const FASTEST: f64 = 200.0;
/// Where a voice can be at home, as MIDI numbers.
const LOWEST: i32 = 45;
const HIGHEST: i32 = 72;

/// Writes the song. Without a line to sing, a voice hums and a band plays eight bars.
pub(super) fn compose(lines: &[Line], parts: Parts, feel: Feel, seed: u64) -> Score {
    let mut random = Random::new(seed, 1);
    let usual_tempo = 84.0 + to_f64(random.below(43));
    let usual_key = (
        random.pick(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]),
        random.below(2) == 1,
    );
    // Low voices are easier to understand.
    let usual_register = random.pick(&[47, 49, 50, 52, 53, 55, 60, 62]);
    let tempo = feel.tempo.and_then(singable).unwrap_or(usual_tempo);
    let register = feel.register.and_then(home).unwrap_or(usual_register);
    let (tonic, minor) = feel
        .key
        .map_or(usual_key, |key| (i32::from(key.tonic()), key.is_minor()));
    let key = Key {
        tonic: register - 6 + (tonic - register + 6).rem_euclid(12),
        minor,
    };
    let groove = random.below(usize::MAX);
    let harmony = Harmony::choose(key, &mut random);
    let layout = Layout::new(lines, parts, tempo);
    let bars = accompaniment(&layout, &harmony, parts);
    let lead = if parts.voice {
        melody(&layout, &bars, (key, register), seed)
    } else {
        Vec::new()
    };
    Score {
        tempo,
        key,
        bars,
        lead,
        register,
        groove,
    }
}

/// The tempo itself, or so many times half or twice of it that it can be sung to; none for what is no tempo.
pub(super) fn singable(tempo: f64) -> Option<f64> {
    if !(1.0..=10_000.0).contains(&tempo) {
        return None;
    }
    let mut tempo = tempo;
    while tempo < SLOWEST {
        tempo *= 2.0;
    }
    while tempo > FASTEST {
        tempo /= 2.0;
    }
    Some(tempo)
}

/// The nearest note a voice can be at home at; none for what is no register.
fn home(register: f64) -> Option<i32> {
    #[expect(clippy::cast_possible_truncation, reason = "clamped")]
    let note = register.clamp(f64::from(LOWEST), f64::from(HIGHEST)).round() as i32;
    register.is_finite().then_some(note)
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
    // The form is counted from two bars before the first line.
    let early = if parts.is_backed() {
        INTRO.saturating_sub(layout.intro())
    } else {
        0
    };
    let mut since_fill = early;
    let mut bars = Vec::with_capacity(layout.bars + 1);
    for bar in 0..layout.bars {
        let leads_on = since_fill >= 3 && layout.leads_on(bar);
        let fill = leads_on || bar + 1 == layout.bars;
        since_fill = if leads_on { 0 } else { since_fill + 1 };
        bars.push(Bar {
            degree: harmony.chord(bar + early, layout.bars + early),
            texture: texture(layout, bar, parts, fill),
        });
    }
    if parts.is_backed() {
        bars.push(Bar {
            degree: 0,
            texture: if parts.band { Texture::Last } else { Texture::Bare },
        });
    }
    bars
}

/// A band alone plays. Under a voice it plays between marks, and leaves the rest to the voice and a pad; without any
/// marks it holds back throughout.
fn texture(layout: &Layout, bar: usize, parts: Parts, fill: bool) -> Texture {
    if !parts.band {
        Texture::Bare
    } else if !parts.voice || layout.is_accompanied(bar) {
        Texture::Full { fill }
    } else if layout.has_marks() {
        Texture::Pad
    } else {
        Texture::Held
    }
}

#[cfg(test)]
mod tests {
    use super::super::score::BAR;
    use super::super::text::lines;
    use super::{Bar, Feel, Parts, Score, Texture, compose};
    use crate::audio::MusicalKey;

    const SONG: &str = "##walking down the hill tonight\nevery window warm and bright\nnobody knows the reason why\n\nstars are falling from the sky##";

    const EVERYONE: Parts = Parts {
        voice: true,
        band: true,
        bed: false,
    };

    const ALONE: Parts = Parts {
        voice: true,
        band: false,
        bed: false,
    };

    fn songs() -> impl Iterator<Item = Score> {
        (0..60).map(|seed| compose(&lines(SONG), EVERYONE, Feel::default(), seed))
    }

    fn in_chord(score: &Score, bar: Bar, pitch: i32) -> bool {
        [0, 2, 4]
            .iter()
            .any(|step| (score.key.pitch(bar.degree + step) - pitch) % 12 == 0)
    }

    #[test]
    fn one_note_a_syllable_one_after_the_other() {
        let syllables: usize = lines(SONG).iter().map(|line| line.syllables.len()).sum();
        for score in songs() {
            assert_eq!(score.lead.len(), syllables);
            for pair in score.lead.windows(2) {
                assert!(
                    pair[0].slot + pair[0].length <= pair[1].slot && pair[0].length > 0,
                    "{pair:?}"
                );
            }
            let last = score.lead.last().unwrap();
            assert!(last.slot + last.length <= score.bars.len() * BAR);
        }
    }

    #[test]
    fn every_note_is_in_key_and_in_reach_and_the_last_is_home() {
        for score in songs() {
            for note in &score.lead {
                assert!(
                    (-14..=14).any(|degree| score.key.pitch(degree) == note.pitch),
                    "{note:?}"
                );
                assert!(
                    (note.pitch - score.register).abs() <= 8,
                    "{note:?} from {}",
                    score.register
                );
            }
            assert_eq!((score.lead.last().unwrap().pitch - score.key.tonic) % 12, 0);
            assert_eq!(score.bars.last().unwrap().degree, 0);
        }
    }

    #[test]
    fn strong_beats_and_long_notes_belong_to_the_chord() {
        for score in songs() {
            let (_, melody) = score.lead.split_last().unwrap(); // the last is the tonic whatever the chord
            for note in melody.iter().filter(|note| note.slot % 4 == 0 || note.length > 2) {
                assert!(in_chord(&score, score.bars[note.slot / BAR], note.pitch), "{note:?}");
            }
        }
    }

    #[test]
    fn the_tune_moves_and_seeds_differ() {
        let mut songs: Vec<_> = songs().map(|score| score.lead).collect();
        for lead in &songs {
            let mut pitches: Vec<_> = lead.iter().map(|note| note.pitch).collect();
            pitches.sort_unstable();
            pitches.dedup();
            assert!(pitches.len() >= 4, "{pitches:?}");
        }
        songs.dedup();
        assert_eq!(songs.len(), 60);
    }

    #[test]
    fn marks_decide_who_plays_under_a_voice() {
        let lyrics = lines("one of us alone here\n##everybody play along\n##\nand alone again at last");
        let score = compose(&lyrics, EVERYONE, Feel::default(), 1);
        let textures: Vec<_> = score.bars.iter().map(|bar| bar.texture).collect();
        let full = |texture: &&Texture| matches!(texture, Texture::Full { .. });
        assert_eq!(textures.iter().filter(full).count(), 2, "{textures:?}");
        assert_eq!(
            textures[..4],
            [Texture::Pad; 4],
            "the intro is as quiet as the line it leads to"
        );
        assert!(
            compose(&lyrics, ALONE, Feel::default(), 1)
                .bars
                .iter()
                .all(|bar| bar.texture == Texture::Bare)
        );
        let band = Parts {
            voice: false,
            ..EVERYONE
        };
        let bed = compose(&lyrics, band, Feel::default(), 1);
        assert!(bed.lead.is_empty() && !bed.bars.iter().any(|bar| bar.texture == Texture::Pad));
    }

    #[test]
    fn a_blank_line_is_a_bar_of_rest() {
        let gap = |lyrics: &str| {
            let score = compose(&lines(lyrics), EVERYONE, Feel::default(), 4);
            score.lead[3].slot / BAR - score.lead[2].slot / BAR
        };
        assert_eq!(
            gap("one two three\n\nfour five six"),
            gap("one two three\nfour five six") + 1
        );
    }

    #[test]
    fn what_is_asked_is_done() {
        let median = |score: &Score| {
            let mut pitches: Vec<_> = score.lead.iter().map(|note| note.pitch).collect();
            pitches.sort_unstable();
            f64::from(pitches[pitches.len() / 2])
        };
        let voices = [(48.9, true, 124.9), (61.2, false, 61.0), (55.0, true, 181.3)];
        for (seed, (register, minor, tempo)) in (0..96).zip(voices.into_iter().cycle()) {
            let tonic = i32::try_from(seed % 12).unwrap();
            let feel = Feel {
                tempo: Some(tempo),
                key: Some(MusicalKey::new(tonic, minor)),
                register: Some(register),
                loudness: None,
            };
            let score = compose(&lines(SONG), EVERYONE, feel, seed);
            assert!((score.tempo - tempo).abs() < 1e-9);
            assert_eq!((score.key.tonic.rem_euclid(12), score.key.minor), (tonic, minor));
            assert!(
                (median(&score) - register).abs() <= 3.5,
                "{} for {register}",
                median(&score)
            );
            assert!((12.0..=60.0).contains(&score.seconds()));
        }
    }

    #[test]
    fn without_any_mark_the_band_holds_back_and_does_not_fall_silent() {
        let score = compose(&lines("one of us alone here\nsinging on"), EVERYONE, Feel::default(), 1);
        let (last, bars) = score.bars.split_last().unwrap();
        assert!(bars.iter().all(|bar| bar.texture == Texture::Held), "{bars:?}");
        assert_eq!(last.texture, Texture::Last);
    }

    #[test]
    fn nobody_waits_long_for_the_first_word_and_drums_lead_into_a_line() {
        for (tempo, intro) in [(52.0, 1), (70.0, 1), (96.0, 2), (150.0, 2)] {
            let feel = Feel {
                tempo: Some(tempo),
                ..Feel::default()
            };
            let score = compose(&lines(SONG), EVERYONE, feel, 4);
            assert_eq!(score.lead[0].slot / BAR, intro, "at {tempo}");
            let starts = score.lead.iter().map(|note| note.slot / BAR);
            let starts: Vec<_> = starts.collect();
            let last = score.bars.len() - 2;
            for (bar, own) in score.bars.iter().enumerate() {
                let sung = || starts.contains(&(bar + 1));
                assert!(
                    own.texture != Texture::Full { fill: true } || bar == last || sung(),
                    "{bar} at {tempo}"
                );
            }
        }
    }

    #[test]
    fn a_tempo_nobody_can_sing_to_is_counted_half_or_twice_and_nonsense_is_not_asked() {
        let tempo = |asked: f64| {
            let feel = Feel {
                tempo: Some(asked),
                register: Some(asked),
                ..Feel::default()
            };
            compose(&lines(SONG), EVERYONE, feel, 3).tempo
        };
        assert!((tempo(30.0) - 60.0).abs() < 1e-9 && (tempo(260.0) - 130.0).abs() < 1e-9);
        for nonsense in [0.0, -90.0, f64::NAN, f64::INFINITY, f64::MIN_POSITIVE] {
            assert!((84.0..127.0).contains(&tempo(nonsense)), "{nonsense}");
        }
    }

    #[test]
    fn the_third_line_is_sung_to_the_tune_of_the_first() {
        let four = "##river running home tonight\nsomething in the morning light\nsilver shining on the sea\nnobody is here but me##";
        let (mut same, mut all) = (0, 0);
        for seed in 0..40 {
            let score = compose(&lines(four), EVERYONE, Feel::default(), seed);
            let line = |index: usize| score.lead.iter().filter(move |note| note.line == index);
            for (first, third) in line(0).zip(line(2)) {
                all += 1;
                same += usize::from((first.pitch - third.pitch).abs() <= 2);
            }
        }
        assert!(same * 10 >= all * 7, "{same} of {all}");
    }

    #[test]
    fn words_beyond_a_minute_are_left_out_and_few_words_come_again() {
        let long = compose(
            &lines(&"never let the music fade\n".repeat(60)),
            EVERYONE,
            Feel::default(),
            2,
        );
        assert!((50.0..=60.0).contains(&long.seconds()), "{}", long.seconds());
        let short = compose(&lines("hello"), ALONE, Feel::default(), 2);
        assert!(short.lead.len() >= 4 && (12.0..20.0).contains(&short.seconds()));
    }
}
