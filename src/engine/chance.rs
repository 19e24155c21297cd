//! Chance for jitter and for names, and lengths of time in the milliseconds that events and jitter are told in.
//!
//! Knows nothing of what is waited for.

use crate::base::{digest::Digest, time::Clock};
use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

/// A number nobody can guess and nothing depends on: for jitter and for names.
pub(super) fn chance(clock: &dyn Clock) -> u64 {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let text = format!("{} {:?} {count} {}", clock.now(), clock.elapsed(), std::process::id());
    Digest::of(text.as_bytes()).seed()
}

/// A length of time in whole milliseconds.
pub(super) fn millis(length: Duration) -> u64 {
    u64::try_from(length.as_millis()).unwrap_or(u64::MAX)
}

/// A part of a length of time that chance decides.
pub(super) fn fraction(length: Duration, chance: u64) -> Duration {
    Duration::from_millis(chance % millis(length).max(1))
}

/// Up to a quarter less, so that many who wait the same time do not come back at once.
pub(super) fn jittered(length: Duration, chance: u64) -> Duration {
    length.saturating_sub(fraction(length / 4, chance))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jitter_takes_a_quarter_at_most() {
        let second = Duration::from_secs(1);
        for chance in (0..5_000).step_by(7) {
            assert!(fraction(second, chance) < second);
            let left = jittered(second, chance);
            assert!(left > second * 3 / 4 && left <= second, "{left:?}");
        }
        assert_eq!(fraction(Duration::ZERO, 5), Duration::ZERO);
        assert_eq!(millis(Duration::MAX), u64::MAX);
    }
}
