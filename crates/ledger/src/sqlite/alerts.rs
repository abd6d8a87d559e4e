//! What people have been told of, in SQLite.

use async_trait::async_trait;

use domain::alert::{Changes, Known};
use domain::ids::ConnectionName;

use super::SqliteLedger;
use crate::column::micros;
use crate::error::LedgerError;
use crate::roles::Alerts;
use crate::row::known_problem;
use crate::{document, sql};

#[async_trait]
impl Alerts for SqliteLedger {
    async fn alerts(&self, connection: &ConnectionName, channel: &str) -> Result<Vec<Known>, LedgerError> {
        let query = sqlx::query(sql::ALERTS).bind(connection.as_str()).bind(channel);
        query.fetch_all(&self.readers).await?.iter().map(known_problem).collect()
    }

    async fn keep_alerts(
        &self,
        connection: &ConnectionName,
        channel: &str,
        changes: &Changes,
    ) -> Result<(), LedgerError> {
        if changes.is_empty() {
            return Ok(());
        }
        let mut transaction = self.begin_write().await?;
        for key in &changes.forget {
            let query = sqlx::query(sql::ALERT_FORGET).bind(connection.as_str()).bind(channel);
            query.bind(&key.0).execute(&mut *transaction).await?;
        }
        for known in &changes.keep {
            sqlx::query(sql::ALERT_KEEP)
                .bind(connection.as_str())
                .bind(channel)
                .bind(known.problem.key().0)
                .bind(document::encode(&known.problem))
                .bind(micros(known.first_seen))
                .bind(known.told.map(micros))
                .execute(&mut *transaction)
                .await?;
        }
        Ok(transaction.commit().await?)
    }
}
