//! The budget of a day, by a clock that is set by hand.

use crate::{
    base::{
        digest::Digest,
        money::{Price, Total, Usd},
        time::{Clock, Timestamp},
    },
    event::{Billed, FailureClass, StepFailure},
    store::{
        ClaimId, Claimed, DayBudget, NewClaim, Resolution, Store,
        testing::{PRICE, blob, claim, key, request, store, take_name, take_of},
    },
};
use jiff::tz::TimeZone;
use std::{
    sync::{Arc, Barrier, Mutex},
    time::Duration,
};

/// A clock that stands still until it is set.
#[derive(Clone, Debug, Default)]
struct Hand(Arc<Mutex<Timestamp>>);

impl Hand {
    fn set(&self, time: &str) {
        *self.0.lock().unwrap() = time.parse().unwrap();
    }
}

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }

    fn elapsed(&self) -> Duration {
        Duration::ZERO
    }
}

/// For so many takes a day.
fn day(zone: &str, takes: u32) -> DayBudget {
    let Price::Known(price) = PRICE else {
        panic!("it is known")
    };
    DayBudget {
        zone: TimeZone::get(zone).unwrap(),
        most: price.times(takes),
    }
}

fn ask(store: &Store, lyrics: &str, price: Price, day: &DayBudget) -> Claimed {
    let (take, request) = (take_name("hook"), request(lyrics));
    let claim = NewClaim {
        key: key(lyrics),
        take: &take,
        pipeline: "rainy-city",
        run: "run-1",
        request: &request,
        request_id: lyrics,
        price,
        day: Some(day),
        account: Digest::of(b"an account"),
    };
    store.claim(&claim).unwrap()
}

#[track_caller]
fn go(asked: &Claimed) -> ClaimId {
    match asked {
        Claimed::Go(claim) => *claim,
        other => panic!("expected to be told to go, got {other:?}"),
    }
}

#[track_caller]
fn is_denied(asked: &Claimed) -> bool {
    matches!(asked, Claimed::OverBudget { pending: false, .. })
}

fn failure(billed: Billed) -> StepFailure {
    StepFailure::new(FailureClass::Server, "the backend fell over").billed(billed)
}

fn bought(store: &Store, lyrics: &str, day: &DayBudget) {
    let claim = go(&ask(store, lyrics, PRICE, day));
    let blob = blob(store, lyrics.as_bytes());
    store.received(claim, &blob, None, &[]).unwrap();
    store.commit(claim, &take_of(lyrics, blob)).unwrap();
}

#[test]
fn what_may_have_been_paid_counts_as_spent() {
    let (_folder, store) = store();
    let since = Timestamp::UNIX_EPOCH;
    let billed = |lyrics: &str, billed| store.fail(claim(&store, lyrics), &failure(billed)).unwrap();
    billed("refused", Billed::No);
    assert_eq!(store.spent_since(since).unwrap(), Total::default());
    billed("paid for nothing", Billed::Yes);
    billed("who knows", Billed::Unknown);
    claim(&store, "under way");
    let id = claim(&store, "charged");
    let charged = Usd::from_nanos(1_000_000_000);
    store.received(id, &blob(&store, b"audio"), Some(charged), &[]).unwrap();
    let Price::Known(price) = PRICE else {
        panic!("it is known")
    };
    let spent = store.spent_since(since).unwrap();
    assert_eq!((spent.known, spent.unknown), (charged.plus(price.times(3)), 0));
    assert_eq!(store.spent_since(Timestamp::MAX).unwrap(), Total::default());
}

#[test]
fn a_claim_that_goes_over_the_day_is_not_made_and_what_is_there_costs_nothing() {
    let (_folder, store) = store();
    let day = day("UTC", 2);
    bought(&store, "one", &day);
    bought(&store, "two", &day);
    assert_eq!(
        ask(&store, "three", PRICE, &day),
        Claimed::OverBudget {
            spent: store.spent_since(Timestamp::UNIX_EPOCH).unwrap(),
            pending: false
        }
    );
    assert_eq!(store.request(key("three")).unwrap(), None, "nothing was written");
    assert!(matches!(ask(&store, "one", PRICE, &day), Claimed::Done(_)));
    go(&ask(&store, "free", Price::Known(Usd::ZERO), &day));
}

#[test]
fn what_may_have_been_paid_is_held_back_until_a_person_says_it_was_not() {
    let (_folder, store) = store();
    let day = day("UTC", 2);
    let lost = go(&ask(&store, "lost", PRICE, &day));
    store.unsure(lost, &failure(Billed::Unknown)).unwrap();
    let billed = go(&ask(&store, "billed", PRICE, &day));
    store.fail(billed, &failure(Billed::Yes)).unwrap();
    assert!(is_denied(&ask(&store, "next", PRICE, &day)));
    store.resolve(lost, Resolution::NotPaid).unwrap();
    let refused = go(&ask(&store, "refused", PRICE, &day));
    store.fail(refused, &failure(Billed::No)).unwrap();
    go(&ask(&store, "next", PRICE, &day));
}

