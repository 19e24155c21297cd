//! The text of a plan.

use crate::{
    base::{
        money::{Price, Total, Usd},
        time::{day, minute},
        words,
    },
    catalog::BackendKind,
    pipeline::all_misses,
    plan::{Change, Node, NodeWork, Plan, PriceSource, Reason, RenderRequest, Retakes, Take, Verdict},
    report::{
        layout,
        look::{Ink, Look},
        names,
    },
};
use std::{collections::BTreeMap, time::Duration};

/// How many rows are shown unless all are asked for.
const ROWS: usize = 40;
/// How many differences are shown of one take unless all are asked for.
const DIFFERENCES: usize = 3;
/// The word before the totals.
const PLAN: &str = "Plan";
/// The widest column of names.
const WIDEST_NAME: usize = 44;

/// Whether every take of the plan is there.
pub fn is_up_to_date(plan: &Plan) -> bool {
    plan.takes().all(|(node, _)| node.verdict == Verdict::Cached)
}

/// The one line of a plan that has nothing to do: `Up to date: 24 takes, 0 to render (3ms)`.
pub fn up_to_date(takes: usize, outside: usize, took: Option<Duration>) -> String {
    let takes = words::count(takes, "take");
    let outside = match outside {
        0 => String::new(),
        count => format!(", {count} outside what is accepted"),
    };
    let took = took.map_or(String::new(), |took| format!(" ({})", words::duration(took)));
    format!("Up to date: {takes}{outside}, 0 to render{took}\n")
}

/// What will be done, why, and for how much; the totals come last. `all` shows every row, cached ones too.
pub fn text(plan: &Plan, look: &Look, all: bool) -> String {
    if is_up_to_date(plan) && !all && plan.stay_outside().next().is_none() {
        return up_to_date(plan.takes().count(), 0, None);
    }
    let mut lines = vec![header(plan, look), String::new()];
    let shown: Vec<&Node> = plan.nodes.iter().filter(|node| all || is_worth_a_row(node)).collect();
    let limit = if all { usize::MAX } else { ROWS };
    let names = shown
        .iter()
        .take(limit)
        .map(|node| layout::width(names::short(&names::of(node))));
    let columns = names.max().unwrap_or(0).min(WIDEST_NAME).min(look.width / 2);
    for node in shown.iter().take(limit) {
        lines.push(row(node, columns, look));
        if let Reason::Differs { changes: list } = &node.reason {
            lines.extend(changes(list, look, if all { usize::MAX } else { DIFFERENCES }));
        }
    }
    if shown.len() > limit {
        lines.extend(left_out(&shown[limit..], look));
    }
    lines.push(String::new());
    lines.extend(totals(plan, look));
    lines.extend(super::lost::lines(plan, look));
    look.spell(&(lines.join("\n") + "\n")).into_owned()
}

/// How many takes there are of each verdict.
pub(super) fn counts(plan: &Plan) -> BTreeMap<Verdict, usize> {
    let mut counts = BTreeMap::new();
    for (node, _) in plan.takes() {
        *counts.entry(node.verdict).or_insert(0) += 1;
    }
    counts
}

fn header(plan: &Plan, look: &Look) -> String {
    let takes = words::count(plan.takes().count(), "take");
    let name = look.paint(Ink::Bold, &plan.pipeline);
    format!("{name}  {} · {takes}", plan.file)
}

fn is_worth_a_row(node: &Node) -> bool {
    node.verdict != Verdict::Cached || matches!(node.reason, Reason::StaysOutside { .. })
}

/// The sign of a verdict, with its colour.
pub const fn sign(verdict: Verdict) -> (&'static str, Ink) {
    match verdict {
        Verdict::Cached => ("=", Ink::Dim),
        Verdict::New => ("+", Ink::Green),
        Verdict::Changed => ("~", Ink::Yellow),
        Verdict::Retake => ("*", Ink::Yellow),
        Verdict::Unsure => ("?", Ink::Magenta),
        Verdict::Blocked => ("!", Ink::Red),
        Verdict::Waits => (">", Ink::Cyan),
    }
}

fn row(node: &Node, columns: usize, look: &Look) -> String {
    let (sign, ink) = sign(node.verdict);
    let (word, price) = match node.work {
        NodeWork::Upload(_) if node.verdict.is_work() => ("upload", "free".to_owned()),
        NodeWork::Take(_) if node.verdict.is_work() => (node.verdict.word(), price(node)),
        _ => (node.verdict.word(), String::new()),
    };
    let name = layout::pad(&layout::elide(names::short(&names::of(node)), columns), columns);
    let price = layout::pad_left(&price, 8);
    let used = 4 + columns + 2 + 7 + 2 + 1 + layout::width(&price);
    let room = look.width.saturating_sub(used).max(8);
    let why = layout::pad(&layout::cut(&reason(&node.reason), room), room);
    let line = format!(
        "  {} {name}  {}  {why} {price}",
        look.paint(ink, sign),
        look.paint(ink, &layout::pad(word, 7)),
    );
    line.trim_end().to_owned()
}

