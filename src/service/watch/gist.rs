//! What a plan comes to, as far as a watch decides by it: what is asked for, what is free, what may be paid.
//!
//! Pure. Who pays is told by the backend, never by the price: an unknown price and one of zero may be paid alike.

use crate::{
    base::{
        digest::{Digest, Hasher},
        ids::TakeName,
        money::{Price, Total, Usd},
    },
    catalog::BackendKind,
    plan::{Content, Node, NodeId, NodeWork, Plan, Retakes, Take, Verdict},
};
use std::collections::BTreeMap;

/// A plan, boiled down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gist {
    /// Of everything that is asked for, whatever is there of it: a run changes nothing about it.
    pub wanted: Digest,
    /// How many takes there are.
    pub takes: usize,
    /// Takes that are rendered without anything being paid, whatever they are made of included.
    pub free: Vec<TakeName>,
    /// What may be paid.
    pub offer: Offer,
    /// Takes that a person must look at first, and those that wait for them.
    pub held: usize,
}

/// The part of a plan that may be paid, as it is shown before somebody agrees to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Offer {
    /// Every take of it; those that cost nothing themselves and are made of one that does, too.
    lots: BTreeMap<TakeName, Lot>,
    /// What it costs.
    pub total: Total,
    /// What retakes may cost on top.
    pub retakes: Retakes,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Lot {
    wanted: Digest,
    price: Price,
}

impl Offer {
    /// Whether nothing may be paid.
    pub fn is_empty(&self) -> bool {
        self.lots.is_empty()
    }

    /// How many takes.
    pub fn len(&self) -> usize {
        self.lots.len()
    }

    /// The takes.
    pub fn names(&self) -> impl Iterator<Item = &TakeName> {
        self.lots.keys()
    }

    /// Whether who agreed to `shown` agreed to this: nothing in it is new, is another request, or has another price.
    pub fn is_within(&self, shown: &Self) -> bool {
        let is_shown = |(name, lot): (&TakeName, &Lot)| shown.lots.get(name) == Some(lot);
        self.retakes.count <= shown.retakes.count && self.lots.iter().all(is_shown)
    }

    /// What it costs at most, as far as that is known.
    pub(super) const fn most(&self) -> Total {
        let (takes, retakes) = (self.total, self.retakes.total);
        Total {
            known: takes.known.plus(retakes.known),
            unknown: takes.unknown + retakes.unknown,
        }
    }

    /// What each of its takes costs, as far as that is known.
    pub(super) fn known_prices(&self) -> impl Iterator<Item = Usd> {
        self.lots.values().filter_map(|lot| match lot.price {
            Price::Known(price) => Some(price),
            Price::Unknown => None,
        })
    }
}

impl Gist {
    /// Boils a plan down.
    pub fn of(plan: &Plan) -> Self {
        let pays = paying(plan);
        let mut all = Hasher::new();
        let mut gist = Self {
            wanted: Digest::of(b""),
            takes: 0,
            free: Vec::new(),
            offer: Offer::default(),
            held: 0,
        };
        for (node, take) in plan.takes() {
            let wanted = wanted(plan, take);
            all.update(wanted.hex().as_bytes());
            gist.takes += 1;
            gist.held += usize::from(matches!(node.verdict, Verdict::Unsure | Verdict::Blocked));
            if !node.verdict.is_work() {
                continue;
            }
            if pays[node.id.0 as usize] {
                let price = node.price;
                gist.offer.total.add(price);
                gist.offer.lots.insert(take.name.clone(), Lot { wanted, price });
            } else {
                gist.free.push(take.name.clone());
            }
        }
        gist.wanted = all.finish();
        if !gist.offer.is_empty() {
            gist.offer.retakes = plan.retakes;
        }
        gist
    }

    /// Every take that is to be rendered.
    pub fn stale(&self) -> impl Iterator<Item = &TakeName> {
        self.free.iter().chain(self.offer.names())
    }
}

/// For each node, whether something may be paid before it is there.
fn paying(plan: &Plan) -> Vec<bool> {
    let mut pays = vec![false; plan.nodes.len()];
    for node in plan.nodes.iter().filter(|node| node.verdict.is_work()) {
        let needs = node.needs.iter().any(|id| pays[id.0 as usize]);
        pays[node.id.0 as usize] = needs || is_foreign(node);
    }
    pays
}

