//! Resolves one entry of `songs:`: its own keys first, then `defaults:`, then the pipeline's.

use super::{
    Song, StepId, Work, accept, audio, codes,
    context::Context,
    draft::{Draft, World},
    references, templates, tree,
};
use crate::{
    base::{diagnostic::Diagnostic, ids::StepKind, span::Span, words},
    catalog::{self, BackendKind, Model, Status},
    document::{Entry, Node},
};
use std::num::NonZeroU32;

/// The model of a pipeline that names none.
pub(super) const DEFAULT_MODEL: &str = "music-01";
/// The backend of a pipeline that names none: the one that costs nothing.
const DEFAULT_BACKEND: BackendKind = BackendKind::Sandbox;

/// One song with everything it may take a value from.
#[derive(Clone, Copy)]
struct Declared<'w> {
    entry: &'w Entry,
    world: World<'w>,
}

impl<'w> Declared<'w> {
    /// The song's value, or that of `defaults:`.
    fn get(self, key: &str) -> Option<&'w Node> {
        let defaults = || tree::field(tree::field(self.world.root, "defaults")?, key);
        tree::field(&self.entry.value, key).or_else(defaults)
    }

    /// The same, or the pipeline's own.
    fn get_or_top(self, key: &str) -> Option<&'w Node> {
        self.get(key).or_else(|| tree::field(self.world.root, key))
    }
}

/// Reads the step. `forced` is the backend of the command line, which beats every other.
pub(super) fn read(entry: &Entry, world: World<'_>, forced: Option<BackendKind>, context: &mut Context<'_>) -> Draft {
    let mut draft = Draft::begin(StepKind::Song, entry, world, context);
    let song = Declared { entry, world };
    if let Some(tags) = song.get("tags") {
        draft.tags = tree::items(tags)
            .iter()
            .filter_map(tree::text)
            .map(|tag| tag.to_string())
            .collect();
    }
    let lyrics = used(song, "lyrics", &mut draft, context);
    let voice = used(song, "voice", &mut draft, context);
    let instrumental = used(song, "instrumental", &mut draft, context);
    let name = song.get("name");
    draft.text = name.and_then(|node| templates::inline(node, context));
    let named = name.is_none() || draft.text.is_some();
    let takes = takes(song);
    let Some((backend, model)) = renderer(song, forced, context) else {
        return draft;
    };
    needs_of_model(song, model, context);
    let audio = audio::choose(song.get("audio"), world.root, model, context);
    let gates = accept::read(song.get("accept"), model, context);
    let (Some(takes), Some(audio), Some(gates), true) = (takes, audio, gates, named) else {
        return draft;
    };
    draft.work = Some(Work::Song(Song {
        backend,
        model,
        lyrics,
        voice,
        instrumental,
        audio,
        takes,
        gates,
        file_name: draft.text.clone(),
        salt: song
            .get("salt")
            .and_then(tree::scalar)
            .map(ToString::to_string)
            .unwrap_or_default(),
        span: tree::field(&entry.value, "lyrics").map_or(entry.key_span, |value| value.span),
    }));
    draft
}

/// The step behind `lyrics:`, `voice:` or `instrumental:`.
fn used(song: Declared<'_>, key: &str, draft: &mut Draft, context: &mut Context<'_>) -> Option<StepId> {
    let value = song.get(key)?;
    let written = tree::text(value)?;
    let kind = if key == "lyrics" {
        StepKind::Lyrics
    } else {
        StepKind::Reference
    };
    let step = draft.uses(song.world.names.find(kind, &written, value.span, context))?;
    if kind == StepKind::Reference {
        check_purpose(song, key, value, &written, context);
    }
    Some(step)
}

fn check_purpose(song: Declared<'_>, key: &str, value: &Node, name: &str, context: &mut Context<'_>) {
    let references = tree::section(song.world.root, "references");
    let reference = references.iter().find(|entry| &*entry.key == name);
    let Some(node) = reference.and_then(|entry| tree::field(&entry.value, "purpose")) else {
        return;
    };
    let Some(purpose) = references::purpose_of(node) else {
        return;
    };
    let yields = if key == "voice" {
        purpose.yields_voice()
    } else {
        purpose.yields_instrumental()
    };
    if !yields {
        let other = if key == "voice" { "instrumental" } else { "voice" };
        let article = if key == "voice" { "a" } else { "an" };
        context.complain(
            Diagnostic::error(codes::WRONG_PURPOSE, value.span, format!("`{name}` yields no {key} id"))
                .related(
                    node.span,
                    format!(
                        "an upload for `{}` yields {} id only",
                        purpose.word(),
                        with_article(other)
                    ),
                )
                .help(format!(
                    "use it as `{other}:`, or give it `purpose: {key}` or `purpose: song` if it holds {article} {key}"
                )),
        );
    }
}

