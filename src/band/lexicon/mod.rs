//! How English words are spoken: a dictionary of 125,000 words (see `NOTICE`), made by `build.py`.
//!
//! Knows nothing of lines or notes, and nothing of words it does not have. The file leaves out what an ending adds to a
//! shorter word; `derive` here must stay the same as `derive` there.

use std::sync::LazyLock;

use super::phone::{Manner, Phone, Stress};

/// A phone, and for a vowel how much weight it has.
pub(super) type Sound = (Phone, Stress);

static ENGLISH: &[u8] = include_bytes!("english.deflate");

/// The lines of the dictionary, sorted: a word in ASCII, then its sounds as bytes from 128 on.
static LINES: LazyLock<Vec<u8>> = LazyLock::new(|| {
    miniz_oxide::inflate::decompress_to_vec(ENGLISH).expect("the embedded file inflates: a test does it")
});

/// How a word in small letters is spoken; none if it is not known.
pub(super) fn speak(word: &str) -> Option<Vec<Sound>> {
    find(word).or_else(|| derive(word)).or_else(|| {
        // As in `singin'`.
        let mut sounds = speak(&format!("{}ing", word.strip_suffix("in'")?))?;
        sounds.pop();
        sounds.push((Phone::N, Stress::None));
        Some(sounds)
    })
}

/// Looks a word up by halves.
fn find(word: &str) -> Option<Vec<Sound>> {
    let lines = LINES.as_slice();
    let (mut low, mut high) = (0, lines.len());
    while low < high {
        let middle = usize::midpoint(low, high);
        let start = lines[low..middle]
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(low, |end| low + end + 1);
        let length = lines[start..].iter().position(|byte| *byte == b'\n')?;
        let line = &lines[start..start + length];
        let (known, sounds) = line.split_at(line.iter().position(|byte| !byte.is_ascii())?);
        match known.cmp(word.as_bytes()) {
            std::cmp::Ordering::Equal => return sounds.iter().copied().map(decode).collect(),
            std::cmp::Ordering::Less => low = start + length + 1,
            std::cmp::Ordering::Greater => high = start,
        }
    }
    None
}

fn decode(byte: u8) -> Option<Sound> {
    const VOWELS: u8 = 15;
    let code = byte.checked_sub(128)?;
    let (index, stress) = if code < 3 * VOWELS {
        let stress = [Stress::None, Stress::Primary, Stress::Secondary][usize::from(code % 3)];
        (code / 3, stress)
    } else {
        (code - 2 * VOWELS, Stress::None)
    };
    Some((*Phone::ALL.get(usize::from(index))?, stress))
}

/// What an ending adds to the sounds of its stem.
#[derive(Clone, Copy)]
enum Adds {
    Nothing,
    Plural,
    Past,
    Going,
}

/// What a word ends in, what its stem ends in instead, and what is added to the sounds of the stem.
const ENDINGS: [(&str, &str, Adds); 10] = [
    ("s'", "s", Adds::Nothing),
    ("'s", "", Adds::Plural),
    ("ies", "y", Adds::Plural),
    ("ied", "y", Adds::Past),
    ("s", "", Adds::Plural),
    ("d", "", Adds::Past),
    ("es", "", Adds::Plural),
    ("ed", "", Adds::Past),
    ("ing", "", Adds::Going),
    ("ing", "e", Adds::Going),
];

/// A word by a shorter one, by the first ending that fits.
fn derive(word: &str) -> Option<Vec<Sound>> {
    for (ending, instead, adds) in ENDINGS {
        let Some(stem) = word.strip_suffix(ending).map(|stem| format!("{stem}{instead}")) else {
            continue;
        };
        if let Some(sounds) = (stem.len() > 2).then(|| find(&stem)).flatten() {
            return Some(add(sounds, adds));
        }
    }
    doubled(word, "ed", Adds::Past).or_else(|| doubled(word, "ing", Adds::Going))
}

