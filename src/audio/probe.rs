//! Measuring a file: one streaming decode from the first byte to the last, and nothing believed of what a header says.
//!
//! Memory is one packet, however long the file. Never panics, whatever the bytes.

use std::io::Cursor;

use symphonia::core::audio::Channels;
use symphonia::core::codecs::audio::{AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, FormatReader, Track, TrackType};
use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions};
use symphonia::core::meta::MetadataOptions;

use super::loudness::Meter;
use super::{Peaks, Probe, ProbeError, Sound, sniff};
use crate::base::audio_settings::Format;

/// Below this it is telephone sound or a broken header.
const LOWEST_RATE: u32 = 8_000;

/// How much of what the header promises may be missing before a file counts as cut off: two mp3 frames.
const TOLERANCE: u64 = 2 * 1152;

/// Raw samples turned into floats at a time.
const PCM_PIECE: usize = 8_192;

/// Measures a whole file in one streaming decode. Memory does not grow with its length.
pub fn probe(bytes: &[u8]) -> Result<Probe, ProbeError> {
    let Some(format) = sniff::sniff(bytes) else {
        return Err(ProbeError::NotAudio(sniff::describe(bytes)));
    };
    if format == Format::Wav {
        accept_wav(bytes)?;
    }
    let mut reader = open(bytes, format)?;
    let Some(track) = reader.default_track(TrackType::Audio).cloned() else {
        return Err(ProbeError::Damaged("it holds no sound".to_owned()));
    };
    let (sample_rate, channels, mut decoder) = decoder(&track)?;
    let mut tally = Tally::new(sample_rate, channels);
    decode(reader.as_mut(), decoder.as_mut(), &mut tally);
    tally.trim(&track, format);
    tally.finish(format)
}

/// Measures raw interleaved 16-bit little-endian samples, which carry no header.
pub fn probe_pcm(bytes: &[u8], sample_rate: u32, channels: u16) -> Result<Probe, ProbeError> {
    // Any bytes are samples to a machine; a page is not to a listener.
    if sniff::text(bytes).is_some() {
        return Err(ProbeError::NotAudio(sniff::describe(bytes)));
    }
    accept(sample_rate, usize::from(channels))?;
    let frame = 2 * usize::from(channels);
    let mut tally = Tally::new(sample_rate, channels);
    tally.damaged = !bytes.len().is_multiple_of(frame);
    let whole = &bytes[..bytes.len() - bytes.len() % frame];
    let mut piece = Vec::with_capacity(PCM_PIECE);
    for part in whole.chunks(2 * PCM_PIECE) {
        piece.clear();
        piece.extend(
            part.chunks_exact(2)
                .map(|pair| f32::from(i16::from_le_bytes([pair[0], pair[1]])) / 32_768.0),
        );
        tally.add(&mut piece);
    }
    tally.finish(Format::Pcm)
}

/// What has been decoded so far.
struct Tally {
    sample_rate: u32,
    channels: u16,
    frames: u64,
    damaged: bool,
    meter: Meter,
}

impl Tally {
    fn new(sample_rate: u32, channels: u16) -> Self {
        Self {
            sample_rate,
            channels,
            frames: 0,
            damaged: false,
            meter: Meter::new(sample_rate, channels),
        }
    }

    fn add(&mut self, samples: &mut [f32]) {
        self.frames += (samples.len() / usize::from(self.channels)) as u64;
        self.meter.add(samples);
    }

    /// Takes off what an mp3 encoder put around the music, and notes whether the music is all there.
    /// Only a tag of the encoder or a wav header is held against the file: without one the promised length is a guess.
    fn trim(&mut self, track: &Track, format: Format) {
        let delay = u64::from(track.delay.unwrap_or(0));
        let padding = u64::from(track.padding.unwrap_or(0));
        let told = track.delay.is_some() || format == Format::Wav;
        let promised = track.num_frames.filter(|_| told);
        if promised.is_some_and(|promised| self.frames.saturating_sub(delay) + TOLERANCE < promised) {
            self.damaged = true;
            self.frames = self.frames.saturating_sub(delay);
        } else {
            self.frames = self.frames.saturating_sub(delay + padding);
        }
    }

    fn finish(self, format: Format) -> Result<Probe, ProbeError> {
        if self.frames == 0 {
            return Err(ProbeError::Damaged("not one sample of it can be decoded".to_owned()));
        }
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52 frames")]
        let seconds = self.frames as f64 / f64::from(self.sample_rate);
        Ok(Probe {
            format,
            sound: Sound {
                seconds,
                sample_rate: self.sample_rate,
                channels: self.channels,
                loudness: self.meter.integrated(),
                damaged: self.damaged,
                ..Sound::default()
            },
            peaks: Peaks::default(),
        })
    }
}

