//! The names of steps: which there are, and which step a written name stands for.
//!
//! Knows nothing of what steps do. A step's id is its place among references, then lyrics, then songs, each in order
//! of declaration.

use super::{StepId, codes, context::Context, tree};
use crate::{
    base::{
        diagnostic::Diagnostic,
        ids::{StepKind, StepName},
        span::Span,
        words,
    },
    document::{Entry, Node},
};
use std::collections::HashMap;

/// Every step of a pipeline by name.
#[derive(Debug)]
pub(super) struct Names {
    list: Vec<(StepName, Span)>,
    ids: HashMap<StepName, StepId>,
}

impl Names {
    /// Finds all steps of a tree, and complains about names that cannot be one.
    pub(super) fn collect(root: &Node, context: &mut Context<'_>) -> Self {
        let mut names = Self {
            list: Vec::new(),
            ids: HashMap::new(),
        };
        for kind in StepKind::ALL {
            for entry in tree::section(root, kind.section()) {
                check(entry, context);
                let name = StepName::new(kind, &entry.key);
                let id = StepId(u32::try_from(names.list.len()).expect("a file of bounded size has fewer steps"));
                names.ids.insert(name.clone(), id);
                names.list.push((name, entry.key_span));
            }
        }
        for section in ["audio", "profiles", "schedules"] {
            for entry in tree::section(root, section) {
                check(entry, context);
            }
        }
        names
    }

    /// The id of a step that was collected.
    pub(super) fn id(&self, kind: StepKind, name: &str) -> Option<StepId> {
        self.ids.get(&StepName::new(kind, name)).copied()
    }

    /// Where a step is declared.
    pub(super) fn span(&self, id: StepId) -> Span {
        self.list[id.0 as usize].1
    }

    /// The full name of a step.
    pub(super) fn name(&self, id: StepId) -> &StepName {
        &self.list[id.0 as usize].0
    }

    /// The step of a kind that `written` at `span` stands for; a complaint if there is none.
    pub(super) fn find(&self, kind: StepKind, written: &str, span: Span, context: &mut Context<'_>) -> Option<StepId> {
        let found = self.id(kind, written);
        if found.is_none() {
            let diagnostic = self.unknown(kind, written, span);
            context.complain(diagnostic);
        }
        found
    }

    /// The step a full name such as `songs.hook` stands for; a complaint if there is none.
    pub(super) fn find_full(&self, written: &str, span: Span, context: &mut Context<'_>) -> Option<StepId> {
        let parts = written.split_once('.');
        let kind = parts.and_then(|(section, _)| StepKind::ALL.into_iter().find(|kind| kind.section() == section));
        if let (Some(kind), Some((_, name))) = (kind, parts) {
            let found = self.id(kind, name);
            if found.is_none() {
                let near = words::nearest(name, self.of(kind)).map(|near| format!("{}.{near}", kind.section()));
                context.complain(self.suggest(no_step(written, span), kind, span, near));
            }
            return found;
        }
        let twin = self.list.iter().find(|(name, _)| *name.name == *written);
        let all: Vec<_> = self.list.iter().map(|(name, _)| name.to_string()).collect();
        let near = twin
            .map(|(name, _)| name.to_string())
            .or_else(|| words::nearest(written, all.iter().map(String::as_str)).map(str::to_owned));
        let diagnostic = no_step(written, span);
        context.complain(match near {
            Some(near) => diagnostic.patch(format!("did you mean `{near}`?"), span, near),
            None => diagnostic.help("a step's full name has its section in front, such as `songs.hook`"),
        });
        None
    }

    fn unknown(&self, kind: StepKind, written: &str, span: Span) -> Diagnostic {
        let section = kind.section();
        let diagnostic = Diagnostic::error(
            codes::UNKNOWN_STEP,
            span,
            format!("there is no `{written}` under `{section}`"),
        );
        let bare = written.strip_prefix(section).and_then(|rest| rest.strip_prefix('.'));
        if let Some(bare) = bare.filter(|bare| self.id(kind, bare).is_some()) {
            return diagnostic.patch(format!("the section goes without saying: write `{bare}`"), span, bare);
        }
        let near = words::nearest(written, self.of(kind)).map(str::to_owned);
        let elsewhere = StepKind::ALL.into_iter().find_map(|other| self.id(other, written));
        if let (None, Some(other)) = (&near, elsewhere) {
            let name = self.name(other);
            let diagnostic = diagnostic.related(self.span(other), format!("`{name}` is something else"));
            return if (kind, name.kind) == (StepKind::Reference, StepKind::Song) {
                diagnostic.help(format!(
                    "to use a rendered song, declare a reference with `from: {name}#1` and name that"
                ))
            } else {
                diagnostic
            };
        }
        self.suggest(diagnostic, kind, span, near)
    }

    fn suggest(&self, diagnostic: Diagnostic, kind: StepKind, span: Span, near: Option<String>) -> Diagnostic {
        let known: Vec<_> = self.of(kind).take(8).collect();
        match near {
            Some(near) => {
                let bare = near.rsplit('.').next().unwrap_or(&near);
                let diagnostic = match self.id(kind, bare) {
                    Some(id) => diagnostic.related(self.span(id), "a similar name is declared here"),
                    None => diagnostic,
                };
                diagnostic.patch(format!("did you mean `{near}`?"), span, near)
            }
            None if known.is_empty() => diagnostic.help(format!("declare it under `{}:`", kind.section())),
            None => diagnostic.help(format!("`{}` has {}", kind.section(), words::ticked(&known))),
        }
    }

    fn of(&self, kind: StepKind) -> impl Iterator<Item = &str> {
        let list = self.list.iter().filter(move |(name, _)| name.kind == kind);
        list.map(|(name, _)| &*name.name)
    }
}

fn no_step(written: &str, span: Span) -> Diagnostic {
    Diagnostic::error(codes::UNKNOWN_STEP, span, format!("there is no step `{written}`"))
}

/// Whether a text can be a name: a letter or digit of any script, then letters, digits, `_` and `-`.
pub(super) fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(char::is_alphanumeric)
        && chars.all(|c| c.is_alphanumeric() || c == '_' || c == '-')
        && text.chars().count() <= 64
}

/// Complains about a key that cannot be a name.
pub(super) fn check(entry: &Entry, context: &mut Context<'_>) {
    if !is_name(&entry.key) {
        let mended: String = entry
            .key
            .chars()
            .map(|c| if c.is_alphanumeric() { c } else { '-' })
            .collect();
        let mended = mended.trim_matches('-');
        let diagnostic = Diagnostic::error(
            codes::INVALID_NAME,
            entry.key_span,
            format!("`{}` cannot be a name", entry.key),
        )
        .help("a name has letters, digits, `_` and `-`, begins with a letter or digit, and is at most 64 long");
        context.complain(if is_name(mended) {
            diagnostic.patch(format!("write `{mended}`"), entry.key_span, mended)
        } else {
            diagnostic
        });
    }
}
