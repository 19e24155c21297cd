//! The takes of a run: how each sounds, and which of them came damaged.

use crate::{
    base::money::{Price, Usd},
    event::{NodeKind, NodeState, Phase, RunState},
    report::{heard, layout, look::Look, names},
};

/// A name is padded to no more columns than this.
const NAME: usize = 40;

/// `0:58  -13.1 LUFS  clipped 12  $0.0315`; nothing for an upload.
pub fn sound(node: &NodeState) -> String {
    let Some(sound) = node.sound else { return String::new() };
    let cost = match node.cost {
        Some(Price::Known(Usd::ZERO)) => "  free".to_owned(),
        Some(cost) => format!("  {cost}"),
        None => String::new(),
    };
    heard::line(&sound) + &cost
}

/// A line for each take that is there: its name, how it sounds, what it cost.
pub fn takes(state: &RunState, look: &Look) -> String {
    let done: Vec<&NodeState> = there(state).collect();
    let widest = done.iter().map(|node| layout::width(&node.card.name)).max();
    let columns = widest.unwrap_or(0).min(NAME);
    let line = |node: &&NodeState| {
        let name = layout::pad(&node.card.name, columns);
        let line = format!("{name}  {}  {}", sound(node), heard::waveform(&node.outline));
        line.trim_end().to_owned() + "\n"
    };
    let lines: String = done.iter().map(line).collect();
    look.spell(&lines).into_owned()
}

/// Takes that came damaged, of those that this run bought: they are kept, and never without a word.
pub(super) fn damaged(state: &RunState) -> Option<String> {
    let is_new = |node: &&NodeState| matches!(node.phase, Phase::Done { reused: false });
    let is_damaged = |node: &&NodeState| node.sound.is_some_and(|sound| sound.damaged);
    let names: Vec<&str> = there(state)
        .filter(is_new)
        .filter(is_damaged)
        .map(|node| names::short(&node.card.name))
        .collect();
    let came = match names.len() {
        0 => return None,
        1 => "came damaged (it ends early, or parts of it do not decode) and is kept as it came",
        _ => "came damaged (they end early, or parts of them do not decode) and are kept as they came",
    };
    Some(format!("warning: {} {came}", names.join(", ")))
}

fn there(state: &RunState) -> impl Iterator<Item = &NodeState> {
    let done = |node: &&NodeState| node.card.kind == NodeKind::Take && matches!(node.phase, Phase::Done { .. });
    state.nodes.values().filter(done)
}
