//! A project to run: a pipeline of many cells, a reference, and the binary under test.

use super::server::wav;
use std::{fs, io, path::Path, process::Command};
use tempfile::TempDir;

/// A folder with a pipeline in it, and nothing rendered.
#[derive(Debug)]
pub(crate) struct Project {
    folder: TempDir,
}

/// The binary under test.
pub(crate) fn takesheet() -> Command {
    Command::new(env!("CARGO_BIN_EXE_takesheet"))
}

impl Project {
    /// A pipeline with that many takes.
    pub(crate) fn new(takes: usize) -> io::Result<Self> {
        let folder = tempfile::tempdir()?;
        let cities: Vec<String> = (0..takes).map(|city| format!("\"City {city}\"")).collect();
        let pipeline = format!(
            "version: 1
name: studio
backend: aimlapi
references:
  bed: {{ file: bed.wav, purpose: instrumental }}
lyrics:
  chorus:
    matrix:
      city: [{}]
      max_cells: {takes}
    template: |
      Lights of {{{{city}}}}, bright and wide
      Every street is on our side
songs:
  hook:
    lyrics: chorus
    matrix: {{ max_cells: {takes} }}
    instrumental: bed
    audio: {{ format: wav, sample_rate: 16000 }}
",
            cities.join(", "),
        );
        fs::write(folder.path().join("takesheet.yaml"), pipeline)?;
        fs::write(folder.path().join("bed.wav"), wav(11, 0))?;
        Ok(Self { folder })
    }

    /// Its folder.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// `takesheet run` against the API at an address.
    pub(crate) fn run(&self, base: &str, concurrency: usize) -> Command {
        let mut command = self.command();
        command
            .args(["run", "--concurrency", &concurrency.to_string()])
            .env("AIML_API_BASE", base)
            .env("AIML_API_KEY", "bench");
        command
    }

    /// `takesheet plan`.
    pub(crate) fn plan(&self) -> Command {
        let mut command = self.command();
        command.arg("plan");
        command
    }

    fn command(&self) -> Command {
        let mut command = takesheet();
        command.current_dir(self.folder.path());
        command
    }

    /// Fails unless that many takes are in place: a figure of a run that did less would be a lie.
    pub(crate) fn expect_takes(&self, takes: usize) -> io::Result<()> {
        let entries = fs::read_dir(self.path().join("takes/studio/hook"))?;
        let names = entries.map(|entry| entry.map(|entry| entry.file_name()));
        let names = names.collect::<io::Result<Vec<_>>>()?;
        let found = names
            .iter()
            .filter(|name| name.to_string_lossy().ends_with(".wav"))
            .count();
        if found == takes {
            return Ok(());
        }
        Err(io::Error::other(format!("{found} takes are in place, not {takes}")))
    }
}
