//! The JSON document of a run.

use super::text::{failure_of, outcome, unclear};
use crate::{
    audio::Sound,
    base::{
        money::{Price, Total, Usd},
        span::Location,
        time::Timestamp,
    },
    event::{Costs, NodeKind, NodeState, Phase, RunEnd, RunState, StepFailure},
    plan::Verdict,
};
use serde::Serialize;

/// Names the document and its version.
pub const SCHEMA: &str = "takesheet.run/1";

/// A run as `run --json` prints it. Fields are only ever added within a version.
#[derive(Debug, Serialize)]
pub struct RunDocument<'a> {
    /// [`SCHEMA`].
    pub schema: &'static str,
    /// Its id.
    pub run: &'a str,
    /// The pipeline's name.
    pub pipeline: &'a str,
    /// Its file as the user named it.
    pub file: &'a str,
    /// When it began.
    pub started: Option<Timestamp>,
    /// When its last event came.
    pub ended: Option<Timestamp>,
    /// How it ended; null while it runs.
    pub end: Option<RunEnd>,
    /// Takes that were on disk before, and are not among `nodes`.
    pub cached: usize,
    /// What was spent.
    pub spent: Total,
    /// What it was expected to cost, beside the backend's word.
    pub costs: CostsDocument,
    /// What may have been spent: calls of which nobody knows.
    pub doubtful: Total,
    /// What the cached takes would cost again.
    pub saved: Total,
    /// Everything that was not simply cached.
    pub nodes: Vec<RunNodeDocument<'a>>,
}

/// The money of a run: of the takes that it bought, but for `waiting` and `lost`.
#[derive(Debug, Serialize)]
pub struct CostsDocument {
    /// What they were expected to cost.
    pub estimated: Total,
    /// What they cost by the backend's word, as far as it was given.
    pub charged: Usd,
    /// How many takes' cost it has not said.
    pub not_said: u32,
    /// What was paid for audio that a later run takes up.
    pub waiting: Total,
    /// What was paid for nothing.
    pub lost: Total,
}

/// One node of a run.
#[derive(Debug, Serialize)]
pub struct RunNodeDocument<'a> {
    /// `songs.hook[city=Lisbon]#2`, `references.demo`.
    pub name: &'a str,
    /// `take` or `upload`.
    pub kind: NodeKind,
    /// What was planned.
    pub verdict: Verdict,
    /// `waiting`, `running`, `rendered`, `uploaded`, `reused`, `failed`, `unsure`, `skipped`.
    pub state: &'static str,
    /// The step in the YAML that asked for it.
    pub location: &'a Location,
    /// When its first call went out.
    pub started: Option<Timestamp>,
    /// When it was over.
    pub ended: Option<Timestamp>,
    /// Its file.
    pub path: Option<&'a str>,
    /// What was measured.
    pub sound: Option<Sound>,
    /// Its outline in equal parts, 0 to 127 each; empty if none was measured.
    pub outline: &'a [u8],
    /// What it was expected to cost: a decimal in US dollars, or `unknown`.
    pub estimated: String,
    /// A decimal in US dollars, or `unknown`; null if nothing was bought.
    pub cost: Option<String>,
    /// What it cost by the backend's word; null if it gave none.
    pub charged: Option<Usd>,
    /// Why it failed or is unsure.
    pub failure: Option<&'a StepFailure>,
    /// Why it was skipped.
    pub skipped: Option<String>,
}

impl<'a> RunDocument<'a> {
    /// The document of a run.
    pub fn of(state: &'a RunState) -> Self {
        Self {
            schema: SCHEMA,
            run: &state.run,
            pipeline: &state.pipeline,
            file: &state.file,
            started: state.started,
            ended: state.last,
            end: state.end,
            cached: state.cached,
            spent: state.spent,
            costs: costs(state.costs()),
            doubtful: state.doubtful,
            saved: state.saved,
            nodes: state
                .nodes
                .values()
                .map(|node| RunNodeDocument::of(node, state))
                .collect(),
        }
    }

    /// As text, with a line break at its end.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("names and numbers are always JSON") + "\n"
    }
}

impl<'a> RunNodeDocument<'a> {
    fn of(node: &'a NodeState, state: &'a RunState) -> Self {
        Self {
            name: &node.card.name,
            kind: node.card.kind,
            verdict: node.card.verdict,
            state: match (&node.phase, node.card.kind) {
                (Phase::Waiting, _) => "waiting",
                (Phase::Running { .. } | Phase::Pausing { .. } | Phase::Recovering { .. }, _) => "running",
                (Phase::Done { reused: true }, _) => "reused",
                (Phase::Done { .. }, NodeKind::Take) => "rendered",
                (Phase::Done { .. }, NodeKind::Upload) => "uploaded",
                (Phase::Failed(_), _) => "failed",
                (Phase::Unsure(_), _) => "unsure",
                (Phase::Skipped(_), _) => "skipped",
            },
            location: &node.card.location,
            started: node.started,
            ended: node.ended,
            path: node.path.as_deref(),
            sound: node.sound,
            outline: &node.outline,
            estimated: decimal(node.card.price),
            cost: node.cost.map(decimal),
            charged: node.charged,
            failure: failure_of(&node.phase).or_else(|| unclear(&node.phase)),
            skipped: matches!(node.phase, Phase::Skipped(_)).then(|| outcome(node, state)),
        }
    }
}

fn costs(costs: Costs) -> CostsDocument {
    let Costs {
        estimated,
        charged,
        not_said,
        waiting,
        lost,
    } = costs;
    CostsDocument {
        estimated,
        charged,
        not_said,
        waiting,
        lost,
    }
}

fn decimal(price: Price) -> String {
    match price {
        Price::Known(amount) => amount.decimal(),
        Price::Unknown => "unknown".to_owned(),
    }
}
