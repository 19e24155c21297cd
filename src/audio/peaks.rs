//! The outline of a sound: how far it swings, in 800 pieces of equal length.
//!
//! Knows nothing of how it is drawn.

use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Into how many pieces a sound is cut.
pub const PIECES: usize = 800;

/// The lowest and the highest sample of each of [`PIECES`] pieces of a sound, of all channels together; full scale is
/// 127. Empty where nothing was measured. As text: two bytes a piece, lowest first, in hexadecimal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Peaks(Arc<[[i8; 2]]>);

impl Peaks {
    /// Of pieces that were measured.
    pub fn new(pieces: Vec<[i8; 2]>) -> Self {
        Self(pieces.into())
    }

    /// Lowest and highest of each piece.
    pub fn pieces(&self) -> &[[i8; 2]] {
        &self.0
    }

    /// Nothing was measured.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Two bytes a piece: how it is stored.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.0.iter().flatten().map(|value| value.cast_unsigned()).collect()
    }

    /// From [`Peaks::to_bytes`]; a byte too many is dropped.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let pieces = bytes.as_chunks::<2>().0.iter();
        Self::new(pieces.map(|pair| pair.map(u8::cast_signed)).collect())
    }

    /// The sound in `columns` equal parts: how far each swings, 0 to 127, on the average of its pieces. The largest swing
    /// would tell one part of music from the next no better than full scale does. Empty where nothing was measured.
    pub fn outline(&self, columns: usize) -> Vec<u8> {
        if self.is_empty() {
            return Vec::new();
        }
        let pieces = self.0.len();
        let part = |column: usize| {
            let start = column * pieces / columns;
            let end = ((column + 1) * pieces / columns).clamp(start + 1, pieces);
            let swing = |[low, high]: &[i8; 2]| usize::from(low.unsigned_abs().max(high.unsigned_abs()).min(127));
            let part = &self.0[start.min(pieces - 1)..end];
            let average = part.iter().map(swing).sum::<usize>() / part.len();
            u8::try_from(average).unwrap_or(127)
        };
        (0..columns).map(part).collect()
    }
}

impl Serialize for Peaks {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&const_hex::encode(self.to_bytes()))
    }
}

impl<'de> Deserialize<'de> for Peaks {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = const_hex::decode(text).map_err(serde::de::Error::custom)?;
        Ok(Self::from_bytes(&bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outline_is_how_far_each_part_swings() {
        let peaks = Peaks::new((0..100).map(|n| [-n, 2]).collect());
        assert_eq!(peaks.outline(4), [12, 37, 62, 87]);
        assert_eq!(peaks.outline(300).len(), 300, "more columns than pieces");
        assert_eq!(Peaks::new(vec![[-128, 127]]).outline(1), [127]);
        assert!(Peaks::default().outline(4).is_empty());
    }

    #[test]
    fn what_is_stored_is_read_again() {
        let peaks = Peaks::new(vec![[-128, 127], [0, 3]]);
        assert_eq!(Peaks::from_bytes(&peaks.to_bytes()), peaks);
        let text = serde_json::to_string(&peaks).unwrap();
        assert_eq!(text, "\"807f0003\"");
        assert_eq!(serde_json::from_str::<Peaks>(&text).unwrap(), peaks);
    }
}
