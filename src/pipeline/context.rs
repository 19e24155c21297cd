//! What every stage of reading shares: the door to the files, the texts read so far and the complaints found so far.
//!
//! Knows nothing of what the texts mean. A file is read once, however often it is named.

use super::{codes, paths};
use crate::{
    base::{
        diagnostic::{Diagnostic, Diagnostics},
        door::Files,
        span::{Source, SourceId, Sources, Span},
        words,
    },
    document,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::{Path, PathBuf},
};

/// The most that all texts of a pipeline may have together, in bytes: each of them becomes a tree many times its size.
const MOST_BYTES: usize = 8 << 20;

/// A file that is named: where it is, and how the user would type it.
#[derive(Clone, Debug)]
pub(super) struct Named {
    /// To open.
    pub(super) path: PathBuf,
    /// To show; `/` between its parts.
    pub(super) shown: String,
}

/// Who names a file.
#[derive(Clone, Copy, Debug)]
pub(super) enum Asked {
    /// The command line.
    ByUser,
    /// A value in a file that was read.
    At(Span),
}

/// The shared state of reading one pipeline.
pub(super) struct Context<'a> {
    files: &'a dyn Files,
    /// Every text that was read.
    pub(super) sources: Sources,
    /// Everything that is wrong so far.
    pub(super) found: Diagnostics,
    /// Every path that was asked for, present or not.
    pub(super) asked: BTreeSet<PathBuf>,
    /// Where secrets stand that must not be shown.
    pub(super) secrets: Vec<Span>,
    texts: BTreeMap<PathBuf, Option<SourceId>>,
    /// Length of all texts so far.
    bytes: usize,
}

impl std::fmt::Debug for Context<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Context")
            .field("asked", &self.asked)
            .finish_non_exhaustive()
    }
}

impl<'a> Context<'a> {
    /// Nothing read yet.
    pub(super) fn new(files: &'a dyn Files) -> Self {
        Self {
            files,
            sources: Sources::default(),
            found: Diagnostics::default(),
            asked: BTreeSet::new(),
            secrets: Vec::new(),
            texts: BTreeMap::new(),
            bytes: 0,
        }
    }

    /// Adds a complaint.
    pub(super) fn complain(&mut self, diagnostic: Diagnostic) {
        self.found.push(diagnostic);
    }

    /// Adds a complaint unless the same one was made before, wherever it pointed.
    pub(super) fn warn_once(&mut self, diagnostic: Diagnostic) {
        let said = |one: &Diagnostic| one.code == diagnostic.code && one.message == diagnostic.message;
        if !self.found.iter().any(said) {
            self.complain(diagnostic);
        }
    }

    /// The file that the value at `span` names, relative to the file it stands in. An absolute path is worth a warning.
    pub(super) fn named(&mut self, written: &str, span: Span) -> Named {
        let home = self.sources.get(span.source);
        let named = Named {
            path: home.path.parent().unwrap_or(Path::new("")).join(written),
            shown: paths::beside(&home.name, written),
        };
        if paths::is_absolute(written) {
            self.complain(
                Diagnostic::warning(
                    codes::ABSOLUTE_PATH,
                    span,
                    "an absolute path works on this machine alone",
                )
                .help("write the path relative to the file it stands in"),
            );
        }
        self.asked.insert(named.path.clone());
        named
    }

    /// The text of a file; nothing after a complaint.
    pub(super) fn text(&mut self, named: &Named, asked: Asked) -> Option<SourceId> {
        if let Some(known) = self.texts.get(&named.path) {
            return *known;
        }
        self.asked.insert(named.path.clone());
        let read = match self.files.read(&named.path, document::MAX_BYTES) {
            Err(error) => Err(self.unreadable(named, asked, &error)),
            Ok(bytes) => document::decode(&named.shown, bytes).map_err(|whole| where_asked(whole, asked)),
        };
        let id = match read {
            Ok(text) if self.is_too_much(&text) => {
                let complaint = too_much(named, asked);
                self.complain(complaint);
                None
            }
            Ok(text) => Some(self.sources.add(Source {
                name: named.shown.clone(),
                path: named.path.clone(),
                text: text.into(),
            })),
            Err(diagnostic) => {
                self.complain(diagnostic);
                None
            }
        };
        self.texts.insert(named.path.clone(), id);
        id
    }

