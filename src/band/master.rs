//! The last ears on a song: the voice above what backs it, the level that was asked, and no peak beyond the ceiling.
//!
//! Knows nothing of who plays. Levels are EBU R 128.

use crate::audio::{Samples, loudness};

/// No sample beyond −1 dBFS: room for what an mp3 encoder adds.
const CEILING: f32 = 0.891;
/// LUFS of a voice before it meets what backs it.
const VOICE: f64 = -15.0;
/// LUFS that can be asked for.
const QUIETEST: f64 = -40.0;
const LOUDEST: f64 = -6.0;
/// How far from the asked level is near enough, in LU.
const NEAR: f64 = 0.1;
/// The end fades over so many seconds.
const FADE: f64 = 1.2;
/// Milliseconds in which loudness is held back before a peak, and let go after it.
const AHEAD: u32 = 6;
const RELEASE: f32 = 80.0;

/// What stands behind a voice.
#[derive(Clone, Debug)]
pub(super) struct Backing {
    /// Stereo.
    pub(super) samples: Samples,
    /// LU below the voice.
    pub(super) below: f64,
}

/// Puts both together, stereo at the same rate, and brings the sum to a loudness.
pub(super) fn master(voice: Option<Samples>, backing: Option<Backing>, asked: f64) -> Samples {
    let backing = backing.map(|backing| leveled(backing.samples, VOICE - backing.below));
    let voice = voice.map(|voice| leveled(voice, VOICE));
    let mut song = match (voice, backing) {
        (Some(voice), Some(backing)) => sum(voice, &backing),
        (voice, backing) => voice.or(backing).unwrap_or_default(),
    };
    fade(&mut song);
    remove_direct_current(&mut song);
    bring_to(song, asked.clamp(QUIETEST, LOUDEST))
}

fn sum(mut one: Samples, other: &Samples) -> Samples {
    for (sum, sample) in one.data.iter_mut().zip(&other.data) {
        *sum += sample;
    }
    one
}

fn leveled(mut samples: Samples, level: f64) -> Samples {
    if let Some(found) = loudness(&samples) {
        let gain = factor(level - found);
        samples.data.iter_mut().for_each(|sample| *sample *= gain);
    }
    samples
}

fn factor(decibels: f64) -> f32 {
    #[expect(clippy::cast_possible_truncation, reason = "a factor")]
    let factor = libm::pow(10.0, decibels / 20.0) as f32;
    factor
}

fn fade(song: &mut Samples) {
    let frames = frames(FADE, song.sample_rate).min(song.data.len() / 2);
    let start = song.data.len() - frames * 2;
    for (frame, pair) in song.data[start..].chunks_exact_mut(2).enumerate() {
        #[expect(clippy::cast_precision_loss, reason = "frames of a second")]
        let along = (frame + 1) as f32 / frames as f32;
        let gain = 0.5 + 0.5 * libm::cosf(along * std::f32::consts::PI);
        pair.iter_mut().for_each(|sample| *sample *= gain);
    }
}

/// A high pass at 20 Hz.
fn remove_direct_current(song: &mut Samples) {
    #[expect(clippy::cast_precision_loss, reason = "rates are small")]
    let keep = libm::expf(-std::f32::consts::TAU * 20.0 / song.sample_rate.max(1) as f32);
    let (mut input, mut output) = ([0.0; 2], [0.0; 2]);
    for pair in song.data.chunks_exact_mut(2) {
        for (side, sample) in pair.iter_mut().enumerate() {
            output[side] = *sample - input[side] + keep * output[side];
            input[side] = std::mem::replace(sample, output[side]);
        }
    }
}

/// Makes it louder or softer; the ceiling takes some loudness away, which further rounds give back.
pub(super) fn bring_to(song: Samples, asked: f64) -> Samples {
    let Some(found) = loudness(&song) else {
        return song;
    };
    let mut gain = asked - found;
    let mut limited = limit(&song, factor(gain));
    for _ in 0..4 {
        let off = loudness(&limited).map_or(0.0, |found| asked - found);
        if off.abs() < NEAR {
            break;
        }
        gain += 1.3 * off;
        limited = limit(&song, factor(gain));
    }
    limited
}

