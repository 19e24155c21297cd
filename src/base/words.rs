//! How things are said: counts, lists, durations, sizes, and the nearest name to a mistyped one.
//!
//! Knows nothing of what is said about.

use std::time::Duration;

/// `1 take`, `3 takes`: the noun with an `s` unless the count is one.
pub fn count(number: usize, noun: &str) -> String {
    if number == 1 {
        format!("1 {noun}")
    } else {
        format!("{number} {noun}s")
    }
}

/// `a`, `a and b`, `a, b and c`, each in backticks.
pub fn ticked<T: AsRef<str>>(items: &[T]) -> String {
    let items: Vec<_> = items.iter().map(|item| format!("`{}`", item.as_ref())).collect();
    match items.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [head @ .., last] => format!("{} and {last}", head.join(", ")),
    }
}

/// Whether a character is not seen where it stands, or turns around what is: controls, line ends, marks of direction,
/// and blanks of no width. Joiners are seen: in scripts that need them, and in emoji.
pub fn is_hidden(one: char) -> bool {
    let is_mark = matches!(
        one,
        '\u{ad}' | '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'
            ..='\u{2069}' | '\u{feff}'
    );
    is_mark || one.is_control()
}

/// `8ms`, `4.2s`, `1m 05s`, `2h 10m`, `3d 04h`.
pub fn duration(length: Duration) -> String {
    let seconds = length.as_secs();
    match seconds {
        0 => format!("{}ms", length.as_millis()),
        1..60 => format!("{:.1}s", length.as_secs_f64()),
        60..3600 => format!("{}m {:02}s", seconds / 60, seconds % 60),
        3600..172_800 => format!("{}h {:02}m", seconds / 3600, seconds % 3600 / 60),
        _ => format!("{}d {:02}h", seconds / 86_400, seconds % 86_400 / 3600),
    }
}

/// The length of music: `0:58`, `10:03`.
pub fn length(seconds: f64) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to a day"
    )]
    let whole = seconds.clamp(0.0, 86_400.0).round() as u64;
    format!("{}:{:02}", whole / 60, whole % 60)
}

/// `512 B`, `3.4 MB`: decimal units.
#[expect(clippy::cast_precision_loss, reason = "shown with one decimal")]
pub fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}

/// The known name that `wrong` was most likely meant to be, if one is close enough.
pub fn nearest<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = wrong.to_lowercase();
    known
        .into_iter()
        .map(|name| (strsim::jaro_winkler(&lower, &name.to_lowercase()), name))
        .filter(|(likeness, _)| *likeness >= 0.8)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn said_as_a_person_would() {
        assert_eq!(count(1, "take"), "1 take");
        assert_eq!(count(0, "take"), "0 takes");
        assert_eq!(ticked(&["a", "b", "c"]), "`a`, `b` and `c`");
        assert_eq!(duration(Duration::from_millis(4_200)), "4.2s");
        assert_eq!(duration(Duration::from_secs(65)), "1m 05s");
        assert_eq!(duration(Duration::from_secs(172_799)), "47h 59m");
        assert_eq!(duration(Duration::from_secs(547 * 3600)), "22d 19h");
        assert_eq!(length(57.6), "0:58");
        assert_eq!(size(3_400_000), "3.4 MB");
    }

    #[test]
    fn a_slip_finds_its_name_and_nonsense_does_not() {
        let known = ["sample_rate", "bitrate", "format"];
        assert_eq!(nearest("sample_rat", known), Some("sample_rate"));
        assert_eq!(nearest("Bitrat", known), Some("bitrate"));
        assert_eq!(nearest("zzz", known), None);
    }
}
