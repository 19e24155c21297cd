//! What the mouth does for each phone: resonances, how they widen, and how loud voice, breath and hiss are.
//!
//! The figures are those of a low voice speaking American English. Knows nothing of time or of other phones.

use crate::band::phone::{Phone, Stress};

/// Where a noise made in the mouth is heard: three bands of a centre and a width in Hz and a factor, and a factor for
/// noise as it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Hiss {
    pub(super) bands: [(f32, f32, f32); 3],
    pub(super) flat: f32,
}

/// One posture of the mouth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Posture {
    /// Centres of the three lowest resonances, Hz.
    pub(super) formants: [f32; 3],
    /// Their widths, Hz.
    pub(super) widths: [f32; 3],
    /// How far each formant is left to the neighbouring vowel, 0 to 1.
    pub(super) pliant: [f32; 3],
    /// Gain of the vocal cords.
    pub(super) voice: f32,
    /// Gain of breath through the whole throat.
    pub(super) breath: f32,
    /// Gain of the noise of the mouth.
    pub(super) hiss: f32,
    /// How open the nose is, 0 to 1.
    pub(super) nasal: f32,
}

const VOWEL: Posture = Posture {
    formants: [500.0, 1500.0, 2500.0],
    widths: [70.0, 90.0, 150.0],
    pliant: [0.0; 3],
    voice: 1.0,
    breath: 0.0,
    hiss: 0.0,
    nasal: 0.0,
};

/// A vowel held, and where it moves to if it is a diphthong. Without stress, `AH` is a schwa.
#[rustfmt::skip]
pub(super) fn vowel(phone: Phone, stress: Stress) -> (Posture, Option<Posture>) {
    let held = |formants, widths| Posture { formants, widths, ..VOWEL };
    let (first, then) = match phone {
        Phone::AA => (held([720.0, 1220.0, 2600.0], [110.0,  70.0, 160.0]), None),
        Phone::AE => (held([650.0, 1700.0, 2430.0], [ 80.0, 120.0, 220.0]), None),
        Phone::AH if stress == Stress::None => (held([500.0, 1400.0, 2500.0], [80.0, 60.0, 140.0]), None),
        Phone::AH => (held([620.0, 1240.0, 2550.0], [ 80.0,  60.0, 140.0]), None),
        Phone::AO => (held([600.0,  950.0, 2550.0], [ 90.0,  90.0, 100.0]), None),
        Phone::AW => (held([700.0, 1230.0, 2550.0], [ 80.0,  70.0, 140.0]), Some([420.0,  940.0, 2350.0])),
        Phone::AY => (held([700.0, 1200.0, 2550.0], [ 90.0,  70.0, 180.0]), Some([380.0, 1980.0, 2550.0])),
        Phone::EH => (held([560.0, 1750.0, 2500.0], [ 65.0,  90.0, 180.0]), None),
        Phone::ER => (held([470.0, 1270.0, 1560.0], [ 90.0,  65.0, 100.0]), None),
        Phone::EY => (held([480.0, 1880.0, 2520.0], [ 65.0, 100.0, 180.0]), Some([310.0, 2150.0, 2700.0])),
        Phone::IH => (held([440.0, 1780.0, 2500.0], [ 60.0, 100.0, 140.0]), None),
        Phone::IY => (held([290.0, 2200.0, 2980.0], [ 50.0, 140.0, 240.0]), None),
        Phone::OW => (held([530.0, 1050.0, 2350.0], [ 75.0,  70.0,  90.0]), Some([380.0,  850.0, 2300.0])),
        Phone::OY => (held([550.0,  920.0, 2450.0], [ 80.0,  60.0, 130.0]), Some([360.0, 1900.0, 2500.0])),
        Phone::UH => (held([450.0, 1100.0, 2350.0], [ 75.0,  90.0, 100.0]), None),
        _         => (held([330.0, 1000.0, 2250.0], [ 60.0,  90.0, 120.0]), None),
    };
    (first, then.map(|formants| Posture { formants, ..first }))
}

