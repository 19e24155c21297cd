//! From a save until there is a new plan, by how many takes it has and whether they are there.

use crate::{project::Project, saves::rename_over, server::Server, table::Row};
use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};
use takesheet::{
    base::time::{Clock, SystemClock},
    service::{
        Environment, PlanOptions, StoreUse,
        follow::{Followed, Follower, How},
        plan_through, project,
    },
    store::{Disk, Store},
};

const SAVES: usize = 60;
const BREATH: Duration = Duration::from_millis(30);
const CONCURRENCY: usize = 50;
/// After this time a file's age proves that it did not change.
const SETTLED: Duration = Duration::from_millis(2_500);

/// A process that plans again and again, as a watch does.
struct Planner {
    clock: Arc<dyn Clock>,
    environment: Environment,
    options: PlanOptions,
    store: Arc<Store>,
    follower: Follower,
}

/// Planning alone, and all from the save on.
pub(crate) async fn rows(takes: usize, is_rendered: bool) -> io::Result<Vec<Row>> {
    let at = Project::new(takes)?;
    if is_rendered {
        let server = Server::start(Duration::ZERO)?;
        let output = at.run(&server.base, CONCURRENCY).output()?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            return Err(io::Error::other(said));
        }
        at.expect_takes(takes)?;
        std::thread::sleep(SETTLED);
    }
    let mut planner = Planner::new(at.path())?;
    let file = planner.file().to_owned();
    let text = fs::read_to_string(&file)?;
    planner.plan(takes)?;
    let (mut plans, mut saves) = (Vec::new(), Vec::new());
    for number in 0..SAVES {
        tokio::time::sleep(BREATH).await;
        let began = Instant::now();
        rename_over(&file, &format!("{text}# save {number}\n"))?;
        planner.follower.changes().await;
        let told = Instant::now();
        planner.plan(takes)?;
        plans.push(told.elapsed());
        saves.push(began.elapsed());
    }
    let state = if is_rendered { "all there" } else { "none there" };
    Ok(vec![
        Row::new(
            &format!("planned anew: {takes} takes, {state}"),
            plans,
            "and followed anew",
        ),
        Row::new(
            &format!("save → planned anew: {takes} takes, {state}"),
            saves,
            "50 ms of quiet are in it",
        ),
    ])
}

impl Planner {
    fn new(folder: &Path) -> io::Result<Self> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::start());
        Ok(Self {
            store: Arc::new(Store::open(folder, Arc::clone(&clock)).map_err(io::Error::other)?),
            clock,
            environment: Environment {
                folder: folder.to_owned(),
                ..Environment::default()
            },
            options: PlanOptions {
                file: folder.join("takesheet.yaml"),
                ..PlanOptions::default()
            },
            follower: Follower::start(How::Events).map_err(io::Error::other)?,
        })
    }

    fn file(&self) -> &PathBuf {
        &self.options.file
    }

    /// A plan of fewer takes would make the figure a lie.
    fn plan(&mut self, takes: usize) -> io::Result<()> {
        let disk = Disk::new();
        let held = StoreUse::Held(Arc::clone(&self.store));
        let planned = plan_through(&disk, &self.options, &self.environment, &self.clock, held);
        let planned = planned.map_err(io::Error::other)?;
        let followed = Followed::of(&disk, &project(&self.options, &self.environment));
        self.follower.follow(followed).map_err(io::Error::other)?;
        let found = planned.plan.takes().count();
        if found == takes {
            Ok(())
        } else {
            Err(io::Error::other(format!("{found} takes instead of {takes}")))
        }
    }
}
