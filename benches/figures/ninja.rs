//! The peer: ninja with as many edges, all of them up to date.

use std::{
    fmt::Write,
    fs, io,
    path::Path,
    process::{Command, Stdio},
};
use tempfile::TempDir;

/// A folder with a build that is done.
#[derive(Debug)]
pub(crate) struct Edges {
    folder: TempDir,
}

/// Builds that many edges, in the folders that takes would lie in; nothing if there is no ninja.
pub(crate) fn project(edges: usize) -> io::Result<Option<Edges>> {
    let found = Command::new("ninja").arg("--version").stdout(Stdio::null()).status();
    if !found.is_ok_and(|status| status.success()) {
        return Ok(None);
    }
    let folder = tempfile::tempdir()?;
    let mut build = String::from("rule touch\n  command = touch $out\n");
    for edge in 0..edges {
        writeln!(build, "build takes/studio/hook/city-{edge}.wav: touch in.txt").map_err(io::Error::other)?;
    }
    write_inputs(folder.path(), &build)?;
    let edges = Edges { folder };
    super::measure::succeed(&mut edges.ninja())?;
    Ok(Some(edges))
}

fn write_inputs(folder: &Path, build: &str) -> io::Result<()> {
    fs::write(folder.join("in.txt"), "")?;
    fs::write(folder.join("build.ninja"), build)
}

impl Edges {
    /// Runs ninja.
    pub(crate) fn ninja(&self) -> Command {
        let mut command = Command::new("ninja");
        command.arg("--quiet").current_dir(self.folder.path());
        command
    }
}
