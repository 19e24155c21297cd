//! What a plan says below its totals of takes that were paid for and are gone: which, and how to go on.

use crate::{
    base::words,
    plan::{NodeWork, Plan, Reason},
    report::{
        look::{Ink, Look},
        names,
    },
};

/// How many are named.
const SHOWN: usize = 3;

/// A line for each, the command that frees it included; nothing if none is lost.
pub(super) fn lines(plan: &Plan, look: &Look) -> Vec<String> {
    let lost: Vec<_> = plan
        .nodes
        .iter()
        .filter_map(|node| match (&node.reason, &node.work) {
            (Reason::PaidAudioLost { paid, changed, .. }, NodeWork::Take(take)) => {
                Some((take.name.to_string(), *paid, changed))
            }
            _ => None,
        })
        .collect();
    let mut lines = Vec::new();
    for (name, paid, changed) in lost.iter().take(SHOWN) {
        let head = look.paint(Ink::Magenta, "Lost");
        lines.push(format!(
            "{head}: {}: {}; it is not bought again by itself",
            names::short(name),
            super::text::lost(*paid)
        ));
        if let Some(file) = changed {
            lines.push(format!(
                "      {file} was changed in place, and the store's copy with it"
            ));
        }
        lines.push(format!(
            "      put a copy of its file back, or buy it again: takesheet resolve {} --retake",
            names::quoted(name)
        ));
    }
    if lost.len() > SHOWN {
        let more = words::count(lost.len() - SHOWN, "more take");
        lines.push(format!("      … and {more}; `takesheet resolve` lists them"));
    }
    lines
}
