//! Gives a take its named files: the audio, how it was made, and what was sent.

use super::{card, driver::Ports, seam::blocking};
use crate::{
    backend::Backend,
    catalog::PICKED_UP,
    plan::{Node, Plan, RenderRequest, StoredTake, Take},
    store::{Placing, StoreError},
};
use std::sync::Arc;

/// A take with what only its arrival tells.
#[derive(Clone, Debug)]
pub(super) struct Arrival {
    /// The take.
    pub(super) stored: StoredTake,
    /// The backend's names for the call, and what the sandbox picked up; empty for a take that was there before.
    pub(super) traces: Vec<(String, String)>,
    /// It was there before.
    pub(super) reused: bool,
    /// The ledger knows of it.
    pub(super) recorded: bool,
}

impl Arrival {
    /// What the sandbox says that it took from the references.
    pub(super) fn picked_up(&self) -> Option<&str> {
        let mut traces = self.traces.iter();
        traces.find_map(|(name, said)| (name == PICKED_UP).then_some(said.as_str()))
    }

    /// A take that was there before.
    pub(super) fn reused(stored: StoredTake) -> Self {
        Self {
            stored,
            traces: Vec::new(),
            reused: true,
            recorded: true,
        }
    }
}

/// A take's file, relative to the output folder; its extension is that of what the audio really is.
pub fn file_name(take: &Take, stored: &StoredTake) -> String {
    let name = take.output.with_key(stored.key);
    match name.rsplit_once('.') {
        Some((stem, extension)) if extension != stored.format.word() => format!("{stem}.{}", stored.format.word()),
        _ => name,
    }
}

/// Puts the files in place and says where the audio is, as the user would type it.
pub(super) async fn place<B: Backend>(
    plan: &Arc<Plan>,
    ports: &Arc<Ports<B>>,
    (node, take): (&Node, &Take),
    request: &RenderRequest,
    arrival: &Arrival,
) -> Result<String, StoreError> {
    let name = file_name(take, &arrival.stored);
    let shown = format!("{}/{name}", ports.shown);
    let card = card::card(plan, (node, take), request, arrival);
    let (folder, stored, lyrics) = (ports.folder.clone(), arrival.stored.clone(), request.lyrics.clone());
    let recorded = arrival.recorded;
    let placed = blocking(&ports.store, move |store| {
        let placing = Placing {
            folder: &folder,
            name: &name,
            take: &stored,
            card: &card,
            lyrics: lyrics.as_deref(),
        };
        if recorded {
            store.place(&placing)
        } else {
            store.place_unrecorded(&placing)
        }
    });
    placed.await.map(|_| shown)
}
