//! The state of a run: the one fold over its events.

use super::{Billed, Event, NodeCard, NodeKind, Record, RunEnd, SkipReason, StepFailure, StopCause};
use crate::{
    base::{
        money::{Price, Total, Usd},
        time::Timestamp,
    },
    plan::{NodeId, Sound},
};
use std::collections::BTreeMap;

/// Where a node stands.
#[derive(Clone, Debug, PartialEq)]
pub enum Phase {
    /// Not begun.
    Waiting,
    /// A call is under way since then.
    Running {
        /// When the call went out.
        since: Timestamp,
        /// From one.
        attempt: u32,
    },
    /// Between two tries.
    Pausing {
        /// The try that failed.
        attempt: u32,
        /// When the next one begins.
        until: Timestamp,
        /// What happened.
        failure: StepFailure,
    },
    /// There.
    Done {
        /// Nothing was sent for it.
        reused: bool,
    },
    /// Came to nothing.
    Failed(StepFailure),
    /// Nobody knows whether it was paid.
    Unsure(StepFailure),
    /// Not done.
    Skipped(SkipReason),
}

impl Phase {
    /// Whether nothing more will happen to the node in this run.
    pub const fn is_over(&self) -> bool {
        matches!(
            self,
            Self::Done { .. } | Self::Failed(_) | Self::Unsure(_) | Self::Skipped(_)
        )
    }
}

/// One node of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeState {
    /// How it was introduced.
    pub card: NodeCard,
    /// Where it stands.
    pub phase: Phase,
    /// When its first call went out.
    pub started: Option<Timestamp>,
    /// When it was over.
    pub ended: Option<Timestamp>,
    /// Its file, once it is there.
    pub path: Option<String>,
    /// What was measured, once it is there.
    pub sound: Option<Sound>,
    /// What it cost: the backend's word if it gave one, else the planned price.
    pub cost: Option<Price>,
}

/// Everything that can be said about a run so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunState {
    /// Its id.
    pub run: String,
    /// The pipeline's name.
    pub pipeline: String,
    /// Its file as the user named it.
    pub file: String,
    /// Every node that was not simply cached.
    pub nodes: BTreeMap<NodeId, NodeState>,
    /// Takes that were on disk before.
    pub cached: usize,
    /// What those would cost to render again.
    pub saved: Total,
    /// What the takes of this run cost, failed-but-billed included.
    pub spent: Total,
    /// What calls cost of which nobody knows whether they were paid: not part of `spent`.
    pub doubtful: Total,
    /// When it began.
    pub started: Option<Timestamp>,
    /// When the last event came.
    pub last: Option<Timestamp>,
    /// Why it stops early, if it does.
    pub stopping: Option<StopCause>,
    /// How it ended, once it has.
    pub end: Option<RunEnd>,
}

/// How many takes of a run stand where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Rendered by this run.
    pub rendered: usize,
    /// Brought by another node, process or earlier run.
    pub reused: usize,
    /// Came to nothing.
    pub failed: usize,
    /// Outcome unknown.
    pub unsure: usize,
    /// Not done.
    pub skipped: usize,
    /// Under way or between two tries.
    pub running: usize,
    /// Not begun.
    pub waiting: usize,
}

