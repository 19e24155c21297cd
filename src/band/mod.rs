//! A scratch band: turns a request into samples, the same ones every time.
//!
//! Knows nothing of HTTP, pipelines or files. One entry: [`render`]; [`reference()`] plays short sounds to start from.
//! The way of a song: words become lines of syllables (`text`), lines get their bars (`layout`), a score is written on
//! them (`compose`, `melody`), players turn it into sounds (`play`, `instruments`), a singer sings it (`voice`, `phone`),
//! and all of it is put in place, given a room and brought to a level (`mix`).
//!
//! Everything left to chance comes from the seed, and every curve from `libm`: debug and release builds, and every
//! machine, give the same samples.

mod compose;
mod instruments;
mod layout;
mod melody;
mod mix;
mod phone;
mod play;
mod random;
mod score;
mod text;
mod voice;

use crate::audio::{MusicalKey, Samples};
use std::sync::Arc;

/// What to play.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The words the lead line follows; `##…##` around a part lets the band play it.
    pub lyrics: String,
    /// Whether a lead line follows the words: a voice reference was given.
    pub voice: bool,
    /// Whether the band plays: an instrumental reference was given.
    pub band: bool,
    /// Hz.
    pub sample_rate: u32,
    /// Decides everything that is left to chance.
    pub seed: u64,
    /// What is not left to chance.
    pub feel: Feel,
    /// The user's own track to sing over, if there is one; at any rate.
    pub bed: Option<Arc<Bed>>,
}

/// What a listener asked for, or heard in the references. What is none is chosen by the seed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Feel {
    /// Beats a minute.
    pub tempo: Option<f64>,
    /// Tonic and mode.
    pub key: Option<MusicalKey>,
    /// Integrated loudness in LUFS that the music is brought to; −14 if none.
    pub loudness: Option<f64>,
    /// Where the voice lies: its median pitch as a MIDI note number.
    pub register: Option<f64>,
}

/// A track without a voice, and where its bars are.
#[derive(Clone, Debug, PartialEq)]
pub struct Bed {
    /// Stereo or mono, at its own rate.
    pub samples: Samples,
    /// Beats a minute.
    pub tempo: f64,
    /// Seconds to the first beat of its first whole bar.
    pub downbeat: f64,
}

/// What was played.
#[derive(Clone, Debug, PartialEq)]
pub struct Take {
    /// The sound.
    pub samples: Samples,
    /// Beats a minute.
    pub tempo: f64,
    /// Tonic and mode.
    pub key: MusicalKey,
    /// The notes that are sung, one after the other; none without a voice.
    pub notes: Vec<Sung>,
}

/// One sung note.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sung {
    /// Seconds from the beginning to its vowel.
    pub at: f64,
    /// How long it sounds, in seconds.
    pub seconds: f64,
    /// MIDI note number.
    pub pitch: i32,
    /// Which line of the lyrics it belongs to, from 0, lines without words not counted.
    pub line: usize,
}

/// What a reference made here is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reference {
    /// A lead line alone.
    Voice,
    /// The band without a lead line.
    Instrumental,
    /// Both.
    Song,
}

/// Plays it: between 12 and 60 seconds, stereo, at −14 LUFS and below −1 dBFS.
///
/// A song lasts as long as its words take. Few words are sung again until there are 12 seconds; words beyond a minute
/// are left out. With a voice and a band, lines outside `##…##` are led by the voice over a quiet pad. A voice alone is
/// heard alone, a band alone plays throughout, and neither of them is played as both.
pub fn render(request: &Request) -> Take {
    let (voice, band) = match (request.voice, request.band) {
        (false, false) => (true, true),
        asked => asked,
    };
    let lines = text::lines(&request.lyrics);
    let score = compose::compose(&lines, score::Parts { voice, band }, request.seed);
    let sample_rate = request.sample_rate.max(8_000);
    let mut mixer = mix::Mixer::new(sample_rate, score.seconds());
    play::play(&score, request.feel.register, &mut mixer, request.seed);
    Take {
        samples: mixer.master(),
        tempo: score.tempo,
        key: MusicalKey::new(score.key.tonic, score.key.minor),
        notes: score.sung(),
    }
}

/// A short reference to start from: mono, 16 kHz, 12 to 18 seconds, so that an mp3 of 32 kbit/s stays below 72 kB.
pub fn reference(kind: Reference, seed: u64) -> Samples {
    let stereo = render(&Request {
        lyrics: "##la li la lo le la lu la##".to_owned(),
        voice: kind != Reference::Instrumental,
        band: kind != Reference::Voice,
        sample_rate: 16_000,
        seed,
        feel: Feel::default(),
        bed: None,
    })
    .samples;
    Samples {
        sample_rate: stereo.sample_rate,
        channels: 1,
        data: stereo
            .data
            .chunks_exact(2)
            .map(|pair| f32::midpoint(pair[0], pair[1]))
            .collect(),
    }
}

#[cfg(test)]
mod tests;
