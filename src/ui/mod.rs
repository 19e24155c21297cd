//! The terminal: the only place that writes to standard output and standard error.
//!
//! Data goes to standard output, everything else to standard error. Knows nothing of arguments or of the engine: it
//! is fed with texts and with events.

mod aside;
mod foot;
mod heard;
mod keys;
mod line;
pub mod live;
mod region;
pub mod terminal;

pub use foot::Foot;
pub use heard::Heard;
pub use keys::{Key, Keys};
pub use live::{Live, Watching};
pub use terminal::Terminal;
