//! The commands that settle a call which brought no take: by what is known of it.
//!
//! Pure. Knows nothing of the ledger.

use super::names;
use crate::event::{Billed, StepFailure};

/// How to settle the call of `name` (a take's, or the call's own id) in the project that the user would type as
/// `project`, empty for the working folder. None where the next run settles it by itself.
pub fn command(name: &str, project: &str, failure: &StepFailure) -> Option<String> {
    let options = match failure.billed {
        _ if failure.is_kept() => return None,
        Billed::Yes => "--retake",
        Billed::No | Billed::Unknown => "--paid | --not-paid | --retake | --look-up",
    };
    Some(resolve(name, project, options))
}

/// The command that settles the call or take of `name` like that.
pub fn resolve(name: &str, project: &str, options: &str) -> String {
    let folder = if project.is_empty() {
        String::new()
    } else {
        format!(" -C {}", names::shell(project))
    };
    format!("takesheet resolve{folder} {} {options}", names::quoted(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::FailureClass;

    #[test]
    fn what_is_known_decides_which_words_are_offered() {
        let failure = |class, billed| StepFailure::new(class, "x").billed(billed);
        let unsure = failure(FailureClass::Ambiguous, Billed::Unknown);
        assert_eq!(
            command("songs.hook#1", "", &unsure).as_deref(),
            Some("takesheet resolve 'songs.hook#1' --paid | --not-paid | --retake | --look-up")
        );
        let lost = failure(FailureClass::Lost, Billed::Yes);
        assert_eq!(
            command("songs.hook#1", "my songs", &lost).as_deref(),
            Some("takesheet resolve -C 'my songs' 'songs.hook#1' --retake")
        );
        assert_eq!(command("x", "", &failure(FailureClass::Unreachable, Billed::Yes)), None);
    }
}
