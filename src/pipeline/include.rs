//! Brings a pipeline and the files it includes together into one tree.
//!
//! Each value of the tree keeps the span of the file it came from, so that paths resolve from there and complaints
//! point there. A file that is included twice is read once.

use super::{
    codes,
    context::{Asked, Context, Named},
    file::PipelineFile,
    paths, secrets, tree,
};
use crate::{
    base::{
        diagnostic::Diagnostic,
        span::{SourceId, Span},
        words,
    },
    document::{self, Entry, Node, Value},
};
use std::path::Path;

/// Sections an included file may bring.
const DECLARATIONS: [&str; 10] = [
    "vars",
    "env",
    "references",
    "audio",
    "lyrics",
    "songs",
    "backends",
    "timezone",
    "profiles",
    "schedules",
];

/// The longest row of files of which each includes the next. A ring that links make endless ends here, too.
const DEEPEST: usize = 64;

/// Reads `file` and all it includes. Nothing if not even a tree could be made.
pub(super) fn load(context: &mut Context<'_>, file: &Path) -> Option<Node> {
    let named = Named {
        path: file.to_owned(),
        shown: paths::shown(file),
    };
    let mut loader = Loader {
        context,
        open: Vec::new(),
        done: Vec::new(),
    };
    loader.load(&named, Asked::ByUser)
}

struct Loader<'c, 'a> {
    context: &'c mut Context<'a>,
    /// The files between the pipeline and the one being read, by their shown names.
    open: Vec<String>,
    done: Vec<String>,
}

impl Loader<'_, '_> {
    fn load(&mut self, named: &Named, asked: Asked) -> Option<Node> {
        let source = self.context.text(named, asked)?;
        let mut root = self.parse(source)?;
        self.open.push(named.shown.clone());
        let includes: Vec<Node> = tree::field(&root, "include").map_or(Vec::new(), |list| tree::items(list).to_vec());
        for include in includes {
            if let Some(other) = self.include(&include) {
                self.adopt(&mut root, other, include.span);
            }
        }
        self.open.pop();
        self.done.push(named.shown.clone());
        Some(root)
    }

    fn parse(&mut self, source: SourceId) -> Option<Node> {
        let context = &mut *self.context;
        let document = match document::read(&context.sources, source) {
            Ok(document) => document,
            Err(diagnostics) => {
                context.found.extend(diagnostics);
                return None;
            }
        };
        let root = document.root;
        secrets::refuse(&root, context);
        if let Some(version) = tree::field(&root, "version")
            && tree::integer(version).is_some_and(|number| number != 1)
        {
            let written = tree::integer(version).unwrap_or_default();
            context.complain(
                Diagnostic::error(
                    codes::UNSUPPORTED_VERSION,
                    version.span,
                    format!("version {written} of the file format is not known"),
                )
                .label("this program reads version 1")
                .help("write `version: 1`, or use a newer takesheet"),
            );
            return None;
        }
        document::shape::<PipelineFile>(&root, &context.sources, &mut context.found);
        Some(root)
    }

    fn include(&mut self, include: &Node) -> Option<Node> {
        let written = tree::text(include)?;
        let named = self.context.named(&written, include.span);
        if let Some(at) = self.open.iter().position(|name| *name == named.shown) {
            let ring = [&self.open[at..], &[named.shown]].concat().join("` → `");
            let message = if self.open.len() == at + 1 {
                format!("`{written}` includes itself")
            } else {
                format!("these files include each other: `{ring}`")
            };
            self.context.complain(
                Diagnostic::error(codes::INCLUDE_CYCLE, include.span, message)
                    .help("remove one `include:` of the ring; what all of them need goes into a file of its own"),
            );
            return None;
        }
        if self.done.contains(&named.shown) {
            return None;
        }
        if self.open.len() >= DEEPEST {
            let message = format!("more than {DEEPEST} files in a row include each other");
            self.context.complain(
                Diagnostic::error(codes::TOO_MANY_INCLUDES, include.span, message)
                    .help("include them from the pipeline itself, side by side"),
            );
            return None;
        }
        self.load(&named, Asked::At(include.span))
    }

    /// Moves the declarations of an included file into the tree.
    fn adopt(&mut self, root: &mut Node, other: Node, include: Span) {
        let (Value::Map(own), Value::Map(others)) = (&mut root.value, other.value) else {
            return;
        };
        for entry in others {
            let key = &*entry.key;
            if DECLARATIONS.contains(&key) {
                self.adopt_section(own, entry);
            } else if is_misplaced(key) {
                self.context.complain(
                    Diagnostic::error(
                        codes::MISPLACED_SECTION,
                        entry.key_span,
                        format!("`{key}` has no place in an included file"),
                    )
                    .related(include, "included here")
                    .help(format!(
                        "move it to the pipeline; an included file brings {}",
                        words::ticked(&DECLARATIONS)
                    )),
                );
            }
        }
    }

    fn adopt_section(&mut self, own: &mut Vec<Entry>, section: Entry) {
        let there = own.iter_mut().find(|entry| entry.key == section.key);
        let Some(there) = there.filter(|entry| !matches!(entry.value.value, Value::Null)) else {
            own.retain(|entry| entry.key != section.key);
            own.push(section);
            return;
        };
        match (&mut there.value.value, section.value.value) {
            (Value::Map(mine), Value::Map(theirs)) => {
                for entry in theirs {
                    self.adopt_entry(&section.key, mine, entry);
                }
            }
            (Value::Seq(mine), Value::Seq(theirs)) => mine.extend(theirs),
            (Value::Scalar(_), Value::Scalar(_)) => {
                let twice = declared_twice(&section.key, section.key_span, there.key_span);
                self.context.complain(twice);
            }
            _ => {}
        }
    }

    fn adopt_entry(&mut self, section: &str, mine: &mut Vec<Entry>, entry: Entry) {
        match mine.iter().find(|one| one.key == entry.key) {
            Some(first) => {
                let name = format!("{section}.{}", entry.key);
                let twice = declared_twice(&name, entry.key_span, first.key_span);
                self.context.complain(twice);
            }
            None => mine.push(entry),
        }
    }
}

fn declared_twice(name: &str, second: Span, first: Span) -> Diagnostic {
    Diagnostic::error(
        codes::DUPLICATE_NAME,
        second,
        format!("`{name}` is declared in two files"),
    )
    .label("the second one")
    .related(first, "the first one")
    .help("rename one of them, or remove it")
}

/// Whether a key is known but belongs to the pipeline itself. Unknown keys have been complained about.
fn is_misplaced(key: &str) -> bool {
    ["name", "backend", "model", "defaults", "limits", "sandbox"].contains(&key)
}
