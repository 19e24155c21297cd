//! How fast calls may begin: a rate window, and a limit of one backend that follows what the backend says.
//!
//! Pure: the time and chance are handed in. Knows nothing of nodes, of queues or of what a call is.
//!
//! A limit is halved when the backend says "slow down", once for each wave: calls that were under way by then say nothing
//! new. It grows by one after as many calls that went well as it is itself, up to what was set. The number at which the
//! backend refused last is tried again rarely, and more rarely each time it is refused again. A refusal that met the only
//! call under way cannot be helped by fewer calls, only by waiting: longer each time, and not for ever.

use super::{
    chance::fraction,
    retry::{MOST_ATTEMPTS, MOST_PATIENCE},
};
use crate::pipeline::Rate;
use std::{collections::VecDeque, num::NonZeroU32, time::Duration};

/// Calls begun within a stretch of time.
#[derive(Debug)]
pub(super) struct Window {
    rate: Option<Rate>,
    begun: VecDeque<Duration>,
}

impl Window {
    pub(super) fn new(rate: Option<Rate>) -> Self {
        let begun = VecDeque::new();
        Self { rate, begun }
    }

    /// When a call may begin, if not now.
    pub(super) fn wait(&mut self, now: Duration) -> Option<Duration> {
        let rate = self.rate?;
        while self.begun.front().is_some_and(|begun| *begun + rate.per <= now) {
            self.begun.pop_front();
        }
        let full = self.begun.len() >= rate.calls.get() as usize;
        full.then(|| self.begun[0] + rate.per)
    }

    /// Counts a call that begins now.
    pub(super) fn begin(&mut self, now: Duration) {
        if self.rate.is_some() {
            self.begun.push_back(now);
        }
    }

    /// Forgets a call that was to begin then and was never made.
    pub(super) fn take_back(&mut self, begun: Duration) {
        if let Some(place) = self.begun.iter().rposition(|other| *other == begun) {
            self.begun.remove(place);
        }
    }
}

/// The first pause of a backend that refuses its only call; three times as long each further time.
const FIRST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(60);
/// Calls that must go well, for each one under way, before a number that was refused is tried again.
const PROBE: u32 = 16;
/// How often a vain probe doubles that.
const MOST_RARE: u32 = 6;
/// Waves in a row that brought nothing: as many as two takes may try. After them the backend is taken to be away.
const MOST_SETBACKS: u32 = 2 * MOST_ATTEMPTS;

/// A call that was let go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ticket {
    /// The how-manieth of its backend.
    number: u64,
    /// Calls under way when it began, itself included.
    among: u32,
    /// When.
    pub(super) at: Duration,
}

/// Why a call surely did not run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Setback {
    /// The backend says that it is too much at once, or too fast.
    TooFast,
    /// The backend is not there. The caller waits that long by itself.
    Away(Duration),
}

/// What follows from a setback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reaction {
    /// Other calls of the same wave brought it about already, or one call's trouble says nothing of the backend.
    None,
    /// No call begins before then, and no more than the limit after it.
    Slower,
    /// The same, and it cannot go any slower: the call that was refused had the backend to itself.
    Alone,
    /// Nothing has worked for long, or the backend asks for more patience than there is.
    GivesUp,
}

/// One backend's limit.
#[derive(Debug)]
pub(super) struct Lane {
    most: u32,
    limit: u32,
    under_way: u32,
    window: Window,
    /// Of the next call.
    number: u64,
    /// Calls from this number on began after the last setback.
    wave: u64,
    /// Calls that went well since the limit last changed.
    well: u32,
    /// So many at once were refused.
    ceiling: Option<u32>,
    /// How often that number was tried again in vain.
    vain: u32,
    /// Waves in a row that brought nothing.
    setbacks: u32,
    closed_until: Duration,
}

impl Lane {
    pub(super) fn new(most: NonZeroU32, rate: Option<Rate>) -> Self {
        Self {
            most: most.get(),
            limit: most.get(),
            under_way: 0,
            window: Window::new(rate),
            number: 0,
            wave: 0,
            well: 0,
            ceiling: None,
            vain: 0,
            setbacks: 0,
            closed_until: Duration::ZERO,
        }
    }

    /// Whether there is a slot.
    pub(super) const fn has_slot(&self) -> bool {
        self.under_way < self.limit
    }