fn open(bytes: &[u8], format: Format) -> Result<Box<dyn FormatReader + '_>, ProbeError> {
    let stream = MediaSourceStream::new(Box::new(Cursor::new(bytes)), MediaSourceStreamOptions::default());
    let mut hint = Hint::new();
    hint.with_extension(format.word());
    symphonia::default::get_probe()
        .probe(&hint, stream, FormatOptions::default(), MetadataOptions::default())
        .map_err(|error| match error {
            Error::Unsupported(what) if what.contains("unsupported") => unsupported(),
            Error::Unsupported(_) => ProbeError::Damaged("no sound is to be found behind its header".to_owned()),
            Error::IoError(_) => ProbeError::Damaged("it ends before the sound begins".to_owned()),
            error => ProbeError::Damaged(error.to_string()),
        })
}

fn unsupported() -> ProbeError {
    ProbeError::Unsupported("its coding is neither mp3 (layer III) nor plain wav (8 to 32-bit, or float)".to_owned())
}

/// Rate, channels and a decoder for the track, if they are of a kind that is taken.
fn decoder(track: &Track) -> Result<(u32, u16, Box<dyn AudioDecoder>), ProbeError> {
    let params = track.codec_params.as_ref().and_then(|params| params.audio());
    let params = params.ok_or_else(|| ProbeError::Damaged("its header does not say what it holds".to_owned()))?;
    let sample_rate = params.sample_rate.unwrap_or(0);
    let channels = accept(sample_rate, params.channels.as_ref().map_or(0, Channels::count))?;
    // Not gapless: the decoder would cut the end off a file whose length its reader only guessed. `Tally::trim` does it.
    let decoder = symphonia::default::get_codecs()
        .make_audio_decoder(params, &AudioDecoderOptions::default().gapless(false))
        .map_err(|_| unsupported())?;
    Ok((sample_rate, channels, decoder))
}

/// Whether sound of this rate and so many channels is taken; the channels if so.
fn accept(sample_rate: u32, channels: usize) -> Result<u16, ProbeError> {
    if sample_rate < LOWEST_RATE {
        let what = format!("a sample rate of {sample_rate} Hz; at least {LOWEST_RATE} Hz is needed");
        return Err(ProbeError::Unsupported(what));
    }
    match channels {
        1 => Ok(1),
        2 => Ok(2),
        0 => Err(ProbeError::Unsupported("its header says it has no channels".to_owned())),
        more => {
            let what = format!("{more} channels; mix it down to stereo or mono");
            Err(ProbeError::Unsupported(what))
        }
    }
}

/// Looks at the channels of every `fmt ` chunk before the sound. The reader itself multiplies them into 16 bits, which is
/// an overflow for a damaged header.
fn accept_wav(bytes: &[u8]) -> Result<(), ProbeError> {
    let mut rest = bytes.get(12..).unwrap_or_default();
    while let Some((head, body)) = rest.split_at_checked(8) {
        let (name, length) = (&head[..4], [head[4], head[5], head[6], head[7]]);
        match (name, body) {
            (b"data", _) => break,
            (b"fmt ", [_, _, low, high, ..]) => {
                accept(LOWEST_RATE, usize::from(u16::from_le_bytes([*low, *high])))?;
            }
            _ => {}
        }
        let length = usize::try_from(u32::from_le_bytes(length)).unwrap_or(usize::MAX);
        rest = body.get(length.saturating_add(length % 2)..).unwrap_or_default();
    }
    Ok(())
}

/// Decodes to the end, or to where nothing more can be read.
fn decode(reader: &mut dyn FormatReader, decoder: &mut dyn AudioDecoder, tally: &mut Tally) {
    let mut samples: Vec<f32> = Vec::new();
    loop {
        let packet = match reader.next_packet() {
            Ok(Some(packet)) => packet,
            // A file cut off and a wav written to a pipe end in an error of reading: `Tally::trim` tells them apart.
            Ok(None) | Err(Error::IoError(_)) => return,
            Err(_) => {
                tally.damaged = true;
                return;
            }
        };
        match decoder.decode(&packet) {
            Ok(sound) if sound.spec().channels().count() == usize::from(tally.channels) => {
                sound.copy_to_vec_interleaved(&mut samples);
                tally.add(&mut samples);
            }
            Ok(_) | Err(_) => tally.damaged = true,
        }
    }
}
