//! What a take takes from its references: tempo, key, loudness and register, unless the request wishes otherwise; and
//! the one line that says so.
//!
//! Pure. Knows nothing of requests on the wire, nor of how a reference is measured or a take is played.

use super::track::{Ground, Track, calm};
use crate::{
    audio::{self, MusicalKey, Sound},
    band::{self, Bed, Feel},
    catalog::{Bpm, Purpose, Wishes},
};
use std::sync::Arc;

/// As loud and as soft as the band can be made without spoiling it, in LUFS.
const LOUDNESS: [f64; 2] = [-30.0, -9.0];

/// What was heard in a reference.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Heard {
    pub(super) purpose: Purpose,
    pub(super) sound: Sound,
    /// What there is to sing over.
    pub(super) ground: Ground,
}

/// The references of a request.
#[derive(Clone, Copy, Debug)]
pub(super) struct References<'a> {
    pub(super) voice: Option<&'a Heard>,
    pub(super) instrumental: Option<&'a Heard>,
}

/// What a request takes from its references.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct PickUp {
    pub(super) feel: Feel,
    /// The user's own track, if that is sung over, and its tempo.
    over: Option<(Arc<Track>, f64)>,
    /// `reference: …`, and what was wished.
    before: String,
    /// How the take is called: `scratch`, and over what.
    scratch: &'static str,
}

impl PickUp {
    /// Music tells tempo, key and loudness; a voice alone tells its register, and the key if there is no music.
    pub(super) fn of(references: References<'_>, wishes: Wishes) -> Self {
        let (voice, music) = (references.alone(), references.music());
        let heard = Feel {
            tempo: music.and_then(|sound| sound.tempo),
            key: music.or(voice).and_then(|sound| sound.musical_key),
            loudness: music.and_then(|sound| sound.loudness),
            register: voice.and_then(|sound| sound.register),
        };
        let [least, most] = LOUDNESS;
        let feel = Feel {
            tempo: wishes.bpm.map(Bpm::beats).or(heard.tempo.map(calm)),
            key: wishes.key.or(heard.key),
            loudness: heard.loudness.map(|loudness| loudness.clamp(least, most)),
            register: heard.register,
        };
        let mut parts = describe(heard);
        if music.is_some() && heard.tempo.is_none() {
            parts.insert(0, "no sure tempo".to_owned());
        }
        if parts.is_empty() {
            parts.push("nothing to go by".to_owned());
        }
        let mut before = format!("reference: {}", parts.join(", "));
        if !wishes.is_empty() {
            before.push_str("; asked: ");
            before.push_str(&asked(wishes));
        }
        let (over, scratch) = references.over(wishes);
        Self {
            feel,
            over,
            before,
            scratch,
        }
    }

    /// What is sung over, made anew each time: it takes far more room than what it is made from.
    pub(super) fn bed(&self) -> Option<Arc<Bed>> {
        let (track, tempo) = self.over.as_ref()?;
        Some(Arc::new(track.bed(*tempo)))
    }

    /// `reference: 124.9 bpm, C minor, -13.5 LUFS -> scratch: 124.9 bpm, C minor, -13.5 LUFS`.
    pub(super) fn told(&self, take: &band::Take) -> String {
        let scratch = Feel {
            tempo: Some(take.tempo),
            key: Some(take.key),
            loudness: audio::loudness(&take.samples),
            register: median(take.notes.iter().map(|note| note.pitch).collect()),
        };
        format!("{} -> {}: {}", self.before, self.scratch, describe(scratch).join(", "))
    }
}

impl<'a> References<'a> {
    /// The reference that is a voice and nothing else.
    fn alone(self) -> Option<&'a Sound> {
        let voice = self.voice.filter(|heard| heard.purpose == Purpose::Voice);
        voice.map(|heard| &heard.sound)
    }

    /// The reference that is music: the instrumental, or the song that the voice is from.
    fn music(self) -> Option<&'a Sound> {
        let song = || self.voice.filter(|heard| heard.purpose == Purpose::Song);
        self.instrumental.or_else(song).map(|heard| &heard.sound)
    }
}

impl References<'_> {
    /// The track that a voice sings over, and how the take is called. A track without a voice is none: the model would
    /// play something new, and so does the band.
    fn over(self, wishes: Wishes) -> (Option<(Arc<Track>, f64)>, &'static str) {
        let ground = self
            .instrumental
            .filter(|_| self.voice.is_some())
            .map(|heard| &heard.ground);
        let own = match ground {
            None | Some(Ground::None) => "scratch",
            Some(Ground::Unsure) => "scratch with a band of its own, as the beat of the track is not sure",
            Some(Ground::Crowded) => "scratch with a band of its own, as too many tracks are kept",
            Some(Ground::Track(track)) => match track.tempo(wishes.bpm.map(Bpm::beats)) {
                Some(tempo) => return (Some((Arc::clone(track), tempo)), "scratch over the track itself"),
                None => "scratch with a band of its own, as the track has another tempo",
            },
        };
        (None, own)
    }
}

fn describe(feel: Feel) -> Vec<String> {
    let parts = [
        feel.tempo.map(|tempo| format!("{tempo:.1} bpm")),
        feel.key.map(|key| key.to_string()),
        feel.loudness.map(|loudness| format!("{loudness:.1} LUFS")),
        feel.register
            .map(|register| format!("a voice around {}", note(register))),
    ];
    parts.into_iter().flatten().collect()
}

