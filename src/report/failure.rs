//! One failure as text: what happened, where it was asked for, whether it was paid, what to do.
//!
//! Knows nothing of the run around it.

use crate::{
    event::{Billed, StepFailure},
    report::look::{Ink, Look},
};
use std::fmt::Write;

/// The failure of `name`, over several lines.
pub fn text(name: &str, failure: &StepFailure, look: &Look) -> String {
    headed(&look.paint(Ink::Red, "error"), name, failure, look)
}

/// The unclear outcome of `name`, over several lines.
pub fn unsure(name: &str, failure: &StepFailure, look: &Look) -> String {
    headed(&look.paint(Ink::Magenta, "unsure"), name, failure, look)
}

fn headed(word: &str, name: &str, failure: &StepFailure, look: &Look) -> String {
    let mut text = format!("{word}: {name}: {}\n", failure.message);
    if let Some(location) = &failure.location {
        let _ = writeln!(text, " {} {location}", look.paint(Ink::Cyan, "-->"));
    }
    for (label, line) in notes(failure) {
        let _ = writeln!(text, "  {} {line}", look.paint(Ink::Bold, label));
    }
    look.spell(&text).into_owned()
}

fn notes(failure: &StepFailure) -> Vec<(&'static str, String)> {
    let mut notes = vec![("paid:", billed(failure.billed).to_owned())];
    if let Some(help) = &failure.help {
        notes.push(("help:", help.clone()));
    }
    let status = failure.status.map(|status| format!("HTTP {status}"));
    let trace = failure.trace.as_ref().map(|trace| format!("request {trace}"));
    let call: Vec<String> = status.into_iter().chain(trace).collect();
    if !call.is_empty() {
        notes.push(("call:", call.join(", ")));
    }
    notes
}

/// Whether it was paid for, in a few words.
pub const fn billed(billed: Billed) -> &'static str {
    match billed {
        Billed::No => "no, nothing was charged",
        Billed::Yes => "yes, the call was charged",
        Billed::Unknown => "nobody knows yet",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{event::FailureClass, report::samples::place};

    #[test]
    fn a_failure_says_what_where_and_whether_it_was_paid() {
        let mut failure = StepFailure::new(FailureClass::Moderation, "the lyrics were refused: \"1026 sensitive\"")
            .help("change the words and run again; other takes are not affected");
        failure.location = Some(place(20).into());
        failure.status = Some(400);
        failure.trace = Some("ts-7f".into());
        assert_eq!(
            text("songs.hook[city=Lisbon]#1", &failure, &Look::PLAIN),
            "error: songs.hook[city=Lisbon]#1: the lyrics were refused: \"1026 sensitive\"\n \
             --> pipelines/rainy.yaml:20:3\n  \
             paid: no, nothing was charged\n  \
             help: change the words and run again; other takes are not affected\n  \
             call: HTTP 400, request ts-7f\n"
        );
    }

    #[test]
    fn an_unclear_outcome_is_no_error() {
        let failure = StepFailure::new(FailureClass::Ambiguous, "the connection was cut").billed(Billed::Unknown);
        let text = unsure("songs.夜#1", &failure, &Look::PLAIN);
        assert_eq!(
            text,
            "unsure: songs.夜#1: the connection was cut\n  paid: nobody knows yet\n"
        );
    }
}
