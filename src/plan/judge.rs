//! What happens to each node and why: the verdicts.
//!
//! Keys are asked for in bulk, level by level: a take whose reference is another take has a key only once that one's
//! audio is known.

use super::{
    Content, Forgone, Key, Known, Memory, Node, NodeId, NodeWork, Reason, ReferencePart, RenderRequest, Retakes, Take,
    Upload, Verdict, downstream::name_tries, price, walk,
};
use crate::{
    base::{ids::TakeName, money::Total},
    catalog::BackendKind,
    pipeline::BackendSettings,
};
use std::collections::{BTreeMap, HashMap, HashSet, hash_map::Entry};

/// Gives every take its key, as far as it can be known, and its verdict by what is remembered.
pub(super) fn judge(nodes: &mut [Node], pipeline: &str, memory: &dyn Memory) {
    let sources = sources(nodes);
    for level in levels(nodes) {
        let requests: Vec<_> = level.into_iter().map(|id| (id, request_of(nodes, id))).collect();
        let asked: Vec<Key> = requests
            .iter()
            .flat_map(|(id, request)| {
                request
                    .iter()
                    .flat_map(|request| keys_of(&nodes[id.0 as usize], request, &sources))
            })
            .collect();
        let known = if asked.is_empty() {
            HashMap::new()
        } else {
            memory.recall(&asked)
        };
        let mut open = Vec::new();
        let mut started = HashSet::new();
        for (id, request) in requests {
            let node = &mut nodes[id.0 as usize];
            let keys = request.map(|request| keys_of(node, &request, &sources));
            let key = keys.map(|keys| choose_try(node, &keys, &known));
            let found = key.and_then(|key| known.get(&key));
            match settle(node, key, found) {
                Settled::Cached { cell } => _ = started.insert(cell),
                Settled::Judged => {}
                Settled::Not => open.push((id, key)),
            }
        }
        let mut before = before(nodes, &open, (pipeline, memory));
        for (id, key) in open {
            let (verdict, reason) = match key {
                Some(_) => unknown(nodes, id, &mut before, &started),
                None => waiting(nodes, id),
            };
            let node = &mut nodes[id.0 as usize];
            (node.verdict, node.reason) = (verdict, reason);
        }
    }
}

/// What memory alone says of a take.
enum Settled {
    /// It is there, so its cell has been begun; a cell is known by its first take's node.
    Cached {
        cell: NodeId,
    },
    /// Its verdict is known.
    Judged,
    Not,
}

fn settle(node: &mut Node, key: Option<Key>, known: Option<&Known>) -> Settled {
    let NodeWork::Take(take) = &mut node.work else {
        return Settled::Not;
    };
    take.key = key;
    let of = take.gates.retake;
    match known {
        Some(Known::Take(stored)) => {
            let (misses, at) = (take.misses(stored), stored.at);
            let retakes = take.attempt;
            take.stored = Some(stored.clone());
            node.verdict = Verdict::Cached;
            node.reason = if misses.is_empty() {
                Reason::Rendered { at }
            } else {
                Reason::StaysOutside { misses, retakes, at }
            };
            Settled::Cached {
                cell: first_of_cell(node.id, take),
            }
        }
        Some(Known::Unsure { since }) => {
            node.verdict = Verdict::Unsure;
            node.reason = Reason::OutcomeUnknown { since: *since };
            Settled::Judged
        }
        Some(Known::Lost { take: lost, changed }) => {
            node.verdict = Verdict::Unsure;
            node.reason = Reason::PaidAudioLost {
                paid: lost.paid(),
                at: lost.at,
                changed: changed.clone(),
            };
            take.lost = Some(lost.clone());
            Settled::Judged
        }
        Some(Known::Forgone { how, paid, at }) => {
            let (paid, at) = (*paid, *at);
            (node.verdict, node.reason) = match how {
                Forgone::GivenUp => (Verdict::Retake, Reason::GivenUp { paid }),
                Forgone::Collected => (Verdict::New, Reason::Collected { paid, at }),
            };
            Settled::Judged
        }
        None if take.missed.is_empty() => Settled::Not,
        None => {
            let (misses, retake) = (take.missed.clone(), take.attempt);
            node.verdict = Verdict::Retake;
            node.reason = Reason::Outside { misses, retake, of };
            Settled::Judged
        }
    }
}

