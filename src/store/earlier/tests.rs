use crate::{
    base::money::Usd,
    event::{Billed, FailureClass, StepFailure},
    store::{
        Claimed, Resolution, Store, StoreError, TakenOver,
        testing::{ask, blob, claim, open, store, take_of},
    },
};

const LINK: &str = "https://cdn.example/a.mp3?Signature=S3CRET";

fn failure(billed: Billed) -> StepFailure {
    StepFailure {
        charged: (billed == Billed::Yes).then(|| Usd::from_nanos(40_000_000)),
        ..StepFailure::new(FailureClass::Ambiguous, "the connection was cut").billed(billed)
    }
}

/// A store whose process made a claim, did `more` with it, and is gone; and the store of the process after it.
fn left(more: impl FnOnce(&Store, crate::store::ClaimId)) -> (tempfile::TempDir, Store, crate::store::ClaimId) {
    let (folder, first) = store();
    let id = claim(&first, "la");
    more(&first, id);
    drop(first);
    let second = open(folder.path());
    (folder, second, id)
}

#[test]
fn audio_that_arrived_is_taken_over_from_a_process_that_is_gone_and_from_no_other() {
    let (folder, first) = store();
    let id = claim(&first, "la");
    let audio = blob(&first, b"audio");
    first.received(id, &audio, Some(Usd::from_nanos(7)), &[]).unwrap();
    let second = open(folder.path());
    assert!(second.arrived_takes().unwrap().is_empty(), "it is in good hands");
    assert_eq!(second.take_over(id).unwrap(), TakenOver::Nothing);
    drop(first);
    let arrived = second.arrived_takes().unwrap();
    assert_eq!(
        (arrived[0].claim, arrived[0].blob, arrived[0].charged),
        (id, audio, Some(Usd::from_nanos(7)))
    );
    let taken = TakenOver::Audio {
        blob: audio,
        charged: Some(Usd::from_nanos(7)),
    };
    assert_eq!(second.take_over(id).unwrap(), taken);
    let third = open(folder.path());
    assert_eq!(third.take_over(id).unwrap(), TakenOver::Nothing, "one taker");
    assert!(third.arrived_takes().unwrap().is_empty());
    second.commit(id, &take_of("la", audio)).unwrap();
    assert!(matches!(ask(&third, "la"), Claimed::Done(_)));
}

#[test]
fn what_was_given_back_is_finished_by_whoever_asks_next() {
    let (_folder, second, id) = left(|first, id| {
        let audio = blob(first, b"audio");
        first.received(id, &audio, None, &[]).unwrap();
    });
    assert!(matches!(second.take_over(id).unwrap(), TakenOver::Audio { .. }));
    assert!(matches!(ask(&second, "la"), Claimed::Held { .. }));
    second.give_back(id).unwrap();
    assert!(
        matches!(ask(&second, "la"), Claimed::Received { .. }),
        "nobody waits for a process that does not work on it"
    );
}

#[test]
fn audio_that_arrived_before_the_ledger_heard_of_it_is_taken_over_too() {
    let (_folder, second, id) = left(|first, id| {
        let mut writer = first.blob_writer().unwrap();
        crate::base::door::Sink::write(&mut writer, b"audio").unwrap();
        first.land(id, writer, None, &[]).unwrap();
    });
    let arrived = second.arrived_takes().unwrap();
    assert!(matches!(second.take_over(id).unwrap(), TakenOver::Audio { .. }));
    second.commit(id, &take_of("la", arrived[0].blob)).unwrap();
}

#[test]
fn a_call_that_brought_nothing_cannot_be_taken_over() {
    let (_folder, second, id) = left(|_, _| ());
    assert_eq!(second.take_over(id).unwrap(), TakenOver::Nothing);
    assert_eq!(second.unsure_takes().unwrap().len(), 1);
}

#[test]
fn a_link_goes_from_hand_to_hand_and_ends_with_the_audio() {
    let charged = Some(Usd::from_nanos(31_500_000));
    let traces = [("trace_id".to_owned(), "tr-1".to_owned())];
    let (folder, second, id) = left(|first, id| {
        first.submitted(id, LINK, charged, &traces).unwrap();
    });
    assert!(second.unsure_takes().unwrap()[0].has_link);
    assert_eq!(second.take_over(id).unwrap(), TakenOver::Link);
    // Not this time: the next run tries again.
    second.unsure(id, &failure(Billed::Yes)).unwrap();
    drop(second);
    let third = open(folder.path());
    assert_eq!(third.take_over(id).unwrap(), TakenOver::Link);
    assert_eq!(third.link(id).unwrap().unwrap().expose(), LINK);
    let mut writer = third.blob_writer().unwrap();
    crate::base::door::Sink::write(&mut writer, b"audio").unwrap();
    let audio = third.take_in(id, writer).unwrap();
    assert_eq!(
        third.link(id).unwrap().unwrap().expose(),
        LINK,
        "until the audio is a take, it may have to be fetched again"
    );
    third.commit(id, &take_of("la", audio)).unwrap();
    assert_eq!(links(&third), 0);
}

/// Links that stand in the ledger, in open rows and others.
fn links(store: &Store) -> i64 {
    let count = "SELECT count(*) FROM claims WHERE task IS NOT NULL";
    let counted = store.query(|connection| connection.query_row(count, [], |row| row.get(0)));
    counted.unwrap()
}

