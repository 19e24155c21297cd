//! `POST /v2/generate/audio/minimax/upload`: takes a reference in and names it (rows U1 to U8).
//!
//! Knows nothing of generations or money: uploading is free. A file is judged by what decodes, never by its name. Ids
//! follow from the content, so the same upload yields the same ids; what they stand for is forgotten with the sandbox.

use super::{
    answer::{self, Call, Refusal},
    options::{Mode, Options, Verdict},
    pickup::Heard,
    request::{self, enumeration, wrong_type},
    server::{Reference, ReferenceKind, Server},
    track::Ground,
};
use crate::{
    audio::{self, ProbeError},
    base::digest::Digest,
    catalog::Purpose,
};
use axum::{
    Extension,
    body::Bytes,
    extract::{Multipart, State, multipart::MultipartRejection},
    http::StatusCode,
    response::Response,
};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// Tracks that are kept to be sung over: at 11 MB each, about 350 MB.
const MOST_TRACKS: usize = 32;

pub(super) async fn upload(
    State(server): State<Arc<Server>>,
    Extension(call): Extension<Arc<Call>>,
    form: Result<Multipart, MultipartRejection>,
) -> Response {
    match accept(&server, &call, form).await {
        Ok(body) => answer::success(&server.options, &body),
        Err(refusal) => refusal.answer(&call, &server.options),
    }
}

async fn accept(server: &Server, call: &Call, form: Result<Multipart, MultipartRejection>) -> Result<Value, Refusal> {
    if server.options.mode == Mode::Withdrawn {
        return Err(Refusal::http(StatusCode::NOT_FOUND, "Not Found"));
    }
    call.authorize(&server.options)?;
    let form = form.map_err(|_| Refusal::invalid(Vec::new()))?;
    let (purpose, file) = read(form, &server.options).await?;
    let (content, heard) = judge(purpose, file, server.options.rules.bad_file).await?;
    Ok(remember(server, call, content, heard))
}

/// The two fields, or what is wrong with them.
async fn read(mut form: Multipart, options: &Options) -> Result<(Purpose, Bytes), Refusal> {
    let (mut purpose, mut file) = (None, Bytes::new());
    let broken = |_| Refusal::invalid(Vec::new());
    while let Some(field) = form.next_field().await.map_err(broken)? {
        match field.name() {
            Some("purpose") => purpose = Some(field.text().await.map_err(broken)?),
            Some("file") => file = field.bytes().await.map_err(broken)?,
            _ => {}
        }
    }
    if options.max_upload.is_some_and(|limit| file.len() > limit) {
        return Err(Refusal::http(StatusCode::PAYLOAD_TOO_LARGE, "Payload Too Large"));
    }
    let mut issues = Vec::new();
    let known = [Purpose::Song, Purpose::Voice, Purpose::Instrumental];
    let found = purpose
        .as_ref()
        .and_then(|word| known.into_iter().find(|known| known.word() == word));
    if found.is_none() {
        let words = json!(known.map(Purpose::word));
        issues.push(match purpose {
            Some(other) => enumeration(&json!(other), &words, &json!(["purpose"])),
            None => wrong_type("string", None, &json!(["purpose"])),
        });
    }
    if file.is_empty() {
        issues.push(wrong_type("file", None, &json!(["file"])));
    }
    match found {
        Some(purpose) if issues.is_empty() => Ok((purpose, file)),
        _ => Err(Refusal::invalid(issues)),
    }
}

/// What is heard in a file that is a wav or mp3 of a length that is accepted (rows U5 and U6), and its digest.
async fn judge(purpose: Purpose, file: Bytes, verdict: Verdict) -> Result<(Digest, Heard), Refusal> {
    let refused = |message: &str| match verdict {
        Verdict::BaseResp => Refusal::Base(2013),
        Verdict::BadRequest => Refusal::invalid(vec![json!({"code": "custom", "path": ["file"], "message": message})]),
    };
    // Decoding ten minutes takes a while, and must not hold up other requests.
    let listened = tokio::task::spawn_blocking(move || (listen(purpose, &file), Digest::of(&file))).await;
    match listened {
        Ok((Ok(Some(heard)), content)) => Ok((content, heard)),
        Ok((Ok(None), _)) => Err(refused(
            "The audio must be longer than 10 seconds and no more than 10 minutes",
        )),
        Ok((Err(_), _)) => Err(refused("Only WAV and MP3 files are supported")),
        Err(_) => Err(refused("The file cannot be decoded")),
    }
}

