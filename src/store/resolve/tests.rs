use super::*;
use crate::store::{
    Claimed,
    testing::{ask, blob, claim, key, open, store},
};
use std::path::Path;

const LINK: &str = "https://cdn/7";

fn failure(billed: Billed) -> StepFailure {
    StepFailure::new(FailureClass::Ambiguous, "the connection was cut").billed(billed)
}

fn found(refused: Result<(), StoreError>) -> String {
    match refused {
        Err(StoreError::State { found, .. }) => found,
        other => panic!("expected to be refused, got {other:?}"),
    }
}

fn billed(folder: &Path) -> String {
    let database = rusqlite::Connection::open(folder.join(".takesheet/takesheet.db")).unwrap();
    database
        .query_row("SELECT billed FROM claims ORDER BY id LIMIT 1", [], |row| row.get(0))
        .unwrap()
}

#[test]
fn a_charged_call_is_not_made_unpaid_however_the_charge_became_known() {
    let ways: [fn(&Store, ClaimId); 4] = [
        |store, id| store.fail(id, &failure(Billed::Yes)).unwrap(),
        |store, id| store.unsure(id, &failure(Billed::Yes)).unwrap(),
        |store, id| {
            let charged = Some(Usd::from_nanos(5));
            store
                .unsure(
                    id,
                    &StepFailure {
                        charged,
                        ..failure(Billed::Unknown)
                    },
                )
                .unwrap();
        },
        |store, id| {
            let audio = blob(store, b"audio");
            store.received(id, &audio, None, &[]).unwrap();
            crate::store::fs::remove(&store.blob_path(audio.digest)).unwrap();
        },
    ];
    for (number, way) in ways.into_iter().enumerate() {
        let (folder, first) = store();
        let id = claim(&first, "la");
        way(&first, id);
        drop(first);
        let store = open(folder.path());
        let known = store.unsure_takes().unwrap().remove(0).failure;
        assert_eq!(
            (known.billed, known.class),
            (Billed::Yes, FailureClass::Lost),
            "{number}"
        );
        assert_eq!(found(store.resolve(id, Resolution::NotPaid)), "charged", "{number}");
        store.resolve(id, Resolution::Retake).unwrap();
        assert_eq!(billed(folder.path()), "yes", "{number}: it stays known");
        assert!(matches!(ask(&store, "la"), Claimed::Go(_)));
    }
}

#[test]
fn a_link_is_dropped_only_by_giving_it_up() {
    let left: [fn(&Store, ClaimId); 3] = [
        |_, _| (),
        |store, id| store.unsure(id, &failure(Billed::Unknown)).unwrap(),
        |store, id| store.unsure(id, &failure(Billed::Yes)).unwrap(),
    ];
    for leave in left {
        let (folder, first) = store();
        let id = claim(&first, "la");
        first.submitted(id, LINK, None, &[]).unwrap();
        leave(&first, id);
        drop(first);
        let store = open(folder.path());
        let known = store.unsure_takes().unwrap().remove(0);
        assert!(known.has_link && known.failure.billed == Billed::Yes, "{known:?}");
        for how in [Resolution::Paid, Resolution::NotPaid, Resolution::Retake] {
            assert_eq!(
                found(store.resolve(id, how)),
                "paid for, with audio that can be fetched"
            );
        }
        assert_eq!(store.link(id).unwrap().unwrap().expose(), LINK);
        store.resolve(id, Resolution::GiveUp).unwrap();
        assert!(store.link(id).unwrap().is_none());
        assert_eq!(billed(folder.path()), "yes");
    }
}

#[test]
fn what_was_said_of_a_call_is_not_done_to_the_next_one_of_its_key() {
    let (_folder, store) = store();
    let earlier = claim(&store, "la");
    store.unsure(earlier, &failure(Billed::Unknown)).unwrap();
    // While a person thinks about it, another one settles it, and the key is bought again.
    store.resolve(earlier, Resolution::NotPaid).unwrap();
    let later = claim(&store, "la");
    store.unsure(later, &failure(Billed::Unknown)).unwrap();
    assert_eq!(found(store.resolve(earlier, Resolution::NotPaid)), "not open");
    let unsure = store.unsure_takes().unwrap();
    assert_eq!((unsure[0].claim, unsure[0].key), (later, key("la")));
}

#[test]
fn what_was_found_out_meanwhile_outweighs_what_was_listed() {
    let (_folder, store) = store();
    let id = claim(&store, "la");
    store.unsure(id, &failure(Billed::Unknown)).unwrap();
    assert_eq!(store.unsure_takes().unwrap()[0].failure.billed, Billed::Unknown);
    assert!(store.found_out(id, &failure(Billed::Yes)).unwrap());
    assert_eq!(found(store.resolve(id, Resolution::NotPaid)), "charged");
}

#[test]
fn a_row_that_cannot_be_read_is_an_error_that_names_it_and_no_other_call() {
    let said = |change: &str| {
        let (folder, store) = store();
        let id = claim(&store, "a");
        store.unsure(id, &failure(Billed::Unknown)).unwrap();
        let database = rusqlite::Connection::open(folder.path().join(".takesheet/takesheet.db")).unwrap();
        database.execute_batch(change).unwrap();
        store
            .unsure_takes()
            .map(|takes| takes[0].backend)
            .map_err(|error| error.to_string())
    };
    let key = said("UPDATE claims SET key = 'abc'").unwrap_err();
    assert!(key.ends_with("takesheet.db: `abc` in it is no digest"), "{key}");
    let backend = said("UPDATE requests SET request = json_set(request, '$.backend', 'other')").unwrap_err();
    assert!(
        backend.ends_with("`other` in it is no backend that this program knows"),
        "{backend}"
    );
    assert_eq!(said("DELETE FROM requests"), Ok(BackendKind::Aimlapi));
}
