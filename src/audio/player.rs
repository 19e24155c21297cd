//! Decoding a file from the first sample to the last, and nothing believed of what a header says.
//!
//! Memory is one packet, however long the file. Never panics, whatever the bytes.

use std::io::{self, Read, Seek, SeekFrom};
use std::ops::ControlFlow;
use std::sync::OnceLock;

use symphonia::core::audio::{Channels, GenericAudioBufferRef};
use symphonia::core::codecs::audio::{AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, FormatReader, Track, TrackType};
use symphonia::core::io::{MediaSource, MediaSourceStream, MediaSourceStreamOptions};
use symphonia::core::meta::MetadataOptions;

use super::ProbeError;
use crate::base::audio_settings::Format;

/// Below this it is telephone sound or a broken header.
const LOWEST_RATE: u32 = 8_000;

/// How much of what the header promises may be missing before a file counts as cut off: two mp3 frames.
const TOLERANCE: u64 = 2 * 1152;

/// The most that an encoder says it has put before or behind the music; its tag has 12 bits for it.
const LONGEST_MARGIN: u32 = 8_192;

/// Samples far outside are noise from damaged data; left in, a few of them outweigh a whole song.
const SANE: f32 = 2.0;

/// A file that can be played.
pub(super) struct Player<'s> {
    reader: Box<dyn FormatReader + 's>,
    decoder: Box<dyn AudioDecoder>,
    track: Track,
    format: Format,
    pub(super) sample_rate: u32,
    pub(super) channels: u16,
}

impl<'s> Player<'s> {
    /// Opens a file of a known container; what is wrong with the disk is left in `failure`.
    pub(super) fn open<R>(
        mut reader: R,
        format: Format,
        failure: &'s OnceLock<io::Error>,
    ) -> io::Result<Result<Self, ProbeError>>
    where
        R: Read + Seek + Send + Sync + 's,
    {
        if format == Format::Wav
            && let Err(refused) = accept_wav(&mut reader)?
        {
            return Ok(Err(refused));
        }
        let length = reader.seek(SeekFrom::End(0))?;
        reader.rewind()?;
        let source = Source {
            reader,
            length,
            failure,
        };
        Ok(Self::start(source, format))
    }

    fn start<R>(source: Source<'s, R>, format: Format) -> Result<Self, ProbeError>
    where
        R: Read + Seek + Send + Sync + 's,
    {
        let reader = open(source, format)?;
        let Some(track) = reader.default_track(TrackType::Audio).cloned() else {
            return Err(ProbeError::Damaged("it holds no sound".to_owned()));
        };
        let (sample_rate, channels, decoder) = decoder(&track)?;
        Ok(Self {
            reader,
            decoder,
            track,
            format,
            sample_rate,
            channels,
        })
    }

    /// Plays to the end, or to where nothing more can be read or is wanted: interleaved samples, all of them sane (no
    /// NaN, nothing beyond ±2), without what an mp3 encoder put around the music. Returns whether it is damaged.
    pub(super) fn play(mut self, hear: impl FnMut(&[f32]) -> ControlFlow<()>) -> bool {
        let mut gapless = Gapless::new(&self.track, self.format, self.channels, hear);
        let channels = usize::from(self.channels);
        let mut damaged = false;
        let mut samples: Vec<f32> = Vec::new();
        loop {
            let packet = match self.reader.next_packet() {
                Ok(Some(packet)) => packet,
                // A file cut off and a wav written to a pipe end in an error of reading: `Gapless` tells them apart.
                Ok(None) | Err(Error::IoError(_)) => break,
                Err(_) => {
                    damaged = true;
                    break;
                }
            };
            let has_channels = |sound: &GenericAudioBufferRef<'_>| sound.spec().channels().count() == channels;
            let Some(sound) = self.decoder.decode(&packet).ok().filter(has_channels) else {
                damaged = true;
                continue;
            };
            sound.copy_to_vec_interleaved(&mut samples);
            make_sane(&mut samples);
            if gapless.add(&samples).is_break() {
                return damaged;
            }
        }
        gapless.finish() || damaged
    }
}

fn make_sane(samples: &mut [f32]) {
    for sample in samples {
        let is_sane = *sample >= -SANE && *sample <= SANE;
        if !is_sane {
            *sample = if sample.is_nan() {
                0.0
            } else {
                sample.clamp(-SANE, SANE)
            };
        }
    }
}

/// Takes off what an mp3 encoder put around the music, and notes whether the music is all there.
struct Gapless<F> {
    channels: usize,
    /// Samples that are still to be left out at the beginning.
    skip: usize,
    /// The last samples that came, as many as are to be left out at the end if the end was reached.
    held: Vec<f32>,
    hold: usize,
    delay: u64,
    /// Frames as the header has them. Only a tag of the encoder or a wav header is held against the file: without one
    /// the promised length is a guess.
    promised: Option<u64>,
    frames: u64,
    hear: F,
}

impl<F: FnMut(&[f32]) -> ControlFlow<()>> Gapless<F> {
    fn new(track: &Track, format: Format, channels: u16, hear: F) -> Self {
        let channels = usize::from(channels);
        let margin = |frames: Option<u32>| frames.unwrap_or(0).min(LONGEST_MARGIN);
        let in_samples = |frames: u32| usize::try_from(frames).unwrap_or(0) * channels;
        let told = track.delay.is_some() || format == Format::Wav;
        Self {
            channels,
            skip: in_samples(margin(track.delay)),
            held: Vec::new(),
            hold: in_samples(margin(track.padding)),
            delay: margin(track.delay).into(),
            promised: track.num_frames.filter(|_| told),
            frames: 0,
            hear,
        }
    }

