//! The sounds of English by their `ARPAbet` names, and syllables made of them.
//!
//! Knows nothing of spelling, notes or samples: words are turned into syllables elsewhere, and a voice sings them.

/// One of the 39 phones the pronouncing dictionary writes words with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[rustfmt::skip]
pub(super) enum Phone {
    AA, AE, AH, AO, AW, AY, EH, ER, EY, IH, IY, OW, OY, UH, UW,
    B, CH, D, DH, F, G, HH, JH, K, L, M, N, NG, P, R, S, SH, T, TH, V, W, Y, Z, ZH,
}

/// How a phone is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    /// An open mouth.
    Vowel,
    /// Closed, then a burst.
    Stop,
    /// Closed, then a hiss.
    Affricate,
    /// A hiss, or the breath of `HH`.
    Fricative,
    /// Through the nose.
    Nasal,
    /// `L`, `R`, `W` and `Y`: a vowel in passing.
    Approximant,
}

impl Phone {
    /// All of them: the vowels first, each kind in alphabetical order. A phone stands at the index `phone as usize`.
    #[rustfmt::skip]
    pub(super) const ALL: [Self; 39] = [
        Self::AA, Self::AE, Self::AH, Self::AO, Self::AW, Self::AY, Self::EH, Self::ER, Self::EY, Self::IH, Self::IY,
        Self::OW, Self::OY, Self::UH, Self::UW,
        Self::B, Self::CH, Self::D, Self::DH, Self::F, Self::G, Self::HH, Self::JH, Self::K, Self::L, Self::M,
        Self::N, Self::NG, Self::P, Self::R, Self::S, Self::SH, Self::T, Self::TH, Self::V, Self::W, Self::Y,
        Self::Z, Self::ZH,
    ];

    /// The names of [`Phone::ALL`].
    #[rustfmt::skip]
    const NAMES: [&str; 39] = [
        "AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW",
        "B", "CH", "D", "DH", "F", "G", "HH", "JH", "K", "L", "M", "N", "NG", "P", "R", "S", "SH", "T", "TH", "V", "W",
        "Y", "Z", "ZH",
    ];

    /// Reads a name like `AA` or `NG`, without the digit of a stress.
    pub(super) fn parse(name: &str) -> Option<Self> {
        let index = Self::NAMES.iter().position(|known| *known == name)?;
        Some(Self::ALL[index])
    }

    pub(super) fn manner(self) -> Manner {
        match self {
            Self::B | Self::D | Self::G | Self::K | Self::P | Self::T => Manner::Stop,
            Self::CH | Self::JH => Manner::Affricate,
            Self::DH | Self::F | Self::HH | Self::S | Self::SH | Self::TH | Self::V | Self::Z | Self::ZH => {
                Manner::Fricative
            }
            Self::M | Self::N | Self::NG => Manner::Nasal,
            Self::L | Self::R | Self::W | Self::Y => Manner::Approximant,
            _ => Manner::Vowel,
        }
    }

    pub(super) fn is_vowel(self) -> bool {
        self.manner() == Manner::Vowel
    }

    /// Whether the vocal cords sound.
    pub(super) fn is_voiced(self) -> bool {
        !matches!(
            self,
            Self::CH | Self::F | Self::HH | Self::K | Self::P | Self::S | Self::SH | Self::T | Self::TH
        )
    }
}

/// How much weight a syllable has in its word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Stress {
    #[default]
    None,
    Secondary,
    Primary,
}

/// One syllable: what stands before its vowel, the vowel, and what stands after it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Syllable {
    pub(super) onset: Vec<Phone>,
    /// A vowel; it is what a note holds.
    pub(super) nucleus: Phone,
    pub(super) coda: Vec<Phone>,
    pub(super) stress: Stress,
}

impl Syllable {
    /// A vowel alone.
    pub(super) fn open(nucleus: Phone) -> Self {
        Self {
            onset: Vec::new(),
            nucleus,
            coda: Vec::new(),
            stress: Stress::None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_phone_has_a_name_and_a_place() {
        for (index, phone) in Phone::ALL.into_iter().enumerate() {
            assert_eq!(phone as usize, index);
            assert_eq!(Phone::parse(Phone::NAMES[index]), Some(phone));
            assert_eq!(format!("{phone:?}"), Phone::NAMES[index]);
        }
        for unknown in ["", "A", "aa", "AA1", "SIL"] {
            assert_eq!(Phone::parse(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn fifteen_vowels_come_first_and_all_of_them_sound() {
        let (vowels, others) = Phone::ALL.split_at(15);
        assert!(vowels.iter().all(|phone| phone.is_vowel() && phone.is_voiced()));
        assert!(!others.iter().any(|phone| phone.is_vowel()));
        let silent = others.iter().filter(|phone| !phone.is_voiced()).count();
        assert_eq!(silent, 9);
    }
}
