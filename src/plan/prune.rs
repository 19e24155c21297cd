//! Leaving out what was not selected and is not needed, and numbering the rest anew.

use super::{Content, Node, NodeId, NodeWork, Verdict, judge::uploads_of};

/// Keeps the chosen nodes and everything upstream that they cannot do without. A take that is on disk needs only what
/// its request refers to, which is there as well; so nothing is rendered for its sake.
pub(super) fn keep(nodes: Vec<Node>, chosen: &[bool]) -> Vec<Node> {
    let mut kept = chosen.to_vec();
    for node in nodes.iter().rev() {
        if kept[node.id.0 as usize] {
            for id in needed(node) {
                kept[id.0 as usize] = true;
            }
        }
    }
    renumber(nodes, &kept)
}

fn needed(node: &Node) -> Vec<NodeId> {
    let data: Vec<NodeId> = match &node.work {
        NodeWork::Take(take) => uploads_of(take).collect(),
        NodeWork::Upload(upload) => match upload.content {
            Content::Take { node, .. } => vec![node],
            Content::File { .. } => Vec::new(),
        },
    };
    let order = match node.verdict {
        Verdict::Cached | Verdict::Unsure => &[][..],
        _ => &node.needs,
    };
    data.into_iter().chain(order.iter().copied()).collect()
}

fn renumber(nodes: Vec<Node>, kept: &[bool]) -> Vec<Node> {
    let mut next = 0;
    let place = |keep: &bool| {
        keep.then(|| {
            next += 1;
            NodeId(next - 1)
        })
    };
    let places: Vec<Option<NodeId>> = kept.iter().map(place).collect();
    let moved = |id: NodeId| places[id.0 as usize];
    let mut left = Vec::new();
    for mut node in nodes {
        let Some(id) = moved(node.id) else { continue };
        node.id = id;
        node.needs = node.needs.into_iter().filter_map(moved).collect();
        match &mut node.work {
            NodeWork::Take(take) => {
                take.draft.voice = take.draft.voice.and_then(moved);
                take.draft.instrumental = take.draft.instrumental.and_then(moved);
            }
            NodeWork::Upload(upload) => {
                if let Content::Take { node, .. } = &mut upload.content {
                    *node = moved(*node).expect("what an upload is made of is kept with it");
                }
            }
        }
        left.push(node);
    }
    left
}
