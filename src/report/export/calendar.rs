//! When a machine must wake up so that no moment of a schedule is missed.
//!
//! Knows nothing of when a schedule is due, only of when it may be: to wake up once too often is no mistake. Zones differ
//! by whole quarters of an hour, which is what makes a minute comparable where nothing else is.

use crate::{base::time::Timestamp, pipeline::Schedule};
use croner::{
    Cron,
    parser::{CronParser, Seconds, Year},
};
use jiff::tz::TimeZone;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

const QUARTER: u16 = 15;
const HOUR: Duration = Duration::from_secs(3600);
/// How many changes of a zone's clock are looked at: those of four years.
const CHANGES: usize = 8;

/// The fields of a cron line.
struct Fields {
    cron: Cron,
    zone: TimeZone,
    /// It names times of day, and not a pace.
    is_fixed: bool,
}

impl Fields {
    /// Nothing for a line that is none, which no pipeline has.
    fn of(schedule: &Schedule) -> Option<Self> {
        let parser = CronParser::builder()
            .seconds(Seconds::Disallowed)
            .year(Year::Disallowed)
            .build();
        Some(Self {
            cron: parser.parse(&schedule.cron).ok()?,
            zone: TimeZone::get(&schedule.timezone).ok()?,
            is_fixed: schedule
                .cron
                .split_whitespace()
                .take(2)
                .all(|field| !field.starts_with('*')),
        })
    }

    /// Days that no list of days and weekdays can say, such as the last one of a month.
    fn has_odd_days(&self) -> bool {
        let pattern = &self.cron.pattern;
        pattern.days.has_modifiers() || pattern.days_of_week.has_modifiers() || pattern.matches_dom_and_dow()
    }

    /// The lists of days and of weekdays one of which must be true; an empty one says nothing.
    fn days(&self) -> Vec<(Vec<u16>, Vec<u16>)> {
        let pattern = &self.cron.pattern;
        let weekdays = || {
            pattern
                .days_of_week
                .values()
                .into_iter()
                .filter(|day| *day < 7)
                .collect()
        };
        match (pattern.is_dom_wildcard(), pattern.is_dow_wildcard()) {
            _ if self.has_odd_days() => vec![(Vec::new(), Vec::new())],
            (true, true) => vec![(Vec::new(), Vec::new())],
            (false, true) => vec![(pattern.days.values(), Vec::new())],
            (true, false) => vec![(Vec::new(), weekdays())],
            (false, false) => vec![(pattern.days.values(), Vec::new()), (Vec::new(), weekdays())],
        }
    }

    /// How many minutes the zone is or will be ahead of UTC.
    fn offsets(&self, now: Timestamp) -> BTreeSet<i32> {
        let changes = self.zone.following(now).take(CHANGES).map(|change| change.offset());
        let offsets = std::iter::once(self.zone.to_offset(now)).chain(changes);
        offsets.map(|offset| offset.seconds() / 60).collect()
    }
}

/// The minutes of every hour at which to wake up wherever the machine is. A schedule that must not be a quarter of an hour
/// late wakes it each minute, since where the clock is put forward, the gap ends at another minute than its own.
pub(super) fn minutes(schedules: &[Schedule]) -> Vec<u16> {
    let strict = Duration::from_secs(60 * u64::from(QUARTER));
    if schedules
        .iter()
        .any(|one| one.max_lateness.is_some_and(|most| most < strict))
    {
        return (0..60).collect();
    }
    let own = schedules
        .iter()
        .filter_map(Fields::of)
        .flat_map(|fields| fields.cron.pattern.minutes.values());
    let quarters = own.flat_map(|minute| (0..4).map(move |quarter| (minute + quarter * QUARTER) % 60));
    quarters.collect::<BTreeSet<_>>().into_iter().collect()
}

/// The lines of a timer of systemd: the moments themselves, and once an hour, for what was left undone and for times that
/// a clock is put forward over, which systemd leaves out.
pub(super) fn systemd(schedules: &[Schedule], now: Timestamp) -> BTreeSet<String> {
    let line = |schedule| Fields::of(schedule).and_then(|fields| exact(&fields, schedule, now));
    let lines: Option<Vec<_>> = schedules.iter().map(line).collect();
    let Some(lines) = lines else {
        return BTreeSet::from([format!("*-*-* *:{}:00 UTC", list(&minutes(schedules), 0..=59, ".."))]);
    };
    let hourly = std::iter::once("*-*-* *:00:00 UTC".to_owned());
    lines.into_iter().flatten().chain(hourly).collect()
}

