//! Resolves one entry of `lyrics:`.

use super::{
    Lyrics, Text, Work, codes,
    context::Context,
    draft::{Draft, World, one_of},
    scope, templates, tree,
};
use crate::{
    base::{diagnostic::Diagnostic, ids::StepKind},
    document::Entry,
};

/// Reads the step. Which variables its template may read is checked later.
pub(super) fn read(entry: &Entry, world: World<'_>, context: &mut Context<'_>) -> Draft {
    let mut draft = Draft::begin(StepKind::Lyrics, entry, world, context);
    let text = one_of(entry, ["template", "file"], context).and_then(|(which, value)| {
        if which == 0 {
            templates::inline(value, context)
        } else {
            templates::in_own_file(value, context)
        }
    });
    let Some(text) = text else {
        draft.whole = false;
        return draft;
    };
    draft.work = Some(Work::Lyrics(Lyrics {
        text: text.clone(),
        accompaniment: tree::field(&entry.value, "accompaniment")
            .and_then(tree::truth)
            .unwrap_or(false),
    }));
    use_texts(&mut draft, &text, world, context);
    draft.text = Some(text);
    draft
}

/// Finds the steps behind `{{lyrics.NAME}}`.
fn use_texts(draft: &mut Draft, text: &Text, world: World<'_>, context: &mut Context<'_>) {
    for input in text.template.inputs() {
        if input.path.first().is_none_or(|first| first != scope::LYRICS) {
            continue;
        }
        let written = input.path.join(".");
        let span = text.home.span(&input.at, &written, &context.sources);
        match input.path.as_slice() {
            [_, name] if input.optional && world.names.id(StepKind::Lyrics, name).is_none() => {}
            [_, name] => {
                draft.uses(
                    world
                        .names
                        .find_full(&format!("{}.{name}", scope::LYRICS), span, context),
                );
            }
            _ => {
                draft.whole = false;
                context.complain(
                    Diagnostic::error(codes::UNKNOWN_VARIABLE, span, format!("`{written}` is not a text"))
                        .help("the text of another step is `{{lyrics.NAME}}`"),
                );
            }
        }
    }
}
