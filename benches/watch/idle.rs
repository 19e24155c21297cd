//! What following costs while nothing happens: memory, and how often any thread of the process wakes up.
//!
//! Only Linux says so; elsewhere nothing is measured.

use std::{
    fs, io,
    path::Path,
    process::{Child, Command},
    thread,
    time::Duration,
};
use takesheet::{
    base::door::Files,
    service::{
        Project,
        follow::{Followed, Follower, How},
    },
    store::Disk,
};

const FOLLOW: &str = "follow";
const START: Duration = Duration::from_secs(12);
const WATCHED: Duration = Duration::from_secs(5);

/// Ended with this value.
struct Follows(Child);

impl Drop for Follows {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// The file, if the arguments ask to follow one.
pub(crate) fn asked_for(arguments: &[String]) -> Option<String> {
    let at = arguments.iter().position(|argument| argument == FOLLOW)?;
    arguments.get(at + 1).cloned()
}

/// Follows a file until it is killed.
pub(crate) fn follow(file: &str) -> io::Result<()> {
    let disk = Disk::new();
    let file = Path::new(file);
    disk.read(file, 1 << 20)?;
    let root = file.parent().unwrap_or(file).to_owned();
    let mut follower = Follower::start(How::Events).map_err(io::Error::other)?;
    let followed = Followed::of(&disk, &Project { root });
    follower.follow(followed).map_err(io::Error::other)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    loop {
        runtime.block_on(follower.changes());
    }
}

/// A line about a process that follows one file.
pub(crate) fn described() -> io::Result<String> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("song.yaml");
    fs::write(&file, "at first\n")?;
    let child = Command::new(std::env::current_exe()?).arg(FOLLOW).arg(&file).spawn()?;
    let child = Follows(child);
    // Threads that looked at the files wait a while for more, and end.
    thread::sleep(START);
    let id = child.0.id();
    let Some(before) = wake_ups(id) else {
        return Ok("Idle: not measured on this system.".to_owned());
    };
    thread::sleep(WATCHED);
    let after = wake_ups(id).unwrap_or(before);
    let memory = number_of(&format!("/proc/{id}/status"), "VmRSS").unwrap_or(0);
    let seconds = WATCHED.as_secs();
    let mib = memory / 1024;
    Ok(format!(
        "Idle: {} wake-ups in {seconds} s, {mib} MiB (goals: none, 20 MiB).",
        after - before
    ))
}

/// How often the threads of a process gave up the processor to wait, and so were woken.
fn wake_ups(id: u32) -> Option<u64> {
    let threads = fs::read_dir(format!("/proc/{id}/task")).ok()?.flatten();
    let counts = threads.filter_map(|thread| {
        let status = thread.path().join("status");
        number_of(status.to_str()?, "voluntary_ctxt_switches")
    });
    Some(counts.sum())
}

fn number_of(file: &str, name: &str) -> Option<u64> {
    let text = fs::read_to_string(file).ok()?;
    let value = text
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    value.split_whitespace().next()?.parse().ok()
}
