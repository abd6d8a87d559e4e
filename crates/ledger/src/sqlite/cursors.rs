//! How far the watch and the sweeps are, in SQLite.

use async_trait::async_trait;
use jiff::Timestamp;

use super::SqliteLedger;
use crate::column::{instant, micros};
use crate::error::LedgerError;
use crate::roles::Cursors;
use crate::sql;

#[async_trait]
impl Cursors for SqliteLedger {
    async fn cursor(&self, name: &str) -> Result<Option<Timestamp>, LedgerError> {
        let at: Option<i64> =
            sqlx::query_scalar(sql::CURSOR).bind(name).fetch_optional(&self.readers).await?;
        at.map(|at| instant("cursor", at)).transpose()
    }

    async fn move_cursor(&self, name: &str, to: Timestamp) -> Result<(), LedgerError> {
        let mut transaction = self.begin_write().await?;
        sqlx::query(sql::CURSOR_MOVE).bind(name).bind(micros(to)).execute(&mut *transaction).await?;
        Ok(transaction.commit().await?)
    }

    async fn mark(&self, name: &str) -> Result<Option<String>, LedgerError> {
        Ok(sqlx::query_scalar(sql::MARK).bind(name).fetch_optional(&self.readers).await?)
    }

    async fn keep_mark(&self, name: &str, value: &str) -> Result<(), LedgerError> {
        let mut transaction = self.begin_write().await?;
        sqlx::query(sql::MARK_KEEP).bind(name).bind(value).execute(&mut *transaction).await?;
        Ok(transaction.commit().await?)
    }
}
