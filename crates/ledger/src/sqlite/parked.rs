//! Events that wait for a person, in SQLite.

use async_trait::async_trait;

use domain::ids::{ConnectionName, EventId};

use super::SqliteLedger;
use crate::column::{micros, word};
use crate::error::LedgerError;
use crate::roles::Parked;
use crate::row::parked_event;
use crate::types::ParkedEvent;
use crate::{document, sql};

#[async_trait]
impl Parked for SqliteLedger {
    async fn park(&self, parked: &ParkedEvent) -> Result<(), LedgerError> {
        let mut transaction = self.begin_write().await?;
        sqlx::query(sql::PARK)
            .bind(parked.event.id.to_string())
            .bind(parked.event.connection.as_str())
            .bind(word(&parked.lane))
            .bind(&parked.cause)
            .bind(&parked.text)
            .bind(parked.order.map(|order| order.0))
            .bind(i64::from(parked.attempts))
            .bind(micros(parked.since))
            .bind(document::encode(&parked.event))
            .execute(&mut *transaction)
            .await?;
        Ok(transaction.commit().await?)
    }

    async fn parked(&self, connection: Option<&ConnectionName>) -> Result<Vec<ParkedEvent>, LedgerError> {
        let query = match connection {
            Some(connection) => sqlx::query(sql::PARKED_OF).bind(connection.as_str()),
            None => sqlx::query(sql::PARKED),
        };
        query.fetch_all(&self.readers).await?.iter().map(parked_event).collect()
    }

    async fn unpark(&self, id: EventId) -> Result<Option<ParkedEvent>, LedgerError> {
        let mut transaction = self.begin_write().await?;
        let row = sqlx::query(sql::UNPARK).bind(id.to_string()).fetch_optional(&mut *transaction).await?;
        // Read before the commit: an event that cannot be read stays parked.
        let parked = row.as_ref().map(parked_event).transpose()?;
        transaction.commit().await?;
        Ok(parked)
    }
}