/// The takes that others are made of.
fn sources(nodes: &[Node]) -> HashSet<NodeId> {
    let source = |node: &Node| match &node.work {
        NodeWork::Upload(Upload {
            content: Content::Take { node, .. },
            ..
        }) => Some(*node),
        _ => None,
    };
    nodes.iter().filter_map(source).collect()
}

/// The keys of all tries of a take, the first try's first. A take of which nothing is asked has one, unless other takes
/// were perhaps made of a try that counted when something was.
fn keys_of(node: &Node, request: &RenderRequest, sources: &HashSet<NodeId>) -> Vec<Key> {
    match &node.work {
        NodeWork::Take(take) if take.gates.asks() || sources.contains(&node.id) => request.try_keys(),
        _ => vec![request.key()],
    }
}

/// Walks the tries of a take, and leaves it at the one that counts. Returns that one's key.
fn choose_try(node: &mut Node, keys: &[Key], known: &HashMap<Key, Known>) -> Key {
    let NodeWork::Take(take) = &mut node.work else {
        return keys[0];
    };
    let audio = |key: &Key| match known.get(key)? {
        Known::Take(stored) | Known::Lost { take: stored, .. } => Some(stored.digest),
        Known::Unsure { .. } | Known::Forgone { .. } => None,
    };
    take.made = (0..)
        .zip(keys)
        .filter_map(|(number, key)| Some((number, audio(key)?)))
        .collect();
    if !take.gates.asks() {
        return keys[0];
    }
    let walk = walk(&take.gates, |number| known.get(&keys[number as usize]));
    *take = take.at_try(walk.number);
    (take.outside, take.missed) = (walk.outside, walk.missed);
    keys[walk.number as usize]
}

/// The takes, those without a rendered reference first, then those whose references come of these, and so on.
fn levels(nodes: &[Node]) -> Vec<Vec<NodeId>> {
    let mut depth = vec![0_usize; nodes.len()];
    let mut levels: Vec<Vec<NodeId>> = Vec::new();
    for node in nodes {
        let at = |id: &NodeId| depth[id.0 as usize];
        let own = match &node.work {
            NodeWork::Upload(upload) => match &upload.content {
                Content::Take { node, .. } => at(node) + 1,
                Content::File { .. } => 0,
            },
            NodeWork::Take(take) => uploads_of(take).map(|id| at(&id)).max().unwrap_or(0),
        };
        depth[node.id.0 as usize] = own;
        if matches!(node.work, NodeWork::Take(_)) {
            levels.resize_with(levels.len().max(own + 1), Vec::new);
            levels[own].push(node.id);
        }
    }
    levels
}

/// The uploads whose ids a take's request holds.
pub(super) fn uploads_of(take: &Take) -> impl Iterator<Item = NodeId> {
    take.draft.voice.into_iter().chain(take.draft.instrumental)
}

/// The request, if all audio that it refers to is there; notes its digest in the uploads on the way.
fn request_of(nodes: &mut [Node], id: NodeId) -> Option<RenderRequest> {
    let NodeWork::Take(take) = &nodes[id.0 as usize].work else {
        return None;
    };
    let uploads: Vec<_> = uploads_of(take).collect();
    for upload in uploads {
        note_digest(nodes, upload);
    }
    let NodeWork::Take(take) = &nodes[id.0 as usize].work else {
        return None;
    };
    take.draft.fill(|upload| part_of(&nodes[upload.0 as usize]))
}

fn note_digest(nodes: &mut [Node], upload: NodeId) {
    let stored = match &nodes[upload.0 as usize].work {
        NodeWork::Upload(upload) => match upload.content {
            Content::Take { node, digest: None } => match &nodes[node.0 as usize].work {
                NodeWork::Take(take) => take.stored.as_ref().or(take.lost.as_ref()).map(|stored| stored.digest),
                NodeWork::Upload(_) => None,
            },
            Content::Take { .. } | Content::File { .. } => None,
        },
        NodeWork::Take(_) => None,
    };
    if let (Some(stored), NodeWork::Upload(upload)) = (stored, &mut nodes[upload.0 as usize].work)
        && let Content::Take { digest, .. } = &mut upload.content
    {
        *digest = Some(stored);
    }
}

