//! Listens to the voice: pitch, vowels, consonants, silence.

#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "counts, rates and notes are small"
)]

use std::f32::consts::TAU;

use super::{VoiceNote, sing};
use crate::band::phone::{Phone, Stress, Syllable};

const RATE: u32 = 16_000;

fn phones(names: &str) -> Vec<Phone> {
    names
        .split_whitespace()
        .map(|name| Phone::parse(name).unwrap())
        .collect()
}

/// A syllable spelled `onset|vowel|coda`.
fn syllable(spelled: &str) -> Syllable {
    let parts: Vec<_> = spelled.split('|').map(phones).collect();
    Syllable {
        onset: parts[0].clone(),
        nucleus: parts[1][0],
        coda: parts[2].clone(),
        stress: Stress::Primary,
    }
}

fn note(at: f64, seconds: f64, pitch: i32, spelled: &str) -> VoiceNote {
    VoiceNote {
        at,
        seconds,
        pitch,
        syllable: syllable(spelled),
    }
}

/// One syllable for a second, half a second after the beginning.
fn alone(pitch: i32, spelled: &str) -> Vec<f32> {
    sing(&[note(0.5, 1.0, pitch, spelled)], None, RATE)
}

fn part(sound: &[f32], from: f64, to: f64) -> &[f32] {
    let at = |seconds: f64| super::samples(seconds, RATE).min(sound.len());
    &sound[at(from)..at(to)]
}

fn level(sound: &[f32]) -> f32 {
    let sum: f32 = sound.iter().map(|sample| sample * sample).sum();
    (sum / super::to_f64(sound.len().max(1)) as f32).sqrt()
}

/// The level of what sounds between two frequencies, a tone every 10 Hz.
fn band(sound: &[f32], from: u32, to: u32) -> f32 {
    let tones = (from..to).step_by(10).map(|hz| {
        let turn = 2.0 * (hz as f32 / RATE as f32 * TAU).cos();
        let (mut last, mut before) = (0.0, 0.0);
        for sample in sound {
            (last, before) = (sample + turn * last - before, last);
        }
        (last * last + before * before - turn * last * before).max(0.0)
    });
    tones.sum::<f32>().sqrt() / sound.len() as f32
}

/// The pitch as a MIDI number with a fraction: where a sound is most like itself.
fn pitch(sound: &[f32]) -> f32 {
    let likeness = |lag: usize| {
        let (early, late) = (&sound[..sound.len() - lag], &sound[lag..]);
        let product: f32 = early.iter().zip(late).map(|(a, b)| a * b).sum();
        product / (level(early) * level(late) * early.len() as f32)
    };
    let likenesses: Vec<_> = (0..=220).map(likeness).collect();
    let most = likenesses[16..220].iter().fold(0.0_f32, |most, now| most.max(*now));
    let lag = (16..220)
        .find(|&lag| likenesses[lag] > 0.93 * most && likenesses[lag] >= likenesses[lag + 1])
        .unwrap();
    let [before, top, after] = [likenesses[lag - 1], likenesses[lag], likenesses[lag + 1]];
    let exact = lag as f32 + 0.5 * (before - after) / (before - 2.0 * top + after);
    69.0 + 12.0 * (RATE as f32 / exact / 440.0).log2()
}

#[test]
fn notes_have_the_pitch_that_is_asked() {
    for midi in [41, 45, 52, 57, 62, 69, 74] {
        for vowel in ["AA", "IY", "UW", "ER"] {
            let sound = alone(midi, &format!("L|{vowel}|N"));
            let heard = pitch(part(&sound, 0.6, 0.7));
            assert!((heard - midi as f32).abs() < 0.4, "{vowel} on {midi}: {heard}");
        }
    }
}

#[test]
fn hissing_does_not_stand_out_of_a_line() {
    for consonant in ["S", "Z", "SH", "ZH"] {
        for midi in [45, 60] {
            let notes: Vec<_> = (0..4_u8)
                .map(|at| note(0.5 + 0.5 * f64::from(at), 0.5, midi, &format!("{consonant}|AA|")))
                .collect();
            let sound = sing(&notes, None, RATE);
            let loudest = |from: f64, to: f64| {
                let steps = (0..40).map(|step| from + (to - from) * f64::from(step) / 40.0);
                steps.fold(0.0_f32, |most, at| most.max(level(part(&sound, at, at + 0.03))))
            };
            // A consonant sounds before the time of its note, which is that of its vowel.
            let (hiss, vowel) = (loudest(1.42, 1.46), loudest(1.6, 1.75));
            assert!(hiss < 0.62 * vowel, "{consonant} on {midi}: {hiss} beside {vowel}");
        }
    }
}

