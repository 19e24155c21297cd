//! What can go wrong with the disk. The messages are sentences without a full stop, fit for a user.

use super::fs::Act;
use std::{
    io,
    path::{Path, PathBuf},
};

/// Why the store could not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The operating system refused.
    #[error("cannot {act} {}: {}", path.display(), plain(source))]
    Io {
        /// What was tried.
        act: Act,
        /// On which file or folder.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The database refused.
    #[error("cannot use the ledger {}: {}", path.display(), database_words(source))]
    Database {
        /// The database's file.
        path: PathBuf,
        /// What it said.
        source: rusqlite::Error,
    },
    /// The ledger is not what it was, though SQLite could work with what is there.
    #[error("the ledger {} {what}", path.display())]
    Ledger {
        /// The database's file.
        path: PathBuf,
        /// What became of it, as the rest of a sentence.
        what: &'static str,
    },
    /// A later version of the program made this store.
    #[error(
        "the store {} was made by a newer takesheet (its schema is {found}, this program knows {known}): update takesheet",
        path.display()
    )]
    Newer {
        /// The database's file.
        path: PathBuf,
        /// Its schema.
        found: u32,
        /// The latest schema this program knows.
        known: u32,
    },
    /// A claim could not be written, so the paid call must not be made.
    #[error("{0}; nothing was bought")]
    NotClaimed(#[source] Box<StoreError>),
    /// A claim is not in a state from which this step is possible.
    #[error("the ledger says that this call is {found}, so it cannot become {wanted}")]
    State {
        /// The state it is in; `gone` if there is no such claim.
        found: String,
        /// The state it was to get.
        wanted: &'static str,
    },
    /// Stored audio is missing or its bytes are not what they were.
    #[error("the stored audio {} is {what}", path.display())]
    Blob {
        /// The file.
        path: PathBuf,
        /// `missing` or `damaged`.
        what: &'static str,
    },
    /// A link leads out of the project, or nowhere: nothing is written through it.
    #[error(
        "{} is a link to {}, which is not in the project: nothing is written there; put a folder or file in its place",
        link.display(),
        target.display()
    )]
    LeadsOut {
        /// The link.
        link: PathBuf,
        /// Where it leads.
        target: PathBuf,
    },
    /// A take sheet cannot be read; it is left as it is.
    #[error("{}{}: {message}", path.display(), line.map_or(String::new(), |line| format!(":{line}")))]
    Sheet {
        /// The file.
        path: PathBuf,
        /// From one, if it is known.
        line: Option<usize>,
        /// What is wrong with it.
        message: String,
    },
}

impl StoreError {
    /// What to do about it, line by line, where the message alone does not say it.
    pub fn help(&self) -> Vec<String> {
        match self {
            Self::NotClaimed(error) => error.help(),
            Self::Ledger { path, .. } => go_on_without(path),
            Self::Database { path, source } if is_damage(source) => go_on_without(path),
            _ => Vec::new(),
        }
    }
}

/// How to go on without a ledger, and without paying twice.
fn go_on_without(ledger: &Path) -> Vec<String> {
    let store = ledger.parent().unwrap_or(ledger).display();
    vec![
        "put the ledger back from a backup if there is one; nothing is bought until then".to_owned(),
        format!("or begin a new one: `mv {store} {store}.old`; takes whose files are in takes/ are taken on unpaid"),
        "calls that were under way or unsure are then known only to your account's usage log: look there first"
            .to_owned(),
    ]
}

fn is_damage(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
    // A missing table or column is damage too: no schema of ours lacks any.
    matches!(error.sqlite_error_code(), Some(NotADatabase | DatabaseCorrupt))
}

/// An operating system's message without its ` (os error 28)`.
fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error") {
        Some(at) => text[..at].to_owned(),
        None => text,
    }
}

/// SQLite's code in a user's words, where its own are not.
fn database_words(error: &rusqlite::Error) -> String {
    use rusqlite::ErrorCode;
    if let rusqlite::Error::FromSqlConversionFailure(_, _, why) = error {
        return why.to_string();
    }
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => "no space left on the device".into(),
        Some(ErrorCode::ReadOnly) => "it is read-only".into(),
        Some(ErrorCode::CannotOpen) => "it cannot be opened".into(),
        Some(ErrorCode::PermissionDenied) => "permission denied".into(),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => "another process keeps it locked".into(),
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => "it is damaged".into(),
        _ => error.to_string(),
    }
}