fn price(node: &Node) -> String {
    match (&node.work, node.price) {
        (NodeWork::Take(Take { twin: Some(_), .. }), _) => "-".to_owned(),
        (_, Price::Known(Usd::ZERO)) => "free".to_owned(),
        (_, price) => price.to_string(),
    }
}

/// A reason in a few words.
pub fn reason(reason: &Reason) -> String {
    match reason {
        Reason::Rendered { at } => format!("rendered {}", day(*at)),
        Reason::NeverRendered => "never rendered".to_owned(),
        Reason::AudioLost => "rendered before, but its audio is gone from the store".to_owned(),
        Reason::PaidAudioLost {
            paid, changed: None, ..
        } => lost(*paid),
        Reason::PaidAudioLost {
            paid,
            changed: Some(file),
            ..
        } => format!("{}: {file} was changed in place", lost(*paid)),
        Reason::GivenUp { paid } => format!("its audio ({}) was lost", cost(*paid)),
        Reason::Outside { misses, retake, of } => format!("retake {retake} of {of}: {}", all_misses(misses)),
        Reason::StaysOutside { misses, retakes: 0, .. } => format!("outside: {}", all_misses(misses)),
        Reason::StaysOutside { misses, retakes, .. } => {
            let made = words::count(*retakes as usize, "retake");
            format!("outside after {made}: {}", all_misses(misses))
        }
        Reason::Collected { paid, .. } => format!("collected by gc, had cost {}", cost(*paid)),
        Reason::OneMoreTake => "one more take".to_owned(),
        Reason::Differs { changes } => match changes.as_slice() {
            [one] => format!("{} differs", one.field),
            many => format!("{} differ", words::count(many.len(), "field")),
        },
        Reason::SameAs { take } => format!("same as {}", names::short(&take.to_string())),
        Reason::OutcomeUnknown { since } => format!("outcome unknown since {}", minute(*since)),
        Reason::WaitsFor { take } => format!("waits for {}", names::short(&take.to_string())),
        Reason::BlockedBy { node } => format!("needs {}", names::short(node)),
        Reason::NeededBy { takes } => format!("for {}", words::count(*takes, "take")),
        Reason::NotNeeded => "not needed".to_owned(),
    }
}

/// The loss of audio that was paid for, in a few words.
pub(super) fn lost(paid: Price) -> String {
    format!("its audio was paid for ({}) and is gone from this machine", cost(paid))
}

fn cost(paid: Price) -> String {
    match paid {
        Price::Known(amount) => amount.to_string(),
        Price::Unknown => "price unknown".to_owned(),
    }
}

/// The differences line by line, at most `limit` of them: `lyrics line 7: "…" → "…"`.
pub fn changes(changes: &[Change], look: &Look, limit: usize) -> Vec<String> {
    let mut lines: Vec<String> = changes
        .iter()
        .take(limit)
        .map(|change| format!("      {}", difference(change, look.width.saturating_sub(6), look)))
        .collect();
    if changes.len() > limit {
        let more = words::count(changes.len() - limit, "more difference");
        lines.push(look.paint(Ink::Dim, &format!("      … and {more}")));
    }
    lines
}

/// One difference, in so many columns if that is at all possible: `lyrics line 7: "…" → "…"`.
pub fn difference(change: &Change, columns: usize, look: &Look) -> String {
    let (before, after) = (layout::one_line(&change.before), layout::one_line(&change.after));
    let start = format!("{}: ", change.field);
    let room = columns.saturating_sub(layout::width(&start));
    match (change.before.is_empty(), change.after.is_empty()) {
        (true, _) => {
            let after = layout::cut(&after, room.saturating_sub(8).max(8));
            format!("{start}added {}", look.paint(Ink::Green, &format!("\"{after}\"")))
        }
        (_, true) => {
            let before = layout::cut(&before, room.saturating_sub(10).max(8));
            format!("{start}removed {}", look.paint(Ink::Red, &format!("\"{before}\"")))
        }
        _ => {
            let (before, after) = layout::contrast(&before, &after, (room.saturating_sub(7) / 2).max(8));
            let before = look.paint(Ink::Red, &format!("\"{before}\""));
            format!("{start}{before} → {}", look.paint(Ink::Green, &format!("\"{after}\"")))
        }
    }
}

/// What the rows that are not shown are: `… and 160 more new takes`.
fn left_out(nodes: &[&Node], look: &Look) -> Vec<String> {
    let mut counts: BTreeMap<(bool, Verdict), usize> = BTreeMap::new();
    for node in nodes {
        *counts
            .entry((matches!(node.work, NodeWork::Upload(_)), node.verdict))
            .or_insert(0) += 1;
    }
    let line = |((is_upload, verdict), count): (&(bool, Verdict), &usize)| {
        let noun = if *is_upload { "upload" } else { "take" };
        let plural = if *count == 1 { "" } else { "s" };
        let text = format!(
            "    … and {count} more {} {noun}{plural} (-v shows all)",
            verdict.word()
        );
        look.paint(Ink::Dim, &text)
    };
    counts.iter().map(line).collect()
}

