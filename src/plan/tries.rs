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
    /// What the last one before that number missed, whether or not its audio is still there.
    pub missed: Vec<Miss>,
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
    pub fn of_first_try(&self) -> Self {
        let mut request = self.clone();
        let marked = (1..=Gates::MOST_RETAKES).find_map(|number| self.salt.strip_suffix(&mark(number)));
        if let Some(salt) = marked {
            salt.clone_into(&mut request.salt);
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
        if self.attempt > 0
            && let Some(salt) = self.draft.request.salt.strip_suffix(&mark(self.attempt))
        {
            salt.clone_into(&mut take.draft.request.salt);
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
    let (mut outside, mut missed) = (Vec::new(), Vec::new());
    let mut lost = None;
    let mut free = None;
    for number in 0..=Gates::MOST_RETAKES {
        let at = |standing| (number, standing);
        let (number, standing) = match known(number) {
            Some(Known::Take(stored)) => match gates.misses(&stored.sound) {
                misses if misses.is_empty() => at(Standing::Stands(stored.clone())),
                misses => {
                    missed.clone_from(&misses);
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
                missed = gates.misses(&take.sound);
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
            missed,
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
        missed,
        number,
        standing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        base::{money::Price, time::Timestamp},
        pipeline::Bounds,
        plan::{Forgone, fixture::heard},
    };
    use proptest::prelude::*;

    fn gates(retake: u32) -> Gates {
        let duration = Bounds {
            min: Some(20.0),
            max: None,
        };
        Gates {
            duration,
            retake,
            ..Gates::default()
        }
    }

    fn inside() -> Known {
        Known::Take(heard(30.0))
    }

    fn short() -> Known {
        Known::Take(heard(8.2))
    }

    fn lost(seconds: f64) -> Known {
        Known::Lost {
            take: heard(seconds),
            changed: None,
        }
    }

    fn unsure() -> Known {
        let since = Timestamp::UNIX_EPOCH;
        Known::Unsure { since }
    }

    fn collected() -> Known {
        Known::Forgone {
            how: Forgone::Collected,
            paid: Price::Unknown,
            at: Timestamp::UNIX_EPOCH,
        }
    }

    /// `2 buy`, and how many are kept outside.
    fn said(retake: u32, tries: &[Known]) -> String {
        let walk = walk(&gates(retake), |number| tries.get(number as usize));
        let word = match &walk.standing {
            Standing::Stands(stored) if gates(0).misses(&stored.sound).is_empty() => "inside",
            Standing::Stands(_) => "stays outside",
            Standing::ToBuy => "buy",
            Standing::Held => "held",
        };
        format!("{} {word}, {} kept", walk.number, walk.outside.len())
    }

    #[test]
    fn the_walk_stops_where_something_is_to_be_said() {
        for (retake, tries, expected) in [
            (2, vec![], "0 buy, 0 kept"),
            (2, vec![inside()], "0 inside, 0 kept"),
            (2, vec![short()], "1 buy, 1 kept"),
            (0, vec![short()], "0 stays outside, 0 kept"),
            (2, vec![short(), inside(), short()], "1 inside, 1 kept"),
            (2, vec![short(), short(), short()], "2 stays outside, 2 kept"),
            (1, vec![short(), short(), inside()], "2 inside, 2 kept"),
            (2, vec![short(), unsure()], "1 held, 1 kept"),
            (2, vec![unsure(), inside()], "0 held, 0 kept"),
            (2, vec![short(), lost(30.0)], "1 held, 1 kept"),
            (2, vec![short(), lost(8.0)], "2 buy, 1 kept"),
            (1, vec![short(), lost(8.0)], "0 stays outside, 0 kept"),
            (0, vec![lost(8.0)], "0 held, 0 kept"),
            (2, vec![collected(), inside()], "1 inside, 0 kept"),
            (2, vec![collected(), short()], "2 buy, 1 kept"),
            (2, vec![collected()], "0 buy, 0 kept"),
            (2, vec![short(), collected()], "1 buy, 1 kept"),
        ] {
            assert_eq!(said(retake, &tries), expected, "{retake} of {tries:?}");
        }
    }

    #[test]
    fn each_try_has_a_key_of_its_own_and_the_first_one_the_old_key() {
        let request = heard_request();
        let keys = request.try_keys();
        assert_eq!(keys[0], request.key());
        let mut once = keys.clone();
        once.sort_unstable();
        once.dedup();
        assert_eq!(once.len(), keys.len());
        for number in 0..=Gates::MOST_RETAKES {
            assert_eq!(request.of_try(number).of_first_try(), request);
        }
    }

    #[test]
    fn a_salt_that_looks_like_the_mark_of_a_try_stays_the_salt_of_the_first() {
        let (pipe, _) = crate::plan::fixture::Pipe::hook(&["A"]);
        let plan = pipe.plan(&crate::plan::Blank);
        let (_, take) = plan.takes().next().unwrap();
        let mut take = take.clone();
        for salt in ["x#retake-0", "x#retake-1"] {
            salt.clone_into(&mut take.draft.request.salt);
            assert_eq!(take.at_try(0).draft.request, take.draft.request);
            assert_eq!(take.at_try(2).at_try(0).draft.request, take.draft.request);
        }
    }

    fn heard_request() -> RenderRequest {
        let (pipe, _) = crate::plan::fixture::Pipe::hook(&["A"]);
        let plan = pipe.plan(&crate::plan::Blank);
        let (_, take) = plan.takes().next().unwrap();
        RenderRequest {
            salt: "mine".to_owned(),
            ..take.draft.request.clone()
        }
    }

    proptest! {
        /// Buying whatever the walk says to buy ends, with at most as many retakes as are asked for.
        #[test]
        fn every_walk_ends(retake in 0..=Gates::MOST_RETAKES, lengths in proptest::collection::vec(1.0..40.0_f64, 6)) {
            let mut tries: Vec<Option<Known>> = vec![None; 6];
            let mut bought = 0;
            loop {
                let walk = walk(&gates(retake), |number| tries[number as usize].as_ref());
                if walk.standing != Standing::ToBuy {
                    break;
                }
                prop_assert!(walk.number <= retake && tries[walk.number as usize].is_none());
                tries[walk.number as usize] = Some(Known::Take(heard(lengths[walk.number as usize])));
                bought += 1;
            }
            let wanted = lengths.iter().take(retake as usize + 1).position(|length| *length >= 20.0);
            prop_assert_eq!(bought, wanted.map_or(retake as usize + 1, |at| at + 1));
        }
    }
}
