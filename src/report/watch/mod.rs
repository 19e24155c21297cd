//! What a watch says: what changed, what that makes stale, what it costs; and what it waits for.
//!
//! Cause, effect and money, in this order, on one line where it fits. Knows nothing of who watches.

mod effect;
mod said;
mod waiting;

pub use effect::{Deed, Frame, Touched, anew, began, changed, same};
pub use said::{
    Writer, broke_down, broken, buying, circle, help, how_to_leave, later, left_alone, many, many_unasked, mend,
    nobody_buys, nothing, over_budget, paused, resumed, retakes_cost, spent,
};
pub use waiting::{Standing, waiting};
