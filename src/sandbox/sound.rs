//! From an admitted request to the bytes of a take.
//!
//! Knows nothing of HTTP. The same [`Play`] gives the same bytes on every machine; as many are rendered at a time as
//! there are cores.

use super::{
    options::{Options, Sound},
    pickup::{PickUp, References},
    request::Asked,
    server::Reference,
};
use crate::{
    audio::{self, Samples},
    band,
    base::audio_settings::AudioSettings,
    catalog::SCRATCH_LABEL,
};
use axum::body::Bytes;
use tokio::{sync::Semaphore, task};

/// What the tone of [`Sound::Beep`] lasts, in seconds.
const BEEP_SECONDS: u32 = 2;
/// What that of [`Sound::Drone`] lasts: a reference must be longer than ten seconds.
const DRONE_SECONDS: u32 = 11;

/// One take to render.
#[derive(Clone, Debug)]
pub(super) struct Play {
    sound: Sound,
    request: band::Request,
    pick_up: PickUp,
    settings: AudioSettings,
    /// Keep only the first 0.2 seconds.
    short: bool,
}

/// A rendered take.
#[derive(Clone, Debug)]
pub(super) struct Take {
    pub(super) audio: Bytes,
    pub(super) milliseconds: u64,
    pub(super) channels: u16,
    /// What it took from its references; none if the band did not play it.
    pub(super) picked_up: Option<String>,
}

impl Play {
    /// `chance` is the seed, and whether only the first 0.2 seconds are kept.
    pub(super) fn new(
        options: &Options,
        asked: &Asked,
        references: &[Option<Reference>; 2],
        (seed, short): (u64, bool),
    ) -> Self {
        let [voice, instrumental] = references
            .each_ref()
            .map(|found| found.as_ref().map(|found| &*found.heard));
        let pick_up = PickUp::of(References { voice, instrumental }, asked.wishes);
        Self {
            sound: options.sound,
            request: band::Request {
                lyrics: asked.lyrics.clone(),
                voice: asked.voice.is_some(),
                band: asked.instrumental.is_some(),
                sample_rate: asked.audio.sample_rate,
                seed,
                feel: pick_up.feel,
                bed: None,
            },
            pick_up,
            settings: asked.audio,
            short,
        }
    }

    /// Renders it on a thread of its own; nothing if rendering failed.
    pub(super) async fn perform(self, cores: &Semaphore) -> Option<Take> {
        let _core = cores.acquire().await.ok()?;
        task::spawn_blocking(move || self.render()).await.ok()
    }

    fn render(mut self) -> Take {
        let (mut samples, picked_up) = match self.sound {
            Sound::Band => {
                self.request.bed = self.pick_up.bed();
                let take = band::render(&self.request);
                let told = self.pick_up.told(&take);
                (take.samples, Some(told))
            }
            Sound::Beep => (tone(&self.request, BEEP_SECONDS), None),
            Sound::Drone => (tone(&self.request, DRONE_SECONDS), None),
        };
        if self.short {
            let kept = usize::from(samples.channels) * samples.sample_rate as usize / 5;
            samples.data.truncate(kept);
        }
        let frames = samples.data.len() as u64 / u64::from(samples.channels.max(1));
        Take {
            milliseconds: frames * 1000 / u64::from(samples.sample_rate.max(1)),
            channels: samples.channels,
            audio: self.encode(&samples, picked_up.as_deref()).into(),
            picked_up,
        }
    }

    fn encode(&self, samples: &Samples, picked_up: Option<&str>) -> Vec<u8> {
        let bytes = audio::encode(samples, self.settings);
        let comment = picked_up.map_or_else(|| SCRATCH_LABEL.to_owned(), |said| format!("{SCRATCH_LABEL}; {said}"));
        audio::tag_scratch(&bytes, self.settings.format, &comment)
    }
}

/// A tone whose pitch follows from the seed.
fn tone(request: &band::Request, seconds: u32) -> Samples {
    let rate = f64::from(request.sample_rate);
    let cents = u16::try_from(request.seed % 36_000).expect("less than 36,000");
    let step = (220.0 + f64::from(cents) / 100.0) * std::f64::consts::TAU / rate;
    #[expect(clippy::cast_possible_truncation, reason = "a sample needs no more digits")]
    let sample = |frame: u32| (libm::sin(f64::from(frame) * step) * 0.3) as f32;
    Samples {
        sample_rate: request.sample_rate,
        channels: 2,
        data: (0..request.sample_rate * seconds)
            .flat_map(|frame| [sample(frame); 2])
            .collect(),
    }
}
