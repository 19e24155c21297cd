//! The tables, as a list of migrations. A released one is never changed; a new one is added at the end.
//!
//! Times are nanoseconds since 1970, money is billionths of a dollar (NULL: unknown), digests and keys are hex text,
//! so that a person with `sqlite3` at hand can read them.

use crate::base::crash;
use rusqlite::{Connection, TransactionBehavior};

/// What brings a database from one schema to the next. `user_version` says how many were applied.
const MIGRATIONS: &[&str] = &[
    include_str!("schema/1.sql"),
    include_str!("schema/2.sql"),
    include_str!("schema/3.sql"),
    include_str!("schema/4.sql"),
];

/// The schema this program works with.
pub(super) const CURRENT: u32 = 4;

const _: () = assert!(MIGRATIONS.len() == CURRENT as usize, "each migration is one schema");

/// The schema a database is in; zero for a new one.
pub(super) fn version(connection: &Connection) -> rusqlite::Result<u32> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Applies what is missing, all of it or nothing. A schema of the future is left alone.
pub(super) fn migrate(connection: &mut Connection) -> rusqlite::Result<()> {
    crash::point("schema.before");
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Exclusive)?;
    let found = version(&transaction)?;
    for migration in MIGRATIONS.iter().skip(found as usize) {
        transaction.execute_batch(migration)?;
    }
    if found < CURRENT {
        transaction.pragma_update(None, "user_version", CURRENT)?;
    }
    crash::point("schema.inside");
    transaction.commit()?;
    crash::point("schema.after");
    Ok(())
}

#[cfg(test)]
mod tests;
