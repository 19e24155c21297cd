//! What a file is by its first bytes, whatever its name says.

use crate::base::audio_settings::Format;

/// How much of a file without a known signature is looked at to tell text from binary.
const GLANCE: usize = 512;

/// How many zeros may stand before the first frame of an mp3: some encoders pad the front.
const PADDING: usize = 4096;

/// By how many of its first bytes a file is told from others.
pub(super) const TELLING: u64 = (PADDING + GLANCE) as u64;

/// Mp3 or wav by its first bytes, if it is one of them. Raw pcm has no first bytes to know it by.
pub fn sniff(bytes: &[u8]) -> Option<Format> {
    if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WAVE") {
        return Some(Format::Wav);
    }
    let start = bytes.iter().take(PADDING).take_while(|byte| **byte == 0).count();
    let bytes = &bytes[start..];
    (bytes.starts_with(b"ID3") || is_layer_three(bytes)).then_some(Format::Mp3)
}

/// An MPEG audio frame header of layer III: the sync bits, the layer, and neither a reserved version, bitrate nor rate.
fn is_layer_three(bytes: &[u8]) -> bool {
    let [0xff, second, third, ..] = *bytes else {
        return false;
    };
    let (version, layer) = (second >> 3 & 0b11, second >> 1 & 0b11);
    second >= 0xe0 && version != 0b01 && layer == 0b01 && third >> 4 != 0b1111 && third >> 2 & 0b11 != 0b11
}

/// What bytes that are neither wav nor mp3 seem to be, as the end of a sentence.
pub(super) fn describe(bytes: &[u8]) -> String {
    if bytes.is_empty() {
        return "it is empty".to_owned();
    }
    match signature(bytes).or_else(|| text(bytes)) {
        Some(kind) => format!("it looks like {kind}"),
        None => "its first bytes are of no kind that is known here".to_owned(),
    }
}

fn signature(bytes: &[u8]) -> Option<&'static str> {
    const STARTS: [(&[u8], &str); 16] = [
        (b"fLaC", "a FLAC file"),
        (b"OggS", "an Ogg file"),
        (b"FORM", "an AIFF file"),
        (b"caff", "a CAF file"),
        (b"MThd", "a MIDI file"),
        (b"RF64", "an RF64 wave file, the kind made for over 4 GB"),
        (b"RIFF", "a RIFF file that is not a wave"),
        (b"\x1aE\xdf\xa3", "a Matroska or WebM file"),
        (b"PK\x03\x04", "a ZIP archive"),
        (b"\x1f\x8b", "a gzip archive"),
        (b"%PDF", "a PDF document"),
        (b"\x89PNG", "a PNG image"),
        (b"\xff\xd8\xff", "a JPEG image"),
        (b"\xff\xf1", "an AAC file"),
        (b"\xff\xf9", "an AAC file"),
        (b"version https://git-lfs", "a Git LFS pointer: run `git lfs pull`"),
    ];
    if bytes.get(4..8) == Some(b"ftyp") {
        return Some("an MP4 or M4A file");
    }
    STARTS
        .into_iter()
        .find(|(start, _)| bytes.starts_with(start))
        .map(|(_, kind)| kind)
}

/// What kind of text bytes are, if they are text.
pub(super) fn text(bytes: &[u8]) -> Option<&'static str> {
    let glance = &bytes[..bytes.len().min(GLANCE)];
    let glance = match std::str::from_utf8(glance) {
        Ok(text) => text,
        // A glance may cut the last character in two.
        Err(error) if error.error_len().is_none() => std::str::from_utf8(&glance[..error.valid_up_to()]).ok()?,
        Err(_) => return None,
    };
    if glance.chars().any(|c| c.is_control() && !c.is_whitespace()) {
        return None;
    }
    let start = glance.trim_start_matches('\u{feff}').trim_start().to_ascii_lowercase();
    Some(match start.chars().next() {
        Some('<') if start.starts_with("<!doctype html") || start.starts_with("<html") => "an HTML page",
        Some('<') => "an XML or HTML document",
        Some('{' | '[') => "a JSON document",
        _ => "a text file",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn containers_are_known_by_their_first_bytes() {
        assert_eq!(sniff(b"RIFF\0\0\0\0WAVEfmt "), Some(Format::Wav));
        assert_eq!(sniff(b"ID3\x03\0\0"), Some(Format::Mp3));
        assert_eq!(sniff(&[0xff, 0xfb, 0x90, 0x64]), Some(Format::Mp3)); // MPEG-1, 128 kbit/s
        assert_eq!(sniff(&[0, 0, 0xff, 0xf3, 0x40, 0xc4]), Some(Format::Mp3)); // MPEG-2 behind padding
        assert_eq!(sniff(b"RIFF\0\0\0\0AVI LIST"), None);
        assert_eq!(sniff(&[0xff, 0xfd, 0x90, 0x64]), None, "layer II");
        assert_eq!(sniff(&[0xff, 0xf1, 0x50, 0x80]), None, "AAC");
        assert_eq!(sniff(&[0xff, 0xfb]), None);
        assert_eq!(sniff(b""), None);
        assert_eq!(sniff(&[0; 100]), None);
    }

    #[test]
    fn what_is_no_sound_is_named() {
        assert_eq!(describe(b""), "it is empty");
        for (bytes, words) in [
            (&b"\n<!DOCTYPE html><html>"[..], "an HTML page"),
            (b"<?xml version='1.0'?>", "an XML or HTML document"),
            (br#"{"statusCode":404}"#, "a JSON document"),
            (b"la la la\n", "a text file"),
            (b"fLaC\0\0\0\x22", "a FLAC file"),
            (b"\0\0\0\x20ftypM4A ", "an MP4 or M4A file"),
            (b"RIFF\0\0\0\0AVI ", "a RIFF file that is not a wave"),
        ] {
            assert_eq!(describe(bytes), format!("it looks like {words}"));
        }
        let cut = [&[b'a'; 511][..], "é".as_bytes()].concat();
        assert_eq!(
            describe(&cut),
            "it looks like a text file",
            "the glance cuts the é in two"
        );
        assert_eq!(
            describe(&[0x9c, 1, 2, 0xfe]),
            "its first bytes are of no kind that is known here"
        );
    }
}
