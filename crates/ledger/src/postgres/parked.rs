//! Events that wait for a person, in PostgreSQL.

use async_trait::async_trait;

use domain::ids::{ConnectionName, EventId};

use super::PostgresLedger;
use crate::column::{micros, storable, word};
use crate::error::LedgerError;
use crate::roles::Parked;
use crate::row::parked_event;
use crate::types::ParkedEvent;
use crate::{document, sql};

#[async_trait]
impl Parked for PostgresLedger {
    async fn park(&self, parked: &ParkedEvent) -> Result<(), LedgerError> {
        let (cause, text) = (storable(&parked.cause), storable(&parked.text));
        let park = || async {
            let mut connection = self.connections.lend().await?;
            sqlx::query(sql::PARK)
                .bind(parked.event.id.to_string())
                .bind(parked.event.connection.as_str())
                .bind(word(&parked.lane))
                .bind(&*cause)
                .bind(&*text)
                .bind(parked.order.map(|order| order.0))
                .bind(i64::from(parked.attempts))
                .bind(micros(parked.since))
                .bind(document::encode(&parked.event))
                .execute(&mut *connection)
                .await?;
            connection.give_back();
            Ok(())
        };
        self.connections.answer(park).await
    }

    async fn parked(&self, connection: Option<&ConnectionName>) -> Result<Vec<ParkedEvent>, LedgerError> {
        let read = || async {
            let mut lent = self.connections.lend().await?;
            let query = match connection {
                Some(connection) => sqlx::query(sql::PARKED_OF).bind(connection.as_str()),
                None => sqlx::query(sql::PARKED),
            };
            let rows = query.fetch_all(&mut *lent).await?;
            lent.give_back();
            rows.iter().map(parked_event).collect()
        };
        self.connections.answer(read).await
    }

    async fn unpark(&self, id: EventId) -> Result<Option<ParkedEvent>, LedgerError> {
        let take_out = || async {
            let mut transaction = self.connections.begin(&[]).await?;
            let query = sqlx::query(sql::UNPARK).bind(id.to_string());
            let row = query.fetch_optional(&mut *transaction).await?;
            // Read before the commit: an event that cannot be read stays parked.
            let parked = row.as_ref().map(parked_event).transpose()?;
            transaction.commit().await?;
            Ok(parked)
        };
        self.connections.answer(take_out).await
    }
}