    /// Calls that may be under way at once, as it stands.
    pub(super) const fn limit(&self) -> u32 {
        self.limit
    }

    /// When a call may begin, slots aside, if not now.
    pub(super) fn wait(&mut self, now: Duration) -> Option<Duration> {
        let closed = (self.closed_until > now).then_some(self.closed_until);
        closed.max(self.window.wait(now))
    }

    /// A call begins.
    pub(super) fn begin(&mut self, now: Duration) -> Ticket {
        self.under_way += 1;
        self.window.begin(now);
        let ticket = Ticket {
            number: self.number,
            among: self.under_way,
            at: now,
        };
        self.number += 1;
        ticket
    }

    /// The call was not made after all.
    pub(super) fn take_back(&mut self, ticket: Ticket) {
        self.end();
        self.window.take_back(ticket.at);
    }

    /// The call is over; it says nothing of how much the backend can take.
    pub(super) fn end(&mut self) {
        self.under_way = self.under_way.saturating_sub(1);
    }

    /// The call brought what it was made for.
    pub(super) fn went_well(&mut self, ticket: Ticket) {
        self.end();
        if ticket.number < self.wave {
            return;
        }
        self.setbacks = 0;
        // A backend that was not made full use of says nothing of how much it can take.
        if ticket.among + 1 < self.limit || self.limit >= self.most {
            return;
        }
        self.well += 1;
        if self.well < self.enough() {
            return;
        }
        if self.ceiling.is_some_and(|ceiling| self.limit >= ceiling) {
            self.ceiling = None;
            self.vain = 0;
        }
        self.limit += 1;
        self.well = 0;
    }

    /// Calls that must go well before the limit grows.
    fn enough(&self) -> u32 {
        if self.ceiling == Some(self.limit + 1) {
            self.limit.saturating_mul(PROBE << self.vain.min(MOST_RARE))
        } else {
            self.limit
        }
    }

    /// The call surely did not run. `after` is what the backend asked for, `chance` decides the jitter.
    pub(super) fn set_back(
        &mut self,
        (ticket, setback): (Ticket, Setback),
        after: Option<Duration>,
        now: Duration,
        chance: u64,
    ) -> Reaction {
        let reached = self.under_way.min(self.limit).max(1);
        let was_alone = self.under_way <= 1;
        self.end();
        if let Some(after) = after {
            if after > MOST_PATIENCE {
                return Reaction::GivesUp;
            }
            // All who were told the same time would come back at once: spread them over the next moment.
            self.close(now + after + fraction(FIRST, chance));
        }
        if ticket.number < self.wave {
            return Reaction::None;
        }
        self.wave = self.number;
        self.well = 0;
        match setback {
            Setback::TooFast if !was_alone => {
                self.vain = if self.ceiling == Some(reached) {
                    self.vain + 1
                } else {
                    0
                };
                self.ceiling = Some(reached);
                self.limit = (reached / 2).max(1);
                self.close(now + pause(1, chance));
                Reaction::Slower
            }
            Setback::TooFast => {
                self.limit = 1;
                self.setbacks += 1;
                self.close(now + pause(self.setbacks, chance));
                self.give_up_or(Reaction::Alone)
            }
            Setback::Away(own) => {
                self.setbacks += 1;
                match self.setbacks {
                    // One call's bad luck, as far as anybody knows.
                    1 => return Reaction::None,
                    ..=MOST_ATTEMPTS => self.close(now + own),
                    _ => self.close(now + own.max(pause(self.setbacks, chance))),
                }
                self.give_up_or(Reaction::None)
            }
        }
    }

    const fn give_up_or(&self, reaction: Reaction) -> Reaction {
        if self.setbacks > MOST_SETBACKS {
            Reaction::GivesUp
        } else {
            reaction
        }
    }

    fn close(&mut self, until: Duration) {
        self.closed_until = self.closed_until.max(until);
    }
}

/// How long a backend is left alone after so many setbacks in a row: between half of it and all of it.
fn pause(setbacks: u32, chance: u64) -> Duration {
    let factor = 3_u32.saturating_pow(setbacks.saturating_sub(1));
    let whole = FIRST.saturating_mul(factor).min(LONGEST);
    whole / 2 + fraction(whole / 2, chance)
}

#[cfg(test)]
mod tests;
