//! What the store's tests share: a store in a folder of its own, and takes to put into it.

use super::{Blob, ClaimId, Claimed, NewClaim, Store};
use crate::{
    audio::{MusicalKey, Peaks, Sound},
    base::{
        audio_settings::{AudioSettings, Format},
        digest::Digest,
        door::Sink,
        ids::{CellName, Coordinates, StepKind, StepName, TakeName},
        money::{Price, Usd},
        time::{Clock, SystemClock, Timestamp},
    },
    catalog::BackendKind,
    plan::{Key, RenderRequest, StoredTake},
};
use std::{path::Path, sync::Arc};
use tempfile::TempDir;

/// The machine's clock.
pub(super) fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock::start())
}

/// A new store, and the folder it lives in.
pub(super) fn store() -> (TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    (folder, store)
}

/// A store in that folder, as another process would open it.
pub(super) fn open(folder: &Path) -> Store {
    Store::open(folder, clock()).unwrap()
}

/// `songs.NAME#1`.
pub(super) fn take_name(name: &str) -> TakeName {
    let step = StepName::new(StepKind::Song, name);
    let at = Coordinates::default();
    TakeName {
        cell: CellName { step, at },
        number: 1,
    }
}

/// A request with these lyrics.
pub(super) fn request(lyrics: &str) -> RenderRequest {
    RenderRequest {
        version: 1,
        backend: BackendKind::Sandbox,
        contract: 1,
        model: "music-01".into(),
        lyrics: Some(lyrics.into()),
        voice: None,
        instrumental: None,
        audio: AudioSettings {
            format: Format::Mp3,
            sample_rate: 44_100,
            bitrate: 128_000,
        },
        take: 1,
        salt: String::new(),
    }
}

/// A key that stands for these lyrics.
pub(super) fn key(lyrics: &str) -> Key {
    Key(Digest::of(lyrics.as_bytes()))
}

/// Three cents.
pub(super) const PRICE: Price = Price::Known(Usd::from_nanos(30_000_000));

/// Asks to buy a take with these lyrics for `songs.hook#1`.
pub(super) fn ask(store: &Store, lyrics: &str) -> Claimed {
    ask_as(store, "hook", lyrics)
}

/// Asks to buy a take with these lyrics for `songs.NAME#1`.
pub(super) fn ask_as(store: &Store, name: &str, lyrics: &str) -> Claimed {
    let (take, request) = (take_name(name), request(lyrics));
    let claim = NewClaim {
        key: key(lyrics),
        take: &take,
        pipeline: "rainy-city",
        run: "run-1",
        request: &request,
        request_id: &format!("id-{lyrics}"),
        price: PRICE,
        account: Digest::of(b"an account"),
        day: None,
    };
    store.claim(&claim).unwrap()
}

/// Asks, and must get the claim.
pub(super) fn claim(store: &Store, lyrics: &str) -> ClaimId {
    match ask(store, lyrics) {
        Claimed::Go(claim) => claim,
        other => panic!("expected to be told to go, got {other:?}"),
    }
}

/// Puts bytes into the store.
pub(super) fn blob(store: &Store, bytes: &[u8]) -> Blob {
    let mut writer = store.blob_writer().unwrap();
    writer.write(bytes).unwrap();
    writer.finish().unwrap()
}

/// A sound of which everything could be told.
pub(super) fn sound() -> Sound {
    Sound {
        seconds: 31.24,
        sample_rate: 44_100,
        channels: 2,
        loudness: Some(-14.0),
        range: Some(6.5),
        true_peak: Some(-1.0),
        silence_before: Some(0.25),
        silence_after: Some(1.5),
        clipped: Some(12),
        tempo: Some(124.9),
        musical_key: Some(MusicalKey::new(0, true)),
        register: Some(51.5),
        brightness: Some(2_100.0),
        damaged: true,
    }
}

/// A take with these lyrics and this audio.
pub(super) fn take_of(lyrics: &str, blob: Blob) -> StoredTake {
    StoredTake {
        key: key(lyrics),
        digest: blob.digest,
        bytes: blob.bytes,
        format: crate::base::audio_settings::Format::Mp3,
        sound: sound(),
        peaks: Peaks::new(vec![[-128, 127], [0, 3]]),
        at: Timestamp::from_second(1_790_000_000).unwrap(),
        charged: Some(Usd::from_nanos(31_500_000)),
        price: PRICE,
    }
}

/// Buys a take from claim to commit.
pub(super) fn buy(store: &Store, lyrics: &str, audio: &[u8]) -> StoredTake {
    let claim = claim(store, lyrics);
    let blob = blob(store, audio);
    store.received(claim, &blob, None, &[]).unwrap();
    let take = take_of(lyrics, blob);
    store.commit(claim, &take).unwrap();
    take
}
