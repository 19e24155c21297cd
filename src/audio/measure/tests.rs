//! Sounds whose measures are known, because they are made from them.

use super::{Beats, Measures, beats};
use crate::audio::{MusicalKey, PIECES, Peaks, Samples, Sound};
use std::f64::consts::TAU;

/// Every rate that takes and references come in.
const RATES: [u32; 8] = [8_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000];

/// A sound of one channel: its value at each moment.
fn made(seconds: f64, sample_rate: u32, wave: impl FnMut(f64) -> f64) -> Samples {
    let frames = (seconds * f64::from(sample_rate)).round() as u32;
    let times = (0..frames).map(|frame| f64::from(frame) / f64::from(sample_rate));
    Samples {
        sample_rate,
        channels: 1,
        data: times.map(wave).map(|value| value as f32).collect(),
    }
}

/// The same in both channels.
fn stereo(samples: &Samples) -> Samples {
    Samples {
        channels: 2,
        data: samples.data.iter().flat_map(|sample| [*sample, *sample]).collect(),
        ..*samples
    }
}

fn heard(samples: &Samples) -> (Sound, Peaks) {
    let mut measures = Measures::new(samples.sample_rate, samples.channels);
    for piece in samples.data.chunks(1152 * usize::from(samples.channels)) {
        measures.add(piece);
    }
    measures.finish().unwrap()
}

fn sound(samples: &Samples) -> Sound {
    heard(samples).0
}

/// Noise that is the same each time.
fn noise(mut seed: u64) -> impl FnMut() -> f64 {
    move || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (seed >> 33) as f64 / f64::from(1_u32 << 30) - 1.0
    }
}

fn sine(hertz: f64, time: f64) -> f64 {
    (TAU * hertz * time).sin()
}

/// A click at each beat, the first `offset` seconds from the beginning.
fn clicks(bpm: f64, offset: f64) -> impl Fn(f64) -> f64 {
    move |time| {
        let since = (time - offset).rem_euclid(60.0 / bpm);
        if time < offset {
            return 0.0;
        }
        0.7 * (-since * 60.0).exp() * sine(1_000.0, since)
    }
}

fn hertz(midi: f64) -> f64 {
    440.0 * 2_f64.powf((midi - 69.0) / 12.0)
}

/// Four chords, a bar each, struck on every beat: I V vi IV of a major key, or i iv V i of a minor one.
fn chords(tonic: f64, minor: bool, bpm: f64) -> impl Fn(f64) -> f64 {
    let degrees: [[f64; 3]; 4] = if minor {
        [[0.0, 3.0, 7.0], [5.0, 8.0, 12.0], [7.0, 11.0, 14.0], [0.0, 3.0, 7.0]]
    } else {
        [[0.0, 4.0, 7.0], [7.0, 11.0, 14.0], [9.0, 12.0, 16.0], [5.0, 9.0, 12.0]]
    };
    move |time| {
        let beat = time * bpm / 60.0;
        let chord = degrees[(beat / 4.0) as usize % 4];
        let swell = (-beat.fract() * 2.0).exp();
        let tone = |pitch: f64| {
            let pitch = hertz(pitch);
            sine(pitch, time) + 0.4 * sine(2.0 * pitch, time) + 0.2 * sine(3.0 * pitch, time)
        };
        let notes: f64 = chord.iter().map(|degree| tone(48.0 + tonic + degree)).sum();
        0.12 * swell * notes + 0.2 * swell * tone(36.0 + tonic + chord[0])
    }
}

fn off_by(found: Option<f64>, truth: f64) -> f64 {
    found.map_or(f64::INFINITY, |found| (found / truth - 1.0).abs())
}

#[test]
fn the_tempo_of_clicks_is_told_at_every_rate() {
    for (rate, bpm) in RATES
        .into_iter()
        .zip([60.0, 72.0, 90.0, 97.3, 111.1, 120.0, 124.9, 140.0])
    {
        let one = made(12.0, rate, clicks(bpm, 0.3));
        let found = sound(&one);
        assert!(off_by(found.tempo, bpm) < 0.002, "{bpm} at {rate} Hz: {found:?}");
        assert_eq!(sound(&stereo(&one)).tempo, found.tempo, "{bpm} at {rate} Hz in stereo");
    }
}

#[test]
fn a_tempo_faster_than_people_tap_is_told_as_half_of_it() {
    let found = sound(&made(12.0, 16_000, clicks(190.0, 0.0)));
    assert!(off_by(found.tempo, 95.0) < 0.002, "{found:?}");
}

