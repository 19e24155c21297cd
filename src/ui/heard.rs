//! A terminal that nobody looks at: what is said on it is kept, to be told later as a whole.

use super::Terminal;
use crate::report::look::Look;
use std::{
    io::{self, Write},
    sync::mpsc,
};

/// What was said on a [`Terminal`] of its own.
#[derive(Debug)]
pub struct Heard(mpsc::Receiver<Vec<u8>>);

struct Ear(mpsc::Sender<Vec<u8>>);

impl Heard {
    /// A terminal that is listened to. Data that is written to it is dropped.
    pub fn terminal() -> (Terminal, Self) {
        let (sender, receiver) = mpsc::channel();
        let terminal = Terminal::new(Box::new(io::sink()), Box::new(Ear(sender)), Look::PLAIN);
        (terminal, Self(receiver))
    }

    /// Everything that was said until now.
    pub fn text(&self) -> String {
        let bytes: Vec<u8> = self.0.try_iter().flatten().collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Write for Ear {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Nobody may be interested any more.
        let _ = self.0.send(bytes.to_vec());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_heard_and_data_is_not() {
        let (mut terminal, heard) = Heard::terminal();
        terminal.say("error: a\n");
        terminal.data("{}\n");
        terminal.say("help: b\n");
        assert_eq!(heard.text(), "error: a\nhelp: b\n");
        assert_eq!(heard.text(), "");
    }
}
