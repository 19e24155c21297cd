//! What the scratch band takes to play, and what it plays for others to judge.
//!
//! `cargo bench --bench band` times takes of about half a minute, one core each, and two at once.
//! `cargo bench --profile dev --bench band -- --write DIR` writes takes whose tempo, key, loudness and notes are known
//! as wav, and `takes.json` that tells them: `.ci/sound` has them judged by other people's tools.
#![expect(clippy::print_stdout, reason = "a bench reports on stdout")]
#![expect(
    clippy::disallowed_methods,
    reason = "a bench is a program of its own: it makes files and reads the clock"
)]

mod songs;

use std::{
    path::Path,
    process::ExitCode,
    time::{Duration, Instant},
};
use takesheet::{
    audio,
    band::{self, Request},
    base::audio_settings::{AudioSettings, Format},
};

const RUNS: usize = 7;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    let folder = arguments.iter().skip_while(|argument| *argument != "--write").nth(1);
    let outcome = match folder {
        Some(folder) => songs::write(Path::new(folder)),
        None => {
            time();
            Ok(())
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("band: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Prints what it takes to make an mp3 of a song.
fn time() {
    let request = songs::chorus();
    let seconds = band::render(&request).samples.seconds();
    let one = median(|| drop(make(&request)));
    let two = median(|| {
        std::thread::scope(|scope| {
            scope.spawn(|| make(&request));
            scope.spawn(|| make(&request));
        });
    });
    println!("A take of {seconds:.1} s with voice and band, 44.1 kHz, mp3 of 256 kbit/s; median of {RUNS}:");
    println!(
        "one: {:.2} s · two at once: {:.2} s",
        one.as_secs_f64(),
        two.as_secs_f64()
    );
}

fn make(request: &Request) -> Vec<u8> {
    let settings = AudioSettings {
        format: Format::Mp3,
        sample_rate: request.sample_rate,
        bitrate: 256_000,
    };
    audio::encode(&band::render(request).samples, settings)
}

fn median(mut work: impl FnMut()) -> Duration {
    let mut took: Vec<_> = (0..RUNS)
        .map(|_| {
            let began = Instant::now();
            work();
            began.elapsed()
        })
        .collect();
    took.sort_unstable();
    took[RUNS / 2]
}
