//! The state machine: one synchronous [`Desk::handle`], news in, acts out.

mod keys;
mod next;

use super::{
    Gist, Offer, Purse,
    seat::{Due, Many, Seat},
};
use crate::{
    base::{
        digest::Digest,
        ids::{CellName, TakeName},
        money::{Total, Usd},
    },
    event::StopCause,
    report::watch::Standing,
};
use std::sync::Arc;

/// More files than a person saves at once: a branch was switched, perhaps.
const MANY: usize = 20;

/// What holds for the whole watch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// Somebody is there to press keys.
    pub has_keys: bool,
    /// What may be paid is bought without asking, as far as the budget goes.
    pub auto_buy: bool,
    /// A scratch take is rendered of everything that may be paid.
    pub drafts: bool,
    /// For everything that is bought.
    pub budget: Option<Usd>,
}

/// What happened. Pipelines are numbered from zero.
#[derive(Clone, Debug)]
pub enum News {
    /// So many files of a pipeline changed.
    Saved {
        /// Which pipeline.
        at: usize,
        /// How many.
        files: usize,
    },
    /// The plan that was asked for.
    Planned {
        /// Of which pipeline.
        at: usize,
        /// What it comes to.
        gist: Arc<Gist>,
    },
    /// There is no plan, and why was said.
    Broken {
        /// Of which pipeline.
        at: usize,
    },
    /// The plan of the retakes that were asked for.
    Retakes {
        /// Of which pipeline.
        at: usize,
        /// What it comes to; none if there can be no retakes, and why was said.
        gist: Option<Arc<Gist>>,
    },
    /// A key.
    Pressed(Press),
    /// The run is over, and cost this.
    Ended {
        /// What it cost, what is in doubt included; none if it broke down and nobody knows.
        cost: Option<Total>,
    },
    /// Ctrl-C, or a signal.
    Asked(StopCause),
}

/// A key that means something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Press {
    /// Buy what was shown.
    Buy,
    /// Render it on the sandbox instead.
    Draft,
    /// Render what changed last once more.
    Retake,
    /// Gather changes and do nothing; or go on.
    Pause,
    /// Say which keys there are.
    Help,
    /// End.
    Quit,
    /// Yes.
    Yes,
    /// No.
    No,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Plan a pipeline, and answer with [`News::Planned`] or [`News::Broken`].
    Plan {
        /// Which.
        at: usize,
    },
    /// Plan one more take of these cells, and answer with [`News::Retakes`].
    PlanRetakes {
        /// Of which pipeline.
        at: usize,
        /// Which cells.
        cells: Vec<CellName>,
    },
    /// Begin a run, and answer with [`News::Ended`].
    Run(Errand),
    /// The run under way begins nothing more.
    Supersede,
    /// The run under way is asked to stop.
    Stop(StopCause),
    /// Say something.
    Tell(Tell),
    /// Nothing is under way any more: end.
    Leave(Farewell),
}

/// Why a watch ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Farewell {
    /// Somebody quit, and waited for what was under way.
    Quit,
    /// A signal, or what is like one.
    Asked(StopCause),
}

/// A run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Errand {
    /// Of which pipeline.
    pub at: usize,
    /// Of what.
    pub what: What,
    /// What it may spend; none if there is no limit.
    pub budget: Option<Usd>,
    /// What was agreed to: nothing else may be bought. None if whatever the budget covers may be.
    pub agreed: Option<Offer>,
}

/// Of what a run is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// The whole plan.
    All,
    /// Only these takes, and all of them are free.
    Free(Vec<TakeName>),
    /// Only these takes: somebody agreed to them.
    Buy(Vec<TakeName>),
    /// Scratch takes of these.
    Draft(Vec<TakeName>),
    /// These, which the pipeline has no more.
    Retake(Vec<TakeName>),
}

