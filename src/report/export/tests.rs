use super::*;
use crate::{
    base::span::{Source, Sources, Span},
    pipeline::Overlap,
};
use jiff::{ToSpan, tz::TimeZone};

fn schedule(name: &str, cron: &str, zone: &str) -> Schedule {
    let source = Source {
        name: String::new(),
        path: "p.yaml".into(),
        text: "".into(),
    };
    let span = Span::new(Sources::default().add(source), 0, 0);
    Schedule {
        name: name.to_owned(),
        span,
        cron: cron.to_owned(),
        written: cron.to_owned(),
        timezone: zone.to_owned(),
        select: Vec::new(),
        select_span: span,
        profile: None,
        overlap: Overlap::Skip,
        max_lateness: None,
        fresh: false,
        budget: None,
        stop_after: None,
        on_failure: None,
        on_recovery: None,
    }
}

fn strict(minutes: u64, cron: &str, zone: &str) -> Schedule {
    Schedule {
        max_lateness: Some(Duration::from_secs(60 * minutes)),
        ..schedule("strict", cron, zone)
    }
}

fn here() -> Here {
    Here {
        program: "/opt/take sheet/bin/takesheet".to_owned(),
        home: Some("/Users/émile".to_owned()),
        now: "2026-11-23T10:00:00Z".parse().unwrap(),
    }
}

fn pipeline(name: &str, root: &str, schedules: Vec<Schedule>) -> Exported {
    Exported {
        name: name.to_owned(),
        file: format!("{root}/songs/it's 50%.yaml"),
        file_in_repository: "songs/it's 50%.yaml".to_owned(),
        root: root.to_owned(),
        schedules,
        landing: Duration::from_secs(660),
    }
}

/// Everything that needs quoting somewhere.
fn awkward() -> Exported {
    pipeline(
        "Émile's <50%> set",
        r#"/home/émile/a & "b" $HOME"#,
        vec![
            schedule("nightly", "30 2 * * *", "Europe/Lisbon"),
            schedule("work", "5 9-17 * * MON-FRI", "Asia/Kolkata"),
        ],
    )
}

fn exported(target: Target) -> String {
    let files = export(target, &[awkward()], &here());
    let texts = files.iter().map(|file| format!("==> {} <==\n{}", file.name, file.text));
    let text = texts.collect::<String>();
    text.replace(concat!("--version ", env!("CARGO_PKG_VERSION")), "--version VERSION")
}

#[test]
fn systemd_is_told_the_moments_in_their_zones() {
    assert_eq!(exported(Target::Systemd), include_str!("golden/systemd.txt"));
}

#[test]
fn cron_is_told_the_minutes() {
    assert_eq!(exported(Target::Cron), include_str!("golden/cron.txt"));
}

#[test]
fn launchd_is_told_the_minutes() {
    assert_eq!(exported(Target::Launchd), include_str!("golden/launchd.txt"));
}

#[test]
fn github_is_told_every_moment_in_utc() {
    assert_eq!(exported(Target::Github), include_str!("golden/github.txt"));
}

#[test]
fn systemd_runs_a_program_whose_path_has_quotes() {
    let here = Here {
        program: r#"/my "apps"/$x/takesheet"#.to_owned(),
        ..here()
    };
    let files = export(Target::Systemd, &[awkward()], &here);
    let command = r#"ExecStart=/usr/bin/env "/my \"apps\"/$$x/takesheet" schedule run --once -q "/home"#;
    assert!(files[0].text.contains(command), "{}", files[0].text);
}

#[test]
fn units_have_plain_names_and_no_two_the_same() {
    let named = |name: &str| pipeline(name, "/p", Vec::new());
    let all = [named("Night — Set"), named("night set"), named("..."), named("%n")];
    assert_eq!(
        units(&all),
        [
            "takesheet-night-set",
            "takesheet-night-set-2",
            "takesheet",
            "takesheet-n"
        ]
    );
}

#[test]
fn a_line_break_in_a_schedule_ends_no_comment() {
    let one = pipeline("p", "/p", vec![schedule("s", "0 3\n* * *", "UTC")]);
    let files = export(Target::Cron, &[one], &here());
    assert!(
        files[0].text.contains("s: 0 3 * * * in UTC\n0,15,30,45 * * * * "),
        "{}",
        files[0].text
    );
}

