//! Where the takes' files go, relative to the output folder.
//!
//! A default name is always a good one: ASCII, kebab-case, cut where it would be too long, and told apart where two
//! cells would read the same. A name the user wrote is kept as written or refused, with the reason.

mod collide;
mod default;
mod portable;
mod written;

use super::expand::Unfinished;
use crate::{
    base::diagnostic::Diagnostics,
    catalog::BackendKind,
    pipeline::{Song, Work},
};

/// Names the files of every take, and complains about names that are no good.
pub(super) fn name(draft: &mut Unfinished<'_>) {
    let mut stems = default::stems(draft);
    let alike = default::look_alikes(&stems);
    let mut complaints = Diagnostics::default();
    for step in &draft.pipeline.steps {
        let Work::Song(song) = &step.work else { continue };
        let Some(mut cells) = draft.cells[step.id.0 as usize].take() else {
            continue;
        };
        match &song.file_name {
            Some(text) => {
                complaints.extend(written::name(draft.pipeline, step, (song, text), &mut cells));
            }
            None => {
                let stems = stems.remove(&step.id).unwrap_or_default();
                default::name(song, stems, &alike, &mut cells);
            }
        }
        draft.cells[step.id.0 as usize] = Some(cells);
    }
    complaints.extend(collide::collisions(draft));
    draft.complaints.extend(complaints);
}

/// What a take's file ends in. The sandbox's say so: a scratch take is never mistaken for a paid one.
fn extension(song: &Song) -> String {
    let format = song.audio.format.word();
    match song.backend {
        BackendKind::Sandbox => format!("scratch.{format}"),
        BackendKind::Aimlapi => format.to_owned(),
    }
}
