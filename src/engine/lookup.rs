//! Lost calls are looked up in the account's log: all of one backend's together, again and again, until the log tells or
//! patience ends.
//!
//! The log may be read 200 times a minute (documented), and rows arrive late: so one task for each backend asks for
//! everybody, at growing intervals, and never twice within [`GAP`]. What to do about the answer is the step's to decide.
//! `Desk` is pure: the time is handed in.

use super::chance::{chance, jittered};
use crate::{
    backend::{Backend, Fate},
    base::{
        time::{Clock, Timestamp},
        words,
    },
    catalog::BackendKind,
    event::{FailureClass, StepFailure},
};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinSet,
};

/// How long a lost call is looked up if the pipeline does not say: rows were not seen to take longer than the call.
pub(super) const PATIENCE: Duration = Duration::from_secs(180);
/// The least time between two reads of one log.
const GAP: Duration = Duration::from_secs(2);
/// Seconds between the looks for one call; the last one goes on.
const INTERVALS: [u64; 5] = [2, 4, 8, 15, 30];

/// What the log tells of a call.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Told {
    /// It is over.
    Fate(Fate),
    /// Nothing, and a phrase that says why.
    Nothing(String),
}

/// A lost call.
#[derive(Debug)]
pub(super) struct Ask {
    /// What it was sent with.
    pub(super) request_id: String,
    /// When it was made.
    pub(super) since: Timestamp,
    /// How long to go on looking; zero looks once.
    pub(super) patience: Duration,
    /// Dropped by a step that wants no answer any more.
    pub(super) reply: oneshot::Sender<Told>,
}

/// Where steps hand in their lost calls.
pub(super) type Doors = Arc<BTreeMap<BackendKind, mpsc::UnboundedSender<Ask>>>;

/// Starts one task for each backend. They end when the set is dropped.
pub(super) fn start<B: Backend>(
    backends: &HashMap<BackendKind, Arc<B>>,
    clock: &Arc<dyn Clock>,
) -> (Doors, JoinSet<()>) {
    let (mut doors, mut tasks) = (BTreeMap::new(), JoinSet::new());
    for (kind, backend) in backends {
        let (sender, asks) = mpsc::unbounded_channel();
        tasks.spawn(attend(Arc::clone(backend), Arc::clone(clock), asks));
        doors.insert(*kind, sender);
    }
    (Arc::new(doors), tasks)
}

async fn attend<B: Backend>(backend: Arc<B>, clock: Arc<dyn Clock>, mut asks: mpsc::UnboundedReceiver<Ask>) {
    let mut desk = Desk::default();
    loop {
        let now = clock.elapsed();
        let due = desk.due();
        tokio::select! {
            ask = asks.recv() => match ask {
                Some(ask) => desk.add(ask, clock.elapsed()),
                None => return,
            },
            () = tokio::time::sleep(due.unwrap_or(now).saturating_sub(now)), if due.is_some() => {
                while let Ok(ask) = asks.try_recv() {
                    desk.add(ask, clock.elapsed());
                }
                let Some((ids, since)) = desk.question() else { continue };
                let answer = backend.look_up(&ids, since).await;
                desk.answer(&answer, clock.elapsed(), chance(&*clock));
            }
        }
    }
}

/// A call that is being looked up.
#[derive(Debug)]
struct Open {
    ask: Ask,
    /// When patience ends.
    until: Duration,
    /// When it is looked up next.
    due: Duration,
    /// How often it was looked up.
    looks: usize,
}

/// The lost calls of one backend.
#[derive(Debug, Default)]
struct Desk {
    open: Vec<Open>,
    /// When the log was read last.
    last: Option<Duration>,
}

impl Desk {
    fn add(&mut self, ask: Ask, now: Duration) {
        self.open.push(Open {
            until: now + ask.patience,
            due: now,
            looks: 0,
            ask,
        });
    }

    /// When the log is to be read next.
    fn due(&self) -> Option<Duration> {
        let first = self.open.iter().map(|open| open.due).min()?;
        Some(self.last.map_or(first, |last| first.max(last + GAP)))
    }

    /// Everything to ask for, and the time of the earliest call. Who went away meanwhile is forgotten.
    fn question(&mut self) -> Option<(Vec<String>, Timestamp)> {
        self.open.retain(|open| !open.ask.reply.is_closed());
        let since = self.open.iter().map(|open| open.ask.since).min()?;
        let ids = self.open.iter().map(|open| open.ask.request_id.clone()).collect();
        Some((ids, since))
    }

    /// Answers whom the log tells about, and whose patience ends.
    fn answer(&mut self, answer: &Result<HashMap<String, Fate>, StepFailure>, now: Duration, chance: u64) {
        self.last = Some(now);
        for mut open in std::mem::take(&mut self.open) {
            let told = match answer {
                Ok(fates) => fates.get(&open.ask.request_id).cloned().map(Told::Fate),
                Err(failure) if is_final(failure) => Some(Told::Nothing(failure.message.clone())),
                Err(_) => None,
            };
            let told = told.or_else(|| (now >= open.until).then(|| nothing(answer, open.ask.patience)));
            if let Some(told) = told {
                // A step that went away meanwhile asks for nothing any more.
                let _ = open.ask.reply.send(told);
                continue;
            }
            open.due = open.until.min(now + interval(open.looks, chance));
            open.looks += 1;
            self.open.push(open);
        }
    }
}

