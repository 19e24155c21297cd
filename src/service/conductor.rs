//! Conducts one run: from a plan to takes on disk and an up-to-date take sheet.
//!
//! Starts the sandbox if the plan needs it, connects to the paid backend only if something is to be bought, and hands
//! everything else to the engine.

use super::{Aspect, CredentialError, Planned, account, credentials::Account, sheet};
use crate::{
    backend::{
        Timeouts,
        aimlapi::{Aimlapi, SettingsError},
    },
    base::{crash, digest::Digest, money::Usd, secret::Secret, time::Clock},
    catalog::BackendKind,
    engine::{self, Controls, Limit, Ports, Report},
    event::{Record, StopCause},
    pipeline::Rate,
    plan::{NodeWork, Plan},
    sandbox::{self, Sandbox},
    store::{OccasionId, Store, StoreError, fs},
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    io,
    net::Ipv4Addr,
    num::NonZeroU32,
    sync::Arc,
};
use tokio::sync::{Semaphore, mpsc};

/// What the command line may say about a run, over what the pipeline says.
#[derive(Clone, Debug, Default)]
pub struct RunOptions {
    /// `--concurrency`.
    pub concurrency: Option<NonZeroU32>,
    /// `--rate`.
    pub rate: Option<Rate>,
    /// `--budget`.
    pub budget: Option<Usd>,
    /// `--fail-fast`.
    pub fail_fast: bool,
    /// The occasion of a schedule that it is for.
    pub occasion: Option<OccasionId>,
}

/// What came of it.
#[derive(Debug)]
pub enum Conducted {
    /// Everything asked for was there: nothing was sent, written or recorded.
    UpToDate {
        /// How many takes.
        takes: usize,
    },
    /// A run took place.
    Ran {
        /// What happened.
        report: Box<Report>,
        /// Whether the take sheet was written. The takes are not affected: the next run writes it.
        sheet: Result<(), StoreError>,
    },
}

