//! Tells stories on all cores at once, and adds up what came of them.

use crate::{
    recovery::Outcome,
    scenario::{CHAIN, Scenario, TWINS},
    stories::Story,
    wrong::{Kind, Wrong},
};
use std::{
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

/// How somebody died.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Named,
    Chain,
    Beside,
    Random,
    Pair,
}

impl Mode {
    pub(crate) const ALL: [(Self, &'static str); 5] = [
        (Self::Named, "at a named point, one process"),
        (Self::Chain, "at a named point, takes that hang together"),
        (Self::Beside, "at a named point, beside a second process on one store"),
        (Self::Random, "at a random moment, one process"),
        (
            Self::Pair,
            "at a random moment, one or both of two processes on one store",
        ),
    ];

    /// How many must die in the bounded part: about two thirds of what dies there on a busy machine.
    pub(crate) const fn minimum(self) -> usize {
        match self {
            Self::Named => 110,
            Self::Chain => 24,
            Self::Beside => 50,
            Self::Random => 12,
            Self::Pair => 15,
        }
    }

    /// Whether somebody dies at a point that is named, so that chance has little to say in it.
    pub(crate) const fn is_named(self) -> bool {
        matches!(self, Self::Named | Self::Chain | Self::Beside)
    }

    fn of(story: &Story) -> Self {
        match story {
            Story::Beside(..) | Story::Waiting(..) => Self::Beside,
            Story::Alone(scenario, _) if hangs_together(*scenario) => Self::Chain,
            Story::Random { processes, .. } if *processes > 1 => Self::Pair,
            Story::Random { .. } | Story::UnderWay(_) => Self::Random,
            _ => Self::Named,
        }
    }
}

/// Whether one take needs another, or is its twin.
fn hangs_together(scenario: Scenario) -> bool {
    [CHAIN, TWINS].iter().any(|known| known.name == scenario.name)
}

/// What came of many stories.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    outcomes: Vec<(Mode, Outcome)>,
    /// Stories in which nobody died.
    pub(crate) uneventful: Vec<Story>,
    /// What went wrong.
    pub(crate) wrong: Vec<Wrong>,
}

impl Tally {
    /// The sum over a mode, or over all.
    pub(crate) fn sum(&self, mode: Option<Mode>) -> Outcome {
        let meant = self
            .outcomes
            .iter()
            .filter(|(of, _)| mode.is_none_or(|mode| mode == *of));
        meant.fold(Outcome::default(), |sum, (_, one)| Outcome {
            kills: sum.kills + one.kills,
            purchases: sum.purchases + one.purchases,
            keys: sum.keys + one.keys,
            unsure: sum.unsure + one.unsure,
            cut: sum.cut + one.cut,
        })
    }

    /// How many things of a kind went wrong.
    pub(crate) fn wrong_of(&self, kind: Kind) -> usize {
        self.wrong.iter().filter(|wrong| wrong.kind == kind).count()
    }

    /// Tells all of them.
    pub(crate) fn tell(&mut self, stories: &[Story]) {
        let (next, shared) = (AtomicUsize::new(0), Mutex::new(self));
        let workers = thread::available_parallelism().map_or(1, usize::from);
        thread::scope(|scope| {
            for _ in 0..workers {
                scope.spawn(|| work(stories, &next, &shared));
            }
        });
    }
}

/// Tells stories as long as there are any that nobody tells.
fn work(stories: &[Story], next: &AtomicUsize, shared: &Mutex<&mut Tally>) {
    while let Some(story) = stories.get(next.fetch_add(1, Ordering::Relaxed)) {
        let told = std::panic::catch_unwind(|| story.tell());
        let told = told.unwrap_or_else(|_| Err(format!("{story:?}: it panicked").into()));
        let mut tally = shared.lock().unwrap();
        match told {
            Ok(Some(outcome)) => tally.outcomes.push((Mode::of(story), outcome)),
            Ok(None) => tally.uneventful.push(story.clone()),
            Err(wrong) => tally.wrong.push(wrong),
        }
    }
}
