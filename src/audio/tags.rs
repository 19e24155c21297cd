//! What players show of a file that is delivered: title, lyrics, tempo, key, where it comes from.
//!
//! For copies only: what was paid for is kept byte for byte as it came. Not one byte of the sound is touched: the tag
//! stands before an mp3's, and in a chunk of its own behind a wav's.

use super::MusicalKey;
use crate::base::audio_settings::Format;
use id3::{
    Encoder, Tag, TagLike, Version,
    frame::{Comment, ExtendedText, Lyrics},
};
use std::io::Cursor;

/// The language of a text of which nobody says in which it is: undetermined, by ISO 639-2.
const ANY: &str = "und";
/// The language of what the program itself says.
const ENGLISH: &str = "eng";

/// What a file tells of itself. What is none or empty is left out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tags {
    /// Its name.
    pub title: Option<String>,
    /// What is sung.
    pub lyrics: Option<String>,
    /// Beats a minute; the format knows whole ones only.
    pub bpm: Option<f64>,
    /// Tonic and mode.
    pub key: Option<MusicalKey>,
    /// A sentence that players show.
    pub comment: Option<String>,
    /// Where it comes from, by name.
    pub facts: Vec<(String, String)>,
}

/// Why a file cannot get tags. The message is a clause without a full stop.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TagError {
    /// Samples without a header.
    #[error("raw samples have no place for tags")]
    NoPlace,
    /// A file that does not keep to its format.
    #[error("there is no safe place for tags in it: {0}")]
    Unfit(String),
}

/// A copy with these tags, as ID3v2.3. Tags of another kind that are there already stay.
pub fn tag(bytes: &[u8], format: Format, tags: &Tags) -> Result<Vec<u8>, TagError> {
    match format {
        Format::Pcm => Err(TagError::NoPlace),
        Format::Mp3 => {
            let (before, sound) = bytes.split_at(length_of_tag(bytes)?);
            Ok([&encoded(before, tags)?, sound].concat())
        }
        Format::Wav => {
            let Chunks { before, mut kept } = chunks(bytes)?;
            let tag = encoded(before, tags)?;
            kept.extend(b"ID3 ");
            kept.extend(length(&tag)?.to_le_bytes());
            kept.extend(&tag);
            pad(&mut kept);
            let riff = length(&kept[8..])?;
            kept[4..8].copy_from_slice(&riff.to_le_bytes());
            Ok(kept)
        }
    }
}

/// The tag that is there, with these in it.
fn encoded(before: &[u8], tags: &Tags) -> Result<Vec<u8>, TagError> {
    let unfit = |error: id3::Error| TagError::Unfit(error.description);
    let mut tag = if before.is_empty() {
        Tag::new()
    } else {
        Tag::read_from2(Cursor::new(before)).map_err(unfit)?
    };
    fill(&mut tag, tags);
    let mut bytes = Vec::new();
    let encoder = Encoder::new().version(Version::Id3v23);
    encoder.encode(&tag, &mut bytes).map_err(unfit)?;
    Ok(bytes)
}

fn fill(tag: &mut Tag, tags: &Tags) {
    if let Some(title) = &tags.title {
        tag.set_title(title);
    }
    if let Some(text) = &tags.lyrics {
        tag.add_frame(Lyrics {
            lang: ANY.to_owned(),
            description: String::new(),
            text: text.clone(),
        });
    }
    if let Some(bpm) = tags.bpm {
        tag.set_text("TBPM", format!("{bpm:.0}"));
    }
    if let Some(key) = tags.key {
        tag.set_text("TKEY", initial_key(key));
    }
    if let Some(text) = &tags.comment {
        tag.add_frame(Comment {
            lang: ENGLISH.to_owned(),
            description: String::new(),
            text: text.clone(),
        });
    }
    for (name, value) in &tags.facts {
        tag.add_frame(ExtendedText {
            description: name.clone(),
            value: value.clone(),
        });
    }
}

/// `C#m`: the note, with an `m` behind it for minor.
fn initial_key(key: MusicalKey) -> String {
    let name = key.to_string();
    let note = name.split(' ').next().unwrap_or_default();
    let mode = if key.is_minor() { "m" } else { "" };
    format!("{note}{mode}")
}

/// How long the tag before the sound of an mp3 is.
fn length_of_tag(bytes: &[u8]) -> Result<usize, TagError> {
    let Some([b'I', b'D', b'3', _, _, flags, size @ ..]) = bytes.first_chunk::<10>() else {
        return Ok(0);
    };
    let body = size.iter().fold(0, |size, byte| size << 7 | usize::from(byte & 0x7f));
    let footer = if flags & 0x10 == 0 { 0 } else { 10 };
    let length = 10 + body + footer;
    if length < bytes.len() {
        Ok(length)
    } else {
        Err(TagError::Unfit(
            "the tag it came with is longer than the file".to_owned(),
        ))
    }
}