/// Why a run could not take place. Nothing was bought.
#[derive(Debug, thiserror::Error)]
pub enum ConductError {
    /// No key, or one that cannot be used.
    #[error(transparent)]
    Credentials(#[from] CredentialError),
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The sandbox cannot listen.
    #[error("the sandbox cannot listen on this machine: {0}")]
    Sandbox(io::Error),
    /// The address or the key cannot be used.
    #[error(transparent)]
    Settings(#[from] SettingsError),
}

/// Answers held in memory at once while they are measured.
const EARS: usize = 2;

/// Audio that has no place to go is not bought, nor is a take that no sheet could list.
pub(super) fn check_ground(planned: &Planned, store: &Store) -> Result<(), StoreError> {
    let (plan, folder) = (&planned.plan, planned.gathered.project.takes());
    store.check_places(&folder, plan.takes().map(|(_, take)| take.output.name(take.key)))?;
    fs::check_writable(&folder)?;
    fs::check_writable(&planned.gathered.pipeline.folder)
}

/// Does what the plan says.
pub async fn conduct(
    planned: &Planned,
    clock: Arc<dyn Clock>,
    options: &RunOptions,
    signals: &mut mpsc::UnboundedReceiver<StopCause>,
    listener: &mut (dyn FnMut(&Record) + Send + Sync),
) -> Result<Conducted, ConductError> {
    crash::point("run.planned");
    let plan = &planned.plan;
    let store = match &planned.gathered.store {
        Some(store) => Arc::clone(store),
        None => Arc::new(Store::open(&planned.gathered.project.root, Arc::clone(&clock))?),
    };
    let folder = planned.gathered.project.takes();
    // Where this run puts files, and looks whether it can.
    [&folder, &planned.gathered.pipeline.folder]
        .into_iter()
        .for_each(|folder| fs::sweep(folder));
    if is_up_to_date(plan, &store, &folder) {
        let takes = plan.takes().count();
        if lists(planned) && !sheet::is_current(planned, &store)? {
            sheet::write(
                sheet::open(planned)?,
                planned,
                &store,
                (&sheet::stored(planned), &sheet::tries(planned)),
            )?;
        }
        return Ok(Conducted::UpToDate { takes });
    }
    let sheet = sheet::open(planned)?;
    check_ground(planned, &store)?;
    let (backends, sandbox) = connect(planned).await?;
    let ports = Ports {
        store: Arc::clone(&store),
        backends,
        clock: Arc::clone(&clock),
        folder,
        shown: planned.gathered.takes_shown(),
        ears: Semaphore::new(EARS),
    };
    let controls = controls(plan, options);
    let report = engine::run(Arc::clone(plan), Arc::new(ports), controls, signals, listener).await?;
    if let Some(sandbox) = sandbox {
        sandbox.stop().await;
    }
    let sheet = if lists(planned) {
        sheet::write(sheet, planned, &store, (&report.takes, &report.tries))
    } else {
        Ok(())
    };
    crash::point("run.over");
    Ok(Conducted::Ran {
        report: Box::new(report),
        sheet,
    })
}

/// Whether the take sheet lists what is rendered: drafts are nobody's takes.
fn lists(planned: &Planned) -> bool {
    planned.gathered.aspect != Aspect::Drafts
}

/// Whether every take is there under its name. Costs one look at each file and nothing else.
fn is_up_to_date(plan: &Plan, store: &Store, folder: &std::path::Path) -> bool {
    plan.nodes.iter().all(|node| match &node.work {
        NodeWork::Upload(_) => !node.verdict.is_work(),
        NodeWork::Take(take) => take.stored.as_ref().is_some_and(|stored| {
            !node.verdict.is_work() && store.is_placed(folder, &engine::file_name(take, stored), stored)
        }),
    })
}

/// The command line over the pipeline.
fn controls(plan: &Plan, options: &RunOptions) -> Controls {
    let limit = Limit {
        concurrency: options.concurrency.unwrap_or(plan.limits.concurrency),
        rate: options.rate.or(plan.limits.rate),
    };
    Controls {
        limit,
        backends: own_limits(plan, limit),
        fail_fast: options.fail_fast,
        budget: options.budget.or(plan.limits.budget.run),
        occasion: options.occasion,
    }
}

/// The limits of single backends; what they leave open is the run's.
fn own_limits(plan: &Plan, run: Limit) -> BTreeMap<BackendKind, Limit> {
    let own = plan.backends.iter().map(|(kind, settings)| {
        let concurrency = settings.concurrency.unwrap_or(run.concurrency);
        let rate = settings.rate;
        (*kind, Limit { concurrency, rate })
    });
    own.collect()
}

type Backends = HashMap<BackendKind, Arc<Aimlapi>>;

/// Every backend that has something to do.
fn backends_at_work(plan: &Plan) -> BTreeSet<BackendKind> {
    let kind = |work: &NodeWork| match work {
        NodeWork::Upload(upload) => upload.backend,
        NodeWork::Take(take) => take.draft.request.backend,
    };
    let work = plan.nodes.iter().filter(|node| node.verdict.is_work());
    work.map(|node| kind(&node.work)).collect()
}

/// The account that a plan spends from, if it spends; none without a usable key, which [`conduct`] will say.
pub fn paying_account(planned: &Planned) -> Option<Account> {
    let pays = backends_at_work(&planned.plan).contains(&BackendKind::Aimlapi);
    pays.then(|| account(&planned.gathered.environment).ok()).flatten()
}

/// Connects to every backend that has something to do.
async fn connect(planned: &Planned) -> Result<(Backends, Option<Sandbox>), ConductError> {
    let (mut backends, mut sandbox) = (HashMap::new(), None);
    for kind in backends_at_work(&planned.plan) {
        let backend = match kind {
            BackendKind::Aimlapi => aimlapi(planned)?,
            BackendKind::Sandbox => {
                let started = start_sandbox().await.map_err(ConductError::Sandbox)?;
                let backend = Aimlapi::new(&started.0.base_url(), started.1)?.of_sandbox();
                let backend = backend.with_timeouts(timeouts(&planned.plan, kind));
                sandbox = Some(started.0);
                backend
            }
        };
        backends.insert(kind, Arc::new(backend));
    }
    Ok((backends, sandbox))
}

/// The paid backend, with the project's key. Makes no connection yet.
pub(super) fn aimlapi(planned: &Planned) -> Result<Aimlapi, ConductError> {
    let Account { key, base, .. } = account(&planned.gathered.environment)?;
    Ok(Aimlapi::new(&base, key)?.with_timeouts(timeouts(&planned.plan, BackendKind::Aimlapi)))
}

/// The pipeline's limits of time over the usual ones.
fn timeouts(plan: &Plan, kind: BackendKind) -> Timeouts {
    let usual = Timeouts::default();
    let own = plan.backends.get(&kind).and_then(|settings| settings.timeout);
    Timeouts {
        render: own.unwrap_or(usual.render),
        ..usual
    }
}

/// A sandbox of our own: free, and closed to everybody who does not have this key.
async fn start_sandbox() -> io::Result<(Sandbox, Secret)> {
    let nonce = Digest::of(format!("{} {:?}", std::process::id(), std::thread::current().id()).as_bytes());
    let key = Secret::new(&format!("sandbox-{}", nonce.short()));
    let options = sandbox::Options {
        key: Some(key.clone()),
        price: Usd::ZERO,
        ..sandbox::Options::default()
    };
    let sandbox = Sandbox::start((Ipv4Addr::LOCALHOST, 0).into(), options).await?;
    Ok((sandbox, key))
}
