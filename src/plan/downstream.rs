//! What is made of a take is made of its try that counts. Where another try counts than before, it is another request:
//! here the change of its reference is told by the tries, as digests say nothing to a person.
//!
//! Knows nothing of why another one counts.

use super::{Change, Content, Draft, Node, NodeId, NodeWork, ReferencePart, RenderRequest, Take, Upload};

/// Names the tries in the changes of references that are, and were, tries of one take.
pub(super) fn name_tries(
    changes: &mut [Change],
    nodes: &[Node],
    draft: &Draft,
    (before, now): (&RenderRequest, &RenderRequest),
) {
    let parts = [
        ("voice", draft.voice, before.voice, now.voice),
        (
            "instrumental",
            draft.instrumental,
            before.instrumental,
            now.instrumental,
        ),
    ];
    for (field, upload, before, now) in parts {
        let Some(source) = upload.and_then(|upload| source(nodes, upload)) else {
            continue;
        };
        let change = changes.iter_mut().find(|change| change.field == field);
        if let (Some(change), Some(before), Some(now)) = (change, name(source, before), name(source, now)) {
            (change.before, change.after) = (before, now);
        }
    }
}

/// The take whose audio an upload sends.
fn source(nodes: &[Node], upload: NodeId) -> Option<&Take> {
    let node_of = |id: NodeId| &nodes[id.0 as usize].work;
    match node_of(upload) {
        NodeWork::Upload(Upload {
            content: Content::Take { node, .. },
            ..
        }) => match node_of(*node) {
            NodeWork::Take(take) => Some(take),
            NodeWork::Upload(_) => None,
        },
        _ => None,
    }
}

/// `retake 1 of songs.bed#1`, if the audio is that of one of its tries.
fn name(source: &Take, part: Option<ReferencePart>) -> Option<String> {
    let digest = part?.digest;
    let (number, _) = source.made.iter().find(|(_, audio)| *audio == digest)?;
    Some(match number {
        0 => format!("first try of {}", source.name),
        number => format!("retake {number} of {}", source.name),
    })
}
