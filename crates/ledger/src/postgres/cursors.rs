//! How far the watch and the sweeps are, in PostgreSQL.

use async_trait::async_trait;
use jiff::Timestamp;

use super::PostgresLedger;
use crate::column::{instant, micros, storable};
use crate::error::LedgerError;
use crate::roles::Cursors;
use crate::sql;

#[async_trait]
impl Cursors for PostgresLedger {
    async fn cursor(&self, name: &str) -> Result<Option<Timestamp>, LedgerError> {
        let name = storable(name);
        let read = || async {
            let mut connection = self.connections.lend().await?;
            let query = sqlx::query_scalar(sql::CURSOR).bind(&*name);
            let at: Option<i64> = query.fetch_optional(&mut *connection).await?;
            connection.give_back();
            at.map(|at| instant("cursor", at)).transpose()
        };
        self.connections.answer(read).await
    }

    async fn move_cursor(&self, name: &str, to: Timestamp) -> Result<(), LedgerError> {
        let name = storable(name);
        let moving = || async {
            let mut connection = self.connections.lend().await?;
            let query = sqlx::query(sql::CURSOR_MOVE).bind(&*name).bind(micros(to));
            query.execute(&mut *connection).await?;
            connection.give_back();
            Ok(())
        };
        self.connections.answer(moving).await
    }

    async fn mark(&self, name: &str) -> Result<Option<String>, LedgerError> {
        let name = storable(name);
        let read = || async {
            let mut connection = self.connections.lend().await?;
            let query = sqlx::query_scalar(sql::MARK).bind(&*name);
            let value: Option<String> = query.fetch_optional(&mut *connection).await?;
            connection.give_back();
            Ok(value)
        };
        self.connections.answer(read).await
    }

    async fn keep_mark(&self, name: &str, value: &str) -> Result<(), LedgerError> {
        let (name, value) = (storable(name), storable(value));
        let keep = || async {
            let mut connection = self.connections.lend().await?;
            let query = sqlx::query(sql::MARK_KEEP).bind(&*name).bind(&*value);
            query.execute(&mut *connection).await?;
            connection.give_back();
            Ok(())
        };
        self.connections.answer(keep).await
    }
}
