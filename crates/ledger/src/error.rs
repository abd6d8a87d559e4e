//! The one error type of this crate. Which of its causes pass by themselves is `crate::availability`.

use std::path::PathBuf;
use std::time::Duration;

use domain::ids::{ConnectionName, OrderId};

/// Why the ledger could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The database refused or broke.
    #[error("the ledger's database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// PostgreSQL could not be reached, refused, or broke.
    #[error("the ledger's database {database} failed: {source}")]
    Server {
        /// Its name and where it is, without secrets: `shipbridge at db.example:5432`.
        database: String,
        /// Why.
        source: sqlx::Error,
    },
    /// PostgreSQL did not answer in time. What was asked may or may not have been done.
    #[error(
        "the ledger's database {database} did not answer within {within:?}: what was asked may or may not \
         have been done"
    )]
    Unanswered {
        /// Its name and where it is, without secrets.
        database: String,
        /// How long it was waited for.
        within: Duration,
    },
    /// The URL of the database cannot be read. It may hold a password and is not repeated.
    #[error("the ledger's URL is none that PostgreSQL understands: {source}")]
    Url {
        /// Why.
        source: sqlx::Error,
    },
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
    /// The ledger lacks migrations, and whoever opened it does not migrate.
    #[error("the ledger has schema {found} and this program needs {known}: run `shipbridge migrate`")]
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
