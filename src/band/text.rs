//! Words to sing: lyrics as lines of syllables, each with the vowel that colours its note.
//!
//! Counts groups of vowels, which is right for most English words and close for most other languages in Latin letters;
//! other scripts are spelled in Latin first, and each Chinese, Japanese or Korean character is one syllable.

/// The colour of a sung note.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Vowel {
    A,
    E,
    I,
    O,
    U,
}

impl Vowel {
    fn of(letter: char) -> Option<Self> {
        Some(match letter {
            'a' => Self::A,
            'e' => Self::E,
            'i' | 'y' => Self::I,
            'o' => Self::O,
            'u' => Self::U,
            _ => return None,
        })
    }
}

/// One line of lyrics; never without a syllable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) syllables: Vec<Vowel>,
    /// It stands between `##` and `##`.
    pub(super) accompanied: bool,
    /// A blank line stands before it.
    pub(super) pause: bool,
}

/// Splits lyrics into lines. Section names in brackets, like `[Verse]`, are not sung.
pub(super) fn lines(lyrics: &str) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    let (mut accompanied, mut pause) = (false, false);
    for line in lyrics.lines() {
        let (mut syllables, mut inside) = (Vec::new(), accompanied);
        for (index, part) in line.split("##").enumerate() {
            if index > 0 {
                accompanied = !accompanied;
            }
            inside |= accompanied;
            syllables.extend(unbracketed(part).split_whitespace().flat_map(word));
        }
        if !syllables.is_empty() {
            lines.push(Line {
                syllables,
                accompanied: inside,
                pause: pause && !lines.is_empty(),
            });
            pause = false;
        }
        pause |= line.trim().is_empty();
    }
    lines
}

/// The text without what stands in square brackets.
fn unbracketed(text: &str) -> String {
    let mut depth = 0_usize;
    let kept = text.chars().filter(|letter| {
        match letter {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            _ => return depth == 0,
        }
        false
    });
    kept.collect()
}

/// The syllables of one word; a word always has one if it has a letter or a digit.
fn word(word: &str) -> Vec<Vowel> {
    let mut syllables = Vec::new();
    let mut latin = String::new();
    for letter in word.chars() {
        if is_whole_syllable(letter) {
            syllables.append(&mut spelled(&latin));
            latin.clear();
            let sound = deunicode::deunicode_char(letter).unwrap_or("a").to_lowercase();
            syllables.push(sound.chars().find_map(Vowel::of).unwrap_or(Vowel::A));
        } else if letter.is_alphanumeric() {
            latin.push_str(&deunicode::deunicode_char(letter).unwrap_or("").to_lowercase());
        }
    }
    syllables.append(&mut spelled(&latin));
    syllables
}

/// The syllables of a word in small Latin letters: its groups of vowels, without a silent `e` at the end.
fn spelled(word: &str) -> Vec<Vowel> {
    if !word.contains(|letter: char| letter.is_ascii_alphanumeric()) {
        return Vec::new();
    }
    let mut syllables = Vec::new();
    let mut previous_is_vowel = false;
    for (index, letter) in word.chars().enumerate() {
        // A `y` before a vowel is a consonant: `yes`, `beyond`.
        let vowel = Vowel::of(letter).filter(|_| letter != 'y' || !word[index + 1..].starts_with(['a', 'e', 'o', 'u']));
        if let Some(vowel) = vowel.filter(|_| !previous_is_vowel) {
            syllables.push(vowel);
        }
        if letter.is_ascii_digit() {
            syllables.push(Vowel::E);
        }
        previous_is_vowel = vowel.is_some();
    }
    if syllables.len() > 1 && has_silent_end(word) {
        syllables.pop();
    }
    if syllables.is_empty() {
        syllables.push(Vowel::U); // `hmm`
    }
    syllables
}

/// `lights` does, `wide` does; `little` and `roses` do not.
fn has_silent_end(word: &str) -> bool {
    let Some(stem) = word.strip_suffix('e').or_else(|| word.strip_suffix("ed")) else {
        return false;
    };
    let voiced = word.ends_with('e') && stem.ends_with('l') && !stem.ends_with(['a', 'e', 'i', 'o', 'u']);
    let kept = if word.ends_with("ed") {
        stem.ends_with(['t', 'd'])
    } else {
        voiced && stem.len() > 1 && Vowel::of(char::from(stem.as_bytes()[stem.len() - 2])).is_none()
    };
    !kept && stem.ends_with(|letter| Vowel::of(letter).is_none())
}

fn is_whole_syllable(letter: char) -> bool {
    matches!(letter, '\u{3041}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(text: &str) -> usize {
        text.split_whitespace().map(|part| word(part).len()).sum()
    }

    #[test]
    fn syllables_are_counted_as_they_are_sung() {
        for (text, expected) in [
            ("lights", 1),
            ("wide", 1),
            ("the", 1),
            ("little", 2),
            ("city", 2),
            ("Lisbon,", 2),
            ("wistful", 2),
            ("walked", 1),
            ("waited", 2),
            ("yes", 1),
            ("beyond", 2),
            ("Osaka", 3),
            ("don't", 1),
            ("hmm", 1),
            ("24", 2),
            ("—", 0),
            ("Mädchen", 2),
            ("Москва", 2),
            ("月光下", 3),
            ("ひかり", 3),
            ("사랑", 2),
        ] {
            assert_eq!(count(text), expected, "{text}");
        }
    }

    #[test]
    fn the_vowel_of_a_note_is_that_of_its_syllable() {
        assert_eq!(word("Osaka"), [Vowel::O, Vowel::A, Vowel::A]);
        assert_eq!(word("blue"), [Vowel::U]);
    }

    #[test]
    fn marks_and_blank_lines_shape_the_song() {
        let found = lines("alone at night\n\n##[Chorus]\nlights on\n##\n\n\nand out");
        let shape: Vec<_> = found
            .iter()
            .map(|line| (line.syllables.len(), line.accompanied, line.pause))
            .collect();
        assert_eq!(shape, [(4, false, false), (2, true, true), (2, false, true)]);
        assert!(lines("## all of it ##")[0].accompanied);
        assert!(!lines("none of it #1")[0].accompanied);
    }

    #[test]
    fn nothing_to_sing_is_no_line() {
        for text in ["", "##", "####", "\n\n", "...!?", "[Verse]", "\u{0}\u{202e}", "[["] {
            assert_eq!(lines(text), [], "{text:?}");
        }
    }
}
