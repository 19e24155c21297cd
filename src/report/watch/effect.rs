//! Cause, effect and money of a change.

use crate::{
    base::{
        money::{Total, Usd},
        words,
    },
    catalog::BackendKind,
    plan::{Node, Plan, Reason, Take, Verdict},
    report::{
        layout,
        look::{Ink, Look},
        names,
        plan::{difference, reason, sign, totals, up_to},
    },
};

/// What happened to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// It was not there before.
    Added,
    /// It has another content.
    Changed,
    /// It is not there any more.
    Deleted,
}

/// A file that a person changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Touched {
    /// As the user would type it.
    pub path: String,
    /// The first line of it that is not what it was.
    pub line: Option<usize>,
    /// What happened to it.
    pub deed: Deed,
}

/// What a change is told within.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Frame {
    /// What is left of the budget, if there is one.
    pub left: Option<Usd>,
    /// It is one of several pipelines.
    pub names_pipeline: bool,
}

/// Files that are named; the others are counted.
const NAMED: usize = 2;
/// Reasons that are shown; takes with the same one stand together.
const REASONS: usize = 3;
/// Columns before what belongs to the line above.
const INDENT: usize = 10;

/// What a pipeline comes to as a watch begins. `followed` are the files that it was made of.
pub fn began(plan: &Plan, followed: usize, look: &Look) -> String {
    let name = look.paint(Ink::Bold, &plan.pipeline);
    let takes = words::count(plan.takes().count(), "take");
    let files = words::count(followed, "file");
    let mut lines = vec![format!(
        " {} {name}  {} · {takes} · {files} followed",
        verb("WATCHING", Ink::Cyan, look),
        plan.file
    )];
    lines.extend(totals(plan, look));
    lines.extend(why(plan, look));
    spelt(&lines, look)
}

/// What changed, what is stale now, and what that costs.
pub fn changed(touched: &[Touched], plan: &Plan, frame: Frame, look: &Look) -> String {
    let mut lines = joined(&cause(touched, look), &effect(plan, frame), look);
    lines.extend(why(plan, look));
    spelt(&lines, look)
}

/// What changed, and that it makes no difference.
pub fn same(touched: &[Touched], plan: &Plan, frame: Frame, look: &Look) -> String {
    let effect = match stale(plan) {
        0 => effect(plan, frame),
        _ => format!("no difference; {}", effect(plan, frame)),
    };
    spelt(&joined(&cause(touched, look), &effect, look), look)
}

/// The plan is another one than was shown when somebody agreed to it.
pub fn anew(plan: &Plan, frame: Frame, look: &Look) -> String {
    let cause = format!(" {} it is another plan by now", verb("ASKING", Ink::Yellow, look));
    let mut lines = joined(&cause, &effect(plan, frame), look);
    lines.extend(why(plan, look));
    lines.push(format!("{}nothing was bought; b buys this", " ".repeat(INDENT)));
    spelt(&lines, look)
}

fn verb(word: &str, ink: Ink, look: &Look) -> String {
    look.paint(ink, &layout::pad(word, INDENT - 2))
}

fn spelt(lines: &[String], look: &Look) -> String {
    look.spell(&(lines.join("\n") + "\n")).into_owned()
}

fn cause(touched: &[Touched], look: &Look) -> String {
    let word = match touched {
        [one] => match one.deed {
            Deed::Added => "ADDED",
            Deed::Changed => "CHANGED",
            Deed::Deleted => "DELETED",
        },
        _ => "CHANGED",
    };
    let named: Vec<String> = touched.iter().take(NAMED).map(place).collect();
    let more = touched.len() - named.len();
    let files = match (named.as_slice(), more) {
        ([], _) => "by hand".to_owned(),
        (named, 0) => named.join(" and "),
        (named, more) => format!("{} and {}", named.join(", "), words::count(more, "more file")),
    };
    format!(" {} {files}", verb(word, Ink::Yellow, look))
}

fn place(touched: &Touched) -> String {
    let path = layout::one_line(&touched.path);
    match touched.line {
        Some(line) => format!("{path}:{line}"),
        None => path,
    }
}

/// On one line if it fits.
fn joined(cause: &str, effect: &str, look: &Look) -> Vec<String> {
    let together = format!("{cause}  → {effect}");
    let seen = anstream::adapter::strip_str(&together).to_string();
    if layout::width(&seen) <= look.width {
        return vec![together];
    }
    let rest = layout::wrap(&format!("→ {effect}"), look.width.saturating_sub(INDENT));
    let indented = rest.into_iter().map(|line| format!("{}{line}", " ".repeat(INDENT)));
    std::iter::once(cause.to_owned()).chain(indented).collect()
}

