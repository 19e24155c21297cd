//! Every complaint as the user reads it: one folder per code, with a pipeline that draws it and what is then printed.
//!
//! `UPDATE=1 cargo test --test diagnostics` writes what is printed now into `expected.txt`; the diff is the review.
//! A first line such as `# $ SEASON=winter takesheet check --profile live` gives the environment and the options.

#![expect(
    clippy::disallowed_methods,
    reason = "the test reads and writes its own folders, and one variable says which"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
};
use takesheet::{
    base::{diagnostic::Diagnostics, door::Files, span::Sources},
    document,
    pipeline::{self, Overrides, ReadOptions},
    report::diagnostics::{self, Style},
};

/// A folder of this machine, seen as the current one.
struct Folder(PathBuf);

impl Files for Folder {
    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        let path = self.0.join(path);
        let facts = fs::metadata(&path)?;
        if facts.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        if facts.len() > limit {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        fs::read(path)
    }

    fn list(&self, folder: &Path, extension: &str) -> io::Result<Vec<PathBuf>> {
        let Ok(entries) = fs::read_dir(self.0.join(folder)) else {
            return Ok(Vec::new());
        };
        let names = entries.filter_map(|entry| Some(folder.join(entry.ok()?.file_name())));
        let mut names: Vec<_> = names
            .filter(|path| path.extension().is_some_and(|own| own == extension))
            .collect();
        names.sort();
        Ok(names)
    }
}

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/diagnostics")
}

/// What the check of `pipeline.yaml` in a folder prints, and the codes it printed.
fn check(folder: &Path) -> (String, BTreeSet<&'static str>) {
    let first = fs::read(folder.join("pipeline.yaml")).unwrap_or_default();
    let first = String::from_utf8_lossy(&first)
        .lines()
        .next()
        .unwrap_or_default()
        .to_owned();
    let words: Vec<&str> = first.strip_prefix("# $ ").unwrap_or_default().split(' ').collect();
    let environment: BTreeMap<String, String> = words
        .iter()
        .filter_map(|word| word.split_once('='))
        .map(|(name, value)| (name.into(), value.into()))
        .collect();
    let option = |name| {
        words
            .iter()
            .position(|word| *word == name)
            .and_then(|at| words.get(at + 1))
            .copied()
    };
    let options = ReadOptions {
        file: Path::new("pipeline.yaml"),
        profile: option("--profile"),
        environment: &environment,
        overrides: Overrides {
            backend: option("--backend").map(str::to_owned),
        },
    };
    let (sources, found): (Sources, Diagnostics) = match pipeline::read(&Folder(folder.to_owned()), &options) {
        Ok((pipeline, warnings)) => (pipeline.sources, warnings),
        Err(rejection) => (rejection.sources, rejection.diagnostics),
    };
    let mut text = diagnostics::render(&found, &sources, Style::default());
    text.push_str(&diagnostics::summary(&found, &sources));
    text.push('\n');
    (text, found.iter().map(|one| one.code.0).collect())
}

/// The inputs that no repository should carry, made in a folder of their own.
fn make(code: &str, folder: &Path) -> bool {
    match code {
        "unreadable-file" => fs::create_dir(folder.join("pipeline.yaml")).unwrap(),
        "too-large" => {
            let file = fs::File::create(folder.join("pipeline.yaml")).unwrap();
            file.set_len(50 * 1024 * 1024).unwrap();
        }
        _ => return false,
    }
    true
}

fn codes() -> impl Iterator<Item = &'static str> {
    document::codes::ALL
        .iter()
        .chain(pipeline::codes::ALL)
        .map(|code| code.0)
}

#[test]
fn every_complaint_reads_as_it_should() {
    let update = std::env::var_os("UPDATE").is_some();
    let mut wrong = Vec::new();
    for code in codes() {
        let folder = golden().join(code);
        let made = tempfile::tempdir().unwrap();
        let input = if make(code, made.path()) {
            made.path()
        } else {
            folder.as_path()
        };
        let (text, found) = check(input);
        let expected = folder.join("expected.txt");
        if update {
            fs::create_dir_all(&folder).unwrap();
            fs::write(&expected, &text).unwrap();
        }
        let before = fs::read_to_string(&expected).unwrap_or_default().replace("\r\n", "\n");
        if before != text {
            wrong.push(format!("{code}: expected\n{before}\nbut printed\n{text}"));
        }
        if !found.contains(code) {
            wrong.push(format!("{code}: its folder does not draw it, but {found:?}"));
        }
        if text.contains(env!("CARGO_MANIFEST_DIR")) || text.contains(&*made.path().to_string_lossy()) {
            wrong.push(format!("{code}: names a path of this machine"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_folder_is_a_code() {
    let known: BTreeSet<&str> = codes().collect();
    let folders = fs::read_dir(golden()).unwrap().map(|entry| entry.unwrap().file_name());
    for folder in folders {
        assert!(known.contains(&*folder.to_string_lossy()), "{folder:?} is no code");
    }
    assert!(known.len() >= 40);
    assert_eq!(
        known.len(),
        document::codes::ALL.len() + pipeline::codes::ALL.len(),
        "codes are unique"
    );
}
