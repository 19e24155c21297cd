//! What the loop does when a step asks for its call to begin, or says that it did not run.
//!
//! Decides with `admission`, tells what a watcher should know, and sends a step back whose needs are done once more.

use super::{
    admission::{Call, Pass, Turn},
    chance::millis,
    driver::Driver,
    pace::Setback,
    step::TurnedAway,
};
use crate::{
    backend::Backend,
    base::money::{Price, Usd},
    catalog::BackendKind,
    event::{Event, SkipReason},
    plan::{NodeId, NodeWork},
};
use std::time::Duration;
use tokio::sync::oneshot;

impl<B: Backend> Driver<'_, B> {
    /// A step asks. A dropped reply tells it that nothing more begins.
    pub(super) fn ask(&mut self, call: Call, reply: oneshot::Sender<Pass>) {
        if self.is_stopping() {
            return;
        }
        if self.scheduler.lacks_needs(call.node) {
            // It would send ids that were refused. Whoever is gone meanwhile needs no answer.
            let _ = reply.send(Pass::Back);
            return;
        }
        self.admission.ask(call, reply);
    }

    /// A step's call surely did not run: its slot is free, and it learns whether to ask again.
    pub(super) fn turned_away(&mut self, turned: TurnedAway) {
        let now = self.now();
        let (node, after) = (turned.node, turned.after);
        self.claims.remove(&node);
        let turn = self
            .admission
            .turned_away((node, turned.setback), after, now, turned.chance);
        if let Turn::Again { opens, slower } = turn {
            let pause = opens.saturating_sub(now);
            if let Some(limit) = slower {
                self.tell(Event::Slowed {
                    backend: self.backend_of(node),
                    limit,
                    after_ms: millis(pause),
                    failure: turned.failure.clone(),
                });
            }
            if turned.reply.is_some() {
                let own = match turned.setback {
                    Setback::Away(own) => own,
                    Setback::TooFast => Duration::ZERO,
                };
                self.tell(Event::Retrying {
                    node,
                    attempt: turned.attempt,
                    after_ms: millis(pause.max(own)),
                    failure: turned.failure,
                });
            }
        }
        if let Some(reply) = turned.reply.filter(|_| !self.is_stopping()) {
            // The step waits for nothing else.
            let _ = reply.send(turn);
        }
    }

    /// Something a step needs is done once more: it waits for that like one that has not begun.
    pub(super) fn begin_anew(&mut self, id: NodeId) {
        match self.scheduler.lost_need(id) {
            Some(cause) => self.leave_out(id, SkipReason::Upstream { node: cause }),
            None => {
                self.admission.settle(id, Price::Known(Usd::ZERO));
                self.scheduler.redo(id, &[]);
            }
        }
    }

    /// To whom a node's call goes.
    pub(super) fn backend_of(&self, id: NodeId) -> BackendKind {
        match &self.step.plan.node(id).work {
            NodeWork::Upload(upload) => upload.backend,
            NodeWork::Take(take) => take.draft.request.backend,
        }
    }
}
