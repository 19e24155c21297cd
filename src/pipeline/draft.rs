//! A step while it is being resolved: what is known of it, and whether that is all.

use super::{
    Matrix, Step, StepId, Work, cells::Placed, codes, context::Context, home::Text, matrix, names::Names, tree,
};
use crate::{
    base::{
        diagnostic::Diagnostic,
        ids::{StepKind, StepName},
        span::Span,
    },
    document::{self, Entry, Node},
};

/// What a step is resolved against.
#[derive(Clone, Copy, Debug)]
pub(super) struct World<'w> {
    /// The whole pipeline, profile applied.
    pub(super) root: &'w Node,
    /// Every step of it.
    pub(super) names: &'w Names,
}

/// A step in the making.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) id: StepId,
    pub(super) name: StepName,
    /// Its key in the YAML.
    pub(super) span: Span,
    /// See [`Step::uses`]; without repetitions.
    pub(super) uses: Vec<StepId>,
    pub(super) needs: Vec<StepId>,
    pub(super) tags: Vec<String>,
    pub(super) matrix: Matrix,
    /// Its own axes with their places.
    pub(super) axes: Vec<Placed>,
    pub(super) work: Option<Work>,
    /// Whether everything it names was found; what follows from a gap is not complained about.
    pub(super) whole: bool,
    /// Its template: the text of lyrics, the file name of a song.
    pub(super) text: Option<Text>,
    /// Where `from:` stands.
    pub(super) from: Option<Span>,
}

impl Draft {
    /// Reads what all kinds of step have in common.
    pub(super) fn begin(kind: StepKind, entry: &Entry, world: World<'_>, context: &mut Context<'_>) -> Self {
        let name = StepName::new(kind, &entry.key);
        let id = world
            .names
            .id(kind, &entry.key)
            .expect("names are collected from the same tree");
        let own = matrix::read(&entry.value, context);
        let whole = own.is_some();
        let (matrix, axes) = own.unwrap_or_else(|| (matrix::none(), Vec::new()));
        let mut draft = Self {
            id,
            name,
            span: entry.key_span,
            uses: Vec::new(),
            needs: Vec::new(),
            tags: tree::texts(&entry.value, "tags"),
            matrix,
            axes,
            work: None,
            whole,
            text: None,
            from: None,
        };
        for item in tree::field(&entry.value, "needs").map_or(&[][..], tree::items) {
            if let Some(written) = tree::text(item)
                && let Some(step) = world.names.find_full(&written, item.span, context)
                && !draft.needs.contains(&step)
            {
                draft.needs.push(step);
            }
        }
        draft
    }

    /// Notes that it uses the output of a step; a gap if there is none.
    pub(super) fn uses(&mut self, step: Option<StepId>) -> Option<StepId> {
        match step {
            Some(step) if !self.uses.contains(&step) => self.uses.push(step),
            Some(_) => {}
            None => self.whole = false,
        }
        step
    }

    /// The finished step; a complaint if it has gaps that nobody has complained about.
    pub(super) fn finish(self, context: &mut Context<'_>) -> Option<Step> {
        let Some(work) = self.work else {
            if !context.found.has_errors() {
                context.complain(Diagnostic::error(
                    document::codes::WRONG_TYPE,
                    self.span,
                    format!("`{}` cannot be read", self.name),
                ));
            }
            return None;
        };
        Some(Step {
            id: self.id,
            name: self.name,
            span: self.span,
            uses: self.uses,
            needs: self.needs,
            tags: self.tags,
            matrix: self.matrix,
            work,
        })
    }
}

/// The one of two keys that is there; a complaint if it is both or neither.
pub(super) fn one_of<'n>(entry: &'n Entry, keys: [&str; 2], context: &mut Context<'_>) -> Option<(usize, &'n Node)> {
    let [first, second] = keys;
    match (tree::field(&entry.value, first), tree::field(&entry.value, second)) {
        (Some(value), None) => Some((0, value)),
        (None, Some(value)) => Some((1, value)),
        (None, None) => {
            context.complain(
                Diagnostic::error(
                    codes::ONE_OF,
                    entry.key_span,
                    format!("`{}` has neither `{first}` nor `{second}`", entry.key),
                )
                .help("add one of them"),
            );
            None
        }
        (Some(_), Some(_)) => {
            let span = |key| {
                entry
                    .value
                    .get(key)
                    .map_or(entry.key_span, |entry: &Entry| entry.key_span)
            };
            context.complain(
                Diagnostic::error(
                    codes::ONE_OF,
                    span(second),
                    format!("`{}` has both `{first}` and `{second}`", entry.key),
                )
                .related(span(first), "the other one")
                .help("remove one of them"),
            );
            None
        }
    }
}
