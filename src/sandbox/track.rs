//! The user's own track, kept to be sung over: where its bars are, and as much of it as the longest take needs.
//!
//! Knows nothing of requests. Only tracks whose beat is plain are kept; a wrong one would put every word beside it.

use crate::{
    audio::{self, Samples, Sound},
    band::Bed,
};
use std::sync::Arc;

/// Seconds from the beginning that are listened to.
const LISTENED: f64 = 100.0;
/// Seconds from the first bar on that are kept: a take of a minute, and a bar.
const KEPT: f64 = 66.0;
/// Seconds before the first bar that are kept with it, for the way into it.
const BEFORE: f64 = 0.1;
/// Two measures of one tempo may be so far apart, in parts of it.
const ALIKE: f64 = 0.02;

/// Above so many beats a minute, every second beat is counted of what is heard: it is far more often a slower song whose
/// half beats are plain than one that is really so fast.
const FASTEST: f64 = 160.0;

/// The beginning of a track. Its samples have 16 bits: a minute of stereo is 11 MB.
#[derive(Debug, PartialEq)]
pub(super) struct Track {
    sample_rate: u32,
    channels: u16,
    samples: Vec<i16>,
    tempo: f64,
    /// Seconds to the first beat of the first whole bar.
    downbeat: f64,
}

/// What there is to sing over.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Ground {
    /// It is no accompaniment alone.
    None,
    /// Its tempo or its bars cannot be told for sure.
    Unsure,
    /// So many tracks are kept already that it was not.
    Crowded,
    /// This.
    Track(Arc<Track>),
}

impl Ground {
    /// Listens to a file that decodes, of which all is measured.
    pub(super) fn of(file: &[u8], sound: &Sound) -> Self {
        let track = beginning(file, sound.seconds).and_then(|samples| Track::of(&samples, sound));
        track.map_or(Self::Unsure, |track| Self::Track(Arc::new(track)))
    }
}

impl Track {
    fn of(samples: &Samples, sound: &Sound) -> Option<Self> {
        let beats = audio::beats(samples)?;
        // Of the whole track, or the two minutes in its middle; the same beat goes through all of it.
        let whole = sound.tempo?;
        octave(whole, beats.tempo)?;
        let rate = f64::from(samples.sample_rate);
        let start = (beats.downbeat - BEFORE).max(0.0);
        let frame = |seconds: f64| {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "frames of two minutes, not negative"
            )]
            let frame = (seconds * rate) as usize;
            frame * usize::from(samples.channels)
        };
        let (from, to) = (frame(start), frame(start + KEPT).min(samples.data.len()));
        let kept = samples.data.get(from..to).filter(|kept| !kept.is_empty())?;
        Some(Self {
            sample_rate: samples.sample_rate,
            channels: samples.channels,
            samples: kept.iter().map(|sample| to_16_bits(*sample)).collect(),
            tempo: beats.tempo,
            downbeat: beats.downbeat - start,
        })
    }

    /// Its tempo. One that is asked says which of its beats are counted; none if that is another tempo.
    pub(super) fn tempo(&self, asked: Option<f64>) -> Option<f64> {
        asked.map_or(Some(calm(self.tempo)), |asked| octave(asked, self.tempo))
    }

    /// As it is to be sung over, at one of its tempos.
    pub(super) fn bed(&self, tempo: f64) -> Bed {
        Bed {
            samples: Samples {
                sample_rate: self.sample_rate,
                channels: self.channels,
                data: self
                    .samples
                    .iter()
                    .map(|sample| f32::from(*sample) / 32_768.0)
                    .collect(),
            },
            tempo,
            downbeat: self.downbeat,
        }
    }
}

/// A tempo to play at.
pub(super) fn calm(tempo: f64) -> f64 {
    if tempo > FASTEST { tempo / 2.0 } else { tempo }
}

/// `tempo` counted as `like` counts: the same, half or twice of it; none if that is another tempo.
fn octave(like: f64, tempo: f64) -> Option<f64> {
    let counted = [1.0, 0.5, 2.0].map(|times| tempo * times);
    counted.into_iter().find(|tempo| (tempo / like - 1.0).abs() <= ALIKE)
}

