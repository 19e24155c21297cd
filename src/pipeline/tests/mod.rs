//! Whole pipelines, read from a map of files.

mod backends;
mod damage;
mod files;
mod steps;

use super::{Matrix, Overrides, Pipeline, ReadOptions, Song, Work, read};
use crate::base::{
    diagnostic::{Diagnostic, Diagnostics, Rejection},
    door::Files,
};
use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
};

#[derive(Default)]
struct Given<'a> {
    files: BTreeMap<PathBuf, &'a str>,
    profile: Option<&'a str>,
    backend: Option<&'a str>,
    environment: BTreeMap<String, String>,
}

impl Files for Given<'_> {
    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        let text = self.files.get(path).ok_or(io::ErrorKind::NotFound)?;
        if text.len() as u64 > limit {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        Ok(text.as_bytes().to_vec())
    }

    fn list(&self, folder: &Path, extension: &str) -> io::Result<Vec<PathBuf>> {
        let inside =
            |path: &&PathBuf| path.parent() == Some(folder) && path.extension().is_some_and(|own| own == extension);
        Ok(self.files.keys().filter(inside).cloned().collect())
    }
}

impl<'a> Given<'a> {
    fn new(text: &'a str) -> Self {
        Self::default().file("p/rain.yaml", text)
    }

    fn file(mut self, path: &str, text: &'a str) -> Self {
        self.files.insert(path.into(), text);
        self
    }

    fn profile(mut self, name: &'a str) -> Self {
        self.profile = Some(name);
        self
    }

    fn options(&self) -> ReadOptions<'_> {
        ReadOptions {
            file: Path::new("p/rain.yaml"),
            profile: self.profile,
            environment: &self.environment,
            overrides: Overrides {
                backend: self.backend.map(str::to_owned),
                salt: None,
            },
        }
    }

    fn read(&self) -> Result<(Pipeline, Diagnostics), Rejection> {
        read(self, &self.options())
    }

    #[track_caller]
    fn good(&self) -> Pipeline {
        match self.read() {
            Ok((pipeline, _)) => pipeline,
            Err(rejection) => panic!("{:#?}", complaints(&rejection)),
        }
    }

    #[track_caller]
    fn bad(&self) -> Vec<String> {
        match self.read() {
            Ok(_) => panic!("it was accepted"),
            Err(rejection) => complaints(&rejection),
        }
    }
}

/// `file:line:column code: message` of each.
fn complaints(rejection: &Rejection) -> Vec<String> {
    let place = |one: &Diagnostic| match one.span {
        Some(span) => rejection.sources.locate(span).to_string(),
        None => one.file.clone().unwrap_or_default(),
    };
    rejection
        .diagnostics
        .iter()
        .map(|one| format!("{} {}: {}", place(one), one.code, one.message))
        .collect()
}

fn step<'p>(pipeline: &'p Pipeline, name: &str) -> &'p super::Step {
    pipeline
        .steps
        .iter()
        .find(|step| step.name.to_string() == name)
        .unwrap()
}

fn song<'p>(pipeline: &'p Pipeline, name: &str) -> &'p Song {
    match &step(pipeline, name).work {
        Work::Song(song) => song,
        _ => panic!("{name} is no song"),
    }
}

fn cells(matrix: &Matrix) -> Vec<String> {
    matrix.cells.iter().map(ToString::to_string).collect()
}

const REST: &str = "
references: { hum: { file: refs/hum.wav, purpose: song } }
songs: { hook: { lyrics: chorus, voice: hum } }
";

fn lyrics(text: &str) -> String {
    format!("version: 1\nlyrics:\n{text}{REST}")
}
