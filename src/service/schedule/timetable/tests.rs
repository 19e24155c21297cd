use super::Timetable;
use crate::base::time::Timestamp;
use cron::Schedule as OtherCron;
use jiff::{SignedDuration, tz::TimeZone};
use proptest::prelude::{Just, Strategy, any, prop_assert, prop_assert_eq, prop_oneof, proptest};
use std::str::FromStr;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap_or_else(|_| panic!("{text} is no moment"))
}

/// The first moments of a line from then on, as UTC.
fn moments(cron: &str, zone: &str, from: &str, count: usize) -> Vec<String> {
    let timetable = Timetable::new(cron, zone).unwrap();
    let all = timetable.upcoming(at(from)).take(count);
    all.map(|moment| moment.to_string()).collect()
}

#[test]
fn what_is_skipped_comes_right_after_the_gap_and_once() {
    // New York, 2026-03-08: 02:00 EST becomes 03:00 EDT at 07:00 UTC.
    assert_eq!(
        moments("30 2 * * *", "America/New_York", "2026-03-08T05:00:00Z", 2),
        ["2026-03-08T07:00:00Z", "2026-03-09T06:30:00Z"]
    );
    // All in the gap come together, with what is due at its end.
    assert_eq!(
        moments("0,15,30 2,3 * * *", "America/New_York", "2026-03-08T06:59:59Z", 3),
        ["2026-03-08T07:00:00Z", "2026-03-08T07:15:00Z", "2026-03-08T07:30:00Z"]
    );
    // The gap ends on another day than the one that is meant: Nuuk's clocks go from 23:00 to 00:00.
    assert_eq!(
        moments("30 23 * * SAT", "America/Nuuk", "2025-03-29T12:00:00Z", 2),
        ["2025-03-30T01:00:00Z", "2025-04-06T00:30:00Z"]
    );
    // A whole day that never was: Apia went from the 29th to the 31st of December.
    assert_eq!(
        moments("0 3 30 12 *", "Pacific/Apia", "2011-12-01T00:00:00Z", 2),
        ["2011-12-30T10:00:00Z", "2012-12-29T13:00:00Z"]
    );
}

#[test]
fn what_is_repeated_comes_once() {
    // New York, 2026-11-01: 02:00 EDT becomes 01:00 EST at 06:00 UTC.
    assert_eq!(
        moments("30 1 * * *", "America/New_York", "2026-11-01T04:00:00Z", 2),
        ["2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z"]
    );
    assert_eq!(
        moments("0,30 1,2 * * *", "America/New_York", "2026-11-01T06:10:00Z", 2),
        ["2026-11-01T07:00:00Z", "2026-11-01T07:30:00Z"]
    );
}

#[test]
fn a_pace_goes_on_in_real_order_through_an_hour_that_comes_twice() {
    assert_eq!(
        moments("*/30 * * * *", "America/New_York", "2026-11-01T04:59:59Z", 5),
        [
            "2026-11-01T05:00:00Z",
            "2026-11-01T05:30:00Z",
            "2026-11-01T06:00:00Z",
            "2026-11-01T06:30:00Z",
            "2026-11-01T07:00:00Z"
        ]
    );
    assert_eq!(
        moments("*/15 2 * * *", "America/New_York", "2026-03-07T08:00:00Z", 1),
        ["2026-03-09T06:00:00Z"],
        "an hour that does not come has no pace"
    );
}

#[test]
fn days_are_as_on_a_calendar() {
    assert_eq!(
        moments("0 0 29 2 *", "UTC", "2024-03-01T00:00:00Z", 2),
        ["2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z"]
    );
    assert_eq!(
        moments("0 9 13 * FRI", "UTC", "2026-11-10T00:00:00Z", 3),
        ["2026-11-13T09:00:00Z", "2026-11-20T09:00:00Z", "2026-11-27T09:00:00Z"],
        "one of both days is enough, as for cron"
    );
}

#[test]
fn what_cannot_be_reckoned_is_said() {
    let error = Timetable::new("0 3 * *", "UTC").unwrap_err();
    assert!(error.to_string().starts_with("`0 3 * *` in `UTC` cannot be reckoned: "));
    assert!(Timetable::new("0 3 * * *", "Europe/Atlantis").is_err());
    let never = Timetable::new("0 0 31 2 *", "UTC").unwrap();
    assert_eq!(
        (
            never.after(at("2026-01-01T00:00:00Z")),
            never.latest(at("2026-01-01T00:00:00Z"))
        ),
        (None, None)
    );
    let daily = Timetable::new("0 3 * * *", "UTC").unwrap();
    assert_eq!(
        (daily.after(Timestamp::MAX), daily.latest(Timestamp::MIN)),
        (None, None)
    );
}

#[test]
fn the_judges_agree() {
    let (mut asked, mut wrong) = (0, Vec::new());
    for line in include_str!("judged.txt").lines().filter(|line| !line.starts_with('#')) {
        let mut cells = line.split('|');
        let (zone, cron) = (cells.next().unwrap(), cells.next().unwrap());
        let timetable = Timetable::new(cron, zone).unwrap();
        for cell in cells {
            let numbers: Vec<i64> = cell.split(' ').map(|number| number.parse().unwrap()).collect();
            let moment = Timestamp::from_second(numbers[0]).unwrap();
            let seconds = |found: Option<Timestamp>| found.map(|found| found.as_second() - numbers[0]);
            let found = (seconds(timetable.after(moment)), seconds(timetable.latest(moment)));
            asked += 1;
            if found != (Some(numbers[1]), Some(numbers[2])) {
                wrong.push(format!(
                    "{cron} in {zone} at {moment}: {found:?}, judged {:?}",
                    &numbers[1..]
                ));
            }
        }
    }
    assert!(asked > 4_000, "only {asked} moments");
    assert!(wrong.is_empty(), "{} of {asked}:\n{}", wrong.len(), wrong.join("\n"));
}

