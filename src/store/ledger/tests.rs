use crate::{
    base::{digest::Digest, door::Sink, money::Usd},
    event::{Billed, FailureClass, StepFailure},
    plan::Memory,
    store::{
        Claimed, Resolution, Store, StoreError,
        testing::{PRICE, ask, ask_as, blob, buy, claim, key, open, store, take_of},
    },
};
use std::sync::Barrier;

fn failure(billed: Billed) -> StepFailure {
    StepFailure::new(FailureClass::Server, "the backend fell over").billed(billed)
}

fn found(result: Result<(), StoreError>) -> String {
    match result {
        Err(StoreError::State { found, .. }) => found,
        other => panic!("expected an illegal step, got {other:?}"),
    }
}

#[test]
fn a_call_that_went_well_is_never_made_again() {
    let (_folder, store) = store();
    let take = buy(&store, "la", b"audio");
    assert_eq!(ask(&store, "la"), Claimed::Done(take.clone()));
    // Under another name too: names are not in the key.
    assert_eq!(ask_as(&store, "renamed", "la"), Claimed::Done(take));
}

#[test]
fn steps_happen_in_order_only() {
    let (_folder, store) = store();
    let audio = blob(&store, b"audio");
    let take = take_of("la", audio);
    let id = claim(&store, "la");
    assert_eq!(found(store.commit(id, &take)), "claimed");

    store.submitted(id, "https://cdn/a", None, &[]).unwrap();
    assert_eq!(found(store.submitted(id, "https://cdn/b", None, &[])), "submitted");
    assert_eq!(found(store.release(id)), "submitted");
    assert_eq!(found(store.commit(id, &take)), "submitted");

    store.received(id, &audio, None, &[]).unwrap();
    assert_eq!(found(store.received(id, &audio, None, &[])), "received");
    assert_eq!(found(store.submitted(id, "https://cdn/a", None, &[])), "received");
    assert_eq!(found(store.release(id)), "received");

    store.commit(id, &take).unwrap();
    for again in [
        store.submitted(id, "https://cdn/a", None, &[]),
        store.received(id, &audio, None, &[]),
        store.commit(id, &take),
        store.fail(id, &failure(Billed::No)),
        store.unsure(id, &failure(Billed::Unknown)),
        store.release(id),
    ] {
        assert_eq!(found(again), "committed");
    }
}

#[test]
fn audio_that_is_no_take_leaves_doubt_about_its_price() {
    let (_folder, store) = store();
    let audio = blob(&store, b"<html>");
    let id = claim(&store, "la");
    store.received(id, &audio, None, &[]).unwrap();
    store.unsure(id, &failure(Billed::Unknown)).unwrap();
    assert!(matches!(ask(&store, "la"), Claimed::Unsure { .. }));
    assert_eq!(found(store.commit(id, &take_of("la", audio))), "unsure");
}

#[test]
fn a_released_claim_is_gone_and_its_key_is_free() {
    let (_folder, store) = store();
    let id = claim(&store, "la");
    store.release(id).unwrap();
    assert_eq!(found(store.release(id)), "gone");
    claim(&store, "la");
}

#[test]
fn audio_is_in_the_store_before_it_is_received() {
    let (_folder, store) = store();
    let id = claim(&store, "la");
    let nowhere = crate::store::Blob {
        digest: Digest::of(b"elsewhere"),
        bytes: 9,
    };
    let refused = store.received(id, &nowhere, None, &[]);
    assert!(
        matches!(refused, Err(StoreError::Blob { what: "missing", .. })),
        "{refused:?}"
    );
}

#[test]
fn a_take_with_other_audio_than_was_received_is_refused() {
    let (_folder, store) = store();
    let id = claim(&store, "la");
    let (mine, other) = (blob(&store, b"mine"), blob(&store, b"other"));
    store.received(id, &mine, None, &[]).unwrap();
    assert_eq!(
        found(store.commit(id, &take_of("la", other))),
        "received with other audio"
    );
    assert_eq!(
        found(store.commit(id, &take_of("not la", mine))),
        "received with other audio"
    );
    store.commit(id, &take_of("la", mine)).unwrap();
}

#[test]
fn a_failure_frees_its_key_only_if_it_was_surely_not_billed() {
    let (_folder, store) = store();
    store.fail(claim(&store, "la"), &failure(Billed::No)).unwrap();
    for billed in [Billed::Yes, Billed::Unknown] {
        let id = claim(&store, "la");
        store.fail(id, &failure(billed)).unwrap();
        assert!(matches!(ask(&store, "la"), Claimed::Unsure { request_id, .. } if request_id == "id-la"));
        store.resolve(id, Resolution::Paid).unwrap();
    }
}

