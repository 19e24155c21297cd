//! Every setting there and back, and the damaged files people really have. All sound is made here; none is stored.

use super::{Probe, ProbeError, Samples, encode, loudness, mp3_bitrate, probe, probe_pcm, tag_scratch};
use crate::base::audio_settings::{AudioSettings, Format};

/// Two tones that come and go, so that no frame is like its neighbour.
fn music(seconds: f64, sample_rate: u32, channels: u16) -> Samples {
    let frames = (seconds * f64::from(sample_rate)) as u32;
    let data = (0..frames).flat_map(|frame| {
        let time = f64::from(frame) / f64::from(sample_rate);
        let swell = 0.55 + 0.45 * (time * 5.0).sin();
        let left = 0.2 * swell * (time * 440.0 * std::f64::consts::TAU).sin();
        let right = 0.2 * (time * 660.0 * std::f64::consts::TAU).sin();
        [left as f32, right as f32].into_iter().take(usize::from(channels))
    });
    Samples {
        sample_rate,
        channels,
        data: data.collect(),
    }
}

fn settings(format: Format, sample_rate: u32, bitrate: u32) -> AudioSettings {
    AudioSettings {
        format,
        sample_rate,
        bitrate,
    }
}

fn mp3(seconds: f64) -> Vec<u8> {
    encode(&music(seconds, 44_100, 2), settings(Format::Mp3, 44_100, 64_000))
}

fn wav(seconds: f64) -> Vec<u8> {
    encode(&music(seconds, 16_000, 1), settings(Format::Wav, 16_000, 32_000))
}

fn sane(result: Result<Probe, ProbeError>) -> Probe {
    let probe = result.unwrap();
    assert!(probe.sound.seconds.is_finite() && probe.sound.seconds > 0.0);
    assert!(probe.sound.loudness.is_none_or(|lufs| lufs.is_finite() && lufs < 12.0));
    probe
}

