//! One fault, told to its end: the run that it strikes, the run after that, and, if a person has to decide, the one after
//! the word was given.

use super::table::{Ends, Group, Row};
use crate::studio::{GENERATE, Studio, UPLOAD, faulty};
use takesheet::{audio, sandbox::LINK_SIGNATURE};

/// Two takes, one after the other: the fault strikes the first, and the second shows that the rest goes on.
const PAIR: &str = "\
version: 1
name: pair
backend: aimlapi
backends: { aimlapi: { timeout: 10s, patience: 0s } }
references:
  demo: { file: refs/demo.wav, purpose: instrumental }
audio:
  draft: { format: wav, sample_rate: 16000 }
lyrics:
  verse:
    template: |
      One line and nothing more.
songs:
  hook: { lyrics: verse, instrumental: demo, audio: draft, takes: 2 }
limits: { concurrency: 1 }
";

/// The most memory that a run of this pipeline may have, whatever it is answered. A take of three minutes, decoded, is
/// 64 MB; no answer of any size may cost more than a take.
const MEMORY: u64 = 192 << 20;

/// What a run left behind: requests for music, charges, uploads, takes on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) calls: usize,
    pub(super) charged: usize,
    pub(super) uploads: usize,
    pub(super) takes: usize,
}

fn tally(studio: &Studio) -> Tally {
    Tally {
        calls: studio.asked(GENERATE),
        charged: studio.counts().charged,
        uploads: studio.asked(UPLOAD),
        takes: studio.takes().len(),
    }
}

/// Every row of a group holds; those that do not are named together.
pub(super) fn hold(group: &Group) {
    let broken: Vec<_> = group
        .rows
        .iter()
        .filter(|row| std::panic::catch_unwind(|| tell(row)).is_err())
        .map(|row| row.faults)
        .collect();
    assert!(broken.is_empty(), "not as expected: {broken:#?}");
}

fn tell(row: &Row) {
    let faults: Vec<_> = row.faults.split(' ').collect();
    let studio = Studio::with(faulty(&faults)).pipeline(PAIR);
    let expected = row.ends.first();
    let told = studio.run(&["run"]);
    assert_eq!(tally(&studio), expected.tally, "{}: the first run\n{told}", row.faults);
    if let Some(peak) = told.peak_memory {
        assert!(peak < MEMORY, "{}: {} MB of memory", row.faults, peak >> 20);
    }
    let told = told.code(expected.exit).stderr_has(row.sees);
    if let Some(paid) = expected.paid {
        told.stderr_has(paid);
    }
    again(row, &studio);
    if row.ends.waits_for_a_person() {
        after_a_word(row, &studio);
    }
    assert_sound(row, &studio);
}

/// The next run buys what was refused, and nothing that may have been paid for.
fn again(row: &Row, studio: &Studio) {
    let expected = row.ends.second();
    let told = studio.run(&["run"]);
    assert_eq!(tally(studio), expected.tally, "{}: the second run\n{told}", row.faults);
    let told = told.code(expected.exit);
    if row.ends.waits_for_a_person() {
        told.stderr_has("settle it: takesheet resolve 'songs.hook#1'");
    }
}

/// A person says that it is to be bought once more: then it is, once.
fn after_a_word(row: &Row, studio: &Studio) {
    let before = tally(studio);
    studio.run(&["resolve", "songs.hook#1", "--retake"]).code(0);
    assert_eq!(tally(studio), before, "{}: a word buys nothing by itself", row.faults);
    let told = studio.run(&["run"]).code(0);
    let after = Tally {
        calls: before.calls + 1,
        charged: before.charged + 1,
        takes: before.takes + 1,
        ..before
    };
    assert_eq!(tally(studio), after, "{}: the run after the word\n{told}", row.faults);
}

/// What was told ends with two takes that are audio, and with a key that no stranger saw.
fn assert_sound(row: &Row, studio: &Studio) {
    let takes = studio.takes();
    assert_eq!(takes.len(), 2, "{}: {takes:?}", row.faults);
    let files = studio.files("takes");
    for name in takes {
        let probe = audio::probe(&files[&name]).unwrap_or_else(|error| panic!("{}: {name} is {error}", row.faults));
        assert!(
            probe.sound.seconds > 0.5,
            "{}: {name} lasts {} s",
            row.faults,
            probe.sound.seconds
        );
    }
    for seen in studio.log() {
        assert!(
            !(seen.elsewhere && seen.authorization),
            "{}: the key left for {seen:?}",
            row.faults
        );
        let is_link = seen.path.starts_with("/files/") || seen.path.starts_with("/hop/");
        assert!(!is_link || seen.query == LINK_SIGNATURE, "{}: {seen:?}", row.faults);
    }
}

/// What is expected of one run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expected {
    pub(super) exit: i32,
    pub(super) tally: Tally,
    /// What it says of the money for what the fault struck.
    pub(super) paid: Option<&'static str>,
}

const fn expected(exit: i32, [calls, charged, uploads, takes]: [usize; 4], paid: Option<&'static str>) -> Expected {
    Expected {
        exit,
        tally: Tally {
            calls,
            charged,
            uploads,
            takes,
        },
        paid,
    }
}

impl Ends {
    /// The run that the fault strikes.
    pub(super) const fn first(self) -> Expected {
        const NOT_PAID: Option<&str> = Some("paid: no, nothing was charged");
        match self {
            Self::Take => expected(0, [2, 2, 1, 2], None),
            Self::Again { calls } => expected(0, [2 + calls, 2, 1, 2], None),
            Self::UploadedAgain => expected(0, [3, 2, 2, 2], None),
            Self::Refused => expected(1, [2, 1, 1, 1], NOT_PAID),
            Self::Away => expected(75, [1, 0, 1, 0], NOT_PAID),
            Self::Stopped => expected(8, [1, 0, 1, 0], NOT_PAID),
            Self::Unsure { charged: false } => expected(6, [2, 1, 1, 1], Some("paid: nobody knows yet")),
            Self::Unsure { charged: true } => expected(6, [2, 2, 1, 1], Some("paid: nobody knows yet")),
            Self::Lost => expected(6, [2, 2, 1, 1], Some("paid: yes")),
            Self::UploadAgain => expected(0, [2, 2, 2, 2], None),
            Self::UploadRefused => expected(1, [0, 0, 1, 0], NOT_PAID),
            Self::UploadStopped => expected(8, [0, 0, 1, 0], NOT_PAID),
        }
    }

    /// The run after that.
    pub(super) const fn second(self) -> Expected {
        let first = self.first();
        let Tally {
            calls,
            charged,
            uploads,
            takes,
        } = first.tally;
        if self.waits_for_a_person() {
            return expected(6, [calls, charged, uploads, takes], None);
        }
        let missing = 2 - takes;
        let uploads = match self {
            Self::UploadRefused | Self::UploadStopped => uploads + 1,
            _ => uploads,
        };
        expected(0, [calls + missing, charged + missing, uploads, 2], None)
    }

    /// Whether nothing more is bought until somebody says so.
    pub(super) const fn waits_for_a_person(self) -> bool {
        matches!(self, Self::Unsure { .. } | Self::Lost)
    }
}