/// One field: a star, a step, a number, a range or a list.
fn field(low: u32, high: u32) -> impl Strategy<Value = String> {
    let number = low..=high;
    prop_oneof![
        3 => Just("*".to_owned()),
        1 => (1..=high.min(9)).prop_map(|step| format!("*/{step}")),
        4 => number.clone().prop_map(|one| one.to_string()),
        1 => (number.clone(), number.clone()).prop_map(|(a, b)| format!("{}-{}", a.min(b), a.max(b))),
        1 => proptest::collection::btree_set(number, 1..4)
            .prop_map(|all| all.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")),
    ]
}

/// Minute, hour, day of month, month and day of week; one of both days is a star.
fn line() -> impl Strategy<Value = [String; 5]> {
    let days = prop_oneof![
        field(1, 28).prop_map(|day| [day, "*".to_owned()]),
        field(0, 6).prop_map(|day| ["*".to_owned(), day]),
    ];
    (field(0, 59), field(0, 23), days, field(1, 12))
        .prop_map(|(minute, hour, [day, weekday], month)| [minute, hour, day, month, weekday])
}

const ZONES: &[&str] = &[
    "UTC",
    "Europe/Berlin",
    "Europe/Dublin",
    "America/New_York",
    "America/St_Johns",
    "America/Havana",
    "America/Nuuk",
    "Africa/Cairo",
    "Africa/Casablanca",
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Asia/Pyongyang",
    "Antarctica/Troll",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Chatham",
];

/// A moment near a change of the zone's clock, or anywhere.
fn moment_in(zone: &TimeZone, anywhere: i64, near: Option<i64>) -> Timestamp {
    let anywhere = Timestamp::from_second(anywhere).unwrap();
    let change = near.and_then(|near| Some((near, zone.following(anywhere).next()?.timestamp())));
    match change {
        Some((near, change)) => change + SignedDuration::from_secs(near),
        None => anywhere,
    }
}

/// 1990 to 2045.
const SECONDS: std::ops::Range<i64> = 631_152_000..2_366_841_600;

proptest! {
    #[test]
    fn what_comes_after_and_what_came_last_are_the_same_moments(
        line in line(),
        zone in 0..ZONES.len(),
        anywhere in SECONDS,
        near in proptest::option::of(-90_000_i64..90_000),
        nanos in 0..3_i64,
    ) {
        let timetable = Timetable::new(&line.join(" "), ZONES[zone]).unwrap();
        let moment = moment_in(timetable.zone(), anywhere, near) + SignedDuration::from_nanos(nanos);
        let latest = timetable.latest(moment).unwrap();
        let next = timetable.after(moment).unwrap();
        prop_assert!(latest <= moment && moment < next);
        prop_assert_eq!(timetable.after(latest), Some(next), "nothing lies between");
        prop_assert_eq!(timetable.latest(next), Some(next));
        let before = next - SignedDuration::from_nanos(1);
        prop_assert_eq!(timetable.latest(before), Some(latest));
        prop_assert_eq!(timetable.after(latest - SignedDuration::from_nanos(1)), Some(latest));
    }

    #[test]
    fn another_authors_program_agrees_where_no_clock_is_changed(
        line in line(),
        hours in -12..=14_i32,
        anywhere in SECONDS,
        on_the_minute in any::<bool>(),
    ) {
        // What POSIX calls GMT+5 lies west of Greenwich.
        let zone = if hours == 0 { "UTC".to_owned() } else { format!("Etc/GMT{:+}", -hours) };
        let moment = if on_the_minute { anywhere / 60 * 60 } else { anywhere };
        let timetable = Timetable::new(&line.join(" "), &zone).unwrap();
        // It counts the days of the week from one, and wants seconds and years.
        let [minute, hour, day, month, weekday] = &line;
        let weekday: String = if weekday.starts_with('*') {
            // Its steps begin at another day.
            match weekday.strip_prefix("*/") {
                Some(step) => (0..7).step_by(step.parse().unwrap()).map(|day| (day + 1).to_string()).collect::<Vec<_>>().join(","),
                None => weekday.clone(),
            }
        } else {
            weekday.chars().map(|c| c.to_digit(10).map_or(c.to_string(), |day| (day + 1).to_string())).collect()
        };
        let other = OtherCron::from_str(&format!("0 {minute} {hour} {day} {month} {weekday} *")).unwrap();
        let offset = chrono::FixedOffset::east_opt(hours * 3600).unwrap();
        let begin = chrono::DateTime::from_timestamp(moment, 0).unwrap().with_timezone(&offset);
        let judged: Vec<i64> = other.after(&begin).take(3).map(|found| found.timestamp()).collect();
        let begin = Timestamp::from_second(moment).unwrap();
        let found: Vec<i64> = timetable.upcoming(begin).take(3).map(Timestamp::as_second).collect();
        prop_assert_eq!(found, judged);
    }
}
