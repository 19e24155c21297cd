//! The names of things: steps, cells and takes. `songs.hook`, `songs.hook[city=Lisbon]`, `songs.hook[city=Lisbon]#2`.
//!
//! Knows nothing of what a step does. A cell is named by its coordinates, never by an index, so a name survives
//! reordering and growth.

use super::{digest::Digest, scalar::Scalar, words};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The three kinds of step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    /// An upload that yields a voice id, an instrumental id, or both.
    Reference,
    /// A text, rendered from a template.
    Lyrics,
    /// A render.
    Song,
}

impl StepKind {
    /// All of them, in the order in which a pipeline's steps are numbered.
    pub const ALL: [Self; 3] = [Self::Reference, Self::Lyrics, Self::Song];

    /// The section of a pipeline that declares it.
    pub const fn section(self) -> &'static str {
        match self {
            Self::Reference => "references",
            Self::Lyrics => "lyrics",
            Self::Song => "songs",
        }
    }
}

/// A step's name: `songs.hook`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StepName {
    /// Which section it stands in.
    pub kind: StepKind,
    /// Its key in that section.
    pub name: Arc<str>,
}

impl StepName {
    /// The step `name` of a section.
    pub fn new(kind: StepKind, name: &str) -> Self {
        Self {
            kind,
            name: name.into(),
        }
    }
}

impl std::fmt::Display for StepName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.kind.section(), self.name)
    }
}

/// Axis values in axis order of declaration; empty for a step without axes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Coordinates(pub Vec<(Arc<str>, Scalar)>);

impl Coordinates {
    /// The value on an axis, if there is that axis.
    pub fn get(&self, axis: &str) -> Option<&Scalar> {
        self.0.iter().find(|(name, _)| &**name == axis).map(|(_, value)| value)
    }

    /// Whether there is no axis.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// `city=Lisbon,mood=bright`; a value with a character that would be misread stands in double quotes.
impl std::fmt::Display for Coordinates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, (axis, value)) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            let text = value.to_string();
            let plain = !text.is_empty()
                && text.trim() == text
                && !text.contains(|c: char| ",=[]#\"\\".contains(c) || words::is_hidden(c));
            if plain {
                write!(f, "{comma}{axis}={text}")?;
            } else {
                write!(f, "{comma}{axis}={text:?}")?;
            }
        }
        Ok(())
    }
}

/// Reads a value that [`Coordinates`] wrote in double quotes: the value, and what follows its closing quote. `text`
/// begins with the opening one; nothing if none closes it or an escape is none.
pub fn unquoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = text.strip_prefix('"')?.char_indices();
    while let Some((at, one)) = chars.next() {
        match one {
            '"' => return Some((value, &text[at + 2..])),
            '\\' => value.push(escaped(&mut chars)?),
            _ => value.push(one),
        }
    }
    None
}

/// The character behind a backslash.
fn escaped(chars: &mut impl Iterator<Item = (usize, char)>) -> Option<char> {
    match chars.next()?.1 {
        'n' => Some('\n'),
        't' => Some('\t'),
        'r' => Some('\r'),
        '0' => Some('\0'),
        'u' => {
            let code: String = chars
                .map(|(_, one)| one)
                .skip(1)
                .take_while(|one| *one != '}')
                .collect();
            u32::from_str_radix(&code, 16).ok().and_then(char::from_u32)
        }
        other => Some(other),
    }
}

/// A step at concrete coordinates.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CellName {
    /// Whose cell it is.
    pub step: StepName,
    /// Where it lies.
    pub at: Coordinates,
}

impl std::fmt::Display for CellName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.at.is_empty() {
            self.step.fmt(f)
        } else {
            write!(f, "{}[{}]", self.step, self.at)
        }
    }
}

/// One render of a song cell; takes count from one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TakeName {
    /// The song's cell.
    pub cell: CellName,
    /// From one.
    pub number: u32,
}

impl std::fmt::Display for TakeName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}#{}", self.cell, self.number)
    }
}

/// Whether a word means a take: by the take's name, or by that of its cell or step; `songs.` may be left out.
pub fn is_called(take: &str, word: &str) -> bool {
    let is_of = |name: &str| {
        let rest = take.strip_prefix(name);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['#', '[']))
    };
    is_of(word) || is_of(&format!("songs.{word}"))
}

/// Whether a word means a digest: by its first digits, eight at least.
pub fn is_digits_of(digest: Digest, word: &str) -> bool {
    word.len() >= 8 && digest.hex().starts_with(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_as_documented() {
        let at = Coordinates(vec![
            ("city".into(), Scalar::text("Lisbon")),
            ("n".into(), Scalar::Int(3)),
        ]);
        let cell = CellName {
            step: StepName::new(StepKind::Song, "hook"),
            at,
        };
        let take = TakeName { cell, number: 2 };
        assert_eq!(take.to_string(), "songs.hook[city=Lisbon,n=3]#2");
    }

    #[test]
    fn a_value_that_would_be_misread_is_quoted() {
        let at = Coordinates(vec![("city".into(), Scalar::text("Rio, Brazil"))]);
        assert_eq!(at.to_string(), r#"city="Rio, Brazil""#);
    }

    #[test]
    fn a_quoted_value_reads_back_as_it_was() {
        for value in ["Rio, \"B\"", "one\ntwo\r\t", "a\\n", ",\u{301}", "\u{7f}\0", ""] {
            let at = Coordinates(vec![("city".into(), Scalar::text(value))]).to_string();
            let quoted = at.strip_prefix("city=").unwrap();
            assert_eq!(
                unquoted(&format!("{quoted},x")),
                Some((value.to_owned(), ",x")),
                "{quoted}"
            );
        }
        assert_eq!(unquoted("\"open"), None);
        assert_eq!(unquoted("\"\\u{110000}\""), None);
    }

    #[test]
    fn a_word_means_a_take_by_its_own_name_or_by_its_cells_or_its_steps() {
        let take = "songs.hook[city=Lisbon]#1";
        for word in [
            take,
            "songs.hook[city=Lisbon]",
            "songs.hook",
            "hook",
            "hook[city=Lisbon]#1",
        ] {
            assert!(is_called(take, word), "{word}");
        }
        for word in [
            "songs",
            "songs.hoo",
            "hook[city=Lis",
            "hook[city=Lisbon]#",
            "songs.songs.hook",
            "",
        ] {
            assert!(!is_called(take, word), "{word}");
        }
        assert!(!is_called("songs.hook#12", "hook#1"));
    }

    #[test]
    fn a_word_means_a_digest_by_eight_digits_at_least() {
        let digest = Digest::of(b"");
        assert!(is_digits_of(digest, &digest.short()) && is_digits_of(digest, &digest.hex()));
        assert!(!is_digits_of(digest, &digest.short()[..7]) && !is_digits_of(digest, "00000000"));
    }
}
