//! Text in columns: how wide it is, how it is cut, padded and contrasted.
//!
//! Widths are those of a terminal: a CJK character takes two columns. Knows nothing of colours; paint last.

use crate::base::words;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Columns a text takes.
pub fn width(text: &str) -> usize {
    text.width()
}

/// The text with spaces behind, to `columns`.
pub fn pad(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

/// The text with spaces before, to `columns`.
pub fn pad_left(text: &str, columns: usize) -> String {
    format!("{}{text}", " ".repeat(columns.saturating_sub(width(text))))
}

/// Cut at the end, with `…`, to at most `columns`.
pub fn cut(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    head(text, columns.saturating_sub(1)).to_owned() + "…"
}

/// Cut in the middle, to at most `columns`: the end of a name (`#2`) says as much as its beginning.
pub fn elide(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let room = columns.saturating_sub(1);
    let tail = tail(text, room / 2);
    format!("{}…{tail}", head(text, room - width(tail)))
}

/// The text in lines of at most `columns`, broken between words; a word that is wider has a line of its own.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().expect("there is one from the beginning");
        if line.is_empty() {
            line.push_str(word);
        } else if width(line) + 1 + width(word) <= columns {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

/// Two texts that differ, each in at most `columns`: what they have in common before the difference goes first.
pub fn contrast(before: &str, after: &str, columns: usize) -> (String, String) {
    let too_wide = width(before).max(width(after)).saturating_sub(columns);
    if too_wide == 0 {
        return (before.to_owned(), after.to_owned());
    }
    let same = before
        .chars()
        .zip(after.chars())
        .take_while(|(one, other)| one == other)
        .count();
    // A little of what is common shows where the difference lies; the mark itself takes a column.
    let skipped = same.saturating_sub(columns / 4).min(too_wide + 1);
    let from = |text: &str| -> String {
        let rest: String = text.chars().skip(skipped).collect();
        let mark = if skipped == 0 { "" } else { "…" };
        cut(&format!("{mark}{rest}"), columns)
    };
    (from(before), from(after))
}

/// The text on one line: what is not seen or turns text around, line breaks included, as its escape.
pub fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for letter in text.chars() {
        if words::is_hidden(letter) {
            line.extend(letter.escape_default());
        } else {
            line.push(letter);
        }
    }
    line
}

fn head(text: &str, columns: usize) -> &str {
    let mut taken = 0;
    for (at, letter) in text.char_indices() {
        taken += letter.width().unwrap_or(0);
        if taken > columns {
            return &text[..at];
        }
    }
    text
}

fn tail(text: &str, columns: usize) -> &str {
    let mut taken = 0;
    for (at, letter) in text.char_indices().rev() {
        taken += letter.width().unwrap_or(0);
        if taken > columns {
            return &text[at + letter.len_utf8()..];
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_characters_count_twice() {
        assert_eq!(width("夜の歌"), 6);
        assert_eq!(pad("夜", 4), "夜  ");
        assert_eq!(pad_left("夜", 4), "  夜");
        assert_eq!(cut("夜の歌が好き", 7), "夜の歌…");
        assert_eq!(width(&elide("songs.夜[city=東京]#2", 12)), 12);
    }

    #[test]
    fn the_end_of_a_name_survives() {
        assert_eq!(elide("hook[city=Lisbon,mood=bright]#12", 16), "hook[cit…ght]#12");
        assert_eq!(elide("hook#1", 16), "hook#1");
    }

    #[test]
    fn a_difference_is_shown_even_at_the_end_of_a_long_line() {
        let (before, after) = contrast(
            "Lights of the old town, bright and wide",
            "Lights of the old town, bright and deep",
            16,
        );
        assert_eq!(
            (before.as_str(), after.as_str()),
            ("…bright and wide", "…bright and deep")
        );
        let (before, after) = contrast(
            "the same beginning and then the old end of it",
            "the same beginning: new",
            12,
        );
        assert_eq!((before.as_str(), after.as_str()), ("…ing and th…", "…ing: new"));
        assert_eq!(contrast("a", "b", 16), ("a".to_owned(), "b".to_owned()));
    }

    #[test]
    fn lines_break_between_words() {
        assert_eq!(wrap("to be  or not", 6), ["to be", "or not"]);
        assert_eq!(
            wrap("a https://long.example/x b", 8),
            ["a", "https://long.example/x", "b"]
        );
        assert_eq!(wrap("", 8), [""]);
    }

    #[test]
    fn nothing_breaks_a_line_that_must_stay_one() {
        assert_eq!(one_line("a\nb\u{1b}[31m"), "a\\nb\\u{1b}[31m");
    }
}
