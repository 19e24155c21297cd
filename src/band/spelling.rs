//! How a word is spoken that no dictionary has: by its letters, as an English reader would guess.
//!
//! The first rule that fits the letters is taken; weight follows from the shape of the word. Knows nothing of lines or
//! notes.

use super::lexicon::Sound;
use super::phone::{Phone, Stress};

/// Letters with what stands before and after them, and what they sound like; special rules stand before general ones.
///
/// `_` is the edge of the word, `V` a vowel, `C` a consonant, `F` one of `e`, `i` and `y`, `E` a consonant and a silent
/// `e` as in `ade` and `ades`, `+` a vowel anywhere before; small letters stand for themselves.
#[rustfmt::skip]
const RULES: &[(&str, &str)] = &[
    ("[augh]", "AO"), ("[au]", "AO"), ("[aw]", "AO"), ("[ai]", "EY"), ("[ay]", "EY"), ("[are]_", "EH R"),
    ("[al]k", "AO"), ("[all]", "AO L"), ("[ar]V", "EH R"), ("[ar]", "AA R"), ("[a]E", "EY"), ("[a]tion", "EY"),
    ("w[a]C", "AA"), ("[aa]", "AA"), ("[ae]", "IY"), ("+[a]_", "AH"), ("_[a]_", "AH"), ("[a]_", "AA"), ("[a]", "AE"),
    ("m[b]_", ""), ("[bb]", "B"), ("[b]", "B"),
    ("[ch]r", "K"), ("[ch]", "CH"), ("[ck]", "K"), ("s[c]F", ""), ("[ci]V", "SH"), ("[cc]F", "K S"), ("[cc]", "K"),
    ("[c]F", "S"), ("[c]", "K"),
    ("[dge]", "JH"), ("[dd]", "D"), ("[d]", "D"),
    ("[eau]", "OW"), ("[eer]", "IH R"), ("[ear]", "IH R"), ("[eigh]", "EY"), ("[ee]", "IY"), ("[ei]", "AY"),
    ("[ey]_", "IY"), ("[ew]", "UW"), ("[eu]", "OY"), ("[ea]", "IY"), ("[ere]_", "IH R"), ("[er]V", "EH R"), ("[er]", "ER"),
    ("+t[ed]_", "AH D"), ("+d[ed]_", "AH D"), ("+[ed]_", "D"), ("+ch[es]_", "AH Z"), ("+sh[es]_", "AH Z"),
    ("+s[es]_", "AH Z"), ("+x[es]_", "AH Z"), ("+z[es]_", "AH Z"), ("+c[es]_", "AH Z"), ("+g[es]_", "AH Z"),
    ("+[es]_", "Z"), ("+[e]_", ""), ("[e]_", "IY"), ("[e]E", "IY"), ("[e]", "EH"),
    ("[ff]", "F"), ("[f]", "F"),
    ("_[gn]", "N"), ("[gg]", "G"), ("_[gh]", "G"), ("V[gh]", ""), ("[gh]", "G"), ("[gu]F", "G"), ("[g]F", "JH"), ("[g]", "G"),
    ("V[h]C", ""), ("V[h]_", ""), ("[h]", "HH"),
    ("[igh]", "AY"), ("[ier]_", "IY ER"), ("[ie]_", "IY"), ("[ie]", "IY"), ("[io]", "IY OW"), ("[ir]V", "IH R"), ("[ir]", "ER"),
    ("[ind]_", "AY N D"), ("[ing]_", "IH NG"), ("[i]E", "AY"), ("[i]_", "IY"), ("[ia]", "IY AH"), ("[i]", "IH"),
    ("[j]", "JH"), ("_[kn]", "N"), ("[k]", "K"), ("C[le]_", "AH L"), ("C[les]_", "AH L Z"), ("[ll]", "L"), ("[l]", "L"),
    ("[mc]_", "M IH K"), ("[mm]", "M"), ("[m]", "M"), ("[ng]_", "NG"), ("[n]k", "NG"), ("[nn]", "N"), ("[n]", "N"),
    ("[ough]t", "AO"), ("[ough]", "OW"), ("[oo]", "UW"), ("[ous]_", "AH S"), ("[ou]", "AW"), ("[ow]_", "OW"), ("[ow]", "AW"),
    ("[oy]", "OY"), ("[oi]", "OY"), ("[oa]", "OW"), ("[or]", "AO R"), ("[old]", "OW L D"), ("[o]E", "OW"), ("[o]_", "OW"),
    ("[oe]", "OW"), ("[o]", "AA"),
    ("[ph]", "F"), ("[pp]", "P"), ("_[ps]", "S"), ("[p]", "P"), ("[qu]", "K W"), ("[q]", "K"), ("[rr]", "R"), ("[rh]", "R"),
    ("[r]", "R"),
    ("[sch]", "SH"), ("[sh]", "SH"), ("[sion]", "ZH AH N"), ("[ss]", "S"), ("V[s]V", "Z"), ("[s]", "S"),
    ("[tch]", "CH"), ("[th]", "TH"), ("[tion]", "SH AH N"), ("[tu]V", "CH UW"), ("[ture]_", "CH ER"), ("[tt]", "T"), ("[t]", "T"),
    ("[uy]", "AY"), ("[ur]V", "UH R"), ("[ur]", "ER"), ("q[u]", ""), ("[u]E", "UW"), ("[ue]_", "UW"), ("[ui]", "UW"),
    ("[u]_", "UW"), ("[u]", "AH"), ("[vv]", "V"), ("[v]", "V"),
    ("[wh]", "W"), ("_[wr]", "R"), ("[w]V", "W"), ("[w]", ""), ("_[x]", "Z"), ("[x]", "K S"),
    ("[y]E", "AY"), ("+[y]_", "IY"), ("[y]_", "AY"), ("[y]V", "Y"), ("[y]", "IH"),
    ("[zz]", "Z"), ("[z]", "Z"),
];

