//! Where the bars of a track begin, so that something can be laid over it.
//!
//! Takes every bar for one of four beats. Which of four beats begins the bar is a guess by the bass; what it is wrong
//! about is a beat or half a bar.

use super::{
    mono::{self, Mono},
    onsets::{HOP, Onsets, STRETCH, onsets, rms},
    tempo::{accents, beat, between, per_minute},
};
use crate::audio::Samples;

/// Beats in a bar.
const BAR: usize = 4;

/// A track rather begins with a bar than within one: how much more the bass of its first beat counts, and how near to
/// the first sound that beat must be, in beats.
const OPENING: f32 = 4.0;
const BESIDE: f32 = 0.2;

/// Seconds from the beginning in which the place of the beats is looked for. Over a longer time, the smallest error of
/// the tempo would blur it.
const NEAR: f32 = 40.0;

/// How far from where its onset shows in the spectrum a beat is looked for in the wave, in seconds, and how exactly.
const AROUND: f32 = 0.05;
const STEP: usize = 24;

/// The beat of a track.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Beats {
    /// Beats a minute, to 0.05; may be half or twice of what a listener would clap.
    pub tempo: f64,
    /// Seconds before the first beat of the first whole bar.
    pub downbeat: f64,
}

/// The beat of a track; none if it has none. Listens to its first two minutes.
pub fn beats(samples: &Samples) -> Option<Beats> {
    if !(1..=2).contains(&samples.channels) || samples.sample_rate == 0 {
        return None;
    }
    let mono = mono::beginning(samples);
    let onsets = onsets(&mono)?;
    let lag = beat(&onsets)?;
    let accents = accents(&onsets)?;
    let first = first_beat(&accents, lag, onsets.rate);
    let begin = beginning(&mono);
    let bar = first_of_bar(&onsets, (first, lag), (begin - entry(mono.rate)) * onsets.rate);
    let seconds = |place: f32| place / onsets.rate;
    let (beat, bar_length) = (seconds(lag), seconds(lag) * 4.0);
    let rough = seconds(first) + bar * beat + entry(mono.rate);
    let exact = attack(&mono, rough, beat);
    // The first bar that begins when something is to be heard.
    let begin = f64::from(begin - 0.5 * beat).max(-0.03);
    let (mut downbeat, length) = (f64::from(exact), f64::from(bar_length));
    downbeat -= ((downbeat - begin) / length).floor() * length;
    Some(Beats {
        tempo: per_minute(&onsets, lag),
        downbeat: (downbeat.max(0.0) * 1000.0).round() / 1000.0,
    })
}

/// Seconds from where a stretch begins to what shows as an onset in it: it has just come in.
#[expect(clippy::cast_precision_loss, reason = "small numbers")]
fn entry(rate: f32) -> f32 {
    (STRETCH - HOP) as f32 / rate
}

/// The place within the first beat where accents add up best.
fn first_beat(accents: &[f32], lag: f32, rate: f32) -> f32 {
    let mut best = (0.0, 0.0);
    let mut place = 0.0;
    while place < lag {
        let sum = sum_at(accents, place, lag, NEAR * rate);
        if sum > best.0 {
            best = (sum, place);
        }
        place += 0.25;
    }
    best.1
}

fn sum_at(values: &[f32], mut place: f32, lag: f32, end: f32) -> f32 {
    let mut sum = 0.0;
    while place < end {
        let Some(value) = between(values, place) else { break };
        sum += value;
        place += lag;
    }
    sum
}

/// Which of four beats begins the bar: the one with most bass, if the sound does not begin with another.
fn first_of_bar(onsets: &Onsets, (first, lag): (f32, f32), begin: f32) -> f32 {
    #[expect(clippy::cast_precision_loss, reason = "four beats")]
    let bar = lag * BAR as f32;
    let mut best = (0.0, 0.0);
    for beat in [0.0, 1.0, 2.0, 3.0] {
        let around = [-1.0, 0.0, 1.0].map(|off| sum_at(&onsets.bass, first + beat * lag + off, bar, f32::MAX));
        let mut sum: f32 = around.iter().sum();
        let bars = (begin - first - beat * lag) / bar;
        if (bars - bars.round()).abs() * bar < BESIDE * lag {
            sum *= OPENING;
        }
        if sum > best.0 {
            best = (sum, beat);
        }
    }
    best.1
}

/// Moves a beat to where the wave rises most, taking all beats of the beginning together.
fn attack(mono: &Mono, rough: f32, beat: f32) -> f32 {
    #[expect(clippy::cast_precision_loss, reason = "a small number")]
    let step = STEP as f32 / mono.rate;
    let levels: Vec<f32> = mono
        .samples
        .chunks_exact(STEP)
        .map(|piece| libm::log1pf(100.0 * rms(piece)))
        .collect();
    let rise = |time: f32| {
        let (mut sum, mut time) = (0.0, time - (time / beat).floor() * beat);
        while time < NEAR {
            let place = time / step;
            let (Some(before), Some(after)) = (between(&levels, place - 1.0), between(&levels, place + 1.0)) else {
                break;
            };
            sum += (after - before).max(0.0);
            time += beat;
        }
        sum
    };
    let (mut best, mut offset) = ((0.0, 0.0), -AROUND);
    while offset <= AROUND {
        let sum = rise(rough + offset);
        if sum > best.0 {
            best = (sum, offset);
        }
        offset += 0.5 * step;
    }
    rough + best.1
}

/// Seconds before the first sound.
fn beginning(mono: &Mono) -> f32 {
    let level = rms(&mono.samples);
    let quiet = mono
        .samples
        .iter()
        .take_while(|sample| sample.abs() < 0.1 * level)
        .count();
    #[expect(clippy::cast_precision_loss, reason = "two minutes at most")]
    let quiet = quiet as f32;
    quiet / mono.rate
}