/// A wav without the tag it came with.
struct Chunks<'a> {
    /// That tag; empty if there is none.
    before: &'a [u8],
    /// Everything else, ending on an even byte.
    kept: Vec<u8>,
}

/// Takes a wav apart. What goes beyond the end of the file cannot have anything put behind it.
fn chunks(bytes: &[u8]) -> Result<Chunks<'_>, TagError> {
    let unfit = || TagError::Unfit("its lengths do not fit together".to_owned());
    let (head, mut rest) = bytes.split_at_checked(12).ok_or_else(unfit)?;
    let (mut before, mut kept) = (&[][..], head.to_vec());
    while !rest.is_empty() {
        let head = rest.first_chunk::<8>().ok_or_else(unfit)?;
        let [name @ .., a, b, c, d] = *head;
        let length = usize::try_from(u32::from_le_bytes([a, b, c, d])).map_err(|_| unfit())?;
        let end = length
            .checked_add(8)
            .filter(|end| *end <= rest.len())
            .ok_or_else(unfit)?;
        let (chunk, others) = rest.split_at(end);
        if name.eq_ignore_ascii_case(b"ID3 ") {
            before = &chunk[8..];
        } else {
            kept.extend(chunk);
            pad(&mut kept);
        }
        rest = others.get(length % 2..).unwrap_or_default();
    }
    Ok(Chunks { before, kept })
}

/// Chunks begin on even bytes.
fn pad(bytes: &mut Vec<u8>) {
    bytes.resize(bytes.len().next_multiple_of(2), 0);
}

