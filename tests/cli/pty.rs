//! A terminal of the test's own, with a shell in it that runs the program in the foreground, as a user's shell does.
//!
//! A new session needs a process that begins it: this test binary is started once more for that, and becomes the shell.

use rustix::{
    fs::{Mode, OFlags},
    process::{Pid, Signal},
    pty::{self, OpenptFlags},
    termios::{self, LocalModes, Winsize},
};
use std::{
    fs::File,
    io::{Read, Write},
    os::{
        fd::{AsFd, OwnedFd},
        unix::process::CommandExt,
    },
    process::{Child, Command, Stdio},
    sync::{Arc, Condvar, Mutex},
    thread,
    time::Duration,
};

/// How long anything may take before the test is given up.
const PATIENCE: Duration = Duration::from_secs(60);

/// The shell runs the program as a job, tells how it ended, and does what is typed as `fg` then. It stays as long as the
/// terminal: with its death everything in the terminal would be hung up.
const SHELL: &str = r#"
set -m
# Some shells end with a program that Ctrl-C ended.
trap : INT
"$@"
printf '[ended %s]\n' "$?"
while IFS= read -r word; do
  case $word in fg) fg >/dev/null; printf '[ended %s]\n' "$?" ;; esac
done
"#;

/// The terminal.
pub(crate) struct Pty {
    master: File,
    /// Kept open, so that the terminal can be looked at whoever is gone.
    _slave: OwnedFd,
    seen: Arc<Seen>,
    shell: Child,
}

#[derive(Default)]
struct Seen {
    bytes: Mutex<Vec<u8>>,
    more: Condvar,
}

impl Pty {
    /// Starts a command in a terminal of that many columns and rows. Of its environment only what was set on it is
    /// handed on, and `TERM`.
    pub(crate) fn start(command: &Command, (columns, rows): (u16, u16)) -> Self {
        let master = pty::openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
        pty::grantpt(&master).unwrap();
        pty::unlockpt(&master).unwrap();
        let name = pty::ptsname(&master, Vec::new()).unwrap();
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        let slave = rustix::fs::open(name.as_c_str(), flags, Mode::empty()).unwrap();
        let size = Winsize {
            ws_row: rows,
            ws_col: columns,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        termios::tcsetwinsize(&slave, size).unwrap();
        let shell = launcher(command, &slave).spawn().unwrap();
        let master = File::from(master);
        let seen = Arc::new(Seen::default());
        seen.fill(master.try_clone().unwrap());
        Self {
            master,
            _slave: slave,
            seen,
            shell,
        }
    }

    /// Types something.
    pub(crate) fn send(&mut self, text: &str) {
        self.master.write_all(text.as_bytes()).unwrap();
    }

    /// Waits until a text was written, and says what was written until then, without colours and movements.
    pub(crate) fn until(&self, text: &str) -> String {
        self.until_times(text, 1)
    }

    /// Waits until a text was written so many times.
    pub(crate) fn until_times(&self, text: &str, times: usize) -> String {
        let bytes = self.seen.bytes.lock().unwrap();
        let is_missing = |bytes: &mut Vec<u8>| plain(bytes).matches(text).count() < times;
        let (bytes, waited) = self.seen.more.wait_timeout_while(bytes, PATIENCE, is_missing).unwrap();
        let said = plain(&bytes);
        assert!(!waited.timed_out(), "waited in vain for `{text}`:\n{said}");
        said
    }

    /// What was written so far, without colours and movements.
    pub(crate) fn told(&self) -> String {
        plain(&self.seen.bytes.lock().unwrap())
    }

    /// What the screen shows now.
    pub(crate) fn screen(&self) -> String {
        let size = termios::tcgetwinsize(&self.master).unwrap();
        let mut screen = vt100::Parser::new(size.ws_row.try_into().unwrap(), size.ws_col.try_into().unwrap(), 0);
        screen.process(&self.seen.bytes.lock().unwrap());
        screen.screen().contents()
    }

    /// Whether the terminal waits for the end of a line and shows what is typed, as shells leave it.
    pub(crate) fn is_normal(&self) -> bool {
        let modes = termios::tcgetattr(&self.master).unwrap().local_modes;
        assert!(modes.contains(LocalModes::ISIG), "Ctrl-C is to be a signal");
        let lines = LocalModes::ICANON | LocalModes::ECHO;
        assert!(
            modes.contains(lines) || !modes.intersects(lines),
            "half of it: {modes:?}"
        );
        modes.contains(lines)
    }

    /// Waits until the terminal is as shells leave it, or is not.
    pub(crate) fn until_normal(&self, normal: bool) {
        self.wait_until("the terminal is as it should be", || self.is_normal() == normal);
    }

    pub(crate) fn wait_until(&self, what: &str, is_so: impl Fn() -> bool) {
        for _ in 0..3000 {
            if is_so() {
                return;
            }
            thread::sleep(Duration::from_millis(20));
        }
        panic!("waited a minute in vain until {what}:\n{}", self.told());
    }

    /// The process that has the keyboard.
    pub(crate) fn foreground(&self) -> Pid {
        termios::tcgetpgrp(&self.master).unwrap()
    }

    /// Sends a signal to the program.
    pub(crate) fn signal(&self, signal: Signal) {
        rustix::process::kill_process(self.foreground(), signal).unwrap();
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        // What still runs in it is hung up.
        if let Ok(group) = termios::tcgetpgrp(&self.master) {
            let _ = rustix::process::kill_process_group(group, Signal::KILL);
        }
        let _ = self.shell.kill();
        let _ = self.shell.wait();
    }
}

impl Seen {
    fn fill(self: &Arc<Self>, mut master: File) {
        let seen = Arc::clone(self);
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = master.read(&mut bytes) {
                seen.bytes.lock().unwrap().extend_from_slice(&bytes[..count]);
                seen.more.notify_all();
            }
        });
    }
}

fn plain(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    anstream::adapter::strip_str(&text).to_string()
}

const LAUNCHED: &str = "PTY_LAUNCHED";

fn launcher(command: &Command, slave: &OwnedFd) -> Command {
    let mut words = vec![command.get_program().to_str().unwrap()];
    words.extend(command.get_args().map(|arg| arg.to_str().unwrap()));
    let mut launcher = Command::new(std::env::current_exe().unwrap());
    launcher
        .args(["pty::becomes_the_shell", "--exact", "--ignored", "--nocapture"])
        .env_clear()
        .env("TERM", "xterm")
        .env("PATH", std::env::var_os("PATH").unwrap());
    for (name, value) in command.get_envs() {
        launcher.env(name, value.expect("nothing is taken out of an empty environment"));
    }
    if let Some(folder) = command.get_current_dir() {
        launcher.current_dir(folder);
    }
    launcher
        .env(LAUNCHED, serde_json::to_string(&words).unwrap())
        .stdin(slave.try_clone().unwrap())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    launcher
}

/// What the process of [`Pty::start`] does.
#[test]
#[ignore = "run by every test with a terminal, as a process of its own"]
fn becomes_the_shell() {
    let Ok(words) = std::env::var(LAUNCHED) else { return };
    let words: Vec<String> = serde_json::from_str(&words).unwrap();
    let terminal = std::io::stdin().as_fd().try_clone_to_owned().unwrap();
    rustix::process::setsid().unwrap();
    rustix::process::ioctl_tiocsctty(&terminal).unwrap();
    let error = Command::new("sh")
        .args(["-c", SHELL, "sh"])
        .args(words)
        .env_remove(LAUNCHED)
        .stdout(terminal.try_clone().unwrap())
        .stderr(terminal)
        .exec();
    panic!("{error}");
}
