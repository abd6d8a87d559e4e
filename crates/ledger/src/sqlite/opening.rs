//! The steps of opening a file: its folder, the first connection, the schema.

use std::path::Path;
use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::pool::PoolOptions;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Pool, Sqlite};

use crate::error::LedgerError;
use crate::{schema, sql};

/// Whether the file holds a schema at all. SQLite's own catalogue, hence not among the common statements.
const HAS_SCHEMA: &str = "SELECT COUNT(*) FROM sqlite_schema WHERE name = '_sqlx_migrations'";

/// The primary code of SQLite's "somebody else has the lock"; the extended codes carry it in their low byte.
const SQLITE_BUSY: i64 = 5;

/// How often, and after which wait, the first connection is tried again: 10 s altogether.
const CONNECT_TRIES: u32 = 500;
const CONNECT_WAIT: Duration = Duration::from_millis(20);

/// Creates the folder of a database file.
pub(super) async fn create_folder(path: &Path) -> Result<(), LedgerError> {
    let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) else {
        return Ok(());
    };
    let created = tokio::fs::create_dir_all(folder).await;
    created.map_err(|source| LedgerError::Folder { path: folder.to_owned(), source })
}

/// Refuses a path without a file.
pub(super) async fn require_file(path: &Path) -> Result<(), LedgerError> {
    match tokio::fs::try_exists(path).await {
        Ok(true) => Ok(()),
        _ => Err(LedgerError::Absent { path: path.to_owned() }),
    }
}

/// Makes the first connection. Turning on WAL needs the whole file for a moment and does not heed the busy
/// timeout, so when several processes meet on a new file all but one must try again.
pub(super) async fn connect_patiently(
    pool: PoolOptions<Sqlite>,
    options: SqliteConnectOptions,
) -> Result<Pool<Sqlite>, LedgerError> {
    for _ in 1..CONNECT_TRIES {
        match pool.clone().connect_with(options.clone()).await {
            Err(error) if is_busy(&error) => tokio::time::sleep(CONNECT_WAIT).await,
            other => return Ok(other?),
        }
    }
    Ok(pool.connect_with(options).await?)
}

/// Brings the schema up to date, in one transaction that holds the write lock: of several processes that
/// start at once, one migrates and the others find it done.
pub(super) async fn migrate(writer: &Pool<Sqlite>, migrator: &Migrator) -> Result<(), LedgerError> {
    let mut transaction = writer.begin_with("BEGIN IMMEDIATE").await?;
    // `run` would do, if its future were `Send` with a borrowed connection.
    let migrated = migrator.run_direct(None, &mut *transaction, false).await;
    migrated.map_err(|error| schema::failed(error, schema::newest(migrator)))?;
    Ok(transaction.commit().await?)
}

/// Refuses any schema but the newest that this program knows.
pub(super) async fn require_current_schema(readers: &Pool<Sqlite>) -> Result<(), LedgerError> {
    let tables: i64 = sqlx::query_scalar(HAS_SCHEMA).fetch_one(readers).await?;
    let found = match tables {
        0 => None,
        _ => sqlx::query_scalar::<_, Option<i64>>(sql::SCHEMA_VERSION).fetch_one(readers).await?,
    };
    schema::require_current(found.unwrap_or(0), schema::newest(&schema::sqlite()))
}

fn is_busy(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code()?.parse::<i64>().ok());
    code.is_some_and(|code| code & 0xff == SQLITE_BUSY)
}
