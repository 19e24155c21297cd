use super::{
    KEY, backend, busy, impatient, refused,
    server::{Server, Step, answer, json},
    upload_call,
};
use crate::{
    backend::{Backend, Outcome, UploadIds},
    base::audio_settings::Format,
    catalog::Purpose,
    event::{Billed, FailureClass},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

const BOTH: &str = r#"{"voice_id":"vocal-2025082518145625-6XW9wCOF","instrumental_id":"instrumental-2025082518145625-vCCEiiES","trace_id":"04fb6a8721abeee5b66edd452b4d0f33","base_resp":{"status_code":0,"status_msg":"success"}}"#;

#[tokio::test]
async fn the_request_is_the_documented_form() {
    let server = Server::answering(json("201 Created", BOTH)).await;
    let call = upload_call(Purpose::Song);
    let ids = UploadIds {
        voice: Some("vocal-2025082518145625-6XW9wCOF".to_owned()),
        instrumental: Some("instrumental-2025082518145625-vCCEiiES".to_owned()),
    };
    assert_eq!(backend(&server.base).upload(call.clone()).await, Outcome::Done(ids));

    let seen = server.only();
    assert_eq!(seen.line, "POST /v2/generate/audio/minimax/upload HTTP/1.1");
    assert_eq!(seen.header("authorization"), [format!("Bearer {KEY}")]);
    assert_eq!(seen.header("x-client-request-id"), ["ts-2"]);
    assert_eq!(
        seen.header("user-agent"),
        [concat!("takesheet/", env!("CARGO_PKG_VERSION"))]
    );
    assert_eq!(seen.header("content-length").len(), 1);
    assert!(seen.header("transfer-encoding").is_empty() && seen.header("accept-encoding").is_empty());
    let kinds = seen.header("content-type");
    let [kind] = kinds.as_slice() else { panic!("{kinds:?}") };
    let boundary = kind.strip_prefix("multipart/form-data; boundary=").unwrap();

    let mut expected = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nsong\r\n--{boundary}\r\n\
         Content-Disposition: form-data; name=\"file\"; filename=\"demo.wav\"\r\nContent-Type: audio/wav\r\n\r\n"
    )
    .into_bytes();
    expected.extend_from_slice(&call.bytes);
    expected.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    assert!(seen.body == expected, "{}", String::from_utf8_lossy(&seen.body[..300]));
}

#[tokio::test]
async fn an_mp3_says_so() {
    let server = Server::answering(json("200 OK", BOTH)).await;
    let mut call = upload_call(Purpose::Voice);
    call.format = Format::Mp3;
    assert!(matches!(backend(&server.base).upload(call).await, Outcome::Done(_)));
    let body = String::from_utf8_lossy(&server.only().body).into_owned();
    assert!(body.contains("Content-Type: audio/mpeg\r\n") && body.contains("\r\n\r\nvoice\r\n"));
}

#[tokio::test]
async fn the_ids_a_purpose_yields_must_be_there() {
    let voice = r#"{"voice_id":"v","surprise":[1]}"#;
    let bed = r#"{"instrumental_id":"i","base_resp":{"status_code":"0"}}"#;
    for (purpose, body, lacks) in [
        (Purpose::Voice, voice, None),
        (Purpose::Instrumental, bed, None),
        (Purpose::Song, voice, Some("instrumental_id")),
        (Purpose::Song, bed, Some("voice_id")),
        (Purpose::Voice, bed, Some("voice_id")),
        (
            Purpose::Instrumental,
            r#"{"instrumental_id":""}"#,
            Some("instrumental_id"),
        ),
        (
            Purpose::Instrumental,
            r#"{"instrumental_id":null}"#,
            Some("instrumental_id"),
        ),
        (Purpose::Voice, "[]", Some("voice_id")),
        (Purpose::Voice, "<html><title>Welcome</title>", Some("Welcome")),
    ] {
        let server = Server::answering(json("200 OK", body)).await;
        let outcome = backend(&server.base).upload(upload_call(purpose)).await;
        let Some(lacks) = lacks else {
            assert!(matches!(outcome, Outcome::Done(_)), "{body}: {outcome:?}");
            continue;
        };
        let failure = refused(outcome);
        assert_eq!((failure.class, failure.billed), (FailureClass::BadAnswer, Billed::No));
        assert!(failure.message.contains(lacks), "{}", failure.message);
    }
}

#[tokio::test]
async fn what_fails_in_doubt_may_be_asked_again_because_it_is_free() {
    let cut = b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{\"voice_id\":".to_vec();
    let html = answer("502 Bad Gateway", "Content-Type: text/html\r\n", "<h1>Bad Gateway</h1>");
    let slow = json("200 OK", r#"{"base_resp":{"status_code":1001,"status_msg":"timeout"}}"#);
    for step in [
        Step::Send(cut),
        Step::Send(html),
        Step::Send(slow),
        Step::Stall(Vec::new()),
        Step::Close,
    ] {
        let server = Server::start(vec![step.clone()]).await;
        let (_, failure) = busy(impatient(&server.base).upload(upload_call(Purpose::Song)).await);
        assert_eq!(failure.billed, Billed::No, "{step:?}");
        assert_eq!(failure.help, None, "{step:?}");
    }
}

#[tokio::test]
async fn what_is_refused_is_not_asked_again() {
    for (status, body, class) in [
        (
            "401 Unauthorized",
            r#"{"message":"This request requires a valid API key."}"#,
            FailureClass::Auth,
        ),
        ("413 Payload Too Large", "too large", FailureClass::Invalid),
        ("404 Not Found", r#"{"message":"Cannot POST"}"#, FailureClass::Withdrawn),
        (
            "200 OK",
            r#"{"base_resp":{"status_code":2013,"status_msg":"invalid params"}}"#,
            FailureClass::Invalid,
        ),
        (
            "200 OK",
            r#"{"voice_id":"v","instrumental_id":"i","base_resp":{"status_code":2037,"status_msg":"voice duration too short"}}"#,
            FailureClass::Invalid,
        ),
    ] {
        let server = Server::answering(json(status, body)).await;
        let failure = refused(backend(&server.base).upload(upload_call(Purpose::Song)).await);
        assert_eq!((failure.class, failure.billed), (class, Billed::No), "{body}");
        assert_eq!(server.seen().len(), 1);
    }
}

#[tokio::test]
async fn a_refusal_before_the_file_is_read_is_heard() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut piece = [0; 4096];
        let _ = stream.read(&mut piece).await.unwrap();
        let refusal = json("401 Unauthorized", r#"{"message":"no key"}"#);
        stream.write_all(&refusal).await.unwrap();
        stream.shutdown().await.unwrap();
        while stream.read(&mut piece).await.is_ok_and(|count| count > 0) {}
    });
    let mut call = upload_call(Purpose::Song);
    call.bytes = vec![7; 8_000_000].into();
    assert_eq!(refused(backend(&base).upload(call).await).class, FailureClass::Auth);
}
