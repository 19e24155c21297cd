//! `schedules:`, checked here and run elsewhere.
//!
//! Knows nothing of what time it is.

use super::{Limits, Overlap, Schedule, codes, context::Context, cron::parse_cron, hook, limits, profile, tree, zone};
use crate::{
    base::diagnostic::Diagnostic,
    document::{self, Entry, Node},
};
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
    let on_failure = hook::of(tree::field(node, "on_failure"), context);
    let on_recovery = hook::of(tree::field(node, "on_recovery"), context);
    Some(Schedule {
        name: entry.key.to_string(),
        span: entry.key_span,
        cron: cron?,
        written: tree::field(node, "cron").and_then(tree::text)?.trim().to_owned(),
        timezone: timezone?,
        select: selection(node),
        select_span: tree::field(node, "select").map_or(entry.key_span, |value| value.span),
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
        on_failure,
        on_recovery,
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
    match parse_cron(&written) {
        Ok(fields) => Some(fields),
        Err(error) => {
            let message = format!("`{written}` is not a cron line: {}", error.why);
            context.complain(Diagnostic::error(codes::INVALID_CRON, value.span, message).help(error.help));
            None
        }
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
