//! Samples in blocks of a few frames, each looked through once for all who want to know.
//!
//! These loops see every sample, also in a build that is not optimised: they are written plainly, without iterators.

/// Frames in a block: 0.4 ms at 44.1 kHz.
const FRAMES: usize = 16;

/// A few frames. Only the last block of a sound is shorter than the others.
pub(super) struct Block<'a> {
    /// How many.
    pub(super) frames: u64,
    /// The lowest sample of all channels.
    pub(super) low: f32,
    /// The highest.
    pub(super) high: f32,
    /// Mean square of all samples.
    pub(super) power: f32,
    /// Interleaved.
    pub(super) samples: &'a [f32],
}

/// Cuts pieces of any length into blocks.
pub(super) struct Blocks {
    channels: usize,
    /// The beginning of a block whose end has not come yet.
    begun: Vec<f32>,
}

impl Blocks {
    pub(super) fn new(channels: u16) -> Self {
        Self {
            channels: usize::from(channels),
            begun: Vec::new(),
        }
    }

    /// Adds interleaved samples, and hands out the blocks that are full.
    pub(super) fn add(&mut self, samples: &[f32], mut take: impl FnMut(&Block<'_>)) {
        let whole = FRAMES * self.channels;
        let missing = (whole - self.begun.len()).min(samples.len());
        let mut rest = samples;
        if !self.begun.is_empty() {
            self.begun.extend_from_slice(&samples[..missing]);
            rest = &samples[missing..];
            if self.begun.len() < whole {
                return;
            }
            take(&self.look(&self.begun));
            self.begun.clear();
        }
        let blocks = rest.chunks_exact(whole);
        self.begun.extend_from_slice(blocks.remainder());
        for block in blocks {
            take(&self.look(block));
        }
    }

    /// Hands out the last block.
    pub(super) fn finish(self, mut take: impl FnMut(&Block<'_>)) {
        if !self.begun.is_empty() {
            take(&self.look(&self.begun));
        }
    }

    fn look<'a>(&self, samples: &'a [f32]) -> Block<'a> {
        let (mut low, mut high, mut power) = (samples[0], samples[0], 0.0);
        let mut at = 0;
        while at < samples.len() {
            let sample = samples[at];
            if sample < low {
                low = sample;
            }
            if sample > high {
                high = sample;
            }
            power += sample * sample;
            at += 1;
        }
        #[expect(clippy::cast_precision_loss, reason = "a block is a few samples")]
        let count = samples.len() as f32;
        Block {
            frames: (samples.len() / self.channels) as u64,
            low,
            high,
            power: power / count,
            samples,
        }
    }
}
