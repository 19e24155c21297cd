//! Measuring a file: one streaming decode from the first byte to the last, and nothing believed of what a header says.
//!
//! Memory does not grow with the length of a file, but for the few minutes of it that tempo and key are heard in. Never
//! panics, whatever the bytes.

use std::io::{self, Cursor, Read, Seek};
use std::ops::ControlFlow;
use std::sync::OnceLock;

use super::measure::Measures;
use super::player::{Player, accept};
use super::{Probe, ProbeError, Samples, sniff};
use crate::base::audio_settings::Format;

/// Raw samples turned into floats at a time.
const PCM_PIECE: usize = 8_192;

/// The most samples that are decoded at once: ten minutes of stereo at 48 kHz.
pub const MOST_SAMPLES: usize = 600 * 48_000 * 2;

/// Measures a whole file in one streaming decode. Memory does not grow with its length.
pub fn probe(bytes: &[u8]) -> Result<Probe, ProbeError> {
    probe_reader(Cursor::new(bytes)).expect("what is in memory can be read")
}

/// The same for a file that is not in memory. What fails is reading it.
pub fn probe_reader(mut reader: impl Read + Seek + Send + Sync) -> io::Result<Result<Probe, ProbeError>> {
    let format = match kind(&mut reader)? {
        Ok(format) => format,
        Err(refused) => return Ok(Err(refused)),
    };
    let failure = OnceLock::new();
    let player = match Player::open(reader, format, &failure)? {
        Ok(player) => player,
        Err(refused) => return readable(&failure).map(|()| Err(refused)),
    };
    let mut measures = Measures::new(player.sample_rate, player.channels);
    let damaged = player.play(|samples| {
        measures.add(samples);
        ControlFlow::Continue(())
    });
    readable(&failure)?;
    Ok(finish(measures, format, damaged))
}

/// Measures raw interleaved 16-bit little-endian samples, which carry no header.
pub fn probe_pcm(bytes: &[u8], sample_rate: u32, channels: u16) -> Result<Probe, ProbeError> {
    probe_pcm_reader(Cursor::new(bytes), sample_rate, channels).expect("what is in memory can be read")
}

/// The same for samples that are not in memory. What fails is reading them.
pub fn probe_pcm_reader(
    mut reader: impl Read + Seek,
    sample_rate: u32,
    channels: u16,
) -> io::Result<Result<Probe, ProbeError>> {
    // Any bytes are samples to a machine; a page is not to a listener.
    let start = beginning(&mut reader)?;
    if sniff::text(&start).is_some() {
        return Ok(Err(ProbeError::NotAudio(sniff::describe(&start))));
    }
    if let Err(refused) = accept(sample_rate, usize::from(channels)) {
        return Ok(Err(refused));
    }
    let mut measures = Measures::new(sample_rate, channels);
    let frame = 2 * usize::from(channels);
    let (mut bytes, mut piece) = (Vec::new(), Vec::with_capacity(PCM_PIECE));
    loop {
        let is_end = reader.by_ref().take(2 * PCM_PIECE as u64).read_to_end(&mut bytes)? == 0;
        let whole = bytes.len() - bytes.len() % frame;
        piece.clear();
        piece.extend(
            bytes[..whole]
                .chunks_exact(2)
                .map(|pair| f32::from(i16::from_le_bytes([pair[0], pair[1]])) / 32_768.0),
        );
        measures.add(&piece);
        bytes.drain(..whole);
        if is_end {
            return Ok(finish(measures, Format::Pcm, !bytes.is_empty()));
        }
    }
}

/// All samples of a wav or mp3 file; at most [`MOST_SAMPLES`] of them.
pub fn decode(bytes: &[u8]) -> Result<Samples, ProbeError> {
    let reader = || Cursor::new(bytes);
    let in_memory = "what is in memory can be read";
    let format = kind(&mut reader()).expect(in_memory)?;
    let failure = OnceLock::new();
    let player = Player::open(reader(), format, &failure).expect(in_memory)?;
    let mut samples = Samples {
        sample_rate: player.sample_rate,
        channels: player.channels,
        data: Vec::new(),
    };
    let mut is_too_long = false;
    player.play(|piece| {
        is_too_long = samples.data.len() + piece.len() > MOST_SAMPLES;
        if is_too_long {
            return ControlFlow::Break(());
        }
        samples.data.extend_from_slice(piece);
        ControlFlow::Continue(())
    });
    if is_too_long {
        let what = format!("more than {MOST_SAMPLES} samples");
        return Err(ProbeError::Unsupported(what));
    }
    if samples.data.is_empty() {
        return Err(nothing_decodes());
    }
    Ok(samples)
}

/// Mp3 or wav by the first bytes.
fn kind(reader: &mut (impl Read + Seek)) -> io::Result<Result<Format, ProbeError>> {
    let start = beginning(reader)?;
    Ok(sniff::sniff(&start).ok_or_else(|| ProbeError::NotAudio(sniff::describe(&start))))
}

/// As many of the first bytes as anything is told by.
fn beginning(reader: &mut (impl Read + Seek)) -> io::Result<Vec<u8>> {
    let mut start = Vec::new();
    reader.by_ref().take(sniff::TELLING).read_to_end(&mut start)?;
    reader.rewind()?;
    Ok(start)
}

fn readable(failure: &OnceLock<io::Error>) -> io::Result<()> {
    match failure.get() {
        Some(error) => Err(io::Error::new(error.kind(), error.to_string())),
        None => Ok(()),
    }
}

fn finish(measures: Measures, format: Format, damaged: bool) -> Result<Probe, ProbeError> {
    let (mut sound, peaks) = measures.finish().ok_or_else(nothing_decodes)?;
    sound.damaged = damaged;
    Ok(Probe { format, sound, peaks })
}

fn nothing_decodes() -> ProbeError {
    ProbeError::Damaged("not one sample of it can be decoded".to_owned())
}
