//! What the terminal does with what is typed: this process's way, and the way it was before.
//!
//! Knows nothing of keys. Invariants: only the process in the foreground changes the terminal, since any other would be
//! stopped for it; what was made is undone when it is dropped.

use super::guard::Guard;
use rustix::{
    process,
    termios::{self, LocalModes, OptionalActions, SpecialCodeIndex, Termios},
};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// Neither lines nor an echo.
#[derive(Debug)]
pub(super) struct Mode {
    terminal: OwnedFd,
    before: Termios,
    guard: Option<Guard>,
}

/// What is taken away.
const LINES: LocalModes = LocalModes::ICANON.union(LocalModes::ECHO);

impl Mode {
    /// Takes the terminal of the foreground process; nothing where this is not that process.
    pub(super) fn take(terminal: OwnedFd) -> Option<Self> {
        let before = termios::tcgetattr(&terminal).ok()?;
        let mut mode = Self {
            terminal,
            before,
            guard: None,
        };
        if mode.is_foreground() != Some(true) {
            return None;
        }
        mode.guard = Guard::start(mode.terminal.try_clone().ok()?);
        mode.make().then_some(mode)
    }

    pub(super) fn terminal(&self) -> BorrowedFd<'_> {
        self.terminal.as_fd()
    }

    /// Whether this process is the one in the foreground; nothing if the terminal is gone.
    pub(super) fn is_foreground(&self) -> Option<bool> {
        let group = termios::tcgetpgrp(&self.terminal).ok()?;
        Some(group == process::getpgrp())
    }

    /// Takes the terminal once more, if it was given back, or if a shell had it in between.
    pub(super) fn retake(&mut self) {
        if self.is_foreground() == Some(true)
            && let Ok(now) = termios::tcgetattr(&self.terminal)
            && now.local_modes.intersects(LINES)
        {
            self.before = now;
            self.make();
        }
    }

    /// What was typed before is dropped: nobody had been asked for it.
    fn make(&mut self) -> bool {
        let mut made = self.before.clone();
        made.local_modes.remove(LINES);
        made.special_codes[SpecialCodeIndex::VMIN] = 1;
        made.special_codes[SpecialCodeIndex::VTIME] = 0;
        let is_made = termios::tcsetattr(&self.terminal, OptionalActions::Flush, &made).is_ok();
        if let Some(guard) = &mut self.guard {
            guard.made();
        }
        is_made
    }

    /// Gives the terminal back as it was, if it is still this process's.
    pub(super) fn give_back(&self) {
        if self.is_foreground() == Some(true) {
            // A terminal that is gone needs nothing.
            let _ = termios::tcsetattr(&self.terminal, OptionalActions::Now, &self.before);
        }
    }
}

impl Drop for Mode {
    fn drop(&mut self) {
        self.give_back();
        if let Some(guard) = self.guard.take() {
            guard.dismiss();
        }
    }
}