/// Multiplies all samples, less around peaks that would pass the ceiling.
fn limit(song: &Samples, gain: f32) -> Samples {
    let block = frames(f64::from(AHEAD) / 4000.0, song.sample_rate).max(1);
    let channels = usize::from(song.channels.max(1));
    let blocks: Vec<&[f32]> = song.data.chunks(block * channels).collect();
    let needed: Vec<f32> = blocks
        .iter()
        .map(|samples| {
            let peak = samples.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
            (CEILING / (peak * gain).max(CEILING)).min(1.0)
        })
        .collect();
    let gains = eased(&needed, 4);
    let mut data = Vec::with_capacity(song.data.len());
    for (index, samples) in blocks.iter().enumerate() {
        let (from, to) = (gains[index], gains[index + 1]);
        #[expect(clippy::cast_precision_loss, reason = "a few frames")]
        let step = (to - from) / block as f32;
        let mut own = from;
        for frame in samples.chunks(channels) {
            data.extend(
                frame
                    .iter()
                    .map(|sample| (sample * gain * own).clamp(-CEILING, CEILING)),
            );
            own += step;
        }
    }
    Samples { data, ..*song }
}

/// Gains at the edges of blocks, without jumps, none above what the blocks around it need.
fn eased(needed: &[f32], ahead: usize) -> Vec<f32> {
    #[expect(clippy::cast_precision_loss, reason = "a few milliseconds")]
    let back = 1.0 - libm::expf(-(AHEAD as f32 / 4.0) / RELEASE);
    let mut held = Vec::with_capacity(needed.len() + 1);
    let mut before = 1.0_f32;
    for edge in 0..=needed.len() {
        let around = &needed[edge.saturating_sub(ahead)..(edge + ahead).min(needed.len())];
        let least = around.iter().copied().fold(1.0_f32, f32::min);
        before = least.min(before + (1.0 - before) * back);
        held.push(before);
    }
    let reach = ahead - 1;
    let smoothed = (0..held.len()).map(|edge| {
        let around = &held[edge.saturating_sub(reach)..(edge + reach + 1).min(held.len())];
        #[expect(clippy::cast_precision_loss, reason = "a few blocks")]
        let mean = around.iter().sum::<f32>() / around.len() as f32;
        mean
    });
    smoothed.collect()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a positive count of frames"
)]
fn frames(seconds: f64, sample_rate: u32) -> usize {
    (seconds * f64::from(sample_rate)) as usize
}

#[cfg(test)]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "test sounds are short"
)]
mod tests {
    use super::{Backing, CEILING, bring_to, master};
    use crate::audio::{Samples, loudness};

    /// A stereo tone of some seconds that swells four times a second.
    fn tone(hz: f32, gain: f32, seconds: f32) -> Samples {
        let rate = 16_000;
        let frames = (0..(seconds * rate as f32) as usize).flat_map(|frame| {
            let away = (frame % 4_000) as f32 / 150.0 - 13.0;
            let peak = 1.0 + 5.0 * libm::expf(-away * away);
            let sample = gain * peak * libm::sinf(frame as f32 * hz / rate as f32 * std::f32::consts::TAU);
            [sample; 2]
        });
        Samples {
            sample_rate: rate,
            channels: 2,
            data: frames.collect(),
        }
    }

    #[test]
    fn a_song_is_as_loud_as_asked_and_below_the_ceiling() {
        for asked in [-30.0, -23.0, -18.5, -14.0, -11.0] {
            for hz in [110.0, 440.0, 3_000.0] {
                let song = master(Some(tone(hz, 0.01, 6.0)), None, asked);
                let found = loudness(&song).unwrap();
                assert!((found - asked).abs() < 0.3, "{found} for {asked} at {hz} Hz");
                assert!(song.data.iter().all(|sample| sample.abs() <= CEILING));
            }
        }
    }

    #[test]
    fn what_backs_a_voice_is_so_much_softer() {
        let backing = Backing {
            samples: tone(440.0, 0.5, 6.0),
            below: 60.0,
        };
        let alone = master(Some(tone(440.0, 0.01, 6.0)), None, -20.0);
        let both = master(Some(tone(440.0, 0.01, 6.0)), Some(backing), -20.0);
        let apart = alone
            .data
            .iter()
            .zip(&both.data)
            .map(|(one, other)| (one - other).abs());
        assert!(apart.fold(0.0, f32::max) < 2e-3);
    }

    #[test]
    fn holding_back_a_peak_makes_no_step() {
        let quiet = tone(50.0, 0.05, 3.0);
        let loud = bring_to(quiet, -9.0);
        let widest = loud
            .data
            .windows(3)
            .map(|pair| (pair[2] - pair[0]).abs())
            .fold(0.0, f32::max);
        // A tone of 50 Hz at the ceiling is no steeper than 0.0175 a sample.
        assert!(widest < 0.03, "{widest}");
    }

    #[test]
    fn silence_stays_silent() {
        let song = master(Some(tone(440.0, 0.0, 2.0)), None, -14.0);
        assert!(song.data.iter().all(|sample| *sample == 0.0));
        assert_eq!(master(None, None, -14.0), Samples::default());
    }
}