impl RunState {
    /// The state after all of these events.
    pub fn replay<'a>(records: impl IntoIterator<Item = &'a Record>) -> Self {
        let mut state = Self::default();
        for record in records {
            state.apply(record);
        }
        state
    }

    /// Takes in one event. Events about nodes that were never introduced change nothing.
    pub fn apply(&mut self, record: &Record) {
        self.last = Some(record.at);
        match &record.event {
            Event::RunStarted {
                pipeline,
                file,
                nodes,
                cached,
                saved,
                ..
            } => {
                self.run.clone_from(&record.run);
                self.pipeline.clone_from(pipeline);
                self.file.clone_from(file);
                self.nodes = nodes
                    .iter()
                    .map(|card| (card.node, NodeState::new(card.clone())))
                    .collect();
                self.cached = *cached;
                self.saved = *saved;
                self.started = Some(record.at);
            }
            Event::Stopping { cause } => self.stopping = self.stopping.max(Some(*cause)),
            Event::RunFinished { end } => self.end = Some(*end),
            event => self.apply_to_node(record.at, event),
        }
    }

    fn apply_to_node(&mut self, at: Timestamp, event: &Event) {
        let Some(id) = node_of(event) else { return };
        let Some(node) = self.nodes.get_mut(&id) else { return };
        match event {
            Event::UploadStarted { .. } => node.run(at, 1),
            Event::TakeSubmitted { attempt, .. } => node.run(at, *attempt),
            Event::Retrying {
                attempt,
                after_ms,
                failure,
                ..
            } => {
                let pause = std::time::Duration::from_millis(*after_ms);
                let until = at.checked_add(pause).unwrap_or(Timestamp::MAX);
                node.phase = Phase::Pausing {
                    attempt: *attempt,
                    until,
                    failure: failure.clone(),
                };
            }
            Event::UploadFinished { reused, .. } => node.end(at, Phase::Done { reused: *reused }),
            Event::TakeFinished {
                path,
                sound,
                charged,
                reused,
                ..
            } => {
                let cost = if *reused {
                    Price::Known(Usd::ZERO)
                } else {
                    charged.map_or(node.card.price, Price::Known)
                };
                node.path = Some(path.clone());
                node.sound = Some(*sound);
                node.cost = Some(cost);
                node.end(at, Phase::Done { reused: *reused });
                self.spent.add(cost);
            }
            Event::NodeFailed { failure, .. } => {
                node.end(at, Phase::Failed(failure.clone()));
                match failure.billed {
                    Billed::No => {}
                    Billed::Yes => {
                        node.cost = Some(node.card.price);
                        self.spent.add(node.card.price);
                    }
                    Billed::Unknown => self.doubtful.add(node.card.price),
                }
            }
            Event::TakeUnsure { failure, .. } => {
                node.end(at, Phase::Unsure(failure.clone()));
                if failure.billed == Billed::Yes {
                    node.cost = Some(node.card.price);
                    self.spent.add(node.card.price);
                } else {
                    self.doubtful.add(node.card.price);
                }
            }
            Event::NodeSkipped { because, .. } => node.end(at, Phase::Skipped(because.clone())),
            Event::RunStarted { .. } | Event::Stopping { .. } | Event::RunFinished { .. } => {}
        }
    }

    /// The takes, counted by where they stand; uploads are not counted.
    pub fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        for node in self.nodes.values().filter(|node| node.card.kind == NodeKind::Take) {
            let place = match node.phase {
                Phase::Waiting => &mut tally.waiting,
                Phase::Running { .. } | Phase::Pausing { .. } => &mut tally.running,
                Phase::Done { reused: false } => &mut tally.rendered,
                Phase::Done { reused: true } => &mut tally.reused,
                Phase::Failed(_) => &mut tally.failed,
                Phase::Unsure(_) => &mut tally.unsure,
                Phase::Skipped(_) => &mut tally.skipped,
            };
            *place += 1;
        }
        tally
    }
}

impl NodeState {
    fn new(card: NodeCard) -> Self {
        Self {
            card,
            phase: Phase::Waiting,
            started: None,
            ended: None,
            path: None,
            sound: None,
            cost: None,
        }
    }

    fn run(&mut self, at: Timestamp, attempt: u32) {
        self.started.get_or_insert(at);
        self.phase = Phase::Running { since: at, attempt };
    }

    fn end(&mut self, at: Timestamp, phase: Phase) {
        self.ended = Some(at);
        self.phase = phase;
    }
}