/// Whether reading the log again would go the same way.
const fn is_final(failure: &StepFailure) -> bool {
    matches!(
        failure.class,
        FailureClass::Auth | FailureClass::Withdrawn | FailureClass::Invalid | FailureClass::Machine
    )
}

fn nothing(answer: &Result<HashMap<String, Fate>, StepFailure>, patience: Duration) -> Told {
    Told::Nothing(match answer {
        Err(failure) => failure.message.clone(),
        Ok(_) if patience.is_zero() => "the account's log has no row of it".to_owned(),
        Ok(_) => format!("the account's log has no row of it after {}", words::duration(patience)),
    })
}

/// Up to a quarter less than the table says: several runs that lost their calls together do not ask together.
fn interval(looks: usize, chance: u64) -> Duration {
    let seconds = INTERVALS.get(looks).or(INTERVALS.last()).copied().unwrap_or(30);
    jittered(Duration::from_secs(seconds), chance)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    fn ask(desk: &mut Desk, id: &str, patience: u64, now: u64) -> oneshot::Receiver<Told> {
        let (reply, answer) = oneshot::channel();
        let ask = Ask {
            request_id: id.to_owned(),
            since: Timestamp::UNIX_EPOCH + seconds(now),
            patience: seconds(patience),
            reply,
        };
        desk.add(ask, seconds(now));
        answer
    }

    /// Reads a log that says nothing until it is not asked any more; gives the times.
    fn look_on(desk: &mut Desk) -> Vec<Duration> {
        let mut times = Vec::new();
        while let Some(due) = desk.due() {
            if desk.question().is_some() {
                desk.answer(&Ok(HashMap::new()), due, 0);
                times.push(due);
            }
        }
        times
    }

    #[test]
    fn looks_at_once_then_at_growing_intervals_and_a_last_time_at_the_end() {
        let mut desk = Desk::default();
        let mut answer = ask(&mut desk, "a", 100, 0);
        assert_eq!(look_on(&mut desk), [0, 2, 6, 14, 29, 59, 89, 100].map(seconds));
        let Ok(Told::Nothing(why)) = answer.try_recv() else {
            panic!("patience is over")
        };
        assert_eq!(why, "the account's log has no row of it after 1m 40s");
    }

    #[test]
    fn no_patience_looks_once() {
        let mut desk = Desk::default();
        let mut answer = ask(&mut desk, "a", 0, 0);
        assert_eq!(look_on(&mut desk), [seconds(0)]);
        assert_eq!(
            answer.try_recv(),
            Ok(Told::Nothing("the account's log has no row of it".to_owned()))
        );
    }

    #[test]
    fn all_are_asked_for_in_one_read_and_reads_keep_their_distance() {
        let mut desk = Desk::default();
        let mut answers: Vec<_> = (0..50).map(|n| ask(&mut desk, &format!("{n}"), 60, n / 10)).collect();
        let mut reads = Vec::new();
        while let Some(due) = desk.due() {
            let (ids, since) = desk.question().unwrap();
            assert_eq!((ids.len(), since), (50, Timestamp::UNIX_EPOCH));
            desk.answer(&Ok(HashMap::new()), due, 0);
            reads.push(due);
            if reads.len() == 3 {
                let fates = ids.into_iter().map(|id| (id, Fate::NotCharged)).collect();
                desk.answer(&Ok(fates), due + GAP, 0);
            }
        }
        assert!(reads.windows(2).all(|two| two[1] >= two[0] + GAP), "{reads:?}");
        assert!(
            answers
                .iter_mut()
                .all(|answer| answer.try_recv() == Ok(Told::Fate(Fate::NotCharged)))
        );
    }

    #[test]
    fn a_refused_key_is_not_asked_again_and_a_busy_log_is() {
        let failure = |class| StepFailure::new(class, "the account's log could not be read");
        let mut desk = Desk::default();
        let mut answer = ask(&mut desk, "a", 60, 0);
        desk.answer(&Err(failure(FailureClass::Busy)), seconds(0), 0);
        assert!(answer.try_recv().is_err());
        desk.answer(&Err(failure(FailureClass::Auth)), seconds(2), 0);
        assert!(matches!(answer.try_recv(), Ok(Told::Nothing(_))));
        assert_eq!(desk.due(), None);
    }

    #[test]
    fn who_left_is_not_asked_for() {
        let mut desk = Desk::default();
        drop(ask(&mut desk, "a", 60, 0));
        assert_eq!(desk.question(), None);
        assert_eq!(desk.due(), None);
    }
}
