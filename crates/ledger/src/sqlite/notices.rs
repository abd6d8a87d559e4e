//! What ShipStation told the custom store, in SQLite.

use async_trait::async_trait;
use jiff::Timestamp;

use domain::ids::ConnectionName;
use domain::ship_notice::NoticeId;

use super::SqliteLedger;
use crate::column::{micros, parsed};
use crate::error::LedgerError;
use crate::roles::Notices;
use crate::types::KeptNotice;
use crate::{document, row, sql};

#[async_trait]
impl Notices for SqliteLedger {
    async fn keep_notice(&self, connection: &ConnectionName, kept: &KeptNotice) -> Result<bool, LedgerError> {
        let mut transaction = self.begin_write().await?;
        let query = sqlx::query(sql::NOTICE).bind(connection.as_str()).bind(kept.id.to_string());
        let is_new = query.fetch_optional(&mut *transaction).await?.is_none();
        sqlx::query(sql::NOTICE_KEEP)
            .bind(connection.as_str())
            .bind(kept.id.to_string())
            .bind(kept.order.map(|order| order.0))
            .bind(micros(kept.received_at))
            .bind(document::encode(&kept.notice))
            .bind(&kept.raw)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(is_new)
    }

    async fn notices(
        &self,
        connection: &ConnectionName,
        ids: &[NoticeId],
    ) -> Result<Vec<Option<KeptNotice>>, LedgerError> {
        let mut transaction = self.begin_read().await?;
        let mut found = Vec::with_capacity(ids.len());
        for id in ids {
            let query = sqlx::query(sql::NOTICE).bind(connection.as_str()).bind(id.to_string());
            let row = query.fetch_optional(&mut *transaction).await?;
            found.push(row.as_ref().map(row::notice).transpose()?);
        }
        Ok(found)
    }

    async fn notices_taken_in(
        &self,
        connection: &ConnectionName,
        ids: &[NoticeId],
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        if ids.is_empty() {
            return Ok(());
        }
        let mut transaction = self.begin_write().await?;
        for id in ids {
            let query = sqlx::query(sql::NOTICE_TAKEN_IN).bind(connection.as_str()).bind(id.to_string());
            query.bind(micros(now)).execute(&mut *transaction).await?;
        }
        Ok(transaction.commit().await?)
    }

    async fn open_notices(
        &self,
        connection: &ConnectionName,
        received_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<NoticeId>, LedgerError> {
        let query = sqlx::query_scalar(sql::NOTICES_OPEN).bind(connection.as_str());
        let query = query.bind(micros(received_until)).bind(i64::from(limit));
        let ids: Vec<String> = query.fetch_all(&self.readers).await?;
        ids.iter().map(|id| Ok(NoticeId(parsed("id of a notice", id)?))).collect()
    }
}