/// What is to be said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tell {
    /// What a pipeline comes to as the watch begins.
    Began {
        /// Which.
        at: usize,
    },
    /// What changed, what that makes stale, what it costs.
    Changed {
        /// Which pipeline.
        at: usize,
    },
    /// What changed makes no difference.
    Same {
        /// Which pipeline.
        at: usize,
    },
    /// The last good plan stays; there may be none yet.
    Broken {
        /// Which pipeline.
        at: usize,
        /// Whether there is a good plan.
        has_plan: bool,
    },
    /// So many files changed at once: go on?
    Many(usize),
    /// So many files changed at once, and nobody can be asked: nothing is bought before the next save.
    ManyUnasked(usize),
    /// Nothing happens before the next save.
    LeftAlone,
    /// The plan changed since it was shown: this is the new one, and it is asked for again.
    Anew {
        /// Which pipeline.
        at: usize,
    },
    /// What the retakes cost, and that they wait for somebody to agree.
    RetakesCost {
        /// How many.
        takes: usize,
        /// How much.
        total: Total,
    },
    /// It begins when what is under way is over.
    Later,
    /// It is being bought.
    Buying,
    /// There is nothing to buy.
    NothingToBuy,
    /// There is nothing that may be paid, and so nothing to draft.
    NothingToDraft,
    /// Nothing changed yet, or it is not rendered yet.
    NothingToRetake,
    /// The pipeline has errors.
    Mend,
    /// Nothing of it fits into what is left of the budget.
    OverBudget {
        /// Which pipeline.
        at: usize,
        /// What is left.
        left: Usd,
    },
    /// Nobody is there to agree, and nobody said that it may be bought.
    NobodyBuys,
    /// From now on changes are gathered.
    Paused,
    /// It goes on.
    Resumed {
        /// Files that changed meanwhile.
        gathered: usize,
    },
    /// Which keys there are.
    Help,
}

/// The run under way.
#[derive(Clone, Copy, Debug)]
struct Underway {
    at: usize,
    /// Of the plan it was begun for.
    wanted: Digest,
    /// Something of it may be paid.
    pays: bool,
    /// What it costs at most, as far as that is known.
    most: Total,
    is_superseded: bool,
}

/// Decides.
#[derive(Debug)]
pub struct Desk {
    rules: Rules,
    purse: Purse,
    seats: Vec<Seat>,
    run: Option<Underway>,
    is_paused: bool,
    /// It ends.
    leaves: Option<Farewell>,
    /// Nobody was told yet that nobody buys.
    is_silent: bool,
    acts: Vec<Act>,
}

impl Desk {
    /// A desk for so many pipelines, with what to do first.
    pub fn open(rules: Rules, pipelines: usize) -> (Self, Vec<Act>) {
        let mut desk = Self {
            rules,
            purse: Purse::new(rules.budget),
            seats: vec![Seat::default(); pipelines],
            run: None,
            is_paused: false,
            leaves: None,
            is_silent: true,
            acts: Vec::new(),
        };
        (0..pipelines).for_each(|at| desk.plan(at));
        let acts = std::mem::take(&mut desk.acts);
        (desk, acts)
    }

    /// Takes in what happened, and says what is to be done, in this order.
    pub fn handle(&mut self, news: News) -> Vec<Act> {
        match news {
            News::Saved { at, files } => self.saved(at, files),
            News::Planned { at, gist } => self.planned(at, &gist),
            News::Broken { at } => self.broken(at),
            News::Retakes { at, gist } => self.retakes(at, gist.as_deref()),
            News::Pressed(press) => self.pressed(press),
            News::Ended { cost } => self.ended(cost),
            News::Asked(cause) => self.stop(cause, Farewell::Asked(cause)),
        }
        self.go_on();
        std::mem::take(&mut self.acts)
    }

    /// What is waited for.
    pub fn standing(&self) -> Standing {
        let asks = self.seats.iter().find_map(|seat| match seat.many {
            Many::Asked(files) => Some(files),
            _ => None,
        });
        let retakes = self.seats.iter().any(|seat| seat.retakes.is_some());
        let mut standing = Standing {
            begins: self.seats.iter().any(Seat::is_unknown),
            runs: self.run.is_some(),
            leaves: self.leaves.is_some(),
            paused: self
                .is_paused
                .then(|| self.seats.iter().map(|seat| seat.gathered).sum()),
            asks,
            broken: self.seats.iter().filter(|seat| seat.is_broken).count(),
            retakes,
            left: self.purse.left(),
            spent: self.purse.spent(),
            ..Standing::default()
        };
        for seat in &self.seats {
            let offer = if retakes { seat.retakes.as_ref() } else { seat.offer() };
            standing.offered += offer.map_or(0, Offer::len);
            standing.total.known = standing
                .total
                .known
                .plus(offer.map_or(Usd::ZERO, |offer| offer.total.known));
            standing.total.unknown += offer.map_or(0, |offer| offer.total.unknown);
            standing.held += seat.gist.as_ref().map_or(0, |gist| gist.held);
        }
        standing
    }

    /// The money so far.
    pub const fn purse(&self) -> &Purse {
        &self.purse
    }

