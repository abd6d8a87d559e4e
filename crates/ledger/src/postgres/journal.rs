//! The timeline of each order, in PostgreSQL.
//!
//! Whether an entry repeats the latest one can only be said while nobody else writes to the same timeline, and
//! a timeline has no row to lock. So the writers of an order share an advisory lock with the writers of some
//! others: a lock per order would be hundreds per batch, and the server has room for a few thousand.

use async_trait::async_trait;
use jiff::Timestamp;

use domain::ids::{ConnectionName, OrderId};

use super::lock::AdvisoryLock;
use super::{PostgresLedger, sql as batch};
use crate::column::{micros, storable};
use crate::error::LedgerError;
use crate::roles::Journal;
use crate::row::journal_entry;
use crate::sql;
use crate::types::JournalEntry;

/// How many locks the timelines of one connection have.
const LOCKS: i64 = 32;

#[async_trait]
impl Journal for PostgresLedger {
    async fn write(&self, connection: &ConnectionName, entries: &[JournalEntry]) -> Result<(), LedgerError> {
        if entries.is_empty() {
            return Ok(());
        }
        let locks = locks(connection, entries);
        let orders: Vec<_> = entries.iter().map(|entry| entry.order.0).collect();
        let instants: Vec<_> = entries.iter().map(|entry| micros(entry.at)).collect();
        let kinds: Vec<_> = entries.iter().map(|entry| storable(&entry.kind).into_owned()).collect();
        let texts: Vec<_> = entries.iter().map(|entry| storable(&entry.text).into_owned()).collect();
        let write = || async {
            let mut transaction = self.connections.begin(&locks).await?;
            sqlx::query(batch::JOURNAL_WRITE)
                .bind(connection.as_str())
                .bind(&orders)
                .bind(&instants)
                .bind(&kinds)
                .bind(&texts)
                .execute(&mut *transaction)
                .await?;
            transaction.commit().await
        };
        self.connections.answer(write).await
    }

    async fn timeline(
        &self,
        connection: &ConnectionName,
        order: OrderId,
    ) -> Result<Vec<JournalEntry>, LedgerError> {
        let read = || async {
            let mut lent = self.connections.lend().await?;
            let query = sqlx::query(sql::JOURNAL_TIMELINE).bind(connection.as_str()).bind(order.0);
            let rows = query.fetch_all(&mut *lent).await?;
            lent.give_back();
            rows.iter().map(|row| journal_entry(order, row)).collect()
        };
        self.connections.answer(read).await
    }

    async fn count(
        &self,
        connection: &ConnectionName,
        kind: &str,
        since: Timestamp,
    ) -> Result<u64, LedgerError> {
        let read = || async {
            let mut lent = self.connections.lend().await?;
            let query = sqlx::query_scalar(sql::JOURNAL_COUNT).bind(connection.as_str()).bind(kind);
            let count: i64 = query.bind(micros(since)).fetch_one(&mut *lent).await?;
            lent.give_back();
            Ok(count.unsigned_abs())
        };
        self.connections.answer(read).await
    }
}

fn locks(connection: &ConnectionName, entries: &[JournalEntry]) -> Vec<AdvisoryLock> {
    let lock = |entry: &JournalEntry| {
        AdvisoryLock::of("journal", &format!("{connection}/{}", entry.order.0.rem_euclid(LOCKS)))
    };
    entries.iter().map(lock).collect()
}
