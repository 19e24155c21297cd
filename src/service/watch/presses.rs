//! Keys as they are meant: one that is held down was pressed once.
//!
//! Knows nothing of terminals, which do not tell a key that is held down from one that is pressed again and again.

use super::Press;
use std::time::Duration;

/// Keys repeat themselves after at most so long.
const REPEAT: Duration = Duration::from_secs(1);

/// The keys of one watch.
#[derive(Clone, Copy, Debug, Default)]
pub struct Presses {
    last: Option<(Press, Duration)>,
}

impl Presses {
    /// A key at a time by a clock that never goes back; none if it is the last one held down. Only what begins something
    /// is held against that: whoever agreed to what was shown did not agree to what is shown next.
    pub fn take(&mut self, press: Press, at: Duration) -> Option<Press> {
        let begins = matches!(press, Press::Buy | Press::Draft | Press::Retake);
        let is_held = |(last, then): (Press, Duration)| last == press && at.saturating_sub(then) < REPEAT;
        let is_repeat = begins && self.last.is_some_and(is_held);
        self.last = Some((press, at));
        (!is_repeat).then_some(press)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(presses: &[(Press, u64)]) -> Vec<u64> {
        let mut keys = Presses::default();
        let taken = presses.iter().filter_map(|(press, at)| {
            let taken = keys.take(*press, Duration::from_millis(*at))?;
            assert_eq!(taken, *press);
            Some(*at)
        });
        taken.collect()
    }

    #[test]
    fn a_key_that_is_held_down_buys_once() {
        let held: Vec<_> = (0..100).map(|times| (Press::Buy, 600 + times * 33)).collect();
        assert_eq!(taken(&[&[(Press::Buy, 0)][..], &held].concat()), [0]);
        assert_eq!(taken(&[(Press::Buy, 0), (Press::Buy, 1_000)]), [0, 1_000]);
    }

    #[test]
    fn other_keys_count_each_time() {
        assert_eq!(taken(&[(Press::Quit, 0), (Press::Quit, 10)]), [0, 10]);
        assert_eq!(taken(&[(Press::Pause, 0), (Press::Pause, 10)]), [0, 10]);
        assert_eq!(
            taken(&[(Press::Retake, 0), (Press::Buy, 10), (Press::Retake, 20)]),
            [0, 10, 20]
        );
    }
}
