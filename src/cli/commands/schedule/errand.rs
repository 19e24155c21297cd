//! Does one errand of the keeper as `takesheet run` would: its profile, selection and budget, nobody looking on.
//!
//! What it says is kept and handed on as a whole, so that runs side by side do not speak into each other.

use crate::{
    base::money::Usd,
    cli::{
        commands::{
            locking::{self, Patience},
            plan,
            render::{Rendered, Stage, Wishes, render},
        },
        context::Context,
        exit::Exit,
    },
    event::RunState,
    pipeline::{Hook, Overrides, Schedule},
    report::{look::Look, run::RunDocument, schedules::HookDocument},
    service::{
        self, Aspect, HOOK_TIME, PlanOptions, Planned, RunOptions, StoreUse,
        schedule::{Ending, Errand, Outcome, Runner, StopRequests},
    },
    ui::{Heard, Terminal},
};
use tokio::sync::mpsc;

/// What an errand has to say when it is over.
#[derive(Debug)]
pub(super) struct Report {
    /// What was to be done.
    pub(super) errand: Errand,
    /// How such a run ends.
    pub(super) exit: Exit,
    /// What it said.
    pub(super) said: String,
    /// Who could not be told, under which key, and why.
    pub(super) untold: Option<(&'static str, String)>,
}

/// Does errands.
#[derive(Debug)]
pub(super) struct Renderer {
    context: Context,
    no_lock: bool,
    reports: mpsc::UnboundedSender<Report>,
}

/// How a run ended.
struct Ended {
    exit: Exit,
    ending: Ending,
    state: Option<Box<RunState>>,
}

impl Ended {
    /// There was no run.
    fn not(exit: Exit, ending: Ending) -> Self {
        let state = None;
        Self { exit, ending, state }
    }

    /// There was no plan: what state takes are in changes by itself, so that nothing is in it is well; a name that
    /// selects nothing is a mistake.
    fn unplanned(exit: Exit, schedule: &Schedule) -> Self {
        let is_by_state = schedule.select.iter().any(|term| term.contains("state:"));
        let exit = match exit {
            Exit::NothingSelected if is_by_state => Exit::Done,
            other => other,
        };
        Self::not(exit, ending(exit))
    }
}

impl Renderer {
    /// One that reports to that channel.
    pub(super) fn new(context: &Context, no_lock: bool, reports: mpsc::UnboundedSender<Report>) -> Self {
        let mut context = context.clone();
        // Nobody looks at a single run: it speaks when something is wrong, in a text.
        context.global.quiet = true;
        (context.look, context.data_look) = (Look::PLAIN, Look::PLAIN);
        Self {
            context,
            no_lock,
            reports,
        }
    }

    async fn render(&self, errand: &Errand, terminal: Terminal, stop: &mut StopRequests) -> Ended {
        let mut terminal = terminal;
        let options = options(errand);
        let planned = match plan::make(&self.context, &mut terminal, &options, StoreUse::Open) {
            Ok(planned) => planned,
            Err(exit) => return Ended::unplanned(exit, &errand.schedule),
        };
        let patience = if self.no_lock {
            Patience::Regardless
        } else {
            Patience::Scheduled(errand.schedule.name.clone())
        };
        let hold = locking::hold(&self.context, &mut terminal, (patience, stop), &planned).await;
        let (_hold, planned) = match hold {
            Ok(hold) if !hold.waited => (hold, planned),
            // As it is after the other run.
            Ok(hold) => match plan::make(&self.context, &mut terminal, &options, StoreUse::Open) {
                Ok(planned) => (hold, planned),
                Err(exit) => return Ended::unplanned(exit, &errand.schedule),
            },
            Err(exit @ Exit::Temporary) => return Ended::not(exit, Ending::Busy),
            Err(exit) => return Ended::not(exit, ending(exit)),
        };
        let wishes = Wishes {
            options: RunOptions {
                budget: left_of_budget(errand, &planned),
                occasion: Some(errand.occasion),
                ..RunOptions::default()
            },
            select: options.select,
            ..Wishes::default()
        };
        match render(&self.context, Stage::alone(terminal), (&wishes, stop), planned)
            .await
            .1
        {
            Rendered::Not(exit) => Ended::not(exit, ending(exit)),
            Rendered::UpToDate { .. } => Ended::not(Exit::Done, Ending::Done),
            Rendered::Ran { state, exit } => Ended {
                exit,
                ending: ending(exit),
                state: Some(state),
            },
        }
    }

