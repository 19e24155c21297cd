//! What a listener would hear, checked on the samples.

use super::{Bed, Feel, Reference, Request, Take, compose, reference, render, score, text};
use crate::audio::{MusicalKey, Samples, beats, encode, loudness, probe};
use crate::base::audio_settings::{AudioSettings, Format};
use proptest::prelude::*;
use std::sync::Arc;

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

#[test]
fn what_is_asked_is_played_and_told() {
    let asked = Feel {
        tempo: Some(124.9),
        key: Some("C minor".parse().unwrap()),
        loudness: Some(-18.3),
        register: Some(49.0),
    };
    let take = render(&Request {
        feel: asked,
        ..request(true, true)
    });
    assert!((take.tempo - 124.9).abs() < 1e-9);
    assert_eq!(take.key, MusicalKey::new(0, true));
    assert!((loudness(&take.samples).unwrap() + 18.3).abs() < 0.3);
    let mut pitches: Vec<_> = take.notes.iter().map(|note| note.pitch).collect();
    pitches.sort_unstable();
    assert!((pitches[pitches.len() / 2] - 49).abs() <= 3, "{pitches:?}");
    let eighth = 30.0 / 124.9;
    for pair in take.notes.windows(2) {
        let slot = pair[0].at / eighth;
        assert!((slot - slot.round()).abs() < 1e-6, "{pair:?}");
        assert!(
            pair[0].at + pair[0].seconds <= pair[1].at + 1e-9 && pair[0].line <= pair[1].line,
            "{pair:?}"
        );
    }
    assert_eq!(take.notes.last().unwrap().line, 3);
}

#[test]
fn the_tempo_that_is_played_is_the_tempo_that_is_heard() {
    for (seed, tempo) in [(1, 96.0), (2, 96.0), (3, 84.35), (4, 118.3), (5, 96.0), (6, 103.0)] {
        let song = render(&Request {
            lyrics: format!("{CHORUS}\n{CHORUS}"),
            sample_rate: 16_000,
            seed,
            feel: Feel {
                tempo: Some(tempo),
                ..Feel::default()
            },
            ..request(seed % 2 == 0, true)
        });
        let heard = beats(&song.samples).unwrap().tempo;
        // Over a minute, less than a fortieth of a second.
        let near = |times: f64| (heard / (tempo * times) - 1.0).abs() < 4e-4;
        assert!(near(1.0) || near(2.0) || near(0.5), "{heard} for {tempo}, seed {seed}");
    }
}

#[test]
fn every_loudness_is_met_in_every_mode() {
    for (voice, band) in [(true, true), (true, false), (false, true)] {
        for asked in [-23.0, -10.5] {
            let feel = Feel {
                loudness: Some(asked),
                ..Feel::default()
            };
            let song = render(&Request {
                feel,
                ..request(voice, band)
            })
            .samples;
            let found = loudness(&song).unwrap();
            assert!((found - asked).abs() < 0.6, "{found} for {asked}, {voice} {band}");
            assert!(peak(&song) <= 0.892);
        }
    }
}

/// The share of a sound's power below 60 Hz.
fn rumble(song: &Samples) -> f64 {
    let left: Vec<f64> = song.data.iter().step_by(2).map(|sample| f64::from(*sample)).collect();
    // Means over a 75th of a second hold little of what is above 60 Hz; six times over, next to nothing.
    let width = song.sample_rate as usize / 75;
    let mut low = left.clone();
    for _ in 0..6 {
        let mut sum = 0.0;
        let mean = (0..low.len()).map(|at| {
            sum += low[at] - if at >= width { low[at - width] } else { 0.0 };
            sum / f64::from(song.sample_rate / 75)
        });
        low = mean.collect();
    }
    let power = |sound: &[f64]| sound.iter().map(|sample| sample * sample).sum::<f64>();
    power(&low) / power(&left)
}

#[test]
fn a_voice_alone_has_nothing_below_it() {
    for seed in [1, 2, 3] {
        let feel = Feel {
            register: Some(52.0),
            ..Feel::default()
        };
        let alone = render(&Request {
            seed,
            feel,
            ..request(true, false)
        });
        let share = rumble(&alone.samples);
        assert!(share < 1e-4, "{share}");
        assert!(rumble(&render(&request(false, true)).samples) > 100.0 * share);
    }
}

#[test]
fn nobody_sings_before_the_words_or_after_them() {
    let take = render(&request(true, false));
    let song = &take.samples;
    let frame = |seconds: f64| 2 * (seconds * f64::from(song.sample_rate)) as usize;
    let loud = |from: f64, to: f64| {
        let part = &song.data[frame(from)..frame(to).min(song.data.len())];
        part.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()))
    };
    for pair in take.notes.windows(2) {
        assert!(loud(pair[0].at, pair[0].at + 0.1) > 0.05, "{pair:?}");
        let silent = (pair[0].at + pair[0].seconds + 0.5, pair[1].at - 0.3);
        if silent.0 < silent.1 {
            assert!(loud(silent.0, silent.1) < 0.02, "{pair:?}");
        }
    }
}