/// The posture of a consonant while it lasts: for a stop, while it is closed.
#[rustfmt::skip]
pub(super) fn consonant(phone: Phone) -> Posture {
    const LIPS: [f32; 3] = [0.0, 0.45, 0.4];
    const TEETH: [f32; 3] = [0.0, 0.2, 0.2];
    const PALATE: [f32; 3] = [0.0, 0.55, 0.3];
    let open = |formants, widths, voice| Posture { formants, widths, voice, pliant: [0.05, 0.1, 0.1], ..VOWEL };
    let hiss = |formants, widths, voice, hiss| Posture { formants, widths, voice, hiss, pliant: [0.1, 0.25, 0.3], ..VOWEL };
    let shut = |formants, voice, pliant| Posture { formants, widths: [90.0, 120.0, 200.0], voice, pliant, ..VOWEL };
    let nose = |formants, widths, pliant| Posture { formants, widths, voice: 0.75, nasal: 1.0, pliant, ..VOWEL };
    match phone {
        Phone::W  => open([290.0,  610.0, 2150.0], [50.0,  80.0,  70.0], 0.75),
        Phone::Y  => open([260.0, 2150.0, 3020.0], [45.0, 200.0, 350.0], 0.75),
        Phone::R  => open([310.0, 1100.0, 1420.0], [70.0, 100.0, 120.0], 0.8),
        Phone::L  => open([330.0, 1050.0, 2850.0], [50.0, 100.0, 240.0], 0.75),
        Phone::F  => hiss([340.0, 1100.0, 2080.0], [200.0, 120.0, 150.0], 0.0, 0.35),
        Phone::V  => hiss([240.0, 1100.0, 2080.0], [ 80.0, 100.0, 130.0], 0.45, 0.07),
        Phone::TH => hiss([320.0, 1290.0, 2540.0], [200.0,  90.0, 200.0], 0.0, 0.4),
        Phone::DH => hiss([270.0, 1290.0, 2540.0], [ 80.0, 100.0, 170.0], 0.45, 0.05),
        Phone::S  => hiss([320.0, 1450.0, 2530.0], [200.0,  90.0, 200.0], 0.0, 0.4),
        Phone::Z  => hiss([250.0, 1450.0, 2530.0], [ 70.0,  80.0, 180.0], 0.35, 0.18),
        Phone::SH => hiss([300.0, 1840.0, 2750.0], [200.0, 100.0, 300.0], 0.0, 0.5),
        Phone::ZH => hiss([260.0, 1840.0, 2750.0], [ 70.0, 100.0, 270.0], 0.35, 0.3),
        Phone::HH => Posture { breath: 0.6, voice: 0.0, pliant: [1.0; 3], ..VOWEL },
        Phone::M  => nose([480.0, 1150.0, 2130.0], [45.0, 180.0, 200.0], LIPS),
        Phone::N  => nose([480.0, 1500.0, 2500.0], [45.0, 250.0, 280.0], TEETH),
        Phone::NG => nose([480.0, 2000.0, 2750.0], [45.0, 200.0, 280.0], PALATE),
        Phone::B  => shut([200.0,  900.0, 2150.0], 0.25, LIPS),
        Phone::D  => shut([200.0, 1700.0, 2650.0], 0.25, TEETH),
        Phone::G  => shut([200.0, 2000.0, 2500.0], 0.25, PALATE),
        Phone::P  => shut([350.0,  900.0, 2150.0], 0.0, LIPS),
        Phone::T  => shut([350.0, 1700.0, 2650.0], 0.0, TEETH),
        Phone::K  => shut([300.0, 2000.0, 2500.0], 0.0, PALATE),
        Phone::CH => shut([320.0, 1800.0, 2750.0], 0.0, TEETH),
        Phone::JH => shut([220.0, 1800.0, 2750.0], 0.25, TEETH),
        _         => VOWEL,
    }
}

/// The noise of a fricative, or of a stop that opens beside a vowel whose second resonance is `second` Hz.
#[rustfmt::skip]
pub(super) fn hiss(phone: Phone, second: f32) -> Hiss {
    let bands = |bands, flat| Hiss { bands, flat };
    match phone {
        Phone::S | Phone::Z => bands([(5_200.0, 900.0, 0.8), (6_900.0, 1_400.0, 1.0), (8_500.0, 2_000.0, 0.5)], 0.01),
        Phone::SH | Phone::ZH | Phone::CH | Phone::JH =>
            bands([(2_700.0, 500.0, 0.9), (3_900.0, 900.0, 0.8), (5_400.0, 1_500.0, 0.5)], 0.01),
        Phone::F | Phone::V => bands([(1_200.0, 900.0, 0.1), (2_400.0, 1_500.0, 0.1), (7_500.0, 3_500.0, 0.15)], 0.15),
        Phone::TH | Phone::DH => bands([(1_500.0, 700.0, 0.05), (5_600.0, 2_500.0, 0.2), (7_600.0, 2_500.0, 0.3)], 0.08),
        Phone::T | Phone::D => bands([(3_700.0, 1_000.0, 0.6), (5_000.0, 1_500.0, 0.7), (6_800.0, 2_000.0, 0.5)], 0.03),
        Phone::K | Phone::G => bands([(second.clamp(1_100.0, 2_400.0) + 150.0, 250.0, 1.0), (3_700.0, 900.0, 0.15), (5_000.0, 1_500.0, 0.04)], 0.01),
        _ => bands([(700.0, 700.0, 0.6), (1_500.0, 1_200.0, 0.3), (3_500.0, 3_000.0, 0.06)], 0.04),
    }
}

/// Seconds a consonant takes where there is time for it.
pub(super) fn duration(phone: Phone) -> f64 {
    match phone {
        Phone::S | Phone::SH => 0.11,
        Phone::F | Phone::TH => 0.09,
        Phone::Z | Phone::ZH => 0.085,
        Phone::V | Phone::DH | Phone::R | Phone::W | Phone::Y | Phone::HH => 0.065,
        Phone::M | Phone::N | Phone::NG | Phone::L => 0.075,
        Phone::P | Phone::T | Phone::K => 0.06,
        _ => 0.055,
    }
}
