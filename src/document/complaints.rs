//! Complaints up to a number: a file of a megabyte can hold more slips than anybody reads.

use crate::base::diagnostic::{Diagnostic, Diagnostics};

/// What one pass over one file may complain about.
const MAX: usize = 1_000;

/// The first complaints; those beyond the limit are dropped.
#[derive(Default)]
pub(super) struct Complaints {
    list: Diagnostics,
    count: usize,
}

impl Complaints {
    pub(super) fn push(&mut self, one: Diagnostic) {
        if !self.is_full() {
            self.count += 1;
            self.list.push(one);
        }
    }

    /// Whether looking further is of no use.
    pub(super) fn is_full(&self) -> bool {
        self.count >= MAX
    }

    pub(super) fn into_list(self) -> Diagnostics {
        self.list
    }
}
