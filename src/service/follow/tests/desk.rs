//! A folder with everything that a pipeline reads, and somebody who follows it.

use crate::{
    base::door::Files,
    service::{
        Project,
        follow::{Changes, Followed, Follower, How, Kind},
    },
    store::{Disk, fs::Look},
};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};
use tempfile::TempDir;

/// Longer than anything here takes on the slowest machine.
pub(super) const LONG: Duration = Duration::from_secs(60);
/// Looking by oneself, as often as is fair to the machine.
pub(super) const POLL: How = How::Poll(Duration::from_millis(20));
/// Rung to hear that whatever came before it was told.
const BELL: &str = "bell.txt";

/// By file: everything that was told of it.
pub(super) type Told = BTreeMap<String, Vec<(Kind, Option<usize>)>>;

pub(super) struct Desk {
    folder: TempDir,
    pub(super) follower: Follower,
    rung: usize,
}

impl Desk {
    /// What the planner read: files, a listed folder, a reference, links, and what it looked for in vain.
    pub(super) fn new(how: How) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut desk = Self {
            follower: Follower::start(how).unwrap(),
            folder,
            rung: 0,
        };
        for (name, text) in [
            ("songs/song.yaml", "one\ntwo\nthree\n"),
            ("songs/verses/first.txt", "first\n"),
            ("songs/partials/chorus.hbs", "la\n"),
            ("songs/bell.txt", "0"),
            ("elsewhere/voice.wav", "not really a voice"),
            ("elsewhere/texts/deep.txt", "deep\n"),
        ] {
            desk.write(name, text);
        }
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink("../elsewhere/voice.wav", desk.path("songs/voice.wav")).unwrap();
            std::os::unix::fs::symlink("../elsewhere/texts", desk.path("songs/texts")).unwrap();
        }
        let followed = desk.planned();
        desk.follower.follow(followed).unwrap();
        desk
    }

    /// As the planner would see it all now.
    pub(super) fn planned(&self) -> Followed {
        let disk = Disk::new();
        for name in [
            "song.yaml",
            "verses/first.txt",
            "partials/chorus.hbs",
            "texts/deep.txt",
            "rows.csv",
            "later/on/rows.csv",
            ".env",
            BELL,
        ] {
            drop(disk.read(&self.song(name), 1 << 20));
        }
        disk.list(&self.song("partials"), "hbs").unwrap();
        disk.list(&self.song(""), "yaml").unwrap();
        let voice = Look::sound(&self.song("voice.wav"));
        let (seen, _) = voice.take();
        disk.note(voice, seen);
        let root = self.path("songs");
        Followed::of(&disk, &Project { root })
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn song(&self, name: &str) -> PathBuf {
        self.path("songs").join(name)
    }

    pub(super) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(super) async fn changes(&mut self) -> Changes {
        let changes = tokio::time::timeout(LONG, self.follower.changes()).await;
        changes.expect("a change was lost")
    }

    /// Everything that was told by the time that a bell, rung now, is heard, but for the bell.
    pub(super) async fn told(&mut self) -> Told {
        let mut told = Told::new();
        // A look that was under way heard the first one before it came to everything; the second one comes after it.
        for _ in 0..2 {
            self.rung += 1;
            self.write("songs/bell.txt", &self.rung.to_string());
            while !self.hear(&mut told).await {}
        }
        told.remove(BELL);
        told
    }

    /// Whether the bell is among the next changes.
    async fn hear(&mut self, told: &mut Told) -> bool {
        let mut is_heard = false;
        for change in &self.changes().await {
            let name = self.name(&change.path);
            is_heard |= name == BELL;
            told.entry(name).or_default().push((change.kind, change.line));
        }
        is_heard
    }

    fn name(&self, path: &Path) -> String {
        let name = path.strip_prefix(self.path("songs")).unwrap();
        name.to_str().unwrap().replace('\\', "/")
    }
}
