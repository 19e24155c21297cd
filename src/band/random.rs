//! Chance that repeats itself: splitmix64.

/// A stream of numbers decided by its seed.
#[derive(Clone, Debug)]
pub(super) struct Random(u64);

impl Random {
    /// A stream of its own for each part (`purpose`) of the same seed.
    pub(super) fn new(seed: u64, purpose: u64) -> Self {
        Self(seed ^ purpose.wrapping_mul(0xd1b5_4a32_d192_ed03))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Between 0 and `below` − 1.
    pub(super) fn below(&mut self, below: usize) -> usize {
        // The high half, scaled: no division by what might be 0.
        let scaled = (u128::from(self.next()) * below as u128) >> 64;
        usize::try_from(scaled).unwrap_or(0)
    }

    /// One of them.
    pub(super) fn pick<T: Copy, const N: usize>(&mut self, of: &[T; N]) -> T {
        const { assert!(N > 0, "nothing to pick from") };
        of[self.below(N)]
    }

    /// Noise between −1 and 1.
    #[expect(clippy::cast_precision_loss, reason = "24 bits fit a float exactly")]
    pub(super) fn noise(&mut self) -> f32 {
        (self.next() >> 40) as f32 / 8_388_608.0 - 1.0
    }
}
