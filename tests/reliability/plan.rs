//! Which stories are told: every named point is died at, alone and beside another process, and then chance decides.

use crate::{
    scenario::{CHAIN, SINGLE, SONGS, TWINS},
    stories::Story,
};
use takesheet::base::crash::POINTS;

/// Points that a whole run passes more often than three times; the later ones fall among other takes.
const OFTEN: &[&str] = &[
    "history.append",
    "file.",
    "call.piece",
    "blob.write",
    "ledger.upload",
    "place.",
];

/// What is worth trying where one take needs another, or is another's twin.
const TOLD_OF_CHAINS: &[&str] = &[
    "call.before",
    "ledger.land.noted",
    "ledger.land.after",
    "ledger.received.after",
    "ledger.commit.after",
    "ledger.upload.before",
    "ledger.upload.after",
    "place.audio",
    "sheet.before",
];

/// How a point is reached in one process, the `n`th time it is passed.
pub(crate) fn reach(point: &'static str, n: u32) -> Story {
    let wish = format!("{point}:{n}");
    let scene = point.rsplit_once('.').map_or(point, |(scene, _)| scene);
    match (scene, point) {
        ("ledger.fail", _) => Story::Alone(SINGLE.with_faults(&["400"]), wish),
        ("ledger.release", _) => Story::Alone(SINGLE.with_faults(&["429"]), wish),
        ("ledger.submitted" | "fetch", _) => Story::Alone(SINGLE.with_faults(&["audio-url"]), wish),
        ("ledger.unsure", _) => Story::Alone(SINGLE.with_faults(&["cut-billed"]).with_late_logs(), wish),
        ("look-up", _) => Story::Alone(SINGLE.with_faults(&["cut-billed"]), wish),
        ("ledger.charge", _) => Story::Alone(SINGLE.with_silent_costs(), wish),
        ("ledger.resolve", _) => Story::Resolving(wish),
        ("ledger.give-up", _) => Story::GivingUp(wish, point == "ledger.give-up.after"),
        ("ledger.collect", _) => Story::Collecting(wish, point == "ledger.collect.after"),
        (_, "blob.collected") => Story::Collecting(wish, true),
        (_, "store.put-back") => Story::PuttingBack(wish),
        ("adopt", _) => Story::Adopting(wish),
        ("ledger.take-over", _) => Story::Twice(SINGLE, "ledger.received.before", wish),
        ("ledger.found-out" | "settle", _) => Story::Twice(SINGLE, "call.head", wish),
        (_, "ledger.orphan.taken") => Story::Waiting(Some("ledger.received.before"), wish),
        (_, "ledger.orphan.unsure") => Story::Waiting(None, wish),
        (_, "blob.salvaged") => Story::Twice(SINGLE, "blob.flushed", wish),
        (_, "owner.tidied") => Story::Twice(SINGLE, "call.before", wish),
        (_, "place.way") => Story::AfterAnEdit(wish),
        _ => Story::Alone(SONGS, wish),
    }
}

/// Every named point of a run, each the first time it is passed: all of these must die. Those of schedules are told of in
/// `nights`.
pub(crate) fn firsts() -> Vec<Story> {
    let of_a_run = POINTS.iter().filter(|(point, _)| !point.starts_with("schedule."));
    of_a_run.map(|(point, _)| reach(point, 1)).collect()
}

/// The same points later in a run: some of these may not be passed so often.
pub(crate) fn laters(times: &[u32]) -> Vec<Story> {
    let later = |point: &'static str| {
        let often = OFTEN.iter().any(|beginning| point.starts_with(beginning));
        let plain = matches!(reach(point, 1), Story::Alone(scenario, _) if scenario.terms.faults.is_empty());
        times
            .iter()
            .filter(move |n| plain && (often || **n <= 3))
            .map(move |n| reach(point, *n))
    };
    POINTS.iter().flat_map(|(point, _)| later(point)).collect()
}

/// The points of a whole run while another process is at work on the same store.
pub(crate) fn besides(n: u32) -> Vec<Story> {
    let plain = POINTS.iter().filter_map(|(point, _)| match reach(point, n) {
        Story::Alone(scenario, wish) => Some(Story::Beside(scenario, wish)),
        _ => None,
    });
    plain.collect()
}

/// Takes that hang together.
pub(crate) fn chains() -> Vec<Story> {
    let of = |scenario| {
        let told = TOLD_OF_CHAINS.iter();
        told.flat_map(move |point| (1..=2).map(move |n| Story::Alone(scenario, format!("{point}:{n}"))))
    };
    of(CHAIN)
        .chain(of(TWINS))
        .chain([SONGS, TWINS, CHAIN].map(Story::UnderWay))
        .collect()
}

/// Chance, told from `first` on.
pub(crate) fn chances(first: u64, count: u64) -> Vec<Story> {
    let story = |seed: u64| Story::Random {
        seed,
        processes: 1 + u8::try_from(seed % 2).expect("zero or one"),
    };
    (first..first + count).map(story).collect()
}
