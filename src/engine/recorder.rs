//! Writes a run's events into the store, in order, in batches, without holding up the loop.
//!
//! Events are for showing and history; money is in the ledger. So a history that cannot be written is reported at the
//! end and stops nothing.

use crate::{
    event::Record,
    store::{Store, StoreError},
};
use std::{
    sync::{Arc, mpsc},
    thread::JoinHandle,
};

/// A thread that writes what it is sent.
#[derive(Debug)]
pub(super) struct Recorder {
    sender: mpsc::Sender<Record>,
    thread: JoinHandle<Result<(), StoreError>>,
}

impl Recorder {
    /// Begins to write into this store.
    pub(super) fn start(store: Arc<Store>) -> Self {
        let (sender, receiver) = mpsc::channel::<Record>();
        let thread = std::thread::spawn(move || {
            while let Ok(first) = receiver.recv() {
                let batch: Vec<_> = std::iter::once(first).chain(receiver.try_iter()).collect();
                store.append(&batch)?;
            }
            Ok(())
        });
        Self { sender, thread }
    }

    /// Hands over the next record.
    pub(super) fn write(&self, record: &Record) {
        // A failed writer has hung up; it says why in `finish`.
        let _ = self.sender.send(record.clone());
    }

    /// Waits until everything is on disk.
    pub(super) fn finish(self) -> Result<(), StoreError> {
        drop(self.sender);
        self.thread
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}
