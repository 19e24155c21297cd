//! When the mouth does what: notes become segments, consonants before the beat and vowels on it.
//!
//! What stands between two vowels takes its time from the first of them. Notes that follow each other closely are one
//! phrase; a phrase begins and ends in silence. Knows nothing of samples.

use super::VoiceNote;
use super::table::{self, Hiss, Posture};
use crate::band::phone::{Manner, Phone, Stress};

/// Notes with less than this many seconds between them are sung in one breath.
const LEGATO: f64 = 0.16;
/// No note is shorter than so many seconds.
const SHORTEST: f64 = 0.015;
/// What a throat can sing, as MIDI numbers.
const LOWEST: i32 = 28;
const HIGHEST: i32 = 88;
/// The most of a note that goes to the consonants after it.
const CONSONANTS: f64 = 0.55;

/// The mouth moves from one posture to another between two times.
#[derive(Clone, Copy, Debug)]
pub(super) struct Segment {
    /// Seconds.
    pub(super) start: f64,
    pub(super) end: f64,
    pub(super) from: Posture,
    pub(super) to: Posture,
    /// Present where there is noise of the mouth.
    pub(super) hiss: Option<Hiss>,
}

/// A note's pitch from a time on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tone {
    /// Seconds to the vowel.
    pub(super) at: f64,
    /// MIDI number.
    pub(super) pitch: i32,
    pub(super) stress: Stress,
}

/// What is sung in one breath.
#[derive(Clone, Debug, Default)]
pub(super) struct Phrase {
    /// In order, without gaps.
    pub(super) segments: Vec<Segment>,
    pub(super) tones: Vec<Tone>,
}

/// A note with the time there is for it.
#[derive(Clone, Copy, Debug)]
struct Span<'a> {
    note: &'a VoiceNote,
    /// When the next note begins if it follows closely, or this one ends.
    until: f64,
    /// What follows closely.
    next: Option<&'a VoiceNote>,
}

/// Divides notes into phrases. A note that leaves no time to be heard is left out.
pub(super) fn phrases(notes: &[VoiceNote]) -> Vec<Phrase> {
    let mut phrases = Vec::new();
    let mut phrase = Phrase::default();
    let mut free = 0.0;
    for span in spans(notes) {
        let Span { note, until, next } = span;
        if phrase.tones.is_empty() {
            phrase.place(&onset(note), note.at - free, note.at);
        }
        let mut after = coda(note);
        after.extend(next.map(onset).unwrap_or_default());
        let closing = until - length(&after).min((until - note.at) * CONSONANTS);
        let vowel = nucleus(note, closing - note.at);
        phrase.place(&vowel, closing - note.at, closing);
        phrase.place(&after, until - closing, until);
        phrase.tones.push(Tone {
            at: note.at,
            pitch: note.pitch.clamp(LOWEST, HIGHEST),
            stress: note.syllable.stress,
        });
        if next.is_none() {
            free = until;
            phrases.push(std::mem::take(&mut phrase));
        }
    }
    phrases
}

/// Notes in order, without what has no place in time or no time.
fn spans(notes: &[VoiceNote]) -> Vec<Span<'_>> {
    let mut notes: Vec<_> = notes
        .iter()
        .filter(|note| note.at >= 0.0 && note.at.is_finite() && note.seconds.is_finite())
        .collect();
    notes.sort_by(|a, b| a.at.total_cmp(&b.at));
    let mut kept: Vec<&VoiceNote> = Vec::new();
    for note in notes.into_iter().rev() {
        let room = kept.last().map_or(f64::INFINITY, |next| next.at - note.at);
        if note.seconds.min(room) >= SHORTEST {
            kept.push(note);
        }
    }
    kept.reverse();
    let following = kept.iter().skip(1).copied().map(Some).chain([None]);
    let spans = kept.iter().zip(following).map(|(note, next)| {
        let end = note.at + note.seconds;
        let next = next.filter(|next| next.at - end < LEGATO);
        let until = next.map_or(end, |next| next.at);
        Span { note, until, next }
    });
    spans.collect()
}

impl Phrase {
    /// Adds moves that end at `end`, pressed together if they take more than `room` seconds.
    fn place(&mut self, moves: &[Move], room: f64, end: f64) {
        let wanted = length(moves);
        let scale = if wanted > room { room.max(0.0) / wanted } else { 1.0 };
        let mut start = end - wanted * scale;
        for step in moves {
            let end = start + step.seconds * scale;
            self.segments.push(Segment {
                start,
                end,
                from: step.from,
                to: step.to,
                hiss: step.hiss,
            });
            start = end;
        }
    }
}

