//! The plan's types: what is to be done, and why.

use super::{OutputName, OutsideTry};
use crate::{
    audio::{Peaks, Sound},
    base::{
        audio_settings::{AudioSettings, Format},
        digest::Digest,
        ids::{CellName, TakeName},
        money::{Price, Total, Usd},
        span::Location,
        time::Timestamp,
    },
    catalog::{BackendKind, Purpose, Wishes},
    pipeline::{BackendSettings, Gates, Limits, Miss},
};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, HashMap},
    path::PathBuf,
};

/// The digest of a fully resolved request; the cache key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Key(pub Digest);

impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// A reference as it counts in a request: by content, never by path, address or upload id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReferencePart {
    /// Of the file's bytes.
    pub digest: Digest,
    /// What it was uploaded for; the ids differ by it.
    pub purpose: Purpose,
}

/// Everything that decides what a take sounds like, and nothing else. What is listed here invalidates; names of steps
/// and files, tags, limits, timeouts and secrets are not here and never do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RenderRequest {
    /// Version of this struct and of the normalisation of lyrics.
    pub version: u32,
    /// Who renders: a scratch take is never mistaken for a paid one.
    pub backend: BackendKind,
    /// Version of the wire contract.
    pub contract: u32,
    /// What renders.
    pub model: String,
    /// Rendered and normalised.
    pub lyrics: Option<String>,
    /// The voice to sing with.
    pub voice: Option<ReferencePart>,
    /// The accompaniment.
    pub instrumental: Option<ReferencePart>,
    /// Defaults filled in.
    pub audio: AudioSettings,
    /// Two takes of one cell are two keys; from one.
    pub take: u32,
    /// Changed on purpose to buy anew; empty by default.
    pub salt: String,
    /// What the pipeline wishes of its scratch takes; none if it wishes nothing, and never of a paid backend.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wishes: Option<Wishes>,
}

/// One node of a [`Plan`]: its index in [`Plan::nodes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NodeId(pub u32);

/// What to do, in an order in which it can be done: a node's needs stand before it.
#[derive(Debug)]
pub struct Plan {
    /// The pipeline's name.
    pub pipeline: String,
    /// The pipeline's file as the user named it.
    pub file: String,
    /// The folder the pipeline stands in; the take sheet is written there.
    pub folder: PathBuf,
    /// Dense by [`NodeId`]; needs come first.
    pub nodes: Vec<Node>,
    /// What the new takes cost.
    pub total: Total,
    /// What retakes may cost on top of that, if every take that can be retaken is, as often as it may be.
    pub retakes: Retakes,
    /// `limits:`.
    pub limits: Limits,
    /// `backends:`.
    pub backends: BTreeMap<BackendKind, BackendSettings>,
    /// `timezone:`, known to exist: where the budget's day begins. The machine's own if absent.
    pub timezone: Option<String>,
}

/// Retakes that a plan may come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retakes {
    /// How many at most.
    pub count: u32,
    /// What they cost together.
    pub total: Total,
}

impl Plan {
    /// The node behind an id.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0 as usize]
    }

    /// The takes that are on disk outside what is accepted and have no try left, with what they miss.
    pub fn stay_outside(&self) -> impl Iterator<Item = (String, Vec<Miss>)> {
        self.takes().filter_map(|(node, take)| match &node.reason {
            Reason::StaysOutside { misses, .. } => Some((take.name.to_string(), misses.clone())),
            _ => None,
        })
    }

    /// The takes with their nodes, in plan order.
    pub fn takes(&self) -> impl Iterator<Item = (&Node, &Take)> {
        self.nodes.iter().filter_map(|node| match &node.work {
            NodeWork::Take(take) => Some((node, take)),
            NodeWork::Upload(_) => None,
        })
    }
}

/// An upload or a take.
#[derive(Clone, Debug)]
pub struct Node {
    /// Its own index.
    pub id: NodeId,
    /// What must be done before, data or order alike.
    pub needs: Vec<NodeId>,
    /// What will happen to it.
    pub verdict: Verdict,
    /// Why.
    pub reason: Reason,
    /// What doing it costs; zero if nothing is to be done.
    pub price: Price,
    /// The step in the YAML that asked for it.
    pub location: Location,
    /// The step's tags.
    pub tags: Vec<String>,
    /// What is done.
    pub work: NodeWork,
}

/// What a node does.
#[derive(Clone, Debug)]
pub enum NodeWork {
    /// Sends a reference to a backend.
    Upload(Upload),
    /// Renders.
    Take(Take),
}

