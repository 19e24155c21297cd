//! Cron lines: five fields, or a nickname that stands for them.
//!
//! Knows nothing of what time it is: whether a line ever comes true is asked of a fixed day.

use crate::base::words;
use croner::parser::{CronParser, Seconds, Year};
use jiff::civil::date;

/// What nicknames stand for.
const NICKNAMES: [(&str, &str); 7] = [
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
    ("@monthly", "0 0 1 * *"),
    ("@weekly", "0 0 * * 0"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@hourly", "0 * * * *"),
];

const FIELDS: [&str; 5] = ["minute", "hour", "day of month", "month", "day of week"];

/// What is written instead of most mistakes.
const HELP: &str =
    "five fields: minute, hour, day of month, month, day of week; `0 3 * * *` is 03:00 each day, `@daily` midnight";

/// Why a line is no cron line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CronError {
    /// The end of a sentence, without a full stop.
    pub(super) why: String,
    /// What to write instead.
    pub(super) help: String,
}

/// The five fields of a cron line that comes true some day, a nickname spelt out.
pub(super) fn parse_cron(line: &str) -> Result<String, CronError> {
    let written = line.trim();
    if written.starts_with('@') {
        return nickname(written);
    }
    fields(written).map_err(|why| CronError {
        why,
        help: HELP.to_owned(),
    })?;
    Ok(written.to_owned())
}

fn nickname(written: &str) -> Result<String, CronError> {
    let lower = written.to_lowercase();
    if let Some((_, fields)) = NICKNAMES.iter().find(|(name, _)| *name == lower) {
        return Ok((*fields).to_owned());
    }
    let word = lower.split_whitespace().next().unwrap_or_default();
    let refused = |why: &str, help: String| {
        Err(CronError {
            why: why.to_owned(),
            help,
        })
    };
    match word {
        "@every" => refused("`@every` counts from whenever the program began", every(&lower)),
        "@reboot" => refused(
            "`@reboot` is no time",
            "let the machine start `takesheet run` itself: `@reboot` in its crontab, or a systemd unit".to_owned(),
        ),
        _ => refused(
            "there is no such nickname",
            match words::nearest(word, NICKNAMES.map(|(name, _)| name)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("the nicknames are {}", words::ticked(&NICKNAMES.map(|(name, _)| name))),
            },
        ),
    }
}

/// What to write for `@every 5m`: a line with the same distance, where there is one that is even.
fn every(written: &str) -> String {
    let length = written.split_once(char::is_whitespace);
    let length = length.and_then(|(_, length)| super::parse_duration(length).ok());
    let minutes = length.map_or(0, |length| {
        if length.as_secs() % 60 == 0 {
            length.as_secs() / 60
        } else {
            0
        }
    });
    match minutes {
        1 => "write `* * * * *`: each minute".to_owned(),
        2..60 if 60 % minutes == 0 => format!("write `*/{minutes} * * * *`: every {minutes} minutes of the hour"),
        60 => "write `@hourly`".to_owned(),
        1440 => "write `@daily`".to_owned(),
        120..1440 if minutes % 60 == 0 && 24 % (minutes / 60) == 0 => {
            let hours = minutes / 60;
            format!("write `0 */{hours} * * *`: every {hours} hours of the day")
        }
        _ => "write times of the clock: `*/15 * * * *` is every quarter of an hour, `0 */6 * * *` every six hours"
            .to_owned(),
    }
}

fn fields(line: &str) -> Result<(), String> {
    let parser = CronParser::builder()
        .seconds(Seconds::Disallowed)
        .year(Year::Disallowed)
        .build();
    let fields: Vec<&str> = line.split_whitespace().collect();
    if fields.len() != FIELDS.len() {
        return Err(format!("it has {}, not 5", words::count(fields.len(), "field")));
    }
    // The library does not say which field is wrong, so each is tried alone.
    for (at, name) in FIELDS.iter().enumerate() {
        let mut alone = ["*"; 5];
        alone[at] = fields[at];
        if let Err(error) = parser.parse(&alone.join(" ")) {
            return Err(format!(
                "the {name} `{}` cannot be read ({})",
                fields[at],
                said(&error.to_string())
            ));
        }
    }
    let cron = parser.parse(line).map_err(|error| said(&error.to_string()))?;
    let start = date(2024, 1, 1).at(0, 0, 0, 0);
    match cron.find_next_occurrence(&start, true) {
        Ok(_) => Ok(()),
        Err(_) => Err("no such day ever comes".into()),
    }
}

/// A message of the library as the end of a sentence: without its prefix and its full stop.
fn said(message: &str) -> String {
    let bare = message.rsplit(": ").next().unwrap_or(message).trim_end_matches('.');
    let mut chars = bare.chars();
    match chars.next() {
        Some(first) => first.to_lowercase().chain(chars).collect(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cron_lines_are_checked_field_by_field() {
        for right in [
            "0 3 * * *",
            "*/15 9-17 * * MON-FRI",
            "0 0 29 2 *",
            "30 8 1,15 * *",
            "0 9 L * *",
            "@daily",
        ] {
            assert!(parse_cron(right).is_ok(), "{right}");
        }
        for (wrong, why) in [
            ("", "0 fields"),
            ("0 3 * *", "4 fields"),
            ("0 0 3 * * *", "6 fields"),
            ("61 3 * * *", "the minute `61`"),
            ("0 25 * * *", "the hour `25`"),
            ("0 3 * foo *", "the month `foo`"),
            ("0 0 31 2 *", "no such day"),
            ("@dayly", "no such nickname"),
        ] {
            let error = parse_cron(wrong).unwrap_err().why;
            assert!(error.contains(why), "{wrong}: {error}");
        }
    }

    #[test]
    fn a_nickname_is_spelt_out() {
        let parser = CronParser::builder()
            .seconds(Seconds::Disallowed)
            .year(Year::Disallowed)
            .build();
        let next = |name: &str| {
            let cron = parser.parse(&parse_cron(name).unwrap()).unwrap();
            let at = cron.find_next_occurrence(&date(2024, 1, 9).at(0, 30, 0, 0), false);
            at.unwrap().to_string()
        };
        for (names, at) in [
            (&["@yearly", "@annually"][..], "2025-01-01T00:00:00"),
            (&["@monthly"], "2024-02-01T00:00:00"),
            // A Sunday.
            (&["@weekly"], "2024-01-14T00:00:00"),
            (&["@daily", "@midnight", " @Daily "], "2024-01-10T00:00:00"),
            (&["@hourly"], "2024-01-09T01:00:00"),
        ] {
            for name in names {
                assert_eq!(next(name), at, "{name}");
            }
        }
    }

    #[test]
    fn a_refused_nickname_says_what_to_write_instead() {
        for (written, instead) in [
            ("@every 5m", "`*/5 * * * *`"),
            ("@every 1h", "`@hourly`"),
            ("@every 6h", "`0 */6 * * *`"),
            ("@every 7m", "`*/15 * * * *`"),
            ("@every", "`*/15 * * * *`"),
            ("@reboot", "systemd"),
            ("@dayly", "did you mean `@daily`?"),
        ] {
            let help = parse_cron(written).unwrap_err().help;
            assert!(help.contains(instead), "{written}: {help}");
        }
    }
}
