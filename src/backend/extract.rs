//! Takes the hex audio out of a JSON answer while it arrives: the audio goes into a [`Sink`], all the rest into a small
//! skeleton of the same JSON in which `data.audio` is the empty string.
//!
//! Knows nothing of HTTP or of what an answer means; whether the JSON is well formed is found out by whoever parses the
//! skeleton. Invariants: memory does not grow with the audio, the result does not depend on how the bytes were cut into
//! pieces, and no input panics.

use crate::base::door::Sink;
use std::io;

/// Most bytes of an answer: six times the largest documented take (one minute of wav) in hex.
pub(crate) const BODY_LIMIT: u64 = 256 << 20;
/// Most bytes of an answer besides the audio.
pub(crate) const SKELETON_LIMIT: usize = 1 << 20;
/// Longest link that is taken for one.
const URL_LIMIT: usize = 8 << 10;
/// Audio bytes decoded at once.
const PIECE: usize = 8 << 10;

/// Why the rest of an answer was not read.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The sink did not take the audio.
    Sink(io::Error),
    /// It is larger than any take.
    TooLarge,
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Sink(error)
    }
}

/// What `data.audio` was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Audio {
    /// There was no such string.
    Absent,
    /// An empty string.
    Empty,
    /// Hex, decoded into so many bytes.
    Bytes(u64),
    /// A text that begins like a link.
    Link(String),
    /// Hex with half a byte at its end: it was cut on its way.
    Odd,
    /// Neither hex nor a link.
    NotHex,
    /// The member came twice.
    Twice,
}

/// All of an answer.
#[derive(Debug)]
pub(crate) struct Extracted {
    /// The JSON without its audio, or whatever text the answer was.
    pub(crate) skeleton: Vec<u8>,
    /// The audio.
    pub(crate) audio: Audio,
    /// It began as a JSON object and ended before that was closed.
    pub(crate) cut: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Between strings.
    Outside,
    /// In any string but the audio; `key` if it names a member that matters.
    Text { key: bool, escaped: bool },
    /// In the audio.
    Audio,
    /// Behind a backslash in the audio.
    Escape,
}

/// The lexer.
#[derive(Debug)]
pub(crate) struct Extractor {
    place: Place,
    /// Open objects and arrays.
    depth: u32,
    /// The last of `{ [ } ] : ,` outside strings.
    mark: u8,
    /// Raw text of the last key at the top or in `data`.
    key: Vec<u8>,
    /// The object at depth two is the value of `data`.
    in_data: bool,
    /// The first byte that is not white space.
    first: Option<u8>,
    seen: u64,
    skeleton: Vec<u8>,
    escape: Vec<u8>,
    audio: AudioText,
}

impl Extractor {
    /// At the beginning of an answer.
    pub(crate) fn new() -> Self {
        Self {
            place: Place::Outside,
            depth: 0,
            mark: 0,
            key: Vec::new(),
            in_data: false,
            first: None,
            seen: 0,
            skeleton: Vec::new(),
            escape: Vec::new(),
            audio: AudioText::new(),
        }
    }

    /// Takes in the next bytes.
    pub(crate) fn push(&mut self, mut piece: &[u8], sink: &mut dyn Sink) -> Result<(), Stop> {
        self.seen += piece.len() as u64;
        if self.seen > BODY_LIMIT {
            return Err(Stop::TooLarge);
        }
        while let Some((&byte, rest)) = piece.split_first() {
            if self.place == Place::Audio {
                let run = memchr::memchr2(b'"', b'\\', piece).unwrap_or(piece.len());
                self.audio.push(&piece[..run], sink)?;
                piece = &piece[run..];
                if let Some((&end, rest)) = piece.split_first() {
                    self.leave_run(end)?;
                    piece = rest;
                }
            } else {
                self.byte(byte, sink)?;
                piece = rest;
            }
        }
        Ok(())
    }

    /// What it all was.
    pub(crate) fn finish(self) -> Extracted {
        let open = self.depth > 0 || self.place != Place::Outside;
        Extracted {
            cut: self.first == Some(b'{') && open,
            audio: self.audio.finish(),
            skeleton: self.skeleton,
        }
    }

    fn leave_run(&mut self, end: u8) -> Result<(), Stop> {
        if end == b'"' {
            self.place = Place::Outside;
            self.keep(end)
        } else {
            self.place = Place::Escape;
            self.escape.clear();
            Ok(())
        }
    }

    fn byte(&mut self, byte: u8, sink: &mut dyn Sink) -> Result<(), Stop> {
        match self.place {
            Place::Outside => self.outside(byte),
            Place::Text { key, escaped } => self.text(byte, key, escaped),
            Place::Escape | Place::Audio => return self.escaped(byte, sink),
        }
        self.keep(byte)
    }

    fn keep(&mut self, byte: u8) -> Result<(), Stop> {
        if self.skeleton.len() >= SKELETON_LIMIT {
            return Err(Stop::TooLarge);
        }
        self.skeleton.push(byte);
        Ok(())
    }

    fn outside(&mut self, byte: u8) {
        if !byte.is_ascii_whitespace() {
            self.first.get_or_insert(byte);
        }
        match byte {
            b'"' => self.begin_string(),
            b'{' | b'[' => {
                self.depth += 1;
                if self.depth == 2 {
                    self.in_data = byte == b'{' && self.mark == b':' && self.key_is("data");
                }
                self.mark = byte;
            }
            b'}' | b']' => {
                self.depth = self.depth.saturating_sub(1);
                self.in_data &= self.depth >= 2;
                self.mark = byte;
            }
            b':' | b',' => self.mark = byte,
            _ => {}
        }
    }

