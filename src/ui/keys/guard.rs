//! A child process that outlives this one for a moment, to put the terminal back if it died without doing so.
//!
//! It needs `sh` and `stty`; where there are none, nothing guards, which is no error. It is of a process group of its
//! own, so that Ctrl-C does not end it. It touches the terminal only if this process is gone and the terminal is still as
//! this process had made it: a shell that took it over may have other wishes by then.

use std::{
    io::{BufRead, BufReader, Write},
    os::{fd::OwnedFd, unix::process::CommandExt},
    process::{Child, ChildStdin, Command, Stdio},
};

/// Standard error is the terminal until the second line. Without the signals ignored, a process in the background would
/// be stopped when it changes the terminal.
const SCRIPT: &str = r#"
exec 3<&2 2>/dev/null
trap '' HUP INT QUIT TERM TSTP TTIN TTOU
before=$(stty -g <&3) || exit 0
echo ready
made=
while IFS= read -r word; do
  case $word in
    made) made=$(stty -g <&3) ;;
    done) exit 0 ;;
  esac
done
[ -n "$made" ] && [ "$(stty -g <&3)" = "$made" ] && stty "$before" <&3
"#;

/// Where the two programs are. Nothing else of the environment is handed on; there may be secrets in it.
const PATH: &str = "/usr/bin:/bin:/usr/local/bin:/run/current-system/sw/bin";

/// The child process.
#[derive(Debug)]
pub(super) struct Guard {
    child: Child,
    words: ChildStdin,
}

impl Guard {
    /// Has it remember what the terminal is like now.
    pub(super) fn start(terminal: OwnedFd) -> Option<Self> {
        let mut child = Command::new("sh")
            .args(["-c", SCRIPT])
            .env_clear()
            .env("PATH", PATH)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(terminal)
            .process_group(0)
            .spawn()
            .ok()?;
        let words = child.stdin.take()?;
        let guard = Self { child, words };
        guard.is_ready()
    }

    fn is_ready(mut self) -> Option<Self> {
        let mut line = String::new();
        let read = self
            .child
            .stdout
            .take()
            .map(|out| BufReader::new(out).read_line(&mut line));
        if matches!(read, Some(Ok(1..))) {
            return Some(self);
        }
        self.dismiss();
        None
    }

    /// Has it remember what this process made of the terminal.
    pub(super) fn made(&mut self) {
        self.tell("made\n");
    }

    /// Sends it away: the terminal is as it was.
    pub(super) fn dismiss(mut self) {
        self.tell("done\n");
        // It ends at once; if it was killed before, there is nothing to wait for.
        let _ = self.child.wait();
    }

    /// If it was killed nobody hears it, and nothing guards any more.
    fn tell(&mut self, word: &str) {
        let _ = self.words.write_all(word.as_bytes());
    }
}
