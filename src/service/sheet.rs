//! Keeps the take sheet beside the pipeline in step with the plan: one row for each take that is on disk.
//!
//! What people wrote into it (ratings, choices, notes) is theirs and stays.

use super::Planned;
use crate::{
    base::{
        crash,
        digest::{Digest, Hasher},
    },
    pipeline::all_misses,
    plan::{NodeId, NodeWork, OutsideTry, StoredTake, Take},
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
    Ok(fs::exists(&path)
        && store.mark(&mark_name(planned))?.as_deref()
            == Some(&content(planned, (&stored(planned), &tries(planned))).hex()))
}

/// Writes a row for every take that is on disk.
pub(super) fn write(
    mut sheet: TakeSheet,
    planned: &Planned,
    store: &Store,
    (takes, tries): (&BTreeMap<NodeId, StoredTake>, &BTreeMap<NodeId, Vec<OutsideTry>>),
) -> Result<(), StoreError> {
    let rows: Vec<_> = planned
        .plan
        .takes()
        .flat_map(|(node, take)| {
            let tries = tries.get(&node.id).into_iter().flatten().map(|one| &one.stored);
            tries.chain(takes.get(&node.id)).map(|stored| row(take, stored))
        })
        .collect();
    sheet.update(&rows);
    crash::point("sheet.before");
    sheet.write()?;
    crash::point("sheet.written");
    store
        .set_mark(&mark_name(planned), &content(planned, (takes, tries)).hex())
        .inspect(|()| crash::point("sheet.after"))
}

/// The row of one try of a take.
fn row(take: &Take, stored: &StoredTake) -> SheetRow {
    let misses = take.misses(stored);
    let mut row = SheetRow::of(&take.name, stored);
    row.outside = (!misses.is_empty()).then(|| all_misses(&misses));
    row
}

/// The tries that were on disk when the plan was made, and are not the takes.
pub(super) fn tries(planned: &Planned) -> BTreeMap<NodeId, Vec<OutsideTry>> {
    let takes = planned.plan.takes();
    takes
        .map(|(node, take)| (node.id, take.outside.clone()))
        .filter(|(_, tries)| !tries.is_empty())
        .collect()
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

fn content(
    planned: &Planned,
    (takes, tries): (&BTreeMap<NodeId, StoredTake>, &BTreeMap<NodeId, Vec<OutsideTry>>),
) -> Digest {
    let mut hasher = Hasher::new();
    hasher.update(&[ROWS]);
    let mut add = |id: NodeId, stored: &StoredTake| {
        hasher.update(&id.0.to_le_bytes());
        hasher.update(stored.key.0.hex().as_bytes());
        hasher.update(stored.digest.hex().as_bytes());
        hasher.update(&[u8::from(!stored.peaks.is_empty())]);
        // Other gates, other words in its row.
        if let NodeWork::Take(take) = &planned.plan.node(id).work {
            hasher.update(all_misses(&take.misses(stored)).as_bytes());
        }
    };
    for (id, stored) in takes {
        add(*id, stored);
    }
    for (id, tries) in tries {
        tries.iter().for_each(|one| add(*id, &one.stored));
    }
    hasher.finish()
}