    fn begin_string(&mut self) {
        let watched = self.depth == 1 || (self.depth == 2 && self.in_data);
        let key = watched && matches!(self.mark, b'{' | b',');
        if self.depth == 2 && self.in_data && self.mark == b':' && self.key_is("audio") {
            self.audio.begin();
            self.place = Place::Audio;
            return;
        }
        if key {
            self.key.clear();
        }
        self.place = Place::Text { key, escaped: false };
    }

    fn text(&mut self, byte: u8, key: bool, escaped: bool) {
        if byte == b'"' && !escaped {
            self.place = Place::Outside;
            return;
        }
        // `\u0064\u0061\u0074\u0061` is the longest way to write `data`, and `audio` takes six bytes more.
        if key && self.key.len() <= 30 {
            self.key.push(byte);
        }
        let escaped = byte == b'\\' && !escaped;
        self.place = Place::Text { key, escaped };
    }

    fn key_is(&self, name: &str) -> bool {
        if !self.key.contains(&b'\\') {
            return self.key == name.as_bytes();
        }
        let quoted = [b"\"", self.key.as_slice(), b"\""].concat();
        serde_json::from_slice::<String>(&quoted).is_ok_and(|key| key == name)
    }

    /// A byte behind a backslash in the audio. Hex needs no escapes, but links come with `\/` and `\u0026`.
    fn escaped(&mut self, byte: u8, sink: &mut dyn Sink) -> Result<(), Stop> {
        self.escape.push(byte);
        if self.escape[0] == b'u' && self.escape.len() < 5 {
            return Ok(());
        }
        self.place = Place::Audio;
        let quoted = [b"\"\\", self.escape.as_slice(), b"\""].concat();
        // Half of a surrogate pair or a wrong escape becomes a character that is neither hex nor part of a link.
        let text = serde_json::from_slice::<String>(&quoted).unwrap_or_else(|_| "\u{fffd}".to_owned());
        Ok(self.audio.push(text.as_bytes(), sink)?)
    }
}

/// The decoder of `data.audio`.
#[derive(Debug)]
struct AudioText {
    state: Audio,
    /// The first digit of a byte whose second has not arrived.
    carry: Option<u8>,
    link: Vec<u8>,
    buffer: Box<[u8]>,
}

impl AudioText {
    fn new() -> Self {
        Self {
            state: Audio::Absent,
            carry: None,
            link: Vec::new(),
            buffer: vec![0; PIECE].into(),
        }
    }

    fn begin(&mut self) {
        self.state = match self.state {
            Audio::Absent => Audio::Empty,
            _ => Audio::Twice,
        };
    }

    fn push(&mut self, text: &[u8], sink: &mut dyn Sink) -> io::Result<()> {
        let Some(first) = text.first() else { return Ok(()) };
        if self.state == Audio::Empty {
            self.state = match first {
                b'h' | b'H' => Audio::Link(String::new()),
                _ => Audio::Bytes(0),
            };
        }
        match self.state {
            Audio::Bytes(_) => self.hex(text, sink),
            Audio::Link(_) => {
                self.link(text);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn link(&mut self, text: &[u8]) {
        self.link.extend_from_slice(&text[..text.len().min(URL_LIMIT + 1)]);
        if self.link.len() > URL_LIMIT {
            self.link = Vec::new();
            self.state = Audio::NotHex;
        }
    }

    fn hex(&mut self, mut text: &[u8], sink: &mut dyn Sink) -> io::Result<()> {
        if let (Some(high), Some((&low, rest))) = (self.carry, text.split_first()) {
            self.carry = None;
            self.decode(&[high, low], sink)?;
            text = rest;
        }
        for piece in text.chunks(2 * PIECE) {
            let (pairs, odd) = piece.split_at(piece.len() & !1);
            self.decode(pairs, sink)?;
            self.carry = odd.first().copied();
        }
        Ok(())
    }

    /// Decodes whole bytes; nothing more is written once a digit was wrong.
    fn decode(&mut self, pairs: &[u8], sink: &mut dyn Sink) -> io::Result<()> {
        let Audio::Bytes(count) = &mut self.state else {
            return Ok(());
        };
        let bytes = &mut self.buffer[..pairs.len() / 2];
        if bytes.is_empty() {
            return Ok(());
        }
        // The decoder would skip a leading `0x`, which no answer has any business to hold.
        if pairs[1] == b'x' || const_hex::decode_to_slice(pairs, bytes).is_err() {
            self.state = Audio::NotHex;
            return Ok(());
        }
        *count += bytes.len() as u64;
        sink.write(bytes)
    }

    fn finish(self) -> Audio {
        match (self.state, self.carry) {
            (Audio::Bytes(_), Some(digit)) if !digit.is_ascii_hexdigit() => Audio::NotHex,
            (Audio::Bytes(_), Some(_)) => Audio::Odd,
            (Audio::Link(_), _) => String::from_utf8(self.link).map_or(Audio::NotHex, Audio::Link),
            (state, _) => state,
        }
    }
}

#[cfg(test)]
mod tests;
