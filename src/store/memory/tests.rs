use crate::{
    audio::{Peaks, Sound},
    event::{Billed, FailureClass, StepFailure},
    plan::{Known, Memory, StoredTake},
    store::testing::{buy, claim, key, open, request, store, take_name},
};

#[test]
fn takes_and_unsure_calls_are_recalled_and_nothing_else_is() {
    let (folder, store) = store();
    let take = buy(&store, "bought", b"audio");
    let unsure = claim(&store, "unsure");
    let failure = StepFailure::new(FailureClass::Ambiguous, "cut").billed(Billed::Unknown);
    store.unsure(unsure, &failure).unwrap();
    store
        .fail(claim(&store, "failed"), &failure.clone().billed(Billed::No))
        .unwrap();
    claim(&store, "under way");
    let keys = ["bought", "unsure", "failed", "under way", "never"].map(key);
    let known = store.recall(&keys);
    assert_eq!(known.len(), 2, "{known:?}");
    assert!(matches!(&known[&key("bought")], Known::Take(known) if *known == take));
    assert!(matches!(&known[&key("unsure")], Known::Unsure { .. }));

    drop(store);
    let known = open(folder.path()).recall(&keys);
    assert!(
        matches!(&known[&key("under way")], Known::Unsure { .. }),
        "its process is gone"
    );
}

#[test]
fn what_is_measured_anew_is_kept_and_nothing_else_of_a_take_is_touched() {
    let (folder, store) = store();
    let take = buy(&store, "la", b"audio");
    let (sound, peaks) = (Sound::default(), Peaks::new(vec![[-1, 1]; 800]));
    let anew = StoredTake {
        sound,
        peaks: peaks.clone(),
        charged: None,
        ..take.clone()
    };
    store.measured(&anew).unwrap();
    let expected = StoredTake { sound, peaks, ..take };
    let known = open(folder.path()).recall(&[key("la")]);
    assert!(
        matches!(&known[&key("la")], Known::Take(known) if *known == expected),
        "{known:?}"
    );
    let another = StoredTake {
        digest: key("other audio").0,
        ..anew.clone()
    };
    let gone = StoredTake {
        key: key("gone"),
        ..anew
    };
    store.measured(&another).unwrap();
    store.measured(&gone).unwrap();
    let known = store.recall(&[key("la"), key("gone")]);
    assert!(known.len() == 1 && matches!(&known[&key("la")], Known::Take(known) if *known == expected));
}

#[test]
fn many_keys_are_recalled_alike() {
    let (_folder, store) = store();
    let names: Vec<String> = (0..451).map(|n| format!("lyrics {n}")).collect();
    let keys: Vec<_> = names.iter().map(|name| key(name)).collect();
    for name in &names[..3] {
        buy(&store, name, name.as_bytes());
    }
    buy(&store, &names[450], b"last");
    let known = store.recall(&keys);
    assert_eq!(known.len(), 4);
    assert!(known.contains_key(&keys[450]));
    assert!(store.recall(&[]).is_empty());
}

#[test]
fn the_latest_request_of_a_name_explains_a_miss() {
    let (_folder, store) = store();
    let hook = take_name("hook");
    assert_eq!(store.previous("rainy-city", &hook), None);
    buy(&store, "first", b"1");
    buy(&store, "second", b"2");
    claim(&store, "not rendered yet");
    assert_eq!(store.previous("rainy-city", &hook), Some(request("second")));
    assert_eq!(store.previous("another", &hook), None);
    assert_eq!(store.request(key("first")).unwrap(), Some(request("first")));
}

#[test]
fn the_requests_of_many_names_are_those_of_each() {
    let (_folder, store) = store();
    buy(&store, "first", b"1");
    buy(&store, "second", b"2");
    let names: Vec<_> = (0..60)
        .map(|n| take_name(&format!("other{n}")))
        .chain([take_name("hook")])
        .collect();
    let names: Vec<_> = names.iter().collect();
    let found = store.previous_of("rainy-city", &names);
    assert_eq!(found, store.previous_of("rainy-city", &names[59..]));
    assert_eq!(
        found.into_iter().collect::<Vec<_>>(),
        [(take_name("hook"), request("second"))]
    );
    assert!(store.previous_of("another", &names).is_empty());
}