fn part_of(node: &Node) -> Option<ReferencePart> {
    let NodeWork::Upload(upload) = &node.work else {
        return None;
    };
    let digest = match upload.content {
        Content::File { .. } if node.verdict == Verdict::Blocked => None,
        Content::File { digest, .. } => Some(digest),
        Content::Take { digest, .. } => digest,
    };
    digest.map(|digest| ReferencePart {
        digest,
        purpose: upload.purpose,
    })
}

/// The takes of a cell stand side by side, so the first one's node names the cell.
fn first_of_cell(id: NodeId, take: &Take) -> NodeId {
    NodeId(id.0 - (take.name.number - 1))
}

/// What was rendered before under the names of takes whose keys are known.
fn before(
    nodes: &[Node],
    open: &[(NodeId, Option<Key>)],
    (pipeline, memory): (&str, &dyn Memory),
) -> HashMap<TakeName, RenderRequest> {
    let keyed = open.iter().filter(|(_, key)| key.is_some());
    let names: Vec<_> = keyed
        .filter_map(|(id, _)| match &nodes[id.0 as usize].work {
            NodeWork::Take(take) => Some(&take.name),
            NodeWork::Upload(_) => None,
        })
        .collect();
    memory.previous_of(pipeline, &names)
}

/// Of a take whose request nobody has rendered.
fn unknown(
    nodes: &[Node],
    id: NodeId,
    before: &mut HashMap<TakeName, RenderRequest>,
    started: &HashSet<NodeId>,
) -> (Verdict, Reason) {
    let NodeWork::Take(take) = &nodes[id.0 as usize].work else {
        return (Verdict::New, Reason::NeverRendered);
    };
    // A retake is no other request: it differs from the first try in nothing that is heard.
    let before = before.remove(&take.name).map(|before| before.of_first_try());
    let now = take.draft.fill(|upload| part_of(&nodes[upload.0 as usize]));
    let changes = before.zip(now).map(|(before, now)| {
        let mut changes = before.diff(&now);
        name_tries(&mut changes, nodes, &take.draft, (&before, &now));
        changes
    });
    if let Some(changes) = changes {
        // What is remembered of a name was rendered; so the same request without a take has lost its audio, which was
        // free: memory says of the paid ones that they are lost.
        if changes.is_empty() {
            (Verdict::New, Reason::AudioLost)
        } else {
            (Verdict::Changed, Reason::Differs { changes })
        }
    } else if started.contains(&first_of_cell(id, take)) {
        (Verdict::New, Reason::OneMoreTake)
    } else {
        (Verdict::New, Reason::NeverRendered)
    }
}

/// Of a take whose key is not known yet.
fn waiting(nodes: &[Node], id: NodeId) -> (Verdict, Reason) {
    let NodeWork::Take(take) = &nodes[id.0 as usize].work else {
        return (Verdict::New, Reason::NeverRendered);
    };
    let missing = uploads_of(take)
        .map(|upload| &nodes[upload.0 as usize])
        .find(|node| part_of(node).is_none());
    match missing.map(|node| (node, &node.work)) {
        Some((
            _,
            NodeWork::Upload(Upload {
                content: Content::Take { node, .. },
                ..
            }),
        )) => match &nodes[node.0 as usize].work {
            NodeWork::Take(take) => (
                Verdict::Waits,
                Reason::WaitsFor {
                    take: take.name.clone(),
                },
            ),
            NodeWork::Upload(_) => blocked_by(&nodes[node.0 as usize]),
        },
        Some((node, _)) => blocked_by(node),
        None => (Verdict::New, Reason::NeverRendered),
    }
}

fn blocked_by(node: &Node) -> (Verdict, Reason) {
    (Verdict::Blocked, Reason::BlockedBy { node: name_of(node) })
}

fn name_of(node: &Node) -> String {
    match &node.work {
        NodeWork::Upload(upload) => upload.name.to_string(),
        NodeWork::Take(take) => take.name.to_string(),
    }
}

