//! The outline while its length is still unknown: small pieces, which are joined two by two when they become too many.

use super::blocks::Block;
use crate::audio::{PIECES, Peaks};

/// So many small pieces are kept at most: the edges of the final ones are at most a sixteenth of a piece off.
const MOST: usize = 32 * PIECES;

/// Lowest and highest of ever longer pieces.
pub(super) struct Swings {
    pieces: Vec<[f32; 2]>,
    /// Blocks in a piece.
    length: usize,
    /// Blocks that the last piece holds.
    filled: usize,
}

impl Default for Swings {
    fn default() -> Self {
        Self {
            pieces: Vec::new(),
            length: 1,
            filled: 1,
        }
    }
}

impl Swings {
    pub(super) fn add(&mut self, block: &Block<'_>) {
        if self.filled == self.length {
            if self.pieces.len() == MOST {
                self.join();
            } else {
                self.filled = 0;
            }
        }
        let swing = [block.low, block.high];
        match self.pieces.last_mut() {
            Some(last) if self.filled > 0 => *last = union(*last, swing),
            _ => self.pieces.push(swing),
        }
        self.filled += 1;
    }

    /// Makes pieces of twice the length, the last of them half full.
    fn join(&mut self) {
        let pairs = self.pieces.as_chunks::<2>().0;
        self.pieces = pairs.iter().map(|[first, second]| union(*first, *second)).collect();
        self.length *= 2;
        self.filled = 0;
    }

    /// In as many pieces as an outline has; a sound of fewer blocks shows some of them more than once.
    pub(super) fn peaks(&self) -> Peaks {
        let count = self.pieces.len();
        let piece = |index: usize| {
            let start = (index * count / PIECES).min(count - 1);
            let end = ((index + 1) * count / PIECES).max(start + 1);
            let swing = self.pieces[start..end].iter().copied().reduce(union);
            swing.unwrap_or_default().map(of_127)
        };
        if count == 0 {
            return Peaks::default();
        }
        Peaks::new((0..PIECES).map(piece).collect())
    }
}

fn union(one: [f32; 2], other: [f32; 2]) -> [f32; 2] {
    [one[0].min(other[0]), one[1].max(other[1])]
}

/// What is beyond full scale is drawn at it.
fn of_127(sample: f32) -> i8 {
    #[expect(clippy::cast_possible_truncation, reason = "a whole number between −127 and 127")]
    let scaled = (sample * 127.0).round().clamp(-127.0, 127.0) as i8;
    scaled
}
