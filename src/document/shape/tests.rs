use super::{
    super::{decode, read::read_text, typed},
    *,
};
use proptest::prelude::*;
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "read, and looked at by its schema only")]
struct Pipeline {
    version: u32,
    #[serde(default)]
    audio: BTreeMap<String, Audio>,
    #[serde(default)]
    songs: BTreeMap<String, Song>,
    loud: Option<bool>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "read, and looked at by its schema only")]
struct Audio {
    format: Format,
    sample_rate: Option<u32>,
}

/// How it is encoded.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Format {
    /// Small.
    Mp3,
    Wav,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "read, and looked at by its schema only")]
struct Song {
    /// Which text.
    lyrics: String,
    takes: Option<u8>,
    #[serde(default)]
    #[schemars(length(min = 1))]
    tags: Vec<String>,
    source: Option<Source>,
    gain: Option<f64>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[expect(dead_code, reason = "read, and looked at by its schema only")]
enum Source {
    Silence,
    File { path: String },
    Song { name: String, take: Option<u8> },
}

const FITTING: &str = "version: 1\nloud: true\naudio: {a: {format: wav, sample_rate: 8000}, b: {format: mp3, sample_rate: }}\n\
                songs:\n  a: {lyrics: x, takes: 255, tags: [a, b], gain: -1.5, source: silence}\n  \
                b: {lyrics: \"1\", gain: 2, source: {file: {path: y}}}\n  c: {lyrics: x, source: {song: {name: a, take: 2}}}\n";

/// `code: message [patched text]` of all complaints, in order of place.
fn complaints(text: &str) -> Vec<String> {
    let (sources, document) = read_text(text);
    let document = document.unwrap();
    let mut diagnostics = Diagnostics::default();
    shape::<Pipeline>(&document.root, &sources, &mut diagnostics);
    if diagnostics.is_empty() {
        typed::<Pipeline>(&document.root).unwrap_or_else(|error| panic!("{text}: {error:?}"));
    }
    diagnostics.sort();
    diagnostics
        .iter()
        .map(|one| {
            let patch = one.patch.as_ref().map(|(_, patch)| format!(" [{}]", patch.replacement));
            format!("{}: {}{}", one.code, one.message, patch.unwrap_or_default())
        })
        .collect()
}

#[test]
fn everything_is_found_at_once() {
    let text = "versoin: 1\n\
                audio:\n  draft: {format: mp4, sample_rat: 1}\n\
                songs:\n  hook: {takes: 1_000, tags: [], gain: high}\n\
                loud: yes\n";
    assert_eq!(
        complaints(text),
        [
            "unknown-key: unknown key `versoin` [version]",
            "missing-key: the file has no key `version`",
            "unknown-value: `format` cannot be `mp4` [mp3]",
            "unknown-key: unknown key `sample_rat` [sample_rate]",
            "missing-key: `hook` has no key `lyrics`",
            "wrong-type: `takes` must be a whole number, not text [1000]",
            "wrong-length: `tags` needs at least 1 item, found 0 items",
            "wrong-type: `gain` must be a number, not text",
            "wrong-type: `loud` must be `true` or `false`, not text [true]",
        ]
    );
}

#[test]
fn kinds_are_told_apart_and_mended() {
    for (line, complaint) in [
        (
            "loud: off",
            "wrong-type: `loud` must be `true` or `false`, not text [false]",
        ),
        ("audio: [a]", "wrong-type: `audio` must be a map, not a list"),
        ("audio:", "wrong-type: `audio` must be a map, not nothing"),
        (
            "songs: {a: {lyrics: 7}}",
            "wrong-type: `lyrics` must be text, not a number [\"7\"]",
        ),
        (
            "songs: {a: {lyrics: x, tags: t}}",
            "wrong-type: `tags` must be a list, not text [[t]]",
        ),
        (
            "songs: {a: {lyrics: x, tags: [3]}}",
            "wrong-type: item 1 of `tags` must be text, not a number [\"3\"]",
        ),
        (
            "songs: {a: {lyrics: x, takes: 300}}",
            "out-of-range: `takes` is 300, but must be at least 0 and at most 255",
        ),
        (
            "songs: {a: {lyrics: x, takes: 014}}",
            "wrong-type: `takes` must be a whole number, not text [14]",
        ),
        (
            "songs: {a: {lyrics: x, takes: 1.5}}",
            "wrong-type: `takes` must be a whole number, not a number that is not whole",
        ),
        (
            "songs: {a: {lyrics: x, source: 1}}",
            "wrong-type: `source` must be text or a map, not a number [\"1\"]",
        ),
        (
            "songs: {a: {lyrics: x, source: silent}}",
            "unknown-value: `source` cannot be `silent` [silence]",
        ),
        (
            "songs: {a: {lyrics: x, source: {file: {pat: y}}}}",
            "missing-key: `file` has no key `path`",
        ),
        (
            "songs: {a: {lyrics: x, source: {song: {}}}}",
            "missing-key: `song` has no key `name`",
        ),
    ] {
        let found = complaints(&format!("version: 1\n{line}\n"));
        assert!(found.contains(&complaint.to_owned()), "{line}: {found:#?}");
    }
}

#[test]
fn what_fits_is_accepted_and_read() {
    assert_eq!(complaints(FITTING), Vec::<String>::new());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    /// Whatever bytes a file has: no panic, and what fits the schema is read.
    #[test]
    fn mutated_bytes_are_refused_or_typed(at in 0..600usize, cut in 0..12usize, bytes in prop::collection::vec(any::<u8>(), 0..6)) {
        let mut whole = FITTING.as_bytes().to_vec();
        let at = at % whole.len();
        whole.splice(at..(at + cut).min(FITTING.len()), bytes);
        if let Ok(text) = decode("p.yaml", whole)
            && let (_, Ok(_)) = read_text(&text)
        {
            complaints(&text);
        }
    }
}

#[test]
fn a_wrong_root_is_one_complaint() {
    assert_eq!(complaints("[1]"), ["wrong-type: the file must be a map, not a list"]);
}

#[test]
fn the_schema_is_draft_07() {
    let schema = schema::<Pipeline>();
    assert_eq!(schema["$schema"], "http://json-schema.org/draft-07/schema#");
    assert!(schema["definitions"]["Song"].is_object());
}
