use crate::{
    audio::{self, Samples},
    base::{
        audio_settings::{AudioSettings, Format},
        digest::Digest,
        time::{Clock, Timestamp},
    },
    store::{Store, fs, open::Durability, testing::clock},
};
use std::{
    fs::File,
    io::ErrorKind,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, SystemTime},
};

/// A clock set by hand.
#[derive(Debug)]
struct Set(AtomicI64);

impl Clock for Set {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.0.load(Ordering::Relaxed)).unwrap()
    }

    fn elapsed(&self) -> Duration {
        Duration::ZERO
    }
}

/// Writes bytes with a chosen time.
fn write_at(path: &Path, bytes: &[u8], second: u64) {
    fs::atomic_write(path, bytes).unwrap();
    touch(path, second);
}

fn touch(path: &Path, second: u64) {
    let file = File::options().write(true).open(path).unwrap();
    file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(second))
        .unwrap();
}

/// Changes bytes in place: same inode, same size, same time.
fn rewrite_in_place(path: &Path, bytes: &[u8], second: u64) {
    use std::io::Write;
    File::options()
        .write(true)
        .open(path)
        .unwrap()
        .write_all(bytes)
        .unwrap();
    touch(path, second);
}

#[test]
fn a_settled_file_is_read_once_and_a_fresh_one_each_time() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(Set(AtomicI64::new(1_000_001)));
    let store = Store::open(folder.path(), clock.clone()).unwrap();
    let path = folder.path().join("ref.wav");
    write_at(&path, b"first", 1_000_000);
    assert_eq!(store.file_fact(&path).unwrap().digest, Digest::of(b"first"));
    // One second after the write, the same stamp proves nothing.
    rewrite_in_place(&path, b"secnd", 1_000_000);
    assert_eq!(store.file_fact(&path).unwrap().digest, Digest::of(b"secnd"));
    // Long after it, it does: these bytes are not looked at.
    clock.0.store(1_000_100, Ordering::Relaxed);
    let fact = store.file_fact(&path).unwrap();
    rewrite_in_place(&path, b"third", 1_000_000);
    assert_eq!(store.file_fact(&path).unwrap(), fact);
    assert_eq!((fact.digest, fact.bytes), (Digest::of(b"secnd"), 5));
    assert!(fact.sound.is_err());
}

#[test]
fn a_change_of_size_or_time_is_seen() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), clock()).unwrap();
    let path = folder.path().join("ref.wav");
    for (bytes, second) in [(b"first".as_slice(), 1000), (b"second", 1000), (b"SECOND", 1010)] {
        write_at(&path, bytes, second);
        let fact = store.file_fact(&path).unwrap();
        assert_eq!((fact.digest, fact.bytes), (Digest::of(bytes), bytes.len() as u64));
    }
}

#[test]
fn a_file_that_cannot_be_read_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), clock()).unwrap();
    let absent = store.file_fact(&folder.path().join("absent.wav")).unwrap_err();
    assert_eq!(absent.kind(), ErrorKind::NotFound);
    assert_eq!(
        store.file_fact(folder.path()).unwrap_err().kind(),
        ErrorKind::IsADirectory
    );
}

#[test]
fn what_an_earlier_version_measured_is_measured_anew() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), clock()).unwrap();
    let path = folder.path().join("ref.wav");
    write_at(&path, &wav(), 1000);
    let fact = store.file_fact(&path).unwrap();
    let sound = fact.sound.as_ref().unwrap().sound;
    assert!(sound.true_peak.is_some() && sound.register == Some(69.0), "{sound:?}");
    // So did a version keep it that measured length and loudness only, and from then on this one does not look again.
    let edit = |sql: &str| {
        let edited = store.change(Durability::Ordered, |transaction| {
            transaction.execute(sql, []).map_err(|error| store.failed(error))
        });
        assert_eq!(edited.unwrap(), 1, "{sql}");
    };
    edit("UPDATE files SET sound = json_remove(sound, '$.sound.true_peak', '$.sound.register', '$.sound.peaks')");
    let stripped = store.file_fact(&path).unwrap();
    assert_eq!(stripped.sound.unwrap().sound.register, None, "it is kept");
    edit("UPDATE files SET probe = probe - 1");
    assert_eq!(store.file_fact(&path).unwrap(), fact);
}

/// Half a second of A.
fn wav() -> Vec<u8> {
    let data = (0..8_000_u16).map(|n| libm::sinf(f32::from(n) * 440.0 / 16_000.0 * std::f32::consts::TAU) / 3.0);
    let samples = Samples {
        sample_rate: 16_000,
        channels: 1,
        data: data.collect(),
    };
    let settings = AudioSettings {
        format: Format::Wav,
        sample_rate: 16_000,
        bitrate: 0,
    };
    audio::encode(&samples, settings)
}
