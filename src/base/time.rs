//! The only clock. What must be tested with another time takes a [`Clock`].
//!
//! Knows nothing of schedules.

use std::{fmt::Debug, time::Duration};

pub use jiff::{Timestamp, tz::TimeZone};

/// The first moment of the day in a zone. That is not always 00:00: where clocks are put forward at midnight, the day
/// begins at 01:00.
pub fn midnight(now: Timestamp, zone: &TimeZone) -> Timestamp {
    // Only a day before the first one that can be counted has no beginning.
    let start = now.to_zoned(zone.clone()).start_of_day();
    start.map_or(Timestamp::MIN, |start| start.timestamp())
}

/// A day in UTC, for people: `2026-11-23`.
pub fn day(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}

/// A minute in UTC, for people: `2026-11-23 10:00 UTC`.
pub fn minute(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// Tells the time.
pub trait Clock: Debug + Send + Sync {
    /// The time of day, for records.
    fn now(&self) -> Timestamp;
    /// Time since some fixed moment, which never goes back: for limits and durations.
    fn elapsed(&self) -> Duration;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock {
    start: std::time::Instant,
}

impl SystemClock {
    /// A clock whose [`Clock::elapsed`] counts from now.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
    pub fn start() -> Self {
        Self {
            start: std::time::Instant::now(),
        }
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_told_no_fractions_of_a_second() {
        let at = "2026-11-23T10:00:59.123456789Z".parse().unwrap();
        assert_eq!(
            (day(at).as_str(), minute(at).as_str()),
            ("2026-11-23", "2026-11-23 10:00 UTC")
        );
    }

    #[test]
    fn a_day_begins_where_the_zone_says() {
        let start = |now: &str, zone: &str| {
            let zone = TimeZone::get(zone).unwrap();
            midnight(now.parse().unwrap(), &zone).to_string()
        };
        assert_eq!(start("2026-11-23T10:00:00Z", "UTC"), "2026-11-23T00:00:00Z");
        assert_eq!(start("2026-11-23T16:00:00Z", "Asia/Tokyo"), "2026-11-23T15:00:00Z");
        // The clocks go forward at 01:00, and back at 02:00: days of 23 and of 25 hours.
        assert_eq!(start("2026-03-29T22:59:59Z", "Europe/Lisbon"), "2026-03-29T00:00:00Z");
        assert_eq!(start("2026-03-29T23:00:00Z", "Europe/Lisbon"), "2026-03-29T23:00:00Z");
        assert_eq!(start("2026-10-25T23:59:59Z", "Europe/Lisbon"), "2026-10-24T23:00:00Z");
        // There is no midnight on this day.
        assert_eq!(start("2026-04-24T12:00:00Z", "Africa/Cairo"), "2026-04-23T22:00:00Z");
        assert_eq!(midnight(Timestamp::MIN, &TimeZone::UTC), Timestamp::MIN);
    }
}