#[test]
fn a_call_under_way_is_waited_for_and_one_of_a_dead_process_is_not() {
    let (folder, store) = store();
    let day = day("UTC", 1);
    let under_way = go(&ask(&store, "one", PRICE, &day));
    let other = crate::store::testing::open(folder.path());
    for asker in [&store, &other] {
        assert!(matches!(
            ask(asker, "two", PRICE, &day),
            Claimed::OverBudget { pending: true, .. }
        ));
    }
    store.release(under_way).unwrap();
    go(&ask(&store, "two", PRICE, &day));
    drop(store);
    assert!(is_denied(&ask(&other, "three", PRICE, &day)), "it may have been paid");
}

#[test]
fn what_nobody_knows_the_price_of_never_fits_and_nothing_fits_beside_it() {
    let (_folder, store) = store();
    let day = day("UTC", 9);
    assert!(is_denied(&ask(&store, "no price", Price::Unknown, &day)));
    let unlimited = DayBudget {
        most: Usd::from_nanos(i64::MAX),
        ..day.clone()
    };
    assert!(is_denied(&ask(&store, "no price", Price::Unknown, &unlimited)));
    // It was bought without a budget.
    let (take, request) = (take_name("hook"), request("no price"));
    let unpriced = NewClaim {
        key: key("no price"),
        take: &take,
        pipeline: "p",
        run: "r",
        request: &request,
        request_id: "x",
        price: Price::Unknown,
        day: None,
        account: Digest::of(b"an account"),
    };
    let claim = go(&store.claim(&unpriced).unwrap());
    store.unsure(claim, &failure(Billed::Unknown)).unwrap();
    let asked = ask(&store, "known", PRICE, &day);
    assert!(is_denied(&asked));
    let Claimed::OverBudget { spent, .. } = asked else {
        return;
    };
    assert_eq!((spent.known, spent.unknown), (Usd::ZERO, 1));
}

/// `(zone, a moment before its midnight, a moment after, that evening)`
const DAYS: [(&str, &str, &str, &str); 4] = [
    (
        "UTC",
        "2026-11-23T23:59:59Z",
        "2026-11-24T00:00:00Z",
        "2026-11-24T23:59:59Z",
    ),
    (
        "Asia/Tokyo",
        "2026-11-23T14:59:59Z",
        "2026-11-23T15:00:00Z",
        "2026-11-24T14:59:59Z",
    ),
    // The clocks go forward: this day has 23 hours.
    (
        "Europe/Lisbon",
        "2026-03-28T23:59:59Z",
        "2026-03-29T00:00:00Z",
        "2026-03-29T22:59:59Z",
    ),
    // And back: this one has 25.
    (
        "Europe/Lisbon",
        "2026-10-24T22:59:59Z",
        "2026-10-24T23:00:00Z",
        "2026-10-25T23:59:59Z",
    ),
];

#[test]
fn a_new_day_begins_at_midnight_of_the_zone_for_a_store_that_stays_open() {
    for (zone, before, after, evening) in DAYS {
        let folder = tempfile::tempdir().unwrap();
        let hand = Hand::default();
        let store = Store::open(folder.path(), Arc::new(hand.clone())).unwrap();
        let day = day(zone, 1);
        hand.set(before);
        bought(&store, "one", &day);
        assert!(is_denied(&ask(&store, "two", PRICE, &day)), "{zone} {before}");
        hand.set(after);
        bought(&store, "two", &day);
        assert!(is_denied(&ask(&store, "three", PRICE, &day)), "{zone} {after}");
        hand.set(evening);
        assert!(is_denied(&ask(&store, "three", PRICE, &day)), "{zone} {evening}");
    }
}

#[test]
fn a_clock_that_goes_back_frees_no_money() {
    let folder = tempfile::tempdir().unwrap();
    let hand = Hand::default();
    let store = Store::open(folder.path(), Arc::new(hand.clone())).unwrap();
    let day = day("UTC", 1);
    hand.set("2026-11-24T12:00:00Z");
    bought(&store, "one", &day);
    hand.set("2026-11-22T12:00:00Z");
    assert!(is_denied(&ask(&store, "two", PRICE, &day)));
}

#[test]
fn any_number_of_askers_at_once_get_no_more_than_the_day_allows() {
    const ASKERS: usize = 8;
    let folder = tempfile::tempdir().unwrap();
    crate::store::testing::open(folder.path());
    let start = Barrier::new(ASKERS);
    let granted = |asker: usize| {
        let (store, day) = (crate::store::testing::open(folder.path()), day("UTC", 5));
        start.wait();
        let ask = |number: i32| ask(&store, &format!("{asker} {number}"), PRICE, &day);
        (0..4).filter(|number| matches!(ask(*number), Claimed::Go(_))).count()
    };
    let granted: usize = std::thread::scope(|scope| {
        let granted = &granted;
        let askers: Vec<_> = (0..ASKERS).map(|asker| scope.spawn(move || granted(asker))).collect();
        askers.into_iter().map(|asker| asker.join().unwrap()).sum()
    });
    assert_eq!(granted, 5);
}
