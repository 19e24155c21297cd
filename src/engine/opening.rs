//! How a run begins: introduces what is to be done, gives cached takes their files, and says what can never run.

use super::{
    driver::{Driver, located},
    place::{self, Arrival, place},
    scheduler::State,
    seam::blocking,
};
use crate::{
    backend::Backend,
    base::money::{Price, Total},
    event::{Billed, Event, FailureClass, NodeCard, NodeKind, OUTLINE, SkipReason, StepFailure},
    plan::{Content, Key, Node, NodeId, NodeWork, Plan, Reason, Take, Upload, Verdict},
    store::Store,
};
use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

impl<B: Backend> Driver<'_, B> {
    /// Introduces the run, gives cached takes their files, and says what can never run.
    pub(super) async fn begin(&mut self) {
        let plan = Arc::clone(&self.step.plan);
        let (mut saved, mut cached, mut cards) = (Total::default(), 0, Vec::new());
        for node in &plan.nodes {
            match &node.work {
                NodeWork::Take(Take {
                    stored: Some(stored), ..
                }) if self.is_in_place(node) => {
                    saved.add(stored.charged.map_or(stored.price, Price::Known));
                    cached += 1;
                }
                NodeWork::Upload(_) if node.verdict == Verdict::Cached => {}
                _ => cards.push(card(node)),
            }
        }
        self.tell(Event::RunStarted {
            pipeline: plan.pipeline.clone(),
            file: plan.file.clone(),
            program: env!("CARGO_PKG_VERSION").to_owned(),
            nodes: cards,
            cached,
            saved,
        });
        let known = self.known_of_unsure(&plan).await;
        for node in &plan.nodes {
            self.recollect(&plan, node, &known).await;
        }
        for (id, cause) in self.scheduler.skip_unreachable() {
            self.skip(id, SkipReason::Upstream { node: cause });
        }
    }

    /// Whether a cached take has its named files.
    fn is_in_place(&self, node: &Node) -> bool {
        let ports = &self.step.ports;
        match &node.work {
            NodeWork::Take(take) if node.verdict == Verdict::Cached => take.stored.as_ref().is_some_and(|stored| {
                ports
                    .store
                    .is_placed(&ports.folder, &place::file_name(take, stored), stored)
            }),
            _ => false,
        }
    }

    /// What the ledger knows of calls that hold up takes of this plan.
    async fn known_of_unsure(&self, plan: &Plan) -> HashMap<Key, StepFailure> {
        if plan.nodes.iter().all(|node| node.verdict != Verdict::Unsure) {
            return HashMap::new();
        }
        let unsure = blocking(&self.step.ports.store, Store::unsure_takes).await;
        let unsure = unsure.unwrap_or_else(|error| {
            tracing::warn!(%error, "what is known of unsure calls cannot be read");
            Vec::new()
        });
        unsure
            .into_iter()
            .map(|take| (take.key, earlier(take.failure)))
            .collect()
    }

    /// Takes in what is there already, and says of what cannot be done that it is not.
    async fn recollect(&mut self, plan: &Arc<Plan>, node: &Node, known: &HashMap<Key, StepFailure>) {
        match (&node.work, node.verdict) {
            (NodeWork::Take(take), Verdict::Cached) => {
                let Some(stored) = &take.stored else { return };
                self.remember(node.id, stored.clone());
                if !self.is_in_place(node) {
                    self.restore(plan, node).await;
                }
            }
            (work, Verdict::Unsure) => {
                let failure = match (&node.reason, work) {
                    (Reason::PaidAudioLost { paid, changed, .. }, NodeWork::Take(take)) => {
                        self.note_name(plan, take).await;
                        StepFailure::lost(*paid, changed.as_deref())
                    }
                    (_, NodeWork::Take(Take { key: Some(key), .. })) if known.contains_key(key) => known[key].clone(),
                    _ => StepFailure::in_doubt("an earlier call has no known outcome"),
                };
                self.tell(Event::TakeUnsure {
                    node: node.id,
                    failure: located(plan, node.id, failure),
                });
            }
            (_, Verdict::Blocked) => {
                let failed = |need: &&NodeId| self.scheduler.state(**need) != State::Done;
                let cause = node.needs.iter().find(failed).copied().unwrap_or(node.id);
                self.skip(node.id, SkipReason::Upstream { node: cause });
            }
            _ => {}
        }
    }

    /// The key of a lost take may be wanted under another name than it was bought under; it is settled by this one.
    async fn note_name(&self, plan: &Arc<Plan>, take: &Take) {
        let Some(key) = take.key else { return };
        let (pipeline, name) = (plan.pipeline.clone(), take.name.to_string());
        let noted = blocking(&self.step.ports.store, move |store| {
            store.note_name(&pipeline, &name, key)
        });
        if let Err(error) = noted.await {
            tracing::warn!(%error, "a lost take can be settled by its key alone");
        }
    }

    /// A cached take whose named files are gone gets them back.
    async fn restore(&mut self, plan: &Arc<Plan>, node: &Node) {
        let NodeWork::Take(take) = &node.work else { return };
        let Some(stored) = take.stored.clone() else { return };
        let ports = Arc::clone(&self.step.ports);
        let Some(request) = take.draft.complete(plan, |id| self.audio.get(&id).copied()) else {
            return;
        };
        let (key, sound, outline) = (stored.key, stored.sound, stored.peaks.outline(OUTLINE));
        let event = match place(plan, &ports, (node, take), &request, &Arrival::reused(stored)).await {
            Ok(path) => Event::TakeFinished {
                node: node.id,
                key,
                path,
                sound,
                outline,
                charged: None,
                reused: true,
            },
            Err(error) => {
                let failure = StepFailure::new(FailureClass::Machine, error.to_string())
                    .help("the take is in the store and nothing was bought; make room for its file and run again");
                Event::NodeFailed {
                    node: node.id,
                    failure: located(plan, node.id, failure),
                }
            }
        };
        self.tell(event);
    }
}

/// The failure of an earlier call, as the run that meets it tells it.
pub(super) fn earlier(failure: StepFailure) -> StepFailure {
    if failure.billed == Billed::Yes {
        return failure;
    }
    let message = format!("an earlier call has no known outcome: {}", failure.message);
    let doubt = StepFailure::in_doubt(message);
    StepFailure {
        help: failure.help.or(doubt.help),
        // What broke that run need not break this one.
        class: match failure.class {
            FailureClass::Machine => FailureClass::Ambiguous,
            class if class.stops_the_run() => FailureClass::Ambiguous,
            class => class,
        },
        trace: failure.trace,
        ..doubt
    }
}

/// The takes whose audio an upload sends.
pub(super) fn references(plan: &Plan) -> BTreeSet<NodeId> {
    let source = |node: &Node| match &node.work {
        NodeWork::Upload(Upload {
            content: Content::Take { node, .. },
            ..
        }) => Some(*node),
        _ => None,
    };
    plan.nodes.iter().filter_map(source).collect()
}

fn card(node: &Node) -> NodeCard {
    let (kind, name, backend) = match &node.work {
        NodeWork::Upload(upload) => (NodeKind::Upload, upload.name.to_string(), upload.backend),
        NodeWork::Take(take) => (NodeKind::Take, take.name.to_string(), take.draft.request.backend),
    };
    NodeCard {
        node: node.id,
        kind,
        name,
        verdict: node.verdict,
        reason: node.reason.clone(),
        price: node.price,
        backend,
        location: node.location.clone(),
    }
}