#[test]
fn audio_that_is_gone_before_it_was_a_take_is_fetched_again_if_it_came_by_a_link() {
    for damage in [None, Some(&b"audit"[..])] {
        let (folder, second, id) = left(|first, id| {
            first.submitted(id, LINK, None, &[]).unwrap();
            let mut writer = first.blob_writer().unwrap();
            crate::base::door::Sink::write(&mut writer, b"audio").unwrap();
            let audio = first.take_in(id, writer).unwrap();
            let path = first.blob_path(audio.digest);
            crate::store::fs::remove(&path).unwrap();
            if let Some(damaged) = damage {
                crate::store::fs::atomic_write(&path, damaged).unwrap();
            }
        });
        assert!(second.arrived_takes().unwrap().is_empty());
        assert!(second.unsure_takes().unwrap()[0].has_link);
        assert!(matches!(ask(&second, "la"), Claimed::Unsure { .. }));
        assert_eq!(second.take_over(id).unwrap(), TakenOver::Link);
        let mut writer = second.blob_writer().unwrap();
        crate::base::door::Sink::write(&mut writer, b"audio").unwrap();
        let audio = second.take_in(id, writer).unwrap();
        second.commit(id, &take_of("la", audio)).unwrap();
        assert_eq!(links(&second), 0);
        drop(folder);
    }
}

#[test]
fn a_link_to_what_was_heard_and_is_no_take_goes_and_any_other_stays() {
    for (class, left) in [(FailureClass::BadAnswer, 0), (FailureClass::Machine, 1)] {
        let (_folder, store) = store();
        let id = claim(&store, "la");
        store.submitted(id, LINK, None, &[]).unwrap();
        let mut writer = store.blob_writer().unwrap();
        crate::base::door::Sink::write(&mut writer, b"a page").unwrap();
        store.take_in(id, writer).unwrap();
        let failure = StepFailure::new(class, "no").billed(Billed::Unknown);
        store.unsure(id, &failure).unwrap();
        assert_eq!(links(&store), left, "{class:?}");
    }
}

#[test]
fn a_link_ends_with_every_other_end_too() {
    let submit = |first: &Store, id| first.submitted(id, LINK, None, &[]).unwrap();
    let (_a, second, id) = left(submit);
    second.take_over(id).unwrap();
    second.fail(id, &failure(Billed::Yes)).unwrap();
    assert!(second.link(id).unwrap().is_none());
    let (_b, second, id) = left(submit);
    second.resolve(id, Resolution::GiveUp).unwrap();
    assert!(second.link(id).unwrap().is_none());
    claim(&second, "la");
}

#[test]
fn a_charge_that_was_found_out_blocks_the_key_and_counts() {
    let (_folder, second, id) = left(|_, _| ());
    assert!(second.found_out(id, &failure(Billed::Yes)).unwrap());
    assert!(matches!(ask(&second, "la"), Claimed::Unsure { .. }));
    let known = second.unsure_takes().unwrap().remove(0);
    assert_eq!(
        (known.failure.billed, known.charged),
        (Billed::Yes, Some(Usd::from_nanos(40_000_000)))
    );
    let spent = second.spent_since(crate::base::time::Timestamp::UNIX_EPOCH).unwrap();
    assert_eq!(spent.known, Usd::from_nanos(40_000_000));
    // A person decides; that it was paid stays known.
    second.resolve(id, Resolution::Retake).unwrap();
    let spent = second.spent_since(crate::base::time::Timestamp::UNIX_EPOCH).unwrap();
    assert_eq!(spent.known, Usd::from_nanos(40_000_000));
    claim(&second, "la");
}

#[test]
fn what_was_not_charged_frees_the_key_and_costs_nothing() {
    let (_folder, second, id) = left(|first, id| first.unsure(id, &failure(Billed::Unknown)).unwrap());
    assert!(second.found_out(id, &failure(Billed::No)).unwrap());
    assert!(!second.found_out(id, &failure(Billed::No)).unwrap(), "it is closed");
    let spent = second.spent_since(crate::base::time::Timestamp::UNIX_EPOCH).unwrap();
    assert_eq!(spent.known, Usd::ZERO);
    claim(&second, "la");
}

#[test]
fn nothing_is_found_out_about_a_call_whose_audio_waits() {
    let (_folder, second, id) = left(|first, id| first.submitted(id, LINK, None, &[]).unwrap());
    assert!(!second.found_out(id, &failure(Billed::Yes)).unwrap());
    assert!(matches!(ask(&second, "la"), Claimed::Unsure { .. }));
    assert!(!second.found_out(id, &failure(Billed::No)).unwrap());
    assert_eq!(second.take_over(id).unwrap(), TakenOver::Link);
}

#[test]
fn nothing_is_found_out_about_a_call_in_good_hands() {
    let (folder, first) = store();
    let id = claim(&first, "la");
    let second = open(folder.path());
    assert!(!second.found_out(id, &failure(Billed::No)).unwrap(), "it is under way");
    let audio = blob(&first, b"audio");
    first.received(id, &audio, None, &[]).unwrap();
    drop(first);
    assert!(
        !second.found_out(id, &failure(Billed::No)).unwrap(),
        "its audio is here"
    );
    let refused = second.resolve(id, Resolution::NotPaid).unwrap_err();
    assert!(matches!(refused, StoreError::State { .. }), "{refused}");
}