fn with_article(word: &str) -> String {
    let article = if word.starts_with('i') { "an" } else { "a" };
    format!("{article} {word}")
}

/// `takes:`; its bounds are part of the grammar.
fn takes(song: Declared<'_>) -> Option<NonZeroU32> {
    let Some(value) = song.get("takes") else {
        return Some(NonZeroU32::MIN);
    };
    let number = tree::integer(value)?;
    u32::try_from(number)
        .ok()
        .filter(|number| *number <= 100)
        .and_then(NonZeroU32::new)
}

/// The backend and the model, known to go together.
fn renderer(
    song: Declared<'_>,
    forced: Option<BackendKind>,
    context: &mut Context<'_>,
) -> Option<(BackendKind, &'static Model)> {
    let (model_node, backend_node) = (song.get_or_top("model"), song.get_or_top("backend"));
    let written = model_node.and_then(tree::text).unwrap_or_else(|| DEFAULT_MODEL.into());
    let place = model_node.map_or(song.entry.key_span, |node| node.span);
    let word = backend_node.and_then(tree::text);
    let chosen = word.and_then(|word| BackendKind::parse(&word));
    if backend_node.is_some() && chosen.is_none() && forced.is_none() {
        return None;
    }
    let backend = forced.or(chosen).unwrap_or(DEFAULT_BACKEND);
    let Some(model) = catalog::model(&written) else {
        context.complain(unknown_model(&written, place, backend));
        return None;
    };
    if !model.backends.contains(&backend) {
        let words: Vec<_> = model.backends.iter().map(|backend| backend.word()).collect();
        context.complain(
            Diagnostic::error(
                codes::UNKNOWN_MODEL,
                place,
                format!("{backend} does not render `{written}`"),
            )
            .help(format!("it can be had from {}", words::ticked(&words))),
        );
        return None;
    }
    if let (BackendKind::Aimlapi, Status::Withdrawn { since, successor }) = (backend, model.status) {
        let backend_node = backend_node.filter(|_| forced.is_none());
        let place = model_node
            .or(backend_node)
            .map_or(song.entry.key_span, |node| node.span);
        context.warn_once(withdrawn(model, since, successor, place));
    }
    Some((backend, model))
}

fn unknown_model(written: &str, place: Span, backend: BackendKind) -> Diagnostic {
    let models = catalog::models()
        .iter()
        .filter(|model| model.backends.contains(&backend));
    let known: Vec<&str> = models.map(|model| model.id).collect();
    let names = catalog::models()
        .iter()
        .flat_map(|model| model.aliases.iter().copied().chain([model.id]));
    let diagnostic = Diagnostic::error(codes::UNKNOWN_MODEL, place, format!("there is no model `{written}`"));
    match words::nearest(written, names) {
        Some(near) => diagnostic.patch(format!("did you mean `{near}`?"), place, near),
        None => diagnostic.help(format!("{backend} renders {}", words::ticked(&known))),
    }
}

fn withdrawn(model: &Model, since: &str, successor: &str, place: Span) -> Diagnostic {
    Diagnostic::warning(
        codes::MODEL_WITHDRAWN,
        place,
        format!("{} is withdrawn, by the vendor's documentation of {since}", model.id),
    )
    .help(format!(
        "its successor is `{successor}`; calls may be refused, which costs nothing"
    ))
    .help("`backend: sandbox` renders it for nothing")
}

/// What the model wants and the song does not even try to give.
fn needs_of_model(song: Declared<'_>, model: &Model, context: &mut Context<'_>) {
    let entry = song.entry;
    if model.references.at_least_one && song.get("voice").is_none() && song.get("instrumental").is_none() {
        context.complain(
            Diagnostic::error(
                codes::MODEL_NEEDS,
                entry.key_span,
                format!(
                    "`{}` has neither `voice` nor `instrumental`, and {} needs one",
                    entry.key, model.id
                ),
            )
            .help("declare an upload under `references:` and name it here"),
        );
    }
    if model.lyrics.required && song.get("lyrics").is_none() {
        context.complain(
            Diagnostic::error(
                codes::MODEL_NEEDS,
                entry.key_span,
                format!("`{}` has no `lyrics`, and {} needs some", entry.key, model.id),
            )
            .help("declare a text under `lyrics:` and name it here"),
        );
    }
}
