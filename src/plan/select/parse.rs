//! Reading selection expressions.

use super::{Pattern, Selection, SelectionError, Term, What};
use crate::{
    base::{
        ids::{StepKind, unquoted},
        words,
    },
    plan::Verdict,
};
use globset::GlobBuilder;

const STATES: [Verdict; 7] = [
    Verdict::Cached,
    Verdict::New,
    Verdict::Changed,
    Verdict::Retake,
    Verdict::Unsure,
    Verdict::Blocked,
    Verdict::Waits,
];

/// Reads expressions:
///
/// - `hook`, `songs.hook`, `ho*`: every take of a song; in a name `*`, `?` and `{a,b}` stand for other text;
/// - `hook[city=Lisbon]`, `hook[city=L*,mood=bright]`: only at these coordinates; a value in double quotes is meant
///   as it stands;
/// - `hook#2`: only that take;
/// - `tag:draft`; `state:changed|new` (`cached`, `new`, `changed`, `retake`, `unsure`, `blocked`, `waits`);
/// - `+hook`: with the takes it is made of; `hook+`: with those that are made of it, for references and lyrics too;
/// - `!hook`: without.
pub fn parse_selection(expressions: &[String]) -> Result<Selection, SelectionError> {
    let terms = expressions.iter().map(|text| term(text)).collect::<Result<_, _>>()?;
    Ok(Selection { terms, only: None })
}

fn term(text: &str) -> Result<Term, SelectionError> {
    let trimmed = text.trim();
    let (negated, rest) = flag(trimmed, trimmed.strip_prefix('!'));
    let (upstream, rest) = flag(rest, rest.strip_prefix('+'));
    let (downstream, rest) = flag(rest, rest.strip_suffix('+'));
    let what = if let Some(tag) = rest.strip_prefix("tag:") {
        What::Tag(pattern(text, tag)?)
    } else if let Some(states) = rest.strip_prefix("state:") {
        What::State(
            states
                .split('|')
                .map(|word| state(text, word))
                .collect::<Result<_, _>>()?,
        )
    } else {
        name(text, rest)?
    };
    Ok(Term {
        text: trimmed.to_owned(),
        negated,
        upstream,
        downstream,
        what,
    })
}

fn flag<'a>(whole: &'a str, without: Option<&'a str>) -> (bool, &'a str) {
    (without.is_some(), without.unwrap_or(whole))
}

fn unreadable(text: &str, why: &str) -> SelectionError {
    let help = "write `hook`, `hook[city=Lisbon]`, `hook#2`, `tag:draft`, `state:changed`, `+hook`, `hook+` or `!hook`";
    SelectionError::unreadable(
        format!("cannot read the selection `{text}`: {why}"),
        Some(help.to_owned()),
    )
}

fn state(text: &str, word: &str) -> Result<Verdict, SelectionError> {
    let words = STATES.map(Verdict::word);
    STATES.into_iter().find(|state| state.word() == word).ok_or_else(|| {
        let help = match words::nearest(word, words) {
            Some(near) => format!("did you mean `state:{near}`?"),
            None => format!("the states of a plan are {}", words::ticked(&words)),
        };
        SelectionError::unreadable(format!("unknown state `{word}` in `{text}`"), Some(help))
    })
}

fn name(text: &str, rest: &str) -> Result<What, SelectionError> {
    let (rest, take) = match rest.rsplit_once('#') {
        Some((before, number)) if !number.contains([']', '"']) => (before, Some(take_number(text, number)?)),
        _ => (rest, None),
    };
    let (name, at) = match rest.split_once('[') {
        Some((name, inside)) => {
            let inside = inside
                .strip_suffix(']')
                .ok_or_else(|| unreadable(text, "`[` without its `]` at the end"))?;
            (name, coordinates(text, inside)?)
        }
        None => (rest, Vec::new()),
    };
    let section = StepKind::ALL.into_iter().find_map(|kind| {
        let name = name.strip_prefix(kind.section())?.strip_prefix('.')?;
        Some((kind, name))
    });
    let (kind, name) = section.map_or((None, name), |(kind, name)| (Some(kind), name));
    let name = pattern(text, name)?;
    Ok(What::Name { kind, name, at, take })
}

fn take_number(text: &str, number: &str) -> Result<u32, SelectionError> {
    let number = number.parse().ok().filter(|number| *number > 0);
    number.ok_or_else(|| unreadable(text, "after `#` stands a take's number, from 1"))
}

/// `city=Lisbon,mood="so, so"`: written as cells are named.
fn coordinates(text: &str, mut rest: &str) -> Result<Vec<(String, Pattern)>, SelectionError> {
    let mut at = Vec::new();
    while !rest.is_empty() {
        let (axis, value) = rest
            .split_once('=')
            .ok_or_else(|| unreadable(text, "inside `[ ]` stands `axis=value`, with commas between"))?;
        let (value, after) = if value.starts_with('"') {
            let (value, after) = unquoted(value).ok_or_else(|| unreadable(text, "a `\"` is never closed"))?;
            (Pattern::Exactly(value), after)
        } else {
            let (value, after) = value.split_at(value.find(',').unwrap_or(value.len()));
            (pattern(text, value.trim())?, after)
        };
        at.push((axis.trim().to_owned(), value));
        rest = match after.trim_start() {
            "" => "",
            more => more
                .strip_prefix(',')
                .ok_or_else(|| unreadable(text, "a comma is missing between two values"))?,
        };
    }
    Ok(at)
}

fn pattern(text: &str, written: &str) -> Result<Pattern, SelectionError> {
    if written.is_empty() {
        return Err(unreadable(text, "a name is missing"));
    }
    if !written.contains(['*', '?', '{']) {
        return Ok(Pattern::Exactly(written.to_owned()));
    }
    let glob = GlobBuilder::new(written)
        .literal_separator(false)
        .backslash_escape(true)
        .build();
    glob.map(|glob| Pattern::Like(glob.compile_matcher()))
        .map_err(|error| unreadable(text, &error.kind().to_string()))
}
