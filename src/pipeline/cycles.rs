//! The order of steps, and the rings that prevent one.
//!
//! Works on numbers: knows nothing of what the steps are. No recursion, so a chain of any length is fine.

use std::collections::BTreeSet;

/// An order of the steps outside rings in which each stands behind those it depends on; and every ring found, each as
/// the steps along it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Order {
    pub(super) order: Vec<usize>,
    pub(super) rings: Vec<Vec<usize>>,
}

/// Orders steps `0..depends.len()`, where `depends[i]` lists what step `i` depends on. Of steps that may come next the
/// lowest comes first, so the same input has the same order.
pub(super) fn order(depends: &[Vec<usize>]) -> Order {
    let mut result = Order::default();
    let mut left: BTreeSet<usize> = (0..depends.len()).collect();
    result.order = peel(depends, &mut left);
    while !left.is_empty() {
        let ring = ring(depends, &left);
        for step in &ring {
            left.remove(step);
        }
        result.rings.push(ring);
        // Steps that only waited for this ring are not part of another one.
        peel(depends, &mut left);
    }
    result
}

/// Takes out, again and again, the steps that depend on nothing that is left.
fn peel(depends: &[Vec<usize>], left: &mut BTreeSet<usize>) -> Vec<usize> {
    let mut dependents: Vec<Vec<usize>> = vec![Vec::new(); depends.len()];
    let mut waits: Vec<usize> = vec![0; depends.len()];
    for &step in &*left {
        for &need in depends[step].iter().filter(|need| left.contains(need)) {
            dependents[need].push(step);
            waits[step] += 1;
        }
    }
    let mut ready: BTreeSet<usize> = left.iter().copied().filter(|step| waits[*step] == 0).collect();
    let mut order = Vec::new();
    while let Some(step) = ready.pop_first() {
        left.remove(&step);
        order.push(step);
        for &dependent in &dependents[step] {
            waits[dependent] -= 1;
            if waits[dependent] == 0 {
                ready.insert(dependent);
            }
        }
    }
    order
}

/// Follows dependencies from the lowest step until one comes back. Every step of `left` depends on another of it.
fn ring(depends: &[Vec<usize>], left: &BTreeSet<usize>) -> Vec<usize> {
    let mut path: Vec<usize> = left.first().copied().into_iter().collect();
    while let Some(last) = path.last() {
        let Some(next) = depends[*last].iter().copied().find(|need| left.contains(need)) else {
            break;
        };
        if let Some(at) = path.iter().position(|step| *step == next) {
            return path.split_off(at);
        }
        path.push(next);
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_ring_is_named_whole_and_what_waits_for_it_is_not_in_it() {
        let depends = vec![vec![1], vec![2], vec![0], vec![0], vec![]];
        let found = order(&depends);
        assert_eq!(found.order, [4]);
        assert_eq!(found.rings, [vec![0, 1, 2]]);
    }

    #[test]
    fn a_step_may_be_its_own_ring_and_rings_may_be_several() {
        let found = order(&[vec![0], vec![2], vec![1]]);
        assert_eq!(found.rings, [vec![0], vec![1, 2]]);
    }

    #[test]
    fn a_long_chain_needs_no_stack() {
        let depends: Vec<Vec<usize>> = (0..20_000)
            .map(|step| if step == 0 { vec![] } else { vec![step - 1] })
            .collect();
        assert_eq!(order(&depends).order.len(), 20_000);
    }

    proptest! {
        #[test]
        fn what_is_ordered_stands_behind_its_needs_and_rings_are_rings(
            edges in proptest::collection::vec((0..12_usize, 0..12_usize), 0..30)
        ) {
            let mut depends = vec![Vec::new(); 12];
            for (from, to) in edges {
                depends[from].push(to);
            }
            let found = order(&depends);
            for (at, step) in found.order.iter().enumerate() {
                for need in &depends[*step] {
                    prop_assert!(found.order[..at].contains(need));
                }
            }
            for ring in &found.rings {
                for (at, step) in ring.iter().enumerate() {
                    prop_assert!(depends[*step].contains(&ring[(at + 1) % ring.len()]));
                }
            }
            prop_assert_eq!(found.rings.is_empty(), found.order.len() == 12);
        }
    }
}
