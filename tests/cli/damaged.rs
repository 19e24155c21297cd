//! References as people really have them: cut off, hit, mislabelled, or no sound at all. What cannot be used is said at
//! the line that names it, all in one go, and nothing of it is sent.

use crate::studio::{GENERATE, Studio, UPLOAD};
use takesheet::{
    audio::{self, Samples},
    base::audio_settings::{AudioSettings, Format},
};

/// A reference: the name of its file, its bytes, and what is said of it. Empty: nothing.
type Row = (&'static str, Vec<u8>, &'static str);

const NOT_AUDIO: &str = "error[not-audio]";
const TOO_SHORT: &str = "error[reference-length]";

fn sound(seconds: u32, format: Format, channels: u16) -> Vec<u8> {
    const RATE: u32 = 16_000;
    let tone = |n: u32| {
        #[expect(clippy::cast_precision_loss, reason = "a test tone")]
        let turns = n as f32 / 100.0;
        libm::sinf(turns) / 4.0
    };
    let settings = AudioSettings {
        format,
        sample_rate: RATE,
        bitrate: 64_000,
    };
    let samples = Samples {
        sample_rate: RATE,
        channels,
        data: (0..seconds * RATE * u32::from(channels)).map(tone).collect(),
    };
    audio::encode(&samples, settings)
}

fn mp3(seconds: u32) -> Vec<u8> {
    sound(seconds, Format::Mp3, 1)
}

fn wav(seconds: u32) -> Vec<u8> {
    sound(seconds, Format::Wav, 1)
}

/// The beginning of a file: so many parts in a hundred.
fn cut(mut bytes: Vec<u8>, percent: usize) -> Vec<u8> {
    bytes.truncate(bytes.len() * percent / 100);
    bytes
}

/// The same file with other bytes at a place.
fn with(mut bytes: Vec<u8>, at: usize, other: &[u8]) -> Vec<u8> {
    bytes[at..at + other.len()].copy_from_slice(other);
    bytes
}

/// The same file with bytes hit here and there, behind its first frames.
fn hit(mut bytes: Vec<u8>, times: usize) -> Vec<u8> {
    let mut random = 7_u32;
    for _ in 0..times {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let at = 2_000 + random as usize % (bytes.len() - 2_000);
        bytes[at] = random.to_be_bytes()[1];
    }
    bytes
}

fn noise(length: usize) -> Vec<u8> {
    hit(vec![0x9c; length + 2_000], length * 4).split_off(1_000)
}

/// What no take can be made with.
fn refused() -> Vec<Row> {
    vec![
        ("empty.mp3", Vec::new(), "it is empty"),
        ("notes.mp3", b"la la la\n".repeat(100), "it looks like a text file"),
        (
            "page.wav",
            b"<!DOCTYPE html><title>404</title>".to_vec(),
            "it looks like an HTML page",
        ),
        (
            "random.mp3",
            noise(50_000),
            "its first bytes are of no kind that is known here",
        ),
        ("flac.wav", b"fLaC\0\0\0\x22".repeat(100), "it looks like a FLAC file"),
        (
            "m4a.mp3",
            b"\0\0\0\x20ftypM4A ".repeat(100),
            "it looks like an MP4 or M4A file",
        ),
        (
            "adpcm.wav",
            with(wav(12), 20, &[0x11, 0]),
            "its coding is neither mp3 (layer III) nor plain wav",
        ),
        (
            "six.wav",
            sound(12, Format::Wav, 6),
            "6 channels; mix it down to stereo or mono",
        ),
        (
            "rate.wav",
            with(wav(12), 24, &[0; 4]),
            "a sample rate of 0 Hz; at least 8000 Hz is needed",
        ),
        (
            "header.wav",
            wav(12)[..44].to_vec(),
            "damaged: not one sample of it can be decoded",
        ),
        (
            "beyond.wav",
            with(wav(12), 40, &[0xff; 4]),
            "`refs/beyond.wav` is damaged: ",
        ),
        (
            "short.mp3",
            mp3(9),
            "is too short: it lasts 9 s, and `music-01` takes references longer than 10 s",
        ),
        ("short.wav", wav(10), "is too short: it lasts 10 s"),
        (
            "long.wav",
            wav(601),
            "is too long: it lasts 601 s, and `music-01` takes references of at most 600 s",
        ),
        // Their headers promise enough.
        ("cut.mp3", cut(mp3(40), 20), "is too short: it lasts 7.89 s"),
        ("cut.wav", cut(wav(40), 20), "is too short: it lasts 7.999 s"),
    ]
}

