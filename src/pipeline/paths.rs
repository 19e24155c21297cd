//! Paths as they are shown: `/` between the parts, without `.` and needless `..`.
//!
//! Knows nothing of what is on disk; a shown path is for people, the path to open is kept beside it.

use std::path::Path;

/// The shown form of the path the user gave.
pub(super) fn shown(path: &Path) -> String {
    let text = path.to_string_lossy();
    let text = if cfg!(windows) {
        text.replace('\\', "/")
    } else {
        text.into_owned()
    };
    tidy(&text)
}

/// The shown form of `written`, found in the file shown as `home`.
pub(super) fn beside(home: &str, written: &str) -> String {
    let written = if cfg!(windows) {
        written.replace('\\', "/")
    } else {
        written.to_owned()
    };
    match home.rsplit_once('/') {
        _ if is_absolute(&written) => tidy(&written),
        Some((folder, _)) => tidy(&format!("{folder}/{written}")),
        None => tidy(&written),
    }
}

/// Whether a path is absolute on any system: the same file must mean the same everywhere.
pub(super) fn is_absolute(written: &str) -> bool {
    let drive = written.as_bytes().get(1) == Some(&b':') && written.starts_with(|c: char| c.is_ascii_alphabetic());
    drive || written.starts_with(['/', '\\']) || Path::new(written).is_absolute()
}

fn tidy(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "." => {}
            "" if !parts.is_empty() => {}
            ".." if parts.last().is_some_and(|last| !last.is_empty() && *last != "..") => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_shown_from_where_the_user_stands() {
        assert_eq!(
            beside("pipelines/rain.yaml", "refs/../voice.wav"),
            "pipelines/voice.wav"
        );
        assert_eq!(beside("pipelines/rain.yaml", "../shared.yaml"), "shared.yaml");
        assert_eq!(beside("rain.yaml", "../shared.yaml"), "../shared.yaml");
        assert_eq!(beside("a/rain.yaml", "/tmp/./voice.wav"), "/tmp/voice.wav");
        assert_eq!(shown(Path::new("./rain.yaml")), "rain.yaml");
    }

    #[test]
    fn absolute_is_absolute_everywhere() {
        assert!(is_absolute("C:\\refs\\voice.wav") && is_absolute("/refs/voice.wav"));
        assert!(!is_absolute("refs/voice.wav"));
    }
}
