//! What the loop does with a try that is outside what is accepted: it says so, and lets the step begin once more.
//!
//! A retake waits for its turn like a step that has not begun, and is paid for like one. It begins only while the run goes
//! on, and never more often than the take asks for, whatever the step says.

use super::{driver::Driver, step::Tried};
use crate::{
    backend::Backend,
    event::{Event, SkipReason},
    plan::{NodeId, NodeWork, OutsideTry},
};

impl<B: Backend> Driver<'_, B> {
    /// A try arrived and is outside. What it cost is settled already.
    pub(super) fn retake(&mut self, id: NodeId, tried: Tried) {
        let NodeWork::Take(take) = &self.step.plan.node(id).work else {
            return;
        };
        let (of, Tried { outside, next, price }) = (take.gates.retake, tried);
        if next > of || next <= self.announced(id) {
            self.remember(id, outside.stored);
            return self.scheduler.done(id);
        }
        let OutsideTry { stored, misses, .. } = outside.clone();
        let tries = self.tries.entry(id).or_default();
        if tries.iter().all(|one| one.stored.key != stored.key) {
            tries.push(outside);
        }
        if self.is_stopping() {
            return self.leave_out(id, SkipReason::Stopped);
        }
        self.announced.insert(id, next);
        if let Some(claim) = self.claims.remove(&id) {
            self.earlier_claims.insert(claim, (id, stored.key));
        }
        self.linked.remove(&id);
        self.tell(Event::Retaking {
            node: id,
            misses,
            retake: next,
            of,
            price,
        });
        self.begin_anew(id);
    }

    /// The last try of a take that was planned, or told of since.
    pub(super) fn announced(&self, id: NodeId) -> u32 {
        let planned = match &self.step.plan.node(id).work {
            NodeWork::Take(take) => take.attempt,
            NodeWork::Upload(_) => 0,
        };
        self.announced.get(&id).copied().unwrap_or(planned)
    }
}
