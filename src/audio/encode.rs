//! Writing samples as mp3, wav or raw pcm. The same samples give the same bytes on every machine.

use std::io::Cursor;

use rusty_mp3::{Mp3Encoder, Mp3EncoderConfig};

use super::Samples;
use crate::base::audio_settings::{AudioSettings, Format};

/// The most that layer III allows below 32 kHz (MPEG-2), in bits per second.
const MPEG2_MOST: u32 = 160_000;

/// Encodes samples as asked. `samples.sample_rate` must be the asked one. The same input gives the same bytes.
///
/// Wav and pcm are 16-bit and take no notice of the bitrate; for mp3 it is [`mp3_bitrate`].
/// An mp3 at a rate that layer III does not have (only 8, 11.025, 12, 16, 22.05, 24, 32, 44.1 and 48 kHz) is empty.
pub fn encode(samples: &Samples, settings: AudioSettings) -> Vec<u8> {
    debug_assert_eq!(samples.sample_rate, settings.sample_rate, "encoding does not resample");
    match settings.format {
        Format::Mp3 => mp3(samples, settings.bitrate),
        Format::Wav => wav(samples),
        Format::Pcm => whole_numbers(samples).flat_map(i16::to_le_bytes).collect(),
    }
}

/// The bitrate an mp3 of this sample rate can have when `asked` is asked: layer III stops at 160 kbit/s below 32 kHz.
pub fn mp3_bitrate(sample_rate: u32, asked: u32) -> u32 {
    if sample_rate < 32_000 {
        asked.min(MPEG2_MOST)
    } else {
        asked
    }
}

fn mp3(samples: &Samples, bitrate: u32) -> Vec<u8> {
    let mut encoder = Mp3Encoder::new(Mp3EncoderConfig {
        bitrate_kbps: mp3_bitrate(samples.sample_rate, bitrate) / 1000,
        vbr_quality: None,
    });
    if encoder
        .push_pcm_f32(&samples.data, samples.channels, samples.sample_rate)
        .is_err()
    {
        return Vec::new();
    }
    // Finished before the first packet is taken, so that the tag with the exact length leads the file.
    encoder.finish();
    let mut bytes = Vec::new();
    while let Ok(packet) = encoder.next_packet() {
        bytes.extend_from_slice(&packet);
    }
    bytes
}

fn wav(samples: &Samples) -> Vec<u8> {
    let spec = hound::WavSpec {
        channels: samples.channels,
        sample_rate: samples.sample_rate,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut bytes = Cursor::new(Vec::with_capacity(samples.data.len() * 2 + 44));
    let written = hound::WavWriter::new(&mut bytes, spec).and_then(|mut writer| {
        for sample in whole_numbers(samples) {
            writer.write_sample(sample)?;
        }
        writer.finalize()
    });
    // Writing to memory fails only above the 4 GB a wav can hold, or for a last frame that is cut in two.
    if written.is_err() {
        return Vec::new();
    }
    bytes.into_inner()
}

fn whole_numbers(samples: &Samples) -> impl Iterator<Item = i16> + '_ {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a float cast saturates, and NaN becomes 0"
    )]
    samples.data.iter().map(|sample| (sample * 32_767.0).round() as i16)
}
