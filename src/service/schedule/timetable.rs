//! When a cron line comes true in a zone.
//!
//! Knows nothing of what was fired, nor of the time now. The library finds days and hours on a calendar without zones;
//! how these become moments is decided here, as cron on Debian does it:
//!
//! * A *fixed* line, whose minute and hour both begin with something else than `*`, names times of day. Each comes true
//!   once on its day: the first time if the clock is put back over it, and right after the gap if the clock is put forward
//!   over it. Several in one gap come true together.
//! * Any other line names a *pace*: it comes true at each moment at which the clock on the wall shows it, twice in an hour
//!   that comes twice, in real order, and never in an hour that does not come.
//!
//! Invariant: the moments of a timetable are strictly ascending whole seconds, and [`Timetable::after`] and
//! [`Timetable::latest`] give the same ones.

use crate::{base::time::Timestamp, pipeline::Schedule};
use croner::{
    Cron,
    parser::{CronParser, Seconds, Year},
};
use jiff::{
    SignedDuration,
    civil::DateTime,
    tz::{AmbiguousOffset, TimeZone},
};
use std::iter;

/// The moments of one schedule.
#[derive(Clone, Debug)]
pub struct Timetable {
    cron: Cron,
    zone: TimeZone,
    /// It names times of day, not a pace.
    is_fixed: bool,
}

/// A cron line that is none, or a zone that nobody knows: neither comes out of a pipeline that was read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{cron}` in `{zone}` cannot be reckoned: {why}")]
pub struct NotATimetable {
    /// The line.
    pub cron: String,
    /// The zone.
    pub zone: String,
    /// What is wrong.
    pub why: String,
}

impl Timetable {
    /// The moments of a schedule.
    pub fn of(schedule: &Schedule) -> Result<Self, NotATimetable> {
        Self::new(&schedule.cron, &schedule.timezone)
    }

    /// The moments of a cron line of five fields in an IANA zone.
    pub fn new(cron: &str, zone: &str) -> Result<Self, NotATimetable> {
        let not = |why: String| NotATimetable {
            cron: cron.to_owned(),
            zone: zone.to_owned(),
            why,
        };
        let parser = CronParser::builder()
            .seconds(Seconds::Disallowed)
            .year(Year::Disallowed)
            .build();
        let mut fields = cron.split_whitespace();
        let is_fixed = fields.by_ref().take(2).all(|field| !field.starts_with('*'));
        Ok(Self {
            cron: parser.parse(cron).map_err(|error| not(error.to_string()))?,
            zone: TimeZone::get(zone).map_err(|error| not(error.to_string()))?,
            is_fixed,
        })
    }

    /// Where it is.
    pub const fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// The first moment later than this one.
    pub fn after(&self, moment: Timestamp) -> Option<Timestamp> {
        if self.is_fixed {
            self.fixed_after(moment)
        } else {
            self.paced_after(moment)
        }
    }

    /// The last moment that is not later than this one.
    pub fn latest(&self, moment: Timestamp) -> Option<Timestamp> {
        if self.is_fixed {
            self.fixed_until(moment)
        } else {
            self.paced_until(moment)
        }
    }

    /// All moments later than this one, in order.
    pub fn upcoming(&self, moment: Timestamp) -> impl Iterator<Item = Timestamp> + '_ {
        iter::successors(self.after(moment), |last| self.after(*last))
    }

    fn fixed_after(&self, moment: Timestamp) -> Option<Timestamp> {
        let mut shown = self.shown(moment);
        loop {
            shown = self.next_shown(shown, false)?;
            let found = self.first_shown(shown)?;
            // In the second half of an hour that comes twice, its times are over already.
            if found > moment {
                return Some(found);
            }
        }
    }

    fn fixed_until(&self, moment: Timestamp) -> Option<Timestamp> {
        let mut shown = self.shown(moment);
        // In the second half of an hour that comes twice, all of its times are over, also those yet to be shown again.
        if let Some(change) = self.change_until(moment) {
            shown = shown.max(self.shown(change.checked_sub(SignedDuration::from_secs(1)).ok()?));
        }
        self.first_shown(self.last_shown(shown)?)
    }

    /// The first moment at which the wall shows that, or would have shown it if it had not been skipped.
    fn first_shown(&self, shown: DateTime) -> Option<Timestamp> {
        match self.zone.to_ambiguous_timestamp(shown).offset() {
            AmbiguousOffset::Unambiguous { offset } => offset.to_timestamp(shown).ok(),
            AmbiguousOffset::Fold { before, .. } => before.to_timestamp(shown).ok(),
            // By the clock as it was before, the gap is over; its end is the last change until then.
            AmbiguousOffset::Gap { before, .. } => self.change_until(before.to_timestamp(shown).ok()?),
        }
    }

    fn paced_after(&self, moment: Timestamp) -> Option<Timestamp> {
        let (mut from, mut inclusive) = (moment, false);
        loop {
            let end = self.change_after(from);
            let shown = self.next_shown(self.shown(from), inclusive)?;
            let found = self.zone.to_offset(from).to_timestamp(shown).ok()?;
            match end {
                Some(end) if found >= end => (from, inclusive) = (end, true),
                _ => return Some(found),
            }
        }
    }

    fn paced_until(&self, moment: Timestamp) -> Option<Timestamp> {
        let mut until = moment;
        loop {
            let begin = self.change_until(until);
            let shown = self.last_shown(self.shown(until))?;
            let found = self.zone.to_offset(until).to_timestamp(shown).ok()?;
            match begin {
                Some(begin) if found < begin => until = begin.checked_sub(SignedDuration::from_secs(1)).ok()?,
                _ => return Some(found),
            }
        }
    }

    /// What the clock on the wall shows.
    fn shown(&self, moment: Timestamp) -> DateTime {
        self.zone.to_datetime(moment)
    }

    fn next_shown(&self, shown: DateTime, inclusive: bool) -> Option<DateTime> {
        self.cron.find_next_occurrence(&shown, inclusive).ok()
    }

    /// The last one that is not later.
    fn last_shown(&self, shown: DateTime) -> Option<DateTime> {
        self.cron.find_previous_occurrence(&shown, true).ok()
    }

    /// The last moment until this one at which the zone's clock was changed.
    fn change_until(&self, moment: Timestamp) -> Option<Timestamp> {
        let just_after = moment.checked_add(SignedDuration::from_nanos(1)).ok()?;
        Some(self.zone.preceding(just_after).next()?.timestamp())
    }

    /// The first moment after this one at which the zone's clock is changed.
    fn change_after(&self, moment: Timestamp) -> Option<Timestamp> {
        Some(self.zone.following(moment).next()?.timestamp())
    }
}

#[cfg(test)]
mod tests;
