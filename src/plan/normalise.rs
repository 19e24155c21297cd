//! The one form in which lyrics are counted, digested and sent, so that an editor's habits never buy a take.
//!
//! Part of [`RenderRequest::VERSION`](super::RenderRequest::VERSION): a change here changes keys and must raise it.

use unicode_normalization::UnicodeNormalization;

/// Lyrics in their one form:
///
/// - every line ends with `\n`, whatever it ended with (CRLF, CR, NEL, U+2028, U+2029), and the last with nothing;
/// - no byte order mark, wherever a file that was put in brought one;
/// - composed characters (Unicode NFC);
/// - no blanks at the end of a line, no blank lines at the beginning or the end.
///
/// Blank lines inside stay: the model sings a pause there. Applying it twice is the same as once.
pub fn normalise(lyrics: &str) -> String {
    let unified = lyrics.replace("\r\n", "\n");
    let composed: String = unified
        .chars()
        .filter(|one| *one != '\u{feff}')
        .map(|one| if is_line_end(one) { '\n' } else { one })
        .nfc()
        .collect();
    let lines: Vec<&str> = composed.split('\n').map(str::trim_end).collect();
    let first = lines.iter().position(|line| !line.is_empty()).unwrap_or(lines.len());
    let end = lines
        .iter()
        .rposition(|line| !line.is_empty())
        .map_or(first, |at| at + 1);
    lines[first..end].join("\n")
}

const fn is_line_end(one: char) -> bool {
    matches!(one, '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::normalise;
    use proptest::prelude::*;

    #[test]
    fn what_an_editor_does_makes_no_difference() {
        let plain = "Lights of Köln\n\nwide and bright";
        for same in [
            "Lights of Köln\r\n\r\nwide and bright\r\n",
            "\u{feff}Lights of Köln\n\nwide and bright",
            "Lights of Ko\u{308}ln\n\nwide and bright",
            "\n  \nLights of Köln  \n\t\nwide and bright\n\n\n",
            "Lights of Köln\r\rwide and bright",
            "Lights of K\u{feff}öln\u{2028}\u{2029}wide and bright",
        ] {
            assert_eq!(normalise(same), plain, "{same:?}");
        }
    }

    #[test]
    fn what_is_sung_stays() {
        for text in ["  indented", "a\n\n\nb", "a, b", "# c #"] {
            assert_eq!(normalise(text), text);
        }
        assert_eq!(normalise(" \r\n\u{feff}\n"), "");
    }

    proptest! {
        #[test]
        fn twice_is_once(text in "[a-z \\t\\r\\n\u{feff}\u{2028}\u{301}ö#\u{2000}]{0,40}|\\PC{0,20}") {
            let once = normalise(&text);
            prop_assert_eq!(normalise(&once), once);
        }
    }
}