fn asked(wishes: Wishes) -> String {
    let parts = [
        wishes.bpm.map(|bpm| format!("{bpm} bpm")),
        wishes.key.map(|key| key.to_string()),
        wishes.seed.map(|seed| format!("seed {seed}")),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// `A3` for 57.
fn note(midi: f64) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "a pitch is a small number")]
    let midi = midi.round() as i32;
    let name = MusicalKey::new(midi, false).to_string();
    let letter = name.split(' ').next().unwrap_or_default();
    format!("{letter}{}", midi.div_euclid(12) - 1)
}

fn median(mut pitches: Vec<i32>) -> Option<f64> {
    pitches.sort_unstable();
    pitches.get(pitches.len() / 2).copied().map(f64::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::Samples;

    fn heard(purpose: Purpose, key: &str) -> Heard {
        Heard {
            purpose,
            sound: Sound {
                tempo: Some(124.9),
                musical_key: key.parse().ok(),
                loudness: Some(-13.5),
                register: Some(57.2),
                ..Sound::default()
            },
            ground: if purpose == Purpose::Instrumental {
                Ground::Unsure
            } else {
                Ground::None
            },
        }
    }

    fn pick_up(voice: Option<&Heard>, instrumental: Option<&Heard>, wishes: &str) -> PickUp {
        PickUp::of(References { voice, instrumental }, wishes.parse().unwrap())
    }

    fn key(text: &str) -> MusicalKey {
        text.parse().unwrap()
    }

    #[test]
    fn music_tells_tempo_key_and_loudness_and_a_voice_its_register() {
        let (bed, voice) = (
            heard(Purpose::Instrumental, "C minor"),
            heard(Purpose::Voice, "D minor"),
        );
        let both = pick_up(Some(&voice), Some(&bed), "");
        let feel = Feel {
            tempo: Some(124.9),
            key: Some(key("C minor")),
            loudness: Some(-13.5),
            register: Some(57.2),
        };
        assert_eq!(both.feel, feel);
        assert_eq!(
            both.before,
            "reference: 124.9 bpm, C minor, -13.5 LUFS, a voice around A3"
        );
    }

    #[test]
    fn of_a_very_fast_tempo_every_second_beat_is_counted_unless_it_is_asked_for() {
        let mut bed = heard(Purpose::Instrumental, "C minor");
        bed.sound.tempo = Some(194.0);
        let found = pick_up(None, Some(&bed), "");
        assert_eq!(found.feel.tempo, Some(97.0));
        assert!(found.before.starts_with("reference: 194.0 bpm"), "{}", found.before);
        assert_eq!(pick_up(None, Some(&bed), "bpm=194").feel.tempo, Some(194.0));
    }

    #[test]
    fn a_voice_alone_tells_its_key_and_register_and_nothing_else() {
        let voice = heard(Purpose::Voice, "D minor");
        let feel = Feel {
            tempo: None,
            key: Some(key("D minor")),
            loudness: None,
            register: Some(57.2),
        };
        assert_eq!(pick_up(Some(&voice), None, "").feel, feel);
    }

    #[test]
    fn a_song_is_music_whichever_of_its_ids_is_asked_for() {
        let song = heard(Purpose::Song, "C minor");
        for (voice, instrumental) in [(Some(&song), None), (None, Some(&song)), (Some(&song), Some(&song))] {
            let feel = pick_up(voice, instrumental, "").feel;
            assert_eq!(
                (feel.tempo, feel.loudness, feel.register),
                (Some(124.9), Some(-13.5), None)
            );
        }
    }

    #[test]
    fn what_is_wished_goes_over_what_was_heard() {
        let bed = heard(Purpose::Instrumental, "C minor");
        let wished = pick_up(None, Some(&bed), "bpm=96; key=D minor; seed=7");
        assert_eq!((wished.feel.tempo, wished.feel.key), (Some(96.0), Some(key("D minor"))));
        assert_eq!(
            wished.before,
            "reference: 124.9 bpm, C minor, -13.5 LUFS; asked: 96 bpm, D minor, seed 7"
        );
    }

    #[test]
    fn what_was_not_heard_is_left_to_the_band_and_said() {
        let mut hum = heard(Purpose::Instrumental, "");
        hum.sound = Sound {
            loudness: Some(-61.0),
            ..Sound::default()
        };
        let picked = pick_up(None, Some(&hum), "");
        assert_eq!((picked.feel.tempo, picked.feel.key), (None, None));
        assert_eq!(picked.feel.loudness, Some(-30.0), "no softer than the band can be");
        assert_eq!(picked.before, "reference: no sure tempo, -61.0 LUFS");
        hum.purpose = Purpose::Voice;
        assert_eq!(pick_up(Some(&hum), None, "").before, "reference: nothing to go by");
    }

    #[test]
    fn a_take_is_told_by_what_it_became() {
        let bed = heard(Purpose::Instrumental, "C minor");
        let take = band::Take {
            samples: Samples {
                sample_rate: 16_000,
                channels: 1,
                data: vec![0.0; 16_000],
            },
            tempo: 124.9,
            key: MusicalKey::new(0, true),
            notes: Vec::new(),
        };
        let told = pick_up(None, Some(&bed), "").told(&take);
        assert_eq!(
            told,
            "reference: 124.9 bpm, C minor, -13.5 LUFS -> scratch: 124.9 bpm, C minor"
        );
    }
}
