use super::CollectError;
use crate::{
    event::{Billed, FailureClass, StepFailure},
    plan::{Forgone, Known},
    store::{
        blobs, fs,
        testing::{blob, buy, claim, key, open, store},
    },
};

/// Two takes of one name: the older is idle.
fn two(store: &crate::store::Store) -> [crate::plan::StoredTake; 2] {
    [buy(store, "old", b"old"), buy(store, "new", b"new")]
}

#[test]
fn only_an_older_take_of_a_name_is_deleted_without_being_named() {
    let (folder, store) = store();
    let [old, new] = two(&store);
    drop(store);
    let store = open(folder.path());
    let mut survey = store.survey().unwrap();
    let idle: Vec<_> = survey.takes.iter().map(|take| (take.key, take.is_latest)).collect();
    assert!(
        idle.contains(&(old.key, false)) && idle.contains(&(new.key, true)),
        "{idle:?}"
    );
    survey.without_named();
    assert_eq!(store.collect(&survey).unwrap(), 3);
    let known = store.try_recall(&[old.key, new.key]).unwrap();
    assert!(matches!(&known[&old.key], Known::Forgone { how: Forgone::Collected, paid, .. } if *paid == old.paid()));
    assert!(matches!(&known[&new.key], Known::Take(_)));
    assert!(store.request(old.key).is_ok(), "what it was made of is remembered");
}

#[test]
fn audio_that_two_takes_have_goes_with_the_last_of_them() {
    let (folder, store) = store();
    let [old, _] = [buy(&store, "old", b"same"), buy(&store, "new", b"same")];
    drop(store);
    let store = open(folder.path());
    let mut survey = store.survey().unwrap();
    survey.takes.retain(|take| take.key == old.key);
    assert_eq!(survey.bytes(), 0, "deleting one frees nothing");
    assert_eq!(store.collect(&survey).unwrap(), 0);
    assert_eq!(store.read_blob(old.digest).unwrap(), b"same");
}

#[test]
fn what_an_open_call_brought_is_held() {
    let (folder, store) = store();
    let received = claim(&store, "la");
    let audio = blob(&store, b"arrived");
    store.received(received, &audio, None, &[]).unwrap();
    let unsure = claim(&store, "unsure");
    let failure = StepFailure::new(FailureClass::Ambiguous, "cut").billed(Billed::Unknown);
    store.unsure(unsure, &failure).unwrap();
    drop(store);
    let store = open(folder.path());
    let survey = store.survey().unwrap();
    assert!(survey.takes.is_empty() && survey.parts.is_empty(), "{survey:?}");
    store.collect(&survey).unwrap();
    assert!(store.has_blob(audio.digest, audio.bytes));
}

#[test]
fn what_came_to_be_claimed_after_the_survey_stays() {
    let (folder, store) = store();
    let [old, _] = two(&store);
    drop(store);
    let store = open(folder.path());
    let survey = store.survey().unwrap();
    // Another process claimed the key, and is gone again.
    let other = open(folder.path());
    other
        .change(crate::store::open::Durability::Synced, |transaction| {
            let sql = "INSERT INTO claims (key, take, pipeline, run, request_id, state, owner, pid, since)
                       VALUES (?1, 't', 'p', 'r', 'i', 'unsure', 'o', 1, 1)";
            transaction
                .execute(sql, [old.key.0.hex()])
                .map_err(|error| other.failed(error))
        })
        .unwrap();
    drop(other);
    store.collect(&survey).unwrap();
    assert!(store.has_blob(old.digest, old.bytes));
}

#[test]
fn nothing_is_deleted_while_a_process_is_at_work() {
    let (folder, store) = store();
    let [old, _] = two(&store);
    let other = open(folder.path());
    let survey = other.survey().unwrap();
    assert!(matches!(other.collect(&survey), Err(CollectError::Busy)));
    assert!(other.has_blob(old.digest, old.bytes));
}

#[test]
fn audio_of_no_take_and_what_was_never_finished_are_told_apart() {
    let (folder, store) = store();
    let part = blob(&store, b"half a song");
    drop(store);
    let temps = folder.path().join(".takesheet/blobs/tmp");
    fs::write_new(&temps.join("0123456789abcdef0123456789abcdef-torn"), b"torn").unwrap();
    let kept = crate::base::digest::Digest::of(b"whole");
    fs::write_new(&temps.join(format!("kept-{}", kept.hex())), b"whole").unwrap();
    let store = open(folder.path());
    let mut survey = store.survey().unwrap();
    assert_eq!((survey.parts.len(), survey.leftovers.len()), (2, 1), "{survey:?}");
    survey.narrow(&[part.digest.hex()[..8].to_owned()]);
    assert_eq!((survey.parts.len(), survey.leftovers.len()), (1, 0));
    store.collect(&survey).unwrap();
    assert!(!store.has_blob(part.digest, part.bytes) && fs::exists(&store.kept_path(kept)));
    assert!(store.try_recall(&[key("la")]).unwrap().is_empty());
}

#[test]
fn audio_that_a_call_came_to_have_after_the_survey_stays() {
    let (folder, bought) = store();
    let claimed = claim(&bought, "la");
    let audio = blob(&bought, b"a whole answer");
    let store = open(folder.path());
    // Its digest was not in the ledger when that was read, and it was in its place when that was looked at.
    let survey = store.survey().unwrap();
    assert_eq!(survey.parts.len(), 1, "{survey:?}");
    bought.received(claimed, &audio, None, &[]).unwrap();
    drop(bought);
    assert_eq!(store.collect(&survey).unwrap(), 0);
    assert!(store.has_blob(audio.digest, audio.bytes));
}

#[test]
fn a_whole_answer_that_cannot_be_set_aside_is_not_deleted() {
    let (folder, bought) = store();
    let claimed = claim(&bought, "la");
    let audio = crate::store::Blob {
        digest: crate::base::digest::Digest::of(b"whole"),
        bytes: 5,
    };
    bought
        .change(crate::store::open::Durability::Synced, |transaction| {
            crate::store::ledger::note_audio(transaction, claimed, &audio, None, &[])
                .map_err(|error| bought.failed(error))
        })
        .unwrap();
    let owner = bought.owner().unwrap().name.clone();
    let left = blobs::temps(&folder.path().join(".takesheet")).join(format!("{owner}-la"));
    let store = open(folder.path());
    drop(bought);
    fs::write_new(&left, b"whole").unwrap();
    let survey = store.survey().unwrap();
    assert!(
        survey.leftovers.iter().any(|leftover| leftover.path == left),
        "{survey:?}"
    );
    // Something has the name that it is to be given.
    let taken = store.kept_path(audio.digest);
    fs::create_dir_all(&taken).unwrap();
    store.collect(&survey).unwrap();
    assert!(fs::exists(&left), "collected");
    fs::write_new(&folder.path().join(format!(".takesheet/owners/{owner}.lock")), b"").unwrap();
    drop(open(folder.path()));
    assert!(fs::exists(&left), "tidied up");
}
