//! How `music-01`'s requests look on the wire, and how an answer without audio is read.
//!
//! Knows nothing of addresses, keys or what an answer means.

use crate::{
    backend::{RenderCall, UploadCall},
    base::audio_settings::Format,
};
use reqwest::{
    Body, Response,
    multipart::{Form, Part},
};
use serde::Serialize;
use std::{io, sync::Arc};

/// Bytes of a reference handed to the connection at once.
const PIECE: usize = 64 << 10;
/// Most bytes that are read of an answer without audio.
const TEXT_LIMIT: usize = 1 << 20;

/// The body of a generate call: what is documented, and nothing else.
#[derive(Serialize)]
pub(crate) struct GenerateBody<'a> {
    model: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    lyrics: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refer_voice: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refer_instrumental: Option<&'a str>,
    audio_setting: AudioSetting,
}

#[derive(Serialize)]
struct AudioSetting {
    sample_rate: u32,
    bitrate: u32,
    format: &'static str,
}

impl<'a> GenerateBody<'a> {
    /// What is asked for.
    pub(crate) fn of(call: &'a RenderCall) -> Self {
        Self {
            model: &call.model,
            lyrics: call.lyrics.as_deref(),
            refer_voice: call.voice.as_deref(),
            refer_instrumental: call.instrumental.as_deref(),
            audio_setting: AudioSetting {
                sample_rate: call.audio.sample_rate,
                bitrate: call.audio.bitrate,
                format: call.audio.format.word(),
            },
        }
    }
}

/// The multipart form of an upload. Its length is known, so that it is not sent in chunks, which some servers refuse.
pub(crate) fn form(call: &UploadCall) -> reqwest::Result<Form> {
    let length = call.bytes.len();
    let bytes = Arc::clone(&call.bytes);
    let pieces = (0..length).step_by(PIECE).map(move |start| {
        let end = length.min(start + PIECE);
        Ok::<_, io::Error>(bytes[start..end].to_vec())
    });
    let body = Body::wrap_stream(futures_util::stream::iter(pieces));
    let mime = match call.format {
        Format::Mp3 => "audio/mpeg",
        Format::Wav => "audio/wav",
        Format::Pcm => "application/octet-stream",
    };
    let file = Part::stream_with_length(body, length as u64)
        .file_name(call.file_name.clone())
        .mime_str(mime)?;
    Ok(Form::new().text("purpose", call.purpose.word()).part("file", file))
}

/// Reads an answer without audio as far as it came, and whether that was all of it.
pub(crate) async fn read(mut response: Response) -> (Vec<u8>, reqwest::Result<()>) {
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(piece)) if body.len() + piece.len() <= TEXT_LIMIT => body.extend_from_slice(&piece),
            Ok(_) => return (body, Ok(())),
            Err(error) => return (body, Err(error)),
        }
    }
}
