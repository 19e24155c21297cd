//! Every way of saving a file that people meet, and what is told of it.

use super::desk::{Desk, POLL, Told};
use crate::service::follow::{
    How,
    Kind::{self, Came, Changed, Went},
};
use std::{
    fs::{self, File, OpenOptions},
    io::Write,
    path::Path,
    process::Command,
    time::{Duration, SystemTime},
};

/// What is told of a file, unless it was told in two parts because the machine was slow.
type Expected = &'static [(&'static str, Kind, Option<usize>)];

/// What it is called, what is done, and what is told of it.
type Case = (&'static str, fn(&Path), Expected);

const SONG: Expected = &[("song.yaml", Changed, Some(2))];

const CASES: &[Case] = &[
    ("truncate and write", |at| save(at, "one\n2\nthree\n"), SONG),
    ("append", append, &[("song.yaml", Changed, Some(4))]),
    ("write beside and rename", rename_over, SONG),
    ("as vim saves", vim, SONG),
    ("a half-written file", |at| save(at, "one\ntw"), SONG),
    ("touch", |at| touch(&at.join("song.yaml")), &[]),
    ("saved as it was", |at| save(at, "one\ntwo\nthree\n"), &[]),
    ("renamed over by the same", same_again, &[]),
    (
        "deleted",
        |at| remove(&at.join("song.yaml")),
        &[("song.yaml", Went, None)],
    ),
    ("deleted and made again", deleted_and_back, SONG),
    (
        "a folder renamed away and back",
        folder_and_back,
        &[("verses/first.txt", Changed, Some(1))],
    ),
    (
        "a folder renamed away",
        |at| rename(at, "verses", "aside"),
        &[("verses/first.txt", Went, None)],
    ),
    ("the project renamed and back", project_and_back, SONG),
    (
        "a file that was looked for in vain",
        |at| write(at, "rows.csv", "a\n"),
        &[("rows.csv", Came, None)],
    ),
    (
        "one in a folder that was not there",
        |at| write(at, "later/on/rows.csv", "a\n"),
        &[("later/on/rows.csv", Came, None)],
    ),
    ("a dotenv", |at| write(at, ".env", "A=1"), &[(".env", Came, None)]),
    (
        "a partial comes",
        |at| write(at, "partials/bridge.hbs", "o"),
        &[("partials/bridge.hbs", Came, None)],
    ),
    (
        "a partial goes",
        |at| remove(&at.join("partials/chorus.hbs")),
        &[("partials/chorus.hbs", Went, None)],
    ),
    (
        "a partial gets another name",
        partial_renamed,
        &[("partials/chorus.hbs", Went, None), ("partials/hook.hbs", Came, None)],
    ),
    (
        "the partials are replaced as a whole",
        partials_replaced,
        &[("partials/chorus.hbs", Changed, Some(1))],
    ),
    (
        "a file that nobody lists or reads",
        |at| write(at, "partials/notes.txt", "o"),
        &[],
    ),
    ("what a run writes", outputs, &[]),
];

/// Where there are links and modes.
#[cfg(unix)]
const UNIX_CASES: &[Case] = &[
    (
        "sed in place",
        |at| run(at, "sed", &["-i.bak", "s/two/2/", "song.yaml"]),
        SONG,
    ),
    ("another mode", mode, &[]),
    (
        "a reference behind a link",
        |at| write(at, "../elsewhere/voice.wav", "higher"),
        &[("voice.wav", Changed, None)],
    ),
    ("the same, renamed over", behind_link, &[("voice.wav", Changed, None)]),
    (
        "a link that leads elsewhere",
        link_moved,
        &[("voice.wav", Changed, None)],
    ),
    (
        "a file in a linked folder",
        |at| write(at, "../elsewhere/texts/deep.txt", "x"),
        &[("texts/deep.txt", Changed, Some(1))],
    ),
    (
        "a linked folder renamed away and back",
        linked_folder,
        &[("texts/deep.txt", Changed, Some(1))],
    ),
    ("a file becomes a link", becomes_link, SONG),
    (
        "a branch is checked out",
        checkout,
        &[
            ("rows.csv", Came, None),
            ("song.yaml", Changed, Some(2)),
            ("verses/first.txt", Went, None),
        ],
    ),
];
#[cfg(not(unix))]
const UNIX_CASES: &[Case] = &[];

#[tokio::test]
async fn every_way_of_saving_is_noticed_by_events() {
    every_case(How::Events).await;
}

#[tokio::test]
async fn every_way_of_saving_is_noticed_by_looking() {
    every_case(POLL).await;
}

async fn every_case(how: How) {
    for (name, act, expected) in CASES.iter().chain(UNIX_CASES) {
        let mut desk = Desk::new(how);
        // The planner's look is confirmed by one of the follower's own, so that there are texts to compare.
        assert_eq!(desk.told().await, Told::new(), "{name}: before");
        act(&desk.path("songs"));
        check(name, &desk.told().await, expected);
    }
}

fn check(name: &str, told: &Told, expected: Expected) {
    let files: Vec<_> = told.keys().map(String::as_str).collect();
    let expected_files: Vec<_> = expected.iter().map(|(file, ..)| *file).collect();
    assert_eq!(files, expected_files, "{name}: {told:?}");
    for (file, kind, line) in expected {
        if let [only] = told[*file].as_slice() {
            assert_eq!(*only, (*kind, *line), "{name}: {file}");
        }
    }
}

#[tokio::test]
async fn a_file_that_goes_and_comes_back_is_told_of_twice() {
    for how in [How::Events, POLL] {
        let mut desk = Desk::new(how);
        desk.told().await;
        for _ in 0..2 {
            rename(&desk.path("songs"), "verses", "aside");
            check("away", &desk.told().await, &[("verses/first.txt", Went, None)]);
            rename(&desk.path("songs"), "aside", "verses");
            check("back", &desk.told().await, &[("verses/first.txt", Came, None)]);
        }
        write(&desk.path("songs"), "verses/first.txt", "second\n");
        check("after", &desk.told().await, &[("verses/first.txt", Changed, Some(1))]);
    }
}

#[tokio::test]
async fn of_many_saves_in_a_row_the_last_one_is_always_told() {
    for how in [How::Events, POLL] {
        let mut desk = Desk::new(how);
        desk.told().await;
        for number in 0..300 {
            save(&desk.path("songs"), &format!("one\n{number}\nthree\n"));
        }
        let told = desk.told().await;
        assert!(told["song.yaml"].len() < 300, "{told:?}");
        // The last one is known: saved once more as it is, it is nothing new.
        save(&desk.path("songs"), "one\n299\nthree\n");
        assert_eq!(desk.told().await, Told::new());
    }
}

fn write(at: &Path, name: &str, text: &str) {
    let path = at.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn save(at: &Path, text: &str) {
    write(at, "song.yaml", text);
}

fn rename(at: &Path, from: &str, to: &str) {
    fs::rename(at.join(from), at.join(to)).unwrap();
}

fn remove(path: &Path) {
    fs::remove_file(path).unwrap();
}

fn append(at: &Path) {
    let mut file = OpenOptions::new().append(true).open(at.join("song.yaml")).unwrap();
    file.write_all(b"four\n").unwrap();
}

fn touch(path: &Path) {
    let later = SystemTime::UNIX_EPOCH + Duration::from_secs(2_000_000_000);
    let file = File::options().append(true).open(path).unwrap();
    file.set_modified(later).unwrap();
}

fn rename_over(at: &Path) {
    write(at, ".song.yaml.tmp", "one\n2\nthree\n");
    rename(at, ".song.yaml.tmp", "song.yaml");
}

fn same_again(at: &Path) {
    write(at, ".song.yaml.tmp", "one\ntwo\nthree\n");
    rename(at, ".song.yaml.tmp", "song.yaml");
}

/// A probe of the folder, the old file aside, a new one in its place.
fn vim(at: &Path) {
    write(at, "4913", "");
    remove(&at.join("4913"));
    rename(at, "song.yaml", "song.yaml~");
    save(at, "one\n2\nthree\n");
    remove(&at.join("song.yaml~"));
}

fn deleted_and_back(at: &Path) {
    remove(&at.join("song.yaml"));
    save(at, "one\n2\nthree\n");
}

fn folder_and_back(at: &Path) {
    rename(at, "verses", "aside");
    rename(at, "aside", "verses");
    write(at, "verses/first.txt", "second\n");
}

fn project_and_back(at: &Path) {
    let aside = at.with_file_name("aside");
    fs::rename(at, &aside).unwrap();
    fs::rename(&aside, at).unwrap();
    save(at, "one\n2\nthree\n");
}

fn partial_renamed(at: &Path) {
    rename(at, "partials/chorus.hbs", "partials/hook.hbs");
}

fn partials_replaced(at: &Path) {
    write(at, "new/chorus.hbs", "lo\n");
    rename(at, "partials", "old");
    rename(at, "new", "partials");
}

fn outputs(at: &Path) {
    write(at, "takes/hook-1.mp3", "sound");
    write(at, ".takesheet/store.db", "rows");
    write(at, "song.takes.yaml", "takes: []\n");
}

#[cfg(unix)]
fn mode(at: &Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(at.join("song.yaml"), fs::Permissions::from_mode(0o600)).unwrap();
}

#[cfg(unix)]
fn behind_link(at: &Path) {
    write(at, "../elsewhere/new.wav", "higher");
    rename(at, "../elsewhere/new.wav", "../elsewhere/voice.wav");
}

#[cfg(unix)]
fn link_moved(at: &Path) {
    write(at, "../elsewhere/other/voice.wav", "another voice");
    std::os::unix::fs::symlink("../elsewhere/other/voice.wav", at.join("link")).unwrap();
    rename(at, "link", "voice.wav");
}

#[cfg(unix)]
fn linked_folder(at: &Path) {
    rename(at, "../elsewhere/texts", "../elsewhere/aside");
    rename(at, "../elsewhere/aside", "../elsewhere/texts");
    write(at, "../elsewhere/texts/deep.txt", "deeper\n");
}

#[cfg(unix)]
fn becomes_link(at: &Path) {
    write(at, "../elsewhere/song.yaml", "one\ntoo\nthree\n");
    std::os::unix::fs::symlink("../elsewhere/song.yaml", at.join("link")).unwrap();
    rename(at, "link", "song.yaml");
    write(at, "../elsewhere/song.yaml", "one\n2\nthree\n");
}

/// A branch on which one file is other, one is gone with its folder, and one is new.
#[cfg(unix)]
fn checkout(at: &Path) {
    let git = |line: &str| run(at, "git", &line.split(' ').collect::<Vec<_>>());
    git("init -q -b main");
    git("add -A");
    let commit = "-c user.name=ana -c user.email=ana@example.com commit -q --no-gpg-sign -m";
    git(&format!("{commit} main"));
    git("checkout -q -b other");
    git("rm -q -r verses");
    write(at, "rows.csv", "a\n");
    save(at, "one\n2\nthree\n");
    git("add -A");
    git(&format!("{commit} other"));
    git("checkout -q main");
    git("checkout -q other");
}

#[cfg(unix)]
fn run(at: &Path, program: &str, arguments: &[&str]) {
    let status = Command::new(program).args(arguments).current_dir(at).status().unwrap();
    assert!(status.success(), "{program} {arguments:?}");
}
