//! Single keys, as they are pressed.
//!
//! The terminal is only told not to wait for the end of a line and not to show what is typed: Ctrl-C stays a signal, and
//! what is written looks as ever. Nothing wakes up while no key is pressed. Knows nothing of what a key means.
//!
//! Invariants: the terminal is as it was before once [`Keys`] is dropped, while the process is stopped by Ctrl-Z, and
//! after its death, however it dies; what was typed before [`Keys::listen`], and what is pasted, are no keys.

#[cfg_attr(windows, expect(dead_code, reason = "only terminals of Unix send bytes"))]
mod burst;
#[cfg(unix)]
mod guard;
#[cfg(unix)]
mod mode;
#[cfg(unix)]
#[path = "unix.rs"]
mod platform;
#[cfg(windows)]
#[path = "windows.rs"]
mod platform;

use platform::Listening;
use std::{
    future,
    io::{self, IsTerminal},
};
use tokio::sync::mpsc;

/// A key that was pressed. Arrows, function keys and the like are not told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// A character.
    Char(char),
    /// The end of a line.
    Enter,
    /// The key that leaves.
    Escape,
}

/// The keys that are pressed from now on.
#[derive(Debug)]
pub struct Keys {
    keys: mpsc::UnboundedReceiver<Key>,
    _listening: Listening,
}

impl Keys {
    /// Listens, if somebody can press keys: standard input and standard error are a terminal in whose foreground this
    /// process is. `term` is the variable `TERM`.
    pub fn listen(term: Option<&str>) -> Option<Self> {
        let is_watched = io::stdin().is_terminal() && io::stderr().is_terminal() && term != Some("dumb");
        if !is_watched {
            return None;
        }
        let (sender, keys) = mpsc::unbounded_channel();
        let listening = Listening::start(sender)?;
        Some(Self {
            keys,
            _listening: listening,
        })
    }

    /// The next key. Waits for ever once the terminal is gone. Nothing is lost when this is cancelled.
    pub async fn next(&mut self) -> Key {
        match self.keys.recv().await {
            Some(key) => key,
            None => future::pending().await,
        }
    }
}
