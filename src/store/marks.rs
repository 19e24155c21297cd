//! Small facts to remember between runs, by name. Losing one costs time, never money.

use super::{Store, StoreError, open::Durability};
use rusqlite::{OptionalExtension, params};

impl Store {
    /// What was remembered under a name.
    pub fn mark(&self, name: &str) -> Result<Option<String>, StoreError> {
        self.query(|connection| {
            connection
                .prepare_cached("SELECT value FROM marks WHERE name = ?1")?
                .query_row([name], |row| row.get(0))
                .optional()
        })
    }

    /// Remembers a value under a name, in place of an earlier one.
    pub fn set_mark(&self, name: &str, value: &str) -> Result<(), StoreError> {
        self.change(Durability::Ordered, |transaction| {
            transaction
                .prepare_cached("INSERT OR REPLACE INTO marks (name, value) VALUES (?1, ?2)")
                .and_then(|mut statement| statement.execute(params![name, value]))
                .map(drop)
                .map_err(|error| self.failed(error))
        })
    }
}
