//! How the keeper reads its pipelines: at first, when it is told of a change, and before anything is fired.
//!
//! Knows nothing of what is due.

use super::{Keeper, Note, Reader};
use crate::{pipeline::Schedule, service::schedule::Runner};
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
        let file = kept.pipeline.file.clone();
        match self.reader.read(&file) {
            Ok(schedules) => self.take(at, schedules),
            Err(trouble) if kept.trouble.as_ref() != Some(&trouble) => {
                kept.trouble = Some(trouble.clone());
                (self.listener)(Note::Unread { file, trouble });
            }
            Err(_) => {}
        }
    }

    /// Takes what a file says now, and tells of it if that is news.
    fn take(&mut self, at: usize, schedules: Vec<Schedule>) {
        let now = self.clock.now();
        let kept = &mut self.kept[at];
        let was_well = kept.was_read && kept.trouble.is_none();
        let (is_other, wrong) = kept.take(schedules);
        kept.was_read = true;
        kept.trouble = None;
        if was_well && !is_other {
            return;
        }
        let next = kept.entries.iter();
        let next = next.map(|entry| (entry.schedule.clone(), entry.next(now)));
        let (file, next) = (kept.pipeline.file.clone(), next.collect());
        (self.listener)(Note::Read { file, next });
        for why in wrong {
            let file = kept.pipeline.file.clone();
            (self.listener)(Note::Unreckoned { file, why });
        }
    }
}
