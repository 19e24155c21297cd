//! The machine at its worst.
