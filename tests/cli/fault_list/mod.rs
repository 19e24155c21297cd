//! Every fault of the sandbox, through the real program: what the user sees, what was paid, and what happens next.
//!
//! [`table`] says what is expected of each; [`page`] makes `docs/faults.md` of it. A fault without an expectation is a
//! failure, and so is an expectation that the page does not show.

mod facts;
