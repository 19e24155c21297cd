//! How long hearing takes: ten minutes of mp3 and wav, and a take of a minute, each measured from its file as a
//! reference or a take is.
//!
//! Run it with `cargo bench --bench ears`. It fails if the median of the long mp3 is two seconds or more.

#![expect(clippy::print_stdout, reason = "a bench reports on stdout")]
#![expect(
    clippy::disallowed_methods,
    reason = "a bench is a program of its own, with files of its own"
)]

#[path = "figures/machine.rs"]
mod machine;

use std::{
    fs::{self, File},
    io,
    path::Path,
    process::ExitCode,
    time::Duration,
};
use takesheet::{
    audio::{self, Samples},
    base::{
        audio_settings::{AudioSettings, Format},
        time::{Clock, SystemClock},
    },
};

const RATE: u32 = 44_100;
const ROUNDS: usize = 5;
const GOAL: Duration = Duration::from_secs(2);

fn main() -> ExitCode {
    bench().unwrap_or_else(|error| {
        println!("ears: {error}");
        ExitCode::FAILURE
    })
}

fn bench() -> io::Result<ExitCode> {
    println!("{}", machine::described());
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("sound");
    let minute = |format| audio::encode(&music(60), settings(format));
    let mut goal = None;
    for format in [Format::Mp3, Format::Wav] {
        let take = minute(format);
        fs::write(&path, &take)?;
        report(&format!("60 s of {}", format.word()), &heard(&path)?);
        fs::write(&path, long(&take, format))?;
        let times = heard(&path)?;
        report(&format!("10 minutes of {}", format.word()), &times);
        goal.get_or_insert(times[ROUNDS / 2]);
    }
    let is_met = goal.is_some_and(|median| median < GOAL);
    println!("goal: 10 minutes of mp3 in less than {} ms", GOAL.as_millis());
    Ok(if is_met { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn settings(format: Format) -> AudioSettings {
    AudioSettings {
        format,
        sample_rate: RATE,
        bitrate: 128_000,
    }
}

/// Four chords with a beat and some noise, in stereo.
fn music(seconds: u32) -> Samples {
    let mut random = 1_u32;
    let data = (0..seconds * RATE).flat_map(|frame| {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let noise = f64::from(random >> 8) / f64::from(1 << 24) - 0.5;
        let time = f64::from(frame) / f64::from(RATE);
        let beat = time * 2.0;
        let swell = libm::exp(-3.0 * beat.fract());
        let root = [110.0, 165.0, 92.5, 147.0][usize::try_from(frame / RATE / 2 % 4).unwrap_or(0)];
        let tone = |part: f64| libm::sin(time * root * part * std::f64::consts::TAU);
        let left = 0.15 * swell * (tone(1.0) + tone(1.5) + tone(2.5) + tone(4.0)) + 0.1 * swell * swell * noise;
        [left, 0.9 * left + 0.01 * noise]
    });
    #[expect(clippy::cast_possible_truncation, reason = "samples")]
    let data = data.map(|sample| sample as f32).collect();
    Samples {
        sample_rate: RATE,
        channels: 2,
        data,
    }
}

/// Ten times the same minute.
fn long(take: &[u8], format: Format) -> Vec<u8> {
    match format {
        Format::Wav => {
            let mut bytes = take[..44].to_vec();
            bytes.extend(take[44..].repeat(10));
            let length = u32::try_from(bytes.len() - 44).unwrap_or(u32::MAX);
            bytes[4..8].copy_from_slice(&(length + 36).to_le_bytes());
            bytes[40..44].copy_from_slice(&length.to_le_bytes());
            bytes
        }
        Format::Mp3 | Format::Pcm => take.repeat(10),
    }
}

/// How long it took each time, the shortest first.
fn heard(path: &Path) -> io::Result<Vec<Duration>> {
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let file = File::open(path)?;
        let clock = SystemClock::start();
        let probe = audio::probe_reader(file)?.map_err(io::Error::other)?;
        times.push(clock.elapsed());
        if probe.sound.tempo.is_none() {
            return Err(io::Error::other(format!("no tempo was heard: {probe:?}")));
        }
    }
    times.sort();
    Ok(times)
}

fn report(what: &str, times: &[Duration]) {
    println!(
        "{what}: median {} ms, {} to {} ms",
        times[ROUNDS / 2].as_millis(),
        times[0].as_millis(),
        times[ROUNDS - 1].as_millis()
    );
}
