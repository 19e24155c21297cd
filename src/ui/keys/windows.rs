//! The console's own events. Its mode is left alone: events come one by one whatever it is.

use super::Key;
use crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};
use std::thread;
use tokio::sync::mpsc::UnboundedSender;

/// A thread that sleeps until a key is pressed. It cannot be woken otherwise: it ends with the next key after this was
/// dropped, or with the process.
#[derive(Debug)]
pub(super) struct Listening;

impl Listening {
    pub(super) fn start(keys: UnboundedSender<Key>) -> Option<Self> {
        let listen = move || {
            while let Ok(event) = event::read() {
                if key(&event).is_some_and(|key| keys.send(key).is_err()) {
                    return;
                }
            }
        };
        thread::Builder::new().name("keys".into()).spawn(listen).ok()?;
        Some(Self)
    }
}

fn key(event: &Event) -> Option<Key> {
    let Event::Key(pressed) = event else { return None };
    let is_plain = !pressed.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
    match pressed.code {
        _ if pressed.kind == KeyEventKind::Release || !is_plain => None,
        KeyCode::Char(char) => Some(Key::Char(char)),
        KeyCode::Enter => Some(Key::Enter),
        KeyCode::Esc => Some(Key::Escape),
        _ => None,
    }
}
