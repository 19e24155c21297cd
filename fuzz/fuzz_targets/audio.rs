//! Any bytes as a sound file, and as raw samples.
//!
//! Beyond not failing: what is measured can be (a length that the bytes can hold, at most two channels, numbers that
//! are numbers), what [`sniff`] does not know is never sound, measuring twice gives the same, and a comment in a file
//! changes nothing of its sound.

#![no_main]

use libfuzzer_sys::fuzz_target;
use takesheet::{
    audio::{Probe, ProbeError, probe, probe_pcm, sniff, tag_scratch},
    base::audio_settings::Format,
};

/// No frame of layer III is shorter: 8 kbit/s of MPEG-2 at 24 kHz is 24 bytes for 576 samples.
const SAMPLES_PER_BYTE: f64 = 576.0 / 24.0;
/// The least rate that is taken.
const LOWEST_RATE: u32 = 8_000;

fuzz_target!(|bytes: &[u8]| {
    let sound = probe(bytes);
    same(&sound, &probe(bytes));
    match (&sound, sniff(bytes)) {
        (Ok(sound), Some(format)) => {
            assert_eq!(sound.format, format);
            check(sound, bytes.len());
            if format == Format::Mp3 {
                let tagged = probe(&tag_scratch(bytes, format, "a scratch take"));
                assert!(tagged.is_ok(), "a comment in front makes it {tagged:?}");
            }
        }
        (Err(ProbeError::NotAudio(_)), _) | (Err(_), Some(_)) => {}
        (sound, format) => panic!("{format:?} by its first bytes, and yet {sound:?}"),
    }
    for (rate, channels) in [(44_100, 1), (16_000, 2)] {
        let sound = probe_pcm(bytes, rate, channels);
        if let Ok(sound) = &sound {
            check(sound, bytes.len());
            let frames = bytes.len() / (2 * usize::from(channels));
            assert_eq!(sound.seconds, frames as f64 / f64::from(rate));
        }
    }
    assert!(probe_pcm(bytes, 0, 1).is_err() && probe_pcm(bytes, 44_100, 0).is_err());
});

fn check(sound: &Probe, bytes: usize) {
    assert!(sound.sample_rate >= LOWEST_RATE && (1..=2).contains(&sound.channels), "{sound:?}");
    assert!(sound.seconds.is_finite() && sound.seconds > 0.0, "{sound:?}");
    let most = bytes as f64 * SAMPLES_PER_BYTE / f64::from(sound.sample_rate);
    assert!(sound.seconds <= most, "{sound:?} in {bytes} bytes");
    assert!(sound.loudness.is_none_or(f64::is_finite), "{sound:?}");
}

/// The same to the bit.
fn same(one: &Result<Probe, ProbeError>, other: &Result<Probe, ProbeError>) {
    assert_eq!(one, other, "measuring twice differs");
}
