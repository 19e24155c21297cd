//! The state of a run: the one fold over its events.

use super::{Event, NodeCard, NodeKind, Record, RunEnd, SkipReason, StepFailure, StopCause};
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
    /// When it began.
    pub started: Option<Timestamp>,
    /// When the last event came.
    pub last: Option<Timestamp>,
    /// Why it stops early, if it does.
    pub stopping: Option<StopCause>,
    /// How it ended, once it has.
    pub end: Option<RunEnd>,
}
