//! The timeline of each order, in SQLite.

use async_trait::async_trait;
use jiff::Timestamp;

use domain::ids::{ConnectionName, OrderId};

use super::SqliteLedger;
use crate::column::micros;
use crate::error::LedgerError;
use crate::roles::Journal;
use crate::row::journal_entry;
use crate::sql;
use crate::types::JournalEntry;

#[async_trait]
impl Journal for SqliteLedger {
    async fn write(&self, connection: &ConnectionName, entries: &[JournalEntry]) -> Result<(), LedgerError> {
        if entries.is_empty() {
            return Ok(());
        }
        let mut transaction = self.begin_write().await?;
        for entry in entries {
            sqlx::query(sql::JOURNAL_WRITE)
                .bind(connection.as_str())
                .bind(entry.order.0)
                .bind(micros(entry.at))
                .bind(&entry.kind)
                .bind(&entry.text)
                .execute(&mut *transaction)
                .await?;
        }
        Ok(transaction.commit().await?)
    }

    async fn timeline(
        &self,
        connection: &ConnectionName,
        order: OrderId,
    ) -> Result<Vec<JournalEntry>, LedgerError> {
        let query = sqlx::query(sql::JOURNAL_TIMELINE).bind(connection.as_str()).bind(order.0);
        let rows = query.fetch_all(&self.readers).await?;
        rows.iter().map(|row| journal_entry(order, row)).collect()
    }
    async fn count(
        &self,
        connection: &ConnectionName,
        kind: &str,
        since: Timestamp,
    ) -> Result<u64, LedgerError> {
        let query = sqlx::query_scalar(sql::JOURNAL_COUNT).bind(connection.as_str()).bind(kind);
        let count: i64 = query.bind(micros(since)).fetch_one(&self.readers).await?;
        Ok(count.unsigned_abs())
    }
}