/// A track of soft clicks on every beat, from `downbeat` on.
fn metronome(tempo: f64, downbeat: f64) -> Bed {
    let rate = 16_000;
    let data = (0..rate * 9).map(|frame| {
        let beat = (f64::from(frame) / f64::from(rate) - downbeat) * tempo / 60.0;
        if beat >= 0.0 && beat.fract() * 60.0 / tempo < 0.02 {
            0.4
        } else {
            0.0
        }
    });
    Bed {
        samples: Samples {
            sample_rate: 16_000,
            channels: 1,
            data: data.collect(),
        },
        tempo,
        downbeat,
    }
}

#[test]
fn over_a_track_of_the_user_the_voice_keeps_its_beat_and_its_key() {
    let on = |bed: &Bed, voice: bool| -> Take {
        let feel = Feel {
            tempo: Some(77.0),
            key: Some("F# major".parse().unwrap()),
            ..Feel::default()
        };
        render(&Request {
            voice,
            feel,
            bed: Some(Arc::new(bed.clone())),
            ..request(true, true)
        })
    };
    for (tempo, downbeat) in [(96.3, 0.71), (118.0, 0.0)] {
        let bed = metronome(tempo, downbeat);
        let take = on(&bed, true);
        assert!((take.tempo - tempo).abs() < 1e-9 && take.key == MusicalKey::new(6, false));
        assert!((loudness(&take.samples).unwrap() + 14.0).abs() < 0.6);
        let eighth = 30.0 / tempo;
        for note in &take.notes {
            assert!((note.at / eighth - (note.at / eighth).round()).abs() < 1e-6, "{note:?}");
        }
        // The track alone: its clicks are on the beats that the voice counts.
        let alone = on(&bed, false).samples;
        let rate = f64::from(alone.sample_rate);
        let clicks: Vec<f64> = alone
            .data
            .chunks_exact(2)
            .enumerate()
            .filter(|(_, pair)| pair[0] > 0.2)
            .map(|(frame, _)| frame as f64 / rate)
            .collect();
        assert!(clicks.len() > 100);
        for click in clicks {
            let late = (click * tempo / 60.0).fract() * 60.0 / tempo;
            assert!(
                late < 0.035 || 60.0 / tempo - late < 0.01,
                "{click}: {late} s late at {tempo}"
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn any_words_make_a_score(
        words in prop::collection::vec(prop_oneof![
            "\\PC{0,12}", "[a-z']{1,30}", Just("##".to_owned()), Just("\n".to_owned()), Just("hmm".to_owned()),
            Just("[Verse".to_owned()), "[0-9.,]{1,14}", "[月光下的城市ひかり사랑]{1,6}",
        ], 0..60),
        tempo in -10.0..500.0_f64,
        register in -50.0..200.0_f64,
        (seed, voice, band, bed) in any::<(u64, bool, bool, bool)>(),
    ) {
        let lines = text::lines(&words.join(" "));
        let feel = Feel { tempo: Some(tempo), register: Some(register), ..Feel::default() };
        let song = compose::compose(&lines, score::Parts { voice, band, bed }, feel, seed);
        prop_assert!((12.0..=60.0).contains(&song.seconds()), "{} s", song.seconds());
        for pair in song.lead.windows(2) {
            prop_assert!(pair[0].slot + pair[0].length <= pair[1].slot && pair[0].length > 0);
        }
    }
}

#[test]
fn odd_words_are_sung_somehow() {
    let long = "pneumonoultramicroscopicsilicovolcanoconiosisfloccinaucinihilipilification";
    let endless = "supercalifragilistic ".repeat(240);
    for lyrics in [
        "",
        "##",
        "hmm shh tsk",
        long,
        &endless,
        "月光下",
        "?!\n\n##...##",
        "\u{0}\u{202e}\u{feff}",
        "' ''",
    ] {
        for tempo in [70.0, 200.0] {
            let song = render(&Request {
                lyrics: lyrics.to_owned(),
                feel: Feel {
                    tempo: Some(tempo),
                    ..Feel::default()
                },
                ..request(true, false)
            });
            assert!(!song.notes.is_empty(), "{lyrics:.20}");
            assert!((12.0..=60.0).contains(&song.samples.seconds()), "{lyrics:.20}");
            assert!(
                song.samples.data.iter().all(|sample| sample.is_finite()),
                "{lyrics:.20}"
            );
        }
    }
}

#[test]
fn every_build_on_every_machine_plays_the_same() {
    let song = render(&Request {
        lyrics: "##river, river##".to_owned(),
        ..request(false, true)
    });
    let bytes: Vec<u8> = song
        .samples
        .data
        .iter()
        .flat_map(|sample| sample.to_bits().to_le_bytes())
        .collect();
    // A change of the band is a change of this line; a change of the compiler, its options or the machine is not.
    assert_eq!(blake3::hash(&bytes).to_hex()[..16], *"04a5d1d317827391");
}
