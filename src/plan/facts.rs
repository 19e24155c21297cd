//! What was found out about the reference files, and what is wrong with them.
//!
//! Reads nothing: whoever calls opens the files that [`reference_files`] names and hands in what they are.

use super::codes;
use crate::{
    audio::{Probe, ProbeError},
    base::{
        audio_settings::Format,
        diagnostic::{Diagnostic, Diagnostics},
        digest::Digest,
        span::Span,
    },
    catalog::{Model, models},
    pipeline::{Pipeline, Reference, ReferenceSource, Step, Work},
};
use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

/// What a reference file is.
#[derive(Clone, Debug, PartialEq)]
pub struct FileFact {
    /// Of its bytes.
    pub digest: Digest,
    /// Its length.
    pub bytes: u64,
    /// What it sounds like, if it is sound.
    pub sound: Result<Probe, ProbeError>,
}

/// Why a reference file cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// A few words without the path.
    pub why: String,
    /// What to do about it.
    pub help: String,
}

/// By path as [`reference_files`] names it: what it is, or why it cannot be read.
pub type Facts = HashMap<PathBuf, Result<FileFact, Unreadable>>;

/// Every file that a reference names, with the place that names it.
pub fn reference_files(pipeline: &Pipeline) -> Vec<(&Path, Span)> {
    let file = |step| file_of(step).map(|(reference, path, _)| (path, reference.span));
    pipeline.steps.iter().filter_map(file).collect()
}

/// Everything that is wrong with the reference files, at the places that name them. Without an error among it, a plan
/// can be built on these facts.
pub fn check_references(pipeline: &Pipeline, facts: &Facts) -> Diagnostics {
    let mut complaints = Diagnostics::default();
    for step in &pipeline.steps {
        let Some((reference, path, shown)) = file_of(step) else {
            continue;
        };
        let unreadable = |why: &str| {
            let message = format!("cannot read `{shown}`: {why}");
            Diagnostic::error(codes::UNREADABLE_REFERENCE, reference.span, message)
        };
        complaints.extend(match facts.get(path) {
            Some(Ok(fact)) => check(pipeline, step, (reference, shown), fact),
            Some(Err(Unreadable { why, help })) => unreadable(why).help(help).into(),
            None => unreadable("it was not looked at").into(),
        });
    }
    complaints
}

fn file_of(step: &Step) -> Option<(&Reference, &Path, &str)> {
    match &step.work {
        Work::Reference(reference) => match &reference.source {
            ReferenceSource::File { path, shown } => Some((reference, path, shown)),
            ReferenceSource::Song { .. } => None,
        },
        Work::Lyrics(_) | Work::Song(_) => None,
    }
}

fn check(pipeline: &Pipeline, step: &Step, named: (&Reference, &str), fact: &FileFact) -> Diagnostics {
    let (reference, shown) = named;
    let probe = match &fact.sound {
        Ok(probe) => probe,
        Err(why) => {
            let message = format!("`{shown}` is {why}");
            return Diagnostic::error(codes::NOT_AUDIO, reference.span, message)
                .help("a reference is a wav or mp3 file; convert it, or export it anew")
                .into();
        }
    };
    let mut complaints = Diagnostics::default();
    if probe.sound.damaged {
        let message = format!(
            "`{shown}` is damaged: only {} of it can be heard",
            seconds(probe.sound.seconds)
        );
        complaints.push(
            Diagnostic::warning(codes::DAMAGED_REFERENCE, reference.span, message)
                .help("it is used as it is; export it anew to be sure"),
        );
    }
    if let Some(named) = named_format(shown).filter(|named| *named != probe.format) {
        let (named, is) = (named.word(), probe.format.word());
        let message = format!("`{shown}` is named like {named}, but is {is} inside");
        complaints.push(
            Diagnostic::warning(codes::MISNAMED_REFERENCE, reference.span, message)
                .help(format!("it is sent as {is}; rename it to say so")),
        );
    }
    for model in sung_with(pipeline, step) {
        complaints.extend(
            check_length(reference, shown, probe.sound.seconds, model)
                .into_iter()
                .collect(),
        );
    }
    complaints
}

fn check_length(reference: &Reference, shown: &str, length: f64, model: &Model) -> Option<Diagnostic> {
    let rule = model.references;
    let (problem, wanted, help) = if length <= rule.longer_than {
        let wanted = format!("takes references longer than {}", seconds(rule.longer_than));
        ("short", wanted, "record or export a longer one")
    } else if length > rule.at_most {
        let wanted = format!("takes references of at most {}", seconds(rule.at_most));
        ("long", wanted, "cut it to the part that matters")
    } else {
        return None;
    };
    let message = format!(
        "`{shown}` is too {problem}: it lasts {}, and `{}` {wanted}",
        seconds(length),
        model.id
    );
    let complaint = Diagnostic::error(codes::REFERENCE_LENGTH, reference.span, message);
    Some(complaint.help(format!(
        "{help}; what counts is the sound that decodes, not what the file's header says"
    )))
}

/// `9.98 s`, `600 s`: rounded so that no length looks like the limit it misses.
fn seconds(length: f64) -> String {
    let text = format!("{length:.3}");
    format!("{} s", text.trim_end_matches('0').trim_end_matches('.'))
}

/// The models of the songs that use a reference, each once; every model, if no song does yet.
fn sung_with(pipeline: &Pipeline, reference: &Step) -> Vec<&'static Model> {
    let mut users: Vec<&'static Model> = Vec::new();
    for step in &pipeline.steps {
        if let Work::Song(song) = &step.work
            && [song.voice, song.instrumental].contains(&Some(reference.id))
            && users.iter().all(|known| known.id != song.model.id)
        {
            users.push(song.model);
        }
    }
    if users.is_empty() {
        models().iter().collect()
    } else {
        users
    }
}

fn named_format(shown: &str) -> Option<Format> {
    let (_, extension) = shown.rsplit_once('.')?;
    match extension.to_ascii_lowercase().as_str() {
        "wave" => Some(Format::Wav),
        word => Format::parse(word),
    }
}
