//! Opening the queue's file: the folder, the connection's settings, the SQLite version, the schema.

use std::path::Path;
use std::time::Duration;

use log::LevelFilter;
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, SqlSafeStr};

use crate::error::OpenError;

/// The file in the queue's folder.
const FILE: &str = "queue.db";
/// Every released migration, oldest first. Released ones are never edited.
const MIGRATIONS: [(i64, &str, &str); 1] = [(1, "queue", include_str!("../../migrations/0001_queue.sql"))];
/// SQLite up to 3.51.2 has a race between connections that reset the write-ahead log.
const OLDEST_SAFE_SQLITE: [u32; 3] = [3, 51, 3];
/// How long to wait for another process's transaction. Shorter than the 4 s in which a webhook is answered,
/// so that the answer can carry the reason.
const BUSY_TIMEOUT: Duration = Duration::from_secs(3);
/// What the write-ahead log is cut back to after a checkpoint, in bytes.
const LOG_SIZE_LIMIT: &str = "16777216";

/// Opens the queue in `folder`, making or migrating it as needed.
pub(super) async fn open(folder: &Path) -> Result<SqliteConnection, OpenError> {
    make_folder(folder).await?;
    let mut connection = SqliteConnection::connect_with(&options(folder)).await?;
    check_library(&mut connection).await?;
    migrate(&mut connection).await?;
    Ok(connection)
}

async fn make_folder(folder: &Path) -> Result<(), OpenError> {
    tokio::fs::create_dir_all(folder)
        .await
        .map_err(|source| OpenError::Folder { path: folder.to_owned(), source })
}

fn options(folder: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(folder.join(FILE))
        .create_if_missing(true)
        .busy_timeout(BUSY_TIMEOUT)
        .journal_mode(SqliteJournalMode::Wal)
        // Each commit is on the disk when it returns: that is what `publish` promises.
        .synchronous(SqliteSynchronous::Full)
        .pragma("journal_size_limit", LOG_SIZE_LIMIT)
        .log_statements(LevelFilter::Off)
        .log_slow_statements(LevelFilter::Warn, Duration::from_secs(1))
}

async fn check_library(connection: &mut SqliteConnection) -> Result<(), OpenError> {
    let found: String = sqlx::query_scalar("SELECT sqlite_version()").fetch_one(connection).await?;
    if is_safe(&found) { Ok(()) } else { Err(OpenError::UnsafeLibrary { found }) }
}

fn is_safe(version: &str) -> bool {
    let numbers: Vec<u32> = version.split('.').map_while(|part| part.parse().ok()).collect();
    numbers.as_slice() >= OLDEST_SAFE_SQLITE.as_slice()
}

/// Runs what is missing inside one immediate transaction, so that two processes that open a new queue at the
/// same time do it one after the other.
async fn migrate(connection: &mut SqliteConnection) -> Result<(), OpenError> {
    let migrations = MIGRATIONS.map(|(version, description, sql)| {
        Migration::new(version, description.into(), MigrationType::Simple, sql.into_sql_str(), false)
    });
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    let migrator = Migrator::with_migrations(migrations.to_vec());
    // Not `run`: its bound on the connection makes the futures of all our callers fail to be `Send`.
    match migrator.run_direct(None, &mut *transaction, false).await {
        Ok(()) => Ok(transaction.commit().await?),
        Err(MigrateError::VersionMissing(found)) => Err(OpenError::NewerSchema { found }),
        Err(error) => Err(OpenError::Migration(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sqlite_with_the_log_reset_race_is_refused() {
        for good in ["3.51.3", "3.51.10", "3.52.0", "4.0.0"] {
            assert!(is_safe(good), "{good}");
        }
        for bad in ["3.51.2", "3.40.1", "3.51", "2.99.99", ""] {
            assert!(!is_safe(bad), "{bad}");
        }
    }
}
