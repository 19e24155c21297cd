//! From a save until the first request of what it makes stale is on the wire, with the program itself.

use crate::{
    project::{Project, takesheet},
    saves::rename_over,
    server::{self, Arrival},
    table::Row,
};
use std::{
    fs, io,
    process::{Child, Stdio},
    time::{Duration, Instant},
};
use tokio::{sync::mpsc, time::timeout};

const SAVES: usize = 30;
const CONCURRENCY: usize = 50;
/// No request for so long: the run is over, and what it looked up afterwards, too.
const QUIET: Duration = Duration::from_millis(400);
/// A watch that takes longer to begin does not work here.
const PATIENCE: Duration = Duration::from_secs(60);

/// Ended with this value.
struct Watch(Child);

impl Drop for Watch {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// All takes are there; each save makes one of them stale, which is bought at once.
pub(crate) async fn row(takes: usize) -> io::Result<Row> {
    let (sender, mut arrivals) = mpsc::unbounded_channel();
    let base = server::within(sender).await?;
    let at = Project::new(takes)?;
    let mut run = at.run(&base, CONCURRENCY);
    let output = tokio::task::spawn_blocking(move || run.output()).await??;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(io::Error::other(said));
    }
    let _watch = watch(&at, &base)?;
    let file = at.path().join("takesheet.yaml");
    let text = fs::read_to_string(&file)?;
    let save = |number: usize| {
        rename_over(
            &file,
            &text.replace("\"City 3\"", &format!("\"City 3 again {number}\"")),
        )
    };
    // It is there once it buys what is saved.
    let began = Instant::now();
    let mut number = 0;
    while !is_rendered(&mut arrivals, Duration::from_secs(2)).await {
        if began.elapsed() > PATIENCE {
            return Err(io::Error::other("the watch buys nothing"));
        }
        number += 1;
        save(number)?;
    }
    let mut took = Vec::new();
    for _ in 0..SAVES {
        while timeout(QUIET, arrivals.recv()).await.is_ok() {}
        number += 1;
        let began = Instant::now();
        save(number)?;
        match timeout(PATIENCE, arrivals.recv()).await {
            Ok(Some(arrival)) => took.push(arrival.at.duration_since(began)),
            _ => return Err(io::Error::other("a save was not bought")),
        }
    }
    let name = format!("save → first request: {takes} takes, one of them stale");
    Ok(Row::new(
        &name,
        took,
        "the program itself, `--auto-buy`; 50 ms of quiet are in it",
    ))
}

fn watch(at: &Project, base: &str) -> io::Result<Watch> {
    let mut command = takesheet();
    command
        .current_dir(at.path())
        .args(["watch", "--auto-buy", "--budget", "1000000"])
        .env("AIML_API_BASE", base)
        .env("AIML_API_KEY", "bench")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    Ok(Watch(command.spawn()?))
}

/// Whether a render is asked for in that time.
async fn is_rendered(arrivals: &mut mpsc::UnboundedReceiver<Arrival>, within: Duration) -> bool {
    let render = async {
        while let Some(arrival) = arrivals.recv().await {
            if arrival.is_render {
                return true;
            }
        }
        false
    };
    timeout(within, render).await.unwrap_or(false)
}
