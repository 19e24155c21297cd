//! The players that are known, and where they are.

use crate::{base::audio_settings::Format, service::Environment, store::fs};
use std::path::{Path, PathBuf};

/// A player: a program, and the words before the take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Program {
    pub(super) path: PathBuf,
    pub(super) args: Vec<String>,
    formats: &'static [Format],
}

/// In the order they are tried: those that play everything first. All of them end with the take.
const KNOWN: &[(&str, &[&str], &[Format])] = &[
    ("afplay", &[], BOTH),
    ("ffplay", &["-nodisp", "-autoexit", "-loglevel", "quiet"], BOTH),
    ("mpv", &["--no-video", "--no-terminal"], BOTH),
    ("play", &["-q"], BOTH),
    ("mpg123", &["-q"], &[Format::Mp3]),
    ("pw-play", &[], &[Format::Wav]),
    ("paplay", &[], &[Format::Wav]),
    ("aplay", &["-q"], &[Format::Wav]),
    ("powershell", &["-NoProfile", "-Command", POWERSHELL], BOTH),
];

/// A file of bare samples does not say what it is; nobody plays it unasked.
const BOTH: &[Format] = &[Format::Mp3, Format::Wav];
const ALL: &[Format] = &[Format::Mp3, Format::Wav, Format::Pcm];

/// What comes after it is handed to it as its argument.
const POWERSHELL: &str = "& { param($take) Add-Type -AssemblyName presentationCore; \
$player = New-Object System.Windows.Media.MediaPlayer; $player.Open($take); $player.Play(); \
while (-not $player.NaturalDuration.HasTimeSpan) { Start-Sleep -Milliseconds 50 }; \
Start-Sleep -Seconds $player.NaturalDuration.TimeSpan.TotalSeconds }";

impl Program {
    /// Whether it plays such a file.
    pub(super) fn plays(&self, take: &Path) -> bool {
        let format = take
            .extension()
            .and_then(|extension| Format::parse(extension.to_str()?));
        format.is_some_and(|format| self.formats.contains(&format))
    }
}

/// All of those that are there.
pub(super) fn found(environment: &Environment) -> Vec<Program> {
    let at = |(name, args, formats): &(&str, &[&str], &'static [Format])| {
        Some(Program {
            path: on_path(environment, name)?,
            args: args.iter().map(|&arg| arg.to_owned()).collect(),
            formats,
        })
    };
    KNOWN.iter().filter_map(at).collect()
}

/// The command a user wishes: a program, with words that go before the take. A path with spaces is one program.
pub(super) fn program(environment: &Environment, wish: &str) -> Option<Program> {
    let whole = [wish.trim()];
    let words: Vec<&str> = wish.split_whitespace().collect();
    let (path, args) = [&whole[..], &words]
        .into_iter()
        .find_map(|words| Some((on_path(environment, words.first()?)?, &words[1..])))?;
    Some(Program {
        path,
        args: args.iter().map(|&arg| arg.to_owned()).collect(),
        formats: ALL,
    })
}

/// Where a program is: a path as it stands, a name in one of the folders of `PATH`.
fn on_path(environment: &Environment, name: &str) -> Option<PathBuf> {
    let folders: Vec<PathBuf> = if Path::new(name).components().count() > 1 {
        vec![environment.folder.clone()]
    } else {
        // Windows calls it `Path`.
        let path = environment.get("PATH").or_else(|| environment.get("Path"))?;
        std::env::split_paths(path).collect()
    };
    let at = |folder: PathBuf| {
        let path = environment.folder.join(folder).join(name);
        [path.clone(), path.with_extension("exe")]
            .into_iter()
            .find(|path| fs::is_program(path))
    };
    folders.into_iter().find_map(at)
}