#[test]
fn a_tune_is_followed_without_a_break() {
    let tune = [45, 52, 48, 57];
    let notes: Vec<_> = tune
        .iter()
        .zip(0_u8..)
        .map(|(midi, at)| note(0.2 + 0.4 * f64::from(at), 0.4, *midi, "M|EY|"))
        .collect();
    let sound = sing(&notes, None, RATE);
    for (index, midi) in tune.into_iter().enumerate() {
        let at = notes[index].at;
        let heard = pitch(part(&sound, at + 0.1, at + 0.18));
        assert!((heard - midi as f32).abs() < 0.4, "{midi}: {heard}");
        assert!(level(part(&sound, at + 0.3, at + 0.4)) > 0.03, "a hole after {midi}");
    }
}

#[test]
fn vowels_sound_where_their_resonances_are() {
    // The vowel, a band of one of its resonances, and one where it has none.
    for (vowel, strong, weak) in [
        ("AA", (600, 1_350), (1_700, 2_200)),
        ("IY", (2_000, 2_400), (900, 1_700)),
        ("UW", (200, 450), (1_500, 2_000)),
        ("AE", (1_550, 1_850), (2_900, 3_200)),
        ("AO", (500, 1_050), (1_600, 2_200)),
        ("ER", (1_200, 1_700), (2_200, 3_000)),
    ] {
        let sound = alone(45, &format!("|{vowel}|"));
        let held = part(&sound, 0.7, 1.2);
        let mean = |(from, to)| band(held, from, to) / ((to - from) as f32).sqrt();
        assert!(
            mean(strong) > 3.0 * mean(weak),
            "{vowel}: {} and {}",
            mean(strong),
            mean(weak)
        );
    }
}

#[test]
fn diphthongs_move_and_a_weak_vowel_is_a_schwa() {
    let sound = alone(45, "|AY|");
    let front = |from, to| band(part(&sound, from, to), 1_800, 2_200) / level(part(&sound, from, to));
    assert!(front(1.4, 1.5) > 3.0 * front(0.6, 0.9));

    let mut weak = note(0.5, 1.0, 45, "|AH|");
    weak.syllable.stress = Stress::None;
    let open = |sound: &[f32]| band(part(sound, 0.7, 1.2), 600, 700) / band(part(sound, 0.7, 1.2), 400, 500);
    assert!(open(&alone(45, "|AH|")) > 2.0 * open(&sing(&[weak], None, RATE)));
}

#[test]
fn vowels_begin_on_the_beat_and_consonants_before_it() {
    for spelled in ["|AA|", "S|IY|", "T|AA|", "P L|EY|"] {
        let sound = alone(45, spelled);
        let voiced = |from, to| band(part(&sound, from, to), 90, 350);
        let held = voiced(0.7, 0.8);
        if !spelled.starts_with('P') {
            assert!(voiced(0.44, 0.48) < 0.25 * held, "{spelled}: the vowel is early");
        }
        assert!(voiced(0.53, 0.58) > 0.4 * held, "{spelled}: the vowel is late");
    }
}

#[test]
fn consonants_are_heard() {
    let hissing = alone(45, "S|AA|");
    let hiss = part(&hissing, 0.41, 0.47);
    assert!(band(hiss, 4_500, 7_500) > 5.0 * band(hiss, 100, 2_000));
    assert!(level(hiss) > 0.02 && level(hiss) < level(part(&hissing, 0.7, 0.9)));

    let soft = alone(45, "SH|AA|");
    let soft = part(&soft, 0.41, 0.47);
    assert!(
        band(soft, 2_000, 4_000) > band(soft, 6_000, 7_900),
        "SH lies lower than S"
    );

    let stopped = sing(&[note(0.5, 0.5, 45, "|AA|"), note(1.0, 0.5, 45, "P|AA|")], None, RATE);
    let closed = (85..98)
        .map(|at| level(part(&stopped, f64::from(at) / 100.0, f64::from(at + 1) / 100.0)))
        .fold(f32::INFINITY, f32::min);
    assert!(closed < 0.02 * level(part(&stopped, 0.6, 0.8)), "{closed}");

    let nasal = alone(45, "M|AA|");
    let hum = part(&nasal, 0.44, 0.48);
    assert!(level(hum) > 0.03 && band(hum, 100, 500) > 4.0 * band(hum, 700, 3_000));
}

#[test]
fn every_phone_changes_what_is_heard() {
    let plain = alone(48, "|AH|");
    for phone in Phone::ALL.into_iter().filter(|phone| !phone.is_vowel()) {
        let before = alone(48, &format!("{phone:?}|AH|"));
        assert!(level(part(&before, 0.38, 0.5)) > 0.003, "{phone:?} is silent");
        let after = alone(48, &format!("|AH|{phone:?}"));
        let differ: Vec<_> = after.iter().zip(&plain).map(|(a, b)| a - b).collect();
        assert!(level(part(&differ, 1.3, 1.5)) > 0.02, "{phone:?} at the end");
    }
    for phone in Phone::ALL.into_iter().filter(|phone| phone.is_vowel()) {
        assert!(
            level(part(&alone(48, &format!("|{phone:?}|")), 0.6, 1.4)) > 0.08,
            "{phone:?}"
        );
    }
}

