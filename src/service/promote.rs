//! Takes as deliverables: copies of their audio under their names in a folder of the user's, with tags if asked for.
//!
//! The takes themselves stay as they are. No file that stands in the way is overwritten.

use super::{Planned, gather::absolute};
use crate::{
    audio::{self, Probe, TagError, Tags},
    base::{audio_settings::Format, ids::TakeName},
    catalog::{BackendKind, SCRATCH_LABEL},
    engine,
    plan::{self, Miss, RenderRequest, SelectionError, StoredTake, Take, Verdict},
    store::{Store, StoreError, fs},
};
use std::path::{Path, PathBuf};

/// What came of it.
#[derive(Debug, Default)]
pub struct Promotion {
    /// Each take that is there, in the order of the plan.
    pub delivered: Vec<Delivered>,
    /// Takes that were selected and are not rendered, with why.
    pub missing: Vec<(TakeName, Verdict)>,
}

/// What became of one take.
#[derive(Debug)]
pub struct Delivered {
    /// Whose.
    pub take: TakeName,
    /// Its copy.
    pub path: PathBuf,
    /// What became of it.
    pub how: Delivery,
    /// What it misses of what is asked of it.
    pub outside: Vec<Miss>,
}

/// What became of a copy.
#[derive(Debug)]
pub enum Delivery {
    /// Written.
    New,
    /// It stood there already, byte by byte.
    Same,
    /// Written without the tags that were asked for, and why.
    Untagged(TagError),
    /// Another file stands there, which was left alone.
    InTheWay,
    /// Its audio could not be read, or its copy not be written.
    Failed(StoreError),
}

impl Promotion {
    /// Whether every take that was asked for is there as it was asked for.
    pub fn is_complete(&self) -> bool {
        let is_there = |one: &Delivered| !matches!(one.how, Delivery::InTheWay | Delivery::Failed(_));
        self.missing.is_empty() && self.delivered.iter().all(is_there)
    }
}

/// Copies the selected takes that are rendered into `folder`; `tagged` says whether the copies get tags.
pub fn promote(planned: &Planned, select: &[String], folder: &Path, tagged: bool) -> Result<Promotion, SelectionError> {
    let gathered = &planned.gathered;
    let Some(store) = &gathered.store else {
        return Ok(Promotion::default());
    };
    let selection = plan::parse_selection(select)?;
    let chosen = plan::chosen(
        &gathered.pipeline,
        &gathered.expansion,
        &gathered.facts,
        store.as_ref(),
        &selection,
    )?;
    let folder = absolute(&gathered.environment, folder);
    let mut promotion = Promotion::default();
    let takes = planned.plan.takes().filter(|(_, take)| chosen.contains(&take.name));
    for (node, take) in takes {
        let Some(stored) = &take.stored else {
            promotion.missing.push((take.name.clone(), node.verdict));
            continue;
        };
        let path = folder.join(engine::file_name(take, stored));
        let pipeline = tagged.then_some(planned.plan.pipeline.as_str());
        let how = deliver(store, (take, stored), &path, pipeline).unwrap_or_else(Delivery::Failed);
        promotion.delivered.push(Delivered {
            take: take.name.clone(),
            path,
            how,
            outside: take.misses(stored),
        });
    }
    Ok(promotion)
}

/// Writes one copy; with tags if it is told the name of the pipeline.
fn deliver(
    store: &Store,
    (take, stored): (&Take, &StoredTake),
    path: &Path,
    pipeline: Option<&str>,
) -> Result<Delivery, StoreError> {
    let audio = store.audio(stored.digest)?;
    let stored = measured(store, stored, &audio);
    let tagged = pipeline.map(|pipeline| audio::tag(&audio, stored.format, &tags(pipeline, take, &stored)));
    let (bytes, untagged) = match tagged {
        None => (audio, None),
        Some(Ok(bytes)) => (bytes, None),
        Some(Err(why)) => (audio, Some(why)),
    };
    if !fs::write_new(path, &bytes)? {
        let is_same = fs::read(path).is_ok_and(|there| there == bytes);
        return Ok(if is_same { Delivery::Same } else { Delivery::InTheWay });
    }
    Ok(untagged.map_or(Delivery::New, Delivery::Untagged))
}

/// The take with all that can be measured of it. One that an earlier version took in is measured now that its audio is
/// read anyway, and remembered so.
fn measured(store: &Store, stored: &StoredTake, audio: &[u8]) -> StoredTake {
    if !stored.peaks.is_empty() {
        return stored.clone();
    }
    let heard = match stored.format {
        Format::Pcm => audio::probe_pcm(audio, stored.sound.sample_rate, stored.sound.channels),
        Format::Mp3 | Format::Wav => audio::probe(audio),
    };
    // What was a take once stays one, whatever is heard of it now.
    let Ok(Probe { sound, peaks, .. }) = heard else {
        return stored.clone();
    };
    let measured = StoredTake {
        sound,
        peaks,
        ..stored.clone()
    };
    if let Err(error) = store.measured(&measured) {
        tracing::debug!(%error, "cannot keep what was measured of an earlier take");
    }
    measured
}

fn tags(pipeline: &str, take: &Take, stored: &StoredTake) -> Tags {
    let request = &take.draft.request;
    let fact = |name: &str, value: String| (format!("takesheet {name}"), value);
    Tags {
        title: Some(title(&take.name)),
        lyrics: request.lyrics.as_deref().map(sung),
        bpm: stored.sound.tempo,
        key: stored.sound.musical_key,
        comment: Some(comment(request)),
        facts: vec![
            fact("pipeline", pipeline.to_owned()),
            fact("take", take.name.to_string()),
            fact("request", stored.key.to_string()),
            fact("audio", stored.digest.to_string()),
            fact("model", request.model.clone()),
            fact("backend", request.backend.to_string()),
            fact("rendered", stored.at.to_string()),
            fact("price", stored.paid().to_string()),
            fact("version", env!("CARGO_PKG_VERSION").to_owned()),
        ],
    }
}

/// The text without the marks that switch the accompaniment: those are for the backend.
fn sung(lyrics: &str) -> String {
    lyrics.replace("##", "").trim().to_owned()
}

/// `hook (Lisbon, bright), take 2`.
fn title(name: &TakeName) -> String {
    let values: Vec<String> = name.cell.at.0.iter().map(|(_, value)| value.to_string()).collect();
    let at = if values.is_empty() {
        String::new()
    } else {
        format!(" ({})", values.join(", "))
    };
    format!("{}{at}, take {}", name.cell.step.name, name.number)
}

fn comment(request: &RenderRequest) -> String {
    match request.backend {
        BackendKind::Sandbox => SCRATCH_LABEL.to_owned(),
        BackendKind::Aimlapi => format!("rendered with {} by {}", request.model, request.backend),
    }
}
