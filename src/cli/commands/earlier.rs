//! What became of earlier calls, as lines for the person who reads along.

use crate::{
    base::money::Usd,
    engine::{Became, Settled},
    report::settle,
    ui::Terminal,
};

/// Says what became of each. `project` is the project's folder as the user would type it, empty for the working folder.
pub(super) fn say(terminal: &mut Terminal, settled: &[Settled], project: &str) {
    for call in settled {
        terminal.say(&format!("{}: {}\n", call.take, became(call, project)));
    }
}

fn became(call: &Settled, project: &str) -> String {
    match &call.became {
        Became::Take => "its audio was paid for and is a take now; nothing was bought".to_owned(),
        Became::NotCharged => "by the account's log it was not charged: its call may be made again".to_owned(),
        Became::Paid(failure) => {
            let amount = failure
                .charged
                .map_or(String::new(), |amount: Usd| format!(" ({amount})"));
            let command = settle::command(&call.take, project, failure).unwrap_or_default();
            format!("it was paid for{amount} and brought no take; to buy it again: {command}")
        }
        Became::Waits(failure) => format!("{}; the next run tries again", failure.message),
        Became::Unknown(why) => format!("still unsure: {why}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Billed, FailureClass, StepFailure};

    #[test]
    fn each_outcome_is_one_line() {
        let line = |became_: Became| {
            let call = Settled {
                take: "songs.hook#1".into(),
                request_id: "id".into(),
                became: became_,
            };
            became(&call, "")
        };
        let mut paid = StepFailure::new(FailureClass::Lost, "x").billed(Billed::Yes);
        paid.charged = Usd::parse("0.0315");
        assert_eq!(
            line(Became::Paid(paid)),
            "it was paid for ($0.0315) and brought no take; to buy it again: takesheet resolve 'songs.hook#1' --retake"
        );
        assert_eq!(line(Became::Unknown("why".into())), "still unsure: why");
    }
}
