//! What a listener would hear, checked on the samples.

use super::{Feel, Reference, Request, reference, render};
use crate::audio::{Samples, encode, loudness, probe};
use crate::base::audio_settings::{AudioSettings, Format};

const CHORUS: &str = "##Lights of Lisbon, bright and wide\nhold the river, turn the tide\n\nI will wait until the morning\nright here by your side##";

fn request(voice: bool, band: bool) -> Request {
    Request {
        lyrics: CHORUS.to_owned(),
        voice,
        band,
        sample_rate: 8_000,
        seed: 7,
        feel: Feel::default(),
        bed: None,
    }
}

fn peak(samples: &Samples) -> f32 {
    samples.data.iter().fold(0.0, |peak, sample| peak.max(sample.abs()))
}

#[test]
fn the_same_request_is_the_same_song_and_another_is_not() {
    let song = render(&request(true, true));
    assert_eq!(song, render(&request(true, true)));
    let others = [
        Request {
            seed: 8,
            ..request(true, true)
        },
        Request {
            lyrics: CHORUS.replace("wide", "wider"),
            ..request(true, true)
        },
        request(true, false),
        request(false, true),
    ];
    for other in others {
        assert_ne!(render(&other), song, "{other:?}");
    }
}

#[test]
fn every_song_has_a_length_a_level_and_a_quiet_end() {
    let long = "never ever going to let the music fade away\n".repeat(14);
    let one = "word ".repeat(120);
    let both = (true, true);
    let asked = [
        ("", both),
        ("", (true, false)),
        ("##", (false, true)),
        ("hm", (false, false)),
        (CHORUS, both),
        (CHORUS, (true, false)),
        (CHORUS, (false, true)),
        (&long, both),
        (&one, (true, false)),
        ("月光下的城市\n我在等你", both),
        ("...\n\n!?", both),
    ];
    for (lyrics, (voice, band)) in asked {
        let song = render(&Request {
            lyrics: lyrics.to_owned(),
            seed: u64::MAX,
            ..request(voice, band)
        })
        .samples;
        let case = format!("{lyrics:.20} {voice} {band}");
        assert!((12.0..=60.0).contains(&song.seconds()), "{case}: {} s", song.seconds());
        assert!(
            (loudness(&song).unwrap() + 14.0).abs() < 1.0,
            "{case}: {:?}",
            loudness(&song)
        );
        assert!(peak(&song) <= 0.892, "{case}: {}", peak(&song));
        let sum: f64 = song.data.iter().map(|sample| f64::from(*sample)).sum();
        assert!(
            (sum / song.seconds() / 16_000.0).abs() < 1e-3,
            "{case}: a direct current"
        );
        let end = &song.data[song.data.len() - 100..];
        assert!(
            end.iter().all(|sample| sample.abs() < 1e-3),
            "{case}: it ends with a click"
        );
    }
}

#[test]
fn it_plays_in_every_asked_rate_and_format() {
    for sample_rate in [16_000, 24_000, 32_000, 44_100] {
        let song = render(&Request {
            sample_rate,
            lyrics: "##la la##".to_owned(),
            ..request(true, true)
        })
        .samples;
        assert_eq!((song.sample_rate, song.channels), (sample_rate, 2));
        let settings = AudioSettings {
            format: Format::Mp3,
            sample_rate,
            bitrate: 64_000,
        };
        let found = probe(&encode(&song, settings)).unwrap();
        assert!((found.sound.seconds - song.seconds()).abs() < 0.05);
        assert!((found.sound.loudness.unwrap() + 14.0).abs() < 1.0, "{found:?}");
    }
}

#[test]
fn references_are_small_and_long_enough() {
    for kind in [Reference::Voice, Reference::Instrumental, Reference::Song] {
        for seed in 0..4 {
            let samples = reference(kind, seed);
            let bytes = encode(
                &samples,
                AudioSettings {
                    format: Format::Mp3,
                    sample_rate: samples.sample_rate,
                    bitrate: 32_000,
                },
            );
            let found = probe(&bytes).unwrap();
            assert!(
                (11.9..=18.1).contains(&found.sound.seconds),
                "{kind:?} {seed}: {found:?}"
            );
            assert!(found.sound.channels == 1 && bytes.len() < 72_000);
        }
    }
}