#[test]
fn minutes_are_right_whatever_quarter_of_an_hour_the_machine_is_apart() {
    let of = |cron: &str| calendar::list(&calendar::minutes(&[schedule("s", cron, "UTC")]), 0..=59, "-");
    assert_eq!(of("0 3 * * *"), "0,15,30,45");
    assert_eq!(of("7 3 * * *"), "7,22,37,52");
    assert_eq!(of("0-14 3 * * *"), "*");
    assert_eq!(of("*/20 * * * *"), "0,5,10,15,20,25,30,35,40,45,50,55");
    let minutes = |late| calendar::minutes(&[strict(late, "0 3 * * *", "UTC")]).len();
    assert_eq!((minutes(14), minutes(15)), (60, 4));
}

fn systemd_lines(schedule: Schedule) -> Vec<String> {
    calendar::systemd(&[schedule], here().now).into_iter().collect()
}

#[test]
fn systemd_says_what_it_can_and_else_wakes_up_more_often() {
    let lines = |cron: &str, zone: &str| systemd_lines(schedule("s", cron, zone));
    let hourly = "*-*-* *:00:00 UTC";
    for (cron, zone, expected) in [
        ("0 3 * * *", "UTC", vec!["*-*-* 3:0:00 UTC"]),
        (
            "*/15 8-18 * * 1-5",
            "UTC",
            vec!["Mon,Tue,Wed,Thu,Fri *-*-* 8..18:0,15,30,45:00 UTC"],
        ),
        ("0 0 1,15 1-3 *", "Asia/Tokyo", vec!["*-1..3-1,15 0:0:00 Asia/Tokyo"]),
        // Either of the two.
        ("0 9 13 * FRI", "UTC", vec!["*-*-13 9:0:00 UTC", "Fri *-*-* 9:0:00 UTC"]),
        ("0 9 * * 7", "UTC", vec!["Sun *-*-* 9:0:00 UTC"]),
    ] {
        let expected: BTreeSet<_> = expected.into_iter().chain([hourly]).map(str::to_owned).collect();
        assert_eq!(lines(cron, zone), expected.into_iter().collect::<Vec<_>>(), "{cron}");
    }
    let quarters = ["*-*-* *:0,15,30,45:00 UTC"];
    for (cron, zone) in [
        ("0 9 L * *", "UTC"),
        ("0 9 * * MON#1", "UTC"),
        ("0 9 15W * *", "UTC"),
        // A pace, where hours are skipped and repeated.
        ("*/15 * * * *", "Europe/Lisbon"),
    ] {
        assert_eq!(lines(cron, zone), quarters, "{cron}");
    }
    assert_eq!(systemd_lines(strict(30, "0 3 * * *", "Europe/Lisbon")), quarters);
    assert_eq!(systemd_lines(strict(30, "0 3 * * *", "UTC")).len(), 2);
}

/// Whether a line of cron in UTC is true at a moment.
fn is_true(line: &str, at: Timestamp) -> bool {
    let cron: croner::Cron = line.parse().unwrap();
    cron.is_time_matching(&TimeZone::UTC.to_datetime(at)).unwrap()
}

#[test]
fn no_moment_in_two_years_is_missed_in_utc() {
    for (cron, zone) in [
        ("30 2 * * *", "America/New_York"),
        ("0 0 * * MON", "Pacific/Auckland"),
        ("15 23 28-31 * *", "America/St_Johns"),
        ("45 0 1 JAN,JUL *", "Asia/Kathmandu"),
        ("0 9 13 * FRI", "Australia/Lord_Howe"),
        ("*/20 0-3 * * SUN", "Europe/Lisbon"),
        ("10 9 L * *", "Asia/Tokyo"),
        ("5 22 * * TUE#2", "America/Sao_Paulo"),
    ] {
        let (start, zoned) = (here().now, TimeZone::get(zone).unwrap());
        let lines: Vec<_> = calendar::utc(&[schedule("s", cron, zone)], start).into_iter().collect();
        let cron: croner::Cron = cron.parse().unwrap();
        let (mut at, mut found) = (start.to_zoned(zoned).datetime(), 0);
        let end = at.checked_add(2.years()).unwrap();
        while let Ok(next) = cron.find_next_occurrence(&at, false) {
            if next > end {
                break;
            }
            at = next;
            // A time that is skipped becomes one that is as much later.
            let moment = TimeZone::get(zone).unwrap().to_timestamp(next).unwrap();
            let is_woken = lines.iter().any(|line| is_true(line, moment));
            assert!(is_woken, "{next} in {zone} is {moment}: {lines:?}");
            found += 1;
        }
        assert!(found >= 4, "{zone}: {found}");
    }
}
