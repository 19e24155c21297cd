//! What begins next, when nothing is under way.

use super::{Act, Desk, Errand, Tell, Underway, What};
use crate::service::watch::{
    Gist, Offer,
    seat::{Due, Many},
};
use std::sync::Arc;

impl Desk {
    /// Begins what is due, if nothing holds it up. Called after everything that happens.
    pub(super) fn go_on(&mut self) {
        if self.run.is_some() {
            return;
        }
        if let Some(cause) = self.leaves {
            self.acts.push(Act::Leave(cause));
            return;
        }
        for at in 0..self.seats.len() {
            if self.is_paused || self.run.is_some() {
                return;
            }
            self.go_on_with(at);
        }
    }

    fn go_on_with(&mut self, at: usize) {
        let seat = &mut self.seats[at];
        if seat.is_planning || seat.is_broken || matches!(seat.many, Many::Asked(_)) {
            return;
        }
        let (Some(due), Some(gist)) = (seat.due.clone(), seat.gist.clone()) else {
            return;
        };
        if let Due::Retake(_) = due {
            seat.is_planning = true;
            let cells = seat.last.iter().cloned().collect();
            self.acts.push(Act::PlanRetakes { at, cells });
            return;
        }
        if !seat.is_fresh {
            self.plan(at);
            return;
        }
        seat.due = None;
        match due {
            Due::Render => self.render(at, &gist),
            Due::Buy(shown) => self.buy_shown(at, &gist, &shown),
            Due::Draft => self.draft_of(at, &gist),
            Due::Retake(_) => {}
        }
    }

    /// What a save asks for.
    fn render(&mut self, at: usize, gist: &Arc<Gist>) {
        let may_buy = self.rules.auto_buy && self.seats[at].many != Many::Unasked;
        if gist.offer.is_empty() {
            // Nothing to render is not nothing to do: a take may have got another name.
            self.begin(at, What::All, &gist.offer);
            return;
        }
        if may_buy && self.purse.covers_some(&gist.offer) {
            self.begin_any(at, &gist.offer);
            return;
        }
        if may_buy && let Some(left) = self.purse.left() {
            self.tell(Tell::OverBudget { at, left });
        }
        if !gist.free.is_empty() {
            // What is left of this plan is seen to when these are there.
            self.seats[at].due = self.rules.drafts.then_some(Due::Draft);
            self.begin(at, What::Free(gist.free.clone()), &Offer::default());
        } else if self.rules.drafts {
            self.draft_of(at, gist);
        }
        if !self.rules.has_keys && !self.rules.auto_buy && std::mem::take(&mut self.is_silent) {
            self.tell(Tell::NobodyBuys);
        }
    }

    fn buy_shown(&mut self, at: usize, gist: &Gist, shown: &Offer) {
        if gist.offer.is_empty() {
            self.tell(Tell::NothingToBuy);
        } else if !gist.offer.is_within(shown) {
            self.tell(Tell::Anew { at });
        } else if self.purse.covers_some(&gist.offer) {
            let takes = gist.stale().cloned().collect();
            self.begin(at, What::Buy(takes), &gist.offer);
        } else if let Some(left) = self.purse.left() {
            self.tell(Tell::OverBudget { at, left });
        }
    }

    fn draft_of(&mut self, at: usize, gist: &Gist) {
        let takes: Vec<_> = gist.offer.names().cloned().collect();
        if takes.is_empty() {
            self.tell(Tell::NothingToDraft);
        } else {
            self.begin(at, What::Draft(takes), &Offer::default());
        }
    }

    /// Begins what was shown and agreed to.
    pub(super) fn begin(&mut self, at: usize, what: What, offer: &Offer) {
        self.begin_as(at, what, offer, Some(offer.clone()));
    }

    /// Begins whatever the budget covers.
    fn begin_any(&mut self, at: usize, offer: &Offer) {
        self.begin_as(at, What::All, offer, None);
    }

    fn begin_as(&mut self, at: usize, what: What, offer: &Offer, agreed: Option<Offer>) {
        if !offer.is_empty()
            && let Some(left) = self.purse.left()
            && !self.purse.covers_some(offer)
        {
            return self.tell(Tell::OverBudget { at, left });
        }
        let wanted = self.seats[at]
            .gist
            .as_ref()
            .map_or_else(|| crate::base::digest::Digest::of(b""), |gist| gist.wanted);
        self.run = Some(Underway {
            at,
            wanted,
            pays: !offer.is_empty(),
            most: offer.most(),
            is_superseded: false,
        });
        let budget = self.purse.left();
        self.acts.push(Act::Run(Errand {
            at,
            what,
            budget,
            agreed,
        }));
    }
}
