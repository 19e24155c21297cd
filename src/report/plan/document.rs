//! The JSON document of a plan.

use crate::{
    base::{money::Price, span::Location},
    catalog::BackendKind,
    plan::{Content, Key, Miss, Node, NodeWork, OutputName, OutsideTry, Plan, PriceSource, Reason, Verdict},
    report::names,
};
use serde::Serialize;
use std::collections::BTreeMap;

/// Names the document and its version.
pub const SCHEMA: &str = "takesheet.plan/1";

/// A plan as `plan --json` prints it. Fields are only ever added within a version.
#[derive(Debug, Serialize)]
pub struct PlanDocument {
    /// [`SCHEMA`].
    pub schema: &'static str,
    /// The pipeline's name.
    pub pipeline: String,
    /// Its file as the user named it.
    pub file: String,
    /// How many takes are cached, new, and so on.
    pub takes: BTreeMap<Verdict, usize>,
    /// What the known prices of the work add up to, as a decimal.
    pub price: String,
    /// How many takes have no known price; `price` leaves them out.
    pub unknown_prices: u32,
    /// Retakes that this may come to, at most, and what they cost on top.
    pub retakes: RetakesDocument,
    /// Some takes wait for others, so that fewer may be needed in the end.
    pub at_most: bool,
    /// Everything, in an order in which it can be done.
    pub nodes: Vec<NodeDocument>,
}

/// Retakes on top of a plan.
#[derive(Debug, Serialize)]
pub struct RetakesDocument {
    /// How many at most.
    pub most: u32,
    /// What their known prices add up to, as a decimal.
    pub price: String,
    /// How many of them have no known price.
    pub unknown_prices: u32,
}

/// One node of a plan.
#[derive(Debug, Serialize)]
pub struct NodeDocument {
    /// `songs.hook[city=Lisbon]#2`, `references.demo`.
    pub name: String,
    /// `take` or `upload`.
    pub kind: &'static str,
    /// What will happen to it.
    pub verdict: Verdict,
    /// Why.
    pub reason: Reason,
    /// A decimal in US dollars, or `unknown`.
    pub price: String,
    /// Who says what such a take costs; null for an upload, and if nobody does.
    pub price_source: Option<PriceDocument>,
    /// To whom it goes.
    pub backend: BackendKind,
    /// What renders; null for an upload.
    pub model: Option<String>,
    /// Of the request; null for an upload, and while it waits.
    pub key: Option<Key>,
    /// Which try of the take this is: zero for the first, then the number of the retake; null for an upload.
    pub retake: Option<u32>,
    /// Tries that are on disk and are not the take, because they are outside what is accepted.
    pub outside: Vec<OutsideDocument>,
    /// The file, relative to the output folder, with `{key:8}` while the key is not known; for an upload the file that
    /// is sent.
    pub output: Option<String>,
    /// The step in the YAML that asked for it.
    pub location: Location,
    /// The step's tags.
    pub tags: Vec<String>,
    /// What must be done before.
    pub needs: Vec<String>,
}

/// A try that is outside what is accepted.
#[derive(Debug, Serialize)]
pub struct OutsideDocument {
    /// Zero for the first, then the number of the retake.
    pub retake: u32,
    /// Of its request.
    pub key: Key,
    /// What it misses.
    pub misses: Vec<Miss>,
}

/// Who says what a take costs.
#[derive(Debug, Serialize)]
#[serde(tag = "from", rename_all = "snake_case")]
pub enum PriceDocument {
    /// It is rendered here, for nothing.
    Free,
    /// The pipeline, or a file it includes.
    Pipeline {
        /// Where.
        at: Location,
    },
    /// The table of models.
    Catalog {
        /// When its source said so, `YYYY-MM-DD`.
        date: &'static str,
        /// Its source.
        source: &'static str,
    },
}

impl PriceDocument {
    fn of(source: PriceSource<'_>) -> Option<Self> {
        match source {
            PriceSource::Free => Some(Self::Free),
            PriceSource::Pipeline(at) => Some(Self::Pipeline { at: at.clone() }),
            PriceSource::Catalog { date, source } => Some(Self::Catalog { date, source }),
            PriceSource::Nobody => None,
        }
    }
}

impl OutsideDocument {
    fn of(one: &OutsideTry) -> Self {
        Self {
            retake: one.number,
            key: one.stored.key,
            misses: one.misses.clone(),
        }
    }
}

impl PlanDocument {
    /// The document of a plan.
    pub fn of(plan: &Plan) -> Self {
        let counts = super::text::counts(plan);
        Self {
            schema: SCHEMA,
            pipeline: plan.pipeline.clone(),
            file: plan.file.clone(),
            at_most: counts.contains_key(&Verdict::Waits),
            takes: counts,
            price: plan.total.known.decimal(),
            unknown_prices: plan.total.unknown,
            retakes: RetakesDocument {
                most: plan.retakes.count,
                price: plan.retakes.total.known.decimal(),
                unknown_prices: plan.retakes.total.unknown,
            },
            nodes: plan.nodes.iter().map(|node| NodeDocument::of(plan, node)).collect(),
        }
    }

    /// As text, with a line break at its end.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("names and numbers are always JSON") + "\n"
    }
}

impl NodeDocument {
    fn of(plan: &Plan, node: &Node) -> Self {
        let (kind, backend, model, key, output) = match &node.work {
            NodeWork::Take(take) => {
                let output = match take.key {
                    Some(key) => take.output.with_key(key),
                    None => take.output.pattern.replace(OutputName::KEY, "{key:8}"),
                };
                let request = &take.draft.request;
                (
                    "take",
                    request.backend,
                    Some(request.model.clone()),
                    take.key,
                    Some(output),
                )
            }
            NodeWork::Upload(upload) => {
                let file = match &upload.content {
                    Content::File { shown, .. } => Some(shown.clone()),
                    Content::Take { .. } => None,
                };
                ("upload", upload.backend, None, None, file)
            }
        };
        let price_source = match &node.work {
            NodeWork::Take(take) => PriceDocument::of(plan.price_source(&take.draft.request)),
            NodeWork::Upload(_) => None,
        };
        let (retake, outside) = match &node.work {
            NodeWork::Take(take) => (
                Some(take.attempt),
                take.outside.iter().map(OutsideDocument::of).collect(),
            ),
            NodeWork::Upload(_) => (None, Vec::new()),
        };
        Self {
            name: names::of(node),
            kind,
            verdict: node.verdict,
            reason: node.reason.clone(),
            price: match node.price {
                Price::Known(amount) => amount.decimal(),
                Price::Unknown => "unknown".to_owned(),
            },
            price_source,
            backend,
            model,
            key,
            retake,
            outside,
            output,
            location: node.location.clone(),
            tags: node.tags.clone(),
            needs: node.needs.iter().map(|need| names::of(plan.node(*need))).collect(),
        }
    }
}
