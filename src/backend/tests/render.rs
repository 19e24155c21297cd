use super::{
    KEY, backend, busy, impatient, refused, render_call,
    server::{Server, Step, answer, json},
    unsure,
};
use crate::{
    backend::{
        Backend, Link, Outcome, RenderAnswer, RenderCall, Rendered,
        aimlapi::{Aimlapi, SettingsError},
    },
    base::{door::Sink, money::Usd, secret::Secret},
    event::{Billed, FailureClass, StepFailure},
};
use std::io;
use tokio::net::TcpListener;

const TAKE: &str = r#"{"data":{"status":2,"audio":"494433040000"},"extra_info":{"audio_length":1,"audio_size":1},"trace_id":"tr-1","base_resp":{"status_code":0,"status_msg":"success"}}"#;
const AUDIO: [u8; 6] = [0x49, 0x44, 0x33, 4, 0, 0];

/// Renders; audio that waits behind a link is fetched, once.
async fn render(backend: &Aimlapi) -> (Outcome<RenderAnswer>, Vec<u8>) {
    let mut sink = b"left from before".to_vec();
    let outcome = match backend.render(render_call(), &mut sink).await {
        Outcome::Done(Rendered::Audio(answer)) => Outcome::Done(answer),
        Outcome::Done(Rendered::Link { link, charged, traces }) => match backend.fetch(&link, &mut sink).await {
            Outcome::Done(bytes) => Outcome::Done(RenderAnswer { bytes, charged, traces }),
            Outcome::Refused(failure) => Outcome::Refused(failure),
            Outcome::Busy { after, failure } => Outcome::Busy { after, failure },
            Outcome::Unsure(failure) => Outcome::Unsure(failure),
        },
        Outcome::Refused(failure) => Outcome::Refused(failure),
        Outcome::Busy { after, failure } => Outcome::Busy { after, failure },
        Outcome::Unsure(failure) => Outcome::Unsure(failure),
    };
    (outcome, sink)
}

/// The outcome of one answer.
async fn of(answer: Vec<u8>) -> Outcome<RenderAnswer> {
    let server = Server::answering(answer).await;
    let outcome = render(&backend(&server.base)).await.0;
    assert_eq!(server.seen().len(), 1, "a render is sent once: {outcome:?}");
    outcome
}

fn link(url: &str) -> Vec<u8> {
    json("200 OK", &TAKE.replace("494433040000", url))
}

#[tokio::test]
async fn the_request_is_the_documented_json() {
    let server = Server::answering(json("200 OK", TAKE)).await;
    let outcome = render(&backend(&format!("{}/v1/", server.base))).await;
    let done = RenderAnswer {
        bytes: 6,
        charged: None,
        traces: vec![("trace_id".to_owned(), "tr-1".to_owned())],
    };
    assert_eq!(outcome, (Outcome::Done(done), AUDIO.to_vec()));

    let seen = server.only();
    assert_eq!(seen.line, "POST /v2/generate/audio/minimax/generate HTTP/1.1");
    assert_eq!(seen.header("authorization"), [format!("Bearer {KEY}")]);
    assert_eq!(seen.header("x-client-request-id"), ["ts-1:a.b_c"]);
    assert_eq!(seen.header("content-type"), ["application/json"]);
    assert!(seen.header("accept-encoding").is_empty());
    assert_eq!(
        String::from_utf8(seen.body).unwrap(),
        r###"{"model":"music-01","lyrics":"##Lights of Lisbon\nbright & \"wide\"##","refer_voice":"vocal-1","refer_instrumental":"instrumental-1","audio_setting":{"sample_rate":44100,"bitrate":256000,"format":"mp3"}}"###
    );
}

