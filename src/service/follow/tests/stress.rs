//! Trying to lose a change: files are written at any moment while they are read, followed anew and asked after.

use super::desk::LONG;
use crate::{
    base::door::Files,
    service::{
        Project,
        follow::{Followed, Follower, How},
    },
    store::Disk,
};
use std::{
    fs,
    hash::{BuildHasher, RandomState},
    path::Path,
    thread,
    time::Duration,
};

const WRITES: usize = 150;
const LAST: &str = "the last one";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_change_is_lost_between_reading_and_following() {
    for how in [How::Events, How::Poll(Duration::from_millis(5))] {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path().join("songs/deep");
        fs::create_dir_all(&at).unwrap();
        let writer = thread::spawn({
            let at = at.clone();
            move || write_at_random(&at)
        });
        let mut follower = Follower::start(how).unwrap();
        while replan(&mut follower, folder.path(), &at).await != LAST {}
        writer.join().unwrap();
    }
}

/// Reads, follows, and waits until that is out of date. Returns what was read.
async fn replan(follower: &mut Follower, root: &Path, at: &Path) -> String {
    let (followed, text) = planned(root, at);
    follower.follow(followed.clone()).unwrap();
    if text == LAST {
        return text;
    }
    // Dropped while it waits, and followed anew as of then; what was not told is told by the next one.
    for _ in 0..random(3) {
        let moment = Duration::from_millis(random(60));
        if tokio::time::timeout(moment, follower.changes()).await.is_ok() {
            return text;
        }
        follower.follow(followed.clone()).unwrap();
    }
    let told = tokio::time::timeout(LONG, follower.changes()).await;
    told.expect("a change was lost");
    text
}

fn planned(root: &Path, at: &Path) -> (Followed, String) {
    let disk = Disk::new();
    let text = disk.read(&at.join("song.yaml"), 1 << 20).unwrap_or_default();
    let root = root.join("songs");
    (Followed::of(&disk, &Project { root }), String::from_utf8(text).unwrap())
}

/// In every way, with contents of one length that come back again and again, in folders that come and go.
fn write_at_random(at: &Path) {
    let (file, beside, aside) = (at.join("song.yaml"), at.join("new"), at.with_file_name("aside"));
    for _ in 0..WRITES {
        let text = ["a", "b", "c"][random(3) as usize];
        match random(5) {
            0 => drop(fs::remove_file(&file)),
            1 => {
                fs::rename(at, &aside).unwrap();
                thread::sleep(Duration::from_millis(random(8)));
                fs::rename(&aside, at).unwrap();
            }
            2 => {
                fs::write(&beside, text).unwrap();
                fs::rename(&beside, &file).unwrap();
            }
            _ => fs::write(&file, text).unwrap(),
        }
        thread::sleep(Duration::from_millis(random(25)));
    }
    fs::write(&file, LAST).unwrap();
}

fn random(below: u64) -> u64 {
    RandomState::new().hash_one(()) % below
}
