//! Takes the hex audio out of a JSON answer while it arrives: the audio goes into a [`Sink`], all the rest into a small
//! skeleton of the same JSON in which `data.audio` is the empty string.
//!
//! Knows nothing of HTTP or of what an answer means; whether the JSON is well formed is found out by whoever parses the
//! skeleton. Invariants: memory does not grow with the audio, the result does not depend on how the bytes were cut into
//! pieces, and no input panics.

mod audio;

pub(crate) use audio::Audio;

use crate::base::door::Sink;
use audio::AudioText;
use std::io;

/// Most bytes of an answer: six times the largest documented take (one minute of wav) in hex.
pub(crate) const BODY_LIMIT: u64 = 256 << 20;
/// Most bytes of an answer besides the audio.
pub(crate) const SKELETON_LIMIT: usize = 1 << 20;

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
            piece = if self.place == Place::Audio {
                self.run(piece, sink)?
            } else {
                self.byte(byte, sink)?;
                rest
            };
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

    /// Takes in the audio up to its end or an escape, and gives what stands behind that.
    fn run<'a>(&mut self, piece: &'a [u8], sink: &mut dyn Sink) -> Result<&'a [u8], Stop> {
        let end = memchr::memchr2(b'"', b'\\', piece).unwrap_or(piece.len());
        self.audio.push(&piece[..end], sink)?;
        let Some((&mark, rest)) = piece[end..].split_first() else {
            return Ok(&[]);
        };
        if mark == b'"' {
            self.place = Place::Outside;
            self.keep(mark)?;
        } else {
            self.place = Place::Escape;
            self.escape.clear();
        }
        Ok(rest)
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

#[cfg(test)]
mod tests;
