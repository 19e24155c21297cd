//! One followed pipeline: its latest plan, its store, and the tasks that follow its files and plan it.

use super::Heard;
use crate::{
    base::{ids::CellName, time::Clock},
    cli::context::Context,
    plan::Plan,
    report::watch::{Deed, Touched},
    service::{
        self, Environment, GatherError, PlanOptions, Planned, StoreUse,
        follow::{Changes, Followed, Follower, Kind},
        watch::{Gist, Loop, feedback},
    },
    store::{Disk, Store},
};
use std::{collections::BTreeSet, sync::Arc};
use tokio::sync::mpsc;

/// The most takes beyond the declared ones that are looked through for one that is not there yet.
const MOST_FURTHER: u32 = 64;

/// One pipeline.
#[derive(Debug)]
pub(super) struct Post {
    pub(super) options: PlanOptions,
    /// Stays open as long as the watch.
    pub(super) store: Option<Arc<Store>>,
    /// The latest plan, until a run takes it.
    pub(super) planned: Option<Planned>,
    /// The latest plan of retakes, until a run takes it.
    pub(super) retakes: Option<Planned>,
    /// The latest plan, to be told of.
    pub(super) plan: Option<Arc<Plan>>,
    /// What changed and was not told yet.
    pub(super) touched: Vec<Touched>,
    /// Why there is no plan, as it is said.
    pub(super) trouble: String,
    /// What is worth saying of the latest plan, and was not said yet.
    pub(super) warnings: String,
    /// All that is worth saying of it.
    pub(super) warned: String,
    followed: Followed,
    orders: mpsc::UnboundedSender<Followed>,
}

/// A plan, or why there is none; and what it was made of.
#[derive(Debug)]
pub(super) struct Made {
    pub(super) result: Result<Planned, NoPlan>,
    followed: Followed,
}

/// Why there is no plan to go by.
#[derive(Debug)]
pub(super) enum NoPlan {
    /// There is none.
    Gather(GatherError),
    /// It would go round and round.
    Circle(Vec<Loop>),
}

impl Post {
    /// Begins to follow what will be planned.
    pub(super) fn new(
        at: usize,
        options: PlanOptions,
        follower: Follower,
        heard: mpsc::UnboundedSender<Heard>,
    ) -> Self {
        let (orders, ordered) = mpsc::unbounded_channel();
        tokio::spawn(follow(at, follower, ordered, heard));
        Self {
            options,
            store: None,
            planned: None,
            retakes: None,
            plan: None,
            touched: Vec::new(),
            trouble: String::new(),
            warnings: String::new(),
            warned: String::new(),
            followed: Followed::default(),
            orders,
        }
    }

    pub(super) fn store_use(&self) -> StoreUse {
        self.store
            .as_ref()
            .map_or(StoreUse::Open, |store| StoreUse::Held(Arc::clone(store)))
    }

    /// Plans it, off the loop.
    pub(super) fn plan(&self, context: &Context, at: usize, heard: mpsc::UnboundedSender<Heard>) {
        let (options, store_use) = (self.options.clone(), self.store_use());
        let (environment, clock) = (context.environment.clone(), Arc::clone(&context.clock));
        tokio::task::spawn_blocking(move || {
            let made = Box::new(make(&options, &environment, &clock, store_use));
            // Nobody hears it once the watch is over.
            let _ = heard.send(Heard::Planned(at, made));
        });
    }

    /// Plans one more take of each cell, off the loop.
    pub(super) fn plan_retakes(
        &self,
        context: &Context,
        (at, cells): (usize, Vec<CellName>),
        heard: mpsc::UnboundedSender<Heard>,
    ) {
        let (options, store_use) = (self.options.clone(), self.store_use());
        let (environment, clock) = (context.environment.clone(), Arc::clone(&context.clock));
        let cells: BTreeSet<CellName> = cells.into_iter().collect();
        tokio::task::spawn_blocking(move || {
            let planned = further(&options, &environment, &clock, (store_use, &cells));
            let _ = heard.send(Heard::Retakes(at, Box::new(planned)));
        });
    }

    /// Takes in a plan, and follows what it was made of; also if there is none.
    pub(super) fn take_in(&mut self, made: Made) -> Result<Gist, NoPlan> {
        self.followed = if made.result.is_ok() {
            made.followed
        } else {
            made.followed.keeping(&self.followed)
        };
        // It ends only with the watch.
        let _ = self.orders.send(self.followed.clone());
        let planned = made.result?;
        if self.store.is_none() {
            self.store.clone_from(&planned.gathered.store);
        }
        let gist = Gist::of(&planned.plan);
        self.plan = Some(Arc::clone(&planned.plan));
        self.planned = Some(planned);
        Ok(gist)
    }

    /// How many files are followed that are there.
    pub(super) fn followed(&self) -> usize {
        let paths = self.followed.paths();
        paths.filter(|path| crate::store::fs::exists(path)).count()
    }

    /// Notes what changed, each file once, and says how many changed now.
    pub(super) fn touch(&mut self, context: &Context, changes: &Changes) -> usize {
        let folder = &context.environment.folder;
        for change in changes {
            let path = service::shown(&folder.join(&change.path), folder);
            self.touched.retain(|known| known.path != path);
            self.touched.push(Touched {
                path,
                line: change.line,
                deed: match change.kind {
                    Kind::Came => Deed::Added,
                    Kind::Changed => Deed::Changed,
                    Kind::Went => Deed::Deleted,
                },
            });
        }
        changes.len()
    }
}

fn make(options: &PlanOptions, environment: &Environment, clock: &Arc<dyn Clock>, store_use: StoreUse) -> Made {
    let disk = Disk::new();
    let planned = service::plan_through(&disk, options, environment, clock, store_use);
    let followed = Followed::of(&disk, &service::project(options, environment));
    let result = planned.map_err(NoPlan::Gather).and_then(|planned| {
        let loops = feedback(&planned.gathered, &planned.plan);
        if loops.is_empty() {
            Ok(planned)
        } else {
            Err(NoPlan::Circle(loops))
        }
    });
    Made { result, followed }
}

/// The plan of one more take of each of these cells; none if there are too many already.
pub(super) fn further(
    options: &PlanOptions,
    environment: &Environment,
    clock: &Arc<dyn Clock>,
    (store_use, cells): (StoreUse, &BTreeSet<CellName>),
) -> Result<Option<Planned>, GatherError> {
    let mut more = 1;
    while more <= MOST_FURTHER {
        let planned = service::plan(&options.with_more(more), environment, clock, store_use.clone())?;
        if let Some(takes) = planned.further_takes(cells) {
            return planned.only(takes).map(Some);
        }
        more *= 2;
    }
    Ok(None)
}

/// Follows what it is told to, and tells what changed, until nobody tells it anything any more.
async fn follow(
    at: usize,
    mut follower: Follower,
    mut orders: mpsc::UnboundedReceiver<Followed>,
    heard: mpsc::UnboundedSender<Heard>,
) {
    loop {
        let told = tokio::select! {
            biased;
            ordered = orders.recv() => match ordered {
                Some(followed) => follower.follow(followed).err().map(|error| Heard::Trouble(error.to_string())),
                None => return,
            },
            changes = follower.changes() => Some(Heard::Saved(at, changes)),
        };
        if told.is_some_and(|told| heard.send(told).is_err()) {
            return;
        }
    }
}
