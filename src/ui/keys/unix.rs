//! A thread that sleeps until a key is pressed, Ctrl-Z is pressed, or nobody listens any more.
//!
//! The thread owns the terminal's mode: however it ends, the mode goes back to what it was.

use super::{
    Key,
    burst::{self, ESCAPE, LONGEST},
    mode::Mode,
};
use rustix::{
    event::{self, PollFd, PollFlags, Timespec},
    io::Errno,
    process::{self, Signal},
};
use signal_hook::{SigId, flag, low_level};
use std::{
    io::{self, PipeReader, PipeWriter, Read},
    os::{fd::AsFd, unix::net::UnixStream},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};
use tokio::sync::mpsc::UnboundedSender;

/// What belongs to one key follows within this time.
const TOGETHER: Duration = Duration::from_millis(10);
/// What belongs to an escape follows within this time, over a slow line too.
const SEQUENCE: Duration = Duration::from_millis(50);
/// How long what is typed is left to whoever is in the foreground, before it is looked at once more.
const ELSEWHERE: Duration = Duration::from_secs(1);

/// The thread; it ends when this is dropped.
#[derive(Debug)]
pub(super) struct Listening {
    /// Dropping it wakes the thread for the last time.
    end: Option<PipeWriter>,
    thread: Option<JoinHandle<()>>,
}

impl Listening {
    pub(super) fn start(keys: UnboundedSender<Key>) -> Option<Self> {
        let terminal = io::stdin().as_fd().try_clone_to_owned().ok()?;
        let (ended, end) = io::pipe().ok()?;
        let stops = Stops::listen().ok()?;
        let mode = Mode::take(terminal)?;
        let ear = Ear {
            mode,
            ended,
            stops,
            keys,
        };
        let thread = thread::Builder::new().name("keys".into()).spawn(move || ear.listen());
        Some(Self {
            end: Some(end),
            thread: Some(thread.ok()?),
        })
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.end.take();
        if let Some(thread) = self.thread.take() {
            // If it panicked, the mode was put back while it unwound.
            let _ = thread.join();
        }
    }
}

/// Ctrl-Z and its end, as bytes to be read. While none of these is there, Ctrl-Z stops the process as ever.
#[derive(Debug)]
struct Stops {
    stopped: UnixStream,
    resumed: UnixStream,
    ids: Vec<SigId>,
}

/// Whether Ctrl-Z stops the process without being asked here.
static BY_ITSELF: OnceLock<Arc<AtomicBool>> = OnceLock::new();

impl Stops {
    fn listen() -> io::Result<Self> {
        let (stop, resume) = (Signal::TSTP.as_raw(), Signal::CONT.as_raw());
        let by_itself = BY_ITSELF.get_or_init(|| {
            let by_itself = Arc::new(AtomicBool::new(false));
            // It fails for no signal that can be caught.
            let _ = flag::register_conditional_default(stop, Arc::clone(&by_itself));
            by_itself
        });
        by_itself.store(false, Ordering::SeqCst);
        let (stopped, tell_stopped) = UnixStream::pair()?;
        let (resumed, tell_resumed) = UnixStream::pair()?;
        for stream in [&stopped, &resumed] {
            stream.set_nonblocking(true)?;
        }
        let ids = vec![
            low_level::pipe::register(stop, tell_stopped)?,
            low_level::pipe::register(resume, tell_resumed)?,
        ];
        Ok(Self { stopped, resumed, ids })
    }
}

impl Drop for Stops {
    fn drop(&mut self) {
        if let Some(by_itself) = BY_ITSELF.get() {
            by_itself.store(true, Ordering::SeqCst);
        }
        for id in self.ids.drain(..) {
            low_level::unregister(id);
        }
    }
}

/// Forgets what is there to be read.
fn drain(mut stream: &UnixStream) {
    while stream.read(&mut [0; 16]).is_ok_and(|count| count > 0) {}
}

/// What the thread works with.
#[derive(Debug)]
struct Ear {
    mode: Mode,
    ended: PipeReader,
    stops: Stops,
    keys: UnboundedSender<Key>,
}

/// Why the thread woke up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Woken {
    Ended,
    Stopped,
    Resumed,
    Typed,
}

impl Ear {
    fn listen(mut self) {
        loop {
            match self.wait() {
                Woken::Ended => return,
                Woken::Stopped => self.stop(),
                Woken::Resumed => {
                    drain(&self.stops.resumed);
                    self.mode.retake();
                }
                Woken::Typed => match self.mode.is_foreground() {
                    Some(true) => {
                        let Some(keys) = self.hear() else { return };
                        self.tell(keys);
                    }
                    // It is the shell that is typed to, and it reads that.
                    Some(false) => {
                        is_readable(&self.ended, ELSEWHERE);
                    }
                    None => return,
                },
            }
        }
    }

    fn tell(&mut self, keys: Vec<Key>) {
        // A shell that put this process into the foreground may not have said so.
        self.mode.retake();
        for key in keys {
            // If nobody listens any more, the end is about to be heard.
            let _ = self.keys.send(key);
        }
    }

    /// Sleeps until something happens.
    fn wait(&self) -> Woken {
        let watched = [
            (PollFd::new(&self.ended, PollFlags::IN), Woken::Ended),
            (PollFd::new(&self.stops.stopped, PollFlags::IN), Woken::Stopped),
            (PollFd::new(&self.stops.resumed, PollFlags::IN), Woken::Resumed),
            (
                PollFd::from_borrowed_fd(self.mode.terminal(), PollFlags::IN),
                Woken::Typed,
            ),
        ];
        let mut fds = watched.clone().map(|(fd, _)| fd);
        loop {
            match event::poll(&mut fds, None) {
                Ok(_) => {}
                Err(Errno::INTR) => continue,
                Err(_) => return Woken::Ended,
            }
            let first = fds.iter().position(|fd| !fd.revents().is_empty());
            if let Some(first) = first {
                return watched[first].1;
            }
        }
    }

    /// Ctrl-Z: the shell gets the terminal as it was. What comes after is heard of by `SIGCONT`.
    fn stop(&self) {
        drain(&self.stops.stopped);
        self.mode.give_back();
        // A process may always stop itself.
        let _ = process::kill_process(process::getpid(), Signal::STOP);
    }

    /// The keys of what is typed together; nothing if the terminal is gone.
    fn hear(&self) -> Option<Vec<Key>> {
        let terminal = self.mode.terminal();
        let mut heard = Vec::new();
        loop {
            let mut bytes = [0; 256];
            match rustix::io::read(terminal, &mut bytes) {
                Ok(0) => return None,
                Ok(count) => heard.extend_from_slice(&bytes[..count]),
                Err(Errno::INTR | Errno::AGAIN) => {}
                Err(_) => return None,
            }
            heard.truncate(LONGEST);
            let patience = if heard.last() == Some(&ESCAPE) {
                SEQUENCE
            } else {
                TOGETHER
            };
            if !is_readable(terminal, patience) {
                return Some(burst::keys(&heard));
            }
        }
    }
}

/// Whether there is something to read, or an end, within a time.
fn is_readable(file: impl AsFd, patience: Duration) -> bool {
    let patience = Timespec::try_from(patience).ok();
    let mut fds = [PollFd::new(&file, PollFlags::IN)];
    event::poll(&mut fds, patience.as_ref()).is_ok_and(|count| count > 0)
}