#[tokio::test]
async fn wishes_go_to_our_own_sandbox_and_to_nobody_else() {
    let said = "reference: 124.9 bpm, C minor -> scratch: 96.0 bpm, C minor";
    let headers = format!("x-takesheet-scratch: {said}\r\n");
    for (is_sandbox, sent) in [(true, vec!["bpm=96; key=D minor"]), (false, Vec::new())] {
        let server = Server::answering(answer("200 OK", &headers, TAKE)).await;
        let backend = if is_sandbox {
            backend(&server.base).of_sandbox()
        } else {
            backend(&server.base)
        };
        let call = RenderCall {
            wishes: Some("bpm=96; key=D minor".parse().unwrap()),
            ..render_call()
        };
        let Outcome::Done(Rendered::Audio(done)) = backend.render(call, &mut Vec::new()).await else {
            panic!("no take");
        };
        let seen = server.only();
        assert_eq!(seen.header("x-takesheet-sandbox"), sent);
        let ours = seen
            .headers
            .iter()
            .filter(|(name, _)| name.contains("takesheet"))
            .count();
        assert_eq!(ours, sent.len(), "nothing of ours but the wishes");
        let picked_up = done.traces.iter().find(|(name, _)| name == "x-takesheet-scratch");
        assert_eq!(picked_up.map(|(_, text)| text.as_str()), is_sandbox.then_some(said));
    }
}

#[tokio::test]
async fn what_is_absent_is_left_out() {
    let server = Server::answering(json("200 OK", TAKE)).await;
    let call = RenderCall {
        voice: None,
        lyrics: None,
        ..render_call()
    };
    let outcome = backend(&server.base).render(call, &mut Vec::new()).await;
    assert!(matches!(outcome, Outcome::Done(_)));
    assert_eq!(
        String::from_utf8(server.only().body).unwrap(),
        r#"{"model":"music-01","refer_instrumental":"instrumental-1","audio_setting":{"sample_rate":44100,"bitrate":256000,"format":"mp3"}}"#
    );
}

#[tokio::test]
async fn every_good_answer_is_a_take() {
    let reordered = r#"{"base_resp":{"status_code":"0"},"data":{"audio":"494433040000","status":"2"}}"#;
    let least = r#"{"data":{"audio":"494433040000"}}"#;
    let halves = TAKE.split_at(40);
    let chunked = format!(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{}\r\n{:x}\r\n{}\r\n0\r\n\r\n",
        halves.0.len(),
        halves.0,
        halves.1.len(),
        halves.1
    );
    for answer in [
        json("201 Created", TAKE),
        json("200 OK", reordered),
        json("200 OK", least),
        answer("200 OK", "Content-Type: text/html\r\n", TAKE),
        answer("200 OK", "", TAKE),
        chunked.into_bytes(),
        format!("HTTP/1.1 200 OK\r\n\r\n{TAKE}").into_bytes(),
    ] {
        let server = Server::answering(answer).await;
        let (outcome, sink) = render(&backend(&server.base)).await;
        assert!(
            matches!(&outcome, Outcome::Done(done) if done.bytes == 6),
            "{outcome:?}"
        );
        assert_eq!(sink, AUDIO);
    }
}

#[tokio::test]
async fn the_charge_and_the_names_of_the_call_are_kept() {
    let headers = "x-aimlapi-usd-spent: 0.031500000\r\nx-inference-id: inf-1\r\nX-Request-Id: req-1\r\n";
    let Outcome::Done(done) = of(answer("200 OK", headers, TAKE)).await else {
        panic!("not done")
    };
    assert_eq!(done.charged, Usd::parse("0.0315"));
    let names: Vec<_> = done.traces.iter().map(|(name, id)| format!("{name}={id}")).collect();
    assert_eq!(names, ["x-inference-id=inf-1", "x-request-id=req-1", "trace_id=tr-1"]);
}

