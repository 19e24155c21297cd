//! Which node may begin: a pure state machine over the plan's graph.
//!
//! No clock, no threads, no IO; knows nothing of limits (`pace`) or of what a node does. The same calls give the same
//! answers: ready nodes come out in plan order.

use crate::plan::{Node, NodeId, Plan};
use std::collections::BTreeSet;

/// Where a node stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Needs that are not done: so many. Precondition of `Ready`: none.
    Waiting(usize),
    /// In the queue.
    Ready,
    /// Handed out by [`Scheduler::next`].
    Running,
    /// There.
    Done,
    /// Came to nothing.
    Failed,
    /// Not done, because of another node or a stop.
    Skipped,
}

impl State {
    pub(super) const fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Skipped)
    }
}

/// The state machine.
#[derive(Debug)]
pub(super) struct Scheduler {
    states: Vec<State>,
    needs: Vec<Vec<NodeId>>,
    dependents: Vec<Vec<NodeId>>,
    ready: BTreeSet<NodeId>,
    open: usize,
}

impl Scheduler {
    /// A machine for a plan's graph. Nodes that are no work count as done, or as failed where they hold others up.
    pub(super) fn new(plan: &Plan) -> Self {
        Self::from_graph(plan.nodes.iter().map(|node| (initial(node), node.needs.clone())))
    }

    fn from_graph(nodes: impl IntoIterator<Item = (State, Vec<NodeId>)>) -> Self {
        let (states, needs): (Vec<State>, Vec<Vec<NodeId>>) = nodes.into_iter().unzip();
        let mut dependents = vec![Vec::new(); states.len()];
        for (id, needs) in (0..).map(NodeId).zip(&needs) {
            for need in needs {
                dependents[index(*need)].push(id);
            }
        }
        let open = states.iter().filter(|state| !state.is_over()).count();
        let ready = BTreeSet::new();
        let mut scheduler = Self {
            states,
            needs,
            dependents,
            ready,
            open,
        };
        let waiting = |state: &State| matches!(state, State::Waiting(_));
        let waiting: Vec<_> = (0..scheduler.states.len())
            .filter(|id| waiting(&scheduler.states[*id]))
            .collect();
        for id in waiting {
            scheduler.wait(node_id(id), scheduler.unmet(node_id(id)));
        }
        scheduler
    }

    /// Nodes that can never run because something they need had failed before the run began, each with its cause.
    pub(super) fn skip_unreachable(&mut self) -> Vec<(NodeId, NodeId)> {
        let failed: Vec<_> = (0..self.states.len())
            .filter(|id| self.states[*id] == State::Failed)
            .map(node_id)
            .collect();
        failed.into_iter().flat_map(|id| self.skip_dependents(id)).collect()
    }

    /// Hands out the first ready node.
    pub(super) fn next(&mut self) -> Option<NodeId> {
        let id = self.ready.pop_first()?;
        self.states[index(id)] = State::Running;
        Some(id)
    }

    /// A running node is there; what needed only it becomes ready.
    pub(super) fn done(&mut self, id: NodeId) {
        self.end(id, State::Done);
        for dependent in self.dependents[index(id)].clone() {
            if let State::Waiting(unmet) = self.states[index(dependent)] {
                self.wait(dependent, unmet - 1);
            }
        }
    }

    /// A running node came to nothing; everything downstream is skipped and returned, each with what held it up.
    pub(super) fn failed(&mut self, id: NodeId) -> Vec<(NodeId, NodeId)> {
        self.end(id, State::Failed);
        self.skip_dependents(id)
    }

    /// A running node is not done after all, because the run stops.
    pub(super) fn skipped(&mut self, id: NodeId) -> Vec<(NodeId, NodeId)> {
        self.end(id, State::Skipped);
        self.skip_dependents(id)
    }

    /// A running node goes back, because these of its needs, done before, must be done again. Others that wait for
    /// them wait anew; those under way are left alone.
    pub(super) fn redo(&mut self, id: NodeId, needs: &[NodeId]) {
        for need in needs {
            if self.states[index(*need)] == State::Done {
                self.open += 1;
                self.wait(*need, 0);
                self.hold_up_dependents(*need);
            }
        }
        self.wait(id, self.unmet(id));
    }

