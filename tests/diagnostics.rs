//! Every complaint as the user reads it: one folder per code, with a pipeline that draws it and what `takesheet check`
//! then prints. A folder `CODE--MORE` is another way to draw the same code.
//!
//! `UPDATE=1 cargo test --test diagnostics` writes what is printed now into `expected.txt`; the diff is the review.
//! A first line such as `# $ SEASON=winter takesheet check --profile live` is what is typed, but for the file's name.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "the test reads and writes its own folders, one variable says which, and a step that fails is a failure"
)]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};
use takesheet::{
    audio::{Samples, encode},
    base::audio_settings::{AudioSettings, Format},
    document, pipeline, plan,
};

const FILE: &str = "pipeline.yaml";

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/diagnostics")
}

fn codes() -> impl Iterator<Item = &'static str> {
    let all = [document::codes::ALL, pipeline::codes::ALL, plan::codes::ALL];
    all.into_iter().flatten().map(|code| code.0)
}

/// The names of the folders, in order.
fn folders() -> Vec<String> {
    let entries = fs::read_dir(golden()).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// The code that a folder is to draw.
fn code_of(folder: &str) -> &str {
    folder.split_once("--").map_or(folder, |(code, _)| code)
}

/// What a command says on both its streams, and how it ends.
struct Said {
    stdout: String,
    stderr: String,
    code: Option<i32>,
}

/// Runs what the first line of a pipeline says, `takesheet check` if it says nothing, in its folder.
fn say(folder: &Path) -> Said {
    let first = fs::read(folder.join(FILE)).unwrap_or_default();
    let first = String::from_utf8_lossy(&first[..first.len().min(200)]).into_owned();
    let typed = first.lines().next().and_then(|line| line.strip_prefix("# $ "));
    let words: Vec<&str> = typed.unwrap_or("takesheet check").split(' ').collect();
    let program = words.iter().position(|word| *word == "takesheet").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_takesheet"));
    command.env_clear().env("LC_ALL", "C");
    command.envs(words[..program].iter().map(|word| word.split_once('=').unwrap()));
    command.args(&words[program + 1..]).arg(FILE);
    let output = command.current_dir(folder).stdin(Stdio::null()).output().unwrap();
    Said {
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
        code: output.status.code(),
    }
}

/// The codes of the complaints in what was printed.
fn drawn(text: &str) -> BTreeSet<&str> {
    let heads = text
        .lines()
        .filter_map(|line| line.strip_prefix("error[").or_else(|| line.strip_prefix("warning[")));
    heads.filter_map(|head| Some(head.split_once("]: ")?.0)).collect()
}

/// A low tone at the lowest rate there is.
fn tone(seconds: usize, format: Format) -> Vec<u8> {
    let wave = [0.0, 0.2, 0.3, 0.2, 0.0, -0.2, -0.3, -0.2];
    let samples = Samples {
        sample_rate: 8_000,
        channels: 1,
        data: wave.into_iter().cycle().take(seconds * 8_000).collect(),
    };
    let settings = AudioSettings {
        format,
        sample_rate: samples.sample_rate,
        bitrate: 32_000,
    };
    encode(&samples, settings)
}

/// A copy of a folder, with what no repository should carry: sound, and files that are too large.
fn copy(name: &str) -> tempfile::TempDir {
    let made = tempfile::tempdir().unwrap();
    copy_into(&golden().join(name), made.path());
    let references = made.path().join("references");
    fs::create_dir(&references).unwrap();
    let sound = |file: &str, bytes: &[u8]| fs::write(references.join(file), bytes).unwrap();
    sound("hum.wav", &tone(12, Format::Wav));
    match name {
        "too-many-includes" => (1..=64).for_each(|number| include_next(made.path(), number)),
        "unreadable-file" => fs::create_dir(made.path().join(FILE)).unwrap(),
        "too-large" => sparse(&made.path().join(FILE), 50 << 20),
        "too-large--rows" => sparse(&made.path().join("cities.csv"), 1 << 30),
        "unreadable-reference--too-large" => sparse(&references.join("day.wav"), 1 << 30),
        "unreadable-reference" => fs::create_dir(references.join("voices.wav")).unwrap(),
        "not-audio" => {
            sound("notes.mp3", b"Verse one: hum it slowly, an octave below the demo.\n");
            sound("page.wav", b"<!DOCTYPE html><title>Not found</title>");
            sound("empty.wav", b"");
        }
        "damaged-reference" => {
            let whole = tone(30, Format::Wav);
            sound("cut.wav", &whole[..whole.len() / 2]);
        }
        "reference-length" => sound("hum.wav", &tone(4, Format::Wav)),
        "reference-length--too-long" => sound("hour.wav", &tone(601, Format::Wav)),
        "misnamed-reference" => sound("hum.mp3", &tone(12, Format::Wav)),
        _ => {}
    }
    made
}

/// A file that does nothing but include the next.
fn include_next(folder: &Path, number: usize) {
    let text = format!("version: 1\ninclude: [part-{}.yaml]\n", number + 1);
    fs::write(folder.join(format!("part-{number}.yaml")), text).unwrap();
}

/// A large file that takes no room where the file system knows how.
fn sparse(path: &Path, length: u64) {
    fs::File::create(path).unwrap().set_len(length).unwrap();
}

fn copy_into(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).into_iter().flatten() {
        let path = entry.unwrap().path();
        let copy = to.join(path.file_name().unwrap());
        if path.is_dir() {
            fs::create_dir(&copy).unwrap();
            copy_into(&path, &copy);
        } else {
            fs::copy(&path, &copy).unwrap();
        }
    }
}

/// What is wrong with what one folder draws. With `update` what is printed is what is expected.
fn faults_of(name: &str, update: bool) -> Vec<String> {
    let made = copy(name);
    let said = say(made.path());
    let text = &said.stderr;
    let expected = golden().join(name).join("expected.txt");
    if update {
        fs::write(&expected, text).unwrap();
    }
    let mut faults = Vec::new();
    let before = fs::read_to_string(&expected).unwrap_or_default().replace("\r\n", "\n");
    if before != *text {
        faults.push(format!("{name}: expected\n{before}\nbut printed\n{text}"));
    }
    if !drawn(text).contains(code_of(name)) {
        faults.push(format!("{name}: its folder does not draw it, but {:?}", drawn(text)));
    }
    let end = if text.contains("error[") { 3 } else { 0 };
    if said.code != Some(end) || !said.stdout.is_empty() {
        faults.push(format!(
            "{name}: ends with {:?} and prints {:?}",
            said.code, said.stdout
        ));
    }
    if text.contains(env!("CARGO_MANIFEST_DIR")) || text.contains(&*made.path().to_string_lossy()) {
        faults.push(format!("{name}: names a path of this machine"));
    }
    faults
}

#[test]
fn every_complaint_reads_as_it_should() {
    let update = std::env::var_os("UPDATE").is_some();
    let wrong: Vec<String> = folders().iter().flat_map(|name| faults_of(name, update)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_code_has_a_folder_and_every_folder_is_a_code() {
    let known: BTreeSet<&str> = codes().collect();
    let folders = folders();
    let own: BTreeSet<&str> = folders
        .iter()
        .map(String::as_str)
        .filter(|name| !name.contains("--"))
        .collect();
    assert_eq!(own, known);
    for folder in &folders {
        assert!(known.contains(code_of(folder)), "{folder} is no code");
    }
    assert_eq!(known.len(), codes().count(), "codes are unique");
}
