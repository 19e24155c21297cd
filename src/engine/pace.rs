//! How fast calls may begin: slots and a rate window, as values.
//!
//! Pure: the time is handed in. Knows nothing of nodes or backends.

use crate::pipeline::Rate;
use std::{collections::VecDeque, num::NonZeroU32, time::Duration};

/// Slots under way and calls begun within the window.
#[derive(Debug)]
pub(super) struct Pace {
    slots: NonZeroU32,
    taken: u32,
    rate: Option<Rate>,
    begun: VecDeque<Duration>,
}

impl Pace {
    pub(super) fn new(slots: NonZeroU32, rate: Option<Rate>) -> Self {
        Self {
            slots,
            taken: 0,
            rate,
            begun: VecDeque::new(),
        }
    }

    /// Takes a slot if one is free.
    pub(super) fn take_slot(&mut self) -> bool {
        let free = self.taken < self.slots.get();
        self.taken += u32::from(free);
        free
    }

    /// Gives a slot back.
    pub(super) fn free_slot(&mut self) {
        self.taken = self.taken.saturating_sub(1);
    }

    /// Counts a call that begins now, or says at what time it may.
    pub(super) fn begin(&mut self, now: Duration) -> Result<(), Duration> {
        let Some(rate) = self.rate else { return Ok(()) };
        while self.begun.front().is_some_and(|begun| *begun + rate.per <= now) {
            self.begun.pop_front();
        }
        if self.begun.len() < rate.calls.get() as usize {
            self.begun.push_back(now);
            return Ok(());
        }
        Err(self.begun[0] + rate.per)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::{any, prop, prop_assert, proptest};

    const fn seconds(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    fn pace(slots: u32, calls: u32) -> Pace {
        let rate = Rate {
            calls: NonZeroU32::new(calls).unwrap(),
            per: seconds(60),
        };
        Pace::new(NonZeroU32::new(slots).unwrap(), Some(rate))
    }

    #[test]
    fn the_third_call_of_two_a_minute_waits_for_the_first_to_age() {
        let mut pace = pace(9, 2);
        assert_eq!(pace.begin(seconds(0)), Ok(()));
        assert_eq!(pace.begin(seconds(20)), Ok(()));
        assert_eq!(pace.begin(seconds(30)), Err(seconds(60)));
        assert_eq!(pace.begin(seconds(60)), Ok(()));
        assert_eq!(pace.begin(seconds(61)), Err(seconds(80)));
    }

    #[test]
    fn slots_come_back() {
        let mut pace = pace(1, 9);
        assert!(pace.take_slot());
        assert!(!pace.take_slot());
        pace.free_slot();
        assert!(pace.take_slot());
    }

    proptest! {
        /// In no stretch as long as the window do more calls begin than allowed.
        #[test]
        fn never_more_than_the_rate_in_any_window(gaps in prop::collection::vec(any::<u8>(), 1..200), calls in 1u32..6) {
            let mut pace = pace(1, calls);
            let (mut now, mut begun) = (Duration::ZERO, Vec::new());
            for gap in gaps {
                now += Duration::from_millis(u64::from(gap) * 100);
                if pace.begin(now).is_ok() {
                    begun.push(now);
                }
            }
            for (at, start) in begun.iter().enumerate() {
                let within = begun[at..].iter().take_while(|other| **other < *start + seconds(60)).count();
                prop_assert!(within <= calls as usize);
            }
        }
    }
}
