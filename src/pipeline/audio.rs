//! Audio settings: from a name or in place, held against what the model takes, defaults filled in.

use super::{codes, context::Context, tree};
use crate::{
    base::{
        audio_settings::{AudioSettings, Format},
        diagnostic::Diagnostic,
        words,
    },
    catalog::{self, Model},
    document::Node,
};

/// The settings that `choice` names or holds; the model's own without one. Nothing after a complaint.
pub(super) fn choose(
    choice: Option<&Node>,
    root: &Node,
    model: &Model,
    context: &mut Context<'_>,
) -> Option<AudioSettings> {
    let Some(choice) = choice else {
        return Some(model.audio.default);
    };
    if tree::is_map(choice) {
        return settings(choice, model, context);
    }
    let name = tree::text(choice)?;
    let entries = tree::section(root, "audio");
    if let Some(entry) = entries.iter().find(|entry| entry.key == name) {
        return settings(&entry.value, model, context);
    }
    let diagnostic = Diagnostic::error(
        codes::UNKNOWN_AUDIO,
        choice.span,
        format!("there is no `{name}` under `audio`"),
    );
    let known: Vec<_> = entries.iter().map(|entry| &*entry.key).collect();
    context.complain(match words::nearest(&name, known.iter().copied()) {
        Some(near) => diagnostic.patch(format!("did you mean `{near}`?"), choice.span, near),
        None if known.is_empty() => {
            diagnostic.help("declare it under `audio:`, or write the settings here: `{ format: mp3 }`")
        }
        None => diagnostic.help(format!("`audio` has {}", words::ticked(&known))),
    });
    None
}

/// Settings written as a map, held against what the model takes.
pub(super) fn settings(node: &Node, model: &Model, context: &mut Context<'_>) -> Option<AudioSettings> {
    let before = context.found.counts().0;
    let rule = model.audio;
    let mut settings = rule.default;
    if let Some(value) = tree::field(node, "format")
        && let Some(format) = tree::text(value).and_then(|word| Format::parse(&word))
    {
        settings.format = format;
        if !rule.formats.contains(&format) {
            let words: Vec<_> = rule.formats.iter().map(|format| format.word()).collect();
            context.complain(
                Diagnostic::error(
                    codes::AUDIO_SETTING,
                    value.span,
                    format!("{} does not take the format `{}`", model.id, format.word()),
                )
                .help(format!("it takes {}", words::ticked(&words))),
            );
        }
    }
    if let Some(rate) = number(node, "sample_rate", rule.sample_rates, model, context) {
        settings.sample_rate = rate;
    }
    if let Some(rate) = number(node, "bitrate", rule.bitrates, model, context) {
        settings.bitrate = rate;
    }
    if context.found.counts().0 > before {
        return None;
    }
    warn(node, settings, context);
    Some(settings)
}

fn number(node: &Node, key: &str, known: &[u32], model: &Model, context: &mut Context<'_>) -> Option<u32> {
    let value = tree::field(node, key)?;
    let written = tree::integer(value)?;
    if let Some(known) = known.iter().find(|known| i64::from(**known) == written) {
        return Some(*known);
    }
    let all: Vec<_> = known.iter().map(u32::to_string).collect();
    let diagnostic = Diagnostic::error(
        codes::AUDIO_SETTING,
        value.span,
        format!("{} does not take a {key} of {written}", model.id),
    )
    .help(format!("it takes {}", words::ticked(&all)));
    let meant = known
        .iter()
        .find(|known| written.checked_mul(1000) == Some(i64::from(**known)));
    context.complain(match meant {
        Some(meant) => diagnostic.patch(format!("did you mean {meant}?"), value.span, meant.to_string()),
        None => diagnostic,
    });
    None
}

/// Says what the settings come to, if it is not what they say: whoever renders, before anything is bought.
fn warn(node: &Node, settings: AudioSettings, context: &mut Context<'_>) {
    let bitrate = tree::field(node, "bitrate");
    if settings.format != Format::Mp3 {
        if let Some(bitrate) = bitrate {
            context.complain(
                Diagnostic::warning(
                    codes::AUDIO_SETTING_IGNORED,
                    bitrate.span,
                    format!("a bitrate has no meaning for {}", settings.format.word()),
                )
                .help("remove it; it counts in the key all the same, so changing it renders anew"),
            );
        }
        return;
    }
    let real = catalog::real_bitrate(settings);
    if real >= settings.bitrate {
        return;
    }
    let (rate, written) = (settings.sample_rate, settings.bitrate);
    let message = format!("an mp3 of {rate} Hz has at most {real} bits per second, not {written}");
    let help = "take a sample_rate of 32000 or 44100, or a bitrate of 128000";
    // A bitrate that nobody wrote is the model's own; the rate is what rules it out.
    let place = bitrate.or_else(|| tree::field(node, "sample_rate")).unwrap_or(node);
    let warning = Diagnostic::warning(codes::AUDIO_SETTING_IGNORED, place.span, message).help(help);
    context.complain(match bitrate {
        Some(_) => warning,
        None => warning.label(format!("the bitrate is {written} unless it is given")),
    });
}
