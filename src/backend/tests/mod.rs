//! The backend against scripted servers: raw sockets on loopback, so that every byte sent is seen and every way an answer
//! can break can be played.

mod logs;
mod preflight;
mod render;
mod server;
mod upload;

use crate::{
    backend::{Outcome, RenderCall, Timeouts, UploadCall, aimlapi::Aimlapi},
    base::{
        audio_settings::{AudioSettings, Format},
        secret::Secret,
    },
    catalog::Purpose,
    event::StepFailure,
};
use std::time::Duration;

const KEY: &str = "canary-key-0123456789";

fn backend(base: &str) -> Aimlapi {
    Aimlapi::new(base, Secret::new(KEY)).unwrap()
}

/// Gives up soon, for servers that never answer.
fn impatient(base: &str) -> Aimlapi {
    let short = Duration::from_millis(300);
    Aimlapi::new(base, Secret::new(KEY)).unwrap().with_timeouts(Timeouts {
        connect: Duration::from_secs(5),
        question: short,
        upload: short,
        render: short,
        download: short,
        look_up: short,
    })
}

fn render_call() -> RenderCall {
    RenderCall {
        model: "music-01".to_owned(),
        lyrics: Some("##Lights of Lisbon\nbright & \"wide\"##".to_owned()),
        voice: Some("vocal-1".to_owned()),
        instrumental: Some("instrumental-1".to_owned()),
        audio: AudioSettings {
            format: Format::Mp3,
            sample_rate: 44_100,
            bitrate: 256_000,
        },
        wishes: None,
        request_id: "ts-1:a.b_c".to_owned(),
    }
}

fn upload_call(purpose: Purpose) -> UploadCall {
    UploadCall {
        purpose,
        file_name: "demo.wav".to_owned(),
        format: Format::Wav,
        bytes: (0..200_000_u32).map(|i| i.to_le_bytes()[0]).collect(),
        request_id: "ts-2".to_owned(),
    }
}

fn refused<T: std::fmt::Debug>(outcome: Outcome<T>) -> StepFailure {
    match outcome {
        Outcome::Refused(failure) => failure,
        other => panic!("not refused: {other:?}"),
    }
}

fn unsure<T: std::fmt::Debug>(outcome: Outcome<T>) -> StepFailure {
    match outcome {
        Outcome::Unsure(failure) => failure,
        other => panic!("not unsure: {other:?}"),
    }
}

fn busy<T: std::fmt::Debug>(outcome: Outcome<T>) -> (Option<Duration>, StepFailure) {
    match outcome {
        Outcome::Busy { after, failure } => (after, failure),
        other => panic!("not busy: {other:?}"),
    }
}