/// Strokes at some sixteenths of each bar, some of them strong.
fn strokes(bpm: f64, strong: &'static [usize], weak: &'static [usize]) -> impl Fn(f64) -> f64 {
    move |at| {
        let sixteenth = (at * bpm / 15.0).floor();
        let since = at - sixteenth * 15.0 / bpm;
        let place = sixteenth as usize % 16;
        let gain = if strong.contains(&place) {
            0.5
        } else if weak.contains(&place) {
            0.15
        } else {
            0.0
        };
        gain * (-since * 60.0).exp() * (since * 900.0 * TAU).sin()
    }
}

#[test]
fn strokes_of_one_and_a_half_beats_do_not_make_the_beat() {
    let weak = &[2, 4, 10, 12, 14];
    for bpm in [92.0, 96.0, 104.0] {
        for seconds in [20.0, 58.0] {
            let found = sound(&made(seconds, 16_000, strokes(bpm, &[0, 3, 6, 8], weak)));
            let near = [1.0, 2.0, 0.5].map(|times| off_by(found.tempo, bpm * times));
            assert!(near.iter().any(|off| *off < 6e-4), "{bpm} for {seconds} s: {found:?}");
        }
    }
}

#[test]
fn the_key_of_chords_is_told_in_every_key() {
    for tonic in 0..12 {
        for minor in [false, true] {
            let rate = RATES[1 + usize::from(minor) * 4];
            let found = sound(&made(16.0, rate, chords(f64::from(tonic), minor, 120.0)));
            assert_eq!(found.musical_key, Some(MusicalKey::new(tonic, minor)), "{found:?}");
            assert!(off_by(found.tempo, 120.0) < 0.002, "{found:?}");
        }
    }
}

#[test]
fn a_key_is_told_whatever_the_tuning() {
    for cents in [-40.0, 35.0] {
        let found = sound(&made(16.0, 16_000, chords(2.0 + cents / 100.0, true, 120.0)));
        assert_eq!(
            found.musical_key,
            Some(MusicalKey::new(2, true)),
            "{cents} cents: {found:?}"
        );
    }
}

/// Half a second a note, with overtones, a little vibrato and a pause after each.
fn voice(notes: &[f64]) -> impl Fn(f64) -> f64 {
    move |time| {
        let (note, since) = (notes[(time * 2.0) as usize % notes.len()], (time * 2.0).fract());
        let vibrato = 0.2 * sine(5.5, time);
        let pitch = hertz(note) * time + vibrato;
        let overtones: f64 = (1..=6).map(|n| (TAU * pitch * f64::from(n)).sin() / f64::from(n)).sum();
        if since < 0.85 { 0.2 * overtones } else { 0.0 }
    }
}

#[test]
fn the_register_of_a_voice_is_its_median_pitch() {
    for (rate, notes, median) in [
        (8_000, [45.0, 48.0, 50.0], 48.0),
        (16_000, [55.0, 57.0, 62.0], 57.0),
        (44_100, [60.0, 64.0, 67.0], 64.0),
        (48_000, [69.0, 72.0, 74.0], 72.0),
    ] {
        let one = made(9.0, rate, voice(&notes));
        assert_eq!(sound(&one).register, Some(median), "{rate} Hz");
        assert_eq!(sound(&stereo(&one)).register, Some(median), "{rate} Hz in stereo");
    }
}

#[test]
fn the_brightness_of_a_tone_is_its_pitch() {
    for rate in RATES {
        let found = sound(&made(2.0, rate, |time| 0.3 * sine(1_000.0, time)));
        assert!(off_by(found.brightness, 1_000.0) < 0.01, "{rate} Hz: {found:?}");
    }
    let two = sound(&made(2.0, 44_100, |time| {
        0.2 * (sine(1_000.0, time) + sine(5_000.0, time))
    }));
    assert!(off_by(two.brightness, 3_000.0) < 0.01, "{two:?}");
}

