//! Keeps the take sheet beside the pipeline in step with the plan: one row for each take that is on disk.
//!
//! What people wrote into it (ratings, choices, notes) is theirs and stays.

use super::Planned;
use crate::{
    base::{
        crash,
        digest::{Digest, Hasher},
    },
    plan::{NodeId, StoredTake},
    store::{SheetRow, Store, StoreError, TakeSheet, fs},
};
use std::collections::BTreeMap;

/// Raised when rows say more, so that a sheet of an earlier version is written anew.
const ROWS: u8 = 2;

/// Reads the take sheet, so that one that is broken is found out before anything is bought.
pub(super) fn open(planned: &Planned) -> Result<TakeSheet, StoreError> {
    let sheet = TakeSheet::read_in(&planned.gathered.project.root, &planned.gathered.sheet())?;
    Ok(sheet.of_takes(planned.gathered.take_names()))
}

/// Whether the sheet was last written with just these takes and is still there. Reading ten thousand rows only to find
/// that out would cost more than the whole run.
pub(super) fn is_current(planned: &Planned, store: &Store) -> Result<bool, StoreError> {
    let path = planned.gathered.sheet();
    Ok(fs::exists(&path) && store.mark(&mark_name(planned))?.as_deref() == Some(&content(&stored(planned)).hex()))
}

/// Writes a row for every take that is on disk.
pub(super) fn write(
    mut sheet: TakeSheet,
    planned: &Planned,
    store: &Store,
    takes: &BTreeMap<NodeId, StoredTake>,
) -> Result<(), StoreError> {
    let names = planned
        .plan
        .takes()
        .filter_map(|(node, take)| Some((&take.name, takes.get(&node.id)?)));
    let rows: Vec<_> = names.map(|(name, stored)| SheetRow::of(name, stored)).collect();
    sheet.update(&rows);
    crash::point("sheet.before");
    sheet.write()?;
    crash::point("sheet.written");
    store
        .set_mark(&mark_name(planned), &content(takes).hex())
        .inspect(|()| crash::point("sheet.after"))
}

/// The takes that were on disk when the plan was made.
pub(super) fn stored(planned: &Planned) -> BTreeMap<NodeId, StoredTake> {
    planned
        .plan
        .takes()
        .filter_map(|(node, take)| Some((node.id, take.stored.clone()?)))
        .collect()
}

fn mark_name(planned: &Planned) -> String {
    format!("sheet {}", planned.gathered.pipeline.file)
}

fn content(takes: &BTreeMap<NodeId, StoredTake>) -> Digest {
    let mut hasher = Hasher::new();
    hasher.update(&[ROWS]);
    for (id, take) in takes {
        hasher.update(&id.0.to_le_bytes());
        hasher.update(take.key.0.hex().as_bytes());
        hasher.update(take.digest.hex().as_bytes());
        hasher.update(&[u8::from(!take.peaks.is_empty())]);
    }
    hasher.finish()
}
