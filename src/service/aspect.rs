//! Which takes of a pipeline a plan is about: those it declares, scratch takes in their place, or more of them.

use super::{GatherError, PlanOptions, Planned, gather::planned};
use crate::{
    base::ids::{CellName, TakeName},
    catalog::BackendKind,
    pipeline::{Pipeline, Step, Work},
    plan::{Node, Selection, Take},
};
use std::collections::{BTreeMap, BTreeSet};

/// Which takes a plan is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Aspect {
    /// Those that the pipeline declares.
    #[default]
    Declared,
    /// Scratch takes in their place. They are remembered under a name of their own, so that nobody takes them for
    /// earlier versions of the takes they stand for, and the take sheet does not list them.
    Drafts,
    /// So many more of each cell than the pipeline declares.
    More(u32),
}

impl Aspect {
    /// Changes what is declared, before it is expanded.
    pub(super) fn widen(self, pipeline: &mut Pipeline) {
        let Self::More(more) = self else { return };
        for step in &mut pipeline.steps {
            if let Work::Song(song) = &mut step.work {
                song.takes = song.takes.saturating_add(more);
            }
        }
    }

    /// Changes what the takes are remembered under, after they were named.
    pub(super) fn rename(self, pipeline: &mut Pipeline) {
        if self == Self::Drafts {
            pipeline.name.push_str(" (draft)");
        }
    }
}

impl PlanOptions {
    /// The same pipeline, on the sandbox, beside itself.
    #[must_use]
    pub fn drafts(&self) -> Self {
        let mut options = self.clone();
        options.overrides.backend = Some(BackendKind::Sandbox.word().to_owned());
        options.aspect = Aspect::Drafts;
        options.select.clear();
        options
    }

    /// The same pipeline with so many more takes of each cell.
    #[must_use]
    pub fn with_more(&self, more: u32) -> Self {
        let mut options = self.clone();
        options.aspect = Aspect::More(more);
        options.select.clear();
        options
    }
}

impl Planned {
    /// The same, for just these takes and what they cannot do without.
    pub fn only(mut self, takes: impl IntoIterator<Item = TakeName>) -> Result<Self, GatherError> {
        let selection = Selection::only(takes);
        self.gathered.only = Some(selection.clone());
        planned(self.gathered, &selection)
    }

    /// Of a plan with more takes than are declared: for each cell the first one beyond those that is not there yet; none
    /// if there are not enough for every cell.
    pub fn further_takes(&self, cells: &BTreeSet<CellName>) -> Option<Vec<TakeName>> {
        let Aspect::More(more) = self.gathered.aspect else {
            return None;
        };
        let steps = self.gathered.pipeline.steps.iter();
        let declared: BTreeMap<_, u32> = steps
            .filter_map(|step: &Step| match &step.work {
                Work::Song(song) => Some((&step.name, song.takes.get() - more)),
                Work::Reference(_) | Work::Lyrics(_) => None,
            })
            .collect();
        let is_further = |(node, take): &(&Node, &Take)| {
            let declared = declared.get(&take.name.cell.step).copied().unwrap_or(u32::MAX);
            node.verdict.is_work() && take.name.number > declared && cells.contains(&take.name.cell)
        };
        let mut first: BTreeMap<&CellName, &TakeName> = BTreeMap::new();
        for (_, take) in self.plan.takes().filter(is_further) {
            first.entry(&take.name.cell).or_insert(&take.name);
        }
        (first.len() == cells.len()).then(|| first.into_values().cloned().collect())
    }
}
