//! Facts about a run, and the one fold that turns them into its state.
//!
//! Events are the only bridge from doing to showing: terminal, report, page and history all read the same stream,
//! live or stored. This module does not know who listens.

mod costs;
mod failure;
mod state;

pub use costs::Costs;
pub use failure::{Billed, FailureClass, StepFailure};
pub use state::{NodeState, Phase, RunState, Slowdown, Tally, TryState};

use crate::{
    audio::Sound,
    base::{
        money::{Price, Total, Usd},
        span::Location,
        time::Timestamp,
    },
    catalog::BackendKind,
    plan::{Key, Miss, NodeId, Reason, Retakes, Verdict},
};
use serde::{Deserialize, Serialize};

/// The version of the stream; raised when a field changes its meaning or goes away.
pub const VERSION: u32 = 1;

/// Parts of the outline of a take: as many as are drawn on a line.
pub const OUTLINE: usize = 16;

/// One event with its place in the stream.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// [`VERSION`].
    pub v: u32,
    /// Which run.
    pub run: String,
    /// From zero, without gaps.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// What.
    pub event: Event,
}

/// A node as the stream introduces it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NodeCard {
    /// Its id in this run.
    pub node: NodeId,
    /// What kind of work it is.
    pub kind: NodeKind,
    /// `songs.hook[city=Lisbon]#2`, `references.demo`.
    pub name: String,
    /// What was planned.
    pub verdict: Verdict,
    /// Why.
    pub reason: Reason,
    /// What it was expected to cost.
    pub price: Price,
    /// To whom it goes.
    pub backend: BackendKind,
    /// The step in the YAML that asked for it.
    pub location: Location,
}

/// A take on disk that is outside what is accepted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OutsideTake {
    /// `songs.hook[city=Lisbon]#2`.
    pub name: String,
    /// What it misses.
    pub misses: Vec<Miss>,
}

/// Uploads are free, takes are paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeKind {
    /// A reference on its way to a backend.
    Upload,
    /// A render.
    Take,
}

