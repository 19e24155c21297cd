//! How much memory hearing ten minutes takes: every allocation of this process is counted.
//!
//! A test binary of its own, with one test, so that nothing else is counted.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "the test makes the user's files, and a step that fails is a test that fails"
)]

use peak_alloc::PeakAlloc;
use std::{
    fs::File,
    io::{BufWriter, Write},
    path::Path,
    sync::Arc,
};
use takesheet::{
    audio::{self, Samples},
    base::{
        audio_settings::{AudioSettings, Format},
        time::SystemClock,
    },
    store::Store,
};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

const MOST: usize = 30 << 20;
const SECONDS: usize = 600;

/// Ten seconds of two tones that swell twice a second.
fn music(sample_rate: u16) -> Samples {
    let frames = 0..u32::from(sample_rate) * 10;
    let data = frames.flat_map(|frame| {
        let time = f64::from(frame) / f64::from(sample_rate);
        let tone = |hertz: f64| libm::sin(time * hertz * std::f64::consts::TAU);
        let swell = 0.5 - 0.5 * tone(2.0);
        [0.3 * swell * tone(220.0), 0.3 * swell * tone(330.0)]
    });
    #[expect(clippy::cast_possible_truncation, reason = "samples")]
    let data = data.map(|sample| sample as f32).collect();
    Samples {
        sample_rate: sample_rate.into(),
        channels: 2,
        data,
    }
}

fn encoded(sample_rate: u16, format: Format) -> Vec<u8> {
    let settings = AudioSettings {
        format,
        sample_rate: sample_rate.into(),
        bitrate: 64_000,
    };
    audio::encode(&music(sample_rate), settings)
}

/// Writes the same ten seconds over and over, a piece at a time.
fn write(path: &Path, header: &[u8], piece: &[u8]) {
    let mut file = BufWriter::new(File::create(path).unwrap());
    file.write_all(header).unwrap();
    for _ in 0..SECONDS / 10 {
        file.write_all(piece).unwrap();
    }
    file.flush().unwrap();
}

/// A stereo wav of ten minutes.
fn wav(path: &Path) {
    let short = encoded(44_100, Format::Wav);
    let (header, piece) = short.split_at(44);
    let mut header = header.to_vec();
    let length = u32::try_from(piece.len() * SECONDS / 10).unwrap();
    header[4..8].copy_from_slice(&(length + 36).to_le_bytes());
    header[40..44].copy_from_slice(&length.to_le_bytes());
    write(path, &header, piece);
}

#[test]
fn ten_minutes_are_heard_in_little_memory() {
    let folder = tempfile::tempdir().unwrap();
    let (long, joined) = (folder.path().join("long.wav"), folder.path().join("long.mp3"));
    wav(&long);
    // At this rate most of it is kept for tempo and key.
    write(&joined, b"", &encoded(16_000, Format::Mp3));
    let store = Store::open(folder.path(), Arc::new(SystemClock::start())).unwrap();
    for (path, frames) in [(&long, 0.0), (&joined, 60.0 * 3.0 * 576.0 / 16_000.0)] {
        MEMORY.reset_peak_usage();
        let before = MEMORY.current_usage();
        let fact = store.file_fact(path).unwrap();
        let peak = MEMORY.peak_usage() - before;
        let probe = fact.sound.unwrap();
        // Where files are joined, the encoder's margins are between them.
        assert!((600.0..600.1 + frames).contains(&probe.sound.seconds), "{probe:?}");
        assert_eq!(probe.peaks.pieces().len(), audio::PIECES);
        assert!(
            probe.sound.loudness.is_some() && probe.sound.tempo.is_some(),
            "{probe:?}"
        );
        assert!(peak < MOST, "{peak} bytes for {}", path.display());
        println!("{}: {peak} bytes at most", path.display());
    }
}