#[tokio::test]
async fn what_is_no_take_is_refused_and_may_have_been_paid() {
    let with = |from: &str, to: &str| TAKE.replace(from, to);
    for (body, says) in [
        (with("494433040000", ""), "empty"),
        (with("494433040000", "49443"), "half a byte"),
        (with("494433040000", "text"), "neither hex nor a link"),
        (with("494433040000", "hello"), "neither hex nor a link"),
        (with("494433040000", "http:///"), "neither hex nor a link"),
        (with("494433040000", "httpx://host/a"), "neither hex nor a link"),
        (with(r#""audio":"494433040000""#, r#""audio":null"#), "no audio"),
        (with(r#""status":2"#, r#""status":1"#), "status 1"),
        (
            with(r#""status":2,"audio":"494433040000""#, r#""status":1,"audio":"""#),
            "status 1",
        ),
        ("{}".to_owned(), "no audio"),
        ("[]".to_owned(), "no audio"),
        (r#"{"message":"queued"}"#.to_owned(), "queued"),
        (String::new(), "the answer is empty"),
        ("<html><title>Sign in</title></html>".to_owned(), "Sign in"),
        (format!("{TAKE}{TAKE}"), "not JSON"),
        (with("tr-1", &"x".repeat(2 << 20)), "larger than any take"),
    ] {
        let failure = refused(of(json("200 OK", &body)).await);
        assert_eq!(
            (failure.class, failure.billed, failure.status),
            (FailureClass::BadAnswer, Billed::Unknown, Some(200)),
            "{says}"
        );
        assert!(failure.message.contains(says), "{}", failure.message);
    }
    let spent = answer("200 OK", "x-aimlapi-credits-used: 63000\r\n", "{}");
    assert_eq!(refused(of(spent).await).billed, Billed::Yes);
}

#[tokio::test]
async fn an_error_inside_a_200_is_an_error() {
    // The schema's own example: every value of it is a placeholder.
    let example =
        r#"{"data":{"status":1,"audio":"text"},"trace_id":"text","base_resp":{"status_code":1,"status_msg":"text"}}"#;
    let failure = refused(of(json("200 OK", example)).await);
    assert_eq!((failure.class, failure.billed), (FailureClass::Server, Billed::Unknown));
    assert_eq!(failure.trace.as_deref(), Some("trace_id text"));

    let rate = r#"{"base_resp":{"status_code":1002,"status_msg":"rate limit"}}"#;
    let (after, failure) = busy(of(answer("200 OK", "Retry-After: 3\r\n", rate)).await);
    assert_eq!(after.map(|after| after.as_secs()), Some(3));
    assert_eq!(
        failure.message,
        "the backend asks to slow down (HTTP 200, code 1002): rate limit"
    );
}

#[tokio::test]
async fn an_answer_that_is_lost_leaves_doubt() {
    let promised =
        |sent: &str| format!("HTTP/1.1 200 OK\r\nx-inference-id: inf-1\r\nContent-Length: 9999\r\n\r\n{sent}");
    let (head, start) = (promised(""), promised(&TAKE[..30]));
    let chunk = format!(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n{}\r\n",
        &TAKE[..16]
    );
    let ends = format!("HTTP/1.1 200 OK\r\n\r\n{}", &TAKE[..40]);
    for step in [
        Step::Send(Vec::new()),
        Step::Send(b"HTTP/1.1 20".to_vec()),
        Step::Send(b"not http at all\r\n\r\n".to_vec()),
        Step::Send(head.clone().into_bytes()),
        Step::Send(start.clone().into_bytes()),
        Step::Send(chunk.into_bytes()),
        Step::Send(ends.into_bytes()),
        Step::Stall(Vec::new()),
        Step::Stall(head.into_bytes()),
        Step::Stall(start.into_bytes()),
        Step::Close,
    ] {
        let server = Server::start(vec![step.clone(), step.clone()]).await;
        let failure = unsure(render(&impatient(&server.base)).await.0);
        assert_eq!(
            (failure.class, failure.billed),
            (FailureClass::Ambiguous, Billed::Unknown),
            "{step:?}"
        );
        assert!(failure.help.unwrap().contains("ts-1:a.b_c"));
        assert!(server.seen().len() <= 1, "a render is never sent twice");
    }
}

#[tokio::test]
async fn nothing_was_sent_where_nobody_listens() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let (after, failure) = busy(render(&backend(&base)).await.0);
    assert_eq!(
        (after, failure.class, failure.billed),
        (None, FailureClass::Unreachable, Billed::No)
    );
    // Hangs up in the TLS handshake, which comes before the request.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            drop(stream);
        }
    });
    let (_, failure) = busy(render(&backend(&format!("https://127.0.0.1:{port}"))).await.0);
    assert_eq!(failure.class, FailureClass::Unreachable);
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_the_key_stays() {
    let other = Server::answering(json("200 OK", TAKE)).await;
    for status in [
        "301 Moved",
        "302 Found",
        "307 Temporary Redirect",
        "308 Permanent Redirect",
    ] {
        let headers = format!("Location: {}/elsewhere?token=S3CRET\r\n", other.base);
        let failure = refused(of(answer(status, &headers, "")).await);
        assert_eq!((failure.class, failure.billed), (FailureClass::BadAnswer, Billed::No));
        assert!(failure.message.contains(&other.base) && !failure.message.contains("S3CRET"));
    }
    assert!(other.seen().is_empty());
}

#[tokio::test]
async fn a_link_is_fetched_without_the_key() {
    let cdn = Server::start(vec![
        Step::Send(answer("302 Found", "Location: /b%2Fc.mp3?Signature=S3CRET\r\n", "")),
        Step::Send(answer("200 OK", "Content-Type: audio/mpeg\r\n", AUDIO)),
    ])
    .await;
    let url = format!(r"{}\/a.mp3?x=1\u0026Signature=S3CRET", cdn.base);
    let api = Server::answering(link(&url)).await;
    let (outcome, sink) = render(&backend(&api.base)).await;
    assert!(
        matches!(&outcome, Outcome::Done(done) if done.bytes == 6),
        "{outcome:?}"
    );
    assert_eq!(sink, AUDIO);
    let lines: Vec<_> = cdn.seen().into_iter().map(|seen| seen.line).collect();
    assert_eq!(
        lines,
        [
            "GET /a.mp3?x=1&Signature=S3CRET HTTP/1.1",
            "GET /b%2Fc.mp3?Signature=S3CRET HTTP/1.1"
        ]
    );
    assert!(cdn.seen().iter().all(|seen| seen.header("authorization").is_empty()));
    assert_eq!(api.seen().len(), 1);
}

#[tokio::test]
async fn a_download_that_breaks_starts_anew() {
    let cdn = Server::start(vec![
        Step::Send(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nID".to_vec()),
        Step::Send(answer("503 Busy", "", "")),
        Step::Send(answer("200 OK", "", AUDIO)),
    ])
    .await;
    let (link, mut sink) = (
        Link::new(&format!("{}/a?Signature=S3CRET", cdn.base)).unwrap(),
        Vec::new(),
    );
    let backend = backend("http://127.0.0.1:1");
    for _ in 0..2 {
        let (_, failure) = busy(backend.fetch(&link, &mut sink).await);
        assert_eq!(
            (failure.class, failure.billed),
            (FailureClass::Unreachable, Billed::Yes)
        );
        assert_no_secret(&failure);
    }
    let outcome = backend.fetch(&link, &mut sink).await;
    assert_eq!((outcome, sink), (Outcome::Done(6), AUDIO.to_vec()));
}

#[tokio::test]
async fn a_link_that_cannot_be_fetched_was_paid_and_is_not_shown_in_full() {
    let gone = answer("403 Forbidden", "", "expired");
    let page = answer("200 OK", "Content-Type: text/html\r\n", "<h1>hello</h1>");
    let aside = answer("302 Found", "Location: file:///etc/passwd\r\n", "");
    let circle = answer("302 Found", "Location: /again\r\n", "");
    for step in [gone, page, aside, circle] {
        let cdn = Server::start(vec![Step::Send(step); 32]).await;
        let failure = refused(of(link(&format!("{}/a.mp3?Signature=S3CRET", cdn.base))).await);
        assert_eq!((failure.class, failure.billed), (FailureClass::Lost, Billed::Yes));
        assert!(failure.message.contains("/a.mp3"), "{}", failure.message);
        assert_no_secret(&failure);
    }
}

fn assert_no_secret(failure: &StepFailure) {
    let text = serde_json::to_string(failure).unwrap();
    assert!(!text.contains("S3CRET") && !text.contains(KEY), "{text}");
}

#[tokio::test]
async fn no_failure_holds_the_key() {
    let echo = format!(r#"{{"message":"bad key {KEY}","requestId":"{KEY}"}}"#);
    for status in ["400 Bad Request", "401 Unauthorized", "500 Oops", "200 OK"] {
        let headers = format!("x-inference-id: {KEY}\r\nLocation: /{KEY}\r\n");
        match of(answer(status, &headers, &echo)).await {
            Outcome::Refused(failure) | Outcome::Unsure(failure) => assert_no_secret(&failure),
            other => panic!("{other:?}"),
        }
    }
    assert!(!format!("{:?}", backend("http://127.0.0.1:1")).contains(KEY));
}

/// Takes no byte, and restarts or does not.
struct Broken {
    restarts: bool,
}

impl Sink for Broken {
    fn write(&mut self, _: &[u8]) -> io::Result<()> {
        Err(io::ErrorKind::StorageFull.into())
    }

    fn restart(&mut self) -> io::Result<()> {
        let full = io::ErrorKind::StorageFull.into();
        if self.restarts { Ok(()) } else { Err(full) }
    }
}

#[tokio::test]
async fn a_sink_that_fails_before_sending_sends_nothing() {
    let server = Server::answering(json("200 OK", TAKE)).await;
    let backend = backend(&server.base);
    let failure = refused(backend.render(render_call(), &mut Broken { restarts: false }).await);
    assert_eq!((failure.class, failure.billed), (FailureClass::Machine, Billed::No));
    assert!(server.seen().is_empty());
    let failure = unsure(backend.render(render_call(), &mut Broken { restarts: true }).await);
    assert_eq!(
        (failure.class, failure.billed),
        (FailureClass::Machine, Billed::Unknown)
    );
}

#[test]
fn settings_that_cannot_work_are_refused() {
    let new = |base: &str, key: &str| Aimlapi::new(base, Secret::new(key)).map(|backend| backend.account());
    for base in ["", "api.aimlapi.com", "ftp://host", "file:///etc"] {
        assert!(matches!(new(base, KEY), Err(SettingsError::Address(_))), "{base}");
    }
    assert_eq!(new("https://me:pw@host", KEY), Err(SettingsError::Credentials));
    assert_eq!(new("https://host", "a\nb"), Err(SettingsError::Key));
    // An account is a key at an address, however the address is written.
    let account = new("https://host", KEY).unwrap();
    assert_eq!(new(" https://host/v2/ ", KEY).unwrap(), account);
    assert_ne!(new("https://other", KEY).unwrap(), account);
    assert_ne!(new("https://host", "another-key").unwrap(), account);
}

/// The environment of a process cannot be changed safely from within, so the test runs another test in a process of
/// its own, where a proxy is set and there are no certificate files.
#[test]
fn neither_a_proxy_nor_missing_certificates_break_loopback() {
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "backend::tests::render::the_request_is_the_documented_json"])
        .env("HTTP_PROXY", "http://127.0.0.1:1")
        .env("http_proxy", "http://127.0.0.1:1")
        .env("ALL_PROXY", "http://127.0.0.1:1")
        .env_remove("NO_PROXY")
        .env_remove("no_proxy")
        .env("SSL_CERT_FILE", "no-such-file")
        .env("SSL_CERT_DIR", "no-such-folder")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}
