//! What a terminal sends at once, as keys.
//!
//! Pure: bytes in, keys out.

use super::Key;

/// What begins the sequence of an arrow or a function key; alone it is the key itself.
pub(super) const ESCAPE: u8 = 0x1b;
/// So many bytes are read together at most; whoever sends more is no finger.
pub(super) const LONGEST: usize = 64;
/// More keys than this at once were not pressed but pasted.
const AT_ONCE: usize = 3;

/// The keys that were pressed, in order. None if it is a pasted text: its letters were not meant as keys, and one of
/// them may cost money.
pub(super) fn keys(bytes: &[u8]) -> Vec<Key> {
    let text = String::from_utf8_lossy(bytes);
    let (mut keys, mut rest) = (Vec::new(), &*text);
    while let Some((key, after)) = next(rest) {
        keys.extend(key);
        rest = after;
    }
    if keys.len() > AT_ONCE || bytes.len() >= LONGEST {
        keys.clear();
    }
    keys
}

fn next(text: &str) -> Option<(Option<Key>, &str)> {
    let mut chars = text.chars();
    let key = match chars.next()? {
        '\x1b' => return Some(escaped(chars.as_str())),
        '\r' | '\n' => Some(Key::Enter),
        char::REPLACEMENT_CHARACTER => None,
        char if char.is_control() => None,
        char => Some(Key::Char(char)),
    };
    Some((key, chars.as_str()))
}

/// What follows an escape: nothing or another one, or a sequence, which is passed over as a whole.
fn escaped(rest: &str) -> (Option<Key>, &str) {
    let mut chars = rest.chars();
    match chars.next() {
        None | Some('\x1b') => (Some(Key::Escape), rest),
        Some('[') => (None, after_sequence(chars.as_str())),
        Some('O') => {
            chars.next();
            (None, chars.as_str())
        }
        // Alt with a character.
        Some(_) => (None, chars.as_str()),
    }
}

/// Passes over parameters up to the letter that ends them. Linux's own console has `[[A` for F1.
fn after_sequence(rest: &str) -> &str {
    let rest = rest.strip_prefix('[').unwrap_or(rest);
    let end = rest.find(|char: char| ('\x40'..='\x7e').contains(&char));
    end.map_or("", |end| &rest[end + 1..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_and_lines() {
        assert_eq!(keys(b"b"), [Key::Char('b')]);
        assert_eq!(keys("é?\n".as_bytes()), [Key::Char('é'), Key::Char('?'), Key::Enter]);
        assert_eq!(keys(b"\r"), [Key::Enter]);
        assert_eq!(keys(b""), []);
    }

    #[test]
    fn sequences_are_passed_over_and_escape_is_a_key() {
        for sequence in [
            "\x1b[A",
            "\x1b[1;5C",
            "\x1bOP",
            "\x1b[15~",
            "\x1b[[A",
            "\x1bb",
            "\x1b[",
            "\x1bO",
        ] {
            assert_eq!(keys(sequence.as_bytes()), [], "{sequence:?}");
            if !["\x1b[", "\x1bO"].contains(&sequence) {
                assert_eq!(
                    keys(format!("{sequence}q").as_bytes()),
                    [Key::Char('q')],
                    "{sequence:?}"
                );
            }
        }
        assert_eq!(keys(b"\x1b"), [Key::Escape]);
        assert_eq!(keys(b"\x1b\x1b"), [Key::Escape, Key::Escape]);
        assert_eq!(keys(b"\x1b\x1b[Ab"), [Key::Escape, Key::Char('b')]);
    }

    #[test]
    fn what_is_no_character_is_no_key() {
        assert_eq!(keys(b"\x00\x04\x7f\x08\xff\xc3"), []);
    }

    #[test]
    fn a_pasted_text_has_no_keys() {
        assert_eq!(keys(b"qqq").len(), 3);
        assert_eq!(keys(b"buy it"), []);
        assert_eq!(keys(&[b"\x1b[A".repeat(30), b"b".to_vec()].concat()), []);
    }
}
