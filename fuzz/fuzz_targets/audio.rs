//! Any bytes as a sound file, and as raw samples.
//!
//! Beyond not failing: what is measured can be (a length that the bytes can hold, at most two channels, numbers that
//! are numbers), what [`sniff`] does not know is never sound, and measuring twice gives the same. The bytes taken as samples
//! and encoded are measured as what they are, also with a comment in the file.

#![no_main]

use libfuzzer_sys::fuzz_target;
use takesheet::{
    audio::{Probe, ProbeError, Samples, encode, probe, probe_pcm, sniff, tag_scratch},
    base::audio_settings::{AudioSettings, Format},
};

/// No frame of layer III is shorter: 8 kbit/s of MPEG-2 at 24 kHz is 24 bytes for 576 samples.
const SAMPLES_PER_BYTE: f64 = 576.0 / 24.0;
/// What the round trip is made at.
const RATE: u32 = 16_000;
/// Samples of a frame at that rate.
const MP3_FRAME: f64 = 576.0;
/// The least rate that is taken.
const LOWEST_RATE: u32 = 8_000;

fuzz_target!(|bytes: &[u8]| {
    let sound = probe(bytes);
    same(&sound, &probe(bytes));
    match (&sound, sniff(bytes)) {
        (Ok(sound), Some(format)) => {
            assert_eq!(sound.format, format);
            check(sound, bytes.len());
        }
        (Err(ProbeError::NotAudio(_)), _) | (Err(_), Some(_)) => {}
        (sound, format) => panic!("{format:?} by its first bytes, and yet {sound:?}"),
    }
    for (rate, channels) in [(44_100, 1), (16_000, 2)] {
        let sound = probe_pcm(bytes, rate, channels);
        if let Ok(sound) = &sound {
            check(sound, bytes.len());
            let frames = bytes.len() / (2 * usize::from(channels));
            assert_eq!(sound.sound.seconds, frames as f64 / f64::from(rate));
        }
    }
    assert!(probe_pcm(bytes, 0, 1).is_err() && probe_pcm(bytes, 44_100, 0).is_err());
    round_trip(&bytes[..bytes.len().min(4_000)]);
});

/// Any samples, encoded: what is measured is what was encoded, with and without a comment in the file.
fn round_trip(bytes: &[u8]) {
    let samples = Samples {
        sample_rate: RATE,
        channels: 1,
        data: bytes
            .chunks_exact(2)
            .map(|two| f32::from(i16::from_le_bytes([two[0], two[1]])) / 32_768.0)
            .collect(),
    };
    if samples.data.is_empty() {
        return;
    }
    for (format, slack) in [(Format::Wav, 0.0), (Format::Mp3, MP3_FRAME)] {
        let settings = AudioSettings {
            format,
            sample_rate: RATE,
            bitrate: 32_000,
        };
        let file = encode(&samples, settings);
        let plain = probe(&file).expect("what was encoded can be measured");
        let frames = plain.sound.seconds * f64::from(RATE);
        assert!(
            (frames - samples.data.len() as f64).abs() <= slack + 0.001,
            "{frames} frames of {format:?}"
        );
        let tagged = probe(&tag_scratch(&file, format, "a scratch take"));
        assert_eq!(tagged, Ok(plain), "a comment makes a difference");
    }
}

fn check(sound: &Probe, bytes: usize) {
    assert!(
        sound.sound.sample_rate >= LOWEST_RATE && (1..=2).contains(&sound.sound.channels),
        "{sound:?}"
    );
    assert!(sound.sound.seconds.is_finite() && sound.sound.seconds > 0.0, "{sound:?}");
    let most = bytes as f64 * SAMPLES_PER_BYTE / f64::from(sound.sound.sample_rate);
    assert!(sound.sound.seconds <= most, "{sound:?} in {bytes} bytes");
    assert!(sound.sound.loudness.is_none_or(f64::is_finite), "{sound:?}");
}

/// The same to the bit.
fn same(one: &Result<Probe, ProbeError>, other: &Result<Probe, ProbeError>) {
    assert_eq!(one, other, "measuring twice differs");
}
