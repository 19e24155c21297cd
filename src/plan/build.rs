//! The plan, put together: nodes, verdicts, what was selected, prices.

use super::{
    Expansion, Facts, Memory, Plan, Selection, SelectionError,
    judge::{block, judge, pair_twins, price, settle_uploads},
    prune::keep,
    wire::{Wired, wire},
};
use crate::{base::ids::TakeName, pipeline::Pipeline, plan::NodeWork};
use std::collections::HashSet;

/// Decides what is to be done. Pure: the same values give the same plan.
///
/// `facts` must be those that [`check_references`](super::check_references) found no error in; a take whose reference
/// could not be read is blocked.
pub fn build(
    pipeline: &Pipeline,
    expansion: &Expansion,
    facts: &Facts,
    memory: &dyn Memory,
    selection: &Selection,
) -> Result<Plan, SelectionError> {
    let wired = judged(pipeline, expansion, facts, memory);
    let mut nodes = match selection.choose(pipeline, expansion, &wired)? {
        Some(chosen) => keep(wired.nodes, &chosen),
        None => wired.nodes,
    };
    pair_twins(&mut nodes);
    block(&mut nodes);
    settle_uploads(&mut nodes);
    Ok(Plan {
        pipeline: pipeline.name.clone(),
        file: pipeline.file.clone(),
        folder: pipeline.folder.clone(),
        total: price(&mut nodes, &pipeline.backends),
        nodes,
        limits: pipeline.limits.clone(),
        backends: pipeline.backends.clone(),
        timezone: pipeline.timezone.clone(),
    })
}

/// The takes that are selected themselves: those of [`build`]'s plan but for what they need.
pub fn chosen(
    pipeline: &Pipeline,
    expansion: &Expansion,
    facts: &Facts,
    memory: &dyn Memory,
    selection: &Selection,
) -> Result<HashSet<TakeName>, SelectionError> {
    let wired = judged(pipeline, expansion, facts, memory);
    let chosen = selection.choose(pipeline, expansion, &wired)?;
    let is_chosen = |index: usize| chosen.as_ref().is_none_or(|chosen| chosen[index]);
    let nodes = wired.nodes.into_iter().enumerate();
    let names = nodes.filter_map(|(index, node)| match node.work {
        NodeWork::Take(take) if is_chosen(index) => Some(take.name),
        NodeWork::Take(_) | NodeWork::Upload(_) => None,
    });
    Ok(names.collect())
}

/// Every node of the pipeline with its verdict.
fn judged(pipeline: &Pipeline, expansion: &Expansion, facts: &Facts, memory: &dyn Memory) -> Wired {
    let mut wired = wire(pipeline, expansion, facts);
    judge(&mut wired.nodes, &pipeline.name, memory);
    block(&mut wired.nodes);
    wired
}
