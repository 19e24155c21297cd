//! The engine: does what a plan says, each paid call once, and tells what happens as events.
//!
//! One owner loop (`driver`) decides; steps (`step`) do the waiting; the order comes from a pure state machine
//! (`scheduler`). A step reaches the outside through two narrow traits only (`seam`). Knows nothing of terminals, pages
//! or the command line.

mod accept;
mod admission;
mod budget;
mod card;
mod chance;
mod charges;
mod closing;
mod driver;
mod earlier;
mod lookup;
mod opening;
mod pace;
mod passing;
mod place;
mod recorder;
mod retake;
mod retry;
mod scheduler;
mod seam;
mod step;
#[cfg(test)]
mod tests;
mod upkeep;

pub use admission::Limit;
pub use driver::{Controls, Ports, Report, run};
pub use earlier::{Became, Earlier, Settled};
pub use place::file_name;
pub use seam::{Answered, EffectLog, Embedded, Intent, PayLedger, Settlement};
