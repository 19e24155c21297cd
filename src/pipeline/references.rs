//! Resolves one entry of `references:`.
//!
//! Whether the file is there and holds sound is for others to find out: nothing is opened here.

use super::{
    Reference, ReferenceSource, Work, codes,
    context::Context,
    draft::{Draft, World, one_of},
    take_name, tree,
};
use crate::{
    base::{
        diagnostic::Diagnostic,
        ids::{Coordinates, StepKind},
        scalar::Scalar,
    },
    catalog::Purpose,
    document::{Entry, Node},
};

/// Reads the step; the axis values of `from:` are still texts.
pub(super) fn read(entry: &Entry, world: World<'_>, context: &mut Context<'_>) -> Draft {
    let mut draft = Draft::begin(StepKind::Reference, entry, world, context);
    let source = one_of(entry, ["file", "from"], context);
    let purpose = tree::field(&entry.value, "purpose").and_then(purpose_of);
    let resolved = source.and_then(|(which, value)| {
        let written = tree::text(value)?;
        let source = if which == 0 {
            let named = context.named(&written, value.span);
            ReferenceSource::File {
                path: named.path,
                shown: named.shown,
            }
        } else {
            rendered(&written, value, &mut draft, world, context)?
        };
        Some((source, value.span))
    });
    match (resolved, purpose) {
        (Some((source, span)), Some(purpose)) => {
            draft.work = Some(Work::Reference(Reference { source, purpose, span }));
        }
        _ => draft.whole = false,
    }
    draft
}

/// The purpose a value names.
pub(super) fn purpose_of(value: &Node) -> Option<Purpose> {
    Purpose::parse(&tree::text(value)?)
}

fn rendered(
    written: &str,
    value: &Node,
    draft: &mut Draft,
    world: World<'_>,
    context: &mut Context<'_>,
) -> Option<ReferenceSource> {
    let take = match take_name::parse(written) {
        Ok(take) => take,
        Err(why) => {
            draft.whole = false;
            context.complain(
                Diagnostic::error(
                    codes::UNKNOWN_TAKE,
                    value.span,
                    format!("`{written}` does not name a take"),
                )
                .help(why),
            );
            return None;
        }
    };
    let step = draft.uses(world.names.find(StepKind::Song, &take.song, value.span, context))?;
    draft.from = Some(value.span);
    Some(ReferenceSource::Song {
        step,
        at: Coordinates(
            take.at
                .iter()
                .map(|(axis, value)| (axis.as_str().into(), Scalar::text(value)))
                .collect(),
        ),
        take: take.take,
    })
}