/// The beginning of a file that lasts so many seconds. Only as much of it is decoded as that may take: files are longer at
/// some places than at others, and may begin with a picture.
fn beginning(file: &[u8], seconds: f64) -> Option<Samples> {
    let mut share = LISTENED / seconds.max(1.0);
    loop {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_precision_loss,
            clippy::cast_sign_loss,
            reason = "a part of a length in memory"
        )]
        let bytes = ((file.len() as f64 * share) as usize).min(file.len());
        let is_whole = bytes == file.len();
        match audio::decode(&file[..bytes]) {
            Ok(samples) if is_whole || samples.seconds() >= LISTENED.min(seconds) * 0.9 => return Some(samples),
            _ if is_whole => return None,
            _ => share *= 2.0,
        }
    }
}

fn to_16_bits(sample: f32) -> i16 {
    #[expect(clippy::cast_possible_truncation, reason = "clamped before")]
    let sample = (sample * 32_768.0).round().clamp(-32_768.0, 32_767.0) as i16;
    sample
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        band::{self, Feel},
        base::audio_settings::{AudioSettings, Format},
    };

    /// A band without a voice, as a file.
    fn backing(tempo: f64, format: Format) -> Vec<u8> {
        let take = band::render(&band::Request {
            lyrics: "la la la la la la la la\n".repeat(3),
            voice: false,
            band: true,
            sample_rate: 16_000,
            seed: 3,
            feel: Feel {
                tempo: Some(tempo),
                key: "D minor".parse().ok(),
                ..Feel::default()
            },
            bed: None,
        });
        let settings = AudioSettings {
            format,
            sample_rate: 16_000,
            bitrate: 64_000,
        };
        audio::encode(&take.samples, settings)
    }

    fn ground(file: &[u8]) -> Ground {
        Ground::of(file, &audio::probe(file).unwrap().sound)
    }

    #[test]
    fn a_track_with_a_plain_beat_is_kept_from_its_first_bar_on() {
        for format in [Format::Wav, Format::Mp3] {
            let Ground::Track(track) = ground(&backing(96.0, format)) else {
                panic!("nothing to sing over");
            };
            let bed = track.bed(track.tempo(None).unwrap());
            let count = octave(96.0, bed.tempo).unwrap();
            assert!((count / 96.0 - 1.0).abs() < 0.01, "{}", bed.tempo);
            assert!((0.0..2.5).contains(&bed.downbeat), "{}", bed.downbeat);
            assert!(bed.samples.seconds() > 10.0 && bed.samples.seconds() <= KEPT + 0.1);
        }
    }

    #[test]
    fn a_tempo_that_is_asked_counts_the_same_beats_or_there_is_no_bed() {
        let Ground::Track(track) = ground(&backing(96.0, Format::Wav)) else {
            panic!("nothing to sing over");
        };
        let tempo = |asked| track.tempo(Some(asked));
        assert!((tempo(192.0).unwrap() / tempo(96.0).unwrap() - 2.0).abs() < 1e-9);
        assert!((tempo(48.0).unwrap() / tempo(96.0).unwrap() - 0.5).abs() < 1e-9);
        assert_eq!(tempo(110.0), None);
    }

    #[test]
    fn what_has_no_beat_is_nothing_to_sing_over() {
        let data = (0..16_000 * 20_u16 as usize).map(|frame| if frame % 80 < 40 { 0.2 } else { -0.2 });
        let hum = Samples {
            sample_rate: 16_000,
            channels: 1,
            data: data.collect(),
        };
        let settings = AudioSettings {
            format: Format::Wav,
            sample_rate: 16_000,
            bitrate: 64_000,
        };
        assert_eq!(ground(&audio::encode(&hum, settings)), Ground::Unsure);
    }

    #[test]
    fn of_a_long_file_the_beginning_is_decoded_and_no_more() {
        let once = backing(96.0, Format::Wav);
        let decoded = audio::decode(&once).unwrap();
        let times = 300.0 / decoded.seconds();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small number")]
        let data = decoded.data.repeat(times.ceil() as usize);
        let settings = AudioSettings {
            format: Format::Wav,
            sample_rate: 16_000,
            bitrate: 64_000,
        };
        let long = audio::encode(&Samples { data, ..decoded }, settings);
        let seconds = audio::probe(&long).unwrap().sound.seconds;
        let heard = beginning(&long, seconds).unwrap().seconds();
        assert!((LISTENED * 0.9..LISTENED * 1.1).contains(&heard), "{heard}");
    }
}
