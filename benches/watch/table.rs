//! Rows of the table.

use std::{fmt, time::Duration};

/// What one thing took, many times.
#[derive(Debug)]
pub(crate) struct Row {
    name: String,
    took: Vec<Duration>,
    beside: String,
}

impl Row {
    /// Of durations in any order.
    pub(crate) fn new(name: &str, mut took: Vec<Duration>, beside: &str) -> Self {
        took.sort_unstable();
        Self {
            name: name.to_owned(),
            took,
            beside: beside.to_owned(),
        }
    }

    /// At most one in a hundred took longer than the 99th.
    fn percentile(&self, percent: usize) -> f64 {
        let at = (self.took.len() * percent).div_ceil(100).max(1) - 1;
        self.took[at].as_secs_f64() * 1e3
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, took, beside } = self;
        let (p50, p99, times) = (self.percentile(50), self.percentile(99), took.len());
        write!(f, "| {name} | {p50:.1} ms | {p99:.1} ms | {times} | {beside} |")
    }
}
