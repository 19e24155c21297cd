//! Where one pipeline of a watch stands: its latest plan, and what is wanted of it next.

use super::{Gist, Offer};
use crate::base::ids::{CellName, TakeName};
use std::{collections::BTreeSet, sync::Arc};

/// What is to be done with a pipeline as soon as nothing else is under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Due {
    /// What a save asks for: what is free, and what may be bought without asking.
    Render,
    /// What somebody agreed to when this was shown.
    Buy(Offer),
    /// Scratch takes in place of what may be paid.
    Draft,
    /// One more take of each of the cells that changed last. With what was agreed to, if it was.
    Retake(Option<Offer>),
}

/// A change of many files at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Many {
    /// There was none.
    #[default]
    No,
    /// So many changed, and nobody was asked yet.
    Came(usize),
    /// Somebody was asked.
    Asked(usize),
    /// Nobody can be asked: nothing is bought before the next save.
    Unasked,
}

/// One pipeline.
#[derive(Clone, Debug, Default)]
pub(super) struct Seat {
    /// The latest good plan.
    pub(super) gist: Option<Arc<Gist>>,
    /// The files of now give no plan.
    pub(super) is_broken: bool,
    /// The plan was made after whatever could have changed it.
    pub(super) is_fresh: bool,
    /// A plan is being made.
    pub(super) is_planning: bool,
    /// Something was saved meanwhile.
    pub(super) is_outdated: bool,
    /// A run is over, and what it left is not planned yet: what was offered before it is not on offer any more.
    pub(super) is_settling: bool,
    /// The plan that is being made is to be told of: something was saved.
    pub(super) is_saved: bool,
    /// Files that changed while nothing was to happen.
    pub(super) gathered: usize,
    pub(super) due: Option<Due>,
    pub(super) many: Many,
    /// What the last change asked for.
    pub(super) last: BTreeSet<CellName>,
    /// Retakes that wait for somebody to agree.
    pub(super) retakes: Option<Offer>,
}

impl Seat {
    /// What may be paid, as it was shown last.
    pub(super) fn offer(&self) -> Option<&Offer> {
        let offer = self.gist.as_ref().map(|gist| &gist.offer);
        offer.filter(|offer| !offer.is_empty())
    }

    /// Whether nobody can say yet what it waits for.
    pub(super) const fn is_unknown(&self) -> bool {
        self.is_settling || self.gist.is_none() && !self.is_broken
    }

    /// Takes in what a change asks for.
    pub(super) fn note_last(&mut self, stale: &[TakeName]) {
        if !stale.is_empty() {
            self.last = stale.iter().map(|take| take.cell.clone()).collect();
        }
    }
}
