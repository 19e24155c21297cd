//! The ways to die: at a named point or at any moment, alone or beside another process on the same store.

use crate::{
    books::Since,
    dice::Dice,
    project::{Project, Running, Told},
    recovery::{Outcome, recover},
    scenario::{CHAIN, SINGLE, SONGS, Scenario, TWINS},
    wrong::Wrong,
};
use std::{
    fs,
    sync::OnceLock,
    thread,
    time::{Duration, Instant},
};

/// One way to die. What is told of it fails with the story's own name, so that it can be told again.
#[derive(Clone, Debug)]
pub(crate) enum Story {
    /// The one process dies at a point.
    Alone(Scenario, String),
    /// A process dies at a point while another one runs again and again.
    Beside(Scenario, String),
    /// The next process dies as well.
    Twice(Scenario, &'static str, String),
    /// It dies when a named file of an earlier take stands in a take's place.
    AfterAnEdit(String),
    /// It dies while it takes on files that outlived their ledger.
    Adopting(String),
    /// It dies while it writes down a person's word.
    Resolving(String),
    /// It dies while it writes down that a lost take is bought again; whether the word is on disk by then.
    GivingUp(String, bool),
    /// It dies while it deletes a take from the store; whether the word is on disk by then.
    Collecting(String, bool),
    /// Its ledger is deleted under its hands, and it dies as soon as it has put that back.
    PuttingBack(String),
    /// The one that waits for a purchase of another dies too: that one died at a point, or of a kill from outside.
    Waiting(Option<&'static str>, String),
    /// It dies while the backend renders.
    UnderWay(Scenario),
    /// Whatever this number says: one process or two, killed from outside or at any point, once or several times.
    Random { seed: u64, processes: u8 },
}

impl Story {
    /// Tells it: dies, recovers, and checks. Nothing if nobody died.
    pub(crate) fn tell(&self) -> Result<Option<Outcome>, Wrong> {
        let told = match self {
            Self::Alone(scenario, point) => alone(*scenario, point),
            Self::Beside(scenario, point) => beside(*scenario, point),
            Self::Twice(scenario, first, second) => twice(*scenario, first, second),
            Self::AfterAnEdit(point) => after_an_edit(point),
            Self::Adopting(point) => adopting(point),
            Self::Resolving(point) => resolving(point),
            Self::GivingUp(point, is_said) => giving_up(point, *is_said),
            Self::Collecting(point, is_said) => collecting(point, *is_said),
            Self::PuttingBack(point) => putting_back(point),
            Self::Waiting(first, point) => waiting(*first, point),
            Self::UnderWay(scenario) => under_way(*scenario),
            Self::Random { seed, processes: 1 } => random_alone(*seed),
            Self::Random { seed, .. } => random_beside(*seed),
        };
        told.map_err(|wrong| wrong.with(format!("== in the story {self:?}")))
    }
}

/// From the very beginning: nothing was charged, and everything is to be bought.
fn from_nothing(scenario: Scenario) -> Since {
    Since {
        charges: 0,
        keys: scenario.keys(),
    }
}

/// Recovers if somebody died.
fn after(project: &Project, since: Since, deaths: &[&Told]) -> Result<Option<Outcome>, Wrong> {
    let kills = deaths.iter().filter(|told| told.died).count();
    if kills == 0 {
        return Ok(None);
    }
    recover(project, since, kills).map(Some).map_err(|wrong| {
        let said: Vec<_> = deaths.iter().map(ToString::to_string).collect();
        wrong.with(format!("== before that\n{}", said.join("\n")))
    })
}

fn alone(scenario: Scenario, point: &str) -> Result<Option<Outcome>, Wrong> {
    let project = Project::new(scenario);
    let told = project.run_into(&["run"], point);
    after(&project, from_nothing(scenario), &[&told])
}

fn beside(scenario: Scenario, point: &str) -> Result<Option<Outcome>, Wrong> {
    let project = Project::new(scenario);
    let mut dying = project.start(&["run"], Some(point));
    let told = watch(&project, || dying.is_running())?;
    after(&project, from_nothing(scenario), &[&dying.finish(), &told])
}

/// Runs again and again as a `watch` would, as long as somebody else is at it; gives what was said last.
fn watch(project: &Project, mut goes_on: impl FnMut() -> bool) -> Result<Told, Wrong> {
    loop {
        // Asked before the run, so that the last one begins when nobody else is left.
        let is_last = !goes_on();
        let told = project.run(&["run"]);
        if told.died {
            return Err(format!("it died although nobody killed it\n{told}").into());
        }
        if is_last {
            return Ok(told);
        }
    }
}

fn twice(scenario: Scenario, first: &str, second: &str) -> Result<Option<Outcome>, Wrong> {
    let project = Project::new(scenario);
    let first = project.run_into(&["run"], first);
    let second = project.run_into(&["run"], second);
    if !second.died {
        return Ok(None);
    }
    after(&project, from_nothing(scenario), &[&first, &second])
}

/// Before the death there is a whole run of everything.
fn whole_run(scenario: Scenario) -> Result<Project, String> {
    let project = Project::new(scenario);
    let told = project.run(&["run"]);
    if told.code == Some(0) {
        Ok(project)
    } else {
        Err(told.to_string())
    }
}

fn after_an_edit(point: &str) -> Result<Option<Outcome>, Wrong> {
    let project = Project::new(SINGLE);
    let named = SINGLE.pipeline.replace("audio: draft }", "audio: draft, name: hook }");
    fs::write(project.path("takesheet.yaml"), &named).unwrap();
    let first = project.run(&["run"]);
    if first.code != Some(0) {
        return Err(first.to_string().into());
    }
    fs::write(project.path("takesheet.yaml"), named.replace("nothing more", "no more")).unwrap();
    let told = project.run_into(&["run"], point);
    after(&project, Since { charges: 1, keys: 1 }, &[&told])
}

fn adopting(point: &str) -> Result<Option<Outcome>, Wrong> {
    let project = whole_run(SINGLE)?;
    fs::remove_dir_all(project.path(".takesheet")).unwrap();
    let told = project.run_into(&["run"], point);
    after(&project, Since { charges: 1, keys: 0 }, &[&told])
}

fn resolving(point: &str) -> Result<Option<Outcome>, Wrong> {
    let scenario = SINGLE.with_faults(&["cut"]).with_late_logs();
    let project = Project::new(scenario);
    let first = project.run(&["run"]);
    let told = project.run_into(&["resolve", "hook#1", "--not-paid"], point);
    after(&project, from_nothing(scenario), &[&first, &told])
}

/// A word that is not on disk is as if it was not said: nothing is bought, and it can be said again.
fn giving_up(point: &str, is_said: bool) -> Result<Option<Outcome>, Wrong> {
    let project = whole_run(SINGLE)?;
    fs::remove_dir_all(project.path("takes")).unwrap();
    fs::remove_dir_all(project.path(".takesheet/blobs")).unwrap();
    let words = ["resolve", "hook#1", "--retake"];
    let told = project.run_into(&words, point);
    if !is_said {
        let asked = project.api.asked();
        let run = project.run(&["run"]);
        if run.code != Some(6) || project.api.asked() != asked {
            return Err(format!("a lost take is no matter for a person\n{run}").into());
        }
    }
    let again = project.run(&words);
    if (again.code == Some(0)) == is_said {
        return Err(format!("the word was on disk: {is_said}\n{told}{again}").into());
    }
    after(&project, Since { charges: 1, keys: 1 }, &[&told])
}

/// What was deleted is bought again by whoever runs it; what was not is there, and costs nothing.
fn collecting(point: &str, is_said: bool) -> Result<Option<Outcome>, Wrong> {
    let project = whole_run(SINGLE)?;
    fs::remove_dir_all(project.path("takes")).unwrap();
    fs::remove_file(project.path("takesheet.takes.yaml")).unwrap();
    let told = project.run_into(&["gc", "--delete", "hook#1"], point);
    let since = Since {
        charges: 1,
        keys: usize::from(is_said),
    };
    after(&project, since, &[&told])
}

fn putting_back(point: &str) -> Result<Option<Outcome>, Wrong> {
    let project = Project::new(SINGLE.with_delay(Duration::from_secs(2)));
    let buyer = begin_a_call(&project, Some(point));
    // At one blow, so that nobody puts anything into a folder that is half gone.
    fs::rename(project.path(".takesheet"), project.path("gone")).unwrap();
    fs::remove_dir_all(project.path("gone")).unwrap();
    let told = buyer.finish();
    after(&project, from_nothing(SINGLE), &[&told])
}

fn waiting(first: Option<&str>, point: &str) -> Result<Option<Outcome>, Wrong> {
    let project = Project::side_by_side(SINGLE.with_delay(Duration::from_secs(2)));
    let buyer = begin_a_call(&project, first);
    let runs = project.runs();
    let other = project.start(&["run"], Some(point));
    while project.runs() == runs {
        thread::sleep(Duration::from_millis(5));
    }
    let buyer = if first.is_some() { buyer.finish() } else { buyer.kill() };
    let other = other.finish();
    if !other.died {
        return Ok(None);
    }
    after(&project, from_nothing(SINGLE), &[&buyer, &other])
}

fn under_way(scenario: Scenario) -> Result<Option<Outcome>, Wrong> {
    let project = Project::new(scenario.with_delay(Duration::from_millis(200)));
    let buyer = begin_a_call(&project, None);
    let told = buyer.kill();
    after(&project, from_nothing(scenario), &[&told])
}

/// A run whose first paid call is with the backend.
fn begin_a_call(project: &Project, crash: Option<&str>) -> Running {
    let buyer = project.start(&["run"], crash);
    while project.api.admitted() == 0 {
        thread::sleep(Duration::from_millis(1));
    }
    buyer
}

/// Up to three deaths in a row of one process at a time.
fn random_alone(seed: u64) -> Result<Option<Outcome>, Wrong> {
    let mut dice = Dice::new(seed);
    let scenario = *dice.pick(&[SONGS, SONGS, TWINS, SINGLE, CHAIN]);
    let project = Project::new(scenario);
    let deaths: Vec<_> = (0..=dice.below(3)).map(|_| random_death(&project, &mut dice)).collect();
    after(&project, from_nothing(scenario), &deaths.iter().collect::<Vec<_>>())
}

/// One of two processes dies, or the other, or both.
fn random_beside(seed: u64) -> Result<Option<Outcome>, Wrong> {
    let mut dice = Dice::new(seed);
    let scenario = *dice.pick(&[SONGS, SONGS, TWINS, SINGLE]);
    let project = Project::side_by_side(scenario);
    let (first, second) = (dice.next(), dice.next());
    let is_spared = dice.below(3) == 0;
    let (one, other) = thread::scope(|scope| {
        let one = scope.spawn(|| random_death(&project, &mut Dice::new(first)));
        let mut dice = Dice::new(second);
        thread::sleep(Duration::from_millis(dice.below(60)));
        let other = if is_spared {
            watch(&project, || !one.is_finished()).map(|told| vec![told])
        } else {
            Ok(vec![
                random_death(&project, &mut dice),
                random_death(&project, &mut dice),
            ])
        };
        (one.join().expect("a story does not panic"), other)
    });
    let deaths = [vec![one], other?].concat();
    after(&project, from_nothing(scenario), &deaths.iter().collect::<Vec<_>>())
}

/// A run that is killed from outside some time, or dies of itself at some point.
fn random_death(project: &Project, dice: &mut Dice) -> Told {
    if dice.below(2) == 0 {
        let point = format!("any:{}", 1 + dice.below(POINTS_OF_A_RUN));
        return project.run_into(&["run"], &point);
    }
    let running = project.start(&["run"], None);
    thread::sleep(length_of_a_run().mul_f64(dice.part()));
    running.kill()
}

/// About as many points as a run of three takes passes.
const POINTS_OF_A_RUN: u64 = 400;

/// About as long as a run takes here and now; a bit more, so that its end is hit as well.
fn length_of_a_run() -> Duration {
    static LENGTH: OnceLock<Duration> = OnceLock::new();
    *LENGTH.get_or_init(|| {
        let project = Project::new(SONGS);
        let begun = Instant::now();
        project.run(&["run"]);
        begun.elapsed().mul_f64(1.1)
    })
}
