//! What is known of each followed path, and what a new look at it shows.
//!
//! A file is read again only if its outline says that it may have changed. The outline of a file that changed within
//! the last two seconds says nothing: another write could leave the same one.

use super::{
    change::{self, Change},
    followed::{Followed, without_records},
};
use crate::{
    base::time::{Clock, SystemClock, Timestamp},
    store::fs::{self, Look, LookAt, Outline, Seen},
};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

/// File systems keep times with a grain of up to two seconds; below that, equal times prove nothing.
const GRAIN_NANOS: i128 = 2_000_000_000;

/// What is known of all followed paths.
#[derive(Debug)]
pub(super) struct Sights {
    clock: SystemClock,
    known: BTreeMap<Arc<Look>, Sight>,
    /// Sounds of which it was told that they are not what the planner saw: what it saw, what there is, and the outline
    /// of that. If it sees the same again in the same file, the store trusts an old look of its own, and telling it
    /// once more would never end.
    disputes: HashMap<Arc<Look>, (Seen, Seen, Outline)>,
}

/// What is known of one path.
#[derive(Clone, Debug, Default)]
struct Sight {
    /// Nothing yet: whatever the next look shows is no change.
    seen: Option<Seen>,
    text: Option<Arc<str>>,
    /// Of the file with this content, if it is old enough to say so.
    settled: Option<Outline>,
}

/// A new look at a path.
#[derive(Debug)]
pub(super) struct Glance {
    look: Arc<Look>,
    seen: Seen,
    text: Option<Arc<str>>,
    outline: Option<Outline>,
    is_settled: bool,
}

/// Looks to be taken, anywhere.
#[derive(Debug)]
pub(super) struct Round {
    clock: SystemClock,
    looks: Vec<(Arc<Look>, Option<Outline>)>,
}

impl Sights {
    /// Nothing is known.
    pub(super) fn new() -> Self {
        Self {
            clock: SystemClock::start(),
            known: BTreeMap::new(),
            disputes: HashMap::new(),
        }
    }

    /// Knows these paths, and no others, as the planner saw them.
    pub(super) fn follow(&mut self, followed: &Followed) {
        let mut earlier = std::mem::take(&mut self.known);
        for (look, seen) in followed.looks() {
            let (look, known) = earlier
                .remove_entry(look)
                .unwrap_or_else(|| (Arc::new(look.clone()), Sight::default()));
            let is_newer = seen.is_some() && seen != known.seen.as_ref();
            let sight = if is_newer {
                Sight {
                    seen: seen.cloned(),
                    ..Sight::default()
                }
            } else {
                known
            };
            self.known.insert(look, sight);
        }
        let known = &self.known;
        self.disputes.retain(|look, _| known.contains_key(look));
    }

    /// The looks that tell what changed.
    pub(super) fn round(&self) -> Round {
        let looks = self.known.iter();
        Round {
            clock: self.clock,
            looks: looks.map(|(look, sight)| (Arc::clone(look), sight.settled)).collect(),
        }
    }

    /// What all of them look like from outside.
    pub(super) fn outlines(&self) -> Vec<Option<Outline>> {
        self.known.keys().map(|look| fs::outline(&look.path)).collect()
    }

    /// Whether there is something to tell. Knows the paths that did not change better afterwards.
    pub(super) fn differ(&mut self, glances: Vec<Glance>) -> bool {
        let (changed, same): (Vec<_>, Vec<_>) = glances.into_iter().partition(|glance| self.is_change(glance));
        self.take(same);
        !changed.is_empty()
    }

    /// What there is to tell. It is known afterwards.
    pub(super) fn tell(&mut self, glances: Vec<Glance>) -> Vec<Change> {
        let (changed, same): (Vec<_>, Vec<_>) = glances.into_iter().partition(|glance| self.is_change(glance));
        self.take(same);
        let told = changed.iter().flat_map(|glance| self.change(glance)).collect();
        for glance in &changed {
            if glance.look.at == LookAt::Sound
                && let Some(outline) = glance.outline
                && let Some(seen) = self.known.get(&glance.look).and_then(|sight| sight.seen.clone())
            {
                let dispute = (seen, glance.seen.clone(), outline);
                self.disputes.insert(Arc::clone(&glance.look), dispute);
            }
        }
        self.take(changed);
        told
    }

    fn is_change(&self, glance: &Glance) -> bool {
        let Some(known) = self.known.get(&glance.look).and_then(|sight| sight.seen.as_ref()) else {
            return false;
        };
        let is_told = self.disputes.get(&glance.look).is_some_and(|(seen, found, outline)| {
            (seen, found, Some(outline)) == (known, &glance.seen, glance.outline.as_ref())
        });
        *known != glance.seen && !is_told
    }

    fn change(&self, glance: &Glance) -> Vec<Change> {
        let Some(Sight { seen: Some(seen), text, .. }) = self.known.get(&glance.look) else {
            return Vec::new();
        };
        change::between(
            &glance.look,
            (seen, text.as_deref()),
            (&glance.seen, glance.text.as_deref()),
        )
    }

    fn take(&mut self, glances: Vec<Glance>) {
        for glance in glances {
            let Some(sight) = self.known.get_mut(&glance.look) else {
                continue;
            };
            *sight = Sight {
                seen: Some(glance.seen),
                text: glance.text,
                settled: glance.outline.filter(|_| glance.is_settled),
            };
        }
    }
}

impl Round {
    /// Takes the looks. What looks as it did when it was read is left out: it has not changed.
    pub(super) fn look(self) -> Vec<Glance> {
        let looks = self.looks.into_iter();
        looks.filter_map(|(look, settled)| glance(look, settled, &self.clock)).collect()
    }
}

fn glance(look: Arc<Look>, settled: Option<Outline>, clock: &SystemClock) -> Option<Glance> {
    let is_file = !matches!(look.at, LookAt::Names { .. });
    let outline = || is_file.then(|| fs::outline(&look.path)).flatten();
    let (now, before) = (clock.now(), outline());
    if before.is_some() && before == settled {
        return None;
    }
    let (seen, text) = look.take();
    let is_settled = before == outline() && before.is_some_and(|outline| is_old(&outline, now));
    Some(Glance {
        look,
        seen: without_records(seen),
        text: text.map(Arc::from),
        outline: before,
        is_settled,
    })
}

fn is_old(outline: &Outline, now: Timestamp) -> bool {
    let latest = outline.modified.max(outline.changed);
    latest > 0 && i128::from(latest) + GRAIN_NANOS < now.as_nanosecond()
}
