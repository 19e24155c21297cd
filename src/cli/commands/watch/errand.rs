//! One run of a watch, from what was decided to what came of it.

use super::Heard;
use crate::{
    base::money::{Total, Usd},
    cli::{
        commands::{
            locking::{self, Hold, Patience},
            render::{Rendered, Signals, Stage, Wishes, render},
        },
        context::Context,
        failure,
    },
    engine,
    event::{NodeKind, Phase, RunState, StopCause},
    service::{
        self, Aspect, GatherError, PlanOptions, Planned, StoreUse,
        watch::{Purse, What},
    },
};
use std::path::PathBuf;
use tokio::sync::mpsc;

/// What a run needs.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) context: Context,
    pub(super) stage: Stage,
    pub(super) wishes: Wishes,
    pub(super) signals: mpsc::UnboundedReceiver<StopCause>,
    pub(super) options: PlanOptions,
    pub(super) store_use: StoreUse,
    /// The plan that was decided by: the latest one, or that of the retakes. None for drafts.
    pub(super) planned: Option<Planned>,
    pub(super) what: What,
    /// What may be spent.
    pub(super) budget: Option<Usd>,
}

/// What came of it.
#[derive(Debug)]
pub(super) struct Over {
    /// None if it broke down.
    pub(super) stage: Option<Stage>,
    /// None if it broke down: nobody knows.
    pub(super) cost: Option<Total>,
    /// The newest take.
    pub(super) newest: Option<PathBuf>,
}

/// Begins it.
pub(super) fn begin(job: Job, heard: mpsc::UnboundedSender<Heard>) {
    let running = tokio::spawn(run(job));
    tokio::spawn(async move {
        let over = running.await.unwrap_or_else(|_| Over {
            stage: None,
            cost: None,
            newest: None,
        });
        let _ = heard.send(Heard::Over(Box::new(over)));
    });
}

async fn run(job: Job) -> Over {
    let Job {
        context,
        mut stage,
        mut wishes,
        mut signals,
        options,
        store_use,
        planned,
        what,
        budget,
    } = job;
    let is_draft = matches!(what, What::Draft(_));
    let planning = {
        let context = context.clone();
        tokio::task::spawn_blocking(move || plan(&context, &options, (store_use, planned), what))
    };
    let nothing = |stage| Over {
        stage: Some(stage),
        cost: Some(Total::default()),
        newest: None,
    };
    let planned = match planning.await {
        Ok(Ok(planned)) => planned,
        Ok(Err(error)) => {
            failure::gather(&context, &mut stage.terminal, &error);
            return nothing(stage);
        }
        Err(_) => return nothing(stage),
    };
    // What the pipeline allows itself for one run holds in a watch, too.
    let own = planned.plan.limits.budget.run;
    wishes.options.budget = budget.map(|left| own.map_or(left, |own| own.min(left)));
    let alone = alone(&context, &mut stage, (&wishes, &mut signals), planned);
    let Some((_hold, planned)) = alone.await else {
        return nothing(stage);
    };
    let (stage, rendered) = render(&context, stage, (&wishes, &mut signals), planned).await;
    let (cost, newest) = match &rendered {
        Rendered::Ran { state, .. } => (Purse::cost(state), newest(state)),
        // The text was drafted before: what it sounds like is there.
        Rendered::UpToDate { planned, .. } if is_draft => (Total::default(), first(planned)),
        Rendered::UpToDate { .. } | Rendered::Not(_) => (Total::default(), None),
    };
    Over {
        stage: Some(stage),
        cost: Some(cost),
        newest,
    }
}

/// The pipeline to itself, as it is after those who had it before. Drafts are in nobody's way. None if the run is not
/// wanted any more, or cannot take place: why was said.
async fn alone(
    context: &Context,
    stage: &mut Stage,
    (wishes, signals): (&Wishes, &mut Signals),
    planned: Planned,
) -> Option<(Hold, Planned)> {
    if planned.gathered.aspect == Aspect::Drafts {
        return Some((Hold::default(), planned));
    }
    let patience = (Patience::Endless, signals);
    let hold = locking::hold(context, &mut stage.terminal, patience, &planned).await;
    let hold = hold.ok()?;
    if !hold.waited {
        return Some((hold, planned));
    }
    match planned.again(&wishes.select) {
        Ok(planned) => Some((hold, planned)),
        Err(error) => {
            failure::gather(context, &mut stage.terminal, &error);
            None
        }
    }
}

/// The plan of just what is to be rendered.
fn plan(
    context: &Context,
    options: &PlanOptions,
    (store_use, planned): (StoreUse, Option<Planned>),
    what: What,
) -> Result<Planned, GatherError> {
    let make = |options: &PlanOptions| service::plan(options, &context.environment, &context.clock, store_use.clone());
    let latest = |planned: Option<Planned>| planned.map_or_else(|| make(options), Ok);
    match what {
        What::All => latest(planned),
        What::Free(takes) | What::Buy(takes) => latest(planned)?.only(takes),
        What::Draft(takes) => make(&options.drafts())?.only(takes),
        What::Retake(takes) => match planned {
            Some(planned) => planned.only(takes),
            None => {
                let most = takes.iter().map(|take| take.number).max().unwrap_or(1);
                make(&options.with_more(most))?.only(takes)
            }
        },
    }
}

/// The take that this run rendered last.
fn newest(state: &RunState) -> Option<PathBuf> {
    let rendered = state
        .nodes
        .values()
        .filter(|node| node.card.kind == NodeKind::Take && matches!(node.phase, Phase::Done { reused: false }));
    let last = rendered.max_by_key(|node| node.ended)?;
    last.path.as_ref().map(PathBuf::from)
}

/// The first take of a plan that has nothing to do.
fn first(planned: &Planned) -> Option<PathBuf> {
    let folder = planned.gathered.project.takes();
    let mut takes = planned.plan.takes();
    takes.find_map(|(_, take)| Some(folder.join(engine::file_name(take, take.stored.as_ref()?))))
}
