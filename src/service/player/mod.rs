//! Plays takes through whatever player is there.
//!
//! Never needed: where there is none, one sentence says so. One take plays at a time; the newest wins. Knows nothing of
//! what a take is. Invariants: a player never reads the terminal nor writes to it, gets no API key, and is gone when
//! [`Player`] is dropped; starting and ending it keeps nobody waiting.

mod known;
#[cfg(all(test, unix))]
mod tests;

use super::{Environment, credentials::KEY_NAMES};
use known::{Program, found, program};
use std::{
    path::{Path, PathBuf},
    process::Stdio,
};
use tokio::{
    process::{Child, Command},
    sync::watch,
};

/// There is nothing to play takes with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoPlayer {
    /// None of those that are known.
    #[error("no player was found; install ffplay, mpv or sox, or name one with `--play=COMMAND`")]
    Found,
    /// The one that was wished for.
    #[error("the player `{0}` was not found")]
    Wished(String),
}

/// A player, and what it plays now.
#[derive(Debug)]
pub struct Player {
    programs: Vec<Program>,
    /// Without the API key.
    environment: Environment,
    /// What should play now; made with the first take.
    wanted: Option<watch::Sender<(Program, PathBuf)>>,
}

impl Player {
    /// Finds one: the command the user wishes, whose last word will be the take, or else whatever is there.
    pub fn find(environment: &Environment, wish: Option<&str>) -> Result<Self, NoPlayer> {
        let programs = match wish {
            Some(wish) => vec![program(environment, wish).ok_or_else(|| NoPlayer::Wished(wish.to_owned()))?],
            None => found(environment),
        };
        if programs.is_empty() {
            return Err(NoPlayer::Found);
        }
        let mut environment = environment.clone();
        environment.vars.retain(|name, _| !KEY_NAMES.contains(&name.as_str()));
        Ok(Self {
            programs,
            environment,
            wanted: None,
        })
    }

    /// Stops what plays and begins this one; says whether there is a player for such a file. Must be called within a
    /// runtime.
    pub fn play(&mut self, take: &Path) -> bool {
        let Some(program) = self.programs.iter().find(|program| program.plays(take)) else {
            return false;
        };
        let wish = (program.clone(), take.to_owned());
        match &self.wanted {
            Some(wanted) => {
                wanted.send_replace(wish);
            }
            None => {
                let (wanted, receiver) = watch::channel(wish);
                tokio::spawn(keep_playing(self.environment.clone(), receiver));
                self.wanted = Some(wanted);
            }
        }
        true
    }

    /// Stops what plays.
    pub fn stop(&mut self) {
        self.wanted = None;
    }
}

/// Plays what is wanted, until nobody wants anything any more. A player that cannot be started is as good as one that
/// plays nothing.
async fn keep_playing(environment: Environment, mut wanted: watch::Receiver<(Program, PathBuf)>) {
    loop {
        let (program, take) = wanted.borrow_and_update().clone();
        let mut playing = command(&environment, &program, &take).spawn().ok();
        let is_wanted = tokio::select! {
            changed = wanted.changed() => changed.is_ok(),
            () = end(&mut playing) => wanted.changed().await.is_ok(),
        };
        if let Some(mut child) = playing {
            // One that has ended by itself needs no killing.
            let _ = child.kill().await;
        }
        if !is_wanted {
            return;
        }
    }
}

fn command(environment: &Environment, program: &Program, take: &Path) -> Command {
    let mut command = Command::new(&program.path);
    command
        .args(&program.args)
        .arg(environment.folder.join(take))
        .env_clear()
        .envs(&environment.vars)
        .current_dir(&environment.folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    // In a group of its own it is not in the foreground: what it might read would be the terminal's keys.
    #[cfg(unix)]
    command.process_group(0);
    command
}

/// Waits until it has played to the end.
async fn end(playing: &mut Option<Child>) {
    if let Some(child) = playing {
        let _ = child.wait().await;
    }
}
