//! `NAME.json`: how a take was made, for people and programs that find the file years later.
//!
//! Holds no secret and no path of the machine.

use super::place::Arrival;
use crate::{
    audio::Sound,
    base::audio_settings::Format,
    catalog::BackendKind,
    plan::{Content, Node, NodeId, NodeWork, Plan, RenderRequest, Take},
};
use serde_json::{Value, json};

/// The version of the document.
const SCHEMA: &str = "takesheet.take/1";

/// Everything that is known of a take.
pub(super) fn card(plan: &Plan, (node, take): (&Node, &Take), request: &RenderRequest, arrival: &Arrival) -> Value {
    let stored = &arrival.stored;
    let (voice, instrumental) = (take.draft.voice, take.draft.instrumental);
    json!({
        "schema": SCHEMA,
        "take": take.name.to_string(),
        "axes": axes(take),
        "pipeline": plan.pipeline,
        "declared_at": node.location.to_string(),
        "scratch": request.backend == BackendKind::Sandbox,
        "key": stored.key,
        "digest": stored.digest,
        "bytes": stored.bytes,
        "format": stored.format,
        "sound": stored.sound,
        "playback": (stored.format == Format::Pcm).then(|| playback(&stored.sound)),
        "peaks": stored.peaks,
        "rendered_at": stored.at,
        "price": stored.price,
        "charged": stored.charged,
        "request": request,
        "references": {
            "voice": voice.map(|id| reference(plan, id)),
            "instrumental": instrumental.map(|id| reference(plan, id)),
        },
        "calls": arrival.traces.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect::<Vec<_>>(),
        "program": concat!("takesheet ", env!("CARGO_PKG_VERSION")),
    })
}

/// How samples without a header are to be played: nothing in the file says it.
fn playback(sound: &Sound) -> Value {
    json!({ "sample_format": "s16le", "sample_rate": sound.sample_rate, "channels": sound.channels })
}

fn axes(take: &Take) -> Value {
    let axes = take.name.cell.at.0.iter();
    Value::Object(axes.map(|(axis, value)| (axis.to_string(), json!(value))).collect())
}

fn reference(plan: &Plan, id: NodeId) -> Value {
    match &plan.node(id).work {
        NodeWork::Upload(upload) => {
            let source = match &upload.content {
                Content::File { shown, .. } => shown.clone(),
                Content::Take { node, .. } => match &plan.node(*node).work {
                    NodeWork::Take(take) => take.name.to_string(),
                    NodeWork::Upload(upload) => upload.name.to_string(),
                },
            };
            json!({ "name": upload.name.to_string(), "source": source, "purpose": upload.purpose })
        }
        NodeWork::Take(take) => json!({ "name": take.name.to_string() }),
    }
}
