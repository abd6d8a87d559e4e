//! The one error type of this crate.

use std::path::PathBuf;

use domain::ids::{ConnectionName, OrderId};

/// Why the ledger could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The database refused or broke.
    #[error("the ledger's database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// The schema could not be brought up to date.
    #[error("the ledger's schema could not be migrated: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// A newer program has worked with this ledger: this one must not touch it.
    #[error("the ledger has schema {found} and this program knows {known}: use the newer program again")]
    NewerSchema {
        /// The newest migration that the ledger has.
        found: i64,
        /// The newest migration that this program has.
        known: i64,
    },
    /// The ledger was opened for reading only and lacks migrations.
    #[error(
        "the ledger has schema {found} and this program needs {known}: start the bridge once to migrate it"
    )]
    OlderSchema {
        /// The newest migration that the ledger has; 0 for none.
        found: i64,
        /// The newest migration that this program has.
        known: i64,
    },
    /// There is no ledger to read.
    #[error("there is no ledger at {path} yet")]
    Absent {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// Something was to be kept for an order that was never read.
    #[error("order {order} of {connection} has not been read yet")]
    UnknownOrder {
        /// Whose order it is.
        connection: ConnectionName,
        /// The order.
        order: OrderId,
    },
    /// The folder of the database could not be made.
    #[error("cannot create the ledger's folder {path}: {source}")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A stored value has a form that this program does not know.
    #[error("the ledger holds a {what} that this version cannot read: {source}")]
    Unreadable {
        /// What was stored.
        what: &'static str,
        /// Why.
        source: serde_json::Error,
    },
    /// A stored number or word is outside what the schema promises.
    #[error("the ledger holds an impossible {what}: {value}")]
    Impossible {
        /// What was stored.
        what: &'static str,
        /// Its value.
        value: String,
    },
}
