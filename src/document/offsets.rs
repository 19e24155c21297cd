//! Places as the two parsers count them → bytes.

/// Turns `saphyr-parser`'s offsets, which count characters, into bytes.
pub(super) struct Offsets {
    /// The first byte of every character and the end; none for plain ASCII, where they are the same.
    starts: Option<Vec<u32>>,
    end: usize,
}

impl Offsets {
    pub(super) fn of(text: &str) -> Self {
        let starts = (!text.is_ascii()).then(|| {
            text.char_indices()
                .map(|(at, _)| u32::try_from(at).expect("a text is at most a megabyte"))
                .collect()
        });
        Self {
            starts,
            end: text.len(),
        }
    }

    /// The byte where a character starts; the end of the text for what lies beyond it.
    pub(super) fn byte(&self, character: usize) -> usize {
        match &self.starts {
            None => character.min(self.end),
            Some(starts) => starts.get(character).map_or(self.end, |at| *at as usize),
        }
    }
}

/// The byte at a line and a column, both from one, the column in characters; at most the line's end.
pub(super) fn byte_at(text: &str, line: usize, column: usize) -> usize {
    let start = match line {
        0 | 1 => 0,
        _ => text
            .match_indices('\n')
            .nth(line - 2)
            .map_or(text.len(), |(at, _)| at + 1),
    };
    let rest = &text[start..];
    let rest = &rest[..rest.find('\n').unwrap_or(rest.len())];
    start
        + rest
            .char_indices()
            .nth(column.saturating_sub(1))
            .map_or(rest.len(), |(at, _)| at)
}

/// The bytes of the line that holds a byte, without its line break.
pub(super) fn line_around(text: &str, at: usize) -> (usize, usize) {
    let start = text[..at].rfind('\n').map_or(0, |at| at + 1);
    let end = text[at..].find('\n').map_or(text.len(), |length| at + length);
    let end = start + text[start..end].trim_end_matches('\r').len();
    (start, end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_become_bytes() {
        let offsets = Offsets::of("曲a");
        assert_eq!([0, 1, 2, 9].map(|at| offsets.byte(at)), [0, 3, 4, 4]);
        assert_eq!(Offsets::of("ab").byte(7), 2);
    }

    #[test]
    fn lines_and_columns_become_bytes() {
        let text = "曲: 1\r\nb: 2";
        assert_eq!(byte_at(text, 1, 2), 3);
        assert_eq!(byte_at(text, 2, 1), 8);
        assert_eq!(byte_at(text, 2, 99), text.len());
        assert_eq!(byte_at(text, 9, 1), text.len());
        assert_eq!(line_around(text, 4), (0, 6));
        assert_eq!(line_around(text, 8), (8, 12));
    }
}