/// Reads a word of small Latin letters; others are passed over.
pub(super) fn sound_out(word: &str) -> Vec<Sound> {
    let letters: Vec<char> = word.chars().filter(char::is_ascii_lowercase).collect();
    let mut phones = Vec::new();
    let mut at = 0;
    while at < letters.len() {
        let found = RULES
            .iter()
            .find_map(|(pattern, sounds)| Some((fit(pattern, &letters, at)?, sounds)));
        let Some((length, sounds)) = found else {
            at += 1;
            continue;
        };
        phones.extend(sounds.split_whitespace().filter_map(Phone::parse));
        at += length;
    }
    weigh(&phones, &letters.iter().collect::<String>())
}

/// How many letters a rule takes from `at` on, if it fits there.
fn fit(pattern: &str, letters: &[char], at: usize) -> Option<usize> {
    let (before, rest) = pattern.split_once('[')?;
    let (taken, after) = rest.split_once(']')?;
    let end = at + taken.len();
    let fits = letters.get(at..end)?.iter().copied().eq(taken.chars())
        && is_before(before, &letters[..at])
        && is_after(after, &letters[end..]);
    fits.then_some(taken.len())
}

fn is_before(pattern: &str, letters: &[char]) -> bool {
    let mut letters = letters.iter().rev().copied();
    pattern.chars().rev().all(|mark| match mark {
        '_' => letters.next().is_none(),
        '+' => letters.any(is_vowel),
        _ => letters.next().is_some_and(|letter| is(mark, letter)),
    })
}

fn is_after(pattern: &str, letters: &[char]) -> bool {
    let mut rest = letters.iter().copied();
    pattern.chars().all(|mark| match mark {
        '_' => rest.next().is_none(),
        'E' => matches!(*letters, [consonant, 'e'] | [consonant, 'e', 's'] if !is_vowel(consonant)),
        _ => rest.next().is_some_and(|letter| is(mark, letter)),
    })
}

fn is(mark: char, letter: char) -> bool {
    match mark {
        'V' => is_vowel(letter),
        'C' => !is_vowel(letter),
        'F' => matches!(letter, 'e' | 'i' | 'y'),
        _ => mark == letter,
    }
}

fn is_vowel(letter: char) -> bool {
    matches!(letter, 'a' | 'e' | 'i' | 'o' | 'u' | 'y')
}

/// Gives one vowel the weight of the word, and makes short vowels without any dull.
fn weigh(phones: &[Phone], word: &str) -> Vec<Sound> {
    let vowels = phones.iter().filter(|phone| phone.is_vowel()).count();
    let ends = |endings: &[&str]| endings.iter().any(|ending| word.ends_with(ending));
    let from_end = match vowels {
        _ if ends(&["tion", "sion", "ic", "ics", "cian"]) => 2,
        3.. if ends(&["a", "i", "o"]) => 2,
        4.. => 3,
        _ => vowels,
    };
    let heavy = vowels.saturating_sub(from_end);
    let mut vowel = 0;
    let weighed = phones.iter().map(|&phone| {
        if !phone.is_vowel() {
            return (phone, Stress::None);
        }
        vowel += 1;
        match phone {
            _ if vowel == heavy + 1 => (phone, Stress::Primary),
            Phone::AE | Phone::EH | Phone::AA if vowel > 1 => (Phone::AH, Stress::None),
            _ => (phone, Stress::None),
        }
    });
    weighed.collect()
}

#[cfg(test)]
mod tests {
    use super::sound_out;
    use crate::band::{lexicon, phone::Phone};

    fn spoken(word: &str) -> String {
        let phones = sound_out(word).into_iter().map(|(phone, _)| format!("{phone:?}"));
        phones.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn letters_sound_as_a_reader_would_guess() {
        for (word, expected) in [
            ("blorp", "B L AO R P"),
            ("glade", "G L EY D"),
            ("snickles", "S N IH K AH L Z"),
            ("phantasmic", "F AE N T AE S M IH K"),
            ("wugged", "W AH G D"),
            ("tomatilla", "T AA M AH T IH L AH"),
            ("hm", "HH M"),
            ("", ""),
        ] {
            assert_eq!(spoken(word), expected, "{word}");
        }
    }

    #[test]
    fn most_words_of_the_dictionary_get_their_syllables_and_sounds() {
        let (mut words, mut counted, mut phones, mut right) = (0, 0, 0, 0);
        let vowels = |sounds: &[lexicon::Sound]| sounds.iter().filter(|(phone, _)| phone.is_vowel()).count();
        for word in lexicon::words().step_by(37) {
            let (known, guess) = (lexicon::speak(word).unwrap(), sound_out(word));
            words += 1;
            counted += usize::from(vowels(&known) == vowels(&guess));
            let has: Vec<Phone> = guess.iter().map(|(phone, _)| *phone).collect();
            phones += known.len();
            right += known.iter().filter(|(phone, _)| has.contains(phone)).count();
        }
        assert!(counted * 100 >= words * 88, "{counted} of {words}");
        assert!(right * 100 >= phones * 82, "{right} of {phones}");
    }
}