/// `running` by `run`.
fn doubled(word: &str, ending: &str, adds: Adds) -> Option<Vec<Sound>> {
    let stem = word.strip_suffix(ending)?.as_bytes();
    let [.., before, last] = stem else { return None };
    if before != last || stem.len() < 4 || b"aeiou".contains(last) {
        return None;
    }
    let short = std::str::from_utf8(&stem[..stem.len() - 1]).ok()?;
    find(short).map(|sounds| add(sounds, adds))
}

/// What belongs to somebody who is not in the dictionary.
pub(super) fn possessive(name: Vec<Sound>) -> Vec<Sound> {
    add(name, Adds::Plural)
}

fn add(mut sounds: Vec<Sound>, adds: Adds) -> Vec<Sound> {
    let Some(&(last, _)) = sounds.last() else {
        return sounds;
    };
    let hisses = last.manner() == Manner::Affricate || matches!(last, Phone::S | Phone::Z | Phone::SH | Phone::ZH);
    let added: &[Phone] = match adds {
        Adds::Nothing => &[],
        Adds::Plural if hisses => &[Phone::AH, Phone::Z],
        Adds::Plural if last.is_voiced() => &[Phone::Z],
        Adds::Plural => &[Phone::S],
        Adds::Past if matches!(last, Phone::T | Phone::D) => &[Phone::AH, Phone::D],
        Adds::Past if last.is_voiced() => &[Phone::D],
        Adds::Past => &[Phone::T],
        Adds::Going => &[Phone::IH, Phone::NG],
    };
    sounds.extend(added.iter().map(|phone| (*phone, Stress::None)));
    sounds
}

/// All words of the file, for tests.
#[cfg(test)]
pub(super) fn words() -> impl Iterator<Item = &'static str> {
    let lines = LINES.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| {
        let end = line.iter().position(|byte| !byte.is_ascii()).unwrap();
        std::str::from_utf8(&line[..end]).unwrap()
    })
}

#[cfg(test)]
mod tests {
    use super::{LINES, find, speak, words};
    use crate::band::phone::Stress;

    /// As the dictionary writes it.
    fn spoken(word: &str) -> String {
        let Some(sounds) = speak(word) else {
            return String::new();
        };
        let written = sounds.iter().map(|(phone, stress)| {
            let digit = match stress {
                _ if !phone.is_vowel() => "",
                Stress::None => "0",
                Stress::Primary => "1",
                Stress::Secondary => "2",
            };
            format!("{phone:?}{digit}")
        });
        written.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn words_and_what_their_endings_make_of_them_are_spoken() {
        for (word, expected) in [
            ("a", "AH0"),
            ("zulu", "Z UW1 L UW2"),
            ("lisbon", "L IH1 Z B AH0 N"),
            ("don't", "D OW1 N T"),
            ("'cause", "K AH0 Z"),
            ("nights", "N AY1 T S"),
            ("carries", "K AE1 R IY0 Z"),
            ("stopped", "S T AA1 P T"),
            ("running", "R AH1 N IH0 NG"),
            ("waited", "W EY1 T AH0 D"),
            ("making", "M EY1 K IH0 NG"),
            ("dreamin'", "D R IY1 M IH0 N"),
            ("river's", "R IH1 V ER0 Z"),
            ("xqzt", ""),
            ("", ""),
            ("in'", "IH1 N"),
        ] {
            assert_eq!(spoken(word), expected, "{word}");
        }
    }

    #[test]
    fn every_word_of_the_file_is_found() {
        let (mut before, mut count) = ("", 0);
        for (index, word) in words().enumerate() {
            assert!(before < word, "{before} {word}");
            before = word;
            count = index + 1;
            if index % 50 == 0 {
                assert!(find(word).is_some_and(|sounds| !sounds.is_empty()), "{word}");
            }
        }
        assert!((90_000..110_000).contains(&count), "{count}");
        assert!(LINES.ends_with(b"\n") && LINES.len() < 1_500_000);
    }
}
