//! What a take must measure to be accepted, and in what it falls short.
//!
//! Pure. Gates are no part of a request: changing them buys nothing by itself, and what was bought stays what it is.

use crate::audio::Sound;
use serde::{Deserialize, Serialize};

/// `accept:`. The default asks for nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Gates {
    /// Its length in seconds.
    pub duration: Bounds,
    /// Its loudness in LUFS.
    pub loudness: Bounds,
    /// The most seconds of silence at either end.
    pub silence: Option<f64>,
    /// The most samples that are cut off at full scale.
    pub clipping: Option<u64>,
    /// How often a take outside is bought again, at most.
    pub retake: u32,
}

/// The least and the most, both included.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bounds {
    /// The least.
    pub min: Option<f64>,
    /// The most.
    pub max: Option<f64>,
}

/// What is measured at a gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Seconds.
    Duration,
    /// LUFS.
    Loudness,
    /// Seconds of silence before the first sound.
    SilenceBefore,
    /// Seconds of silence after the last sound.
    SilenceAfter,
    /// Clipped samples.
    Clipping,
}

/// One gate that a take does not pass.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Miss {
    /// Which.
    pub measure: Measure,
    /// What was measured; none is the loudness of silence.
    pub found: Option<f64>,
    /// The bound that it misses.
    pub asked: f64,
    /// The bound is the most there may be, not the least.
    pub is_most: bool,
}

impl Gates {
    /// The most that `retake` may be: whatever a pipeline says, a take is bought this often more and no more.
    pub const MOST_RETAKES: u32 = 5;

    /// Whether anything is asked of a take.
    pub fn asks(&self) -> bool {
        *self
            != Self {
                retake: self.retake,
                ..Self::default()
            }
    }

    /// Every gate that a sound does not pass. What was not measured misses nothing.
    pub fn misses(&self, sound: &Sound) -> Vec<Miss> {
        let mut misses = Vec::new();
        misses.extend(self.duration.miss(Measure::Duration, Some(sound.seconds)));
        misses.extend(self.loudness.miss(Measure::Loudness, sound.loudness));
        let most = |most| Bounds { min: None, max: most };
        for (measure, found) in [
            (Measure::SilenceBefore, sound.silence_before),
            (Measure::SilenceAfter, sound.silence_after),
        ] {
            misses.extend(found.and_then(|found| most(self.silence).miss(measure, Some(found))));
        }
        #[expect(clippy::cast_precision_loss, reason = "a count of samples is far below 2^53")]
        let (allowed, clipped) = (
            self.clipping.map(|most| most as f64),
            sound.clipped.map(|count| count as f64),
        );
        misses.extend(clipped.and_then(|found| most(allowed).miss(Measure::Clipping, Some(found))));
        misses
    }
}

impl Bounds {
    /// The bound that a value misses. No loudness is that of silence, which is below any.
    fn miss(self, measure: Measure, found: Option<f64>) -> Option<Miss> {
        let value = found.unwrap_or(f64::NEG_INFINITY);
        let too_little = self.min.filter(|least| value < *least).map(|asked| (asked, false));
        let (asked, is_most) =
            too_little.or_else(|| self.max.filter(|most| value > *most).map(|asked| (asked, true)))?;
        Some(Miss {
            measure,
            found,
            asked,
            is_most,
        })
    }
}

/// `8.2 s, less than 20 s asked`.
impl std::fmt::Display for Miss {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (unit, what) = match self.measure {
            Measure::Duration => (" s", ""),
            Measure::Loudness => (" LUFS", ""),
            Measure::SilenceBefore => (" s", " of silence before it"),
            Measure::SilenceAfter => (" s", " of silence after it"),
            Measure::Clipping => ("", " clipped samples"),
        };
        match self.found {
            Some(found) => write!(f, "{}{unit}{what}", beside(found, self.asked))?,
            None => f.write_str("silent")?,
        }
        let side = if self.is_most { "more" } else { "less" };
        write!(f, ", {side} than {}{unit} asked", plain(self.asked))
    }
}

/// In a few words, all of them: `8.2 s, less than 20 s asked; 12 clipped samples, more than 0 asked`.
pub fn all_misses(misses: &[Miss]) -> String {
    let all: Vec<String> = misses.iter().map(ToString::to_string).collect();
    all.join("; ")
}

/// A measure, to as many digits as it takes to look unlike the bound that it misses.
fn beside(found: f64, asked: f64) -> String {
    let digits = (1..4).find(|digits| (found - asked).abs() >= 0.5 * 10_f64.powi(-digits));
    plain_to(found, digits.unwrap_or(4))
}

fn plain(value: f64) -> String {
    plain_to(value, 3)
}

fn plain_to(value: f64, digits: i32) -> String {
    let text = format!("{value:.*}", usize::try_from(digits).unwrap_or_default());
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(seconds: f64) -> Sound {
        Sound {
            seconds,
            loudness: Some(-14.0),
            ..Sound::default()
        }
    }

    fn said(gates: Gates, sound: &Sound) -> String {
        all_misses(&gates.misses(sound))
    }

    fn bounds(min: f64, max: f64) -> Bounds {
        Bounds {
            min: Some(min),
            max: Some(max),
        }
    }

    #[test]
    fn a_bound_is_met_by_itself_and_missed_by_anything_beyond() {
        let gates = Gates {
            duration: bounds(20.0, 45.0),
            ..Gates::default()
        };
        for within in [20.0, 33.3, 45.0] {
            assert_eq!(said(gates, &heard(within)), "", "{within}");
        }
        assert_eq!(said(gates, &heard(8.2)), "8.2 s, less than 20 s asked");
        assert_eq!(said(gates, &heard(19.997)), "19.997 s, less than 20 s asked");
        assert_eq!(said(gates, &heard(60.04)), "60 s, more than 45 s asked");
    }

    #[test]
    fn silence_has_less_loudness_than_any_and_not_too_much() {
        let quiet = Sound {
            loudness: None,
            ..heard(30.0)
        };
        let loudness = bounds(-18.0, -10.0);
        let gates = Gates {
            loudness,
            ..Gates::default()
        };
        assert_eq!(said(gates, &quiet), "silent, less than -18 LUFS asked");
        let at_most = Bounds { min: None, ..loudness };
        let gates = Gates {
            loudness: at_most,
            ..Gates::default()
        };
        assert_eq!(said(gates, &quiet), "");
        assert_eq!(
            said(
                gates,
                &Sound {
                    loudness: Some(-6.04),
                    ..quiet
                }
            ),
            "-6 LUFS, more than -10 LUFS asked"
        );
    }

    #[test]
    fn what_was_never_measured_misses_nothing() {
        let gates = Gates {
            silence: Some(0.5),
            clipping: Some(0),
            ..Gates::default()
        };
        assert!(gates.asks());
        assert_eq!(said(gates, &heard(30.0)), "");
        let measured = Sound {
            silence_before: Some(0.4),
            silence_after: Some(3.1),
            clipped: Some(12),
            ..heard(30.0)
        };
        assert_eq!(
            said(gates, &measured),
            "3.1 s of silence after it, more than 0.5 s asked; 12 clipped samples, more than 0 asked"
        );
        let only_retakes = Gates {
            retake: 3,
            ..Gates::default()
        };
        assert!(!only_retakes.asks());
    }
}
