//! The lines of checks.

use super::{Check, Level, counts};
use crate::{
    base::words,
    report::{
        layout,
        look::{Ink, Look},
    },
};

/// Columns of `problem`, the longest of the words before a line.
const LEVELS: usize = 7;

/// A line for each check, what to do about it below, and how many are wrong at the end. Without `all` only what is
/// wrong, and nothing if nothing is.
pub fn text(checks: &[Check], look: &Look, all: bool) -> String {
    let shown: Vec<&Check> = checks.iter().filter(|check| all || check.level != Level::Ok).collect();
    if shown.is_empty() && !all {
        return String::new();
    }
    let columns = shown.iter().map(|check| layout::width(check.about)).max().unwrap_or(0);
    let mut text = String::new();
    for check in shown {
        row(&mut text, check, columns, look);
    }
    text.push('\n');
    text.push_str(&summary(checks, look));
    look.spell(&text).into_owned()
}

fn row(text: &mut String, check: &Check, columns: usize, look: &Look) {
    let level = look.paint(ink(check.level), &layout::pad(check.level.word(), LEVELS));
    let about = layout::pad(check.about, columns);
    let margin = 2 + LEVELS + 2 + columns + 2;
    let room = look.width.saturating_sub(margin).max(24);
    let indent = " ".repeat(margin);
    for (number, line) in layout::wrap(&check.finding, room).iter().enumerate() {
        if number == 0 {
            text.push_str(&format!("  {level}  {about}  {line}\n"));
        } else {
            text.push_str(&format!("{indent}{line}\n"));
        }
    }
    // Not wrapped: a command in it is there to be copied.
    for help in &check.help {
        text.push_str(&format!("{indent}{} {help}\n", look.paint(Ink::Bold, "help:")));
    }
}

fn summary(checks: &[Check], look: &Look) -> String {
    let (problems, warnings) = counts(checks);
    let phrase = match (problems, warnings) {
        (0, 0) => look.paint(Ink::Green, "Nothing is wrong"),
        (0, _) => format!("No problem, {}", words::count(warnings, "warning")),
        (_, 0) => look.paint(Ink::Red, &words::count(problems, "problem")),
        _ => {
            let problems = look.paint(Ink::Red, &words::count(problems, "problem"));
            format!("{problems}, {}", words::count(warnings, "warning"))
        }
    };
    format!("{phrase}\n")
}

const fn ink(level: Level) -> Ink {
    match level {
        Level::Ok => Ink::Green,
        Level::Warning => Ink::Yellow,
        Level::Problem(_) => Ink::Red,
    }
}

/// One check that is not as it should be, as a command says it that has other things to say too: `warning: …`, `error: …`.
pub fn complaint(check: &Check, look: &Look) -> String {
    let (word, ink) = match check.level {
        Level::Ok => return String::new(),
        Level::Warning => ("warning", Ink::Yellow),
        Level::Problem(_) => ("error", Ink::Red),
    };
    let mut text = format!("{}: {}\n", look.paint(ink, word), check.finding);
    for help in &check.help {
        text.push_str(&format!("{}: {help}\n", look.paint(Ink::Bold, "help")));
    }
    look.spell(&text).into_owned()
}