    /// What a node needs and came to nothing, so that waiting for it would never end.
    pub(super) fn lost_need(&self, id: NodeId) -> Option<NodeId> {
        let is_lost = |need: &&NodeId| matches!(self.states[index(**need)], State::Failed | State::Skipped);
        self.needs[index(id)].iter().find(is_lost).copied()
    }

    /// Whether something a node needs is not there, or not there any more.
    pub(super) fn lacks_needs(&self, id: NodeId) -> bool {
        self.unmet(id) > 0
    }

    /// Those that need a node and were handed out.
    pub(super) fn running_dependents(&self, id: NodeId) -> Vec<NodeId> {
        let is_running = |dependent: &&NodeId| self.states[index(**dependent)] == State::Running;
        self.dependents[index(id)].iter().filter(is_running).copied().collect()
    }

    /// Those that have not begun wait for one more.
    fn hold_up_dependents(&mut self, id: NodeId) {
        for dependent in self.dependents[index(id)].clone() {
            match self.states[index(dependent)] {
                State::Ready => {
                    self.ready.remove(&dependent);
                    self.states[index(dependent)] = State::Waiting(1);
                }
                State::Waiting(unmet) => self.states[index(dependent)] = State::Waiting(unmet + 1),
                _ => {}
            }
        }
    }

    fn unmet(&self, id: NodeId) -> usize {
        let is_unmet = |need: &&NodeId| self.states[index(**need)] != State::Done;
        self.needs[index(id)].iter().filter(is_unmet).count()
    }

    /// Skips everything that has not begun; returned in plan order.
    pub(super) fn stop(&mut self) -> Vec<NodeId> {
        let idle = |state: &State| matches!(state, State::Waiting(_) | State::Ready);
        let ids: Vec<_> = (0..self.states.len())
            .filter(|id| idle(&self.states[*id]))
            .map(node_id)
            .collect();
        for id in &ids {
            self.end(*id, State::Skipped);
        }
        self.ready.clear();
        ids
    }

    /// Whether every node is over.
    pub(super) fn is_finished(&self) -> bool {
        self.open == 0
    }

    /// Where a node stands.
    pub(super) fn state(&self, id: NodeId) -> State {
        self.states[index(id)]
    }

    fn wait(&mut self, id: NodeId, unmet: usize) {
        self.states[index(id)] = State::Waiting(unmet);
        if unmet == 0 {
            self.states[index(id)] = State::Ready;
            self.ready.insert(id);
        }
    }

    fn end(&mut self, id: NodeId, state: State) {
        if !self.states[index(id)].is_over() {
            self.open -= 1;
        }
        self.states[index(id)] = state;
    }

    fn skip_dependents(&mut self, cause: NodeId) -> Vec<(NodeId, NodeId)> {
        let mut skipped = Vec::new();
        let mut causes = vec![cause];
        let is_idle = |state: State| matches!(state, State::Waiting(_) | State::Ready);
        while let Some(cause) = causes.pop() {
            let mut dependents = self.dependents[index(cause)].clone();
            dependents.retain(|dependent| is_idle(self.states[index(*dependent)]));
            for dependent in dependents {
                self.ready.remove(&dependent);
                self.end(dependent, State::Skipped);
                skipped.push((dependent, cause));
                causes.push(dependent);
            }
        }
        skipped.sort_unstable();
        skipped
    }
}

fn initial(node: &Node) -> State {
    use crate::plan::Verdict::{Blocked, Cached, Changed, New, Retake, Unsure, Waits};
    match node.verdict {
        New | Changed | Retake | Waits => State::Waiting(0),
        Cached => State::Done,
        Unsure | Blocked => State::Failed,
    }
}

const fn index(id: NodeId) -> usize {
    id.0 as usize
}

