//! One part of a body: its length is known before its bytes are made, piece by piece.
//!
//! Knows nothing of what the part is for.

use super::effect::HexFlaw;
use axum::body::Bytes;
use std::iter;

/// How many bytes are made at a time, at most.
const PIECE: usize = 32 * 1024;
/// Into how many pieces audio is cut at least, so that there is a middle to stop in.
pub(super) const PIECES: usize = 16;

/// Bytes to send.
#[derive(Clone, Debug)]
pub(super) enum Part {
    /// As they are.
    Plain(Bytes),
    /// The same, so many times.
    Again(Bytes, usize),
    /// Two digits for each byte.
    Hex {
        /// What is written as hex.
        audio: Bytes,
        /// What is wrong with that.
        flaw: Option<HexFlaw>,
    },
}

impl From<String> for Part {
    fn from(text: String) -> Self {
        Self::Plain(text.into())
    }
}

impl Part {
    /// How many bytes it has.
    pub(super) fn length(&self) -> usize {
        match self {
            Self::Plain(bytes) => bytes.len(),
            Self::Again(bytes, count) => bytes.len() * count,
            Self::Hex { audio, flaw } => match flaw {
                Some(HexFlaw::Odd) => audio.len() * 2 - 1,
                Some(HexFlaw::Prefixed) => audio.len() * 2 + 2,
                Some(HexFlaw::Foreign) => audio.len() * 2 * WIDTH,
                Some(HexFlaw::Bad | HexFlaw::Upper) | None => audio.len() * 2,
            },
        }
    }

    /// Into how many pieces it is cut.
    pub(super) fn count(&self) -> usize {
        match self {
            Self::Plain(_) => 1,
            Self::Again(bytes, count) => count.div_ceil(batch(bytes)),
            Self::Hex { audio, .. } => audio.len().div_ceil(piece_size(audio)),
        }
    }

    /// Its bytes.
    pub(super) fn pieces(self) -> Box<dyn Iterator<Item = Bytes> + Send> {
        match self {
            Self::Plain(bytes) => Box::new(iter::once(bytes)),
            Self::Again(bytes, count) => {
                let batch = batch(&bytes);
                let full: Bytes = bytes.repeat(batch).into();
                let rest: Bytes = bytes.repeat(count % batch).into();
                Box::new(iter::repeat_n(full, count / batch).chain((!rest.is_empty()).then_some(rest)))
            }
            Self::Hex { audio, flaw } => {
                let size = piece_size(&audio);
                let starts = (0..audio.len()).step_by(size);
                Box::new(starts.map(move |start| hex(&audio, start..audio.len().min(start + size), flaw)))
            }
        }
    }
}

/// How often `bytes` fits into a piece.
fn batch(bytes: &Bytes) -> usize {
    (PIECE / bytes.len().max(1)).max(1)
}

fn piece_size(audio: &Bytes) -> usize {
    (audio.len() / PIECES).clamp(1, PIECE)
}

/// Bytes of a full-width digit or letter.
const WIDTH: usize = '０'.len_utf8();

/// The same digits as a typesetter of Japanese has them: `０` to `９`, `ａ` to `ｆ`.
fn full_width(text: &str) -> String {
    let wide = |digit: char| char::from_u32(u32::from(digit) + 0xfee0).unwrap_or(digit);
    text.chars().map(wide).collect()
}

fn hex(audio: &Bytes, range: std::ops::Range<usize>, flaw: Option<HexFlaw>) -> Bytes {
    let piece = &audio[range.clone()];
    let mut text = match flaw {
        Some(HexFlaw::Upper) => const_hex::encode_upper(piece),
        Some(HexFlaw::Foreign) => full_width(&const_hex::encode(piece)),
        _ => const_hex::encode(piece),
    };
    match flaw {
        Some(HexFlaw::Odd) if range.end == audio.len() => drop(text.pop()),
        Some(HexFlaw::Bad) if range.contains(&(audio.len() / 2)) => text.replace_range(..1, "g"),
        Some(HexFlaw::Prefixed) if range.start == 0 => text.insert_str(0, "0x"),
        _ => {}
    }
    text.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_as_long_as_it_says_however_it_is_cut() {
        let audio = Bytes::from_static(&[0x5a; 999]);
        let flaws = [
            None,
            Some(HexFlaw::Odd),
            Some(HexFlaw::Bad),
            Some(HexFlaw::Upper),
            Some(HexFlaw::Foreign),
            Some(HexFlaw::Prefixed),
        ];
        let hexes = flaws.map(|flaw| Part::Hex {
            audio: audio.clone(),
            flaw,
        });
        let others = [
            Part::Plain(Bytes::from_static(b"words")),
            Part::Again(Bytes::from_static(b"la "), 30_000),
            Part::Again(Bytes::from_static(b"la "), 10_922),
            Part::Again(Bytes::from_static(b"la "), 0),
        ];
        for part in hexes.into_iter().chain(others) {
            let (length, count) = (part.length(), part.count());
            let pieces: Vec<_> = part.clone().pieces().collect();
            assert_eq!(pieces.iter().map(Bytes::len).sum::<usize>(), length, "{part:?}");
            assert_eq!(pieces.len(), count, "{part:?}");
        }
    }
}
