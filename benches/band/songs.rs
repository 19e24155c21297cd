//! The songs that others judge: what was asked of each is told beside it.

use serde_json::json;
use std::{fs, io, path::Path};
use takesheet::{
    audio,
    band::{Feel, Request, Take, render},
    base::audio_settings::{AudioSettings, Format},
};

/// Twelve lines that differ from each other as lines of songs do.
const LINES: [&str; 12] = [
    "walking down the river in the morning light",
    "nobody remembers what the summer said",
    "give me back the letters that I wrote to you",
    "every little window has a golden frame",
    "thunder on the mountain and the rain comes down",
    "sister can you hear me on the telephone",
    "seven silver horses running through the snow",
    "tomorrow is a stranger with a friendly face",
    "hold on to the railing when the train begins",
    "coffee on the table and a broken cup",
    "dancing in the kitchen to a radio song",
    "never let the fire in your pocket die",
];

const CHORUS: &str = "##Lights of Lisbon, bright and wide\nhold the river, turn the tide\nevery window, every street\nkeeps the rhythm of our feet##";

/// About half a minute of everybody.
pub(crate) fn chorus() -> Request {
    asked(CHORUS, (true, true), Feel::default())
}

fn asked(lyrics: &str, (voice, band): (bool, bool), feel: Feel) -> Request {
    Request {
        lyrics: lyrics.to_owned(),
        voice,
        band,
        sample_rate: 44_100,
        seed: 11,
        feel,
        bed: None,
    }
}

/// Every song with its name and what it is for.
fn songs() -> Vec<(String, &'static str, Request)> {
    let both = (true, true);
    let mut songs = Vec::new();
    for tempo in [72.0, 84.0, 96.0, 104.0, 112.0, 124.9, 138.0, 150.0] {
        let feel = Feel {
            tempo: Some(tempo),
            ..Feel::default()
        };
        songs.push((format!("tempo-{tempo}"), "tempo", asked(CHORUS, both, feel)));
    }
    for key in [
        "C major", "D minor", "Eb major", "F# minor", "G major", "A minor", "Bb minor", "B major",
    ] {
        let feel = Feel {
            key: key.parse().ok(),
            ..Feel::default()
        };
        let name = key.replace(' ', "-").replace('#', "sharp").to_lowercase();
        songs.push((format!("key-{name}"), "key", asked(CHORUS, both, feel)));
    }
    for loudness in [-9.0, -14.0, -18.5, -23.0] {
        let feel = Feel {
            loudness: Some(loudness),
            ..Feel::default()
        };
        for (parts, what) in [(both, "song"), ((true, false), "voice"), ((false, true), "band")] {
            songs.push((
                format!("loudness{loudness}-{what}"),
                "loudness",
                asked(CHORUS, parts, feel),
            ));
        }
    }
    for (register, name) in [(48.0, "low"), (60.0, "high")] {
        let feel = Feel {
            register: Some(register),
            tempo: Some(96.0),
            ..Feel::default()
        };
        songs.push((format!("voice-{name}"), "voice", asked(CHORUS, (true, false), feel)));
        for (index, three) in LINES.chunks(3).enumerate() {
            let lyrics = three.join("\n");
            songs.push((
                format!("lines-{name}-{index}"),
                "lines",
                asked(&lyrics, (true, false), feel),
            ));
        }
    }
    songs
}

/// Plays all of them into a folder.
pub(crate) fn write(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let mut told = Vec::new();
    for (name, about, request) in songs() {
        let take = render(&request);
        let settings = AudioSettings {
            format: Format::Wav,
            sample_rate: request.sample_rate,
            bitrate: 256_000,
        };
        fs::write(
            folder.join(format!("{name}.wav")),
            audio::encode(&take.samples, settings),
        )?;
        told.push(card(&name, about, &request, &take));
    }
    let text = serde_json::to_string_pretty(&json!({ "lines": LINES, "takes": told }))?;
    fs::write(folder.join("takes.json"), text)?;
    println!("{} takes in {}", told.len(), folder.display());
    Ok(())
}

fn card(name: &str, about: &str, request: &Request, take: &Take) -> serde_json::Value {
    let notes: Vec<_> = take
        .notes
        .iter()
        .map(|note| json!({"at": note.at, "seconds": note.seconds, "pitch": note.pitch, "line": note.line}))
        .collect();
    json!({
        "name": name,
        "about": about,
        "lyrics": request.lyrics,
        "asked": {
            "tempo": request.feel.tempo,
            "key": request.feel.key.map(|key| key.to_string()),
            "loudness": request.feel.loudness,
        },
        "tempo": take.tempo,
        "key": take.key.to_string(),
        "notes": notes,
    })
}