/// What is heard in a file; none if it is too short or too long.
fn listen(purpose: Purpose, file: &[u8]) -> Result<Option<Heard>, ProbeError> {
    let sound = audio::probe(file)?.sound;
    let rule = request::model().references;
    if sound.seconds <= rule.longer_than || sound.seconds > rule.at_most {
        return Ok(None);
    }
    let ground = match purpose {
        Purpose::Instrumental => Ground::of(file, &sound),
        Purpose::Song | Purpose::Voice => Ground::None,
    };
    Ok(Some(Heard { purpose, sound, ground }))
}

/// Makes the ids of a purpose, and the answer that names them.
fn remember(server: &Server, call: &Call, content: Digest, mut heard: Heard) -> Value {
    let purpose = heard.purpose;
    let mut answer = Map::new();
    let mut books = server.books();
    let others = books.references.values().filter(|other| other.content != content);
    let kept = others
        .filter(|other| matches!(other.heard.ground, Ground::Track(_)))
        .count();
    if kept >= MOST_TRACKS && matches!(heard.ground, Ground::Track(_)) {
        heard.ground = Ground::Crowded;
    }
    let heard = Arc::new(heard);
    for (field, kind, yields) in [
        ("voice_id", ReferenceKind::Voice, purpose.yields_voice()),
        (
            "instrumental_id",
            ReferenceKind::Instrumental,
            purpose.yields_instrumental(),
        ),
    ] {
        if yields {
            let id = id(kind, purpose, content);
            let heard = Arc::clone(&heard);
            books.references.insert(id.clone(), Reference { content, heard, kind });
            answer.insert(field.to_owned(), id.into());
        }
    }
    books.counts.uploads += 1;
    answer.insert("trace_id".to_owned(), answer::trace_id(call).into());
    answer.insert(
        "base_resp".to_owned(),
        json!({"status_code": 0, "status_msg": "success"}),
    );
    answer.into()
}

/// An id in the documented shape: `vocal-2025082518145625-6XW9wCOF`. The time in it is made up.
fn id(kind: ReferenceKind, purpose: Purpose, content: Digest) -> String {
    const LETTERS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let word = match kind {
        ReferenceKind::Voice => "vocal",
        ReferenceKind::Instrumental => "instrumental",
    };
    let mut rest = Digest::of(format!("{word} {} {content}", purpose.word()).as_bytes()).seed();
    let mut below = |limit: u64| {
        let digit = rest % limit;
        rest /= limit;
        digit
    };
    let tail: String = (0..8)
        .map(|_| char::from(LETTERS[usize::try_from(below(62)).expect("less than 62")]))
        .collect();
    let (month, day, hour, minute) = (below(12) + 1, below(28) + 1, below(24), below(60));
    format!("{word}-2025{month:02}{day:02}{hour:02}{minute:02}0000-{tail}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_the_documented_shape_and_follow_from_content_purpose_and_kind() {
        let content = Digest::of(b"a demo");
        let voice = id(ReferenceKind::Voice, Purpose::Song, content);
        let parts: Vec<_> = voice.split('-').collect();
        assert_eq!(parts[0], "vocal");
        assert!(
            parts[1].len() == 16 && parts[1].bytes().all(|byte| byte.is_ascii_digit()),
            "{voice}"
        );
        assert!(
            parts[2].len() == 8 && parts[2].bytes().all(|byte| byte.is_ascii_alphanumeric()),
            "{voice}"
        );
        assert_eq!(voice, id(ReferenceKind::Voice, Purpose::Song, content));
        assert_ne!(voice, id(ReferenceKind::Voice, Purpose::Voice, content));
        assert_ne!(voice, id(ReferenceKind::Voice, Purpose::Song, Digest::of(b"another")));
        assert!(id(ReferenceKind::Instrumental, Purpose::Song, content).starts_with("instrumental-"));
    }
}
