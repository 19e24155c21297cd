//! A scratch band: turns a request into samples, the same ones every time.
//!
//! Knows nothing of HTTP, pipelines or files. One entry: [`render`]; [`reference()`] plays short sounds to start from.
//! The way of a song: words become lines of syllables (`text`, `lexicon`, `spelling`, `numbers`, `syllables`), lines get
//! their bars (`layout`), a score is written on them (`compose`, `rhythm`, `melody`), players turn it into sounds (`play`,
//! `instruments`), or the user's own track is cut to fit (`bed`), a singer sings (`voice`, `phone`), the sounds are put in
//! place and given a room (`mix`), and the whole is balanced and brought to a level (`master`).
//!
//! Everything left to chance comes from the seed, and every curve from `libm`: debug and release builds, and every
//! machine, give the same samples.

mod bed;
mod compose;
mod instruments;
mod layout;
mod lexicon;
mod master;
mod melody;
mod mix;
mod numbers;
mod phone;
mod play;
mod random;
mod rhythm;
mod score;
mod spelling;
mod syllables;
mod text;
mod voice;

use crate::audio::{MusicalKey, Samples};
use master::Backing;
use score::Parts;
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

/// LUFS if nothing else is asked: what streaming services play at.
const LOUDNESS: f64 = -14.0;
/// How far below the voice a band or a track is, in LU, and how far a band that holds back.
const BAND_BELOW: f64 = 4.0;
const HELD_BELOW: f64 = 7.0;

/// Plays it: between 12 and 60 seconds, stereo, at the loudness asked and below −1 dBFS.
///
/// A song lasts as long as its words take. Few words are sung again until there are 12 seconds; words beyond a minute
/// are left out. With a voice and a band, lines outside `##…##` are led by the voice over a quiet pad, and
/// where nothing stands between marks, the band holds back throughout. A voice alone is
/// heard alone, a band alone plays throughout, and neither of them is played as both. With a bed, that is heard instead
/// of the band, in its own tempo.
pub fn render(request: &Request) -> Take {
    let bed = request.bed.as_deref();
    let bed = bed.and_then(|bed| Some((bed, bed.song_tempo()?)));
    let (voice, band) = match (request.voice, request.band) {
        (false, false) => (true, true),
        asked => asked,
    };
    let parts = Parts {
        voice,
        band: band && bed.is_none(),
        bed: bed.is_some(),
    };
    let feel = Feel {
        tempo: bed.map_or(request.feel.tempo, |(_, tempo)| Some(tempo)),
        ..request.feel
    };
    let score = compose::compose(&text::lines(&request.lyrics), parts, feel, request.seed);
    let sample_rate = request.sample_rate.max(8_000);
    let sung = parts.voice.then(|| {
        let mut mixer = mix::Mixer::new(sample_rate, score.seconds());
        play::sing(&score, &mut mixer);
        mixer.finish()
    });
    let backing = match bed {
        Some((bed, tempo)) => Some(Backing {
            samples: bed::lay(bed, tempo, (sample_rate, score.seconds())),
            below: BAND_BELOW,
        }),
        None => parts.band.then(|| {
            let mut mixer = mix::Mixer::new(sample_rate, score.seconds());
            play::play(&score, &mut mixer, request.seed);
            Backing {
                samples: mixer.finish(),
                below: if score.has_full_bars() { BAND_BELOW } else { HELD_BELOW },
            }
        }),
    };
    let asked = request.feel.loudness.filter(|asked| asked.is_finite());
    Take {
        samples: master::master(sung, backing, asked.unwrap_or(LOUDNESS)),
        tempo: score.tempo,
        key: MusicalKey::new(score.key.tonic, score.key.minor),
        notes: score.sung(),
    }
}

/// A short reference to start from: mono, 16 kHz, 12 to 18 seconds, so that an mp3 of 32 kbit/s stays below 72 kB.
pub fn reference(kind: Reference, seed: u64) -> Samples {
    let stereo = render(&Request {
        lyrics: "##la la la la la la##".to_owned(),
        voice: kind != Reference::Instrumental,
        band: kind != Reference::Voice,
        sample_rate: 16_000,
        seed,
        feel: Feel::default(),
        bed: None,
    })
    .samples;
    let pairs = stereo.data.chunks_exact(2);
    let mono = Samples {
        sample_rate: stereo.sample_rate,
        channels: 1,
        data: pairs.map(|pair| f32::midpoint(pair[0], pair[1])).collect(),
    };
    master::bring_to(mono, LOUDNESS)
}

#[cfg(test)]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "test sounds are short"
)]
mod tests;