fn is_foreign(node: &Node) -> bool {
    match &node.work {
        NodeWork::Upload(upload) => upload.backend != BackendKind::Sandbox,
        NodeWork::Take(take) => take.draft.request.backend != BackendKind::Sandbox,
    }
}

/// What is asked of one take, whether or not it is there, and whichever of its tries is the last.
fn wanted(plan: &Plan, take: &Take) -> Digest {
    let uploads = [take.draft.voice, take.draft.instrumental];
    let is_rendered = |id: &NodeId| matches!(content(plan, *id), Some(Content::Take { .. }));
    let mut hasher = Hasher::new();
    hasher.update(take.name.to_string().as_bytes());
    hasher.update(take.output.pattern.as_bytes());
    hasher.update(format!("{:?}", take.gates).as_bytes());
    match take.key {
        Some(key) if take.attempt == 0 && !uploads.iter().flatten().any(is_rendered) => {
            hasher.update(key.0.hex().as_bytes());
        }
        // Its key changes while what it is made of arrives, and with every retake; what is asked for does not.
        _ => {
            let first = take.draft.request.of_first_try();
            hasher.update(first.key().0.hex().as_bytes());
            for id in uploads.into_iter().flatten() {
                hasher.update(source(plan, id).as_bytes());
            }
        }
    }
    hasher.finish()
}

fn content(plan: &Plan, id: NodeId) -> Option<&Content> {
    match &plan.node(id).work {
        NodeWork::Upload(upload) => Some(&upload.content),
        NodeWork::Take(_) => None,
    }
}

fn source(plan: &Plan, id: NodeId) -> String {
    match content(plan, id) {
        Some(Content::File { digest, .. }) => digest.hex(),
        Some(Content::Take { node, .. }) => match &plan.node(*node).work {
            NodeWork::Take(take) => take.name.to_string(),
            NodeWork::Upload(_) => String::new(),
        },
        None => String::new(),
    }
}

