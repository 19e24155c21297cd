//! From a save until the follower tells of it, by the way in which editors save.

use crate::table::Row;
use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    path::Path,
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

const SAVES: usize = 100;
/// Between two saves: so long that one is done with before the next begins.
const BREATH: Duration = Duration::from_millis(30);

/// A way to save: its name, and how it is done.
pub(crate) type Style = (&'static str, fn(&Path, &str) -> io::Result<()>);

/// What editors do.
pub(crate) const STYLES: &[Style] = &[
    ("written in place", |file, text| fs::write(file, text)),
    ("appended", append),
    ("written beside and renamed (VS Code)", rename_over),
    ("as vim saves", vim),
];

/// Many saves of one style, each waited for.
pub(crate) async fn noticed((name, save): &Style) -> io::Result<Row> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("song.yaml");
    fs::write(&file, "at first\n")?;
    let disk = Disk::new();
    disk.read(&file, 1 << 20)?;
    let root = folder.path().to_owned();
    let mut follower = Follower::start(How::Events).map_err(io::Error::other)?;
    let followed = Followed::of(&disk, &Project { root });
    follower.follow(followed).map_err(io::Error::other)?;
    let mut took = Vec::new();
    for number in 0..SAVES {
        tokio::time::sleep(BREATH).await;
        let began = Instant::now();
        save(&file, &format!("save {number}\n"))?;
        follower.changes().await;
        took.push(began.elapsed());
    }
    Ok(Row::new(
        &format!("save → told: {name}"),
        took,
        "50 ms of quiet are in it",
    ))
}

fn append(file: &Path, text: &str) -> io::Result<()> {
    OpenOptions::new().append(true).open(file)?.write_all(text.as_bytes())
}

/// Also what a rival is measured with.
pub(crate) fn rename_over(file: &Path, text: &str) -> io::Result<()> {
    let beside = file.with_extension("tmp");
    fs::write(&beside, text)?;
    fs::rename(beside, file)
}

fn vim(file: &Path, text: &str) -> io::Result<()> {
    let (probe, aside) = (file.with_file_name("4913"), file.with_extension("yaml~"));
    fs::write(&probe, "")?;
    fs::remove_file(probe)?;
    fs::rename(file, &aside)?;
    fs::write(file, text)?;
    fs::remove_file(aside)
}
