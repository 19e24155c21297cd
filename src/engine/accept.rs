//! What arrived is a take only if it is sound: decodable, in a container it may come in, of a believable length.
//!
//! Knows nothing of how it arrived. Audio that is refused here stays on disk: it may have been paid for.

use crate::{
    audio::{self, Peaks, Probe, ProbeError, Sound},
    base::{
        audio_settings::{AudioSettings, Format},
        money::{Price, Usd},
        time::Timestamp,
        words,
    },
    catalog::{self, Model},
    engine::seam::{Answered, blocking},
    event::{Billed, FailureClass, StepFailure},
    plan::{RenderRequest, StoredTake},
    store::Store,
};
use std::{
    io::{self, Read, Seek},
    sync::Arc,
};

/// Channels of headerless samples. Nobody documents them; MiniMax's own player takes two.
const PCM_CHANNELS: u16 = 2;

/// What the bytes turned out to be.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Accepted {
    /// By its first bytes; the asked one for headerless samples.
    pub(super) format: Format,
    /// Measured on what decodes.
    pub(super) sound: Sound,
    /// Its outline.
    pub(super) peaks: Peaks,
}

impl Accepted {
    /// The take that the answer to a request is; `at` and `price` are when it was taken in and what was expected.
    pub(super) fn stored(
        &self,
        request: &RenderRequest,
        answered: &Answered,
        (at, price): (Timestamp, Price),
    ) -> StoredTake {
        StoredTake {
            key: request.key(),
            digest: answered.blob.digest,
            bytes: answered.blob.bytes,
            format: self.format,
            sound: self.sound,
            peaks: self.peaks.clone(),
            at,
            charged: answered.charged,
            price,
        }
    }
}

/// Looks at an answer that is in the store. A failure of class `Machine` says that it could not be looked at.
pub(super) async fn hear(
    store: &Arc<Store>,
    answered: &Answered,
    request: &RenderRequest,
) -> Result<Accepted, StepFailure> {
    let unable = |message: String| StepFailure::new(FailureClass::Machine, message);
    let model = catalog::model(&request.model).ok_or_else(|| unable("the model is not in the catalog".to_owned()))?;
    let (digest, asked) = (answered.blob.digest, request.audio);
    blocking(store, move |store| {
        let file = store.audio_file(digest).map_err(|error| unable(error.to_string()))?;
        listen(file, asked)
            .map_err(|error| unable(format!("cannot read stored audio: {error}")))
            .and_then(|probe| accept(probe, model))
    })
    .await
}

/// The failure of an answer that is no take, with what the answer says of its price.
pub(super) fn with_charge(failure: StepFailure, charged: Option<Usd>) -> StepFailure {
    match charged {
        Some(amount) if amount > Usd::ZERO => StepFailure {
            billed: Billed::Yes,
            charged,
            ..failure
        },
        _ => failure,
    }
}

/// Hears the whole answer; what fails is reading it.
fn listen(mut audio: impl Read + Seek + Send + Sync, asked: AudioSettings) -> io::Result<Result<Probe, ProbeError>> {
    let mut start = Vec::new();
    audio.by_ref().take(4).read_to_end(&mut start)?;
    audio.rewind()?;
    match asked.format {
        // Samples may begin like an mp3 frame by chance, but not like a wav or a tag.
        Format::Pcm if start != b"RIFF" && !start.starts_with(b"ID3") => {
            audio::probe_pcm_reader(audio, asked.sample_rate, PCM_CHANNELS)
        }
        _ => audio::probe_reader(audio),
    }
}

/// Whether what was heard is a take.
fn accept(heard: Result<Probe, ProbeError>, model: &Model) -> Result<Accepted, StepFailure> {
    let probe = heard.map_err(|error| refuse(&format!("the answer is {error}")))?;
    check_length(&probe, model)?;
    Ok(Accepted {
        format: probe.format,
        sound: probe.sound,
        peaks: probe.peaks,
    })
}

fn check_length(probe: &Probe, model: &Model) -> Result<(), StepFailure> {
    let (least, most) = model.take_seconds;
    if probe.sound.seconds < least {
        return Err(refuse(&format!(
            "the answer holds only {:.2} s of sound",
            probe.sound.seconds
        )));
    }
    if probe.sound.seconds > most {
        let length = words::length(probe.sound.seconds);
        return Err(refuse(&format!(
            "the answer holds {length} of sound, more than {} can make",
            model.id
        )));
    }
    Ok(())
}

