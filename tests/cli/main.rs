//! The program as its users meet it: short stories, told through the real binary, a folder of its own and an API that
//! listens on this machine over real HTTP and counts what it is asked.
//!
//! Nothing here looks inside the program while it runs. After every run the [`studio`] asserts that the stored events
//! tell the same story as the live ones, and that what was charged is what the ledger says was bought.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "these tests play the user, who edits files by hand, and a step that fails is a test that fails"
)]

mod budgets;
mod caching;
mod command_line;
mod crash;
mod damaged;
mod disk;
mod doctor;
mod editing;
mod etiquette;
mod export;
mod fault_list;
mod faults;
mod formats;
mod gates;
mod gc;
mod hostile;
#[cfg(unix)]
mod keys;
mod limits;
mod locks;
mod lookup;
mod lost;
mod mishaps;
mod offline;
mod output;
mod pace;
mod preflight;
mod project;
mod promote;
#[cfg(unix)]
mod pty;
mod retakes;
mod schedules;
mod scratch;
mod secrets;
mod settle;
#[cfg(unix)]
mod signals;
mod studio;
mod take_sheet;
mod taken_up;
mod told;
mod twins;
mod uploads;
#[cfg(unix)]
mod watch;
mod watch_log;
mod watched;
