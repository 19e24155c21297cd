//! Words to sing: lyrics as lines of syllables.
//!
//! Words are spoken as English: by the dictionary, or by their letters. Other scripts are spelled in Latin first, and each
//! Chinese, Japanese or Korean character is one syllable. Knows nothing of notes.

use super::lexicon::{self, Sound};
use super::phone::{Stress, Syllable};
use super::{numbers, spelling, syllables};

/// What comes after a syllable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum After {
    /// More of its word.
    Inside,
    /// Another word.
    Word,
    /// A comma, or the end of the line: a place to breathe.
    Phrase,
}

/// A syllable in its line. Small words, like `the`, have no stress here, whatever a dictionary says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Spoken {
    pub(super) syllable: Syllable,
    pub(super) after: After,
}

/// One line of lyrics; never without a syllable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) syllables: Vec<Spoken>,
    /// It stands between `##` and `##`.
    pub(super) accompanied: bool,
    /// A blank line stands before it.
    pub(super) pause: bool,
    /// Which line of the lyrics it is; those without words are not counted.
    pub(super) index: usize,
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
            for chunk in unbracketed(part).split_whitespace() {
                speak(chunk, &mut syllables);
            }
        }
        if let Some(last) = syllables.last_mut() {
            last.after = After::Phrase;
            lines.push(Line {
                syllables,
                accompanied: inside,
                pause: pause && !lines.is_empty(),
                index: lines.len(),
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

/// Adds the syllables of what stands between two spaces: a word, or several with hyphens and marks between them.
fn speak(chunk: &str, line: &mut Vec<Spoken>) {
    for piece in pieces(chunk) {
        match piece {
            Piece::Word(word) => line.append(&mut spoken(&word)),
            Piece::Character(latin) => line.extend(one_syllable(&latin)),
            Piece::Break => {
                if let Some(last) = line.last_mut() {
                    last.after = After::Phrase;
                }
            }
        }
    }
}

/// What a chunk is made of.
enum Piece {
    /// Small Latin letters and apostrophes.
    Word(String),
    /// A character that is a syllable, in Latin letters.
    Character(String),
    /// A comma or the like.
    Break,
}

fn pieces(chunk: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let (mut digits, mut word) = (String::new(), String::new());
    let mut letters = chunk.chars().peekable();
    while let Some(letter) = letters.next() {
        let in_number = word.is_empty() && !digits.is_empty() && letters.peek().is_some_and(char::is_ascii_digit);
        if letter.is_ascii_digit() && word.is_empty() {
            digits.push(letter);
        } else if in_number && letter == ',' {
            // As in `1,000`.
        } else if in_number && letter == '.' {
            flush(&mut digits, &mut word, &mut pieces);
            pieces.push(Piece::Word("point".to_owned()));
        } else if is_whole_syllable(letter) {
            flush(&mut digits, &mut word, &mut pieces);
            let latin = deunicode::deunicode_char(letter).unwrap_or("a").to_lowercase();
            pieces.push(Piece::Character(latin));
        } else if matches!(letter, '\'' | '’' | '‘' | 'ʼ' | '`') {
            word.push('\'');
        } else if letter.is_alphabetic() {
            let latin = deunicode::deunicode_char(letter).unwrap_or("").to_lowercase();
            word.extend(latin.chars().filter(char::is_ascii_lowercase));
        } else {
            flush(&mut digits, &mut word, &mut pieces);
            match letter {
                '&' | '+' => pieces.push(Piece::Word("and".to_owned())),
                '%' => pieces.push(Piece::Word("percent".to_owned())),
                ',' | '.' | ';' | ':' | '!' | '?' | '…' | '—' | '–' | ')' | '、' | '。' | '，' => {
                    pieces.push(Piece::Break);
                }
                _ if letter.is_numeric() => digits.extend(
                    deunicode::deunicode_char(letter)
                        .unwrap_or("")
                        .chars()
                        .filter(char::is_ascii_digit),
                ),
                _ => {}
            }
        }
    }
    flush(&mut digits, &mut word, &mut pieces);
    pieces
}

/// Ends the word that was being read.
fn flush(digits: &mut String, word: &mut String, pieces: &mut Vec<Piece>) {
    let word = std::mem::take(word);
    if digits.is_empty() {
        if word.contains(|letter: char| letter != '\'') {
            pieces.push(Piece::Word(word));
        }
        return;
    }
    let words = numbers::words(&std::mem::take(digits), word.trim_matches('\''));
    pieces.extend(words.into_iter().map(Piece::Word));
}

/// The syllables of one word.
fn spoken(word: &str) -> Vec<Spoken> {
    let mut syllables = syllables::split(&sounds(word));
    if let [only] = syllables.as_mut_slice()
        && SMALL_WORDS.contains(&word)
    {
        only.stress = Stress::None;
    }
    let count = syllables.len();
    let placed = syllables.into_iter().enumerate().map(|(index, syllable)| Spoken {
        syllable,
        after: if index + 1 < count { After::Inside } else { After::Word },
    });
    placed.collect()
}

/// By the dictionary with and without the apostrophes around it, or by its letters.
fn sounds(word: &str) -> Vec<Sound> {
    let bare = word.trim_matches('\'');
    let known = lexicon::speak(word).or_else(|| lexicon::speak(bare));
    known.unwrap_or_else(|| {
        // An apostrophe inside may part a name from its ending.
        let (stem, ending) = bare.split_once('\'').unwrap_or((bare, ""));
        let mut sounds = lexicon::speak(stem).unwrap_or_else(|| spelling::sound_out(stem));
        if ending == "s" {
            return lexicon::possessive(sounds);
        }
        sounds.append(&mut spelling::sound_out(ending));
        sounds
    })
}

/// A character as one syllable: it begins as its Latin spelling does, and ends as that does.
fn one_syllable(latin: &str) -> Option<Spoken> {
    let mut syllables = syllables::split(&spelling::sound_out(latin));
    let last = syllables.pop()?;
    let syllable = match syllables.into_iter().next() {
        Some(first) => Syllable {
            coda: last.coda,
            ..first
        },
        None => last,
    };
    Some(Spoken {
        syllable,
        after: After::Word,
    })
}

fn is_whole_syllable(letter: char) -> bool {
    matches!(letter, '\u{3041}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}')
}

/// Words of one syllable that carry no weight in a line.
#[rustfmt::skip]
const SMALL_WORDS: [&str; 78] = [
    "a", "an", "the", "and", "or", "but", "nor", "so", "yet", "if", "as", "of", "to", "in", "on", "at", "by", "for", "from",
    "with", "than", "that", "this", "these", "those", "is", "am", "are", "was", "were", "be", "been", "has", "have", "had",
    "do", "does", "did", "will", "would", "can", "could", "should", "shall", "may", "might", "must", "i", "you", "he", "she",
    "it", "we", "they", "me", "him", "her", "us", "them", "my", "your", "his", "its", "our", "their", "i'm", "i'll", "i've",
    "you're", "we're", "it's", "there", "who", "which", "what", "when", "where", "how",
];

#[cfg(test)]
mod tests {
    use super::{After, lines};
    use crate::band::phone::Stress;

    fn count(text: &str) -> usize {
        lines(text).iter().map(|line| line.syllables.len()).sum()
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
            ("don’t", 1),
            ("'cause", 1),
            ("Zorblax's", 3),
            ("hmm", 1),
            ("well-known", 2),
            ("rock&roll", 3),
            ("24", 3),
            ("3.5", 3),
            ("1,000", 3),
            ("u2", 2),
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
    fn weight_is_that_of_the_word_and_small_words_have_none() {
        let weights =
            |text: &str| -> Vec<_> { lines(text)[0].syllables.iter().map(|own| own.syllable.stress).collect() };
        assert_eq!(weights("the River"), [Stress::None, Stress::Primary, Stress::None]);
        assert_eq!(
            weights("alone I wait"),
            [Stress::None, Stress::Primary, Stress::None, Stress::Primary]
        );
    }

    #[test]
    fn commas_and_ends_are_places_to_breathe() {
        let after: Vec<_> = lines("stay, my love")[0]
            .syllables
            .iter()
            .map(|own| own.after)
            .collect();
        assert_eq!(after, [After::Phrase, After::Word, After::Phrase]);
        assert_eq!(lines("river")[0].syllables[0].after, After::Inside);
    }

    #[test]
    fn marks_and_blank_lines_shape_the_song() {
        let found = lines("alone at night\n\n##[Chorus]\nlights on\n##\n\n\nand out");
        let shape: Vec<_> = found
            .iter()
            .map(|line| (line.syllables.len(), line.accompanied, line.pause, line.index))
            .collect();
        assert_eq!(shape, [(4, false, false, 0), (2, true, true, 1), (2, false, true, 2)]);
        assert!(lines("## all of it ##")[0].accompanied);
        assert!(!lines("none of it #1")[0].accompanied);
    }

    #[test]
    fn nothing_to_sing_is_no_line() {
        for text in [
            "",
            "##",
            "####",
            "\n\n",
            "...!?",
            "[Verse]",
            "\u{0}\u{202e}",
            "[[",
            "'",
            "' '",
        ] {
            assert_eq!(lines(text), [], "{text:?}");
        }
    }
}
