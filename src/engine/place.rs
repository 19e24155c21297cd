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
    of_format(take.output.with_key(stored.key), stored)
}

/// The file of a try that is not the take, which leaves the take's own name free.
fn name_beside(take: &Take, stored: &StoredTake) -> String {
    of_format(take.output.beside(stored.key), stored)
}

/// The name of what arrived: a try that another one follows does not get the take's own.
fn name_of(take: &Take, stored: &StoredTake) -> String {
    if take.may_be_retaken() && !take.misses(stored).is_empty() {
        name_beside(take, stored)
    } else {
        file_name(take, stored)
    }
}

fn of_format(name: String, stored: &StoredTake) -> String {
    match name.rsplit_once('.') {
        Some((stem, extension)) if extension != stored.format.word() => format!("{stem}.{}", stored.format.word()),
        _ => name,
    }
}

/// Sees to it that every try of a take that is not the take has a file of its own, before another one gets the name that
/// it may have now.
pub(super) async fn set_aside<B: Backend>(
    plan: &Arc<Plan>,
    ports: &Arc<Ports<B>>,
    (node, take): (&Node, &Take),
    first: &RenderRequest,
) -> Result<(), StoreError> {
    for one in &take.outside {
        let mut tried = take.at_try(one.number);
        tried.gates.retake = tried.gates.retake.max(one.number + 1);
        let name = name_beside(&tried, &one.stored);
        if !ports.store.is_placed(&ports.folder, &name, &one.stored) {
            let request = first.of_try(one.number);
            let arrival = Arrival::reused(one.stored.clone());
            place(plan, ports, (node, &tried), &request, &arrival).await?;
        }
    }
    Ok(())
}

/// Puts the files in place and says where the audio is, as the user would type it.
pub(super) async fn place<B: Backend>(
    plan: &Arc<Plan>,
    ports: &Arc<Ports<B>>,
    (node, take): (&Node, &Take),
    request: &RenderRequest,
    arrival: &Arrival,
) -> Result<String, StoreError> {
    let name = name_of(take, &arrival.stored);
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
