//! What a file may be called on every system, so that a folder of takes can be copied anywhere.
//!
//! Knows nothing of takes.

use crate::{base::words, plan::OutputName};
use serde_json::Value;

/// The longest name, in characters.
const LONGEST: usize = 300;
/// The longest part between two `/`, in bytes: file systems take 255, and `.lyrics.txt` is added to some.
const LONGEST_PART: usize = 240;

/// In a value, what no file name may hold becomes a hyphen; standing in the template itself it is an error.
pub(super) fn make_portable(value: &mut Value) {
    match value {
        Value::String(text) => {
            *text = text.replace(|one| one == '/' || is_forbidden(one), "-");
        }
        Value::Array(list) => list.iter_mut().for_each(make_portable),
        Value::Object(map) => map.values_mut().for_each(make_portable),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn is_forbidden(one: char) -> bool {
    r#"\:*?"<>|"#.contains(one) || words::is_hidden(one)
}

/// What is wrong with a name, on any of the systems it may be copied to.
pub(super) fn objection(pattern: &str) -> Option<String> {
    let keyless = pattern.replace(OutputName::KEY, "00000000");
    if keyless.starts_with('/') {
        return Some("it is absolute, and names are relative to the output folder".to_owned());
    }
    if let Some(bad) = keyless.chars().find(|one| is_forbidden(*one)) {
        return Some(format!("it holds {bad:?}, which not every system allows"));
    }
    if keyless.chars().count() > LONGEST {
        return Some(format!("it is longer than {LONGEST} characters"));
    }
    keyless.split('/').find_map(objection_to_part)
}

fn objection_to_part(part: &str) -> Option<String> {
    match part {
        ".." => Some("`..` would lead out of the output folder".to_owned()),
        "" | "." => Some("a part between two `/` is empty".to_owned()),
        _ if part.starts_with('.') => Some(format!("`{part}` would be hidden")),
        _ if part.len() > LONGEST_PART => Some(format!("a part of it is longer than {LONGEST_PART} bytes")),
        _ if part.trim() != part || part.ends_with('.') => {
            Some(format!("`{part}` begins or ends with a blank or a full stop"))
        }
        _ if is_reserved(part) => Some(format!("`{part}` is a device on Windows")),
        _ => None,
    }
}

/// Whether Windows takes it for a device, whatever its extension.
pub(super) fn is_reserved(part: &str) -> bool {
    let stem = part.split('.').next().unwrap_or(part).trim().to_uppercase();
    let numbered = |prefix| {
        let digit = stem.strip_prefix(prefix);
        digit.is_some_and(|rest| rest.chars().count() == 1 && rest.contains(|c: char| "0123456789¹²³".contains(c)))
    };
    matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$") || numbered("COM") || numbered("LPT")
}

#[cfg(test)]
mod tests {
    use super::objection;

    #[test]
    fn names_that_work_nowhere_or_not_everywhere_are_refused() {
        for bad in [
            "/etc/x.mp3",
            "../x.mp3",
            "a/../x.mp3",
            "a//x.mp3",
            "./x.mp3",
            "a\\x.mp3",
            "C:x.mp3",
            "what?.mp3",
            "nul.mp3",
            "Com1/x.mp3",
            "LPT².mp3",
            "a /x.mp3",
            "a./x.mp3",
            "nu\u{0}l.mp3",
            ".x.mp3",
        ] {
            assert!(objection(bad).is_some(), "{bad:?}");
        }
        assert!(objection(&"x/".repeat(150)).is_some());
        assert!(objection(&format!("{}.mp3", "ä".repeat(130))).is_some());
        for good in [
            "x.mp3",
            "The Testers - Köln (2).wav",
            "a/b/\u{1}.mp3",
            "come.mp3",
            "console/nul-1.mp3",
        ] {
            assert_eq!(objection(good), None, "{good:?}");
        }
    }
}
