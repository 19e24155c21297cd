use super::*;
use crate::{
    event::StepFailure,
    plan::Known,
    store::{
        ClaimId, Claimed, NewClaim, Placing,
        testing::{PRICE, blob, open, request, sound, take_name, take_of},
    },
};
use serde_json::json;

#[test]
fn takes_that_outlived_their_ledger_are_not_unknown() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("takes");
    let placed = |lyrics: &str, bytes: &[u8]| {
        let request = request(lyrics);
        let take = StoredTake {
            key: request.key(),
            digest: Digest::of(bytes),
            bytes: bytes.len() as u64,
            format: Format::Mp3,
            sound: sound(),
            peaks: Peaks::new(vec![[-9, 9]; 800]),
            at: Timestamp::UNIX_EPOCH,
            charged: None,
            price: PRICE,
        };
        let card = json!({
            "take": take_name(lyrics).to_string(), "pipeline": "p", "key": take.key, "digest": take.digest,
            "bytes": take.bytes, "format": take.format, "sound": take.sound, "peaks": take.peaks, "rendered_at": take.at,
            "charged": take.charged, "price": take.price, "request": request, "program": "x",
        });
        (take, card)
    };
    let store = open(folder.path());
    let takes = ["one", "two", "three"].map(|lyrics| placed(lyrics, lyrics.as_bytes()));
    for (number, (take, card)) in takes.iter().enumerate() {
        store
            .put_blob(take.digest, ["one", "two", "three"][number].as_bytes())
            .unwrap();
        let name = format!("song/t{number}.mp3");
        let placing = Placing {
            folder: &output,
            name: &name,
            take,
            card,
            lyrics: None,
        };
        store.place(&placing).unwrap();
    }
    drop(store);
    std::fs::remove_dir_all(folder.path().join(".takesheet")).unwrap();
    // One was changed since, and one claims a request that it was not made of.
    fs::atomic_write(&output.join("song/t1.mp3"), b"TWO").unwrap();
    let forged = output.join("song/t2.json");
    let text = fs::read_text(&forged).unwrap().unwrap();
    fs::atomic_write(&forged, text.replace("\"three\"", "\"four\"").as_bytes()).unwrap();
    fs::atomic_write(&output.join("notes.json"), b"{").unwrap();

    let store = open(folder.path());
    assert_eq!(store.adopt(&output).unwrap(), 1);
    let keys = takes.each_ref().map(|(take, _)| take.key);
    let known = store.try_recall(&keys).unwrap();
    assert_eq!(known.keys().collect::<Vec<_>>(), [&keys[0]]);
    assert!(
        matches!(&known[&keys[0]], Known::Take(take) if *take == takes[0].0),
        "with all that was measured: {known:?}"
    );
    assert!(store.is_placed(&output, "song/t0.mp3", &takes[0].0));
    assert_eq!(
        store.adopt(&output).unwrap(),
        0,
        "a ledger that knows takes is believed"
    );
}

/// A call of a take, and the named file that the process which made it wrote when it could not write the ledger.
fn call_with_file(folder: &Path, store: &Store, request_id: &str) -> (Key, ClaimId) {
    let (request, name) = (request("la"), take_name("la"));
    let key = request.key();
    let claim = NewClaim {
        key,
        take: &name,
        pipeline: "p",
        run: "r",
        request: &request,
        request_id: "id-la",
        price: PRICE,
        account: Digest::of(b"an account"),
        day: None,
    };
    let Claimed::Go(id) = store.claim(&claim).unwrap() else {
        panic!("the key is free")
    };
    let take = StoredTake {
        key,
        charged: Some(Usd::from_nanos(9)),
        ..take_of("la", blob(store, b"audio"))
    };
    let card = json!({
        "take": name.to_string(), "pipeline": "p", "key": key, "digest": take.digest, "bytes": take.bytes,
        "format": take.format, "sound": take.sound, "rendered_at": take.at, "charged": take.charged,
        "price": take.price, "request": request,
        "calls": [{ "name": "x-client-request-id", "value": request_id }],
    });
    let placing = Placing {
        folder,
        name: "t.mp3",
        take: &take,
        card: &card,
        lyrics: None,
    };
    store.place_unrecorded(&placing).unwrap();
    (key, id)
}

#[test]
fn a_call_is_closed_with_the_file_that_came_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("takes");
    let first = open(folder.path());
    let (key, id) = call_with_file(&output, &first, "id-la");
    let second = open(folder.path());
    assert_eq!(
        second.adopt_named(&output, "t.mp3", key).unwrap(),
        Adopted::Take,
        "its process lives, and may yet say itself what came of it"
    );
    drop(first);
    assert_eq!(second.adopt_named(&output, "t.wav", key).unwrap(), Adopted::Call);
    assert!(second.unsure_takes().unwrap().is_empty() && second.arrived_takes().unwrap().is_empty());
    assert!(second.fail(id, &doubt()).is_err(), "it is over");
    assert!(matches!(second.try_recall(&[key]).unwrap()[&key], Known::Take(_)));
    let spent = second.spent_since(Timestamp::UNIX_EPOCH).unwrap();
    assert_eq!(spent.known, Usd::from_nanos(9), "once, and as the backend said");
}

#[test]
fn a_call_that_was_called_lost_is_closed_too_and_its_link_goes() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("takes");
    let store = open(folder.path());
    let (key, id) = call_with_file(&output, &store, "id-la");
    store.submitted(id, "https://cdn/a", None, &[]).unwrap();
    store.unsure(id, &doubt()).unwrap();
    assert_eq!(store.adopt_named(&output, "t.mp3", key).unwrap(), Adopted::Call);
    let links = store.query(|connection| {
        connection.query_row("SELECT count(*) FROM claims WHERE task IS NOT NULL", [], |row| {
            row.get::<_, i64>(0)
        })
    });
    assert_eq!(links.unwrap(), 0);
}

#[test]
fn a_call_that_the_file_does_not_speak_of_stays_open() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("takes");
    let store = open(folder.path());
    let (key, id) = call_with_file(&output, &store, "id-of-another-call");
    store.unsure(id, &doubt()).unwrap();
    assert_eq!(store.adopt_named(&output, "t.mp3", key).unwrap(), Adopted::Take);
    assert_eq!(store.unsure_takes().unwrap().len(), 1);
}

fn doubt() -> StepFailure {
    StepFailure::in_doubt("the connection was cut")
}
