//! What a watch decides: what to do when a file was saved, a key was pressed, a run ended.
//!
//! Pure: values in, values out. Knows nothing of files, clocks, terminals or of how anything is done; whoever does it
//! tells the [`Desk`] what came of it. Its promises:
//!
//! * Nothing that may be paid is begun unless it was shown and agreed to, or the budget of the whole watch covers it.
//! * Nothing that may be paid is ever cancelled: a run whose plan is out of date begins nothing more, and ends.
//! * One run at a time, and always of a plan that was made after the last one ended.

mod desk;
mod feedback;
mod gist;
mod presses;
mod purse;
mod seat;
#[cfg(test)]
mod tests;

pub use desk::{Act, Desk, Errand, Farewell, News, Press, Rules, Tell, What};
pub use feedback::{Loop, feedback};
pub use gist::{Gist, Offer};
pub use presses::Presses;
pub use purse::Purse;
