//! The whole way from a file's name to a pipeline.

use super::{
    Pipeline, Work, backends, codes,
    context::Context,
    draft::{Draft, World},
    file::PipelineFile,
    flow, include, limits, lyrics,
    names::Names,
    origin, paths, profile, references, schedules,
    scope::{self, Scope},
    secrets, songs, tree, wishes, zone,
};
use crate::{
    base::{
        diagnostic::{Diagnostic, Diagnostics, Rejection},
        door::Files,
        ids::StepKind,
        span::Sources,
        words,
    },
    catalog::{self, BackendKind},
    document::{self, Node},
};
use std::{collections::BTreeMap, path::Path};

/// What to read and how.
#[derive(Clone, Debug)]
pub struct ReadOptions<'a> {
    /// The pipeline's file as the user named it.
    pub file: &'a Path,
    /// `--profile`.
    pub profile: Option<&'a str>,
    /// The environment, for the names under `env:`.
    pub environment: &'a BTreeMap<String, String>,
    /// What the command line sets over the file.
    pub overrides: Overrides,
}

/// What the command line sets over the file.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// `--backend`: for every song, whatever it says itself.
    pub backend: Option<String>,
    /// Takes of their own, other than those without it or with another: it is added to the salt of every song.
    pub salt: Option<String>,
}

/// Reads a pipeline with all it includes: the pipeline and warnings, or everything that is wrong with it.
pub fn read(files: &dyn Files, options: &ReadOptions<'_>) -> Result<(Pipeline, Diagnostics), Rejection> {
    let mut context = Context::new(files);
    let resolved = load(&mut context, options).and_then(|tree| resolve(&mut context, options, &tree));
    let (sources, found) = close(&mut context);
    match resolved {
        Some(mut pipeline) if !found.has_errors() => {
            add_salt(&mut pipeline, options.overrides.salt.as_deref());
            Ok((Pipeline { sources, ..pipeline }, found))
        }
        _ => Err(Rejection {
            sources,
            diagnostics: found,
        }),
    }
}

fn add_salt(pipeline: &mut Pipeline, salt: Option<&str>) {
    let Some(salt) = salt else { return };
    for step in &mut pipeline.steps {
        if let Work::Song(song) = &mut step.work {
            song.salt.push_str(salt);
        }
    }
}

/// The pipeline as it came together, each value with its origin. It must be right to be shown.
pub fn resolved(files: &dyn Files, options: &ReadOptions<'_>) -> Result<origin::Resolved, Rejection> {
    let mut context = Context::new(files);
    let tree = load(&mut context, options);
    let pipeline = tree.as_ref().and_then(|tree| resolve(&mut context, options, tree));
    let (sources, found) = close(&mut context);
    match (tree, pipeline) {
        (Some(mut tree), Some(_)) if !found.has_errors() => {
            profile::strip(&mut tree);
            Ok(origin::lines(&tree, &sources))
        }
        _ => Err(Rejection {
            sources,
            diagnostics: found,
        }),
    }
}

/// The texts and the complaints, sorted, with no secret in the texts.
fn close(context: &mut Context<'_>) -> (Sources, Diagnostics) {
    let mut found = std::mem::take(&mut context.found);
    found.sort();
    (
        secrets::hide(std::mem::take(&mut context.sources), &context.secrets),
        found,
    )
}

/// The tree of the file and all it includes, profile applied.
fn load(context: &mut Context<'_>, options: &ReadOptions<'_>) -> Option<Node> {
    let mut root = include::load(context, options.file)?;
    let before = context.found.has_errors();
    profile::apply(&mut root, options.profile, context);
    if options.profile.is_some() && !before {
        // Each part had its shape; together they may still lack a key.
        document::shape::<PipelineFile>(&root, &context.sources, &mut context.found);
    }
    Some(root)
}