#[test]
fn what_cannot_be_told_is_not_guessed() {
    let mut hiss = noise(3);
    let hiss = sound(&made(15.0, 16_000, |_| 0.3 * hiss()));
    assert_eq!(
        (hiss.tempo, hiss.musical_key, hiss.register),
        (None, None, None),
        "noise"
    );
    assert!(off_by(hiss.brightness, 4_000.0) < 0.05, "{hiss:?}");
    let tone = sound(&made(12.0, 44_100, |time| 0.3 * sine(440.0, time)));
    assert_eq!((tone.tempo, tone.musical_key), (None, None), "a steady tone");
    assert_eq!(tone.register, Some(69.0));
    let silence = sound(&made(5.0, 44_100, |_| 0.0));
    let told = (silence.loudness, silence.range, silence.true_peak, silence.brightness);
    assert_eq!(told, (None, None, None, None));
    assert_eq!(
        (silence.tempo, silence.musical_key, silence.register),
        (None, None, None)
    );
    let short = sound(&made(0.01, 44_100, clicks(120.0, 0.0)));
    assert_eq!(
        (short.tempo, short.musical_key, short.register),
        (None, None, None),
        "a blip"
    );
    assert_eq!(
        (short.loudness, short.range, short.brightness),
        (None, None, None),
        "a blip"
    );
}

#[test]
fn irregular_clicks_have_no_tempo() {
    let mut random = noise(11);
    let mut next = 0.0;
    let mut last = 0.0;
    let found = sound(&made(20.0, 16_000, |time| {
        if time >= next {
            (last, next) = (time, next + 0.6 + 0.45 * random());
        }
        0.7 * (-(time - last) * 60.0).exp() * sine(1_000.0, time - last)
    }));
    assert_eq!(found.tempo, None, "{found:?}");
}

#[test]
fn silence_is_measured_at_either_end() {
    for rate in RATES {
        let found = sound(&stereo(&made(4.0, rate, |time| {
            let is_on = (0.5..2.75).contains(&time);
            if is_on {
                0.3 * sine(440.0, time)
            } else {
                0.0004 * sine(100.0, time)
            }
        })));
        let (before, after) = (found.silence_before.unwrap(), found.silence_after.unwrap());
        assert!((before - 0.5).abs() < 0.015, "{rate} Hz: {before}");
        assert!((after - 1.25).abs() < 0.015, "{rate} Hz: {after}");
    }
    let silence = sound(&made(2.0, 16_000, |_| 0.0));
    assert_eq!((silence.silence_before, silence.silence_after), (Some(2.0), Some(2.0)));
    let loud = sound(&made(2.0, 16_000, |time| 0.3 * sine(440.0, time)));
    assert_eq!((loud.silence_before, loud.silence_after), (Some(0.0), Some(0.0)));
}

#[test]
fn only_runs_at_full_scale_are_clipped() {
    let mut samples = Samples {
        sample_rate: 16_000,
        channels: 2,
        data: vec![0.1; 16_000],
    };
    let left = |frame: usize| 2 * frame;
    for frame in [10, 11, 500, 501, 502, 503, 900] {
        samples.data[left(frame)] = 1.0; // two, four and one
    }
    for frame in [15, 16, 17] {
        samples.data[left(frame) + 1] = -1.0; // three, over the edge of a block
    }
    for (frame, level) in [(700, 1.0), (701, -1.0), (702, 1.0)] {
        samples.data[left(frame)] = level; // touched from both sides
    }
    assert_eq!(sound(&samples).clipped, Some(4 + 3));
    let loud = |level: f64| {
        sound(&made(1.0, 44_100, |time| (level * sine(441.0, time)).clamp(-1.0, 1.0)))
            .clipped
            .unwrap()
    };
    assert_eq!(loud(0.99), 0);
    assert!(loud(2.0) > 20_000);
}

#[test]
fn range_and_true_peak_are_those_of_the_standards() {
    // EBU Tech 3342, case 1: 20 s at −20 dBFS and 20 s at −30 dBFS have a range of 10 LU.
    let steps = made(40.0, 48_000, |time| {
        let level = if time < 20.0 { -20.0 } else { -30.0 };
        10_f64.powf(level / 20.0) * sine(1_000.0, time)
    });
    let found = sound(&stereo(&steps));
    assert!((found.range.unwrap() - 10.0).abs() < 1.0, "{found:?}");
    // EBU Tech 3341, case 16: between samples, a quarter of the rate at 45° is 3 dB higher than at any of them.
    let tone = made(2.0, 48_000, |time| 0.5 * (TAU * (12_000.0 * time + 0.125)).sin());
    let found = sound(&tone);
    assert!((found.true_peak.unwrap() + 6.0).abs() < 0.4, "{found:?}");
    assert!(tone.data.iter().all(|sample| sample.abs() < 0.36));
}

