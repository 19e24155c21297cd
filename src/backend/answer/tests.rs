use super::*;
use serde_json::json;

fn key() -> Secret {
    Secret::new("canary-key")
}

fn read(body: &str) -> Answer {
    let mut answer = Answer::default();
    answer.body(body.as_bytes(), &key());
    answer
}

#[test]
fn every_known_shape_of_an_error_yields_its_words() {
    for (body, words) in [
        // The documented legacy body, whose status is a string.
        (
            r#"{"message":"Free-tier limit: You've reached your free limit for the hour.","path":"/v1","requestId":"r-1","statusCode":"429","timestamp":"2025-03-11T07:13:27.813Z"}"#,
            "Free-tier limit: You've reached your free limit for the hour",
        ),
        // problem+json.
        (
            r#"{"title":"Unauthorized","status":401,"message":"You provided an empty string","requestId":"r-1","error":{"name":"UnauthorizedException","message":"inner"}}"#,
            "You provided an empty string",
        ),
        (
            r#"{"title":"Unauthorized","error":{"message":"inner"},"requestId":"r-1"}"#,
            "inner",
        ),
        (r#"{"title":"Forbidden","requestId":"r-1"}"#, "Forbidden"),
        (r#"{"error":"nope","requestId":"r-1"}"#, "nope"),
        (
            r#"{"base_resp":{"status_code":2013,"status_msg":"invalid params"},"requestId":"r-1"}"#,
            "invalid params",
        ),
    ] {
        let answer = read(body);
        assert_eq!(answer.words, words);
        assert_eq!(answer.traces, [("x-request-id".to_owned(), "r-1".to_owned())]);
    }
    let page = "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>";
    assert_eq!(read(page).words, "502 Bad Gateway");
    assert_eq!(read("<h1>Bad</h1><p>Gateway").words, "Bad Gateway");
    assert_eq!(read("upstream\nfailed").words, "upstream failed");
    assert_eq!(read(&"x".repeat(999)).words.chars().count(), 201);
    assert_eq!(read("").words, "");
}

#[test]
fn issues_name_their_fields() {
    let answer = read(
        r#"{"title":"Bad Request","status":400,"message":"Invalid payload provided","error":{"name":"BadRequestException","message":"x","data":[
            {"received":"flac","code":"invalid_enum_value","options":["mp3","wav","pcm"],"path":["audio_setting","format"],"message":"Invalid enum value"},
            {"path":["list",0],"message":"Required"},{"path":[],"message":"whole"},{"nothing":1}]}}"#,
    );
    assert_eq!(
        answer.phrase(),
        "Invalid payload provided; audio_setting.format: Invalid enum value; list.0: Required; whole"
    );
}

