//! The order in which steps can be looked at: what a step uses or needs comes before it.

use crate::pipeline::{Pipeline, Reference, ReferenceSource, Step, StepId, Work};
use std::{cmp::Reverse, collections::BinaryHeap};

/// All steps, upstream first; of those that could come next, the one declared first.
pub(super) fn order(pipeline: &Pipeline) -> Vec<StepId> {
    let mut missing = vec![0_usize; pipeline.steps.len()];
    let mut feeds = vec![Vec::new(); pipeline.steps.len()];
    for step in &pipeline.steps {
        for before in inputs(step).into_iter().chain(step.needs.iter().copied()) {
            missing[step.id.0 as usize] += 1;
            feeds[before.0 as usize].push(step.id);
        }
    }
    let ready = |missing: &[usize], id: StepId| missing[id.0 as usize] == 0;
    let all = pipeline.steps.iter().map(|step| step.id);
    let mut heap: BinaryHeap<_> = all.filter(|id| ready(&missing, *id)).map(Reverse).collect();
    let mut order = Vec::with_capacity(pipeline.steps.len());
    while let Some(Reverse(id)) = heap.pop() {
        order.push(id);
        for next in &feeds[id.0 as usize] {
            missing[next.0 as usize] -= 1;
            if ready(&missing, *next) {
                heap.push(Reverse(*next));
            }
        }
    }
    order
}

/// The steps whose output a step uses, each once, in the order in which their axes flow in.
pub(super) fn inputs(step: &Step) -> Vec<StepId> {
    let named = match &step.work {
        Work::Reference(Reference {
            source: ReferenceSource::Song { step, .. },
            ..
        }) => [Some(*step), None, None],
        Work::Song(song) => [song.lyrics, song.voice, song.instrumental],
        Work::Reference(_) | Work::Lyrics(_) => [None; 3],
    };
    let mut once = Vec::new();
    for id in named.into_iter().flatten().chain(step.uses.iter().copied()) {
        if !once.contains(&id) {
            once.push(id);
        }
    }
    once
}
