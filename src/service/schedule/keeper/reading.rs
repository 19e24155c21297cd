//! How the keeper reads its pipelines: at first, when it is told of a change, and before anything is fired.
//!
//! Knows nothing of what is due.

use super::{Keeper, Note, Reader};
use crate::service::schedule::Runner;
use std::path::Path;

impl<R: Runner, F: Reader, L: FnMut(Note<F::Trouble>) + Send> Keeper<R, F, L> {
    pub(super) fn read_all(&mut self) {
        (0..self.kept.len()).for_each(|at| self.read(at));
    }

    pub(super) fn read_file(&mut self, file: &Path) {
        for at in 0..self.kept.len() {
            if self.kept[at].pipeline.file == file {
                self.read(at);
            }
        }
    }

    pub(super) fn read_troubled(&mut self) {
        for at in 0..self.kept.len() {
            if self.kept[at].trouble.is_some() {
                self.read(at);
            }
        }
    }

    /// Reads a pipeline anew. One that cannot be read keeps the schedules that it had.
    pub(super) fn read(&mut self, at: usize) {
        let kept = &mut self.kept[at];
        let file = &kept.pipeline.file;
        match self.reader.read(file) {
            Ok(schedules) => {
                let (file, was_well) = (file.clone(), kept.was_read && kept.trouble.is_none());
                let (is_other, wrong) = kept.take(schedules);
                kept.was_read = true;
                kept.trouble = None;
                if is_other || !was_well {
                    let now = self.clock.now();
                    let next = kept.entries.iter();
                    let next = next.map(|entry| (entry.schedule.name.clone(), entry.next(now)));
                    let next = next.collect();
                    (self.listener)(Note::Read {
                        file: file.clone(),
                        next,
                    });
                    for why in wrong {
                        let file = file.clone();
                        (self.listener)(Note::Unreckoned { file, why });
                    }
                }
            }
            Err(trouble) if kept.trouble.as_ref() != Some(&trouble) => {
                kept.trouble = Some(trouble.clone());
                let file = file.clone();
                (self.listener)(Note::Unread { file, trouble });
            }
            Err(_) => {}
        }
    }
}