fn length(bytes: &[u8]) -> Result<u32, TagError> {
    u32::try_from(bytes.len()).map_err(|_| TagError::Unfit("it would be longer than a wav can be".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        audio::{Samples, encode, probe, tag_scratch},
        base::audio_settings::AudioSettings,
    };
    use proptest::prelude::{any, prop, prop_assert, proptest};
    use std::collections::BTreeMap;

    fn song(format: Format) -> Vec<u8> {
        let settings = AudioSettings {
            format,
            sample_rate: 16_000,
            bitrate: 32_000,
        };
        let data = (0_u16..32_000).map(|n| libm::sinf(f32::from(n) * 0.05) / 3.0).collect();
        let samples = Samples {
            sample_rate: 16_000,
            channels: 1,
            data,
        };
        encode(&samples, settings)
    }

    fn tags() -> Tags {
        Tags {
            title: Some("hook (São Paulo)".to_owned()),
            lyrics: Some("Lights of Lisbon\nlow and wide 東京\n".to_owned()),
            bpm: Some(124.9),
            key: Some(MusicalKey::new(1, true)),
            comment: Some("made by a machine".to_owned()),
            facts: vec![
                ("takesheet key".to_owned(), "abc".to_owned()),
                ("model".to_owned(), "music-01".to_owned()),
            ],
        }
    }

    /// The frames of an ID3v2.3 tag, read by its specification and not by the crate that wrote it: names to bodies, the
    /// texts of one frame joined by `|`.
    fn frames(tag: &[u8]) -> BTreeMap<String, String> {
        assert_eq!(tag[..5], *b"ID3\x03\0");
        let size = tag[6..10].iter().fold(0, |size, byte| size << 7 | usize::from(*byte));
        let mut rest = &tag[10..10 + size];
        let mut frames = BTreeMap::new();
        while rest.len() > 10 && rest[0] != 0 {
            let name = String::from_utf8(rest[..4].to_vec()).unwrap();
            let length = u32::from_be_bytes([rest[4], rest[5], rest[6], rest[7]]) as usize;
            let body = &rest[10..10 + length];
            let skipped = if ["USLT", "COMM"].contains(&name.as_str()) {
                4
            } else {
                1
            };
            let texts = text(body[0], &body[skipped..]);
            let key = if name == "TXXX" {
                format!("TXXX {}", texts[0])
            } else {
                name
            };
            frames.insert(key, texts.last().unwrap().clone());
            rest = &rest[10 + length..];
        }
        frames
    }

    /// Texts that end in zeros, in Latin-1 or in UTF-16 with byte order marks.
    fn text(encoding: u8, bytes: &[u8]) -> Vec<String> {
        let whole = if encoding == 0 {
            bytes.iter().map(|byte| char::from(*byte)).collect()
        } else {
            assert_eq!(encoding, 1, "there is no other in this version");
            let units = bytes.as_chunks::<2>().0.iter().map(|pair| u16::from_le_bytes(*pair));
            let text = String::from_utf16(&units.collect::<Vec<_>>()).unwrap();
            assert!(text.starts_with('\u{feff}'), "little-endian by its mark");
            text.replace('\u{feff}', "")
        };
        let trimmed = whole.strip_suffix('\0').unwrap_or(&whole);
        trimmed.split('\0').map(str::to_owned).collect()
    }

    fn assert_tagged(frames: &BTreeMap<String, String>) {
        let expected = [
            ("TIT2", "hook (São Paulo)"),
            ("USLT", "Lights of Lisbon\nlow and wide 東京\n"),
            ("TBPM", "125"),
            ("TKEY", "C#m"),
            ("COMM", "made by a machine"),
            ("TXXX takesheet key", "abc"),
            ("TXXX model", "music-01"),
        ];
        for (name, value) in expected {
            assert_eq!(
                frames.get(name).map(String::as_str),
                Some(value),
                "{name} in {frames:?}"
            );
        }
    }

    #[test]
    fn an_mp3_gets_its_tags_in_front_and_keeps_its_sound() {
        let song = song(Format::Mp3);
        let tagged = tag(&song, Format::Mp3, &tags()).unwrap();
        assert_tagged(&frames(&tagged));
        assert!(tagged.ends_with(&song), "every byte of the sound is there");
        assert_eq!(probe(&tagged).unwrap(), probe(&song).unwrap());
    }

    #[test]
    fn a_wav_gets_them_behind_and_keeps_its_sound() {
        let song = song(Format::Wav);
        let tagged = tag(&song, Format::Wav, &tags()).unwrap();
        let at = tagged.windows(4).rposition(|four| four == b"ID3 ").unwrap();
        assert_tagged(&frames(&tagged[at + 8..]));
        assert_eq!(tagged[8..song.len()], song[8..], "all but the length of the whole");
        let riff = u32::from_le_bytes(tagged[4..8].try_into().unwrap());
        assert_eq!(riff as usize, tagged.len() - 8);
        assert_eq!(probe(&tagged).unwrap(), probe(&song).unwrap());
        assert!(
            hound::WavReader::new(&tagged[..]).is_ok(),
            "another reader takes it too"
        );
    }

    #[test]
    fn what_a_file_says_already_stays_and_a_second_time_changes_nothing() {
        for format in [Format::Mp3, Format::Wav] {
            let scratch = tag_scratch(&song(format), format, "a scratch render");
            let once = Tags {
                comment: None,
                ..tags()
            };
            let tagged = tag(&scratch, format, &once).unwrap();
            let label: Vec<u8> = match format {
                Format::Wav => b"a scratch render".to_vec(),
                _ => "a scratch render".encode_utf16().flat_map(u16::to_le_bytes).collect(),
            };
            assert!(tagged.windows(label.len()).any(|window| window == label), "{format:?}");
            assert_eq!(tag(&tagged, format, &once).unwrap(), tagged, "{format:?}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_odd(bytes in prop::collection::vec(any::<u8>(), 0..400), frame in 0..5_usize) {
            let song = b"\xff\xfb no frame of it is looked at";
            let name = [&b"TXXX"[..], b"USLT", b"SYLT", b"GEOB", b"APIC"][frame];
            let body = [name, &bytes].concat();
            let [high, low] = [body.len() >> 7, body.len() & 0x7f].map(|part| u8::try_from(part).unwrap());
            let size = [0, 0, high, low];
            let mp3 = [&b"ID3\x03\0\0"[..], &size, &body, &song[..]].concat();
            let wav = [&b"RIFF\0\0\0\0WAVE"[..], &bytes].concat();
            for (file, format) in [(&mp3, Format::Mp3), (&wav, Format::Wav), (&bytes, Format::Mp3)] {
                if let Ok(tagged) = tag(file, format, &tags()) {
                    prop_assert!(tagged.len() > 10);
                }
            }
            if let Ok(tagged) = tag(&mp3, Format::Mp3, &tags()) {
                prop_assert!(tagged.ends_with(song));
            }
        }
    }

    #[test]
    fn what_has_no_safe_place_is_refused() {
        assert_eq!(tag(&[1, 2], Format::Pcm, &tags()), Err(TagError::NoPlace));
        let wav = song(Format::Wav);
        let mut endless = wav.clone();
        endless[40..44].copy_from_slice(&u32::MAX.to_le_bytes());
        let cut = &wav[..wav.len() - 100];
        for broken in [&endless[..], cut, &wav[..20], &wav[..4], b""] {
            let refused = tag(broken, Format::Wav, &tags());
            assert!(matches!(refused, Err(TagError::Unfit(_))), "{refused:?}");
        }
        let lying = b"ID3\x03\0\0\x7f\x7f\x7f\x7f and no sound";
        assert!(matches!(tag(lying, Format::Mp3, &tags()), Err(TagError::Unfit(_))));
    }
}
