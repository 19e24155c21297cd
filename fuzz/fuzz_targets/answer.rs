//! An answer of the backend: taken apart while it arrives, then read for its words.
//!
//! The input looks like HTTP: a status, headers a line each, a blank line, the body. In it the byte 0xFE stands for the
//! API key, and 0xFF for a signed link. Beyond not failing:
//!
//! * how the bytes were cut into pieces makes no difference;
//! * a body that is JSON by an independent reader gives exactly the audio that reader finds, decoded independently, and
//!   a skeleton that is the same JSON without it;
//! * no text that is shown or stored holds the key or a link's signature, is long, or has a control character.

#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::Value;
use std::fmt;
use takesheet::{
    backend::fuzzing::{Found, Heard, Raw, hear},
    base::secret::Secret,
};

const KEY: &str = "canary-5d1f0a7be3c94e62";
const SIGNATURE: &str = "signed-9b3e71c0";
/// The ways a link is written in JSON.
const LINKS: [&str; 3] = [
    "https://cdn.example/a.mp3?Expires=1&Signature=signed-9b3e71c0",
    r"https:\/\/cdn.example\/a.mp3?Expires=1&Signature=signed-9b3e71c0",
    r"https://cdn.example/a.mp3?Expires=1\u0026Signature=signed-9b3e71c0",
];
/// More than a message with all its parts may have.
const LONGEST: usize = 12_000;

fuzz_target!(|bytes: &[u8]| -> Corpus {
    // A signature without its link is a word like any other; the fuzzer finds out what is looked for.
    if bytes
        .windows(SIGNATURE.len())
        .any(|window| window == SIGNATURE.as_bytes())
    {
        return Corpus::Reject;
    }
    let bytes = with_secrets(bytes);
    let (head, body) = split(&bytes);
    let Ok(head) = std::str::from_utf8(head) else {
        return Corpus::Reject;
    };
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.trim().parse().ok()).unwrap_or(200);
    let headers: Vec<_> = lines.filter_map(|line| line.split_once(": ")).collect();
    let raw = Raw {
        status,
        headers: &headers,
        body,
    };
    let key = Secret::new(KEY);
    let whole = hear(&raw, &[usize::MAX], &key);
    for lengths in [&[1][..], &[2, 3], &[7, 1, 64, 4096], &[16_385]] {
        assert_eq!(
            whole,
            hear(&raw, lengths, &key),
            "pieces of {lengths:?} make a difference"
        );
    }
    if let Some(heard) = whole {
        check_audio(&heard, body);
        heard.said.iter().for_each(|text| check_text(text));
    }
    Corpus::Keep
});

/// Puts the key and the links in, in turns.
fn with_secrets(bytes: &[u8]) -> Vec<u8> {
    let (mut out, mut links) = (Vec::with_capacity(bytes.len()), LINKS.iter().cycle());
    for byte in bytes {
        match byte {
            0xfe => out.extend(KEY.as_bytes()),
            0xff => out.extend(links.next().expect("it goes round").as_bytes()),
            other => out.push(*other),
        }
    }
    out
}

fn split(bytes: &[u8]) -> (&[u8], &[u8]) {
    let end = bytes.windows(2).position(|two| two == b"\n\n");
    end.map_or((b"", bytes), |end| (&bytes[..end], &bytes[end + 2..]))
}

fn check_text(text: &str) {
    assert!(!text.contains(KEY), "the key is in {text:?}");
    assert!(!text.contains(SIGNATURE), "a signature is in {text:?}");
    assert!(text.chars().all(|one| !one.is_control()), "{text:?}");
    assert!(text.len() <= LONGEST, "{} bytes", text.len());
}

fn check_audio(heard: &Heard, body: &[u8]) {
    assert!(!matches!(heard.audio, Found::Bytes(0)), "no bytes are `Empty`");
    if let Found::Bytes(count) = heard.audio {
        assert_eq!(count, heard.bytes.len() as u64);
    }
    // A body in which no name of the first two levels comes twice: which one counts is for nobody to say.
    let Ok(Plain(mut json)) = serde_json::from_slice::<Plain>(body) else {
        return;
    };
    assert!(!(json.is_object() && heard.cut), "whole JSON taken for cut");
    let audio = json.pointer("/data/audio").and_then(Value::as_str).map(str::to_owned);
    let expected = match audio.as_deref() {
        None => Found::Absent,
        Some("") => Found::Empty,
        Some(text) => by_hand(text, &heard.bytes),
    };
    // Which texts that are no hex are links is said in one place only.
    if !matches!((&expected, &heard.audio), (Found::NotHex, Found::Link(_))) {
        assert_eq!(heard.audio, expected);
    }
    if let Some(place) = json.pointer_mut("/data/audio").filter(|place| place.is_string()) {
        *place = Value::from("");
    }
    let skeleton: Value = serde_json::from_slice(&heard.skeleton).expect("the skeleton of JSON is JSON");
    assert_eq!(skeleton, json);
}

/// Hex, decoded digit by digit.
fn by_hand(text: &str, bytes: &[u8]) -> Found {
    let Some(digits) = text.chars().map(|one| one.to_digit(16)).collect::<Option<Vec<_>>>() else {
        return Found::NotHex;
    };
    if digits.len() % 2 == 1 {
        return Found::Odd;
    }
    let decoded = digits.chunks(2).map(|two| two[0] * 16 + two[1]);
    assert!(
        decoded.eq(bytes.iter().map(|byte| u32::from(*byte))),
        "the hex is decoded wrongly"
    );
    Found::Bytes(bytes.len() as u64)
}

/// JSON in whose root, and in whose `data`, every name comes once.
struct Plain(Value);

impl<'de> Deserialize<'de> for Plain {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Level { inner: true }).map(Self)
    }
}

struct Level {
    /// The root, whose `data` is looked at too.
    inner: bool,
}

impl<'de> Visitor<'de> for Level {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut found = serde_json::Map::new();
        while let Some(name) = map.next_key::<String>()? {
            let value = if self.inner && name == "data" {
                map.next_value::<Inner>()?.0
            } else {
                map.next_value::<Value>()?
            };
            if found.insert(name, value).is_some() {
                return Err(A::Error::custom("a name comes twice"));
            }
        }
        Ok(Value::Object(found))
    }
}

/// The value of `data`: an object without twins, or anything else.
struct Inner(Value);

impl<'de> Deserialize<'de> for Inner {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw: Box<serde_json::value::RawValue> = Deserialize::deserialize(deserializer)?;
        if !raw.get().trim_start().starts_with('{') {
            return serde_json::from_str(raw.get()).map(Self).map_err(D::Error::custom);
        }
        let mut inner = serde_json::Deserializer::from_str(raw.get());
        let value = serde::Deserializer::deserialize_any(&mut inner, Level { inner: false });
        value.map(Self).map_err(D::Error::custom)
    }
}
