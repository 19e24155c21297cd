//! The decoder of the string `data.audio`: hex into bytes, or a link.
//!
//! Knows nothing of JSON. Bytes may have gone into the sink before a digit turns out to be wrong: they count only if all
//! of the string was hex.

use crate::base::door::Sink;
use std::io;

/// Longest link that is taken for one.
pub(super) const URL_LIMIT: usize = 8 << 10;
/// Audio bytes decoded at once.
const PIECE: usize = 8 << 10;

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

/// The decoder of `data.audio`.
#[derive(Debug)]
pub(super) struct AudioText {
    state: Audio,
    /// The first digit of a byte whose second has not arrived.
    carry: Option<u8>,
    link: Vec<u8>,
    buffer: Box<[u8]>,
}

impl AudioText {
    /// Before any text.
    pub(super) fn new() -> Self {
        Self {
            state: Audio::Absent,
            carry: None,
            link: Vec::new(),
            buffer: vec![0; PIECE].into(),
        }
    }

    /// The string begins.
    pub(super) fn begin(&mut self) {
        self.state = match self.state {
            Audio::Absent => Audio::Empty,
            _ => Audio::Twice,
        };
    }

    /// The next part of the string, without escapes.
    pub(super) fn push(&mut self, text: &[u8], sink: &mut dyn Sink) -> io::Result<()> {
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

    /// What it all was.
    pub(super) fn finish(self) -> Audio {
        match (self.state, self.carry) {
            (Audio::Bytes(_), Some(digit)) if !digit.is_ascii_hexdigit() => Audio::NotHex,
            (Audio::Bytes(_), Some(_)) => Audio::Odd,
            (Audio::Link(_), _) => String::from_utf8(self.link).map_or(Audio::NotHex, Audio::Link),
            (state, _) => state,
        }
    }
}
