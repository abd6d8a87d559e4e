//! The errors of this crate.

use std::path::PathBuf;
use std::sync::Arc;

use crate::rabbit::RabbitError;

/// Why events could not be accepted. Nothing of the call was accepted then, or it is not known: publish
/// again, duplicates are harmless.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The store refused or broke. Shared, because callers share transactions.
    #[error("the queue's database failed: {0}")]
    Database(#[from] Arc<sqlx::Error>),
    /// RabbitMQ, or the way to it.
    #[error(transparent)]
    Rabbit(#[from] RabbitError),
    /// An event could not be written down.
    #[error("an event could not be encoded: {0}")]
    Encode(#[from] serde_json::Error),
    /// The broker has been closed.
    #[error("the broker is closed")]
    Closed,
}

/// Why events could not be handed out or settled.
#[derive(Debug, thiserror::Error)]
pub enum ConsumeError {
    /// The store refused or broke. Shared, because callers share transactions.
    #[error("the queue's database failed: {0}")]
    Database(#[from] Arc<sqlx::Error>),
    /// RabbitMQ, or the way to it.
    #[error(transparent)]
    Rabbit(#[from] RabbitError),
    /// Another process hands out the events of this queue: an embedded queue has one consuming process.
    #[error(
        "another process already works on this queue (it holds {path}): stop it first, or give this one a \
         data folder of its own"
    )]
    InUse {
        /// The lock file.
        path: PathBuf,
    },
    /// Whether another process works on this queue could not be found out.
    #[error("cannot lock {path}, which shows that this process works on the queue: {source}")]
    Lock {
        /// The lock file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The broker has been closed.
    #[error("the broker is closed")]
    Closed,
}

/// Why the broker could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder could not be made.
    #[error("cannot create the queue's folder {path}: {source}")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The store refused or broke.
    #[error("the queue's database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// RabbitMQ, or the way to it.
    #[error(transparent)]
    Rabbit(#[from] RabbitError),
    /// The schema could not be brought up to date.
    #[error("the queue's schema could not be migrated: {0}")]
    Migration(#[source] sqlx::migrate::MigrateError),
    /// A newer program has changed the schema.
    #[error("the queue's schema has version {found}, which is newer than this program: use the newer one")]
    NewerSchema {
        /// The version found.
        found: i64,
    },
    /// The SQLite library has a fault that can corrupt a database with several connections.
    #[error("SQLite {found} is linked, at least 3.51.3 is needed: older ones can corrupt the queue")]
    UnsafeLibrary {
        /// The version linked.
        found: String,
    },
}
