//! What is being rendered while the process dies.

use crate::api::Terms;
use std::time::Duration;
use takesheet::sandbox::Sound;

/// One pipeline and one account.
#[derive(Clone, Copy)]
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) pipeline: &'static str,
    /// Its takes by name, and which of them are one purchase because they ask for the same: the same number.
    pub(crate) takes: &'static [(&'static str, u8)],
    pub(crate) terms: Terms,
}

impl std::fmt::Debug for Scenario {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {:?}", self.name, self.terms)
    }
}

impl Scenario {
    /// How many purchases it takes.
    pub(crate) fn keys(&self) -> usize {
        let mut keys: Vec<_> = self.takes.iter().map(|(_, key)| key).collect();
        keys.sort_unstable();
        keys.dedup();
        keys.len()
    }

    pub(crate) const fn with_faults(self, faults: &'static [&'static str]) -> Self {
        let terms = Terms { faults, ..self.terms };
        Self { terms, ..self }
    }

    pub(crate) const fn with_late_logs(self) -> Self {
        let terms = Terms {
            logs_at_once: false,
            ..self.terms
        };
        Self { terms, ..self }
    }

    pub(crate) const fn with_silent_costs(self) -> Self {
        let terms = Terms {
            says_cost: false,
            ..self.terms
        };
        Self { terms, ..self }
    }

    pub(crate) const fn with_delay(self, delay: Duration) -> Self {
        let terms = Terms { delay, ..self.terms };
        Self { terms, ..self }
    }
}

const PLAIN: Terms = Terms {
    faults: &[],
    delay: Duration::from_millis(15),
    sound: Sound::Beep,
    logs_at_once: true,
    says_cost: true,
};

/// Three takes of two songs; two references, one of which yields two ids.
pub(crate) const SONGS: Scenario = Scenario {
    name: "songs",
    pipeline: "\
version: 1
name: kills
backends: { aimlapi: { patience: 0s } }
backend: aimlapi
references:
  demo: { file: refs/demo.wav, purpose: song }
  vox: { file: refs/vox.wav, purpose: voice }
audio:
  draft: { format: wav, sample_rate: 16000 }
lyrics:
  chorus:
    matrix: { city: [Lisbon, Osaka] }
    template: |
      Lights of {{city}}, low and wide.
  verse:
    template: |
      One line and nothing more.
songs:
  hook: { lyrics: chorus, voice: vox, instrumental: demo, audio: draft }
  hum: { lyrics: verse, voice: vox, audio: draft }
limits: { concurrency: 2 }
",
    takes: &[
        ("songs.hook[city=Lisbon]#1", 0),
        ("songs.hook[city=Osaka]#1", 1),
        ("songs.hum#1", 2),
    ],
    terms: PLAIN,
};

/// One take: the shortest run.
pub(crate) const SINGLE: Scenario = Scenario {
    name: "single",
    pipeline: "\
version: 1
name: kills
backends: { aimlapi: { patience: 0s } }
backend: aimlapi
references:
  demo: { file: refs/demo.wav, purpose: instrumental }
audio:
  draft: { format: wav, sample_rate: 16000 }
lyrics:
  verse:
    template: |
      One line and nothing more.
songs:
  hook: { lyrics: verse, instrumental: demo, audio: draft }
",
    takes: &[("songs.hook#1", 0)],
    terms: PLAIN,
};

/// Two songs that ask for the same: one purchase.
pub(crate) const TWINS: Scenario = Scenario {
    name: "twins",
    pipeline: "\
version: 1
name: kills
backends: { aimlapi: { patience: 0s } }
backend: aimlapi
references:
  demo: { file: refs/demo.wav, purpose: instrumental }
audio:
  draft: { format: wav, sample_rate: 16000 }
lyrics:
  verse:
    template: |
      One line and nothing more.
songs:
  castor: { lyrics: verse, instrumental: demo, audio: draft, takes: 2 }
  pollux: { lyrics: verse, instrumental: demo, audio: draft, takes: 2 }
limits: { concurrency: 4 }
",
    takes: &[
        ("songs.castor#1", 0),
        ("songs.castor#2", 1),
        ("songs.pollux#1", 0),
        ("songs.pollux#2", 1),
    ],
    terms: PLAIN,
};

/// A take that is the reference of the next one.
pub(crate) const CHAIN: Scenario = Scenario {
    name: "chain",
    pipeline: "\
version: 1
name: kills
backends: { aimlapi: { patience: 0s } }
backend: aimlapi
references:
  demo: { file: refs/demo.wav, purpose: instrumental }
  bed: { from: 'songs.bed#1', purpose: instrumental }
audio:
  draft: { format: mp3, sample_rate: 16000, bitrate: 32000 }
lyrics:
  hum: { template: '## la la la ##' }
  verse: { template: One line and nothing more. }
songs:
  bed: { lyrics: hum, instrumental: demo, audio: draft }
  song: { lyrics: verse, instrumental: bed, audio: draft }
",
    takes: &[("songs.bed#1", 0), ("songs.song#1", 1)],
    terms: Terms {
        sound: Sound::Drone,
        ..PLAIN
    },
};