fn resolve(context: &mut Context<'_>, options: &ReadOptions<'_>, root: &Node) -> Option<Pipeline> {
    let forced = forced_backend(options, context);
    let names = Names::collect(root, context);
    let scope = scope::read(root, options.environment, context);
    let limits = limits::read(root, context);
    let backends = backends::read(root, context);
    let timezone = tree::field(root, "timezone").and_then(|value| zone::of(value, context));
    let wishes = wishes::read(root, context);
    let schedules = schedules::read(root, &limits, context);
    let world = World { root, names: &names };
    let mut drafts = drafts(world, forced, context);
    check_audio(root, context);
    flow::check(&mut drafts, &scope, context);
    let steps = drafts.into_iter().map(|draft| draft.finish(context));
    let steps: Vec<_> = steps.collect::<Vec<_>>().into_iter().collect::<Option<_>>()?;
    let Scope { values, .. } = scope;
    Some(Pipeline {
        name: name(root, options.file, context),
        file: paths::shown(options.file),
        folder: options.file.parent().unwrap_or(Path::new("")).to_owned(),
        sources: Sources::default(),
        profile: options.profile.map(str::to_owned),
        steps,
        scope: values,
        limits,
        backends,
        timezone,
        wishes,
        schedules,
        read: context.asked.iter().cloned().collect(),
    })
}

fn drafts(world: World<'_>, forced: Option<BackendKind>, context: &mut Context<'_>) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for entry in tree::section(world.root, StepKind::Reference.section()) {
        drafts.push(references::read(entry, world, context));
    }
    for entry in tree::section(world.root, StepKind::Lyrics.section()) {
        drafts.push(lyrics::read(entry, world, context));
    }
    for entry in tree::section(world.root, StepKind::Song.section()) {
        drafts.push(songs::read(entry, world, forced, context));
    }
    drafts
}

/// Checks the named audio settings that no song uses yet, against the pipeline's model.
fn check_audio(root: &Node, context: &mut Context<'_>) {
    let named = tree::field(root, "model").and_then(tree::text);
    let model = catalog::model(named.as_deref().unwrap_or(songs::DEFAULT_MODEL));
    let Some(model) = model else { return };
    let songs = tree::section(root, "songs").iter().map(|entry| &entry.value);
    let used: Vec<_> = songs
        .chain(tree::field(root, "defaults"))
        .filter_map(|node| tree::field(node, "audio").and_then(tree::text))
        .collect();
    for entry in tree::section(root, "audio") {
        if !used.contains(&entry.key) {
            super::audio::settings(&entry.value, model, context);
        }
    }
}

fn forced_backend(options: &ReadOptions<'_>, context: &mut Context<'_>) -> Option<BackendKind> {
    let word = options.overrides.backend.as_deref()?;
    let found = BackendKind::parse(word);
    if found.is_none() {
        let known = BackendKind::ALL.map(BackendKind::word);
        let help = match words::nearest(word, known) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("there are {}", words::ticked(&known)),
        };
        context.complain(
            Diagnostic::file_error(
                codes::UNKNOWN_BACKEND,
                paths::shown(options.file),
                format!("there is no backend `{word}`, which `--backend` asks for"),
            )
            .help(help),
        );
    }
    found
}

/// `name:`, or the file's stem; it becomes a folder's name.
fn name(root: &Node, file: &Path, context: &mut Context<'_>) -> String {
    let Some(value) = tree::field(root, "name") else {
        return file
            .file_stem()
            .map_or_else(|| "pipeline".into(), |stem| stem.to_string_lossy().into_owned());
    };
    let written = tree::text(value).unwrap_or_default();
    let unsafe_path = written.contains(['/', '\\']) || written.chars().any(words::is_hidden);
    if written.trim().is_empty() || unsafe_path || [".", ".."].contains(&&*written) {
        context.complain(
            Diagnostic::error(codes::INVALID_NAME, value.span, "this cannot be a pipeline's name")
                .help("it becomes the name of a folder: letters, digits, blanks, `_` and `-`"),
        );
    }
    written.to_string()
}