fn refused(result: Result<Probe, ProbeError>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn every_setting_comes_back_as_asked() {
    for sample_rate in [16_000, 24_000, 32_000, 44_100] {
        for channels in [1, 2] {
            let samples = music(1.7, sample_rate, channels);
            for bitrate in [32_000, 64_000, 128_000, 256_000] {
                comes_back(&samples, settings(Format::Mp3, sample_rate, bitrate));
                comes_back(&samples, settings(Format::Wav, sample_rate, bitrate));
                comes_back(&samples, settings(Format::Pcm, sample_rate, bitrate));
            }
        }
    }
}

fn comes_back(samples: &Samples, settings: AudioSettings) {
    let bytes = encode(samples, settings);
    let found = sane(match settings.format {
        Format::Pcm => probe_pcm(&bytes, samples.sample_rate, samples.channels),
        Format::Mp3 | Format::Wav => probe(&bytes),
    });
    let case = format!("{settings:?}: {found:?}");
    assert_eq!(found.format, settings.format, "{case}");
    assert_eq!(
        (found.sound.sample_rate, found.sound.channels),
        (samples.sample_rate, samples.channels),
        "{case}"
    );
    assert!(
        (found.sound.seconds - samples.seconds()).abs() < 0.05 && !found.sound.damaged,
        "{case}"
    );
    let truth = loudness(samples).unwrap();
    assert!(
        (found.sound.loudness.unwrap() - truth).abs() < 0.5,
        "{case}, not {truth}"
    );
}

#[test]
fn an_mp3_has_the_size_of_its_bitrate() {
    let samples = music(4.0, 24_000, 2);
    for (asked, got) in [(32_000, 32_000), (128_000, 128_000), (256_000, 160_000)] {
        assert_eq!(mp3_bitrate(24_000, asked), got);
        let bytes = encode(&samples, settings(Format::Mp3, 24_000, asked)).len() as f64;
        let expected = 4.0 * f64::from(got) / 8.0;
        assert!(
            (bytes / expected - 1.0).abs() < 0.04,
            "{asked}: {bytes} bytes, expected about {expected}"
        );
    }
    assert_eq!(mp3_bitrate(32_000, 256_000), 256_000);
}

#[test]
fn the_same_samples_give_the_same_bytes() {
    assert_eq!(mp3(1.0), mp3(1.0));
    assert_ne!(mp3(1.0), mp3(1.1));
}

#[test]
fn pcm_is_what_a_wav_holds() {
    let samples = music(0.5, 16_000, 2);
    let wav = encode(&samples, settings(Format::Wav, 16_000, 32_000));
    let pcm = encode(&samples, settings(Format::Pcm, 16_000, 32_000));
    assert_eq!(wav[44..], pcm);
    assert_eq!(pcm.len(), samples.data.len() * 2);
}

#[test]
fn loudness_is_that_of_the_standard() {
    // EBU Tech 3341, case 1: a stereo sine of 1 kHz at −23 dBFS reads −23 LUFS.
    let peak = 10_f64.powf(-23.0 / 20.0);
    let sine = (0..48_000 * 5).flat_map(|frame| {
        let value = (peak * (f64::from(frame) * 1000.0 / 48_000.0 * std::f64::consts::TAU).sin()) as f32;
        [value, value]
    });
    let samples = Samples {
        sample_rate: 48_000,
        channels: 2,
        data: sine.collect(),
    };
    assert!((loudness(&samples).unwrap() + 23.0).abs() < 0.1);
    let bytes = encode(&samples, settings(Format::Wav, 48_000, 0));
    assert!((probe(&bytes).unwrap().sound.loudness.unwrap() + 23.0).abs() < 0.1);
}

#[test]
fn silence_has_a_length_and_no_loudness() {
    let found = sane(probe_pcm(&vec![0; 32_000], 16_000, 1));
    assert_eq!(
        (found.sound.seconds, found.sound.loudness, found.sound.damaged),
        (1.0, None, false)
    );
}

#[test]
fn a_tag_marks_the_file_and_changes_nothing_else() {
    for (format, bytes) in [(Format::Mp3, mp3(1.0)), (Format::Wav, wav(1.0))] {
        let before = probe(&bytes).unwrap();
        let tagged = tag_scratch(&bytes, format, "scratch render, naïve");
        assert_eq!(probe(&tagged).unwrap(), before);
        assert!(tagged.len() > bytes.len());
    }
    let tagged = tag_scratch(&wav(1.0), Format::Wav, "scratch");
    assert_eq!(
        u32::from_le_bytes(tagged[4..8].try_into().unwrap()) as usize,
        tagged.len() - 8
    );
    assert_eq!(tag_scratch(&[1, 2, 3], Format::Pcm, "scratch"), [1, 2, 3]);
}

// The damaged-file table: one test a row.

#[test]
fn row_what_is_no_sound_is_refused_by_name() {
    assert_eq!(refused(probe(b"")), "not a readable wav or mp3 file: it is empty");
    let page = b"<!DOCTYPE html><title>404</title>";
    assert_eq!(
        refused(probe(page)),
        "not a readable wav or mp3 file: it looks like an HTML page"
    );
    assert!(matches!(probe(br#"{"error":1}"#), Err(ProbeError::NotAudio(words)) if words.contains("JSON")));
    assert!(matches!(probe(b"fLaC\0\0"), Err(ProbeError::NotAudio(words)) if words.contains("FLAC")));
    assert!(matches!(probe(&[0x9c; 5000]), Err(ProbeError::NotAudio(_))));
    let bare_tag = tag_scratch(b"no sound", Format::Mp3, "a tag and nothing else");
    assert!(
        matches!(probe(&bare_tag), Err(ProbeError::Damaged(_))),
        "{:?}",
        probe(&bare_tag)
    );
}

#[test]
fn row_mp3_cut_off_is_as_long_as_what_plays() {
    let whole = mp3(20.0);
    let found = sane(probe(&whole[..whole.len() * 3 / 10]));
    assert!((found.sound.seconds - 6.0).abs() < 0.15, "{found:?}");
    assert!(found.sound.damaged);
}

#[test]
fn row_wav_cut_off_is_as_long_as_what_plays() {
    let whole = wav(20.0);
    let found = sane(probe(&whole[..whole.len() / 4]));
    assert!((found.sound.seconds - 5.0).abs() < 0.1, "{found:?}");
    assert!(found.sound.damaged);
}

#[test]
fn row_wav_of_a_header_alone_is_damaged() {
    assert!(matches!(probe(&wav(20.0)[..44]), Err(ProbeError::Damaged(_))));
    assert!(matches!(probe(&wav(20.0)[..20]), Err(ProbeError::Damaged(_))));
}

#[test]
fn row_wav_of_an_impossible_rate_is_refused() {
    let mut bytes = wav(1.0);
    for rate in [0_u32, 4_000] {
        bytes[24..28].copy_from_slice(&rate.to_le_bytes());
        assert!(
            refused(probe(&bytes)).contains(&format!("{rate} Hz")),
            "{:?}",
            probe(&bytes)
        );
    }
}

#[test]
fn row_channels_other_than_one_or_two_are_refused() {
    let samples = Samples {
        sample_rate: 16_000,
        channels: 6,
        data: vec![0.1; 6 * 16_000],
    };
    let bytes = encode(&samples, settings(Format::Wav, 16_000, 32_000));
    assert!(
        refused(probe(&bytes)).contains("6 channels; mix it down"),
        "{:?}",
        probe(&bytes)
    );
    let mut wrong = wav(1.0);
    wrong[22..24].copy_from_slice(&[0, 0]);
    assert!(refused(probe(&wrong)).contains("no channels"));
    wrong[22..24].copy_from_slice(&[0xff, 0xff]);
    assert!(refused(probe(&wrong)).contains("65535 channels"));
    assert!(refused(probe_pcm(&[0; 8], 16_000, 0)).contains("no channels"));
}

#[test]
fn row_wav_written_to_a_pipe_plays_to_its_end() {
    let mut bytes = wav(3.0);
    bytes[4..8].fill(0xff);
    bytes[40..44].fill(0xff);
    let found = sane(probe(&bytes));
    assert!(
        (found.sound.seconds - 3.0).abs() < 0.1 && !found.sound.damaged,
        "{found:?}"
    );
}

#[test]
fn row_wav_of_a_part_longer_than_the_whole_is_damaged() {
    let mut bytes = wav(3.0);
    bytes[40..44].fill(0xff);
    assert!(
        matches!(probe(&bytes), Err(ProbeError::Damaged(_))),
        "{:?}",
        probe(&bytes)
    );
}

#[test]
fn row_bytes_hit_at_random_neither_panic_nor_shout() {
    let mut bytes = mp3(20.0);
    let mut random = 7_u32;
    for _ in 0..600 {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let at = 2000 + random as usize % (bytes.len() - 2000);
        bytes[at] = (random >> 16) as u8;
    }
    let found = sane(probe(&bytes));
    assert!(found.sound.damaged && found.sound.seconds > 10.0, "{found:?}");
}

#[test]
fn row_headers_hit_at_random_never_panic() {
    let files = [
        wav(0.5),
        tag_scratch(&wav(0.5), Format::Wav, "tag"),
        tag_scratch(&mp3(0.5), Format::Mp3, "tag"),
    ];
    let mut random = 5_u32;
    let mut next = || {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        random >> 8
    };
    for round in 0..600 {
        let mut bytes = files[round % files.len()].clone();
        for _ in 0..=next() % 5 {
            bytes[next() as usize % 100] = [0, 0xff, next() as u8][next() as usize % 3];
        }
        bytes.truncate(next() as usize % (2 * bytes.len()));
        if let Ok(found) = probe(&bytes) {
            assert!(
                found.sound.seconds.is_finite() && found.sound.loudness.is_none_or(f64::is_finite),
                "{found:?}"
            );
        }
    }
}

#[test]
fn row_compressed_wav_is_refused_with_what_is_taken() {
    let mut bytes = wav(1.0);
    for code in [0x02_u16, 0x11, 0x55] {
        bytes[20..22].copy_from_slice(&code.to_le_bytes());
        assert!(
            refused(probe(&bytes)).contains("neither mp3 (layer III) nor plain wav"),
            "{code}: {:?}",
            probe(&bytes)
        );
    }
}

#[test]
fn row_mp3s_joined_end_to_end_are_as_long_as_both() {
    let found = sane(probe(&[mp3(2.0), mp3(3.0)].concat()));
    assert!(
        (found.sound.seconds - 5.0).abs() < 0.15,
        "the tag of the first says 2: {found:?}"
    );
}

#[test]
fn row_pcm_of_half_a_sample_is_damaged() {
    let found = sane(probe_pcm(&vec![1; 32_001], 16_000, 1));
    assert!((found.sound.seconds - 1.0).abs() < 1e-9 && found.sound.damaged);
    assert!(matches!(probe_pcm(&[1], 16_000, 1), Err(ProbeError::Damaged(_))));
}