/// The totals: `Plan: 6 new, 2 changed, 18 cached · $0.252 (8 × $0.0315, AI/ML API documentation, 2025-01-15)`.
pub fn totals(plan: &Plan, look: &Look) -> Vec<String> {
    let counts = counts(plan);
    let order = [
        Verdict::New,
        Verdict::Changed,
        Verdict::Retake,
        Verdict::Waits,
        Verdict::Blocked,
        Verdict::Unsure,
        Verdict::Cached,
    ];
    let phrase = |verdict: &Verdict| {
        counts
            .get(verdict)
            .map(|count| format!("{count} {}", said(*verdict, *count)))
    };
    let mut takes = order.iter().filter_map(phrase).collect::<Vec<_>>().join(", ");
    if takes.is_empty() {
        "no takes".clone_into(&mut takes);
    }
    let work: Vec<(&Node, &Take)> = plan.takes().filter(|(node, _)| node.verdict.is_work()).collect();
    let first = format!("{PLAN}: {takes}");
    let outside = outside(plan);
    if work.is_empty() {
        return fitted(&first, &[], look).into_iter().chain(outside).collect();
    }
    let all_free = work
        .iter()
        .all(|(_, take)| take.draft.request.backend == BackendKind::Sandbox);
    let first = if all_free {
        format!("{first} · free (sandbox)")
    } else {
        let at_most = if counts.contains_key(&Verdict::Waits) {
            "at most "
        } else {
            ""
        };
        format!("{first} · {at_most}{}", plan.total)
    };
    let sums = sums(plan, &work);
    let mut lines = fitted(&first, &sums, look);
    let twins = work.iter().filter(|(_, take)| take.twin.is_some()).count();
    if twins > 0 {
        lines.push(format!("      {} the same as an earlier one: bought once", are(twins)));
    }
    lines.extend(up_to(plan.retakes).map(|more| format!("      {more}, if takes are outside what is accepted")));
    lines.extend(outside);
    lines
}

/// `up to 4 retakes more: $0.126`; nothing where no take may be retaken.
pub fn up_to(retakes: Retakes) -> Option<String> {
    let count = words::count(retakes.count as usize, "retake");
    (retakes.count > 0).then(|| match retakes.total {
        total if total == Total::default() => format!("up to {count} more, free"),
        total => format!("up to {count} more: {total}"),
    })
}

/// How many takes stay outside.
fn outside(plan: &Plan) -> Option<String> {
    let count = plan.stay_outside().count();
    let verb = if count == 1 { "is" } else { "are" };
    let said = words::count(count, "take");
    (count > 0).then(|| format!("      {said} {verb} outside what is accepted, with no try left"))
}

const fn said(verdict: Verdict, count: usize) -> &'static str {
    match (verdict, count) {
        (Verdict::Retake, 2..) => "retakes",
        (Verdict::Waits, 1) => "waits",
        (Verdict::Waits, _) => "wait",
        (other, _) => other.word(),
    }
}

fn are(count: usize) -> String {
    if count == 1 {
        "1 is".to_owned()
    } else {
        format!("{count} are")
    }
}

/// How the price comes about, and who said so.
fn sums(plan: &Plan, work: &[(&Node, &Take)]) -> Vec<String> {
    let mut groups: Vec<(Price, &RenderRequest, usize)> = Vec::new();
    let bought = work
        .iter()
        .filter(|(_, take)| take.twin.is_none() && take.draft.request.backend != BackendKind::Sandbox);
    for (node, take) in bought {
        let request = &take.draft.request;
        match groups.iter_mut().find(|(price, known, _)| {
            (*price, &known.model, known.backend) == (node.price, &request.model, request.backend)
        }) {
            Some(group) => group.2 += 1,
            None => groups.push((node.price, request, 1)),
        }
    }
    let sum = |(price, request, count): &(Price, &RenderRequest, usize)| match price {
        Price::Known(amount) => {
            let source = price_source(plan.price_source(request));
            format!("{count} × {amount}{source}")
        }
        Price::Unknown => format!("{count} × unknown price of {}", request.model),
    };
    groups.iter().map(sum).collect()
}

/// Who says so, behind the price: `, AI/ML API documentation, 2025-01-15`, or the place in the pipeline.
pub fn price_source(source: PriceSource<'_>) -> String {
    match source {
        PriceSource::Catalog { date, source } => {
            let who = source.split(':').next().unwrap_or(source);
            format!(", {who}, {date}")
        }
        PriceSource::Pipeline(at) => format!(", {}:{}", at.file, at.line),
        PriceSource::Free | PriceSource::Nobody => String::new(),
    }
}

/// On one line if it fits, else each sum on a line of its own.
fn fitted(first: &str, sums: &[String], look: &Look) -> Vec<String> {
    let bold = |line: &str| line.replacen(PLAN, &look.paint(Ink::Bold, PLAN), 1);
    if let [sum] = sums {
        let together = format!("{first} ({sum})");
        if layout::width(&together) <= look.width {
            return vec![bold(&together)];
        }
    }
    let rest = sums.iter().map(|sum| look.paint(Ink::Dim, &format!("      {sum}")));
    std::iter::once(bold(first)).chain(rest).collect()
}
