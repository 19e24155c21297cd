use crate::{
    base::money::{Price, Usd},
    plan::{Forgone, Known},
    store::{
        Claimed, StoreError, fs,
        testing::{ask, blob, buy, claim, key, open, store, take_of},
    },
};

fn lose(store: &crate::store::Store, lyrics: &str) -> crate::plan::StoredTake {
    let take = buy(store, lyrics, lyrics.as_bytes());
    fs::remove(&store.blob_path(take.digest)).unwrap();
    take
}

#[test]
fn what_was_paid_for_and_is_gone_is_lost_and_never_bought_by_itself() {
    let (folder, store) = store();
    let take = lose(&store, "la");
    for store in [&store, &open(folder.path())] {
        let known = store.try_recall(&[take.key]).unwrap();
        assert!(matches!(&known[&take.key], Known::Lost { take: lost, changed: None } if *lost == take));
        assert_eq!(ask(store, "la"), Claimed::Lost(take.clone()));
    }
    let lost = store.lost_takes().unwrap();
    assert_eq!((lost.len(), lost[0].key, lost[0].paid), (1, take.key, take.paid()));
    assert_eq!(lost[0].names, [("rainy-city".to_owned(), "songs.hook#1".to_owned())]);
}

#[test]
fn what_was_free_is_simply_not_known() {
    let (_folder, store) = store();
    let claim = claim(&store, "la");
    let blob = blob(&store, b"la");
    store.received(claim, &blob, None, &[]).unwrap();
    let mut take = take_of("la", blob);
    (take.charged, take.price) = (None, Price::Known(Usd::ZERO));
    store.commit(claim, &take).unwrap();
    fs::remove(&store.blob_path(take.digest)).unwrap();
    assert!(store.try_recall(&[take.key]).unwrap().is_empty());
    assert!(store.lost_takes().unwrap().is_empty());
    assert!(matches!(ask(&store, "la"), Claimed::Go(_)));
}

#[test]
fn a_price_that_nobody_knows_is_not_free() {
    let (_folder, store) = store();
    let claim = claim(&store, "la");
    let blob = blob(&store, b"la");
    store.received(claim, &blob, None, &[]).unwrap();
    let mut take = take_of("la", blob);
    (take.charged, take.price) = (None, Price::Unknown);
    store.commit(claim, &take).unwrap();
    fs::remove(&store.blob_path(take.digest)).unwrap();
    assert!(matches!(ask(&store, "la"), Claimed::Lost(_)));
}

#[test]
fn a_persons_word_frees_the_key_and_the_old_price_is_remembered() {
    let (folder, store) = store();
    let take = lose(&store, "la");
    store.give_up(take.key).unwrap();
    assert!(store.lost_takes().unwrap().is_empty());
    let known = open(folder.path()).try_recall(&[take.key, key("other")]).unwrap();
    assert_eq!(known.len(), 1);
    assert!(matches!(
        &known[&take.key],
        Known::Forgone { how: Forgone::GivenUp, paid, .. } if *paid == take.paid()
    ));
    assert_eq!(buy(&store, "la", b"anew").key, take.key);
    assert!(matches!(
        &store.try_recall(&[take.key]).unwrap()[&take.key],
        Known::Take(_)
    ));
}

#[test]
fn what_is_there_or_was_never_bought_cannot_be_given_up() {
    let (_folder, store) = store();
    let there = buy(&store, "la", b"la");
    for key in [there.key, key("never")] {
        assert!(matches!(store.give_up(key), Err(StoreError::State { .. })));
    }
    assert!(matches!(ask(&store, "la"), Claimed::Done(_)));
}

#[test]
fn a_call_whose_audio_was_received_and_is_gone_is_unsure() {
    let (folder, store) = store();
    let claim = claim(&store, "la");
    let blob = blob(&store, b"la");
    store.received(claim, &blob, None, &[]).unwrap();
    fs::remove(&store.blob_path(blob.digest)).unwrap();
    drop(store);
    let store = open(folder.path());
    let known = store.try_recall(&[key("la")]).unwrap();
    assert!(matches!(known[&key("la")], Known::Unsure { .. }), "{known:?}");
    assert_eq!(store.unsure_takes().unwrap().len(), 1);
    assert!(matches!(ask(&store, "la"), Claimed::Unsure { .. }));
    store.resolve(claim, crate::store::Resolution::Retake).unwrap();
    assert!(matches!(ask(&store, "la"), Claimed::Go(_)));
}
