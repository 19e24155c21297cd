//! How often and how long to wait before a call that surely did not run is made again.
//!
//! Pure; knows nothing of what failed. Exponential back-off with full jitter, and never before the backend's own
//! `Retry-After`.

use super::chance::{fraction, jittered};
use std::time::Duration;

/// Tries of one call, the first included.
pub(super) const MOST_ATTEMPTS: u32 = 6;
const FIRST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(60);
/// A backend that asks for more patience than this is taken to be away.
pub(super) const MOST_PATIENCE: Duration = Duration::from_secs(600);

/// How long to wait after try number `attempt` (from one) failed, or `None` to give up. `chance` decides the jitter,
/// `after` is what the backend asked for.
pub(super) fn pause(attempt: u32, after: Option<Duration>, chance: u64) -> Option<Duration> {
    if attempt >= MOST_ATTEMPTS || after.is_some_and(|after| after > MOST_PATIENCE) {
        return None;
    }
    let ceiling = FIRST.saturating_mul(1 << (attempt - 1).min(16)).min(LONGEST);
    let jitter = fraction(ceiling, chance);
    Some(match after {
        // All who were told the same time would come back at once: spread them over the next moment.
        Some(after) => after + jitter.min(FIRST),
        None => jitter,
    })
}

/// Tries of one download that is answered with "not there": the link may be known before its file is.
pub(super) const MOST_LOST: u32 = 3;
/// Seconds between tries to fetch audio that is paid for: about five minutes in all.
const FETCH_PAUSES: [u64; 11] = [1, 2, 4, 8, 15, 30, 30, 45, 45, 60, 60];

/// How long to wait after try number `attempt` (from one) to fetch audio failed, or `None` to leave it to the next run.
pub(super) fn fetch_pause(attempt: u32, chance: u64) -> Option<Duration> {
    let seconds = FETCH_PAUSES.get(usize::try_from(attempt).ok()?.checked_sub(1)?)?;
    Some(jittered(Duration::from_secs(*seconds), chance))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_longer_each_time_and_ends() {
        let longest = |attempt| {
            (0..1000)
                .filter_map(|chance| pause(attempt, None, chance * 7_919))
                .max()
        };
        assert!(longest(1) < longest(2) && longest(2) < longest(4));
        assert_eq!(pause(MOST_ATTEMPTS, None, 1), None);
    }

    #[test]
    fn never_before_the_time_the_backend_named() {
        let asked = Duration::from_secs(7);
        for chance in 0..50 {
            assert!(pause(1, Some(asked), chance * 31).unwrap() >= asked);
        }
        assert_eq!(
            pause(1, Some(Duration::from_secs(3600)), 0),
            None,
            "an hour is not a pause"
        );
    }
}
