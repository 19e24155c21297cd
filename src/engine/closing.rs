//! The end of a run: what is still under way is told as it is, and the run says how it ended.
//!
//! Settles nothing: the ledger holds every call that is left, and the next run finds it there.

use super::driver::{Driver, Report, located};
use crate::{
    backend::Backend,
    base::money::Usd,
    event::{Billed, Event, FailureClass, NodeKind, NodeState, Phase, RunEnd, SkipReason, StepFailure, StopCause},
};

impl<B: Backend> Driver<'_, B> {
    pub(super) fn finish(mut self) -> Report {
        self.abandon();
        let end = self.end();
        self.tell(Event::RunFinished { end });
        self.tasks.abort_all();
        Report {
            state: self.state,
            takes: self.takes,
            tries: self.tries,
            history: self.recorder.finish(),
        }
    }

    /// Calls that are left under way: their claims stay in the ledger, and nobody will hear their answers.
    fn abandon(&mut self) {
        let is_under_way = |node: &&NodeState| {
            matches!(
                node.phase,
                Phase::Running { .. } | Phase::Pausing { .. } | Phase::Recovering { .. }
            )
        };
        let open: Vec<_> = self
            .state
            .nodes
            .values()
            .filter(is_under_way)
            .map(|node| {
                // Between two tries the claim was given back: the last call surely did not run.
                let is_surely_unpaid =
                    node.card.kind == NodeKind::Upload || matches!(node.phase, Phase::Pausing { .. });
                let known = match &node.phase {
                    // Its audio waits behind a link, which the next run fetches.
                    Phase::Recovering { failure, .. } if failure.billed == Billed::Yes => Some(failure.clone()),
                    _ => self
                        .linked
                        .get(&node.card.node)
                        .map(|charged| left_behind_a_link(*charged)),
                };
                (node.card.clone(), is_surely_unpaid, known)
            })
            .collect();
        for (card, is_surely_unpaid, known) in open {
            if is_surely_unpaid {
                self.skip(card.node, SkipReason::Stopped);
                continue;
            }
            let failure = known.unwrap_or_else(|| StepFailure::in_doubt("left while the call was under way"));
            let failure = located(&self.step.plan, card.node, failure);
            self.tell(Event::TakeUnsure {
                node: card.node,
                failure,
            });
        }
    }

    /// What is told first is what a person must act on first.
    fn end(&self) -> RunEnd {
        let tally = self.state.tally();
        match self.state.stopping {
            Some(StopCause::FailFast | StopCause::Superseded) | None if tally.unsure > 0 => RunEnd::Unsure,
            Some(StopCause::Superseded) if tally.failed == 0 && tally.skipped > 0 => {
                RunEnd::Stopped(StopCause::Superseded)
            }
            Some(StopCause::FailFast | StopCause::Superseded) | None => {
                let failed = self
                    .state
                    .nodes
                    .values()
                    .any(|node| !matches!(node.phase, Phase::Done { .. }));
                if failed { RunEnd::Failed } else { RunEnd::Done }
            }
            Some(cause) => RunEnd::Stopped(cause),
        }
    }
}

/// The first try to fetch the audio was under way.
fn left_behind_a_link(charged: Option<Usd>) -> StepFailure {
    let failure = StepFailure::new(FailureClass::Unreachable, "left while its audio was being fetched")
        .billed(Billed::Yes)
        .help("its link is kept: the next run fetches it again, which costs nothing");
    StepFailure { charged, ..failure }
}