#[test]
fn peaks_show_where_a_sound_swings() {
    for (seconds, rate) in [(0.4, 16_000), (3.0, 44_100), (61.0, 48_000)] {
        let one = made(seconds, rate, |time| {
            let part = time / seconds;
            if part < 0.25 {
                0.5 * part * 4.0
            } else if part < 0.5 {
                -1.0
            } else {
                0.25 * sine(440.0, time)
            }
        });
        let mut two = stereo(&one);
        for sample in two.data.iter_mut().skip(1).step_by(2) {
            *sample *= 0.5; // the louder channel counts
        }
        let (_, peaks) = heard(&two);
        assert_eq!(peaks.pieces().len(), PIECES);
        let piece = |part: f64| peaks.pieces()[(part * PIECES as f64) as usize];
        assert!(
            piece(0.125)[1].abs_diff(32) <= 1 && piece(0.245)[1].abs_diff(62) <= 1,
            "{peaks:?}"
        );
        assert_eq!((piece(0.253), piece(0.495)), ([-127, -64], [-127, -64]));
        if seconds > 1.0 {
            assert_eq!((piece(0.505), piece(0.999)), ([-32, 32], [-32, 32]), "{seconds} s");
        }
    }
}

#[test]
fn pieces_are_as_exact_as_they_are_drawn() {
    // One loud sample in each seventh piece, and nothing else.
    for frames in [13_000_usize, 500_000, 3_000_000] {
        let middle = |piece: usize| (2 * piece + 1) * frames / (2 * PIECES);
        let mut data = vec![0.0; frames];
        for piece in (0..PIECES).step_by(7) {
            data[middle(piece)] = 0.5;
        }
        let (_, peaks) = heard(&Samples {
            sample_rate: 48_000,
            channels: 1,
            data,
        });
        for (index, piece) in peaks.pieces().iter().enumerate() {
            let expected = if index % 7 == 0 { [0, 64] } else { [0, 0] };
            // A sound of fewer blocks than pieces shows each of them more than once.
            assert!(
                *piece == expected || frames < 16 * PIECES * 2,
                "{frames}: {index} {piece:?}"
            );
        }
    }
}

#[test]
fn what_is_heard_does_not_depend_on_the_pieces_it_came_in() {
    let song = stereo(&made(14.0, 44_100, chords(3.0, true, 96.0)));
    let whole = heard(&song);
    for frames in [1, 7, 1_000, 65_536] {
        let mut measures = Measures::new(song.sample_rate, song.channels);
        for piece in song.data.chunks(2 * frames) {
            measures.add(piece);
        }
        assert_eq!(measures.finish().unwrap(), whole, "{frames} frames at a time");
    }
}

#[test]
fn of_a_long_sound_the_middle_two_minutes_are_listened_to() {
    // 150 s at one tempo, 120 s at another, 150 s at the first again.
    let (slow, fast) = (clicks(80.0, 0.0), clicks(130.0, 0.0));
    let found = sound(&made(420.0, 8_000, |time| {
        if (150.0..270.0).contains(&time) {
            fast(time - 150.0)
        } else {
            slow(time)
        }
    }));
    assert!(off_by(found.tempo, 130.0) < 0.002, "{found:?}");
}

/// Clicks on each beat, and a bass on the first of each bar.
fn bars(bpm: f64, offset: f64) -> impl Fn(f64) -> f64 {
    let click = clicks(bpm, offset);
    move |time| {
        let beat = (time - offset) * bpm / 60.0;
        let is_first = beat >= 0.0 && beat.rem_euclid(4.0) < 1.0;
        let bass = if is_first {
            0.6 * (-beat.fract() * 8.0).exp() * sine(60.0, time - offset)
        } else {
            0.0
        };
        0.6 * click(time) + bass
    }
}

#[test]
fn the_first_bar_is_found() {
    for (rate, bpm, offset) in [
        (44_100, 120.0, 0.0),
        (16_000, 96.0, 0.25),
        (48_000, 124.9, 1.1),
        (32_000, 84.0, 5.0),
        (44_100, 140.0, 0.02),
    ] {
        let Beats { tempo, downbeat } = beats(&stereo(&made(30.0, rate, bars(bpm, offset)))).unwrap();
        assert!(off_by(Some(tempo), bpm) < 0.001, "{bpm}: {tempo}");
        assert!((downbeat - offset).abs() < 0.012, "{bpm} from {offset}: {downbeat}");
    }
    assert_eq!(beats(&made(20.0, 16_000, |time| 0.3 * sine(440.0, time))), None);
    assert_eq!(beats(&Samples::default()), None);
}
