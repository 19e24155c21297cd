//! Standard output and standard error.
//!
//! A reader that goes away (`| head`) is no error: what is written after that is dropped, and [`Terminal::is_deaf`] says
//! so, for a quiet end. Any other error, such as a full disk behind a redirection, is kept for [`Terminal::finish`].

use crate::report::look::Look;
use anstream::{AutoStream, ColorChoice};
use std::{
    fmt,
    io::{self, Write},
};

/// Both streams.
#[derive(Debug)]
pub struct Terminal {
    out: Pipe,
    err: Pipe,
    look: Look,
}

struct Pipe {
    stream: Box<dyn Write + Send>,
    state: PipeState,
}

#[derive(Debug)]
enum PipeState {
    Open,
    /// The reader is gone.
    Deaf,
    Broken(io::Error),
}

impl Terminal {
    /// The process's own streams. `look` is what standard error shows, `data_colour` whether standard output may have
    /// colours; escape codes are translated for consoles that do not know them.
    pub fn standard(look: Look, data_colour: bool) -> Self {
        let choice = |colour| {
            if colour {
                ColorChoice::Always
            } else {
                ColorChoice::Never
            }
        };
        Self::new(
            Box::new(AutoStream::new(io::stdout(), choice(data_colour))),
            Box::new(AutoStream::new(io::stderr(), choice(look.colour))),
            look,
        )
    }

    /// Any two streams.
    pub fn new(out: Box<dyn Write + Send>, err: Box<dyn Write + Send>, look: Look) -> Self {
        Self {
            out: Pipe::open(out),
            err: Pipe::open(err),
            look,
        }
    }

    /// What standard error shows.
    pub const fn look(&self) -> &Look {
        &self.look
    }

    /// Writes data: to standard output, at once.
    pub fn data(&mut self, text: &str) {
        self.out.write(text);
    }

    /// Writes what is said about the work: to standard error, at once.
    pub fn say(&mut self, text: &str) {
        self.err.write(text);
    }

    /// Whether whoever read standard output is gone: there is no use in going on printing.
    pub const fn is_deaf(&self) -> bool {
        matches!(self.out.state, PipeState::Deaf)
    }

    /// The first error of standard output that was not a reader that went away: data was lost.
    pub fn finish(self) -> io::Result<()> {
        match self.out.state {
            PipeState::Broken(error) => Err(error),
            PipeState::Open | PipeState::Deaf => Ok(()),
        }
    }
}

impl Pipe {
    fn open(stream: Box<dyn Write + Send>) -> Self {
        Self {
            stream,
            state: PipeState::Open,
        }
    }

    fn write(&mut self, text: &str) {
        if !matches!(self.state, PipeState::Open) {
            return;
        }
        let written = self
            .stream
            .write_all(text.as_bytes())
            .and_then(|()| self.stream.flush());
        if let Err(error) = written {
            self.state = match error.kind() {
                io::ErrorKind::BrokenPipe => PipeState::Deaf,
                _ => PipeState::Broken(error),
            };
        }
    }
}

impl fmt::Debug for Pipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pipe")
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    /// What was written, for tests to read.
    #[derive(Clone, Debug, Default)]
    pub(in crate::ui) struct Heard(Arc<Mutex<Vec<u8>>>);

    impl Heard {
        pub(in crate::ui) fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    impl Write for Heard {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    struct Failing(io::ErrorKind, Arc<Mutex<usize>>);

    impl Write for Failing {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            *self.1.lock().unwrap() += 1;
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn failing(kind: io::ErrorKind) -> (Terminal, Arc<Mutex<usize>>) {
        let tries = Arc::new(Mutex::new(0));
        let out = Failing(kind, Arc::clone(&tries));
        (Terminal::new(Box::new(out), Box::new(io::sink()), Look::PLAIN), tries)
    }

    #[test]
    fn a_reader_that_went_away_is_no_error_and_is_not_written_to_again() {
        let (mut terminal, tries) = failing(io::ErrorKind::BrokenPipe);
        terminal.data("one");
        assert!(terminal.is_deaf());
        terminal.data("two");
        assert_eq!(*tries.lock().unwrap(), 1);
        assert!(terminal.finish().is_ok());
    }

    #[test]
    fn lost_data_is_an_error() {
        let (mut terminal, _) = failing(io::ErrorKind::StorageFull);
        terminal.data("one");
        assert!(!terminal.is_deaf());
        assert_eq!(terminal.finish().unwrap_err().kind(), io::ErrorKind::StorageFull);
    }

    #[test]
    fn data_and_talk_are_kept_apart() {
        let (out, err) = (Heard::default(), Heard::default());
        let mut terminal = Terminal::new(Box::new(out.clone()), Box::new(err.clone()), Look::PLAIN);
        terminal.data("{}\n");
        terminal.say("hello\n");
        assert_eq!((out.text().as_str(), err.text().as_str()), ("{}\n", "hello\n"));
    }
}
