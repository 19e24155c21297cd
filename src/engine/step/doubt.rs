//! A call that brought no take and may have been paid: the account's log is asked before anything is called unsure.
//!
//! What the log says, it says of this one call by its own id. Only "not charged" ever leads to another call; silence
//! leaves the doubt as it was, and says so.

use super::{Finish, Step, buy::Unbought, machine};
use crate::{
    backend::{Backend, Fate},
    base::{crash, money::Usd, time::Timestamp},
    catalog::BackendKind,
    engine::{
        chance::millis,
        lookup::{Ask, PATIENCE, Told},
        seam::{EffectLog, PayLedger, Settlement},
    },
    event::{Billed, Event, FailureClass, StepFailure, StopCause},
    plan::NodeId,
    store::ClaimId,
};
use std::time::Duration;
use tokio::sync::oneshot;

/// A paid call, from its claim on.
#[derive(Clone, Debug)]
pub(in crate::engine) struct Purchase {
    pub(in crate::engine) node: NodeId,
    pub(in crate::engine) claim: ClaimId,
    pub(in crate::engine) backend: BackendKind,
    /// Names the call at the backend.
    pub(in crate::engine) request_id: String,
    /// When it was made.
    pub(in crate::engine) since: Timestamp,
}

/// What is wrong with what came of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) enum Wrong {
    /// No whole answer came, or one that says nothing of what was done.
    Lost,
    /// A whole answer came, and there is no take in it.
    NoTake,
}

impl<B: Backend, S: EffectLog + PayLedger> Step<B, S> {
    /// Finds out what became of a call that brought no take, and writes it down. `kept` says where the bytes are that
    /// did come.
    pub(super) async fn doubt(
        &mut self,
        call: &Purchase,
        wrong: Wrong,
        failure: StepFailure,
        kept: Option<String>,
    ) -> Unbought {
        let told = if failure.billed == Billed::Yes {
            None
        } else {
            crash::point("look-up.before");
            let patience = self.patience(call.backend);
            Some(self.look_up(call, &failure, patience).await)
        };
        crash::point("look-up.told");
        let (failure, billed) = match told {
            Some(Told::Fate(Fate::NotCharged)) if wrong == Wrong::Lost => {
                let again = Unbought::Again(None, not_charged(FailureClass::Server, failure));
                return self.after(call.claim, Settlement::Released, again).await;
            }
            Some(Told::Fate(Fate::NotCharged)) => (not_charged(failure.class, failure), Billed::No),
            Some(Told::Fate(fate)) => (paid(wrong, Some(fate), failure), Billed::Yes),
            Some(Told::Nothing(why)) => (unknown(&why, failure), Billed::Unknown),
            None => (paid(wrong, None, failure), Billed::Yes),
        };
        let failure = with_note(failure, kept);
        let (settlement, finish) = match billed {
            Billed::No => (Settlement::Failed(failure.clone()), Finish::Failed(failure)),
            Billed::Yes => (Settlement::Failed(failure.clone()), Finish::Unsure(failure)),
            Billed::Unknown => (Settlement::Unsure(failure.clone()), Finish::Unsure(failure)),
        };
        self.over(call.claim, settlement, finish).await
    }

    /// A call that did not run, and may be made again. What a gateway says of itself (503) is only believed as long as
    /// the log, asked once, does not know of a charge.
    pub(super) async fn declined(
        &mut self,
        call: &Purchase,
        after: Option<Duration>,
        failure: StepFailure,
    ) -> Unbought {
        let is_a_gateways = failure.status.is_some_and(|status| status >= 500);
        if is_a_gateways
            && let Told::Fate(fate @ Fate::Charged { .. }) = self.look_up(call, &failure, Duration::ZERO).await
        {
            let failure = paid(Wrong::Lost, Some(fate), failure);
            let settlement = Settlement::Failed(failure.clone());
            return self.over(call.claim, settlement, Finish::Unsure(failure)).await;
        }
        self.after(call.claim, Settlement::Released, Unbought::Again(after, failure))
            .await
    }

    /// Asks the log, with patience; a person who wants to leave is not kept waiting.
    pub(super) async fn look_up(&mut self, call: &Purchase, failure: &StepFailure, patience: Duration) -> Told {
        let Some(door) = self.lookups.get(&call.backend).cloned() else {
            return Told::Nothing(machine(format!("no connection to {} was set up", call.backend)).message);
        };
        self.tell(Event::LookingUp {
            node: call.node,
            until_ms: millis(patience),
            failure: failure.clone(),
        });
        let (reply, answer) = oneshot::channel();
        let ask = Ask {
            request_id: call.request_id.clone(),
            since: call.since,
            patience,
            reply,
        };
        // A door that is shut drops the reply, which is seen below.
        let _ = door.send(ask);
        let asked = async {
            tokio::select! {
                told = answer => told.unwrap_or_else(|_| Told::Nothing("the account's log was not read".to_owned())),
                _ = self.stop.wait_for(|cause| *cause >= Some(StopCause::Terminated)) => {
                    Told::Nothing("the run was stopped before the account's log told".to_owned())
                }
            }
        };
        self.seam.effect("look_up", asked).await
    }

    fn patience(&self, backend: BackendKind) -> Duration {
        let own = self.plan.backends.get(&backend).and_then(|settings| settings.patience);
        own.unwrap_or(PATIENCE)
    }
}

/// The failure of a call that was charged.
pub(in crate::engine) fn paid(wrong: Wrong, fate: Option<Fate>, failure: StepFailure) -> StepFailure {
    let (said, traces) = match fate {
        Some(Fate::Charged { amount, traces }) => (amount, traces),
        _ => (None, Vec::new()),
    };
    let charged = said.or(failure.charged);
    let amount = charged.map_or(String::new(), |amount: Usd| format!(" ({amount})"));
    let what = match wrong {
        Wrong::Lost => format!("it was paid for{amount} and its audio never arrived"),
        Wrong::NoTake => format!("it was paid for{amount}, and what arrived is no take"),
    };
    let names = traces.iter().map(|(name, id)| format!("{name} {id}"));
    let known: Vec<_> = failure.trace.clone().into_iter().chain(names).collect();
    StepFailure {
        class: match wrong {
            Wrong::Lost => FailureClass::Lost,
            Wrong::NoTake => failure.class,
        },
        message: format!("{what}: {}", failure.message),
        billed: Billed::Yes,
        charged,
        // The doubt that it spoke of is gone.
        help: None,
        trace: (!known.is_empty()).then(|| known.join(", ")),
        ..failure
    }
}

/// The failure of a call that was not charged.
pub(in crate::engine) fn not_charged(class: FailureClass, failure: StepFailure) -> StepFailure {
    StepFailure {
        class,
        message: format!("{}; by the account's log it was not charged", failure.message),
        billed: Billed::No,
        help: None,
        ..failure
    }
}

/// The failure of a call of which the log says nothing.
pub(in crate::engine) fn unknown(why: &str, failure: StepFailure) -> StepFailure {
    StepFailure {
        billed: Billed::Unknown,
        help: Some(match failure.help {
            Some(help) => format!("{why}; {help}"),
            None => why.to_owned(),
        }),
        ..failure
    }
}

/// The failure with one more note on what to do.
pub(super) fn with_note(failure: StepFailure, note: Option<String>) -> StepFailure {
    let notes: Vec<_> = failure.help.iter().cloned().chain(note).collect();
    StepFailure {
        help: (!notes.is_empty()).then(|| notes.join("; ")),
        ..failure
    }
}