/// What is used with a warning, or without.
fn used() -> Vec<Row> {
    let pipe = with(with(wav(12), 4, &[0xff; 4]), 40, &[0xff; 4]);
    vec![
        (
            "half.mp3",
            cut(mp3(40), 50),
            "is damaged: only 19.95 s of it can be heard",
        ),
        (
            "half.wav",
            cut(wav(40), 50),
            "is damaged: only 19.999 s of it can be heard",
        ),
        ("hit.mp3", hit(mp3(40), 1_000), "is damaged: only "),
        ("wav.mp3", wav(12), "is named like mp3, but is wav inside"),
        ("mp3.wav", mp3(12), "is named like wav, but is mp3 inside"),
        ("pipe.wav", pipe, ""),
        ("joined.mp3", [mp3(8), mp3(8)].concat(), ""),
        ("enough.mp3", mp3(11), ""),
    ]
}

/// A folder in which the references are, each named in a line of its own by the one song or by nothing.
fn studio(rows: &[Row]) -> Studio {
    let mut text = "version: 1\nbackend: aimlapi\nreferences:\n".to_owned();
    for (name, _, _) in rows {
        let step = name.replace('.', "-");
        text.push_str(&format!("  {step}: {{ file: refs/{name}, purpose: song }}\n"));
    }
    let first = rows[0].0.replace('.', "-");
    text.push_str("lyrics:\n  verse: { template: One line and nothing more. }\n");
    text.push_str(&format!("songs:\n  hook: {{ lyrics: verse, voice: {first} }}\n"));
    let studio = Studio::new().pipeline(&text);
    for (name, bytes, _) in rows {
        studio.file(&format!("refs/{name}"), bytes);
    }
    studio
}

/// What is said of a row: from its title to the line it points at, and that line's number.
fn said<'a>(stderr: &'a str, name: &str) -> Vec<(&'a str, &'a str)> {
    let blocks = stderr.split("\n\n");
    let of_row = blocks.filter(|block| block.contains(&format!("`refs/{name}`")));
    of_row
        .map(|block| {
            let mut lines = block.lines();
            (lines.next().unwrap_or_default(), lines.next().unwrap_or_default())
        })
        .collect()
}

fn assert_said(stderr: &str, rows: &[Row]) {
    for (line, (name, _, words)) in (4..).zip(rows) {
        let said = said(stderr, name);
        assert_eq!(said.is_empty(), words.is_empty(), "{name} in\n{stderr}");
        let place = format!("takesheet.yaml:{line}:");
        assert!(
            said.iter().all(|(_, at)| at.contains(&place)),
            "{name} is not at line {line} but {said:?}"
        );
        let is_said = said.iter().any(|(title, _)| title.contains(words));
        assert!(words.is_empty() || is_said, "{name}: no `{words}` in {said:?}");
    }
}

#[test]
fn what_cannot_be_used_is_said_at_its_line_and_nothing_is_sent() {
    let rows = refused();
    let studio = studio(&rows);
    let told = studio.run(&["run"]).code(3).stdout_is_empty().stderr_lacks("panicked");
    assert_said(&told.stderr, &rows);
    for (name, _, _) in &rows {
        let said = said(&told.stderr, name);
        let is_error = said
            .iter()
            .any(|(title, _)| title.starts_with(NOT_AUDIO) || title.starts_with(TOO_SHORT));
        assert!(is_error, "{name}: {said:?}");
    }
    assert_eq!(studio.counts().requests, 0);
    assert_eq!(studio.stored_runs(), 0);
}

#[test]
fn what_is_damaged_or_misnamed_is_used_with_a_warning_at_its_line() {
    let rows = used();
    let studio = studio(&rows);
    let told = studio
        .run(&["check"])
        .code(0)
        .stderr_lacks("panicked")
        .stderr_lacks("error[");
    assert_said(&told.stderr, &rows);
    assert_eq!(studio.counts().requests, 0);
    // Only what a song uses is sent, by what it is inside.
    studio.run(&["run"]).code(0).stderr_has("1 rendered");
    assert_eq!((studio.asked(UPLOAD), studio.asked(GENERATE)), (1, 1));
}

/// A take that ends early is paid for: it is kept, and known to be damaged.
#[test]
fn a_damaged_take_is_kept_for_what_it_is() {
    let studio = Studio::with(crate::studio::faulty(&["truncated-audio"])).pipeline(crate::studio::SINGLE);
    studio.run(&["run"]).code(0).stderr_has("1 rendered");
    assert_eq!(studio.takes().len(), 1);
    let take = studio.files("takes").remove(&studio.takes()[0]).unwrap();
    let probe = audio::probe(&take).unwrap();
    assert!(probe.sound.damaged && probe.sound.seconds < 1.9, "{probe:?}");
    studio.run(&["run"]).code(0).stderr_has("1 take, 0 to render");
    assert_eq!(studio.counts().charged, 1);
}
