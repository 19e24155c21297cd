//! What a key does.

use super::{Desk, Farewell, Press, Tell};
use crate::{
    event::StopCause,
    service::watch::{
        Gist, Offer,
        seat::{Due, Many, Seat},
    },
};

impl Desk {
    pub(super) fn pressed(&mut self, press: Press) {
        let is_asked = |seat: &Seat| matches!(seat.many, Many::Asked(_));
        match press {
            Press::Quit => {
                // Pressed again it leaves at once, like Ctrl-C; only then is anything left behind.
                let leave = match self.leaves {
                    None => Farewell::Quit,
                    Some(_) => Farewell::Asked(StopCause::Interrupted),
                };
                self.stop(StopCause::Interrupted, leave);
            }
            Press::Help => self.tell(Tell::Help),
            Press::Pause => self.pause(),
            Press::Yes | Press::No if !self.seats.iter().any(is_asked) => {}
            Press::Yes => self.answered(true),
            Press::No => self.answered(false),
            Press::Buy | Press::Draft | Press::Retake => {
                let files = self.seats.iter().find_map(|seat| match seat.many {
                    Many::Asked(files) => Some(files),
                    _ => None,
                });
                match (files, press) {
                    (Some(files), _) => self.tell(Tell::Many(files)),
                    (None, Press::Buy) => self.buy(),
                    (None, Press::Draft) => self.draft(),
                    (None, _) => self.retake(),
                }
            }
        }
    }

    fn pause(&mut self) {
        self.is_paused = !self.is_paused;
        if self.is_paused {
            self.tell(Tell::Paused);
            return;
        }
        let gathered: Vec<usize> = self
            .seats
            .iter_mut()
            .map(|seat| std::mem::take(&mut seat.gathered))
            .collect();
        self.tell(Tell::Resumed {
            gathered: gathered.iter().sum(),
        });
        for (at, files) in gathered.into_iter().enumerate().filter(|(_, files)| *files > 0) {
            self.saved(at, files);
        }
    }

    fn answered(&mut self, goes_on: bool) {
        let is_asked = |seat: &&mut Seat| matches!(seat.many, Many::Asked(_));
        for seat in self.seats.iter_mut().filter(is_asked) {
            seat.many = Many::No;
            if !goes_on {
                seat.due = None;
            }
        }
        if !goes_on {
            self.tell(Tell::LeftAlone);
        }
    }

    fn buy(&mut self) {
        let mut agreed = 0;
        let retakes = self.seats.iter().any(|seat| seat.retakes.is_some());
        // What it could not buy is offered again when it is over, and not bought because a key was pressed twice.
        let buying = self.run.filter(|run| run.pays && !run.is_superseded).map(|run| run.at);
        let is_settling = self.seats.iter().any(|seat| seat.is_settling);
        for (at, seat) in self.seats.iter_mut().enumerate() {
            if buying == Some(at) || seat.is_settling {
                continue;
            }
            let due = if retakes {
                seat.retakes.take().map(|offer| Due::Retake(Some(offer)))
            } else {
                seat.offer().cloned().map(Due::Buy).filter(|_| !seat.is_broken)
            };
            if let Some(due) = due {
                seat.due = Some(due);
                // Made anew before anything is bought, and compared with what was shown.
                seat.is_fresh = false;
                agreed += 1;
            }
        }
        let nothing = if buying.is_some() || is_settling {
            Tell::Buying
        } else {
            Tell::NothingToBuy
        };
        self.say_what_becomes(agreed, nothing);
    }

    fn draft(&mut self) {
        let mut agreed = 0;
        for seat in &mut self.seats {
            if seat.offer().is_some() && !seat.is_broken {
                seat.due = Some(Due::Draft);
                agreed += 1;
            }
        }
        self.say_what_becomes(agreed, Tell::NothingToDraft);
    }

    fn retake(&mut self) {
        let mut agreed = 0;
        for seat in &mut self.seats {
            let is_there = seat.gist.as_ref().is_some_and(|gist| {
                let mut stale = gist.stale();
                !stale.any(|take| seat.last.contains(&take.cell))
            });
            if is_there && !seat.last.is_empty() && !seat.is_broken {
                seat.due = Some(Due::Retake(None));
                agreed += 1;
            }
        }
        self.say_what_becomes(agreed, Tell::NothingToRetake);
    }

    fn say_what_becomes(&mut self, agreed: usize, nothing: Tell) {
        if agreed == 0 {
            let is_broken = self.seats.iter().any(|seat| seat.is_broken);
            self.tell(if is_broken { Tell::Mend } else { nothing });
        } else if self.run.is_some() {
            self.tell(Tell::Later);
        }
    }

    /// The plan of retakes is there: they begin if they are free, or if what they cost was agreed to.
    pub(super) fn retakes(&mut self, at: usize, gist: Option<&Gist>) {
        let seat = &mut self.seats[at];
        let agreed = match seat.due.take() {
            Some(Due::Retake(agreed)) => agreed,
            // Something else came up meanwhile.
            other => {
                seat.due = other;
                None
            }
        };
        if self.is_overtaken(at) {
            return;
        }
        let Some(gist) = gist else { return };
        let is_agreed = |offer: &Offer| agreed.as_ref().is_some_and(|agreed| offer.is_within(agreed));
        if self.run.is_some() || self.is_paused {
            // Something else began meanwhile.
            self.seats[at].due = Some(Due::Retake(agreed));
        } else if gist.offer.is_empty() || is_agreed(&gist.offer) {
            self.begin_retakes(at, gist);
        } else {
            let (takes, total) = (gist.offer.len(), gist.offer.total);
            self.seats[at].retakes = Some(gist.offer.clone());
            self.tell(Tell::RetakesCost { takes, total });
        }
    }

    fn begin_retakes(&mut self, at: usize, gist: &Gist) {
        let takes: Vec<_> = gist.stale().cloned().collect();
        if takes.is_empty() {
            return self.tell(Tell::NothingToRetake);
        }
        self.begin(at, super::What::Retake(takes), &gist.offer);
    }
}
