//! From the sounds of a word to its syllables: a vowel takes as many of the consonants before it as a word may begin with.
//!
//! Knows nothing of spelling and notes.

use super::lexicon::Sound;
use super::phone::{Phone, Stress, Syllable};

/// Splits a word. One without a vowel, like `hmm`, is sung on the first that a mouth makes.
pub(super) fn split(sounds: &[Sound]) -> Vec<Syllable> {
    let mut syllables: Vec<Syllable> = Vec::new();
    let mut waiting = Vec::new();
    for &(phone, stress) in sounds {
        if !phone.is_vowel() {
            waiting.push(phone);
            continue;
        }
        let onset = match syllables.last_mut() {
            Some(before) => {
                let onset = waiting.split_off(waiting.len() - onset_length(&waiting, before));
                before.coda.append(&mut waiting);
                onset
            }
            None => std::mem::take(&mut waiting),
        };
        syllables.push(Syllable {
            onset,
            nucleus: phone,
            coda: Vec::new(),
            stress,
        });
    }
    match syllables.last_mut() {
        Some(last) => last.coda = waiting,
        None if !waiting.is_empty() => {
            let coda = waiting.split_off(1);
            syllables.push(Syllable {
                onset: waiting,
                coda,
                stress: Stress::Primary,
                ..Syllable::open(Phone::AH)
            });
        }
        None => {}
    }
    syllables
}

/// How many of the consonants between two vowels belong to the second.
fn onset_length(consonants: &[Phone], before: &Syllable) -> usize {
    let longest = consonants.len().min(3);
    let most = (0..=longest)
        .rev()
        .find(|length| begins_words(&consonants[consonants.len() - length..]))
        .unwrap_or(0);
    // A short vowel with weight does not stand open: `sis-ter`, not `si-ster`.
    let short = matches!(
        before.nucleus,
        Phone::AE | Phone::EH | Phone::IH | Phone::AH | Phone::UH
    );
    if most == consonants.len() && most > 1 && short && before.stress != Stress::None {
        most - 1
    } else {
        most
    }
}

/// Whether English words begin with these consonants.
fn begins_words(consonants: &[Phone]) -> bool {
    use Phone::{B, D, F, G, HH, K, L, M, N, NG, P, R, S, SH, T, TH, V, W, Y, ZH};
    match *consonants {
        [one] => one != NG && one != ZH,
        []
        | [B | F | G | K | P | S, L]
        | [B | D | F | G | K | P | T | TH | SH, R]
        | [D | G | K | S | T | TH | HH, W]
        | [B | F | HH | K | M | P | V, Y]
        | [S, K | M | N | P | T | F]
        | [S, K | P | T, R]
        | [S, K, W]
        | [S, K | P, L | Y] => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::split;
    use crate::band::lexicon;
    use crate::band::phone::Phone;

    fn shown(word: &str) -> String {
        let join = |phones: &[Phone]| {
            phones
                .iter()
                .map(|phone| format!("{phone:?}"))
                .collect::<Vec<_>>()
                .concat()
        };
        let syllables = split(&lexicon::speak(word).unwrap());
        let shown = syllables
            .iter()
            .map(|own| join(&own.onset) + "." + &join(&[own.nucleus]) + "." + &join(&own.coda));
        shown.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_vowel_takes_what_a_word_may_begin_with() {
        for (word, expected) in [
            ("alone", ".AH. L.OW.N"),
            ("hundred", "HH.AH.N DR.AH.D"),
            ("sister", "S.IH.S T.ER."),
            ("extra", ".EH.K STR.AH."),
            ("asleep", ".AH. SL.IY.P"),
            ("singing", "S.IH.NG .IH.NG"),
            ("strengths", "STR.EH.NGKTHS"),
            ("hmm", "HH.AH.M"),
        ] {
            assert_eq!(shown(word), expected, "{word}");
        }
    }

    #[test]
    fn no_sound_is_lost() {
        for word in lexicon::words().step_by(199) {
            let sounds = lexicon::speak(word).unwrap();
            let sung = split(&sounds).into_iter().flat_map(|syllable| {
                let middle = [syllable.nucleus];
                [syllable.onset, middle.to_vec(), syllable.coda].concat()
            });
            let mut sung: Vec<_> = sung.collect();
            if !sounds.iter().any(|(phone, _)| phone.is_vowel()) {
                sung.remove(1);
            }
            assert!(sung.iter().eq(sounds.iter().map(|(phone, _)| phone)), "{word}");
        }
    }
}
