//! The only door to the disk: audio by content, the ledger of paid calls, upload ids, named files, history, and the
//! take sheet.
//!
//! Knows nothing of networks, YAML pipelines or who renders. Its invariants:
//!
//! * A claim is on disk (fsynced) when [`Store::claim`] returns; a key has at most one open claim, whoever asks.
//! * A claim belongs to the process that made it. A process that ended without an outcome leaves it *unsure*, which
//!   only a person resolves; nothing is ever bought a second time by itself, and there is nothing to unlock.
//! * Audio is on disk under its digest before the ledger says that it was received. It is given out only with the
//!   bytes that it had then; audio that was paid for and lost is never bought again by itself.
//! * A file of the user's is never overwritten.

mod adopt;
mod blobs;
mod charges;
mod collect;
mod database;
mod earlier;
mod error;
mod facts;
pub mod fs;
mod health;
mod history;
mod ledger;
mod locks;
mod look;
mod lost;
mod marks;
mod memory;
mod open;
mod outputs;
mod owner;
mod resolve;
mod salvage;
mod schedules;
mod schema;
pub mod sheet;
mod spending;
#[cfg(test)]
mod testing;
mod uploads;
mod verify;

pub use adopt::Adopted;
pub use blobs::{Blob, BlobWriter, ROOM};
pub use charges::Uncharged;
pub use collect::{CollectError, IdleTake, Leftover, Part, Survey};
pub use database::database_files;
pub use earlier::{ArrivedTake, TakenOver};
pub use error::StoreError;
pub use facts::look;
pub use fs::Disk;
pub use health::{AudioHealth, CallUnderWay};
pub use history::{NewRun, RunRow};
pub use ledger::{ClaimId, Claimed, NewClaim};
pub use locks::{Holder, Locked, PipelineLock};
pub use lost::LostTake;
pub use open::Store;
pub use outputs::Placing;
pub use resolve::{Resolution, UnsureTake};
pub use schedules::{
    By, ClaimedOccasion, Decided, EndState, GivenUp, NewSchedule, Noted, Occasion, OccasionEnd, OccasionId,
    OccasionState, OpenOccasion, Passed, ScheduleRecord,
};
pub use sheet::{Choice, Measures, SheetRow, TakeSheet};
pub use spending::DayBudget;
