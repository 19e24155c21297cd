//! Timing whole processes, and rows of a table.

use std::{
    fmt, io,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

/// What several runs took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Took {
    pub(crate) median: Duration,
    fastest: Duration,
    runs: usize,
}

/// The middle one of several.
pub(crate) fn median(mut took: Vec<Duration>) -> Took {
    took.sort_unstable();
    Took {
        median: took[took.len() / 2],
        fastest: took[0],
        runs: took.len(),
    }
}

/// From the start of a process to its end; one run before that counts warms the caches.
pub(crate) fn whole_process(command: &mut Command, runs: usize) -> io::Result<Took> {
    succeed(command)?;
    let took = (0..runs).map(|_| once(command)).collect::<io::Result<_>>()?;
    Ok(median(took))
}

/// Two processes by turns, so that what else the machine does disturbs both alike.
pub(crate) fn side_by_side(one: &mut Command, two: &mut Command, runs: usize) -> io::Result<(Took, Took)> {
    succeed(one)?;
    succeed(two)?;
    let (mut ones, mut twos) = (Vec::new(), Vec::new());
    for _ in 0..runs {
        ones.push(once(one)?);
        twos.push(once(two)?);
    }
    Ok((median(ones), median(twos)))
}

fn once(command: &mut Command) -> io::Result<Duration> {
    let began = Instant::now();
    succeed(command)?;
    Ok(began.elapsed())
}

/// Runs a process to its end; one that fails says what it said.
pub(crate) fn succeed(command: &mut Command) -> io::Result<()> {
    let output = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .output()?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(io::Error::other(format!("{command:?}: {}\n{said}", output.status)))
}

/// `1.84 s`, `12.3 ms`.
pub(crate) fn shown(took: Duration) -> String {
    let seconds = took.as_secs_f64();
    if seconds >= 1.0 {
        format!("{seconds:.2} s")
    } else {
        format!("{:.1} ms", seconds * 1e3)
    }
}

/// A row of the table.
#[derive(Debug)]
pub(crate) struct Figure {
    name: String,
    took: Took,
    beside: String,
}

impl Figure {
    pub(crate) fn new(name: &str, took: Took) -> Self {
        Self {
            name: name.to_owned(),
            took,
            beside: String::new(),
        }
    }

    /// With what it is to be compared with.
    #[must_use]
    pub(crate) fn beside(self, beside: &str) -> Self {
        Self {
            beside: beside.to_owned(),
            ..self
        }
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Took { median, fastest, runs } = self.took;
        let (median, fastest) = (shown(median), shown(fastest));
        write!(
            f,
            "| {} | {median} (fastest {fastest}) | {runs} | {} |",
            self.name, self.beside
        )
    }
}
