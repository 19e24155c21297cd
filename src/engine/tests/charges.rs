//! What takes cost whose answers did not say.

use super::harness::{Play, Session, Studio};
use crate::{
    backend::{Fate, RenderCall},
    base::money::Usd,
    event::{Event, FailureClass, RunEnd, StepFailure, StopCause},
};
use std::{collections::HashMap, sync::Arc, time::Duration};
use tokio::sync::mpsc;

fn studio(takes: u32) -> Studio {
    Studio::new(&pipeline(takes))
}

fn pipeline(takes: u32) -> String {
    format!(
        "
version: 1
backend: aimlapi
references: {{ vox: {{ file: voice.mp3, purpose: voice }} }}
lyrics: {{ chorus: {{ template: all night }} }}
songs: {{ hook: {{ lyrics: chorus, voice: vox, takes: {takes} }} }}
"
    )
}

/// The log: these calls, in the order they were made, cost so many cents.
fn cents(prices: &'static [i64]) -> impl Fn(&[RenderCall], Duration) -> Result<HashMap<String, Fate>, StepFailure> {
    move |calls, _| {
        let charged = |(call, cents): (&RenderCall, &i64)| {
            let fate = Fate::Charged {
                amount: Some(Usd::from_nanos(cents * 10_000_000)),
                traces: Vec::new(),
            };
            (call.request_id.clone(), fate)
        };
        Ok(calls.iter().zip(prices).map(charged).collect())
    }
}

fn said(session: &Session) -> Vec<String> {
    let amount = |event: &Event| match event {
        Event::TakeCharged { amount, .. } => Some(amount.decimal()),
        _ => None,
    };
    session
        .records
        .iter()
        .filter_map(|record| amount(&record.event))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn the_log_is_asked_once_and_again_by_the_next_paid_run() {
    let studio = studio(2);
    studio.backend.will([Play::Unsaid, Play::Unsaid]);
    studio.backend.will_log(cents(&[5]));
    let session = studio.run().await;
    assert_eq!(said(&session), ["0.05"], "the other row comes later");
    let costs = session.report.state.costs();
    assert_eq!((costs.charged.decimal(), costs.not_said), ("0.05".to_owned(), 1));
    let charged: Vec<_> = session.report.takes.values().filter_map(|take| take.charged).collect();
    assert_eq!(charged, [costs.charged], "the take knows it");
    assert_eq!(studio.backend.counts().looks.len(), 1);
    assert_eq!(studio.backend.counts().looks[0].1.len(), 2, "in one question");

    assert_eq!(said(&studio.run().await), [] as [&str; 0]);
    assert_eq!(
        studio.backend.counts().looks.len(),
        1,
        "a run that pays nothing asks nothing"
    );

    studio.write(&pipeline(3));
    studio.backend.will_log(cents(&[5, 7]));
    let session = studio.run().await;
    assert_eq!(said(&session), [] as [&str; 0], "that is another run's story");
    assert_eq!(studio.backend.counts().looks.len(), 2);
    let store = studio.store();
    let spent = store.spent_since(studio.begins).unwrap();
    assert_eq!(
        spent.known.decimal(),
        "0.1515",
        "5 and 7 cents, and what the third answer said"
    );
    let runs = store.runs(9).unwrap();
    let of_runs: Vec<_> = runs.iter().map(|run| run.spent.known.decimal()).collect();
    assert_eq!(of_runs, ["0.0315", "0", "0.12"], "the list of runs knows it too");
}

#[tokio::test(start_paused = true)]
async fn an_account_is_asked_only_about_its_own_calls() {
    let studio = studio(1);
    studio.backend.will([Play::Unsaid]);
    studio.run().await;
    let of_the_first = studio.backend.counts().looks[0].1.clone();
    studio.backend.use_account(b"another account");
    studio.write(&pipeline(2));
    studio.backend.will([Play::Unsaid]);
    studio.run().await;
    let of_the_second = studio.backend.counts().looks[1].1.clone();
    assert_eq!((of_the_first.len(), of_the_second.len()), (1, 1));
    assert_ne!(of_the_first, of_the_second);
    studio.backend.use_account(b"an account");
    studio.write(&pipeline(3));
    studio.run().await;
    assert_eq!(studio.backend.counts().looks[2].1, of_the_first, "it is asked again");
}

#[tokio::test(start_paused = true)]
async fn a_log_that_cannot_be_read_changes_nothing() {
    let studio = studio(1);
    studio.backend.will([Play::Unsaid]);
    studio
        .backend
        .will_log(|_, _| Err(StepFailure::new(FailureClass::Busy, "too many reads")));
    let session = studio.run().await;
    assert_eq!(session.report.state.end, Some(RunEnd::Done));
    let costs = session.report.state.costs();
    assert_eq!((costs.charged, costs.not_said), (Usd::ZERO, 1));
    assert_eq!(
        session.report.state.spent.known.decimal(),
        "0.0315",
        "the planned price stands"
    );
}

#[tokio::test(start_paused = true)]
async fn who_wants_to_leave_is_not_held_up() {
    let studio = studio(2);
    let (stop, signals) = mpsc::unbounded_channel();
    studio.backend.will([Play::Unsaid]);
    studio.backend.will_log(cents(&[5, 5]));
    let backend = Arc::clone(&studio.backend);
    tokio::spawn(async move {
        while backend.counts().renders.is_empty() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        stop.send(StopCause::Interrupted).unwrap();
    });
    let session = studio.run_with(signals).await;
    assert!(session.report.state.costs().not_said > 0, "what was under way landed");
    assert_eq!(session.report.state.end, Some(RunEnd::Stopped(StopCause::Interrupted)));
    assert!(studio.backend.counts().looks.is_empty());
}