#[test]
fn codes_are_numbers_or_texts() {
    assert_eq!(read(r#"{"base_resp":{"status_code":1002}}"#).code, Some(1002));
    assert_eq!(read(r#"{"base_resp":{"status_code":"1002"}}"#).code, Some(1002));
    assert_eq!(read(r#"{"base_resp":{"status_code":null}}"#).code, None);
    assert_eq!(read(r#"{"base_resp":7}"#).code, None);
}

#[test]
fn headers_give_waiting_time_price_and_names() {
    let now: Timestamp = "2026-11-01T00:00:00Z".parse().unwrap();
    let head = |pairs: &[(&'static str, &'static str)]| {
        let headers = pairs
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect();
        Answer::head(429, &headers, now, &key())
    };
    let after = |text| head(&[("retry-after", text)]).after;
    assert_eq!(after("7"), Some(Duration::from_secs(7)));
    assert_eq!(after("Sun, 01 Nov 2026 00:01:30 GMT"), Some(Duration::from_secs(90)));
    assert_eq!(after("Sat, 31 Oct 2026 00:00:00 GMT"), Some(Duration::ZERO));
    for wrong in ["soon", "-1", "NaN"] {
        assert_eq!(after(wrong), None, "{wrong}");
    }
    for long in ["99999999999999999999", "1e300"] {
        assert_eq!(after(long), Some(Duration::from_secs(365 * 86_400)), "{long}");
    }
    let spent = |name, text| head(&[(name, text)]).charged.map(Usd::decimal);
    assert_eq!(spent("x-aimlapi-usd-spent", "0.001240000").as_deref(), Some("0.00124"));
    assert_eq!(spent("x-aimlapi-credits-used", "63000").as_deref(), Some("0.0315"));
    assert_eq!(spent("x-aimlapi-credits-used", "-1"), None);
    assert_eq!(
        head(&[("x-request-id", "r"), ("x-inference-id", "i")])
            .trace_line()
            .as_deref(),
        Some("x-inference-id i, x-request-id r")
    );
}

#[test]
fn no_secret_gets_into_the_words() {
    let answer = read(
        r#"{"message":"key canary-key at https://cdn.example/a%2Fb.mp3?Expires=1&Signature=S3CRET and (\"http://x/?q=S3CRET\")\u0007"}"#,
    );
    assert_eq!(
        answer.words,
        "key … at https://cdn.example/a%2Fb.mp3 and (\"http://x/\")"
    );
    let answer = read(r#"{"odd":"canary-key","url":"https://x/?Signature=S3CRET"}"#);
    assert!(
        !answer.words.contains("canary") && !answer.words.contains("S3CRET"),
        "{}",
        answer.words
    );
}

#[test]
fn a_link_is_known_for_one_however_it_is_written() {
    for body in [
        // Without words of its own, all of an answer is shown.
        r#"{"data":{"audio_url":"https:\/\/cdn.example\/a.mp3?Expires=1&Signature=S3CRET"}}"#,
        r#"{"data":{"audio_url":"https://cdn.example/a.mp3?Expires=1\u0026Signature=S3CRET"}}"#,
        r#"{"echo":"can\u0061ry-key"}"#,
        // Cut, so it is no JSON.
        r#"{"data":{"audio_url":"https:\/\/cdn.example\/a.mp3?Expires=1\u0026Signature=S3CRET"#,
        "<a href='https://cdn.example/?a='b'|`Signature=S3CRET'>audio</a>",
    ] {
        let words = read(body).words;
        assert!(!words.contains("S3CRET") && !words.contains("canary-key"), "{words}");
    }
    let headers = [("location".parse().unwrap(), "/a.mp3?Signature=S3CRET".parse().unwrap())];
    let answer = Answer::head(302, &headers.into_iter().collect(), Timestamp::UNIX_EPOCH, &key());
    assert_eq!(answer.location.as_deref(), Some("/a.mp3"));
}

#[test]
fn nothing_that_steers_a_terminal_gets_into_the_words() {
    let answer = read("{\"message\":\"\\u001b[31mred\\u0007 \\u202edrawkcab\\u2066 \\u200bno\\ufeffthing\"}");
    assert_eq!(answer.words, "[31mred drawkcab nothing");
}

#[test]
fn what_is_no_text_is_not_shown_as_if_it_were() {
    let words = |body: &[u8]| {
        let mut answer = Answer::default();
        answer.body(body, &key());
        answer.words
    };
    assert_eq!(words(b"\x1f\x8b\x08rest"), "it is compressed, which was not asked for");
    assert_eq!(words(b"RIFF\0\0WAVE"), "it is no text");
    assert_eq!(words(b""), "");
}

#[test]
fn dollars_are_read_alike_wherever_they_stand() {
    let nanos = |value: Value| dollars(&value).map(Usd::nanos);
    for value in [json!(0.0315), json!("0.0315"), json!(" 0.0315 "), json!("3.15e-2")] {
        assert_eq!(nanos(value), Some(31_500_000));
    }
    // A decimal is exact where a float is not.
    assert_eq!(nanos(json!("8999999.999999999")), Some(8_999_999_999_999_999));
    assert_eq!(nanos(json!(-2.5)), Some(-2_500_000_000));
    assert_eq!((nanos(json!(1e-12)), nanos(json!(-1e-12))), (Some(1), Some(-1)));
    assert_eq!((nanos(json!(0)), nanos(json!(-0.0))), (Some(0), Some(0)));
    for value in [json!(1e300), json!("NaN"), json!("inf"), json!("a lot"), json!(null)] {
        assert_eq!(nanos(value), None);
    }
}
