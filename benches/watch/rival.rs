//! `watchexec` with a command that does nothing, side by side with the follower that starts the same command.

use crate::{saves::rename_over, table::Row};
use std::{
    fs, io,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};
use takesheet::{
    base::door::Files,
    service::{
        Project,
        follow::{Followed, Follower, How},
    },
    store::Disk,
};
use tempfile::TempDir;

const SAVES: usize = 60;
const BREATH: Duration = Duration::from_millis(150);
/// How often it is looked whether the command has begun.
const GLANCE: Duration = Duration::from_micros(200);
/// A rival that takes longer than this does not work here.
const PATIENCE: Duration = Duration::from_secs(10);

/// A folder to watch, and another where the command leaves a mark.
struct Arena {
    folder: TempDir,
    marks: TempDir,
}

/// Ended with this value.
struct Rival(Child);

impl Drop for Rival {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Both, save by save in turn; only ours where there is no rival.
pub(crate) fn rows() -> io::Result<Vec<Row>> {
    let theirs = Arena::new()?;
    let rival = program().map(|program| theirs.rival(&program)).transpose()?;
    let ours = Arena::new()?;
    let saved = ours.follow()?;
    let (mut our_times, mut their_times) = (Vec::new(), Vec::new());
    if rival.is_some() {
        theirs.once("warm")?;
    }
    for number in 0..SAVES {
        our_times.push(ours.once(&format!("save {number}"))?);
        if rival.is_some() {
            their_times.push(theirs.once(&format!("save {number}"))?);
        }
    }
    drop(saved);
    let beside = if rival.is_some() {
        "watchexec with the same quiet: the next row"
    } else {
        "watchexec is not installed"
    };
    let mut rows = vec![Row::new("save → a no-op command has begun", our_times, beside)];
    if rival.is_some() {
        rows.push(Row::new("the same by watchexec", their_times, "`--debounce 50ms`"));
    }
    Ok(rows)
}

/// Where the rival is, if it is anywhere.
fn program() -> Option<PathBuf> {
    let named = std::env::var_os("WATCHEXEC").map(PathBuf::from);
    named.or_else(|| {
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path)
            .map(|folder| folder.join("watchexec"))
            .find(|file| file.is_file())
    })
}

impl Arena {
    fn new() -> io::Result<Self> {
        let arena = Self {
            folder: tempfile::tempdir()?,
            marks: tempfile::tempdir()?,
        };
        fs::write(arena.file(), "at first\n")?;
        Ok(arena)
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("song.yaml")
    }

    fn mark(&self) -> PathBuf {
        self.marks.path().join("mark")
    }

    fn rival(&self, program: &Path) -> io::Result<Rival> {
        let child = Command::new(program)
            .args(["--quiet", "--postpone", "--shell=none", "--debounce=50ms", "--watch"])
            .arg(self.folder.path())
            .args(["--", "touch"])
            .arg(self.mark())
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        // It says nowhere that it is ready.
        thread::sleep(Duration::from_secs(2));
        Ok(Rival(child))
    }

    /// Starts the same command whenever the file changes, in a thread that ends with the process.
    fn follow(&self) -> io::Result<thread::JoinHandle<()>> {
        let disk = Disk::new();
        disk.read(&self.file(), 1 << 20)?;
        let root = self.folder.path().to_owned();
        let followed = Followed::of(&disk, &Project { root });
        let mut follower = Follower::start(How::Events).map_err(io::Error::other)?;
        follower.follow(followed).map_err(io::Error::other)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let mark = self.mark();
        Ok(thread::spawn(move || {
            loop {
                runtime.block_on(follower.changes());
                let touched = Command::new("touch").arg(&mark).stderr(Stdio::null()).status();
                if !touched.is_ok_and(|status| status.success()) {
                    break;
                }
            }
        }))
    }

    /// From one save until the command has left its mark.
    fn once(&self, text: &str) -> io::Result<Duration> {
        thread::sleep(BREATH);
        let began = Instant::now();
        rename_over(&self.file(), text)?;
        while !self.mark().exists() {
            if began.elapsed() > PATIENCE {
                return Err(io::Error::other("the command did not begin"));
            }
            thread::sleep(GLANCE);
        }
        let took = began.elapsed();
        fs::remove_file(self.mark())?;
        Ok(took)
    }
}
