//! A score from lines of syllables: tempo, key, chords and groove, all from the seed.
//!
//! The form is four bars long; of every four phrases the third goes elsewhere, and the last two bars come home.

use super::layout::Layout;
use super::melody::melody;
use super::random::Random;
use super::score::{Bar, Key, Parts, Score, Texture, to_f64};
use super::text::Line;

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
            } else if parts.voice && !layout.is_accompanied(bar) {
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

#[cfg(test)]
mod tests {
    use super::super::score::BAR;
    use super::super::text::lines;
    use super::{Bar, Parts, Score, Texture, compose};

    const SONG: &str = "##walking down the hill tonight\nevery window warm and bright\nnobody knows the reason why\n\nstars are falling from the sky##";

    const EVERYONE: Parts = Parts {
        voice: true,
        band: true,
    };

    const ALONE: Parts = Parts {
        voice: true,
        band: false,
    };

    fn songs() -> impl Iterator<Item = Score> {
        (0..60).map(|seed| compose(&lines(SONG), EVERYONE, seed))
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
                    (-9..=20).any(|degree| score.key.pitch(degree) == note.pitch),
                    "{note:?}"
                );
                assert!(
                    (note.pitch - score.key.tonic).abs() <= 14,
                    "{note:?} from {}",
                    score.key.tonic
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
        let score = compose(&lyrics, EVERYONE, 1);
        let textures: Vec<_> = score.bars.iter().map(|bar| bar.texture).collect();
        let full = |texture: &&Texture| matches!(texture, Texture::Full { .. });
        assert_eq!(textures.iter().filter(full).count(), 2, "{textures:?}");
        assert_eq!(
            textures[..4],
            [Texture::Pad; 4],
            "the intro is as quiet as the line it leads to"
        );
        let alone = Parts {
            voice: true,
            band: false,
        };
        assert!(
            compose(&lyrics, alone, 1)
                .bars
                .iter()
                .all(|bar| bar.texture == Texture::Bare)
        );
        let band = Parts {
            voice: false,
            band: true,
        };
        let bed = compose(&lyrics, band, 1);
        assert!(bed.lead.is_empty() && !bed.bars.iter().any(|bar| bar.texture == Texture::Pad));
    }

    #[test]
    fn a_blank_line_is_a_bar_of_rest() {
        let gap = |lyrics: &str| {
            let score = compose(&lines(lyrics), EVERYONE, 4);
            score.lead[3].slot / BAR - score.lead[2].slot / BAR
        };
        assert_eq!(
            gap("one two three\n\nfour five six"),
            gap("one two three\nfour five six") + 1
        );
    }

    #[test]
    fn words_beyond_a_minute_are_left_out_and_few_words_come_again() {
        let long = compose(&lines(&"never let the music fade\n".repeat(60)), EVERYONE, 2);
        assert!((50.0..=60.0).contains(&long.seconds()), "{}", long.seconds());
        let short = compose(&lines("hello"), ALONE, 2);
        assert!(short.lead.len() >= 4 && (12.0..20.0).contains(&short.seconds()));
    }
}
