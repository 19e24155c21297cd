//! The exit codes, all of them.

use crate::{
    backend::aimlapi::SettingsError,
    event::{FailureClass, Phase, RunEnd, RunState, StopCause},
    plan::SelectionError,
    report::doctor::Trouble,
    service::{ConductError, CredentialError, GatherError},
};

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Exit {
    /// Done, nothing to do included.
    Done = 0,
    /// The run finished, something failed.
    Failed = 1,
    /// Bad command line.
    Usage = 2,
    /// The pipeline has errors.
    Rejected = 3,
    /// This machine failed.
    Machine = 4,
    /// Nothing selected.
    NothingSelected = 5,
    /// Outcomes unsure: a person must look.
    Unsure = 6,
    /// Budget reached; nothing more was bought.
    Budget = 7,
    /// Key or credits refused.
    Refused = 8,
    /// `plan --detailed-exitcode`: there is something to do.
    Work = 10,
    /// Another run is under way, or the backend is down or busy to the end: worth trying again later.
    Temporary = 75,
    /// Interrupted.
    Interrupted = 130,
    /// Terminated.
    Terminated = 143,
}

impl Exit {
    pub(super) const fn code(self) -> u8 {
        self as u8
    }

    /// What it means, for whoever has nothing but a few lines of text.
    pub(super) const fn said(self) -> &'static str {
        match self {
            Self::Done => "all is well",
            Self::Failed => "something failed",
            Self::Usage => "it was asked for what cannot be done; nothing was bought",
            Self::Rejected => "the pipeline has errors; nothing was bought",
            Self::Machine => "this machine failed",
            Self::NothingSelected => "nothing is selected; nothing was bought",
            Self::Unsure => "an outcome is unsure, and a person must look",
            Self::Budget => "the budget is reached",
            Self::Refused => "the key or the credits were refused",
            Self::Work => "there is something to do",
            Self::Temporary => "it is worth trying again later",
            Self::Interrupted | Self::Terminated => "it was stopped",
        }
    }
}

impl From<&RunState> for Exit {
    fn from(state: &RunState) -> Self {
        let failures = state.nodes.values().filter_map(|node| match &node.phase {
            Phase::Failed(failure) => Some(failure.class),
            _ => None,
        });
        let is_away = |class| matches!(class, FailureClass::Unreachable | FailureClass::Busy);
        match state.end {
            Some(RunEnd::Failed) if failures.clone().count() > 0 && failures.clone().all(is_away) => Self::Temporary,
            Some(end) => end.into(),
            None => Self::Machine,
        }
    }
}

impl From<RunEnd> for Exit {
    fn from(end: RunEnd) -> Self {
        match end {
            RunEnd::Done => Self::Done,
            RunEnd::Failed => Self::Failed,
            RunEnd::Unsure => Self::Unsure,
            RunEnd::Stopped(cause) => match cause {
                // What it left is the newer plan's.
                StopCause::Superseded => Self::Done,
                StopCause::FailFast => Self::Failed,
                StopCause::Budget => Self::Budget,
                StopCause::Refused => Self::Refused,
                StopCause::Machine => Self::Machine,
                StopCause::Terminated => Self::Terminated,
                StopCause::Interrupted | StopCause::Abandoned => Self::Interrupted,
            },
        }
    }
}

impl From<Trouble> for Exit {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Account => Self::Refused,
            Trouble::Machine => Self::Machine,
            Trouble::Pipeline => Self::Rejected,
            Trouble::Away => Self::Temporary,
            Trouble::Other => Self::Failed,
        }
    }
}

impl From<&GatherError> for Exit {
    fn from(error: &GatherError) -> Self {
        match error {
            GatherError::Rejected(_) => Self::Rejected,
            GatherError::Selection(SelectionError::Unreadable { .. }) => Self::Usage,
            GatherError::Selection(SelectionError::Nothing { .. }) => Self::NothingSelected,
            GatherError::Store(_) => Self::Machine,
        }
    }
}

impl From<&ConductError> for Exit {
    fn from(error: &ConductError) -> Self {
        match error {
            ConductError::Settings(SettingsError::Address(_) | SettingsError::Credentials) => Self::Usage,
            ConductError::Credentials(CredentialError::Missing) | ConductError::Settings(SettingsError::Key) => {
                Self::Refused
            }
            ConductError::Store(_) | ConductError::Sandbox(_) => Self::Machine,
        }
    }
}
