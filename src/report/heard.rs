//! What was measured of a sound, in the words and the small drawing that stand on a take's line.
//!
//! Pure. Knows nothing of takes, nor of how wide the line is.

use crate::{audio::Sound, base::words};

/// Steps of the drawing, from silence up.
const STEPS: [char; 5] = ['▁', '▂', '▃', '▅', '▇'];

/// `-13.1 LUFS`, or `silence`.
pub fn loudness(sound: &Sound) -> String {
    sound
        .loudness
        .map_or_else(|| "silence".to_owned(), |loudness| format!("{loudness:.1} LUFS"))
}

/// What is wrong with a sound, in a word each: `damaged`, `clipped 12`.
pub fn faults(sound: &Sound) -> Vec<String> {
    let damaged = sound.damaged.then(|| "damaged".to_owned());
    let clipped = sound.clipped.filter(|samples| *samples > 0);
    damaged
        .into_iter()
        .chain(clipped.map(|samples| format!("clipped {samples}")))
        .collect()
}

/// `0:58  -13.1 LUFS  damaged  clipped 12`.
pub fn line(sound: &Sound) -> String {
    let mut parts = vec![words::length(sound.seconds), loudness(sound)];
    parts.extend(faults(sound));
    parts.join("  ")
}

/// The outline of a sound, one character a part, as high as it is strong beside its own strongest part (the square of
/// how far it swings: music swings far nearly everywhere); nothing if it was not measured.
pub fn waveform(outline: &[u8]) -> String {
    let power = |swing: u8| usize::from(swing) * usize::from(swing);
    let strongest = outline.iter().copied().map(power).max().unwrap_or(0).max(1);
    let step = |swing: &u8| STEPS[(power(*swing) * STEPS.len() / strongest).min(STEPS.len() - 1)];
    outline.iter().map(step).collect()
}

/// What else was measured, each group under its label: `level` is `range 6.5 LU, true peak -1.0 dBTP`.
pub fn details(sound: &Sound) -> Vec<(&'static str, String)> {
    let one = |value: Option<f64>, unit: &str| value.map(|value| format!("{value:.1} {unit}"));
    let range = one(sound.range, "LU").map(|range| format!("range {range}"));
    let peak = one(sound.true_peak, "dBTP").map(|peak| format!("true peak {peak}"));
    let before = one(sound.silence_before, "s").map(|length| format!("{length} before"));
    let after = one(sound.silence_after, "s").map(|length| format!("{length} after"));
    let tempo = sound.tempo.map(|tempo| format!("{tempo} bpm"));
    let key = sound.musical_key.map(|key| key.to_string());
    let joined = |parts: [Option<String>; 2]| parts.into_iter().flatten().collect::<Vec<_>>().join(", ");
    vec![
        ("level", joined([range, peak])),
        ("silence", joined([before, after])),
        ("music", joined([tempo, key])),
        ("faults", faults(sound).join(", ")),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_waveform_is_as_high_as_the_sound_swings() {
        assert_eq!(waveform(&[0, 50, 60, 90, 110, 127, 127]), "▁▁▂▃▅▇▇");
        assert_eq!(waveform(&[0, 2, 3, 4]), "▁▂▃▇", "a quiet take has a shape too");
        assert_eq!(waveform(&[0, 0]), "▁▁", "silence");
        assert_eq!(waveform(&[]), "", "not measured");
    }

    #[test]
    fn what_is_wrong_stands_on_the_line() {
        let sound = Sound {
            seconds: 57.6,
            loudness: Some(-13.14),
            clipped: Some(12),
            damaged: true,
            ..Sound::default()
        };
        assert_eq!(line(&sound), "0:58  -13.1 LUFS  damaged  clipped 12");
        let fine = Sound {
            clipped: Some(0),
            damaged: false,
            ..sound
        };
        assert_eq!(line(&fine), "0:58  -13.1 LUFS");
    }
}