/// Sends a reference to a backend. Free; done only if a take that needs it is rendered.
#[derive(Clone, Debug)]
pub struct Upload {
    /// `references.demo`.
    pub name: CellName,
    /// To whom.
    pub backend: BackendKind,
    /// What for.
    pub purpose: Purpose,
    /// What.
    pub content: Content,
}

/// What is uploaded.
#[derive(Clone, Debug)]
pub enum Content {
    /// A file of the user's, as it was when the plan was made.
    File {
        /// To open.
        path: PathBuf,
        /// As the user would type it.
        shown: String,
        /// Of its bytes.
        digest: Digest,
        /// By its first bytes, whatever its name says.
        format: Format,
    },
    /// The audio of a take that this plan renders or has.
    Take {
        /// The take.
        node: NodeId,
        /// Of its audio, if it is there already.
        digest: Option<Digest>,
    },
}

/// Renders one take.
#[derive(Clone, Debug)]
pub struct Take {
    /// `songs.hook[city=Lisbon]#2`.
    pub name: TakeName,
    /// The request without what is not known before its references are.
    pub draft: Draft,
    /// Known unless a reference is still to be rendered.
    pub key: Option<Key>,
    /// Where its file goes, relative to the output folder.
    pub output: OutputName,
    /// An earlier node with the same request: this one costs nothing and takes what that one brings.
    pub twin: Option<NodeId>,
    /// What is there already, if the verdict is `cached`.
    pub stored: Option<StoredTake>,
    /// What was paid for and is gone: its digest still says what was made of it.
    pub lost: Option<StoredTake>,
    /// What it must measure.
    pub gates: Gates,
    /// Which try the draft asks for: zero for the first, then the number of the retake.
    pub attempt: u32,
    /// Tries that are on disk and are not the take, because they are outside its gates.
    pub outside: Vec<OutsideTry>,
    /// What the last try before this one missed, whether or not its audio is still there.
    pub missed: Vec<Miss>,
    /// The audio of every try that is known of, by its number, whether or not it is still there. Of a take that
    /// nothing is asked of and nothing is made of, nobody asks.
    pub made: Vec<(u32, Digest)>,
}

/// A request whose references may still be to come.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Complete but for the references, which are `None` here.
    pub request: RenderRequest,
    /// The upload that yields the voice id.
    pub voice: Option<NodeId>,
    /// The upload that yields the instrumental id.
    pub instrumental: Option<NodeId>,
}

/// What will happen to a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It is there.
    Cached,
    /// It was never rendered.
    New,
    /// An earlier take of the cell was rendered from another request.
    Changed,
    /// It is bought again on purpose.
    Retake,
    /// An earlier call's outcome is not known; it is left alone until a person decides.
    Unsure,
    /// Something it needs cannot be had.
    Blocked,
    /// It depends on something not yet rendered, so its key is not known yet.
    Waits,
}

impl Verdict {
    /// The word in output.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Cached => "cached",
            Self::New => "new",
            Self::Changed => "changed",
            Self::Retake => "retake",
            Self::Unsure => "unsure",
            Self::Blocked => "blocked",
            Self::Waits => "waits",
        }
    }

    /// Whether a run does something about it.
    pub const fn is_work(self) -> bool {
        matches!(self, Self::New | Self::Changed | Self::Retake | Self::Waits)
    }
}