    /// Tells whoever is to be told; who could not be.
    async fn tell(
        &self,
        errand: &Errand,
        (ended, document, said): (&Ended, Option<&str>, &str),
        stop: &mut StopRequests,
    ) -> Option<(&'static str, String)> {
        let (key, event, hook) = hook_of(errand, ended.ending)?;
        let told = HookDocument {
            schema: HookDocument::SCHEMA,
            event,
            schedule: &errand.schedule.name,
            file: &errand.file.to_string_lossy(),
            due: errand.due,
            ending: ended.ending.word(),
            exit: ended.exit.code(),
            spent: ended.state.as_ref().map(|state| state.spent).unwrap_or_default(),
            said,
            run: document.and_then(|text| serde_json::from_str(text).ok()),
        };
        let file = &errand.file;
        let project = service::project_of(file, &self.context.environment);
        let environment = service::with_dotenv(&self.context.environment, &project);
        let environment = environment.as_ref().unwrap_or(&self.context.environment);
        let folder = file.parent().unwrap_or(&self.context.environment.folder);
        let document = told.to_json();
        let telling = service::tell(hook, &document, (environment, folder), HOOK_TIME);
        tokio::select! {
            done = telling => done.err().map(|why| (key, why)),
            // The first wish to stop lets it finish.
            () = twice(stop) => Some((key, "stopped before it was over".to_owned())),
        }
    }
}

impl Runner for Renderer {
    async fn run(&self, errand: Errand, mut stop: StopRequests) -> Outcome {
        let (terminal, heard) = Heard::terminal();
        let ended = self.render(&errand, terminal, &mut stop).await;
        let said = heard.text();
        let document = ended.state.as_ref().map(|state| RunDocument::of(state).to_json());
        let untold = self
            .tell(&errand, (&ended, document.as_deref(), &said), &mut stop)
            .await;
        let outcome = Outcome {
            run: ended.state.as_ref().map(|state| state.run.clone()),
            ending: ended.ending,
            spent: ended.state.as_ref().map(|state| state.spent).unwrap_or_default(),
            document,
        };
        // Nobody listens only if the service is gone.
        let _ = self.reports.send(Report {
            errand,
            exit: ended.exit,
            said,
            untold,
        });
        outcome
    }
}

async fn twice(stop: &mut StopRequests) {
    for _ in 0..2 {
        if stop.recv().await.is_none() {
            std::future::pending::<()>().await;
        }
    }
}

/// What a run may spend: what its occasion did not spend before it was taken up again, and nothing if nobody knows how
/// much that was.
fn left_of_budget(errand: &Errand, planned: &Planned) -> Option<Usd> {
    let most = errand.schedule.budget.or(planned.plan.limits.budget.run)?;
    let left = Usd::from_nanos(most.nanos() - errand.spent.known.nanos()).max(Usd::ZERO);
    Some(if errand.spent.unknown > 0 { Usd::ZERO } else { left })
}

/// The plan that an errand asks for.
fn options(errand: &Errand) -> PlanOptions {
    let schedule = &errand.schedule;
    // The same occasion, taken up again, asks for the same takes.
    let salt = schedule
        .fresh
        .then(|| format!("#fresh {} {}", schedule.name, errand.due));
    PlanOptions {
        file: errand.file.clone(),
        profile: schedule.profile.clone(),
        overrides: Overrides { backend: None, salt },
        select: schedule.select.clone(),
        aspect: Aspect::Declared,
    }
}

/// Who is to be told of that, if anybody: the key, the event, and whom.
fn hook_of(errand: &Errand, ending: Ending) -> Option<(&'static str, &'static str, &Hook)> {
    let Schedule {
        on_failure,
        on_recovery,
        ..
    } = &errand.schedule;
    if ending.is_failure() {
        return Some(("on_failure", "failure", on_failure.as_ref()?));
    }
    let is_recovery = ending == Ending::Done && errand.failures > 0;
    is_recovery.then_some(("on_recovery", "recovery", on_recovery.as_ref()?))
}

const fn ending(exit: Exit) -> Ending {
    match exit {
        Exit::Done | Exit::Work => Ending::Done,
        // A backend that is away is worth telling of, and worth stopping for if it stays away.
        Exit::Failed | Exit::Temporary => Ending::Failed,
        Exit::Usage | Exit::Rejected | Exit::NothingSelected => Ending::Rejected,
        Exit::Machine => Ending::Machine,
        Exit::Unsure => Ending::Unsure,
        Exit::Budget => Ending::Budget,
        Exit::Refused => Ending::Refused,
        Exit::Interrupted | Exit::Terminated => Ending::Stopped,
    }
}