fn work(plan: &Plan) -> impl Iterator<Item = (&Node, &Take)> {
    plan.takes().filter(|(node, _)| node.verdict.is_work())
}

fn stale(plan: &Plan) -> usize {
    work(plan).count()
}

/// `2 of 24 takes stale · est. $0.063 · $1.92 left of the budget`.
fn effect(plan: &Plan, frame: Frame) -> String {
    let stale = stale(plan);
    let named = if frame.names_pipeline {
        format!("{}: ", plan.file)
    } else {
        String::new()
    };
    if stale == 0 {
        return format!("{named}nothing to render");
    }
    let takes = words::count(plan.takes().count(), "take");
    let mut parts = vec![format!("{named}{stale} of {takes} stale")];
    let is_free = work(plan).all(|(_, take)| take.draft.request.backend == BackendKind::Sandbox);
    if is_free {
        parts.push("free (sandbox)".to_owned());
    } else {
        parts.push(estimate(plan.total));
        parts.extend(up_to(plan.retakes));
        parts.extend(frame.left.map(|left| format!("{left} left of the budget")));
    }
    parts.join(" · ")
}

fn estimate(total: Total) -> String {
    match total {
        Total {
            known: Usd::ZERO,
            unknown: 1..,
        } => "price unknown".to_owned(),
        total => format!("est. {total}"),
    }
}

/// Why takes are stale: each reason once, with the take that stands first for it.
fn why(plan: &Plan, look: &Look) -> Vec<String> {
    let mut groups: Vec<(&Node, &Take, usize)> = Vec::new();
    for (node, take) in work(plan) {
        let is_same = |(known, _, _): &(&Node, &Take, usize)| {
            known.verdict == node.verdict && is_alike(&known.reason, &node.reason)
        };
        // What comes after those that are shown is counted together.
        match groups
            .iter()
            .position(is_same)
            .or((groups.len() > REASONS).then_some(REASONS))
        {
            Some(at) => groups[at].2 += 1,
            None => groups.push((node, take, 1)),
        }
    }
    let mut lines: Vec<String> = groups.iter().take(REASONS).map(|group| row(*group, look)).collect();
    if let Some((_, _, more)) = groups.get(REASONS) {
        let more = words::count(*more, "more take");
        lines.push(format!(
            "{}{}",
            " ".repeat(INDENT),
            look.paint(Ink::Dim, &format!("… and {more}"))
        ));
    }
    lines
}

/// The same for whoever reads it: the takes that are waited for need not be.
fn is_alike(one: &Reason, other: &Reason) -> bool {
    match (one, other) {
        (Reason::WaitsFor { .. }, Reason::WaitsFor { .. }) | (Reason::SameAs { .. }, Reason::SameAs { .. }) => true,
        (one, other) => one == other,
    }
}

