use super::{audio::URL_LIMIT, *};
use proptest::prelude::*;

/// Feeds `body` in pieces of `size` bytes.
fn extract(body: &[u8], size: usize) -> (Extracted, Vec<u8>) {
    let (mut extractor, mut sink) = (Extractor::new(), Vec::new());
    for piece in body.chunks(size.max(1)) {
        extractor.push(piece, &mut sink).unwrap();
    }
    (extractor.finish(), sink)
}

fn whole(body: &str) -> (Audio, Vec<u8>) {
    let (extracted, sink) = extract(body.as_bytes(), body.len());
    (extracted.audio, sink)
}

#[test]
fn audio_is_found_wherever_it_stands() {
    for body in [
        r#"{"data":{"status":2,"audio":"4944FFfb"},"base_resp":{"status_code":0}}"#,
        r#"{"base_resp":{"status_code":0},"data":{"audio":"4944fffb","status":2}}"#,
        r#" { "trace_id" : "\"data\":{" , "data" : { "x":{"audio":"00"}, "y":[{"audio":"00"}], "audio" : "4944fffb" } } "#,
        r#"{"audio":"00","extra":{"audio":"00"},"data":{"audio":"4944fffb"}}"#,
        r#"{"d\u0061ta":{"\u0061\u0075\u0064\u0069\u006f":"4944fffb"}}"#,
        r#"{"data":{"audio":"\u0034944f\u0066fb"}}"#,
    ] {
        let (extracted, sink) = extract(body.as_bytes(), 7);
        assert_eq!(extracted.audio, Audio::Bytes(4), "{body}");
        assert_eq!(sink, [0x49, 0x44, 0xff, 0xfb], "{body}");
        assert!(!extracted.cut);
        let json: serde_json::Value = serde_json::from_slice(&extracted.skeleton).unwrap();
        assert!(json.get("data").is_some());
    }
}

#[test]
fn audio_elsewhere_is_not_the_audio() {
    for body in [
        r#"{"audio":"4944"}"#,
        r#"{"x":{"data":{"audio":"4944"}}}"#,
        r#"{"data":[{"audio":"4944"}]}"#,
        r#"["data",{"audio":"4944"}]"#,
        r#"{"data":"audio","x":{"audio":"4944"}}"#,
        r#"{"data":{"audio":null}}"#,
        r#"{"data":{"audio":49}}"#,
        r#"{"data":{"audio":{"audio":"49"}}}"#,
        "",
        "<html>",
    ] {
        assert_eq!(whole(body), (Audio::Absent, Vec::new()), "{body}");
    }
}

#[test]
fn what_is_not_hex_is_told_apart() {
    let audio = |text: &str| whole(&format!(r#"{{"data":{{"audio":"{text}"}}}}"#)).0;
    assert_eq!(audio(""), Audio::Empty);
    assert_eq!(audio("494"), Audio::Odd);
    assert_eq!(audio("4"), Audio::Odd);
    for wrong in [
        "text",
        "49zz",
        "zz49",
        "4z",
        "0x49",
        "4 9",
        "49\\n",
        "49\\ud800",
        "é9",
        "data:audio/mp3;base64,AA==",
    ] {
        assert_eq!(audio(wrong), Audio::NotHex, "{wrong}");
    }
    assert_eq!(
        audio(r"https:\/\/cdn.example\/a%2Fb.mp3?x=1\u0026y=2"),
        Audio::Link("https://cdn.example/a%2Fb.mp3?x=1&y=2".to_owned())
    );
    assert_eq!(audio(&format!("https://{}", "a".repeat(URL_LIMIT))), Audio::NotHex);
    assert_eq!(whole(r#"{"data":{"audio":"49","audio":"44"}}"#).0, Audio::Twice);
}

#[test]
fn an_answer_that_ends_early_is_known_as_such() {
    let body = r#"{"data":{"audio":"4944"},"base_resp":{"status_code":0}}"#;
    for end in 1..body.len() {
        assert!(extract(&body.as_bytes()[..end], 5).0.cut, "{}", &body[..end]);
    }
    assert!(!extract(body.as_bytes(), 5).0.cut);
    assert!(!extract(b"<p>a \"quote", 5).0.cut);
}

#[test]
fn sizes_are_bounded() {
    let (mut extractor, mut sink) = (Extractor::new(), Vec::new());
    let filler = vec![b' '; SKELETON_LIMIT];
    extractor.push(&filler, &mut sink).unwrap();
    assert!(matches!(extractor.push(b" ", &mut sink), Err(Stop::TooLarge)));

    let mut extractor = Extractor::new();
    extractor.seen = BODY_LIMIT - 1;
    extractor.push(b"{", &mut sink).unwrap();
    assert!(matches!(extractor.push(b" ", &mut sink), Err(Stop::TooLarge)));
}

#[test]
fn a_sink_that_fails_stops_the_reading() {
    struct Full;
    impl Sink for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<()> {
            Err(io::ErrorKind::StorageFull.into())
        }
        fn restart(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let stopped = Extractor::new().push(br#"{"data":{"audio":"4944"}}"#, &mut Full);
    assert!(matches!(stopped, Err(Stop::Sink(error)) if error.kind() == io::ErrorKind::StorageFull));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn pieces_make_no_difference(
        audio in proptest::collection::vec(any::<u8>(), 0..20_000),
        size in 1..20_000_usize,
        upper: bool,
        before: bool,
    ) {
        let hex = if upper { const_hex::encode_upper(&audio) } else { const_hex::encode(&audio) };
        let answer = |hex: &str| {
            let data = format!(r#""data":{{"status":2,"audio":"{hex}"}}"#);
            let rest = r#""base_resp":{"status_code":0,"status_msg":"a \"b\" \\"}"#;
            if before { format!("{{{rest},{data}}}") } else { format!("{{{data},{rest}}}") }
        };
        let (extracted, sink) = extract(answer(&hex).as_bytes(), size);
        prop_assert_eq!(&sink, &audio);
        let expected = if audio.is_empty() { Audio::Empty } else { Audio::Bytes(audio.len() as u64) };
        prop_assert_eq!(extracted.audio, expected);
        prop_assert_eq!(String::from_utf8(extracted.skeleton).unwrap(), answer(""));
    }
}

proptest! {
    #[test]
    fn no_bytes_panic_and_any_cut_gives_the_same(body: Vec<u8>, size in 1..9_usize) {
        let (a, heard_a) = extract(&body, body.len());
        let (b, heard_b) = extract(&body, size);
        // What went into the sink counts only if all of it was hex.
        if matches!(a.audio, Audio::Bytes(_)) {
            prop_assert_eq!(heard_a, heard_b);
        }
        prop_assert_eq!((a.audio, a.cut, a.skeleton), (b.audio, b.cut, b.skeleton));
    }

    #[test]
    fn no_near_json_panics_and_any_cut_gives_the_same(
        body in r#"(\{|\}|\[|\]|:|,|"data"|"audio"|"49"|"4|\\|"|u00| |"http){0,40}"#,
        size in 1..9_usize,
    ) {
        let (a, heard_a) = extract(body.as_bytes(), body.len());
        let (b, heard_b) = extract(body.as_bytes(), size);
        // What went into the sink counts only if all of it was hex.
        if matches!(a.audio, Audio::Bytes(_)) {
            prop_assert_eq!(heard_a, heard_b);
        }
        prop_assert_eq!((a.audio, a.cut, a.skeleton), (b.audio, b.cut, b.skeleton));
    }
}