const fn node_of(event: &Event) -> Option<NodeId> {
    match event {
        Event::UploadStarted { node }
        | Event::UploadFinished { node, .. }
        | Event::TakeSubmitted { node, .. }
        | Event::Retrying { node, .. }
        | Event::TakeFinished { node, .. }
        | Event::NodeFailed { node, .. }
        | Event::TakeUnsure { node, .. }
        | Event::NodeSkipped { node, .. } => Some(*node),
        Event::RunStarted { .. } | Event::Stopping { .. } | Event::RunFinished { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        base::span::Location,
        catalog::BackendKind,
        event::{FailureClass, VERSION},
        plan::{Key, Reason, Verdict},
    };

    const PRICE: Price = Price::Known(Usd::from_nanos(31_500_000));

    fn card(id: u32, kind: NodeKind) -> NodeCard {
        NodeCard {
            node: NodeId(id),
            kind,
            name: format!("songs.hook#{id}"),
            verdict: Verdict::New,
            reason: Reason::NeverRendered,
            price: PRICE,
            backend: BackendKind::Sandbox,
            location: Location {
                file: "p.yaml".into(),
                line: 1,
                column: 1,
            },
        }
    }

    fn records(events: Vec<Event>) -> Vec<Record> {
        let wrap = |(seq, event)| Record {
            v: VERSION,
            run: "r1".into(),
            seq,
            at: Timestamp::UNIX_EPOCH,
            event,
        };
        (0..).zip(events).map(wrap).collect()
    }

    fn started() -> Event {
        Event::RunStarted {
            pipeline: "p".into(),
            file: "p.yaml".into(),
            program: "0".into(),
            nodes: vec![
                card(0, NodeKind::Upload),
                card(1, NodeKind::Take),
                card(2, NodeKind::Take),
            ],
            cached: 3,
            saved: Total::default(),
        }
    }

    fn finished(id: u32, charged: Option<Usd>, reused: bool) -> Event {
        Event::TakeFinished {
            node: NodeId(id),
            key: Key(crate::base::digest::Digest::of(b"k")),
            path: "takes/x.mp3".into(),
            sound: Sound {
                seconds: 30.0,
                sample_rate: 44_100,
                channels: 2,
                loudness: None,
            },
            charged,
            reused,
        }
    }

    #[test]
    fn money_is_the_backends_word_then_the_planned_price_and_nothing_for_what_was_reused() {
        let charged = Usd::parse("0.05").unwrap();
        let state = RunState::replay(&records(vec![
            started(),
            finished(1, Some(charged), false),
            finished(2, None, true),
        ]));
        assert_eq!(state.spent.known, charged);
        assert_eq!((state.tally().rendered, state.tally().reused), (1, 1));
        let state = RunState::replay(&records(vec![started(), finished(1, None, false)]));
        assert_eq!(state.spent.known, Usd::from_nanos(31_500_000));
    }

    #[test]
    fn a_failure_that_was_billed_counts_and_a_doubtful_one_is_kept_apart() {
        let failure = |billed| StepFailure::new(FailureClass::Server, "x").billed(billed);
        let state = RunState::replay(&records(vec![
            started(),
            Event::NodeFailed {
                node: NodeId(1),
                failure: failure(Billed::Yes),
            },
            Event::TakeUnsure {
                node: NodeId(2),
                failure: failure(Billed::Unknown),
            },
        ]));
        assert_eq!(state.spent.known, Usd::from_nanos(31_500_000));
        assert_eq!(state.doubtful.known, Usd::from_nanos(31_500_000));
        assert_eq!((state.tally().failed, state.tally().unsure), (1, 1));
    }

    #[test]
    fn a_call_that_was_paid_for_nothing_is_spent_though_a_person_must_look() {
        let failure = StepFailure::new(FailureClass::BadAnswer, "x").billed(Billed::Yes);
        let unsure = Event::TakeUnsure {
            node: NodeId(1),
            failure,
        };
        let state = RunState::replay(&records(vec![started(), unsure]));
        assert_eq!(state.spent.known, Usd::from_nanos(31_500_000));
        assert_eq!(state.doubtful.known, Usd::ZERO);
        assert_eq!(state.tally().unsure, 1);
    }

    #[test]
    fn a_stop_only_gets_more_urgent() {
        let stop = |cause| Event::Stopping { cause };
        let state = RunState::replay(&records(vec![
            started(),
            stop(StopCause::Interrupted),
            stop(StopCause::Budget),
            stop(StopCause::Abandoned),
            stop(StopCause::FailFast),
        ]));
        assert_eq!(state.stopping, Some(StopCause::Abandoned));
    }

    #[test]
    fn every_event_survives_the_trip_through_json() {
        let failure = StepFailure::new(FailureClass::Ambiguous, "cut")
            .help("look")
            .billed(Billed::Unknown);
        let events = vec![
            started(),
            Event::UploadStarted { node: NodeId(0) },
            Event::UploadFinished {
                node: NodeId(0),
                reused: false,
            },
            Event::TakeSubmitted {
                node: NodeId(1),
                attempt: 1,
                request_id: "ts-1".into(),
            },
            Event::Retrying {
                node: NodeId(1),
                attempt: 1,
                after_ms: 500,
                failure: failure.clone(),
            },
            finished(1, None, false),
            Event::TakeUnsure {
                node: NodeId(2),
                failure: failure.clone(),
            },
            Event::NodeSkipped {
                node: NodeId(2),
                because: SkipReason::Upstream { node: NodeId(1) },
            },
            Event::Stopping {
                cause: StopCause::Interrupted,
            },
            Event::RunFinished {
                end: RunEnd::Stopped(StopCause::Interrupted),
            },
        ];
        for record in records(events) {
            let text = serde_json::to_string(&record).unwrap();
            assert_eq!(serde_json::from_str::<Record>(&text).unwrap(), record, "{text}");
        }
    }
}
