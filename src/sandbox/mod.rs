//! The sandbox: a local server that speaks the wire contract of `music-01` on AI/ML API over real HTTP, renders real
//! audio, keeps books, and goes wrong on demand.
//!
//! Knows `audio`, `band`, `catalog` and `base`; knows nothing of engines, stores, backends or pipelines, so it cannot
//! share a mistake with the client it is there to test. Every request is read whole, then judged in the order of the
//! contract's rows; only what was rendered is charged; nothing leaves loopback.
//!
//! ```text
//! gate (read, note, fault on arrival) → upload | generate | models | billing → answer
//!                         generate: request (form) → account (hold) → sound → account (charge) → shape → reply
//! ```

mod account;
mod answer;
mod billing;
mod bomb;
mod effect;
mod fault;
mod fault_table;
mod files;
mod gate;
mod generate;
mod line;
mod models;
mod options;
mod part;
mod pickup;
mod reply;
mod request;
mod routes;
mod server;
mod shape;
mod sound;
mod track;
mod upload;

#[cfg(test)]
mod tests;

pub use fault::{Fault, FaultError, Route};
pub use fault_table::{FAULTS, FaultKind};
pub use files::LINK_SIGNATURE;
pub use generate::{FLAGGED_INPUT, FLAGGED_OUTPUT};
pub use options::{ErrorShape, ExtraInfo, Mode, Options, Rules, Sound, TooLong, Verdict};
pub use server::{Counts, Sandbox, Seen, Sold};
