//! Pipelines that read what their own runs write: every render would ask for the next one.
//!
//! Only names that stay the same count: a file with the key in its name is never written with anything else.

use crate::{
    plan::{self, OutputName, Plan, Take},
    service::{Gathered, project::shown},
    store::fs,
};
use std::path::{Path, PathBuf};

/// What a take is written as, and what is written beside it.
const ENDINGS: [&str; 5] = ["wav", "mp3", "pcm", "json", "lyrics.txt"];

/// A file that is written by what is made of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loop {
    /// As the user would type it.
    pub file: String,
    /// The take that writes it; none if it is the take sheet.
    pub writer: Option<String>,
    /// What to refer to in place of the file, if its audio is read.
    pub instead: Option<String>,
    /// The place that names it; none if it is a text or holds rows.
    pub reader: Option<String>,
}

/// Every such file of a pipeline.
pub fn feedback(gathered: &Gathered, plan: &Plan) -> Vec<Loop> {
    let (takes, sheet) = (
        real(gathered, &gathered.project.takes()),
        real(gathered, &gathered.sheet()),
    );
    let mut found = Vec::new();
    for (path, reader) in read(gathered) {
        let place = real(gathered, &path);
        let writer = place
            .strip_prefix(&takes)
            .ok()
            .and_then(|name| plan.takes().map(|(_, take)| take).find(|take| writes(take, name)));
        if writer.is_none() && place != sheet {
            continue;
        }
        let instead = writer.filter(|_| reader.is_some());
        found.push(Loop {
            file: shown(&path, &gathered.environment.folder),
            writer: writer.map(|take| take.name.to_string()),
            instead: instead.map(|take| take.name.to_string()),
            reader,
        });
    }
    found
}

/// Everything that was read, and for references the place that names it.
fn read(gathered: &Gathered) -> Vec<(PathBuf, Option<String>)> {
    let pipeline = &gathered.pipeline;
    let references = plan::reference_files(pipeline);
    let named = references
        .iter()
        .map(|(path, span)| ((*path).to_owned(), Some(pipeline.sources.locate(*span).to_string())));
    let is_reference = |path: &&PathBuf| references.iter().any(|(known, _)| *known == path.as_path());
    let others = gathered.asked.iter().filter(|path| !is_reference(path));
    named.chain(others.map(|path| (path.clone(), None))).collect()
}

/// Whether a take is written under a name below the output folder.
fn writes(take: &Take, name: &Path) -> bool {
    let pattern = &take.output.pattern;
    if pattern.contains(OutputName::KEY) {
        return false;
    }
    let own = Path::new(pattern);
    own == name || ENDINGS.iter().any(|ending| own.with_extension(ending) == name)
}

fn real(gathered: &Gathered, path: &Path) -> PathBuf {
    let path = gathered.environment.folder.join(path);
    fs::real(&path).unwrap_or(path)
}
