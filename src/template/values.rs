//! What the helpers compute: from values to a value, nothing else.
//!
//! An error is the end of a sentence that begins with the helper's name, with a line of advice after a line break.

use super::LARGEST;
use jiff::{civil::Date, fmt::strtime};
use serde_json::Value;

/// How often `repeat` repeats at most.
const MOST_REPEATS: u64 = 99;

/// The text a scalar prints as; what it is, if it is no scalar.
pub(super) fn text(value: &Value) -> Result<String, &'static str> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(truth) => Ok(truth.to_string()),
        Value::Null => Err("empty"),
        Value::Array(_) => Err("a list"),
        Value::Object(_) => Err("a map"),
    }
}

fn wanted_text(value: &Value) -> Result<String, String> {
    text(value).map_err(|what| format!("takes text, and this is {what}"))
}

pub(super) fn upper(values: &[Value]) -> Result<Value, String> {
    Ok(wanted_text(&values[0])?.to_uppercase().into())
}

pub(super) fn lower(values: &[Value]) -> Result<Value, String> {
    Ok(wanted_text(&values[0])?.to_lowercase().into())
}

/// Every word with a capital; the rest of each word stays as it is, so that `McCoy` does.
pub(super) fn title(values: &[Value]) -> Result<Value, String> {
    let mut result = String::new();
    let mut begins = true;
    for letter in wanted_text(&values[0])?.chars() {
        if begins {
            result.extend(letter.to_uppercase());
        } else {
            result.push(letter);
        }
        begins = letter.is_whitespace() || letter == '-';
    }
    Ok(result.into())
}

/// The first letter as a capital; the rest stays as it is.
pub(super) fn capitalize(values: &[Value]) -> Result<Value, String> {
    let text = wanted_text(&values[0])?;
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    Ok(first.chain(letters.clone()).collect::<String>().into())
}

pub(super) fn trim(values: &[Value]) -> Result<Value, String> {
    Ok(wanted_text(&values[0])?.trim().into())
}

/// A list as one text; a text is a list of one.
pub(super) fn join(values: &[Value]) -> Result<Value, String> {
    let between = values.get(1).map_or_else(|| Ok(", ".to_owned()), wanted_text)?;
    let items: Result<Vec<_>, _> = match &values[0] {
        Value::Array(list) => list.iter().map(wanted_text).collect(),
        other => wanted_text(other).map(|one| vec![one]),
    };
    Ok(items?.join(&between).into())
}

/// The first value, or the second if the first is missing or empty: an empty field of a CSV file counts as missing.
pub(super) fn default(values: &[Value]) -> Value {
    let empty = match &values[0] {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        _ => false,
    };
    values[usize::from(empty)].clone()
}

/// The lines of a text that are not blank, as a list; with a first and a last line, from one, those as one text.
pub(super) fn lines(values: &[Value]) -> Result<Value, String> {
    let text = wanted_text(&values[0])?;
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim_end)
        .filter(|line| !line.is_empty())
        .collect();
    let Some(first) = values.get(1) else {
        return Ok(lines.into());
    };
    let first = line_number(first)?;
    let last = values.get(2).map_or(Ok(first), line_number)?;
    if first > last || last > lines.len() {
        let message = format!(
            "is asked for the lines {first} to {last} of a text that has {}",
            lines.len()
        );
        return Err(message + "\nlines count from one; blank ones do not count");
    }
    Ok(lines[first - 1..last].join("\n").into())
}

fn line_number(value: &Value) -> Result<usize, String> {
    whole(value)
        .and_then(|number| usize::try_from(number).ok())
        .filter(|number| *number > 0)
        .ok_or_else(|| "takes the numbers of lines, from one".to_owned())
}

/// A day that is given, in a format of `strftime`. There is no today here: the text must be the same tomorrow.
pub(super) fn date(values: &[Value]) -> Result<Value, String> {
    let (day, format) = (wanted_text(&values[0])?, wanted_text(&values[1])?);
    let date: Date = day.get(..10).unwrap_or(&day).parse().map_err(|_| {
        format!("cannot read `{day}` as a day\nwrite it as in 2026-03-01, or take it from a variable: `{{{{date day \"%A\"}}}}`")
    })?;
    strtime::format(&format, date).map(Value::from).map_err(|error| {
        format!("cannot use the format `{format}`: {error}\n%Y, %m, %d, %A and %B are year, month, day and their names")
    })
}

/// A text so many times.
pub(super) fn repeat(values: &[Value]) -> Result<Value, String> {
    let [what, times_value] = values else {
        return Err("takes a text and a number".to_owned());
    };
    let (what, times) = (wanted_text(what)?, times(times_value)?);
    if what.len().saturating_mul(times) > LARGEST {
        return Err(format!("gives more than {} kB", LARGEST / 1024));
    }
    Ok(what.repeat(times).into())
}

/// How often to repeat.
pub(super) fn times(value: &Value) -> Result<usize, String> {
    whole(value)
        .filter(|number| *number <= MOST_REPEATS)
        .and_then(|number| usize::try_from(number).ok())
        .ok_or_else(|| format!("takes a whole number from 0 to {MOST_REPEATS}"))
}

/// Whether a value prints as one of the others; a list among them stands for its items.
pub(super) fn is_one_of(value: &Value, others: &[Value]) -> bool {
    let same = |other: &Value| match (text(value), text(other)) {
        (Ok(one), Ok(two)) => one == two,
        _ => value == other,
    };
    others.iter().any(|other| match other {
        Value::Array(list) if !value.is_array() => list.iter().any(same),
        other => same(other),
    })
}

fn whole(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.trim().parse().ok())
}
