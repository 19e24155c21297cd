//! What every floor may use: places in files, complaints, names, digests, money, time, words.
//!
//! Knows nothing of pipelines, files on disk, networks or terminals.

pub mod audio_settings;
pub mod crash;
pub mod diagnostic;
pub mod digest;
pub mod door;
pub mod ids;
pub mod money;
pub mod scalar;
pub mod secret;
pub mod span;
pub mod time;
pub mod words;