/// The moments themselves, in the schedule's own zone; nothing where systemd cannot say them, or where an hour may be too
/// late. Where the clock is put back, systemd knows the first time only, which is enough for times of day.
fn exact(fields: &Fields, schedule: &Schedule, now: Timestamp) -> Option<Vec<String>> {
    let is_strict = schedule.max_lateness.is_some_and(|most| most < HOUR);
    let changes = fields.zone.following(now).next().is_some();
    if fields.has_odd_days() || changes && (is_strict || !fields.is_fixed) {
        return None;
    }
    let (pattern, zone) = (&fields.cron.pattern, &schedule.timezone);
    let hours = list(&pattern.hours.values(), 0..=23, "..");
    let minutes = list(&pattern.minutes.values(), 0..=59, "..");
    let months = list(&pattern.months.values(), 1..=12, "..");
    let line = |(days, weekdays): (Vec<u16>, Vec<u16>)| {
        let names = weekdays
            .iter()
            .map(|day| DAYS[usize::from(*day)])
            .collect::<Vec<_>>()
            .join(",");
        let space = if names.is_empty() { "" } else { " " };
        let days = list(&days, 1..=31, "..");
        format!("{names}{space}*-{months}-{days} {hours}:{minutes}:00 {zone}")
    };
    Some(fields.days().into_iter().map(line).collect())
}

const DAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/// Cron lines in UTC for every moment that the schedules may mean, whatever their zones do.
pub(super) fn utc(schedules: &[Schedule], now: Timestamp) -> BTreeSet<String> {
    let mut lines = BTreeSet::new();
    for fields in schedules.iter().filter_map(Fields::of) {
        for offset in fields.offsets(now) {
            lines.extend(shifted(&fields, offset));
        }
    }
    lines
}

/// The lines of a zone that is so many minutes ahead. Where a day becomes another one, weekdays are moved, and days of the
/// month are left to the program.
fn shifted(fields: &Fields, offset: i32) -> BTreeSet<String> {
    let pattern = &fields.cron.pattern;
    let mut lines = BTreeSet::new();
    let mut times: BTreeSet<(i32, u16, BTreeSet<u16>)> = BTreeSet::new();
    for hour in pattern.hours.values() {
        let mut found = BTreeMap::<(i32, u16), BTreeSet<u16>>::new();
        for minute in pattern.minutes.values() {
            let at = i32::from(hour) * 60 + i32::from(minute) - offset;
            let (day, rest) = (at.div_euclid(24 * 60), at.rem_euclid(24 * 60));
            let small = |number: i32| u16::try_from(number).unwrap_or_default();
            found
                .entry((day, small(rest / 60)))
                .or_default()
                .insert(small(rest % 60));
        }
        times.extend(found.into_iter().map(|((day, hour), minutes)| (day, hour, minutes)));
    }
    for (day, minutes) in times
        .iter()
        .map(|(day, _, minutes)| (*day, minutes))
        .collect::<BTreeSet<_>>()
    {
        let same = times.iter().filter(|time| time.0 == day && time.2 == *minutes);
        let hours: Vec<u16> = same.map(|time| time.1).collect();
        let minutes: Vec<u16> = minutes.iter().copied().collect();
        let time = format!("{} {}", list(&minutes, 0..=59, "-"), list(&hours, 0..=23, "-"));
        lines.extend(
            fields
                .days()
                .into_iter()
                .map(|days| format!("{time} {}", day_fields(fields, days, day))),
        );
    }
    lines
}

fn day_fields(fields: &Fields, (days, weekdays): (Vec<u16>, Vec<u16>), shift: i32) -> String {
    let moved = |day: &u16| u16::try_from((i32::from(*day) + shift).rem_euclid(7)).unwrap_or_default();
    let weekdays: BTreeSet<u16> = weekdays.iter().map(moved).collect();
    let weekdays: Vec<u16> = weekdays.into_iter().collect();
    let weekdays = list(&weekdays, 0..=6, "-");
    if shift != 0 {
        return format!("* * {weekdays}");
    }
    let months = list(&fields.cron.pattern.months.values(), 1..=12, "-");
    format!("{} {months} {weekdays}", list(&days, 1..=31, "-"))
}

/// `1,5-9`; `*` for all, and for none, which says nothing.
pub(super) fn list(values: &[u16], all: std::ops::RangeInclusive<u16>, to: &str) -> String {
    if values.is_empty() || values.len() == all.count() {
        return "*".to_owned();
    }
    let runs = values.chunk_by(|before, after| before + 1 == *after);
    let run = |run: &[u16]| match run {
        [first, _, .., last] => format!("{first}{to}{last}"),
        few => few.iter().map(u16::to_string).collect::<Vec<_>>().join(","),
    };
    runs.map(run).collect::<Vec<_>>().join(",")
}
