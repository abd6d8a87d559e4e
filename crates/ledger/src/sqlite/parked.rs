//! Events that wait for a person, in SQLite.

use async_trait::async_trait;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use domain::ids::{ConnectionName, EventId, OrderId};

use super::SqliteLedger;
use crate::column::{count, from_word, instant, micros, word};
use crate::error::LedgerError;
use crate::roles::Parked;
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

fn parked_event(row: &SqliteRow) -> Result<ParkedEvent, LedgerError> {
    Ok(ParkedEvent {
        event: document::decode("parked event", row.try_get("event")?)?,
        lane: from_word("lane", row.try_get("lane")?)?,
        cause: row.try_get("cause")?,
        text: row.try_get("text")?,
        order: row.try_get::<Option<i64>, _>("cin7_order")?.map(OrderId),
        attempts: count("number of attempts", row.try_get("attempts")?)?,
        since: instant("time of parking", row.try_get("since_us")?)?,
    })
}