fn node_id(index: usize) -> NodeId {
    NodeId(u32::try_from(index).expect("a plan has fewer than 2^32 nodes"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::{Strategy, any, prop, prop_assert, prop_assert_eq, proptest};

    fn graph(needs: &[&[u32]]) -> Scheduler {
        let ids = |needs: &&[u32]| needs.iter().copied().map(NodeId).collect();
        Scheduler::from_graph(needs.iter().map(|needs| (State::Waiting(0), ids(needs))))
    }

    #[test]
    fn comes_out_in_order_of_need_then_of_plan() {
        let mut scheduler = graph(&[&[], &[0], &[0], &[1, 2], &[]]);
        assert_eq!(scheduler.next(), Some(NodeId(0)));
        assert_eq!(scheduler.next(), Some(NodeId(4)));
        assert_eq!(scheduler.next(), None, "1 and 2 need 0");
        scheduler.done(NodeId(0));
        assert_eq!(scheduler.next(), Some(NodeId(1)));
        assert_eq!(scheduler.next(), Some(NodeId(2)));
        scheduler.done(NodeId(2));
        assert_eq!(scheduler.next(), None, "3 still needs 1");
        scheduler.done(NodeId(1));
        assert_eq!(scheduler.next(), Some(NodeId(3)));
        scheduler.done(NodeId(3));
        assert!(!scheduler.is_finished());
        scheduler.done(NodeId(4));
        assert!(scheduler.is_finished());
    }

    #[test]
    fn a_failure_takes_down_what_needs_it_and_nothing_else() {
        let mut scheduler = graph(&[&[], &[0], &[1], &[]]);
        scheduler.next();
        let skipped = scheduler.failed(NodeId(0));
        assert_eq!(skipped, [(NodeId(1), NodeId(0)), (NodeId(2), NodeId(1))]);
        assert_eq!(scheduler.next(), Some(NodeId(3)));
    }

    #[test]
    fn a_need_done_again_holds_up_those_who_have_not_begun() {
        let mut scheduler = graph(&[&[], &[0], &[0]]);
        scheduler.next();
        scheduler.done(NodeId(0));
        assert_eq!(scheduler.next(), Some(NodeId(1)));
        scheduler.redo(NodeId(1), &[NodeId(0)]);
        assert_eq!(scheduler.next(), Some(NodeId(0)));
        assert_eq!(scheduler.next(), None, "both takes wait for the reference");
        scheduler.done(NodeId(0));
        assert_eq!(scheduler.next(), Some(NodeId(1)));
        assert_eq!(scheduler.next(), Some(NodeId(2)));
    }

    #[test]
    fn a_stop_lets_what_runs_land() {
        let mut scheduler = graph(&[&[], &[], &[0]]);
        scheduler.next();
        assert_eq!(scheduler.stop(), [NodeId(1), NodeId(2)]);
        assert!(!scheduler.is_finished());
        scheduler.done(NodeId(0));
        assert!(scheduler.is_finished());
        assert_eq!(scheduler.next(), None);
    }

    fn any_graph() -> impl Strategy<Value = Vec<Vec<NodeId>>> {
        prop::collection::vec(prop::collection::vec(any::<u32>(), 0..4), 1..40).prop_map(|rows| {
            let clip = |(id, needs): (u32, Vec<u32>)| {
                let mut needs: Vec<_> = needs
                    .iter()
                    .filter(|_| id > 0)
                    .map(|need| NodeId(need % id.max(1)))
                    .collect();
                needs.sort_unstable();
                needs.dedup();
                needs
            };
            (0..).zip(rows).map(clip).collect()
        })
    }

    proptest! {
        /// Whatever the graph, the order of landing and the failures: nothing begins before its needs, nothing begins
        /// twice, everything ends, and exactly what is downstream of a failure is skipped.
        #[test]
        fn any_graph_in_any_order(graph in any_graph(), choices in prop::collection::vec(any::<u8>(), 400)) {
            let mut scheduler = Scheduler::from_graph(graph.iter().map(|needs| (State::Waiting(0), needs.clone())));
            let mut choices = choices.into_iter().cycle();
            let (mut running, mut begun) = (Vec::new(), BTreeSet::new());
            while !scheduler.is_finished() {
                while let Some(id) = scheduler.next() {
                    prop_assert!(begun.insert(id), "began twice");
                    for need in &graph[index(id)] {
                        prop_assert_eq!(scheduler.state(*need), State::Done);
                    }
                    running.push(id);
                }
                prop_assert!(!running.is_empty(), "stuck");
                let choice = choices.next().unwrap_or(0);
                let id = running.swap_remove(usize::from(choice) % running.len());
                if choice % 7 == 0 { scheduler.failed(id); } else { scheduler.done(id); }
            }
            for (id, needs) in (0..).map(NodeId).zip(&graph) {
                let held_up = needs.iter().any(|need| scheduler.state(*need) != State::Done);
                prop_assert_eq!(scheduler.state(id) == State::Skipped, held_up);
            }
        }
    }
}
