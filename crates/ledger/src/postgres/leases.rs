//! Leases for work that one worker does at a time, in PostgreSQL. One statement decides and takes: of two who
//! ask at once, the second waits for the first one's row and then sees its holder.

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};

use super::PostgresLedger;
use crate::column::{instant, length_micros, micros, storable};
use crate::error::LedgerError;
use crate::roles::Leases;
use crate::sql;
use crate::types::Lease;

#[async_trait]
impl Leases for PostgresLedger {
    async fn lease(
        &self,
        name: &str,
        holder: &str,
        length: SignedDuration,
        now: Timestamp,
    ) -> Result<Option<Lease>, LedgerError> {
        let (name, holder) = (storable(name), storable(holder));
        let until = micros(now).saturating_add(length_micros(length));
        let until_instant = instant("end of a lease", until)?;
        let take = || async {
            let mut connection = self.connections.lend().await?;
            let query = sqlx::query_scalar(sql::LEASE).bind(&*name).bind(&*holder).bind(until);
            let token: Option<i64> = query.bind(micros(now)).fetch_optional(&mut *connection).await?;
            connection.give_back();
            Ok(token.map(|token| Lease { token, until: until_instant }))
        };
        self.connections.answer(take).await
    }

    async fn give_back(&self, name: &str, holder: &str) -> Result<(), LedgerError> {
        let (name, holder) = (storable(name), storable(holder));
        let give_back = || async {
            let mut connection = self.connections.lend().await?;
            let query = sqlx::query(sql::LEASE_GIVE_BACK).bind(&*name).bind(&*holder);
            query.execute(&mut *connection).await?;
            connection.give_back();
            Ok(())
        };
        self.connections.answer(give_back).await
    }
}
