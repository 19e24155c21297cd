//! Numbers as words: `24` is `twenty four`, `1999` is `nineteen ninety nine`, `3rd` is `third`.
//!
//! Knows nothing of how words sound.

const SMALL: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const TENS: [&str; 10] = [
    "zero", "ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
];
const LARGE: [(u32, &str); 4] = [
    (1_000_000_000, "billion"),
    (1_000_000, "million"),
    (1_000, "thousand"),
    (100, "hundred"),
];

/// The words of ASCII digits with the letters that follow them, as in `21st` or `80s`. Letters that belong to no number
/// are a word of their own.
pub(super) fn words(digits: &str, letters: &str) -> Vec<String> {
    let mut words = spelled(digits);
    match letters {
        "" => {}
        "st" | "nd" | "rd" | "th" => change_last(&mut words, ordinal),
        "s" => change_last(&mut words, |word| match word.strip_suffix('y') {
            Some(stem) => format!("{stem}ies"),
            None => format!("{word}s"),
        }),
        _ => words.push(letters.to_owned()),
    }
    words
}

fn change_last(words: &mut [String], change: impl Fn(&str) -> String) {
    if let Some(last) = words.last_mut() {
        *last = change(last);
    }
}

fn spelled(digits: &str) -> Vec<String> {
    let number = digits
        .parse::<u32>()
        .ok()
        .filter(|_| digits == "0" || !digits.starts_with('0'));
    let mut words = Vec::new();
    match number {
        // A year is two numbers.
        Some(year @ (1101..=1999 | 2010..=2099)) if year % 100 > 9 => {
            count(year / 100, &mut words);
            count(year % 100, &mut words);
        }
        Some(number) => count(number, &mut words),
        None => words.extend(
            digits
                .bytes()
                .map(|digit| SMALL[usize::from(digit.saturating_sub(b'0')) % 10]),
        ),
    }
    words.into_iter().map(str::to_owned).collect()
}

fn count(number: u32, words: &mut Vec<&'static str>) {
    if let Some((size, name)) = LARGE.into_iter().find(|(size, _)| number >= *size) {
        count(number / size, words);
        words.push(name);
        if !number.is_multiple_of(size) {
            count(number % size, words);
        }
        return;
    }
    let small = usize::try_from(number).unwrap_or(0);
    match SMALL.get(small) {
        Some(word) => words.push(word),
        None => {
            words.push(TENS[small / 10 % 10]);
            if small % 10 > 0 {
                words.push(SMALL[small % 10]);
            }
        }
    }
}

fn ordinal(word: &str) -> String {
    match word {
        "one" => "first".to_owned(),
        "two" => "second".to_owned(),
        "three" => "third".to_owned(),
        "five" => "fifth".to_owned(),
        "eight" => "eighth".to_owned(),
        "nine" => "ninth".to_owned(),
        "twelve" => "twelfth".to_owned(),
        _ => match word.strip_suffix('y') {
            Some(stem) => format!("{stem}ieth"),
            None => format!("{word}th"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::words;
    use crate::band::lexicon;

    #[test]
    fn numbers_are_read_out() {
        for (digits, letters, expected) in [
            ("0", "", "zero"),
            ("7", "", "seven"),
            ("24", "", "twenty four"),
            ("100", "", "one hundred"),
            ("365", "", "three hundred sixty five"),
            ("1999", "", "nineteen ninety nine"),
            ("2000", "", "two thousand"),
            ("2024", "", "twenty twenty four"),
            ("1000000", "", "one million"),
            ("007", "", "zero zero seven"),
            (
                "99999999999",
                "",
                "nine nine nine nine nine nine nine nine nine nine nine",
            ),
            ("21", "st", "twenty first"),
            ("12", "th", "twelfth"),
            ("80", "s", "eighties"),
            ("4", "ever", "four ever"),
        ] {
            assert_eq!(words(digits, letters).join(" "), expected, "{digits}{letters}");
        }
    }

    #[test]
    fn the_dictionary_has_every_word_of_a_number() {
        let of = |number: u32| {
            ["", "th", "s"]
                .map(|letters| words(&number.to_string(), letters))
                .concat()
        };
        for word in (1..=110).flat_map(of) {
            assert!(lexicon::speak(&word).is_some(), "{word}");
        }
    }
}
