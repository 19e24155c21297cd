//! Samples that are cut off at full scale.

use super::blocks::Block;

/// From here on a sample is at full scale: the highest a 16-bit sample can be, less a little for the coding.
const FULL: f32 = 0.9999;

/// A wave may touch full scale; it does not stay there for so many samples unless it was cut.
const SHORTEST: u64 = 3;

/// Counts the samples in runs at full scale, a channel at a time.
pub(super) struct Clipping {
    /// Length of the run each channel is in, and whether that is at the top.
    runs: Vec<(u64, bool)>,
    count: u64,
}

impl Clipping {
    pub(super) fn new(channels: u16) -> Self {
        Self {
            runs: vec![(0, false); usize::from(channels)],
            count: 0,
        }
    }

    pub(super) fn add(&mut self, block: &Block<'_>) {
        if block.low > -FULL && block.high < FULL {
            for run in &mut self.runs {
                run.0 = 0;
            }
            return;
        }
        let channels = self.runs.len();
        for (at, sample) in block.samples.iter().enumerate() {
            let run = &mut self.runs[at % channels];
            let is_top = *sample > 0.0;
            if sample.abs() < FULL {
                run.0 = 0;
                continue;
            }
            let length = if run.1 == is_top { run.0 + 1 } else { 1 };
            *run = (length, is_top);
            match length.cmp(&SHORTEST) {
                std::cmp::Ordering::Less => {}
                std::cmp::Ordering::Equal => self.count += SHORTEST,
                std::cmp::Ordering::Greater => self.count += 1,
            }
        }
    }

    pub(super) fn count(&self) -> u64 {
        self.count
    }
}
