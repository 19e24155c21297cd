//! Loudness, its range and the true peak (EBU R 128), fed piece by piece.
//!
//! They are most of the work of measuring, so that of a long sound they are measured beside the rest.

use std::mem;
use std::sync::mpsc::{self, SyncSender};
use std::thread::{self, JoinHandle};

use ebur128::{EbuR128, Mode};

use super::Samples;

/// Samples in a piece. What is shorter is not worth a thread.
const PIECE: usize = 1 << 16;

/// Pieces that may wait for the meter.
const WAITING: usize = 4;

/// What a meter found.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Loudness {
    /// LUFS; none if everything was silent or shorter than 0.4 s.
    pub(super) integrated: Option<f64>,
    /// LU; none if there is no loudness either.
    pub(super) range: Option<f64>,
    /// dBTP of the loudest channel; none for digital silence.
    pub(super) true_peak: Option<f64>,
}

/// Gathers loudness over any number of pieces, in memory that does not grow with them.
pub(super) struct Meter {
    sample_rate: u32,
    channels: u16,
    /// Samples that are not measured yet.
    begun: Vec<f32>,
    place: Place,
}

/// Where it is measured.
enum Place {
    /// Nowhere yet: it may be short.
    Nowhere,
    /// In this thread, since there is no other.
    Here(EbuR128),
    /// In a thread of its own, which ends when nothing more can come.
    There {
        pieces: SyncSender<Vec<f32>>,
        meter: JoinHandle<EbuR128>,
    },
    /// No meter takes such a rate or so many channels.
    Impossible,
}

impl Meter {
    /// A meter for interleaved samples. One of a rate or channels no meter takes measures nothing.
    pub(super) fn new(sample_rate: u32, channels: u16) -> Self {
        Self {
            sample_rate,
            channels,
            begun: Vec::new(),
            place: Place::Nowhere,
        }
    }

    /// Adds interleaved samples, which must be sane.
    pub(super) fn add(&mut self, samples: &[f32]) {
        self.begun.extend_from_slice(samples);
        if self.begun.len() >= PIECE {
            let piece = mem::take(&mut self.begun);
            if matches!(self.place, Place::Nowhere) {
                self.place = self.beside().unwrap_or_else(|| self.here());
            }
            self.measure(piece);
        }
    }

    /// What was found.
    pub(super) fn finish(mut self) -> Loudness {
        if matches!(self.place, Place::Nowhere) {
            self.place = self.here();
        }
        let rest = mem::take(&mut self.begun);
        self.measure(rest);
        let state = match self.place {
            Place::Here(state) => Some(state),
            Place::There { pieces, meter } => {
                drop(pieces);
                meter.join().ok()
            }
            Place::Nowhere | Place::Impossible => None,
        };
        state.map_or_else(Loudness::default, |state| told(&state, self.channels))
    }

    fn here(&self) -> Place {
        self.state().map_or(Place::Impossible, Place::Here)
    }

    /// Begins a thread; none if there can be none.
    fn beside(&self) -> Option<Place> {
        let mut state = self.state()?;
        let (pieces, coming) = mpsc::sync_channel::<Vec<f32>>(WAITING);
        let measure = move || {
            for piece in coming {
                feed(&mut state, &piece);
            }
            state
        };
        let meter = thread::Builder::new().name("loudness".to_owned()).spawn(measure);
        Some(Place::There {
            pieces,
            meter: meter.ok()?,
        })
    }

    fn state(&self) -> Option<EbuR128> {
        let mode = Mode::I | Mode::LRA | Mode::TRUE_PEAK | Mode::HISTOGRAM;
        EbuR128::new(self.channels.into(), self.sample_rate, mode).ok()
    }

    fn measure(&mut self, piece: Vec<f32>) {
        match &mut self.place {
            Place::Here(state) => feed(state, &piece),
            // It ends early only by a panic, which joining it shows.
            Place::There { pieces, .. } => drop(pieces.send(piece)),
            Place::Nowhere | Place::Impossible => {}
        }
    }
}

/// Fails on a partial frame only; then the piece is not counted.
fn feed(state: &mut EbuR128, piece: &[f32]) {
    let _ = state.add_frames_f32(piece);
}

fn told(state: &EbuR128, channels: u16) -> Loudness {
    let integrated = state.loudness_global().ok().and_then(known);
    let range = state.loudness_range().ok().and_then(known);
    let peaks = (0..channels).filter_map(|channel| state.true_peak(channel.into()).ok());
    Loudness {
        integrated,
        range: integrated.and(range),
        true_peak: known(20.0 * libm::log10(peaks.fold(0.0, f64::max))),
    }
}

/// Rounded to a hundredth, which is more than anybody hears.
fn known(measure: f64) -> Option<f64> {
    measure.is_finite().then(|| (measure * 100.0).round() / 100.0)
}

/// Integrated loudness in LUFS; none for silence and for less than 0.4 s of sound.
pub fn loudness(samples: &Samples) -> Option<f64> {
    let mut state = EbuR128::new(u32::from(samples.channels), samples.sample_rate, Mode::I).ok()?;
    state.add_frames_f32(&samples.data).ok()?;
    state.loudness_global().ok().filter(|loudness| loudness.is_finite())
}
