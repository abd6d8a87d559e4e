//! The ledger in PostgreSQL, for any number of processes on any number of machines: opening and closing it, and
//! its clock. The roles are in the modules below, one each; connections and deadlines are `connections`, the
//! statements are `sql` and, where both engines can use one, `crate::sql`.

use std::sync::Arc;

use jiff::SignedDuration;
use sqlx::PgConnection;

use domain::clock::Clock;

use crate::error::LedgerError;
use connections::{Connections, Lent};

mod alerts;
mod config;
mod connections;
mod cursors;
mod effects;
mod feed;
mod journal;
mod leases;
mod lock;
mod migrating;
mod notices;
mod orders;
mod parked;
mod products;
mod quota;
mod shipments;
mod shipstation_index;
mod sql;

pub use config::PostgresConfig;
pub use migrating::Migrated;

/// How often the server's clock is asked for one comparison.
const CLOCK_READINGS: usize = 5;

/// The ledger in one PostgreSQL database. Cloning shares the connections.
///
/// Every operation ends within the configured deadline. An operation that fails or is dropped half-way never
/// leaves its connection behind for the next one.
#[derive(Debug, Clone)]
pub struct PostgresLedger {
    connections: Arc<Connections>,
}

impl PostgresLedger {
    /// Brings the schema up to date. Several processes may do this at once: one migrates, the others wait and
    /// find it done. A schema newer than this program is refused. Takes as long as the migrations take.
    pub async fn migrate(config: &PostgresConfig) -> Result<Migrated, LedgerError> {
        migrating::migrate(config, &crate::schema::postgres()).await
    }

    /// Opens the ledger. Neither creates nor migrates anything: a database that cannot be reached, an older and
    /// a newer schema are refused.
    pub async fn open(config: &PostgresConfig) -> Result<Self, LedgerError> {
        migrating::require_current_schema(config).await?;
        Ok(Self { connections: Arc::new(Connections::new(config)?) })
    }

    /// How far the database's clock is ahead of ours; less than nothing when it is behind. From the quickest of
    /// a few round trips, at most half of that trip off. Reads the clock before and after each.
    ///
    /// Nothing here applies it: every method takes the caller's `now`, so callers on different machines must
    /// correct their clocks with it to share leases and windows.
    pub async fn clock_offset(&self, clock: &dyn Clock) -> Result<SignedDuration, LedgerError> {
        let reading = || async {
            let mut connection = self.connections.lend().await?;
            let offset = quickest_offset(&mut connection, clock).await?;
            connection.give_back();
            Ok(offset)
        };
        self.connections.answer(reading).await
    }

    /// Closes all connections and waits for them, at most for two deadlines. Dropping the ledger instead loses
    /// nothing.
    pub async fn close(&self) {
        self.connections.close().await;
    }
}

async fn quickest_offset(
    connection: &mut PgConnection,
    clock: &dyn Clock,
) -> Result<SignedDuration, LedgerError> {
    let mut readings = Vec::with_capacity(CLOCK_READINGS);
    for _ in 0..CLOCK_READINGS {
        let before = clock.now();
        let theirs: i64 = sqlx::query_scalar(sql::CLOCK).fetch_one(&mut *connection).await?;
        let trip = clock.now().duration_since(before);
        let ours = before + trip / 2;
        let ahead = SignedDuration::from_micros(theirs.saturating_sub(ours.as_microsecond()));
        readings.push((trip, ahead));
    }
    let quickest = readings.into_iter().min_by_key(|(trip, _)| *trip);
    Ok(quickest.expect("the clock was read more than once").1)
}

#[cfg(test)]
mod tests;