    fn add(&mut self, samples: &[f32]) -> ControlFlow<()> {
        self.frames += (samples.len() / self.channels) as u64;
        let skipped = self.skip.min(samples.len());
        self.skip -= skipped;
        let samples = &samples[skipped..];
        if self.hold == 0 {
            return (self.hear)(samples);
        }
        self.held.extend_from_slice(samples);
        let surely = self.held.len().saturating_sub(self.hold);
        let next = (self.hear)(&self.held[..surely]);
        self.held.drain(..surely);
        next
    }

    /// Whether the end is missing.
    fn finish(mut self) -> bool {
        let frames = self.frames.saturating_sub(self.delay);
        let is_cut_off = self.promised.is_some_and(|promised| frames + TOLERANCE < promised);
        if is_cut_off {
            // Nothing more is played after it, so whether more is wanted does not matter.
            let _ = (self.hear)(&self.held);
        }
        is_cut_off
    }
}

/// What is read from; remembers what went wrong with it, which the reader of a format takes for its end.
struct Source<'s, R> {
    reader: R,
    length: u64,
    failure: &'s OnceLock<io::Error>,
}

impl<R: Read> Read for Source<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.reader.read(buffer).map_err(|error| {
            let kind = error.kind();
            if kind != io::ErrorKind::Interrupted {
                // The first one is what is told.
                let _ = self.failure.set(error);
            }
            kind.into()
        })
    }
}

impl<R: Seek> Seek for Source<'_, R> {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        self.reader.seek(position)
    }
}

impl<R: Read + Seek + Send + Sync> MediaSource for Source<'_, R> {
    fn is_seekable(&self) -> bool {
        true
    }

    fn byte_len(&self) -> Option<u64> {
        Some(self.length)
    }
}

fn open<'s>(source: impl MediaSource + 's, format: Format) -> Result<Box<dyn FormatReader + 's>, ProbeError> {
    let stream = MediaSourceStream::new(Box::new(source), MediaSourceStreamOptions::default());
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
    // Not gapless: the decoder would cut the end off a file whose length its reader only guessed. `Gapless` does it.
    let decoder = symphonia::default::get_codecs()
        .make_audio_decoder(params, &AudioDecoderOptions::default().gapless(false))
        .map_err(|_| unsupported())?;
    Ok((sample_rate, channels, decoder))
}

/// Whether sound of this rate and so many channels is taken; the channels if so.
pub(super) fn accept(sample_rate: u32, channels: usize) -> Result<u16, ProbeError> {
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

/// Whole numbers, floats, A-law, µ-law, and what says more of itself further on: the codings of a wav that are taken.
const CODINGS: [u16; 5] = [0x0001, 0x0003, 0x0006, 0x0007, 0xfffe];

/// Looks at coding and channels of every `fmt ` chunk before the sound. The reader itself multiplies the channels into
/// 16 bits, which is an overflow for a damaged header, and takes a coding it does not know for damage.
fn accept_wav(reader: impl Read + Seek) -> io::Result<Result<(), ProbeError>> {
    let mut reader = io::BufReader::new(reader);
    reader.seek(SeekFrom::Start(12))?;
    loop {
        let mut head = [0; 8];
        if !fill(&mut reader, &mut head)? || head.starts_with(b"data") {
            return Ok(Ok(()));
        }
        let length = i64::from(u32::from_le_bytes([head[4], head[5], head[6], head[7]]));
        let mut seen = 0;
        if head.starts_with(b"fmt ") {
            let mut body = [0; 4];
            if !fill(&mut reader, &mut body)? {
                return Ok(Ok(()));
            }
            seen = 4;
            let [coding, channels] = [[body[0], body[1]], [body[2], body[3]]].map(u16::from_le_bytes);
            if let Err(refused) = accept(LOWEST_RATE, usize::from(channels)) {
                return Ok(Err(refused));
            }
            if !CODINGS.contains(&coding) {
                return Ok(Err(unsupported()));
            }
        }
        reader.seek_relative(length + length % 2 - seen)?;
    }
}

/// Fills a buffer; false if the end comes first.
fn fill(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<bool> {
    match reader.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}
