//! Leases for work that one worker does at a time, in SQLite.

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};

use super::SqliteLedger;
use crate::column::{instant, length_micros, micros};
use crate::error::LedgerError;
use crate::roles::Leases;
use crate::sql;
use crate::types::Lease;

#[async_trait]
impl Leases for SqliteLedger {
    async fn lease(
        &self,
        name: &str,
        holder: &str,
        length: SignedDuration,
        now: Timestamp,
    ) -> Result<Option<Lease>, LedgerError> {
        let until = micros(now).saturating_add(length_micros(length));
        let until_instant = instant("end of a lease", until)?;
        let mut transaction = self.begin_write().await?;
        let token: Option<i64> = sqlx::query_scalar(sql::LEASE)
            .bind(name)
            .bind(holder)
            .bind(until)
            .bind(micros(now))
            .fetch_optional(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(token.map(|token| Lease { token, until: until_instant }))
    }

    async fn give_back(&self, name: &str, holder: &str) -> Result<(), LedgerError> {
        let mut transaction = self.begin_write().await?;
        sqlx::query(sql::LEASE_GIVE_BACK).bind(name).bind(holder).execute(&mut *transaction).await?;
        Ok(transaction.commit().await?)
    }
}