/// One fact about a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// The run begins. Only nodes that are not simply cached are introduced; those are counted.
    RunStarted {
        /// The pipeline's name.
        pipeline: String,
        /// Its file as the user named it.
        file: String,
        /// The program's version.
        program: String,
        /// Everything this run will look at and that is not cached.
        nodes: Vec<NodeCard>,
        /// Takes that are on disk already.
        cached: usize,
        /// What those would cost to render again.
        saved: Total,
        /// Those of them that are outside what is accepted, and stay so.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        outside: Vec<OutsideTake>,
        /// What retakes may cost on top of what is planned.
        #[serde(default)]
        retakes: Retakes,
    },
    /// A reference is being sent.
    UploadStarted {
        /// Which node.
        node: NodeId,
    },
    /// The ids of a reference are known.
    UploadFinished {
        /// Which node.
        node: NodeId,
        /// They were known from an earlier run; nothing was sent.
        reused: bool,
    },
    /// The claim is on disk and the paid call goes out.
    TakeSubmitted {
        /// Which node.
        node: NodeId,
        /// From one.
        attempt: u32,
        /// What we call the request at the backend.
        request_id: String,
    },
    /// A try did surely not run and is made again.
    Retrying {
        /// Which node.
        node: NodeId,
        /// The try that failed.
        attempt: u32,
        /// How long until the next, in milliseconds.
        after_ms: u64,
        /// What happened.
        failure: StepFailure,
    },
    /// A backend turned a call away because it is too much at once, or too fast: fewer go to it, and later.
    Slowed {
        /// Which backend.
        backend: BackendKind,
        /// Calls under way to it at once, from now on; it grows again while calls go well.
        limit: u32,
        /// How long until the next one, in milliseconds.
        after_ms: u64,
        /// What the backend said.
        failure: StepFailure,
    },
    /// The call may have been paid, and the account's log is asked whether it was.
    LookingUp {
        /// Which node.
        node: NodeId,
        /// For how long at most, in milliseconds.
        until_ms: u64,
        /// What happened.
        failure: StepFailure,
    },
    /// The render is paid for and waits behind a link; it did not come this time and is fetched again.
    FetchingAgain {
        /// Which node.
        node: NodeId,
        /// The try that failed.
        attempt: u32,
        /// How long until the next, in milliseconds.
        after_ms: u64,
        /// What happened.
        failure: StepFailure,
    },
    /// The take is on disk under its name.
    TakeFinished {
        /// Which node.
        node: NodeId,
        /// Of the request.
        key: Key,
        /// Its file, as the user would type it.
        path: String,
        /// What was measured.
        sound: Sound,
        /// Its outline in [`OUTLINE`] equal parts, each how far it swings on the average, 0 to 127; empty if none was measured.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        outline: Vec<u8>,
        /// What the backend said it cost.
        charged: Option<Usd>,
        /// Nothing was sent: another node, process or earlier run brought it.
        reused: bool,
        /// What it misses of what is asked of it; empty if it is accepted.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        outside: Vec<Miss>,
        /// What a scratch take took from its references, in the sandbox's words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        picked_up: Option<String>,
    },
    /// The try that just arrived is outside what is accepted: it is kept, and another one is asked for.
    Retaking {
        /// Which node.
        node: NodeId,
        /// What the try misses.
        misses: Vec<Miss>,
        /// Which retake begins; from one.
        retake: u32,
        /// How many there may be.
        of: u32,
        /// What it is expected to cost.
        price: Price,
    },
    /// The account's log says what a call cost whose answer did not say. Told after the call is over.
    TakeCharged {
        /// Which node.
        node: NodeId,
        /// What it cost.
        amount: Usd,
        /// Of the request, if the call was an earlier try than the node's last.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        earlier: Option<Key>,
    },
    /// The node came to nothing.
    NodeFailed {
        /// Which node.
        node: NodeId,
        /// Why, and whether it was paid.
        failure: StepFailure,
    },
    /// The call's outcome is not known, or it was paid for without a take; it is not made again by itself.
    TakeUnsure {
        /// Which node.
        node: NodeId,
        /// What happened.
        failure: StepFailure,
    },
    /// Not done, because of something else.
    NodeSkipped {
        /// Which node.
        node: NodeId,
        /// Why.
        because: SkipReason,
    },
    /// Nothing more is admitted; what is under way lands.
    Stopping {
        /// Why.
        cause: StopCause,
    },
    /// The run is over.
    RunFinished {
        /// How it ended.
        end: RunEnd,
    },
}

/// Why a node was not done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "because", rename_all = "snake_case")]
pub enum SkipReason {
    /// Something it needs failed or is unsure.
    Upstream {
        /// Which.
        node: NodeId,
    },
    /// The run was stopped before it began.
    Stopped,
    /// Its backend turned every call away for so long that nothing more was asked of it.
    Away {
        /// Which.
        backend: BackendKind,
    },
    /// It would have gone over a budget, or nobody can say that it would not: the run stops here.
    OverBudget {
        /// Which budget.
        budget: BudgetSpan,
        /// How much it is.
        most: Usd,
        /// What was spent of it.
        spent: Total,
    },
}

/// What a budget is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BudgetSpan {
    /// One run.
    Run,
    /// One day, whoever runs what.
    Day,
}

/// Why a run stops early. Ordered: a stop only ever gets more urgent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopCause {
    /// A newer plan takes the place of this one. What is under way lands; nothing more begins.
    Superseded,
    /// `--fail-fast` and something failed.
    FailFast,
    /// The next take would go over the budget.
    Budget,
    /// Key or credits were refused: every further call would be.
    Refused,
    /// This machine failed: the ledger or the disk cannot be written.
    Machine,
    /// SIGTERM.
    Terminated,
    /// First Ctrl-C.
    Interrupted,
    /// Second Ctrl-C: leave at once; the ledger knows what is under way.
    Abandoned,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunEnd {
    /// Everything asked for is on disk.
    Done,
    /// Something failed or was skipped because of it.
    Failed,
    /// Outcomes are unknown: a person must look.
    Unsure,
    /// It was stopped.
    Stopped(StopCause),
}

impl RunEnd {
    /// The word in lists of runs.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Unsure => "unsure",
            Self::Stopped(StopCause::Budget) => "budget reached",
            Self::Stopped(StopCause::Refused) => "refused",
            Self::Stopped(StopCause::Machine) => "machine failed",
            Self::Stopped(_) => "stopped",
        }
    }
}