#[test]
fn between_lines_there_is_nothing() {
    let notes = [note(0.5, 0.5, 48, "S|AH|N"), note(2.0, 0.5, 50, "T|UW|S")];
    let sound = sing(&notes, None, RATE);
    for (from, to) in [(0.0, 0.2), (1.15, 1.7)] {
        assert!(part(&sound, from, to).iter().all(|sample| *sample == 0.0), "{from}");
    }
    assert!(sound.len() < 3 * RATE as usize);
    let end = &sound[sound.len() - 80..];
    assert!(end.iter().all(|sample| sample.abs() < 1e-3), "it ends with a click");
}

#[test]
fn no_voice_below_its_lowest_note() {
    for midi in [40, 50, 64] {
        let sound = alone(midi, "B|AH|D");
        assert!(band(&sound, 0, 60) < 0.01 * band(&sound, 60, 4_000), "{midi}");
    }
}

#[test]
fn a_register_has_its_own_throat() {
    let notes = [note(0.5, 1.0, 52, "|AE|")];
    let [low, high] = [45.0, 64.0].map(|register| sing(&notes, Some(register), RATE));
    let share = |sound: &[f32]| band(part(sound, 0.6, 1.4), 1_850, 2_150) / band(part(sound, 0.6, 1.4), 1_550, 1_750);
    assert!(share(&high) > 2.0 * share(&low), "{} {}", share(&high), share(&low));
    assert_eq!(sing(&notes, None, RATE), sing(&notes, Some(52.0), RATE));
}

#[test]
fn the_same_notes_are_the_same_samples() {
    let notes = [note(0.5, 0.5, 48, "S T R|EY|N JH"), note(1.0, 0.5, 50, "DH|IH|S")];
    let once = sing(&notes, None, 44_100);
    assert_eq!(once, sing(&notes, None, 44_100));
    // In every build and on every machine: if this changes, takes change.
    let bytes: Vec<_> = once.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    insta::assert_snapshot!(blake3::hash(&bytes).to_hex(), @"f4c91fae8e36d0290efcc1e9699a69c736591690e71a169b3d7fea0b039fb53e");
}

#[test]
fn every_rate_sounds_alike() {
    let notes = [note(0.3, 0.5, 48, "S|IY|")];
    let reference = level(&sing(&notes, None, RATE));
    for rate in [8_000, 11_025, 22_050, 24_000, 32_000, 44_100, 48_000] {
        let sound = sing(&notes, None, rate);
        assert!((level(&sound) / reference - 1.0).abs() < 0.15, "{rate}");
        let seconds = sound.len() as f64 / f64::from(rate);
        assert!((0.8..1.0).contains(&seconds), "{rate}: {seconds} s");
    }
}

#[test]
fn odd_notes_do_no_harm() {
    let endless = "S T R ".repeat(29);
    let crowd: Vec<_> = (0..400)
        .map(|at| note(f64::from(at) * 0.01, 0.3, 48, "S T|AH|NG K S"))
        .collect();
    let odd = [
        vec![],
        vec![note(0.0, 0.4, 48, "S P L|AY|D Z")],
        vec![note(0.2, 0.4, 48, &format!("{endless}|AH|{endless}"))],
        vec![
            note(1.0, 0.5, 50, "K|AH|T"),
            note(0.9, 2.0, 40, "|IY|"),
            note(1.0, 0.5, 50, "K|AH|T"),
        ],
        vec![
            note(0.5, 0.0, 48, "|AA|"),
            note(0.6, 0.001, 48, "T|AA|T"),
            note(0.7, -1.0, 48, "|AA|"),
        ],
        vec![
            note(-1.0, 0.5, 48, "|AA|"),
            note(f64::NAN, 0.5, 48, "|AA|"),
            note(1.0, f64::INFINITY, 48, "|AA|"),
        ],
        vec![note(0.5, 0.5, -200, "|AA|"), note(1.0, 0.5, 500, "S|IY|")],
        vec![note(0.5, 0.5, 48, "T|S|T")],
        crowd,
    ];
    for notes in odd {
        for register in [None, Some(f64::NAN), Some(-1e9), Some(1e9)] {
            let sound = sing(&notes, register, RATE);
            let peak = sound.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
            assert!(sound.iter().all(|sample| sample.is_finite()), "{notes:?}");
            assert!(peak < 1.1, "{peak} in {notes:?}");
        }
    }
}
