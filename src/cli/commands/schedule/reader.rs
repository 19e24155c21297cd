//! Reads the schedules of pipelines for the keeper, and follows their files, so that it hears of changes.

use crate::{
    cli::{context::Context, failure},
    pipeline::Schedule,
    service::{
        self,
        follow::{Followed, Follower, How},
        schedule::{NAP, Reader},
    },
    store::Disk,
    ui::Heard,
};
use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};
use tokio::sync::mpsc;

/// What one pipeline was read from.
type Read = (PathBuf, Followed);

/// Reads the schedules that are wished for.
#[derive(Debug)]
pub(super) struct Files {
    context: Context,
    /// Their names; all of them if there are none.
    only: Vec<String>,
    /// What was read lately, by the pipeline's file.
    read: HashMap<PathBuf, Followed>,
    reads: mpsc::UnboundedSender<Read>,
}

impl Files {
    /// A reader, and what it reads.
    pub(super) fn new(context: &Context, only: Vec<String>) -> (Self, mpsc::UnboundedReceiver<Read>) {
        let (reads, receiver) = mpsc::unbounded_channel();
        let files = Self {
            context: context.clone(),
            only,
            read: HashMap::new(),
            reads,
        };
        (files, receiver)
    }
}

impl Reader for Files {
    /// As it is to be shown.
    type Trouble = String;

    fn read(&mut self, file: &Path) -> Result<Vec<Schedule>, String> {
        let disk = Disk::new();
        let found = service::schedules_through(&disk, file, &self.context.environment);
        let project = service::project_of(file, &self.context.environment);
        let mut followed = Followed::of(&disk, &project);
        if let (Err(_), Some(before)) = (&found, self.read.get(file)) {
            followed = followed.keeping(before);
        }
        if self.read.get(file) != Some(&followed) {
            self.read.insert(file.to_owned(), followed.clone());
            // Nobody follows it with `--once`.
            let _ = self.reads.send((file.to_owned(), followed));
        }
        match found {
            Ok(mut schedules) => {
                schedules.retain(|schedule| self.only.is_empty() || self.only.contains(&schedule.name));
                Ok(schedules)
            }
            Err(error) => {
                let (mut terminal, heard) = Heard::terminal();
                failure::gather(&self.context, &mut terminal, &error);
                Err(heard.text())
            }
        }
    }
}

/// Names the pipelines that changed, for as long as anybody reads them.
pub(super) async fn follow(mut reads: mpsc::UnboundedReceiver<Read>, changed: mpsc::UnboundedSender<PathBuf>) {
    let started = Follower::start(How::Events).or_else(|_| Follower::start(How::Poll(NAP)));
    let Ok(mut follower) = started else { return };
    let mut all: HashMap<PathBuf, Followed> = HashMap::new();
    loop {
        let changes = tokio::select! {
            biased;
            read = reads.recv() => {
                let Some((file, followed)) = read else { return };
                all.insert(file, followed);
                let together = all.values().cloned().fold(Followed::default(), Followed::and);
                // What cannot be followed by events is looked at now and then.
                let _ = follower.follow(together);
                continue;
            }
            changes = follower.changes() => changes,
        };
        for (file, followed) in &all {
            if changes.iter().any(|change| followed.holds(&change.path)) && changed.send(file.clone()).is_err() {
                return;
            }
        }
    }
}
