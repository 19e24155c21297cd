//! The table of models.

use super::{AudioRule, BackendKind, LyricRule, Model, PriceTag, ReferenceRule, Status};
use crate::base::{
    audio_settings::{AudioSettings, Format},
    money::Usd,
};

/// Every model this version can drive.
pub fn models() -> &'static [Model] {
    &[MUSIC_01]
}

/// MiniMax `music-01`: upload a reference, then one blocking call that answers with hex audio.
const MUSIC_01: Model = Model {
    id: "music-01",
    aliases: &["minimax/music-01"],
    backends: &[BackendKind::Sandbox, BackendKind::Aimlapi],
    contract: 1,
    // 200 is MiniMax's own limit; 350 to 400 is what resellers pass on; 600 is AI/ML API's prose.
    lyrics: LyricRule {
        required: true,
        sure: 200,
        likely: 400,
        most: 600,
    },
    audio: AudioRule {
        formats: &[Format::Mp3, Format::Wav, Format::Pcm],
        sample_rates: &[16_000, 24_000, 32_000, 44_100],
        bitrates: &[32_000, 64_000, 128_000, 256_000],
        default: AudioSettings {
            format: Format::Mp3,
            sample_rate: 44_100,
            bitrate: 256_000,
        },
    },
    // "longer than 10s and no more than 10 minutes" (documented).
    references: ReferenceRule {
        at_least_one: true,
        longer_than: 10.0,
        at_most: 600.0,
    },
    // "no more than 1 minute" (documented). The upper bound here only catches nonsense: what was paid for is kept.
    take_seconds: (0.5, 180.0),
    usual_seconds: 55,
    price: Some(PriceTag {
        amount: Usd::from_nanos(31_500_000),
        date: "2025-01-15",
        source: "AI/ML API documentation: 63,000 credits at $1 = 2,000,000",
    }),
    status: Status::Withdrawn {
        since: "2026-08-17",
        successor: "minimax/music-2.6",
    },
};
