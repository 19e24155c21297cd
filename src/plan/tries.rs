//! The tries of a take: the first one, and the retakes that its gates ask for.
//!
//! Nothing is remembered of them but what is known of their keys anyway. Whoever asks walks them from the first: the first
//! try inside the gates is the take; else the first one that was not made is bought, as long as gates and retakes
//! allow; else the last one stands, outside. So no run, however it ended, makes another forget how many were made.

use super::{Key, Known, Miss, RenderRequest, StoredTake, Take};
use crate::pipeline::Gates;

/// A try that is kept, and is not the take.
#[derive(Clone, Debug, PartialEq)]
pub struct OutsideTry {
    /// Zero for the first, then the number of the retake.
    pub number: u32,
    /// What is on disk.
    pub stored: StoredTake,
    /// What it misses.
    pub misses: Vec<Miss>,
}

/// Where the tries of a take stand.
#[derive(Clone, Debug, PartialEq)]
pub struct Walk {
    /// Those that are on disk outside the gates, but for the one that stands.
    pub outside: Vec<OutsideTry>,
    /// Which one is next, or is the take.
    pub number: u32,
    /// What is to be done about it.
    pub standing: Standing,
}

/// What is to be done about a try.
#[derive(Clone, Debug, PartialEq)]
pub enum Standing {
    /// Nothing: it is the take. It is outside if all tries were made and none is inside.
    Stands(StoredTake),
    /// It is to be bought; nothing is known of it, or that it was given up.
    ToBuy,
    /// Nothing by itself: what came of it is not known, or was paid for and is gone.
    Held,
}

impl RenderRequest {
    /// The request of a further try of the same take: another key, and the same in everything that is heard.
    #[must_use]
    pub fn of_try(&self, number: u32) -> Self {
        let mut request = self.clone();
        if number > 0 {
            request.salt.push_str(&mark(number));
        }
        request
    }

    /// The keys of every try that a take may ever have, the first try's first. To be asked of the first try's request.
    pub fn try_keys(&self) -> Vec<Key> {
        (0..=Gates::MOST_RETAKES)
            .map(|number| self.of_try(number).key())
            .collect()
    }

    /// The request of the first try, if this is one of its retakes.
    #[must_use]
    pub(super) fn of_first_try(&self) -> Self {
        let mut request = self.clone();
        let marked = (1..=Gates::MOST_RETAKES).find_map(|number| self.salt.strip_suffix(&mark(number)));
        if let Some(salt) = marked {
            request.salt = salt.to_owned();
        }
        request
    }
}

/// What tells the request of a retake from that of the first try.
fn mark(number: u32) -> String {
    format!("#retake-{number}")
}

impl Take {
    /// The same take at another try.
    #[must_use]
    pub fn at_try(&self, number: u32) -> Self {
        let mut take = self.clone();
        if let Some(salt) = self.draft.request.salt.strip_suffix(&mark(self.attempt)) {
            take.draft.request.salt = salt.to_owned();
        }
        take.draft.request = take.draft.request.of_try(number);
        take.attempt = number;
        take
    }

    /// What the audio of a try misses of what is asked of the take.
    pub fn misses(&self, stored: &StoredTake) -> Vec<Miss> {
        self.gates.misses(&stored.sound)
    }

    /// Whether another try follows if this one is outside.
    pub const fn may_be_retaken(&self) -> bool {
        self.attempt < self.gates.retake
    }
}

/// Walks the tries of a take, from the first. `known` says what is known of one by its number.
pub fn walk<'k>(gates: &Gates, known: impl Fn(u32) -> Option<&'k Known>) -> Walk {
    let last_made = (0..=Gates::MOST_RETAKES).rev().find(|number| {
        matches!(
            known(*number),
            Some(Known::Take(_) | Known::Lost { .. } | Known::Unsure { .. })
        )
    });
    let mut outside = Vec::new();
    let mut lost = None;
    let mut free = None;
    for number in 0..=Gates::MOST_RETAKES {
        let at = |standing| (number, standing);
        let (number, standing) = match known(number) {
            Some(Known::Take(stored)) => match gates.misses(&stored.sound) {
                misses if misses.is_empty() => at(Standing::Stands(stored.clone())),
                misses => {
                    outside.push(OutsideTry {
                        number,
                        stored: stored.clone(),
                        misses,
                    });
                    continue;
                }
            },
            // It is known to have been outside, though its audio is gone.
            Some(Known::Lost { take, .. }) if !gates.misses(&take.sound).is_empty() => {
                lost = Some(number);
                continue;
            }
            Some(Known::Lost { .. } | Known::Unsure { .. }) => at(Standing::Held),
            // It was made, or there would be none after it.
            Some(Known::Forgone { .. }) | None if last_made.is_some_and(|last| number < last) => continue,
            Some(Known::Forgone { .. }) | None => {
                free = Some(number);
                break;
            }
        };
        return Walk {
            outside,
            number,
            standing,
        };
    }
    let (number, standing) = match free.filter(|number| *number <= gates.retake) {
        Some(number) => (number, Standing::ToBuy),
        None => match outside.pop() {
            Some(last) => (last.number, Standing::Stands(last.stored)),
            None => (lost.unwrap_or_default(), Standing::Held),
        },
    };
    Walk {
        outside,
        number,
        standing,
    }
}