    /// Counts a text. Whether there is no room for it beside the others.
    const fn is_too_much(&mut self, text: &str) -> bool {
        self.bytes += text.len();
        self.bytes > MOST_BYTES
    }

    /// The files of a folder that end in `extension`, by their stem; an unreadable folder is empty.
    pub(super) fn folder(&mut self, folder: &Path, extension: &str) -> Vec<(String, PathBuf)> {
        let list = self.files.list(folder, extension).unwrap_or_default();
        list.into_iter()
            .filter_map(|path| Some((path.file_stem()?.to_str()?.to_owned(), path)))
            .collect()
    }

    fn unreadable(&mut self, named: &Named, asked: Asked, error: &io::Error) -> Diagnostic {
        let shown = &named.shown;
        let (code, what) = match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
                (codes::MISSING_FILE, format!("there is no file `{shown}`"))
            }
            io::ErrorKind::IsADirectory => (codes::UNREADABLE_FILE, format!("`{shown}` is a folder, not a file")),
            io::ErrorKind::PermissionDenied => (codes::UNREADABLE_FILE, format!("this user may not read `{shown}`")),
            io::ErrorKind::FileTooLarge => {
                return where_asked(document::too_large(shown, document::MAX_BYTES), asked);
            }
            _ => (codes::UNREADABLE_FILE, format!("`{shown}` cannot be read: {error}")),
        };
        let diagnostic = match asked {
            Asked::ByUser => Diagnostic::file_error(code, shown, what),
            Asked::At(span) => Diagnostic::error(code, span, what),
        };
        match code {
            codes::MISSING_FILE => self.help_find(diagnostic, named, asked),
            _ if error.kind() == io::ErrorKind::IsADirectory => diagnostic.help("name a file inside it"),
            _ => diagnostic,
        }
    }

    fn help_find(&mut self, diagnostic: Diagnostic, named: &Named, asked: Asked) -> Diagnostic {
        let extension = named
            .path
            .extension()
            .and_then(|text| text.to_str())
            .unwrap_or_default();
        let stem = named
            .path
            .file_stem()
            .and_then(|text| text.to_str())
            .unwrap_or_default();
        let folder = named.path.parent().unwrap_or(Path::new(""));
        let near = self.folder(folder, extension);
        let near = words::nearest(stem, near.iter().map(|(stem, _)| stem.as_str()));
        match (near, asked) {
            (Some(near), _) => diagnostic.help(format!(
                "did you mean `{}`?",
                paths::beside(&named.shown, &format!("{near}.{extension}"))
            )),
            (None, Asked::ByUser) => diagnostic.help("`takesheet init` writes a first pipeline"),
            (None, Asked::At(_)) => diagnostic.help("paths are relative to the file they stand in"),
        }
    }
}

/// The complaint about a file for which there is no room beside the others.
fn too_much(named: &Named, asked: Asked) -> Diagnostic {
    let (shown, most) = (&named.shown, words::size(MOST_BYTES as u64));
    let message = format!("with `{shown}`, the files of this pipeline have more than {most} together");
    let whole = Diagnostic::file_error(document::codes::TOO_LARGE, shown, message);
    where_asked(whole.help("make two pipelines of it"), asked)
}

/// A complaint about a whole file, at the place that names the file.
fn where_asked(whole: Diagnostic, asked: Asked) -> Diagnostic {
    match asked {
        Asked::ByUser => whole,
        Asked::At(span) => Diagnostic {
            span: Some(span),
            file: None,
            ..whole
        },
    }
}