    fn tell(&mut self, tell: Tell) {
        self.acts.push(Act::Tell(tell));
    }

    fn plan(&mut self, at: usize) {
        let seat = &mut self.seats[at];
        if seat.is_planning {
            seat.is_outdated = true;
        } else {
            seat.is_planning = true;
            self.acts.push(Act::Plan { at });
        }
    }

    fn saved(&mut self, at: usize, files: usize) {
        let seat = &mut self.seats[at];
        if self.is_paused {
            seat.gathered += files;
            return;
        }
        seat.is_saved = true;
        seat.retakes = None;
        seat.many = match seat.many {
            // A large change may come in several parts: only a word answers.
            Many::Asked(before) => Many::Asked(before + files),
            _ if files > MANY => Many::Came(files),
            _ => Many::No,
        };
        self.plan(at);
    }

    /// Something was made of a pipeline. Whether it changed meanwhile: then it is planned again, and this is of no use.
    fn is_overtaken(&mut self, at: usize) -> bool {
        let seat = &mut self.seats[at];
        seat.is_planning = false;
        let is_outdated = std::mem::take(&mut seat.is_outdated);
        if is_outdated {
            self.plan(at);
        }
        is_outdated
    }

    fn planned(&mut self, at: usize, gist: &Arc<Gist>) {
        if self.is_overtaken(at) {
            return;
        }
        let seat = &mut self.seats[at];
        seat.is_settling = false;
        let before = seat.gist.replace(Arc::clone(gist));
        let was_broken = std::mem::take(&mut seat.is_broken);
        let is_saved = std::mem::take(&mut seat.is_saved);
        // What ran while it was made may have changed what it says.
        seat.is_fresh = self.run.is_none_or(|run| run.at != at);
        match before {
            None => {
                self.tell(Tell::Began { at });
                self.changed(at, gist, false);
            }
            Some(before) if is_saved || was_broken => {
                let is_same = before.wanted == gist.wanted && !was_broken;
                self.tell(if is_same {
                    Tell::Same { at }
                } else {
                    Tell::Changed { at }
                });
                self.changed(at, gist, is_same);
            }
            Some(_) => {}
        }
    }

    /// What is to become of a plan that somebody asked for by saving.
    fn changed(&mut self, at: usize, gist: &Gist, is_same: bool) {
        let seat = &mut self.seats[at];
        let many = std::mem::take(&mut seat.many);
        let stale: Vec<_> = gist.stale().cloned().collect();
        if is_same && stale.is_empty() {
            return;
        }
        if !is_same {
            seat.note_last(&stale);
        }
        if let Some(run) = self.run.as_mut().filter(|run| run.at == at) {
            if run.wanted == gist.wanted && !run.is_superseded {
                return;
            }
            if !std::mem::replace(&mut run.is_superseded, true) {
                self.acts.push(Act::Supersede);
            }
        }
        seat.due = Some(Due::Render);
        if let Many::Asked(_) = many {
            seat.many = many;
        } else if let Many::Came(files) = many {
            if self.rules.has_keys {
                seat.many = Many::Asked(files);
                self.tell(Tell::Many(files));
            } else {
                seat.many = Many::Unasked;
                self.tell(Tell::ManyUnasked(files));
            }
        }
    }

    fn broken(&mut self, at: usize) {
        if self.is_overtaken(at) {
            return;
        }
        let seat = &mut self.seats[at];
        seat.is_settling = false;
        let is_news = std::mem::take(&mut seat.is_saved) || !seat.is_broken;
        seat.is_broken = true;
        if !matches!(seat.due, Some(Due::Render)) {
            seat.due = None;
        }
        let has_plan = seat.gist.is_some();
        if is_news {
            self.tell(Tell::Broken { at, has_plan });
        }
    }

    fn ended(&mut self, cost: Option<Total>) {
        // What nobody knows may have been paid.
        let most = self.run.map_or(Total::default(), |run| run.most);
        self.purse.pay(cost.unwrap_or(most));
        for seat in &mut self.seats {
            seat.is_fresh = false;
        }
        if let Some(run) = self.run.take()
            && self.leaves.is_none()
        {
            self.seats[run.at].is_settling = true;
            self.plan(run.at);
        }
    }

    fn stop(&mut self, cause: StopCause, leave: Farewell) {
        self.leaves = Some(leave);
        if self.run.is_some() {
            self.acts.push(Act::Stop(cause));
        }
    }
}
