//! Silence before the first sound and after the last.
//!
//! Silent is a stretch of about 10 ms whose mean level over all channels is below −60 dBFS (RMS, a full-scale square
//! wave being 0 dBFS): below it is the noise of a room or of an encoder.

use super::blocks::Block;

/// −60 dBFS as a mean square.
const SILENT: f32 = 1e-6;

/// Looks for the first and the last stretch that is not silent.
pub(super) struct Edges {
    /// Frames in a stretch, at least.
    stretch: u64,
    /// Frames before the stretch that is being filled.
    before: u64,
    frames: u64,
    /// Mean square times frames.
    energy: f32,
    first: Option<u64>,
    /// Where the last sound ends.
    last: u64,
}

impl Edges {
    pub(super) fn new(sample_rate: u32) -> Self {
        Self {
            stretch: u64::from(sample_rate / 100).max(1),
            before: 0,
            frames: 0,
            energy: 0.0,
            first: None,
            last: 0,
        }
    }

    pub(super) fn add(&mut self, block: &Block<'_>) {
        #[expect(clippy::cast_precision_loss, reason = "a block is a few frames")]
        let frames = block.frames as f32;
        self.energy += block.power * frames;
        self.frames += block.frames;
        if self.frames >= self.stretch {
            self.close();
        }
    }

    fn close(&mut self) {
        #[expect(clippy::cast_precision_loss, reason = "some ten milliseconds")]
        let frames = self.frames as f32;
        let end = self.before + self.frames;
        if self.energy >= SILENT * frames {
            self.first.get_or_insert(self.before);
            self.last = end;
        }
        (self.before, self.frames, self.energy) = (end, 0, 0.0);
    }

    /// Frames of silence at the beginning and at the end; all of them, twice, if there is no sound.
    pub(super) fn silences(mut self, frames: u64) -> (u64, u64) {
        if self.frames > 0 {
            self.close();
        }
        (self.first.unwrap_or(frames), frames - self.last)
    }
}
