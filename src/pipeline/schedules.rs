//! `schedules:`, checked here and run elsewhere.
//!
//! Knows nothing of what time it is: whether a cron line ever comes true is asked of a fixed day.

use super::{Limits, Overlap, Schedule, codes, context::Context, limits, profile, tree, zone};
use crate::{
    base::{diagnostic::Diagnostic, words},
    document::{self, Entry, Node},
};
use croner::parser::{CronParser, Seconds, Year};
use jiff::civil::date;
use std::num::NonZeroU32;

/// Reads every schedule. `declared` is the tree that still has its profiles.
pub(super) fn read(declared: &Node, limits: &Limits, context: &mut Context<'_>) -> Vec<Schedule> {
    let entries = tree::section(declared, "schedules").iter();
    entries
        .filter_map(|entry| one(entry, declared, limits, context))
        .collect()
}

fn one(entry: &Entry, declared: &Node, limits: &Limits, context: &mut Context<'_>) -> Option<Schedule> {
    let node = &entry.value;
    let budget = limits::amount(tree::field(node, "budget"), context);
    let max_lateness = limits::duration(tree::field(node, "max_lateness"), context);
    let fresh = tree::field(node, "fresh").and_then(tree::truth).unwrap_or(false);
    let limited = tree::field(node, "budget").is_some() || limits.budget.run.is_some() || limits.budget.day.is_some();
    if fresh && !limited {
        let place = node.get("fresh").map_or(entry.key_span, |entry| entry.key_span);
        context.complain(
            Diagnostic::error(
                codes::FRESH_WITHOUT_BUDGET,
                place,
                format!("`{}` renders anew each time and has no budget", entry.key),
            )
            .help("add `budget: 2.00` to the schedule, or `budget: { day: 2.00 }` under `limits:`"),
        );
    }
    let profile = tree::field(node, "profile").and_then(|value| profile_of(value, declared, context));
    let cron = tree::field(node, "cron").and_then(|value| cron_of(value, context));
    let timezone = timezone_of(entry, declared, context);
    let overlap = tree::field(node, "overlap").and_then(tree::text);
    Some(Schedule {
        name: entry.key.to_string(),
        span: entry.key_span,
        cron: cron?,
        timezone: timezone?,
        select: selection(node),
        profile,
        overlap: if overlap.as_deref() == Some("queue-one") {
            Overlap::QueueOne
        } else {
            Overlap::Skip
        },
        max_lateness,
        fresh,
        budget,
        stop_after: tree::field(node, "stop_after")
            .and_then(tree::integer)
            .and_then(|number| u32::try_from(number).ok())
            .and_then(NonZeroU32::new),
    })
}

fn selection(node: &Node) -> Vec<String> {
    match tree::field(node, "select").and_then(tree::text) {
        Some(one) => vec![one.to_string()],
        None => tree::texts(node, "select"),
    }
}

fn profile_of(value: &Node, declared: &Node, context: &mut Context<'_>) -> Option<String> {
    let name = tree::text(value)?;
    if !tree::section(declared, "profiles")
        .iter()
        .any(|entry| entry.key == name)
    {
        context.complain(profile::unknown(declared, &name, profile::Asked::At(value.span)));
    }
    Some(name.to_string())
}

fn cron_of(value: &Node, context: &mut Context<'_>) -> Option<String> {
    let written = tree::text(value)?;
    match check_cron(&written) {
        Ok(()) => Some(written.to_string()),
        Err(why) => {
            context.complain(
                Diagnostic::error(
                    codes::INVALID_CRON,
                    value.span,
                    format!("`{written}` is not a cron line: {why}"),
                )
                .help("five fields: minute, hour, day of month, month, day of week; `0 3 * * *` is 03:00 each day"),
            );
            None
        }
    }
}

const FIELDS: [&str; 5] = ["minute", "hour", "day of month", "month", "day of week"];

/// Whether a cron line is one and ever comes true; says what is wrong otherwise.
pub fn check_cron(line: &str) -> Result<(), String> {
    let parser = CronParser::builder()
        .seconds(Seconds::Disallowed)
        .year(Year::Disallowed)
        .build();
    let fields: Vec<&str> = line.split_whitespace().collect();
    if line.trim().starts_with('@') {
        return Err("nicknames such as `@daily` are not read".into());
    }
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

/// The schedule's own zone, or the pipeline's. A schedule never takes the machine's: the same file would fire at another
/// time elsewhere.
fn timezone_of(entry: &Entry, declared: &Node, context: &mut Context<'_>) -> Option<String> {
    if let Some(own) = tree::field(&entry.value, "timezone") {
        return zone::of(own, context);
    }
    if let Some(shared) = tree::field(declared, "timezone") {
        // Whoever reads the pipeline's own key complains about it.
        return zone::known(shared);
    }
    context.complain(
        Diagnostic::error(
            document::codes::MISSING_KEY,
            entry.key_span,
            format!("`{}` has no key `timezone`", entry.key),
        )
        .label("`timezone` is required")
        .help("write it here, or once for all at the top of the pipeline: `timezone: Europe/Lisbon`"),
    );
    None
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
        ] {
            assert_eq!(check_cron(right), Ok(()), "{right}");
        }
        for (wrong, why) in [
            ("", "0 fields"),
            ("0 3 * *", "4 fields"),
            ("0 0 3 * * *", "6 fields"),
            ("61 3 * * *", "the minute `61`"),
            ("0 25 * * *", "the hour `25`"),
            ("0 3 * foo *", "the month `foo`"),
            ("0 0 31 2 *", "no such day"),
            ("@daily", "nicknames"),
        ] {
            let error = check_cron(wrong).unwrap_err();
            assert!(error.contains(why), "{wrong}: {error}");
        }
    }
}
