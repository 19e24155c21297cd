//! Workflow commands of GitHub Actions: failures beside the line of YAML that asked for them.
//!
//! GitHub shows about ten annotations of a step and drops the rest, so no more are made.

use crate::{
    base::span::Location,
    event::{Phase, RunState, StepFailure},
};

/// How many annotations are made at most.
pub const MOST: usize = 10;

/// How an annotation is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Red.
    Error,
    /// Yellow.
    Warning,
}

impl Level {
    const fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// One annotation: a line without its line break.
pub fn annotation(level: Level, location: &Location, title: &str, message: &str) -> String {
    format!(
        "::{} file={},line={},col={},title={}::{}",
        level.word(),
        property(&location.file),
        location.line,
        location.column,
        property(title),
        data(message),
    )
}

/// The failures and unclear outcomes of a run, the first [`MOST`] of them, one on each line.
pub fn failures(state: &RunState) -> String {
    let failed = state.nodes.values().filter_map(|node| match &node.phase {
        Phase::Failed(failure) => Some((Level::Error, node, failure)),
        Phase::Unsure(failure) => Some((Level::Warning, node, failure)),
        _ => None,
    });
    let line = |(level, node, failure): (Level, &crate::event::NodeState, &StepFailure)| {
        let location = failure.location.as_deref().unwrap_or(&node.card.location);
        annotation(level, location, &node.card.name, &message(failure)) + "\n"
    };
    failed.take(MOST).map(line).collect()
}

fn message(failure: &StepFailure) -> String {
    match &failure.help {
        Some(help) => format!("{}\n{help}", failure.message),
        None => failure.message.clone(),
    }
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        event::{Event, FailureClass, NodeKind},
        plan::NodeId,
        report::samples::{card, place, run, started},
    };

    #[test]
    fn what_would_end_a_command_is_escaped() {
        let mut location = place(20);
        location.file = "a,b:c.yaml".into();
        assert_eq!(
            annotation(Level::Error, &location, "songs.hook[a=1,b=2]#1", "50% gone:\r\nreally"),
            "::error file=a%2Cb%3Ac.yaml,line=20,col=3,title=songs.hook[a=1%2Cb=2]#1::50%25 gone:%0D%0Areally"
        );
    }

    #[test]
    fn only_the_first_ten_are_annotated() {
        let cards = (0..12)
            .map(|id| card(id, NodeKind::Take, &format!("songs.hook#{id}")))
            .collect();
        let failed = (0..12).map(|id| Event::NodeFailed {
            node: NodeId(id),
            failure: StepFailure::new(FailureClass::Server, "HTTP 500").help("try again"),
        });
        let text = failures(&run(std::iter::once(started(cards, 0)).chain(failed).collect()));
        assert_eq!(text.lines().count(), MOST);
        assert_eq!(
            text.lines().next(),
            Some("::error file=pipelines/rainy.yaml,line=20,col=3,title=songs.hook#0::HTTP 500%0Atry again")
        );
    }
}
