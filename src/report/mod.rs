//! What a run and a pipeline look like as text, JSON and other bytes. Pure: nothing here prints or opens a file.
//!
//! Knows nothing of terminals, engines or stores; it is given data and returns bytes.

pub mod diagnostics;