/// A segment that has no place in time yet.
#[derive(Clone, Copy, Debug)]
struct Move {
    seconds: f64,
    from: Posture,
    to: Posture,
    hiss: Option<Hiss>,
}

impl Move {
    fn held(posture: Posture, seconds: f64) -> Self {
        Self {
            seconds,
            from: posture,
            to: posture,
            hiss: None,
        }
    }
}

fn length(moves: &[Move]) -> f64 {
    moves.iter().map(|step| step.seconds).sum()
}

fn vowel(note: &VoiceNote) -> (Posture, Option<Posture>) {
    table::vowel(note.syllable.nucleus, note.syllable.stress)
}

/// The vowel for so many seconds; a diphthong moves late.
fn nucleus(note: &VoiceNote, seconds: f64) -> Vec<Move> {
    let (first, then) = vowel(note);
    let Some(last) = then else {
        return vec![Move::held(first, seconds)];
    };
    let glide = (seconds * 0.5).min(0.22);
    vec![
        Move::held(first, seconds - glide),
        Move {
            from: first,
            to: last,
            ..Move::held(last, glide)
        },
    ]
}

fn onset(note: &VoiceNote) -> Vec<Move> {
    let (vowel, _) = vowel(note);
    cluster(&note.syllable.onset, vowel, true)
}

fn coda(note: &VoiceNote) -> Vec<Move> {
    let (first, last) = vowel(note);
    cluster(&note.syllable.coda, last.unwrap_or(first), false)
}

/// Consonants one after the other, beside a vowel.
fn cluster(phones: &[Phone], vowel: Posture, opening: bool) -> Vec<Move> {
    let mut moves = Vec::new();
    for (index, &phone) in phones.iter().enumerate() {
        let before = index.checked_sub(1).map(|before| phones[before]);
        let after = phones.get(index + 1).copied();
        let closure = beside(phone, vowel);
        consonant(&mut moves, phone, closure);
        match phone.manner() {
            Manner::Stop => {
                burst(&mut moves, phone, vowel, closure);
                let followed = after.is_some_and(|next| next.manner() != Manner::Approximant);
                if !phone.is_voiced() && !followed && before != Some(Phone::S) {
                    moves.push(puff(vowel, closure, opening));
                }
            }
            Manner::Affricate => moves.push(release(phone, closure)),
            _ => {}
        }
    }
    moves
}

/// The breath between a voiceless stop and what follows.
fn puff(vowel: Posture, closure: Posture, opening: bool) -> Move {
    let (breath, seconds) = if opening { (0.35, 0.04) } else { (0.15, 0.025) };
    let posture = Posture {
        voice: 0.0,
        breath,
        widths: [350.0, 120.0, 200.0],
        formants: std::array::from_fn(|at| f32::midpoint(vowel.formants[at], closure.formants[at])),
        ..vowel
    };
    Move::held(posture, seconds)
}

/// The hiss an affricate opens with.
fn release(phone: Phone, closure: Posture) -> Move {
    let (hiss, seconds) = if phone.is_voiced() { (0.6, 0.05) } else { (0.9, 0.08) };
    Move {
        hiss: Some(table::hiss(phone, 0.0)),
        ..Move::held(Posture { hiss, ..closure }, seconds)
    }
}

fn consonant(moves: &mut Vec<Move>, phone: Phone, posture: Posture) {
    moves.push(Move {
        hiss: (posture.hiss > 0.0).then(|| table::hiss(phone, 0.0)),
        ..Move::held(posture, table::duration(phone))
    });
}

/// What is heard when a stop opens.
fn burst(moves: &mut Vec<Move>, phone: Phone, vowel: Posture, closure: Posture) {
    let open = Posture {
        hiss: if phone.is_voiced() { 0.25 } else { 0.8 },
        voice: closure.voice * 0.5,
        ..closure
    };
    moves.push(Move {
        hiss: Some(table::hiss(phone, vowel.formants[1])),
        ..Move::held(open, 0.013)
    });
}

/// A consonant's posture drawn towards the vowel it stands beside.
fn beside(phone: Phone, vowel: Posture) -> Posture {
    let own = table::consonant(phone);
    let formants =
        std::array::from_fn(|at| own.formants[at] + own.pliant[at] * (vowel.formants[at] - own.formants[at]));
    Posture { formants, ..own }
}
