//! The name of a take as `from:` writes it: `songs.bed`, `songs.bed#2`, `songs.bed[mood=bright]#1`.
//!
//! Knows nothing of which songs there are.

use crate::base::ids::unquoted;

/// A take by name, not looked up yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TakeText {
    /// `bed`.
    pub(super) song: String,
    /// Axis and value, in the order written.
    pub(super) at: Vec<(String, String)>,
    /// From one; the first unless written.
    pub(super) take: u32,
}

/// Reads a name, or says what is wrong with it.
pub(super) fn parse(written: &str) -> Result<TakeText, String> {
    let rest = written
        .trim()
        .strip_prefix("songs.")
        .ok_or("a rendered song is named `songs.NAME#TAKE`, such as `songs.bed#1`")?;
    let name_end = rest.find(['[', '#']).unwrap_or(rest.len());
    let (song, rest) = rest.split_at(name_end);
    let (at, rest) = match rest.strip_prefix('[') {
        Some(inner) => coordinates(inner)?,
        None => (Vec::new(), rest),
    };
    let take = match rest.strip_prefix('#') {
        Some(number) => number
            .parse()
            .ok()
            .filter(|number| *number > 0)
            .ok_or_else(|| format!("`{number}` is not the number of a take; takes count from 1"))?,
        None if rest.is_empty() => 1,
        None => return Err(format!("`{rest}` is left over behind the name")),
    };
    Ok(TakeText {
        song: song.to_owned(),
        at,
        take,
    })
}

type Axes = Vec<(String, String)>;

/// Reads `mood=bright,city="Rio, Brazil"]` and returns what follows it.
fn coordinates(mut rest: &str) -> Result<(Axes, &str), String> {
    let mut at = Vec::new();
    loop {
        let (axis, after) = rest
            .split_once('=')
            .filter(|(axis, _)| !axis.contains([']', ',']))
            .ok_or("between `[` and `]` stand axes with their values: `[mood=bright]`")?;
        let (value, after) = value(after)?;
        at.push((axis.trim().to_owned(), value));
        match after.split_at_checked(1) {
            Some((",", after)) => rest = after,
            Some(("]", after)) => return Ok((at, after)),
            _ => return Err("a `]` is missing".into()),
        }
    }
}

fn value(text: &str) -> Result<(String, &str), String> {
    if text.starts_with('"') {
        return unquoted(text).ok_or_else(|| "a `\"` is missing".into());
    }
    let end = text.find([',', ']']).ok_or("a `]` is missing")?;
    Ok((text[..end].trim().to_owned(), &text[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_cells_are_shown() {
        let take = parse(r#"songs.bed[mood=bright,city="Rio, \"B\""]#3"#).unwrap();
        assert_eq!(take.song, "bed");
        assert_eq!(take.at[1], ("city".into(), r#"Rio, "B""#.into()));
        assert_eq!(take.take, 3);
        let take = parse(r#"songs.bed[mood="slow\nand low"]"#).unwrap();
        assert_eq!(take.at, [("mood".into(), "slow\nand low".into())]);
        assert_eq!(parse("songs.bed").unwrap().take, 1);
    }

    #[test]
    fn what_is_no_name_says_why() {
        for (text, why) in [
            ("bed#1", "a rendered song is named"),
            ("songs.bed#0", "takes count from 1"),
            ("songs.bed#x", "takes count from 1"),
            ("songs.bed[mood=bright", "`]` is missing"),
            ("songs.bed[mood]#1", "between `[` and `]`"),
            ("songs.bed[mood=\"x]#1", "`\"` is missing"),
            ("songs.bed[a=b]x", "left over"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