#[test]
fn an_unsure_call_waits_for_a_person() {
    let (_folder, store) = store();
    for how in [Resolution::Paid, Resolution::NotPaid, Resolution::Retake] {
        let id = claim(&store, "la");
        store.unsure(id, &failure(Billed::Unknown)).unwrap();
        assert!(matches!(ask(&store, "la"), Claimed::Unsure { .. }));
        let unsure = store.unsure_takes().unwrap();
        assert_eq!(unsure.len(), 1);
        assert_eq!((unsure[0].key, unsure[0].take.as_str()), (key("la"), "songs.hook#1"));
        assert_eq!(unsure[0].failure.message, "the backend fell over");
        store.resolve(id, how).unwrap();
        assert_eq!(found(store.resolve(id, how)), "not open");
        assert_eq!(store.unsure_takes().unwrap(), []);
    }
    claim(&store, "la");
}

#[test]
fn a_call_under_way_cannot_be_resolved() {
    let (_folder, store) = store();
    let id = claim(&store, "la");
    assert_eq!(found(store.resolve(id, Resolution::NotPaid)), "still under way");
    assert_eq!(store.unsure_takes().unwrap(), []);
}

#[test]
fn one_asker_gets_the_key_and_the_others_are_told_who_has_it() {
    let (folder, first) = store();
    let second = open(folder.path());
    let barrier = Barrier::new(8);
    let ask_at_once = |store: &Store| {
        barrier.wait();
        ask(store, "la")
    };
    let answers: Vec<_> = std::thread::scope(|scope| {
        let stores = [&first, &second].into_iter().cycle().take(8);
        let threads: Vec<_> = stores.map(|store| scope.spawn(|| ask_at_once(store))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let gone = answers.iter().filter(|answer| matches!(answer, Claimed::Go(_))).count();
    let pid = std::process::id();
    let held = answers
        .iter()
        .filter(|answer| matches!(answer, Claimed::Held { pid: by, .. } if *by == pid));
    assert_eq!((gone, held.count()), (1, 7), "{answers:?}");
}

#[test]
fn a_claim_of_a_process_that_is_gone_becomes_unsure_and_is_not_bought_again() {
    let (folder, first) = store();
    let id = claim(&first, "la");
    let second = open(folder.path());
    assert!(matches!(ask(&second, "la"), Claimed::Held { .. }));
    drop(first);
    let unsure = second.unsure_takes().unwrap();
    assert_eq!(unsure[0].failure.class, FailureClass::Ambiguous);
    assert!(matches!(ask(&second, "la"), Claimed::Unsure { .. }));
    assert!(
        matches!(ask(&second, "la"), Claimed::Unsure { .. }),
        "also the second time"
    );
    second.resolve(id, Resolution::NotPaid).unwrap();
    claim(&second, "la");
}

#[test]
fn a_task_of_a_process_that_is_gone_keeps_its_id() {
    let (folder, first) = store();
    let id = claim(&first, "la");
    first.submitted(id, "https://cdn/7", None, &[]).unwrap();
    drop(first);
    let second = open(folder.path());
    let says = |failure: &StepFailure| {
        assert_eq!(failure.billed, Billed::Yes);
        assert!(failure.message.contains("waits behind a link"), "{}", failure.message);
        assert!(
            failure
                .help
                .as_deref()
                .unwrap_or_default()
                .contains("the next run fetches it")
        );
    };
    says(&second.unsure_takes().unwrap()[0].failure);
    assert!(matches!(ask(&second, "la"), Claimed::Unsure { .. }));
    let unsure = second.unsure_takes().unwrap().remove(0);
    assert!(unsure.has_link);
    says(&unsure.failure);
}

#[test]
fn audio_received_by_a_process_that_is_gone_is_finished_by_the_next() {
    let (folder, first) = store();
    let id = claim(&first, "la");
    let audio = blob(&first, b"audio");
    let charged = Some(Usd::from_nanos(5));
    first
        .received(id, &audio, charged, &[("trace_id".into(), "t".into())])
        .unwrap();
    drop(first);
    let second = open(folder.path());
    let Claimed::Received {
        claim,
        blob,
        charged: kept,
        ..
    } = ask(&second, "la")
    else {
        panic!("the audio is there")
    };
    assert_eq!((blob, kept), (audio, charged));
    // It is this process's now, so nobody else finishes it too.
    assert!(matches!(ask(&open(folder.path()), "la"), Claimed::Held { .. }));
    second.commit(claim, &take_of("la", blob)).unwrap();
    assert!(matches!(ask(&second, "la"), Claimed::Done(_)));
}

#[test]
fn audio_that_landed_just_before_the_process_ended_is_finished_by_the_next() {
    let (folder, first) = store();
    let id = claim(&first, "la");
    let mut writer = first.blob_writer().unwrap();
    writer.write(b"audio").unwrap();
    let audio = first.land(id, writer, Some(Usd::from_nanos(5)), &[]).unwrap();
    assert!(matches!(ask(&first, "la"), Claimed::Held { .. }), "it lives");
    drop(first);
    let second = open(folder.path());
    assert_eq!(second.unsure_takes().unwrap(), [], "nothing is unsure about it");
    assert!(second.recall(&[key("la")]).is_empty());
    assert_eq!(found(second.resolve(id, Resolution::NotPaid)), "received");
    let Claimed::Received {
        claim, blob, charged, ..
    } = ask(&second, "la")
    else {
        panic!("the audio is there")
    };
    assert_eq!((blob, charged), (audio, Some(Usd::from_nanos(5))));
    second.commit(claim, &take_of("la", blob)).unwrap();
}

#[test]
fn audio_that_was_noted_and_never_landed_is_unsure() {
    let (folder, first) = store();
    let id = claim(&first, "la");
    let mut writer = first.blob_writer().unwrap();
    writer.write(b"audio").unwrap();
    let audio = first.land(id, writer, None, &[]).unwrap();
    crate::store::fs::remove(&first.blob_path(audio.digest)).unwrap();
    drop(first);
    let second = open(folder.path());
    assert_eq!(second.unsure_takes().unwrap().len(), 1);
    assert!(matches!(ask(&second, "la"), Claimed::Unsure { .. }));
}

#[test]
fn audio_that_could_not_be_put_in_its_place_is_kept_and_taken_up_by_the_next_process() {
    let (folder, first) = store();
    let id = claim(&first, "la");
    let mut writer = first.blob_writer().unwrap();
    writer.write(b"audio").unwrap();
    // A file stands where the blob's folder is to be.
    let place = first.blob_path(Digest::of(b"audio"));
    crate::store::fs::atomic_write(place.parent().unwrap(), b"in the way").unwrap();
    first.land(id, writer, None, &[]).unwrap_err();
    drop(first);
    crate::store::fs::remove(place.parent().unwrap()).unwrap();
    let second = open(folder.path());
    let Claimed::Received { blob, .. } = ask(&second, "la") else {
        panic!("the audio is there")
    };
    assert_eq!(second.read_blob(blob.digest).unwrap(), b"audio");
    assert!(!crate::store::fs::exists(&second.kept_path(blob.digest)));
}

#[test]
fn audio_that_was_received_and_lost_is_not_bought_again_by_itself() {
    let (folder, first) = store();
    let id = claim(&first, "la");
    let audio = blob(&first, b"audio");
    first.received(id, &audio, None, &[]).unwrap();
    crate::store::fs::remove(&first.blob_path(audio.digest)).unwrap();
    drop(first);
    let second = open(folder.path());
    let known = second.unsure_takes().unwrap().remove(0).failure;
    assert_eq!(known.billed, Billed::Yes, "also before anybody asks for it");
    assert!(matches!(ask(&second, "la"), Claimed::Unsure { .. }));
    assert_eq!(second.unsure_takes().unwrap()[0].failure, known);
}

#[test]
fn a_ledger_that_cannot_be_written_claims_nothing() {
    let (folder, store) = store();
    let path = folder.path().join(".takesheet/takesheet.db");
    let blocker = rusqlite::Connection::open(&path).unwrap();
    blocker
        .execute_batch("CREATE TRIGGER full BEFORE INSERT ON claims BEGIN SELECT RAISE(FAIL, 'no space left'); END")
        .unwrap();
    let (take, request) = (
        crate::store::testing::take_name("hook"),
        crate::store::testing::request("la"),
    );
    let new = crate::store::NewClaim {
        key: key("la"),
        take: &take,
        pipeline: "p",
        run: "r",
        request: &request,
        request_id: "id",
        price: PRICE,
        account: crate::base::digest::Digest::of(b"an account"),
        day: None,
    };
    let refused = store.claim(&new).unwrap_err();
    assert!(
        refused.to_string().ends_with("no space left; nothing was bought"),
        "{refused}"
    );
    assert!(refused.to_string().contains("takesheet.db"), "{refused}");
    blocker.execute_batch("DROP TRIGGER full").unwrap();
    assert_eq!(
        store.request(key("la")).unwrap(),
        None,
        "the transaction left nothing behind"
    );
    assert!(matches!(store.claim(&new).unwrap(), Claimed::Go(_)));
}
