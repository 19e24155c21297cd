//! What a watch says, and where: above its last line while it waits, above what moves while a run goes on.

use crate::{
    cli::{commands::render::Stage, context::Context},
    report::{
        look::Look,
        watch::{Standing, waiting},
    },
    ui::{Foot, Terminal},
};
use std::{
    io::{self, Write},
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::mpsc;

/// The terminal, or the way to whoever has it.
#[derive(Debug)]
pub(super) struct Voice {
    place: Place,
    foot: Foot,
    look: Look,
    is_quiet: bool,
    /// Nobody presses keys: they are not offered.
    has_keys: bool,
}

#[derive(Debug)]
enum Place {
    Own(Terminal),
    /// A run has it.
    Lent(mpsc::UnboundedSender<String>),
}

impl Voice {
    pub(super) fn new(context: &Context, terminal: Terminal, has_keys: bool) -> Self {
        Self {
            place: Place::Own(terminal),
            foot: Foot::new(&context.look),
            look: context.look,
            is_quiet: context.global.quiet,
            has_keys,
        }
    }

    /// Says something, unless nothing is to be said.
    pub(super) fn say(&mut self, text: &str) {
        if !self.is_quiet {
            self.insist(text);
        }
    }

    /// Says something in any case.
    pub(super) fn insist(&mut self, text: &str) {
        match &mut self.place {
            Place::Own(terminal) => self.foot.say(terminal, text),
            // Once the run is over, what it did not show comes back with the terminal.
            Place::Lent(said) => _ = said.send(text.to_owned()),
        }
    }

    /// Whether a last line says what is waited for.
    pub(super) const fn has_line(&self) -> bool {
        self.has_keys && self.look.tty && !self.is_quiet
    }

    /// Shows what is waited for.
    pub(super) fn wait(&mut self, standing: &Standing) {
        match (waiting(standing, &self.look), &self.place) {
            (Some(line), Place::Own(_)) if self.has_line() => self.foot.show(&line),
            _ => self.foot.leave(),
        }
    }

    /// Hands the terminal to a run.
    pub(super) fn lend(&mut self, context: &Context) -> Stage {
        self.foot.leave();
        let (said, hears) = mpsc::unbounded_channel();
        let terminal = match std::mem::replace(&mut self.place, Place::Lent(said)) {
            Place::Own(terminal) => terminal,
            Place::Lent(_) => context.terminal(),
        };
        Stage { terminal, said: hears }
    }

    /// Takes it back, and says what the run did not come to show.
    pub(super) fn take_back(&mut self, context: &Context, stage: Option<Stage>) {
        let Some(Stage { terminal, mut said }) = stage else {
            self.place = Place::Own(context.terminal());
            return;
        };
        self.place = Place::Own(terminal);
        while let Ok(text) = said.try_recv() {
            self.insist(&text);
        }
    }

    /// The terminal, for good.
    pub(super) fn end(mut self, context: &Context) -> Terminal {
        self.foot.leave();
        match self.place {
            Place::Own(terminal) => terminal,
            Place::Lent(_) => context.terminal(),
        }
    }
}

/// What is said on a terminal, as a text.
pub(super) fn caught(look: Look, say: impl FnOnce(&mut Terminal)) -> String {
    let heard = Heard::default();
    let mut terminal = Terminal::new(Box::new(io::sink()), Box::new(heard.clone()), look);
    say(&mut terminal);
    let bytes = heard.0.lock().unwrap_or_else(PoisonError::into_inner);
    String::from_utf8_lossy(&bytes).into_owned()
}

#[derive(Clone, Debug, Default)]
struct Heard(Arc<Mutex<Vec<u8>>>);

impl Write for Heard {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
