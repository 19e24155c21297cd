//! Why a step came to nothing, as data: what happened, whether it was paid, what to do.

use crate::base::{
    money::{Price, Usd},
    span::Location,
};
use serde::{Deserialize, Serialize};

/// Whether a failed call was paid for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Billed {
    /// Surely not.
    No,
    /// Surely.
    Yes,
    /// Nobody knows.
    Unknown,
}

/// What kind of failure it is; decides what happens next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureClass {
    /// The key was refused: stops the run.
    Auth,
    /// The account has no money: stops the run.
    Credits,
    /// The request was refused as invalid.
    Invalid,
    /// The lyrics or the result were refused by moderation.
    Moderation,
    /// The model or the route is gone.
    Withdrawn,
    /// An upload id is not known to the backend (any more).
    UnknownReference,
    /// The backend asks to slow down.
    Busy,
    /// The backend could not be reached; nothing was sent.
    Unreachable,
    /// The backend answered with an error of its own.
    Server,
    /// No complete answer came: the call may have been paid.
    Ambiguous,
    /// It was paid for, and its audio never arrived, or arrived and is gone from this machine.
    Lost,
    /// An answer came that is not a take: not audio, not hex, damaged, too short.
    BadAnswer,
    /// This machine failed.
    Machine,
}

impl FailureClass {
    /// Whether every further call would fail the same way.
    pub const fn stops_the_run(self) -> bool {
        matches!(self, Self::Auth | Self::Credits)
    }
}

/// Why a step came to nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepFailure {
    /// What kind.
    pub class: FailureClass,
    /// One sentence without a full stop: what happened, with the backend's own words.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// Whether it was paid for.
    pub billed: Billed,
    /// What was charged, if the backend or the account's log said so.
    #[serde(default)]
    pub charged: Option<Usd>,
    /// HTTP status of the answer, if there was one.
    pub status: Option<u16>,
    /// Names the call at the backend: request id, inference id, trace id, whichever came.
    pub trace: Option<String>,
    /// The step in the YAML that asked for it; filled in by the engine.
    pub location: Option<Box<Location>>,
}

impl StepFailure {
    /// Whether what was paid for is kept or can be fetched, so that a later run takes it up by itself.
    pub fn is_kept(&self) -> bool {
        self.billed == Billed::Yes && matches!(self.class, FailureClass::Machine | FailureClass::Unreachable)
    }

    /// A failure that was surely not paid for.
    pub fn new(class: FailureClass, message: impl Into<String>) -> Self {
        Self {
            class,
            message: message.into(),
            help: None,
            billed: Billed::No,
            charged: None,
            status: None,
            trace: None,
            location: None,
        }
    }

    /// A paid call of which nobody knows what became.
    pub fn in_doubt(message: impl Into<String>) -> Self {
        Self::new(FailureClass::Ambiguous, message)
            .help("it may have been paid: look at your account, then settle it with `takesheet resolve`")
            .billed(Billed::Unknown)
    }

    /// A take that was bought earlier and whose audio is gone. `changed` names the file that somebody wrote into in
    /// place, and into the store's copy with it, if that is how.
    pub fn lost(paid: Price, changed: Option<&str>) -> Self {
        let how = changed.map_or(String::new(), |file| {
            format!(": {file} was changed in place, and the store's copy with it")
        });
        let paid = match paid {
            Price::Known(amount) => amount.to_string(),
            Price::Unknown => "price unknown".to_owned(),
        };
        let message = format!("its audio was paid for ({paid}) and is gone from this machine{how}");
        Self::new(FailureClass::Lost, message)
            .help("put a copy of its file back where it was, or say that it is to be bought again")
            .billed(Billed::Yes)
    }

    /// Whether the backend turned the call away because it is too much at once, or too fast. 503 says something else: that
    /// it is not there, whoever asks.
    pub fn asks_to_slow_down(&self) -> bool {
        self.class == FailureClass::Busy && self.status != Some(503)
    }

    /// Sets what to do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Sets whether it was paid for.
    #[must_use]
    pub fn billed(mut self, billed: Billed) -> Self {
        self.billed = billed;
        self
    }
}