/// Why a node has its verdict.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum Reason {
    /// The same request was rendered before.
    Rendered {
        /// When.
        at: Timestamp,
    },
    /// Nothing of this name or request was rendered before.
    NeverRendered,
    /// The same request was rendered before for free, but its audio is nowhere to be found: it is rendered again.
    AudioLost,
    /// The same request was rendered and paid for, and its audio is nowhere to be found. It is not bought again before a
    /// person says so.
    PaidAudioLost {
        /// What it cost.
        paid: Price,
        /// When it was rendered.
        at: Timestamp,
        /// The named file that somebody changed in place, and the store's copy with it, if that is how it was lost.
        changed: Option<String>,
    },
    /// Its audio was lost after it was paid for, and a person said to buy it again.
    GivenUp {
        /// What the lost audio had cost.
        paid: Price,
    },
    /// The last try is outside what is accepted, and there is another one.
    Outside {
        /// What it misses.
        misses: Vec<Miss>,
        /// Which retake this is; from one.
        retake: u32,
        /// How many there may be.
        of: u32,
    },
    /// It was rendered before, is outside what is accepted, and stays so: no try is left.
    StaysOutside {
        /// What it misses.
        misses: Vec<Miss>,
        /// How many retakes were made.
        retakes: u32,
        /// When it was rendered.
        at: Timestamp,
    },
    /// `gc` deleted its audio.
    Collected {
        /// What the deleted audio had cost.
        paid: Price,
        /// When it was deleted.
        at: Timestamp,
    },
    /// The cell has takes; this one is one more.
    OneMoreTake,
    /// The request differs from the nearest earlier one of the same take.
    Differs {
        /// Field by field.
        changes: Vec<Change>,
    },
    /// The same request stands earlier in the plan: bought once.
    SameAs {
        /// Which.
        take: TakeName,
    },
    /// A paid call was made whose outcome is not known.
    OutcomeUnknown {
        /// When the call was made.
        since: Timestamp,
    },
    /// It depends on a take that is not there yet.
    WaitsFor {
        /// Which.
        take: TakeName,
    },
    /// It depends on something that cannot be had.
    BlockedBy {
        /// Its name.
        node: String,
    },
    /// An upload that some take of this run needs.
    NeededBy {
        /// How many takes.
        takes: usize,
    },
    /// An upload no take of this run needs.
    NotNeeded,
}

/// One difference between two requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// `lyrics line 7`, `audio.bitrate`.
    pub field: String,
    /// The earlier value; empty if there was none.
    pub before: String,
    /// The value now; empty if there is none.
    pub after: String,
}

/// A take that is on disk.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredTake {
    /// Of the request.
    pub key: Key,
    /// Of the audio.
    pub digest: Digest,
    /// Length of the file in bytes.
    pub bytes: u64,
    /// What the audio really is, whatever was asked for.
    pub format: Format,
    /// What was measured when it arrived.
    pub sound: Sound,
    /// Its outline; empty if none was measured.
    #[serde(default)]
    pub peaks: Peaks,
    /// When it arrived.
    pub at: Timestamp,
    /// What it cost by the backend's word, if it gave one.
    pub charged: Option<Usd>,
    /// What it was expected to cost.
    pub price: Price,
}

impl StoredTake {
    /// What it cost: by the backend's word, or else as planned.
    pub fn paid(&self) -> Price {
        self.charged.map_or(self.price, Price::Known)
    }

    /// Whether it surely cost nothing, so that rendering it again pays nothing twice.
    pub fn is_free(&self) -> bool {
        self.paid() == Price::Known(Usd::ZERO)
    }
}

/// What is known of a key.
#[derive(Clone, Debug)]
pub enum Known {
    /// It is on disk.
    Take(StoredTake),
    /// A call was made whose outcome is not known.
    Unsure {
        /// When.
        since: Timestamp,
    },
    /// It was paid for, and its audio is gone from this machine.
    Lost {
        /// The take without its audio.
        take: StoredTake,
        /// The named file, relative to the project, that somebody changed in place, and the store's copy with it.
        changed: Option<String>,
    },
    /// It was paid for once, and its audio given up by a person's word.
    Forgone {
        /// In which way.
        how: Forgone,
        /// What it had cost.
        paid: Price,
        /// When it was given up.
        at: Timestamp,
    },
}

/// How audio that was paid for was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Forgone {
    /// It was lost, and a person said to buy it again.
    GivenUp,
    /// `gc` deleted it.
    Collected,
}

/// What was rendered before; the store implements it.
pub trait Memory {
    /// What is known of these keys; keys of which nothing is known are absent.
    fn recall(&self, keys: &[Key]) -> HashMap<Key, Known>;

    /// The request of the latest take of that name in that pipeline, for explaining a miss.
    fn previous(&self, pipeline: &str, take: &TakeName) -> Option<RenderRequest>;

    /// The same of many takes; those without one are absent.
    fn previous_of(&self, pipeline: &str, takes: &[&TakeName]) -> HashMap<TakeName, RenderRequest> {
        let takes = takes.iter().copied();
        takes
            .filter_map(|take| Some((take.clone(), self.previous(pipeline, take)?)))
            .collect()
    }
}

/// Remembers nothing: for `check`, and for a first plan.
#[derive(Clone, Copy, Debug, Default)]
pub struct Blank;

impl Memory for Blank {
    fn recall(&self, _: &[Key]) -> HashMap<Key, Known> {
        HashMap::new()
    }

    fn previous(&self, _: &str, _: &TakeName) -> Option<RenderRequest> {
        None
    }
}