fn refuse(message: &str) -> StepFailure {
    StepFailure::new(FailureClass::BadAnswer, message).billed(Billed::Unknown)
}

#[cfg(test)]
mod tests {
    use super::{Accepted, AudioSettings, Billed, FailureClass, Format, Model, StepFailure, audio, io, listen};
    use crate::{audio::Samples, catalog::model};

    const ASKED: AudioSettings = AudioSettings {
        format: Format::Mp3,
        sample_rate: 16_000,
        bitrate: 32_000,
    };

    /// What becomes of bytes that were asked for so.
    fn accept(bytes: &[u8], asked: AudioSettings, model: &Model) -> Result<Accepted, StepFailure> {
        let heard = listen(io::Cursor::new(bytes), asked).expect("it is in memory");
        super::accept(heard, model)
    }

    fn tone(seconds: f32, settings: AudioSettings) -> Vec<u8> {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a test tone"
        )]
        let data = (0..(seconds * settings.sample_rate as f32) as usize * 2).map(|n| libm::sinf(n as f32 * 0.05) / 3.0);
        audio::encode(
            &Samples {
                sample_rate: settings.sample_rate,
                channels: 2,
                data: data.collect(),
            },
            settings,
        )
    }

    #[test]
    fn music_is_taken_and_measured() {
        let accepted = accept(&tone(3.0, ASKED), ASKED, model("music-01").unwrap()).unwrap();
        assert_eq!(accepted.format, Format::Mp3);
        assert!((accepted.sound.seconds - 3.0).abs() < 0.1, "{:?}", accepted.sound);
    }

    #[test]
    fn another_container_than_asked_is_kept_for_what_it_is() {
        let wav = AudioSettings {
            format: Format::Wav,
            ..ASKED
        };
        let accepted = accept(&tone(3.0, wav), ASKED, model("music-01").unwrap()).unwrap();
        assert_eq!(accepted.format, Format::Wav);
    }

    #[test]
    fn an_answer_that_ends_early_is_a_take_and_is_known_to_be_damaged() {
        for format in [Format::Mp3, Format::Wav] {
            let asked = AudioSettings { format, ..ASKED };
            let whole = tone(4.0, asked);
            let half = accept(&whole[..whole.len() / 2], asked, model("music-01").unwrap()).unwrap();
            assert!(half.sound.damaged && (half.sound.seconds - 2.0).abs() < 0.2, "{half:?}");
            let whole = accept(&whole, asked, model("music-01").unwrap()).unwrap();
            assert!(!whole.sound.damaged, "{whole:?}");
        }
    }

    #[test]
    fn headerless_samples_are_measured_by_what_was_asked() {
        let pcm = AudioSettings {
            format: Format::Pcm,
            ..ASKED
        };
        let accepted = accept(&tone(3.0, pcm), pcm, model("music-01").unwrap()).unwrap();
        assert!((accepted.sound.seconds - 3.0).abs() < 0.01);
    }

    #[test]
    fn a_page_is_no_headerless_sound() {
        let pcm = AudioSettings {
            format: Format::Pcm,
            ..ASKED
        };
        let page = format!("<!DOCTYPE html><html>{}", "sorry ".repeat(40_000));
        let failure = accept(page.as_bytes(), pcm, model("music-01").unwrap()).unwrap_err();
        assert!(failure.message.contains("an HTML page"), "{}", failure.message);
    }

    #[test]
    fn a_page_a_blip_and_nothing_are_refused() {
        let page = "<!DOCTYPE html><html><body>Sorry</body></html>\n"
            .repeat(5_000)
            .into_bytes();
        let pcm = AudioSettings {
            format: Format::Pcm,
            ..ASKED
        };
        assert!(
            accept(&page, pcm, model("music-01").unwrap()).is_err(),
            "a page is no pcm either"
        );
        for bytes in [&page[..], &tone(0.2, ASKED), b""] {
            let failure = accept(bytes, ASKED, model("music-01").unwrap()).unwrap_err();
            assert_eq!(
                (failure.class, failure.billed),
                (FailureClass::BadAnswer, Billed::Unknown)
            );
        }
    }
}
