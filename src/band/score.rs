//! What a song is on paper: its tempo and key, a bar of accompaniment after the other, and the notes of the lead line.
//!
//! Time is counted in slots, eight to a bar of four beats. Knows nothing of words or sound.

use super::{Sung, phone::Syllable};

/// Slots in a bar.
pub(super) const BAR: usize = 8;
/// What rings on after the last bar, in seconds.
pub(super) const TAIL: f64 = 1.6;

/// Who plays.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parts {
    pub(super) voice: bool,
    pub(super) band: bool,
    /// A track that is there already, instead of the band.
    pub(super) bed: bool,
}

impl Parts {
    /// Whether anything sounds beside the voice.
    pub(super) fn is_backed(self) -> bool {
        self.band || self.bed
    }
}

/// How full a bar sounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Texture {
    /// No accompaniment.
    Bare,
    /// A pad alone.
    Pad,
    /// Pad, keys, bass and a soft beat.
    Held,
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Note {
    /// When, in slots.
    pub(super) slot: usize,
    /// How long, in slots.
    pub(super) length: usize,
    /// MIDI number.
    pub(super) pitch: i32,
    pub(super) syllable: Syllable,
    /// The line of the lyrics.
    pub(super) line: usize,
}

/// A whole song.
#[derive(Clone, Debug)]
pub(super) struct Score {
    /// Beats a minute.
    pub(super) tempo: f64,
    pub(super) key: Key,
    pub(super) bars: Vec<Bar>,
    pub(super) lead: Vec<Note>,
    /// The MIDI number the voice is at home at.
    pub(super) register: i32,
    /// Which of the band's ways to play.
    pub(super) groove: usize,
}

impl Score {
    /// Length of a slot in seconds.
    pub(super) fn slot(&self) -> f64 {
        30.0 / self.tempo
    }

    /// The lead line in seconds.
    pub(super) fn sung(&self) -> Vec<Sung> {
        let notes = self.lead.iter().map(|note| Sung {
            at: to_f64(note.slot) * self.slot(),
            seconds: to_f64(note.length) * self.slot(),
            pitch: note.pitch,
            line: note.line,
        });
        notes.collect()
    }

    /// Whether the whole band plays anywhere.
    pub(super) fn has_full_bars(&self) -> bool {
        self.bars.iter().any(|bar| matches!(bar.texture, Texture::Full { .. }))
    }

    /// Length with what rings on.
    pub(super) fn seconds(&self) -> f64 {
        to_f64(self.bars.len() * BAR) * self.slot() + TAIL
    }
}

/// A tonic and a scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key {
    /// MIDI number of the lead line's tonic.
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

/// A count as a number to reckon with.
#[expect(clippy::cast_precision_loss, reason = "bars and slots are few")]
pub(super) fn to_f64(count: usize) -> f64 {
    count as f64
}
