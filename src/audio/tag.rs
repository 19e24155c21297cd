//! A sentence inside the file itself, so that a scratch render is never taken for a paid one.

use crate::base::audio_settings::Format;

/// Marks an encoded file with a comment that players show: an ID3v2.3 `COMM` frame in front of an mp3, a `LIST`/`INFO`
/// chunk with `ICMT` at the end of a wav. Raw pcm has no place for it and stays as it is, as does a wav without a header.
///
/// For scratch renders only: what was paid for is kept byte for byte as it came.
pub fn tag_scratch(bytes: &[u8], format: Format, comment: &str) -> Vec<u8> {
    match format {
        Format::Mp3 => [id3(comment).as_slice(), bytes].concat(),
        Format::Wav => wav(bytes, comment),
        Format::Pcm => bytes.to_vec(),
    }
}

fn id3(comment: &str) -> Vec<u8> {
    // Encoding 1 (UTF-16 with byte order mark), language, empty short description, the text.
    let mut body = vec![1];
    body.extend(b"eng\xff\xfe\0\0\xff\xfe");
    body.extend(comment.encode_utf16().flat_map(u16::to_le_bytes));
    let mut frame = b"COMM".to_vec();
    frame.extend(length(&body).to_be_bytes());
    frame.extend([0, 0]);
    frame.extend(body);
    let mut tag = b"ID3\x03\0\0".to_vec();
    let size = length(&frame);
    tag.extend([21, 14, 7, 0].map(|shift| (size >> shift & 0x7f) as u8)); // seven bits a byte
    tag.extend(frame);
    tag
}

fn wav(bytes: &[u8], comment: &str) -> Vec<u8> {
    if !bytes.starts_with(b"RIFF") || bytes.len() < 12 {
        return bytes.to_vec();
    }
    let mut text = comment.as_bytes().to_vec();
    text.push(0);
    text.resize(text.len().next_multiple_of(2), 0);
    let mut list = b"INFOICMT".to_vec();
    list.extend(length(&text).to_le_bytes());
    list.extend(text);
    let mut tagged = bytes.to_vec();
    tagged.resize(bytes.len().next_multiple_of(2), 0);
    tagged.extend(b"LIST");
    tagged.extend(length(&list).to_le_bytes());
    tagged.extend(list);
    let riff = length(&tagged) - 8;
    tagged[4..8].copy_from_slice(&riff.to_le_bytes());
    tagged
}

fn length(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX)
}