#[cfg(test)]
impl Gist {
    /// A plan of takes called `free` and of others that may be paid, each with what is asked for under its name and its
    /// price.
    pub(super) fn made(wanted: &str, free: &[&str], paid: &[(&str, &str, Option<i64>)]) -> Self {
        use crate::report::samples::take_name;
        let mut offer = Offer::default();
        for (name, wanted, cents) in paid {
            let price = cents.map_or(Price::Unknown, |cents| {
                Price::Known(Usd::from_nanos(cents * 10_000_000))
            });
            let wanted = Digest::of(wanted.as_bytes());
            offer.total.add(price);
            offer.lots.insert(take_name(name, &[], 1), Lot { wanted, price });
        }
        Self {
            wanted: Digest::of(wanted.as_bytes()),
            takes: free.len() + paid.len(),
            free: free.iter().map(|name| take_name(name, &[], 1)).collect(),
            offer,
            held: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        plan::{Key, Reason, StoredTake},
        report::samples::{plan, sound, take, take_name, upload},
    };

    fn set_backend(plan: &mut Plan, id: NodeId, backend: BackendKind) {
        match &mut plan.nodes[id.0 as usize].work {
            NodeWork::Take(take) => take.draft.request.backend = backend,
            NodeWork::Upload(upload) => upload.backend = backend,
        }
    }

    fn land(plan: &mut Plan, id: NodeId) {
        let node = &mut plan.nodes[id.0 as usize];
        node.verdict = Verdict::Cached;
        let NodeWork::Take(take) = &mut node.work else { return };
        let key = Key(Digest::of(b"landed"));
        take.key = Some(key);
        take.stored = Some(StoredTake {
            key,
            digest: Digest::of(b"audio"),
            bytes: 1,
            format: crate::base::audio_settings::Format::Mp3,
            sound: sound(),
            peaks: crate::audio::Peaks::default(),
            at: crate::report::samples::at("2026-03-01T10:00:00Z"),
            charged: None,
            price: node.price,
        });
    }

    #[test]
    fn what_costs_nothing_itself_and_is_made_of_what_may_be_paid_is_part_of_the_offer() {
        let mut plan = plan();
        let bed = take(
            &mut plan,
            take_name("bed", &[], 1),
            Verdict::New,
            Reason::NeverRendered,
            None,
        );
        let scratch = take(
            &mut plan,
            take_name("scratch", &[], 1),
            Verdict::New,
            Reason::NeverRendered,
            None,
        );
        let remix = take(
            &mut plan,
            take_name("remix", &[], 1),
            Verdict::Waits,
            Reason::NeverRendered,
            None,
        );
        take(
            &mut plan,
            take_name("old", &[], 1),
            Verdict::Cached,
            Reason::NeverRendered,
            None,
        );
        plan.nodes[remix.0 as usize].needs = vec![bed];
        set_backend(&mut plan, scratch, BackendKind::Sandbox);
        set_backend(&mut plan, remix, BackendKind::Sandbox);
        let gist = Gist::of(&plan);
        assert_eq!(gist.free, [take_name("scratch", &[], 1)]);
        let offered: Vec<_> = gist.offer.names().map(ToString::to_string).collect();
        assert_eq!(offered, ["songs.bed#1", "songs.remix#1"]);
        assert_eq!((gist.takes, gist.stale().count(), gist.held), (4, 3, 0));
    }

    #[test]
    fn a_price_of_zero_at_another_backend_is_no_free_take() {
        let mut plan = plan();
        let id = take(
            &mut plan,
            take_name("bed", &[], 1),
            Verdict::New,
            Reason::NeverRendered,
            None,
        );
        plan.nodes[id.0 as usize].price = Price::Known(Usd::ZERO);
        let gist = Gist::of(&plan);
        assert!(gist.free.is_empty() && gist.offer.len() == 1);
    }

    #[test]
    fn what_lands_changes_nothing_that_is_asked_for() {
        let mut plan = plan();
        let bed = take(
            &mut plan,
            take_name("bed", &[], 1),
            Verdict::New,
            Reason::NeverRendered,
            None,
        );
        let from = upload(&mut plan, "bed", 1);
        let NodeWork::Upload(reference) = &mut plan.nodes[from.0 as usize].work else {
            panic!()
        };
        reference.content = Content::Take {
            node: bed,
            digest: None,
        };
        let song = take(
            &mut plan,
            take_name("song", &[], 1),
            Verdict::Waits,
            Reason::NeverRendered,
            Some(from),
        );
        let before = Gist::of(&plan);
        let NodeWork::Take(take) = &plan.nodes[bed.0 as usize].work else {
            panic!()
        };
        let key = take.key;
        land(&mut plan, bed);
        let NodeWork::Take(take) = &mut plan.nodes[bed.0 as usize].work else {
            panic!()
        };
        take.key = key;
        // The song's key is known now that the bed is there.
        let node = &mut plan.nodes[song.0 as usize];
        node.verdict = Verdict::New;
        let NodeWork::Take(take) = &mut node.work else { panic!() };
        take.key = Some(Key(Digest::of(b"known by now")));
        let after = Gist::of(&plan);
        assert_eq!(before.wanted, after.wanted);
        assert!(after.offer.is_within(&before.offer) && !before.offer.is_within(&after.offer));
    }

    #[test]
    fn who_agreed_to_an_offer_agreed_to_no_other_request_price_or_take() {
        let shown = Gist::made("1", &[], &[("a", "x", Some(3)), ("b", "y", Some(3))]).offer;
        let now = |paid: &[(&str, &str, Option<i64>)]| Gist::made("2", &[], paid).offer;
        assert!(now(&[("a", "x", Some(3))]).is_within(&shown), "one of them landed");
        for (why, other) in [
            ("another request", now(&[("a", "z", Some(3))])),
            ("another price", now(&[("a", "x", Some(4))])),
            ("an unknown price", now(&[("a", "x", None)])),
            ("one more", now(&[("a", "x", Some(3)), ("c", "x", Some(3))])),
        ] {
            assert!(!other.is_within(&shown), "{why}");
        }
    }
}
