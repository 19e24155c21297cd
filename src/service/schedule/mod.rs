//! Recurring runs: when they are due, what was made of it, and the loop that fires them.
//!
//! Knows nothing of how a pipeline is read or run, and prints nothing: it is handed a [`Runner`], and tells what it does
//! as values.
//!
//! ```text
//! Timetable (cron line + zone → moments) → decide (moments + record + now → what to do) → Keeper (does it, and sleeps)
//! ```

mod due;
mod errand;
mod keeper;
mod timetable;

pub use due::{Due, MOST_COUNTED, MOST_DEATHS, Policy, Reason, Verdict, decide};
pub use errand::{Ending, Errand, Outcome, Runner, StopRequests};
pub use keeper::{Keeper, NAP, Note, Pipeline, Reader};
pub use timetable::{NotATimetable, Timetable};