fn row((node, take, count): (&Node, &Take, usize), look: &Look) -> String {
    let (sign, ink) = sign(node.verdict);
    let name = take.name.to_string();
    let name = layout::elide(names::short(&name), look.width / 3);
    let more = match count - 1 {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let start = format!("{name}{more}: ");
    let room = look.width.saturating_sub(INDENT + 2 + layout::width(&start));
    let because = match (&node.reason, node.verdict) {
        (Reason::Differs { changes }, Verdict::Changed) if !changes.is_empty() => {
            let rest = match changes.len() - 1 {
                0 => String::new(),
                more => format!(" (and {more} more)"),
            };
            difference(&changes[0], room.saturating_sub(layout::width(&rest)), look) + &rest
        }
        (reason_, _) => layout::cut(&reason(reason_), room),
    };
    format!("{}{} {start}{because}", " ".repeat(INDENT), look.paint(ink, sign))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        plan::{Change, NodeWork, Retakes},
        report::samples::{plan, take, take_name},
    };

    const WIDE: Look = Look {
        width: 120,
        ..Look::PLAIN
    };

    fn left(amount: &str) -> Frame {
        Frame {
            left: Usd::parse(amount),
            names_pipeline: false,
        }
    }

    fn touched(path: &str, line: usize) -> Touched {
        Touched {
            path: path.to_owned(),
            line: Some(line),
            deed: Deed::Changed,
        }
    }

    fn differs() -> Reason {
        Reason::Differs {
            changes: vec![Change {
                field: "lyrics line 7".into(),
                before: "low and wide".into(),
                after: "high and wide".into(),
            }],
        }
    }

    fn cities(changed: usize, all: usize) -> Plan {
        let mut plan = plan();
        for number in 0..all {
            let name = take_name("hook", &[("city", &format!("C{number}"))], 1);
            let (verdict, reason) = if number < changed {
                (Verdict::Changed, differs())
            } else {
                let at = crate::report::samples::at("2026-03-01T10:00:00Z");
                (Verdict::Cached, Reason::Rendered { at })
            };
            take(&mut plan, name, verdict, reason, None);
        }
        plan
    }

    #[test]
    fn cause_effect_and_money_stand_on_one_line_if_it_fits() {
        let text = changed(&[touched("lyrics/chorus.hbs", 7)], &cities(2, 24), left("1.92"), &WIDE);
        assert_eq!(
            text,
            " CHANGED  lyrics/chorus.hbs:7  → 2 of 24 takes stale · est. $0.063 · $1.92 left of the budget\n          ~ hook[city=C0]#1 and 1 more: lyrics line 7: \"low and wide\" → \"high and wide\"\n"
        );
        let narrow = changed(
            &[touched("lyrics/chorus.hbs", 7)],
            &cities(2, 24),
            left("1.92"),
            &Look::PLAIN,
        );
        assert!(
            narrow.starts_with(" CHANGED  lyrics/chorus.hbs:7\n          → 2 of 24 takes stale · est. $0.063 ·"),
            "{narrow}"
        );
        assert!(narrow.lines().all(|line| layout::width(line) <= 80), "{narrow}");
    }

    #[test]
    fn several_files_are_summed_up() {
        let list: Vec<_> = (1..=5)
            .map(|number| touched(&format!("a{number}.hbs"), number))
            .collect();
        let line = |files: &[Touched]| {
            changed(files, &cities(0, 2), Frame::default(), &WIDE)
                .lines()
                .next()
                .unwrap()
                .to_owned()
        };
        assert_eq!(line(&list[..2]), " CHANGED  a1.hbs:1 and a2.hbs:2  → nothing to render");
        assert_eq!(
            line(&list),
            " CHANGED  a1.hbs:1, a2.hbs:2 and 3 more files  → nothing to render"
        );
        let gone = Touched {
            deed: Deed::Deleted,
            line: None,
            ..touched("a.hbs", 1)
        };
        assert!(line(&[gone]).starts_with(" DELETED  a.hbs  "));
    }

    #[test]
    fn what_is_free_and_what_nobody_knows_the_price_of_say_so() {
        let mut plan = cities(1, 2);
        plan.total = Total {
            known: Usd::ZERO,
            unknown: 1,
        };
        assert!(
            changed(&[touched("a", 1)], &plan, Frame::default(), &WIDE)
                .contains("1 of 2 takes stale · price unknown\n")
        );
        plan.retakes = Retakes {
            count: 2,
            total: Total {
                known: Usd::ZERO,
                unknown: 2,
            },
        };
        assert!(changed(&[touched("a", 1)], &plan, Frame::default(), &WIDE).contains("up to 2 retakes more: unknown"));
        for node in &mut plan.nodes {
            let NodeWork::Take(take) = &mut node.work else { continue };
            take.draft.request.backend = BackendKind::Sandbox;
        }
        assert!(
            changed(&[touched("a", 1)], &plan, Frame::default(), &WIDE)
                .contains("1 of 2 takes stale · free (sandbox)\n")
        );
    }

    #[test]
    fn no_more_than_a_few_reasons_are_given() {
        let mut plan = plan();
        for number in 0..6 {
            let name = take_name("hook", &[("city", &format!("C{number}"))], 1);
            let reason = Reason::Differs {
                changes: vec![Change {
                    field: format!("lyrics line {number}"),
                    before: String::new(),
                    after: "x".into(),
                }],
            };
            take(&mut plan, name, Verdict::Changed, reason, None);
        }
        let text = changed(&[touched("a", 1)], &plan, Frame::default(), &WIDE);
        assert_eq!(text.lines().count(), 1 + REASONS + 1, "{text}");
        assert!(text.ends_with("          … and 3 more takes\n"), "{text}");
    }

    #[test]
    fn a_change_without_a_difference_is_one_line() {
        let text = same(&[touched("p.yaml", 3)], &cities(0, 2), Frame::default(), &WIDE);
        assert_eq!(text, " CHANGED  p.yaml:3  → nothing to render\n");
        let text = same(&[touched("p.yaml", 3)], &cities(1, 2), Frame::default(), &WIDE);
        assert_eq!(
            text,
            " CHANGED  p.yaml:3  → no difference; 1 of 2 takes stale · est. $0.0315\n"
        );
    }

    #[test]
    fn the_beginning_says_what_is_followed_and_what_is_to_do() {
        let text = began(&cities(1, 2), 4, &WIDE);
        assert!(
            text.starts_with(
                " WATCHING rainy-city  pipelines/rainy.yaml · 2 takes · 4 files followed\nPlan: 1 changed, 1 cached"
            ),
            "{text}"
        );
    }
}
