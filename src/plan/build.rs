//! The plan, put together: nodes, verdicts, what was selected, prices.

use super::{
    Expansion, Facts, Memory, Plan, Selection, SelectionError,
    judge::{block, judge, pair_twins, price, retakes, settle_uploads},
    prune::keep,
    wire::wire,
};
use crate::pipeline::Pipeline;

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
    let mut wired = wire(pipeline, expansion, facts);
    judge(&mut wired.nodes, &pipeline.name, memory);
    block(&mut wired.nodes);
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
        retakes: retakes(&nodes),
        nodes,
        limits: pipeline.limits.clone(),
        backends: pipeline.backends.clone(),
        timezone: pipeline.timezone.clone(),
    })
}
