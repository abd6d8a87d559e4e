//! The schema: bringing it up to date, and looking at it before the ledger is used.

use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, PgConnection};
use tokio::time::timeout;

use super::config::PostgresConfig;
use super::lock::AdvisoryLock;
use super::sql;
use crate::error::LedgerError;
use crate::schema;

/// How long all migrations together may take, the wait for another process's included.
const PATIENCE: Duration = Duration::from_mins(10);

/// What a migration did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Migrated {
    /// The newest migration that was there before; 0 for none.
    pub from: i64,
    /// The newest migration that is there now.
    pub to: i64,
}

/// Brings the schema up to date.
pub(super) async fn migrate(config: &PostgresConfig, migrator: &Migrator) -> Result<Migrated, LedgerError> {
    let database = config.database()?;
    let mut connection = connect(config, config.patient_options()?).await?;
    let migrated = timeout(PATIENCE, migrate_locked(&mut connection, migrator)).await;
    let migrated = migrated
        .unwrap_or_else(|_| Err(LedgerError::Unanswered { database: database.clone(), within: PATIENCE }));
    // The lock ends with the connection, however that ends.
    let _ = timeout(config.deadline, connection.close()).await;
    migrated.map_err(|error| named(&database, error))
}

async fn migrate_locked(connection: &mut PgConnection, migrator: &Migrator) -> Result<Migrated, LedgerError> {
    let lock = AdvisoryLock::of("schema", "ledger").number();
    sqlx::query("SELECT pg_advisory_lock($1)").bind(lock).execute(&mut *connection).await?;
    let (from, to) = (version(connection).await?, schema::newest(migrator));
    if from > to {
        return Err(LedgerError::NewerSchema { found: from, known: to });
    }
    // `run` would do, if its future were `Send` with a borrowed connection.
    let migrated = migrator.run_direct(None, connection, false).await;
    migrated.map_err(|error| schema::failed(error, to))?;
    Ok(Migrated { from, to })
}

/// Refuses any schema but the newest that this program knows.
pub(super) async fn require_current_schema(config: &PostgresConfig) -> Result<(), LedgerError> {
    let mut connection = connect(config, config.options()?).await?;
    let database = config.database()?;
    let found = match timeout(config.deadline, version(&mut connection)).await {
        Ok(found) => found.map_err(|error| named(&database, error))?,
        Err(_) => return Err(LedgerError::Unanswered { database, within: config.deadline }),
    };
    let _ = timeout(config.deadline, connection.close()).await;
    schema::require_current(found, schema::newest(&schema::postgres()))
}

/// Makes one connection, outside the pool: a pool would go on trying for the whole deadline and then forget why
/// it could not.
async fn connect(config: &PostgresConfig, options: PgConnectOptions) -> Result<PgConnection, LedgerError> {
    let database = config.database()?;
    match timeout(config.deadline, options.connect()).await {
        Ok(connected) => connected.map_err(|source| LedgerError::Server { database, source }),
        Err(_) => Err(LedgerError::Unanswered { database, within: config.deadline }),
    }
}

/// The newest migration of the database; 0 for none.
async fn version(connection: &mut PgConnection) -> Result<i64, LedgerError> {
    let there: bool = sqlx::query_scalar(sql::HAS_SCHEMA).fetch_one(&mut *connection).await?;
    if !there {
        return Ok(0);
    }
    let version: Option<i64> =
        sqlx::query_scalar(crate::sql::SCHEMA_VERSION).fetch_one(&mut *connection).await?;
    Ok(version.unwrap_or(0))
}

fn named(database: &str, error: LedgerError) -> LedgerError {
    match error {
        LedgerError::Database(source) => LedgerError::Server { database: database.to_owned(), source },
        other => other,
    }
}
