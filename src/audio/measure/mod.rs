//! All measures of a sound, taken while it streams by.
//!
//! Knows nothing of files: it is fed interleaved samples, piece by piece, each a whole number of frames. What it tells
//! does not depend on where the pieces end, nor on the machine: every transform is computed in the same order
//! everywhere, and what is told is rounded to less than anybody hears.

mod beats;
mod blocks;
mod brightness;
mod clipping;
mod edges;
mod key;
mod mono;
mod onsets;
mod register;
mod spectrum;
mod swings;
mod tempo;

pub use beats::{Beats, beats};

use super::{Peaks, Sound, loudness::Meter};
use blocks::{Block, Blocks};
use brightness::Brightness;
use clipping::Clipping;
use edges::Edges;
use mono::{Decimator, Middle};
use swings::Swings;

/// Everything that is measured of one sound.
pub(super) struct Measures {
    sample_rate: u32,
    channels: u16,
    meter: Meter,
    blocks: Blocks,
    by_block: ByBlock,
    mixed: Vec<f32>,
    brightness: Brightness,
    decimator: Decimator,
    middle: Middle,
}

/// What is measured a block at a time.
struct ByBlock {
    frames: u64,
    swings: Swings,
    edges: Edges,
    clipping: Clipping,
}

impl ByBlock {
    fn add(&mut self, block: &Block<'_>) {
        self.frames += block.frames;
        self.swings.add(block);
        self.edges.add(block);
        self.clipping.add(block);
    }
}

impl Measures {
    /// For sound of a rate that is not 0, in one channel or two.
    pub(super) fn new(sample_rate: u32, channels: u16) -> Self {
        let decimator = Decimator::new(sample_rate);
        Self {
            sample_rate,
            channels,
            meter: Meter::new(sample_rate, channels),
            blocks: Blocks::new(channels),
            by_block: ByBlock {
                frames: 0,
                swings: Swings::default(),
                edges: Edges::new(sample_rate),
                clipping: Clipping::new(channels),
            },
            mixed: Vec::new(),
            brightness: Brightness::new(sample_rate),
            middle: Middle::new(decimator.rate()),
            decimator,
        }
    }

    /// Hears the next samples.
    pub(super) fn add(&mut self, samples: &[f32]) {
        self.meter.add(samples);
        let Self { blocks, by_block, .. } = self;
        blocks.add(samples, |block| by_block.add(block));
        mono::mix(samples, self.channels, &mut self.mixed);
        self.brightness.add(&self.mixed);
        let Self { decimator, middle, .. } = self;
        decimator.add(&self.mixed, |piece| middle.add(piece));
    }

    /// What was heard; nothing if there was not one frame. Says nothing of damage.
    pub(super) fn finish(self) -> Option<(Sound, Peaks)> {
        let Self {
            mut by_block,
            mut middle,
            ..
        } = self;
        self.blocks.finish(|block| by_block.add(block));
        if by_block.frames == 0 {
            return None;
        }
        self.decimator.finish(|piece| middle.add(piece));
        let rate = f64::from(self.sample_rate);
        let seconds = |frames: u64| {
            #[expect(clippy::cast_precision_loss, reason = "far below 2^52 frames")]
            let frames = frames as f64;
            frames / rate
        };
        let (before, after) = by_block.edges.silences(by_block.frames);
        let middle = middle.finish();
        // The meter may still be at work meanwhile.
        let (tempo, musical_key, register) = (
            tempo::tempo(&middle),
            key::musical_key(&middle),
            register::register(&middle),
        );
        let loudness = self.meter.finish();
        let sound = Sound {
            seconds: seconds(by_block.frames),
            sample_rate: self.sample_rate,
            channels: self.channels,
            loudness: loudness.integrated,
            range: loudness.range,
            true_peak: loudness.true_peak,
            silence_before: Some(seconds(before)),
            silence_after: Some(seconds(after)),
            clipped: Some(by_block.clipping.count()),
            tempo,
            musical_key,
            register,
            brightness: self.brightness.centroid(),
            damaged: false,
        };
        Some((sound, by_block.swings.peaks()))
    }
}

#[cfg(test)]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "test sounds are short"
)]
mod tests;
