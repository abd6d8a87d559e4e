//! The ledger in one SQLite file: opening, migrating and closing it. The roles are in the modules below, one
//! each; the statements are `crate::sql`.
//!
//! One connection writes, four read. Several processes may use one file at the same time: WAL lets readers
//! pass a writer, and every writing transaction asks for the write lock when it begins, because a transaction
//! that only finds out half-way that it must write fails at once instead of waiting.

use std::path::Path;
use std::time::Duration;

use log::LevelFilter;
use sqlx::pool::PoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Pool, Sqlite, Transaction};

use crate::error::LedgerError;
use crate::schema;

mod alerts;
mod cursors;
mod effects;
mod feed;
mod journal;
mod leases;
mod notices;
mod opening;
mod orders;
mod parked;
mod products;
mod quota;
mod shipments;
mod shipstation_index;

/// How long a statement waits for another process's write.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Connections that only read.
const READERS: u32 = 4;

/// What each of them caches of the file at most, in KiB; the system's own cache is behind it. Of a walk through all that
/// there is, as of a feed of 100,000 orders, each would keep 2 MiB by default.
const READER_CACHE: &str = "-512";

/// A statement that takes longer is worth a line in the log.
const SLOW: Duration = Duration::from_secs(1);

/// The ledger in one SQLite file. Cloning shares the connections.
#[derive(Debug, Clone)]
pub struct SqliteLedger {
    writer: Pool<Sqlite>,
    readers: Pool<Sqlite>,
}

impl SqliteLedger {
    /// Opens the ledger for reading and writing. Creates the file and its folder, and brings the schema up to
    /// date; a schema newer than this program is refused. What was committed survives a power loss.
    pub async fn open(path: &Path) -> Result<Self, LedgerError> {
        opening::create_folder(path).await?;
        let options = options(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full);
        let writer = opening::connect_patiently(pool(1), options).await?;
        opening::migrate(&writer, &schema::sqlite()).await?;
        let readers = Self::readers(path);
        Ok(Self { writer, readers })
    }

    /// Opens an existing ledger for reading only, beside whoever writes to it. Neither creates nor migrates
    /// anything; every writing method fails.
    pub async fn open_read_only(path: &Path) -> Result<Self, LedgerError> {
        opening::require_file(path).await?;
        let readers = Self::readers(path);
        opening::require_current_schema(&readers).await?;
        Ok(Self { writer: readers.clone(), readers })
    }

    /// Closes all connections and waits for them; the last one of all processes folds the log into the file.
    /// Dropping the ledger instead loses nothing.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    fn readers(path: &Path) -> Pool<Sqlite> {
        let options = options(path).read_only(true).pragma("cache_size", READER_CACHE);
        pool(READERS).connect_lazy_with(options)
    }

    /// Begins a transaction that writes.
    async fn begin_write(&self) -> Result<Transaction<'static, Sqlite>, LedgerError> {
        Ok(self.writer.begin_with("BEGIN IMMEDIATE").await?)
    }

    /// Begins a transaction that only reads: all its statements see the same state.
    async fn begin_read(&self) -> Result<Transaction<'static, Sqlite>, LedgerError> {
        Ok(self.readers.begin().await?)
    }
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(BUSY_TIMEOUT)
        .log_statements(LevelFilter::Trace)
        .log_slow_statements(LevelFilter::Warn, SLOW)
}

/// Connections to a file neither age nor break, so they are kept and not tried out before each use.
fn pool(size: u32) -> PoolOptions<Sqlite> {
    PoolOptions::new().max_connections(size).idle_timeout(None).max_lifetime(None).test_before_acquire(false)
}

#[cfg(test)]
mod tests;
