#![expect(clippy::disallowed_methods, reason = "these tests write players of their own")]

use super::*;
use std::{fs, os::unix::fs::PermissionsExt, time::Duration};
use tempfile::TempDir;

/// Says what it was called with, and with which key, in a file; plays until it is ended. `FINISHED` is a take that ends.
const FAKE: &str = r#"#!/bin/sh
echo "$0 $* key=$AIML_API_KEY home=$HOME pid=$$." >> "$LOG"
case $* in *short*) exit 0 ;; esac
exec sleep 600
"#;

struct Room {
    folder: TempDir,
}

impl Room {
    fn with(players: &[&str]) -> Self {
        let room = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        for name in players {
            let path = room.folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, FAKE).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        room
    }

    fn environment(&self) -> Environment {
        let folder = self.folder.path();
        let vars = [
            ("PATH", format!("/nowhere:{}", folder.join("bin").display())),
            ("LOG", folder.join("log").display().to_string()),
            ("HOME", "/home/me".into()),
            ("AIML_API_KEY", "canary".into()),
        ];
        Environment {
            vars: vars.map(|(name, value)| (name.to_owned(), value)).into(),
            folder: folder.to_owned(),
        }
    }

    fn player(&self, wish: Option<&str>) -> Result<Player, NoPlayer> {
        Player::find(&self.environment(), wish)
    }

    /// Waits until so many players have begun, and says how they were called.
    async fn log(&self, count: usize) -> Vec<String> {
        let read = || fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        wait_until(|| read().lines().filter(|line| line.ends_with('.')).count() >= count).await;
        read().lines().map(str::to_owned).collect()
    }
}

async fn wait_until(is_so: impl Fn() -> bool) {
    for _ in 0..3000 {
        if is_so() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("waited a minute in vain");
}

fn process(line: &str) -> rustix::process::Pid {
    let id = line.rsplit_once("pid=").unwrap().1.trim_end_matches('.');
    rustix::process::Pid::from_raw(id.parse().unwrap()).unwrap()
}

/// A zombie would still be there.
async fn is_gone(line: &str) {
    wait_until(|| rustix::process::test_kill_process(process(line)).is_err()).await;
}

#[tokio::test]
async fn the_newest_take_plays_and_nothing_stays_behind() {
    let room = Room::with(&["bin/mpv"]);
    let mut player = room.player(None).unwrap();
    assert!(player.play(Path::new("takes/one.mp3")));
    let log = room.log(1).await;
    let said = "bin/mpv --no-video --no-terminal ";
    assert!(log[0].contains(said) && log[0].contains("/takes/one.mp3 "), "{log:?}");
    assert!(log[0].contains(" key= home=/home/me "), "{log:?}");
    assert!(player.play(Path::new("/takes/two 2.wav")));
    let log = room.log(2).await;
    is_gone(&log[0]).await;
    assert!(log[1].contains("--no-terminal /takes/two 2.wav key="), "{log:?}");
    player.stop();
    is_gone(&log[1]).await;
    assert!(player.play(Path::new("three.wav")));
    let log = room.log(3).await;
    drop(player);
    is_gone(&log[2]).await;
}

#[tokio::test]
async fn what_has_played_to_its_end_is_no_zombie() {
    let room = Room::with(&["bin/ffplay"]);
    let mut player = room.player(None).unwrap();
    player.play(Path::new("short.mp3"));
    let log = room.log(1).await;
    is_gone(&log[0]).await;
    player.play(Path::new("next.mp3"));
    assert!(room.log(2).await[1].contains("next.mp3"));
}

#[tokio::test]
async fn a_player_is_asked_only_for_what_it_plays() {
    let room = Room::with(&["bin/aplay", "bin/mpg123"]);
    let mut player = room.player(None).unwrap();
    assert!(!player.play(Path::new("a.pcm")));
    player.play(Path::new("a.mp3"));
    assert!(room.log(1).await[0].contains("bin/mpg123 -q "));
    player.play(Path::new("a.wav"));
    assert!(room.log(2).await[1].contains("bin/aplay -q "));
}

#[tokio::test]
async fn a_wish_is_a_command() {
    let room = Room::with(&["bin/mine", "bin/mpv", "my players/loud one"]);
    for (wish, said) in [
        ("mine --volume 50", "bin/mine --volume 50 "),
        ("my players/loud one", "my players/loud one "),
    ] {
        let mut player = room.player(Some(wish)).unwrap();
        assert!(player.play(Path::new("a.pcm")));
        let log = room.log(1).await;
        assert!(log[0].contains(said) && log[0].contains("/a.pcm "), "{log:?}");
        fs::remove_file(room.folder.path().join("log")).unwrap();
    }
}

#[test]
fn absence_is_one_sentence() {
    let room = Room::with(&[]);
    fs::create_dir_all(room.folder.path().join("bin/mpv")).unwrap();
    let said = room.player(None).unwrap_err().to_string();
    assert!(said.starts_with("no player was found; install"), "{said}");
    let said = room.player(Some("tuba --loud")).unwrap_err().to_string();
    assert_eq!(said, "the player `tuba --loud` was not found");
    assert_eq!(room.player(Some("  ")).unwrap_err(), NoPlayer::Wished("  ".into()));
}

#[tokio::test]
async fn a_player_that_does_not_start_is_no_trouble() {
    let room = Room::with(&["bin/mpv"]);
    let mut player = room.player(None).unwrap();
    fs::remove_file(room.folder.path().join("bin/mpv")).unwrap();
    assert!(player.play(Path::new("a.mp3")));
    tokio::task::yield_now().await;
    assert!(player.play(Path::new("b.mp3")));
}
