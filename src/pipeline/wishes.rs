//! `sandbox:`, what scratch takes are to be like whatever their references are like.
//!
//! Knows nothing of how it is heard. Bounds are the grammar's; here values are read.

use super::{codes, context::Context, tree};
use crate::{
    audio::MusicalKey,
    base::{diagnostic::Diagnostic, words},
    catalog::{Bpm, Wishes},
    document::Node,
};

/// Reads `sandbox:`.
pub(super) fn read(root: &Node, context: &mut Context<'_>) -> Wishes {
    let Some(node) = tree::field(root, "sandbox") else {
        return Wishes::default();
    };
    let seed = tree::field(node, "seed").and_then(tree::integer);
    Wishes {
        bpm: tree::field(node, "bpm")
            .and_then(tree::scalar)
            .and_then(|written| written.to_string().parse::<Bpm>().ok()),
        key: tree::field(node, "key").and_then(|value| key(value, context)),
        seed: seed.and_then(|seed| u64::try_from(seed).ok()),
    }
}

fn key(value: &Node, context: &mut Context<'_>) -> Option<MusicalKey> {
    let written = tree::text(value)?;
    let read = written.parse().ok();
    if read.is_none() {
        let diagnostic = Diagnostic::error(codes::INVALID_KEY, value.span, format!("`{written}` is no musical key"));
        context.complain(match meant(&written) {
            Some(meant) => diagnostic.patch(format!("did you mean `{meant}`?"), value.span, meant.to_string()),
            None => diagnostic.help("a key is a note and `major` or `minor`: `C minor`, `F# major`, `Bb major`"),
        });
    }
    read
}

/// What was meant by `Dm`, `D min`, `d-moll` or a slip of the finger, if that is plain.
fn meant(written: &str) -> Option<MusicalKey> {
    let written = written.trim();
    let note = written.chars().next().filter(char::is_ascii_alphabetic)?;
    let bent = written[1..].chars().next().filter(|sign| "#b♯♭".contains(*sign));
    let rest = &written[1 + bent.map_or(0, char::len_utf8)..];
    let mode = rest.trim_matches(|sign: char| sign == '-' || sign == '_' || sign.is_whitespace());
    let mode = match mode {
        "m" => "minor",
        "" | "M" => "major",
        other => match other.to_lowercase().as_str() {
            "min" | "moll" => "minor",
            "maj" | "dur" => "major",
            other => words::nearest(other, ["major", "minor"])?,
        },
    };
    let bent = bent.map(String::from).unwrap_or_default();
    format!("{note}{bent} {mode}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_ways_to_write_a_key_are_understood() {
        for (written, meaning) in [
            ("Dm", "D minor"),
            ("D", "D major"),
            ("f#m", "F# minor"),
            ("Bb", "Bb major"),
            ("C min", "C minor"),
            ("d-moll", "D minor"),
            ("E♭maj", "Eb major"),
            ("C minr", "C minor"),
        ] {
            assert_eq!(
                meant(written).map(|key| key.to_string()).as_deref(),
                Some(meaning),
                "{written}"
            );
        }
        for nonsense in ["", "H minor", "é minor", "C dorian", "12", "major"] {
            assert_eq!(meant(nonsense), None, "{nonsense}");
        }
    }
}
