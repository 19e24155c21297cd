//! Tells somebody what came of a run, by a command of the shell or a URL: whoever a schedule names.
//!
//! Knows nothing of what is told. What a command can see of this process's environment is its own, but for API keys:
//! whichever name they stand under, and whether or not they came from a `.env`.

use super::{Environment, credentials};
use crate::{backend, pipeline::Hook};
use std::{path::Path, process::Stdio, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    process::{ChildStderr, Command},
    time::timeout,
};

/// How long somebody may take to be told.
pub const HOOK_TIME: Duration = Duration::from_secs(60);

/// How much of what a failed command complains of is repeated.
const REPEATED: u64 = 2000;

/// How long is waited for the last words of a command that is over: something it left running may hold its stream open.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Tells it, in the folder given. The error is a phrase that says why nobody was told.
pub async fn tell(
    hook: &Hook,
    document: &str,
    (environment, folder): (&Environment, &Path),
    most: Duration,
) -> Result<(), String> {
    match hook {
        Hook::Url(url) => backend::post_json(url, document.to_owned(), most).await,
        Hook::Command(line) => {
            let mut command = shell(line);
            credentials::key_names_in(environment).for_each(|name| _ = command.env_remove(name));
            command.current_dir(folder);
            run(command, document, most).await
        }
    }
}

#[cfg(unix)]
fn shell(line: &str) -> Command {
    let mut command = Command::new("/bin/sh");
    command.arg("-c").arg(line);
    // Ctrl-C is meant for the service, and all that the command started ends with it.
    command.process_group(0);
    command
}

#[cfg(windows)]
fn shell(line: &str) -> Command {
    let mut command = Command::new("cmd");
    command.arg("/C").raw_arg(line);
    command
}

async fn run(mut command: Command, document: &str, most: Duration) -> Result<(), String> {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    let mut child = command
        .spawn()
        .map_err(|error| format!("it cannot be started: {error}"))?;
    // Whoever stops waiting, in here or out there, leaves nothing of it behind.
    let mut group = Group(child.id());
    let stderr = child.stderr.take();
    let stdin = child.stdin.take();
    let said = tokio::spawn(words_of(stderr));
    let give = async {
        if let Some(mut stdin) = stdin {
            // Who does not read it does not want it.
            let _ = stdin.write_all(document.as_bytes()).await;
        }
    };
    let Ok(ended) = timeout(most, async { tokio::join!(give, child.wait()).1 }).await else {
        drop(group);
        let _ = child.kill().await;
        return Err(format!("it was ended after {} s", most.as_secs()));
    };
    // What it left running may go on.
    group.0 = None;
    let status = ended.map_err(|error| format!("it was lost sight of: {error}"))?;
    if status.success() {
        return Ok(());
    }
    let said = timeout(LAST_WORDS, said)
        .await
        .ok()
        .and_then(Result::ok)
        .unwrap_or_default();
    let said = said.trim();
    let colon = if said.is_empty() { "" } else { ": " };
    Err(format!("it ended with {status}{colon}{said}"))
}

async fn words_of(stderr: Option<ChildStderr>) -> String {
    let mut text = Vec::new();
    if let Some(mut stderr) = stderr {
        // What is beyond that is read and dropped, so that nobody waits for a reader.
        let _ = (&mut stderr).take(REPEATED).read_to_end(&mut text).await;
        let _ = tokio::io::copy(&mut stderr, &mut tokio::io::sink()).await;
    }
    String::from_utf8_lossy(&text).into_owned()
}

/// A command with all that it started, which ends with this unless the command is over; where the system can do that.
struct Group(Option<u32>);

impl Drop for Group {
    fn drop(&mut self) {
        #[cfg(unix)]
        if let Some(group) = self.0.and_then(|id| rustix::process::Pid::from_raw(id.cast_signed())) {
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    async fn told(line: &str, most: Duration) -> Result<(), String> {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let environment = Environment {
            vars: BTreeMap::new(),
            folder: folder.path().to_owned(),
        };
        let hook = Hook::Command(line.to_owned());
        tell(&hook, "{}\n", (&environment, folder.path()), most).await
    }

    #[tokio::test]
    async fn a_command_that_fails_says_why_and_one_that_does_not_read_is_fine() {
        assert_eq!(told("true", HOOK_TIME).await, Ok(()));
        assert_eq!(told("grep -q '{}'", HOOK_TIME).await, Ok(()));
        let error = told("echo no such host >&2; exit 3", HOOK_TIME).await.unwrap_err();
        assert!(
            error.contains("exit status: 3") && error.ends_with(": no such host"),
            "{error}"
        );
        let error = told("no-such-program-here", HOOK_TIME).await.unwrap_err();
        assert!(error.contains("127"), "{error}");
    }

    #[tokio::test]
    async fn a_command_that_hangs_is_ended_with_all_it_started() {
        let error = told("sleep 1000 & sleep 1000", Duration::from_millis(300))
            .await
            .unwrap_err();
        assert!(error.starts_with("it was ended after"), "{error}");
    }

    #[tokio::test]
    async fn who_does_not_wait_for_a_command_leaves_nothing_of_it_running() {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let late = folder.path().join("late");
        let line = format!("(sleep 2; touch '{}') & sleep 1000", late.display());
        let telling = timeout(Duration::from_millis(500), told(&line, HOOK_TIME)).await;
        assert!(telling.is_err(), "{telling:?}");
        tokio::time::sleep(Duration::from_secs(3)).await;
        assert!(!late.exists(), "it went on");
    }

    #[tokio::test]
    async fn a_command_that_leaves_something_running_is_over_when_it_is_over() {
        assert_eq!(told("sleep 5 & exit 0", HOOK_TIME).await, Ok(()));
    }
}