/// Marks everything that cannot be done because something it needs cannot be had. What is on disk stays what it is.
pub(super) fn block(nodes: &mut [Node]) {
    for index in 0..nodes.len() {
        let lost = |id: &&NodeId| matches!(nodes[id.0 as usize].verdict, Verdict::Unsure | Verdict::Blocked);
        let node = &nodes[index];
        if !node.verdict.is_work() {
            continue;
        }
        if let Some(lost) = node.needs.iter().find(lost) {
            let verdict = blocked_by(&nodes[lost.0 as usize]);
            (nodes[index].verdict, nodes[index].reason) = verdict;
        }
    }
}

/// What two takes have in common whose requests are the same: the key, or all it will be made of.
#[derive(PartialEq, Eq, Hash)]
enum Identity {
    Known(Key),
    Open(Key, Option<NodeId>, Option<NodeId>),
}

/// Finds the takes that stand earlier in the plan already: bought once, they cost nothing here.
pub(super) fn pair_twins(nodes: &mut [Node]) {
    let mut first: HashMap<Identity, (NodeId, TakeName)> = HashMap::new();
    for node in nodes.iter_mut().filter(|node| node.verdict.is_work()) {
        let id = node.id;
        let NodeWork::Take(take) = &mut node.work else { continue };
        let draft = &take.draft;
        let identity = take.key.map_or_else(
            || Identity::Open(draft.request.key(), draft.voice, draft.instrumental),
            Identity::Known,
        );
        match first.entry(identity) {
            Entry::Vacant(free) => _ = free.insert((id, take.name.clone())),
            Entry::Occupied(earlier) => {
                let (twin, name) = earlier.get();
                take.twin = Some(*twin);
                node.reason = Reason::SameAs { take: name.clone() };
                if let Err(at) = node.needs.binary_search(twin) {
                    node.needs.insert(at, *twin);
                }
            }
        }
    }
}

/// Says of each upload whether a take that is rendered needs it.
pub(super) fn settle_uploads(nodes: &mut [Node]) {
    let mut takes = vec![0_usize; nodes.len()];
    for node in nodes.iter().filter(|node| node.verdict.is_work()) {
        let NodeWork::Take(take) = &node.work else { continue };
        let mut uploads: Vec<_> = uploads_of(take).filter(|_| take.twin.is_none()).collect();
        uploads.dedup();
        for id in uploads {
            takes[id.0 as usize] += 1;
        }
    }
    for (node, takes) in nodes.iter_mut().zip(takes) {
        if matches!(node.work, NodeWork::Upload(_)) && node.verdict != Verdict::Blocked {
            (node.verdict, node.reason) = match takes {
                0 => (Verdict::Cached, Reason::NotNeeded),
                takes => (Verdict::New, Reason::NeededBy { takes }),
            };
        }
    }
}

/// What retakes may come to: a take that others are the same as, as often as the one that asks for the most.
pub(super) fn retakes(nodes: &[Node]) -> Retakes {
    let mut left: HashMap<NodeId, u32> = HashMap::new();
    for node in nodes.iter().filter(|node| node.verdict.is_work()) {
        let NodeWork::Take(take) = &node.work else { continue };
        if take.gates.asks() {
            let most = left.entry(take.twin.unwrap_or(node.id)).or_default();
            *most = (*most).max(take.gates.retake.saturating_sub(take.attempt));
        }
    }
    let mut retakes = Retakes::default();
    for (id, count) in left {
        retakes.count += count;
        (0..count).for_each(|_| retakes.total.add(nodes[id.0 as usize].price));
    }
    retakes
}

/// Prices what is bought, and adds it up. What waits counts as if it were bought: it costs that at most.
pub(super) fn price(nodes: &mut [Node], backends: &BTreeMap<BackendKind, BackendSettings>) -> Total {
    let mut total = Total::default();
    for node in nodes.iter_mut().filter(|node| node.verdict.is_work()) {
        let NodeWork::Take(Take { twin: None, draft, .. }) = &node.work else {
            continue;
        };
        (node.price, _) = price::of(backends, &draft.request);
        total.add(node.price);
    }
    total
}
