//! What people have been told of, in PostgreSQL.

use std::collections::BTreeMap;

use async_trait::async_trait;

use domain::alert::{Changes, Known};
use domain::ids::ConnectionName;

use super::{PostgresLedger, sql};
use crate::column::{micros, storable};
use crate::document;
use crate::error::LedgerError;
use crate::roles::Alerts;
use crate::row::known_problem;

#[async_trait]
impl Alerts for PostgresLedger {
    async fn alerts(&self, connection: &ConnectionName, channel: &str) -> Result<Vec<Known>, LedgerError> {
        let read = || async {
            let mut lent = self.connections.lend().await?;
            let query = sqlx::query(crate::sql::ALERTS).bind(connection.as_str()).bind(channel);
            let rows = query.fetch_all(&mut *lent).await?;
            lent.give_back();
            rows.iter().map(known_problem).collect()
        };
        self.connections.answer(read).await
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
        let forgotten: Vec<_> = changes.forget.iter().map(|key| storable(&key.0).into_owned()).collect();
        let kept = Columns::of(&changes.keep);
        let keep = || async {
            let mut transaction = self.connections.begin(&[]).await?;
            let query = sqlx::query(sql::ALERTS_FORGET).bind(connection.as_str()).bind(channel);
            query.bind(&forgotten).execute(&mut *transaction).await?;
            let query = sqlx::query(sql::ALERTS_KEEP).bind(connection.as_str()).bind(channel);
            let query = query.bind(&kept.keys).bind(&kept.bodies).bind(&kept.first_seen).bind(&kept.told);
            query.execute(&mut *transaction).await?;
            transaction.commit().await
        };
        self.connections.answer(keep).await
    }
}

/// Problems as columns, sorted by their keys; of two with the same key the later one.
#[derive(Default)]
struct Columns {
    keys: Vec<String>,
    bodies: Vec<String>,
    first_seen: Vec<i64>,
    told: Vec<Option<i64>>,
}

impl Columns {
    fn of(problems: &[Known]) -> Self {
        let sorted: BTreeMap<_, _> =
            problems.iter().map(|known| (storable(&known.problem.key().0).into_owned(), known)).collect();
        let mut columns = Self::default();
        for (key, known) in sorted {
            columns.keys.push(key);
            columns.bodies.push(document::encode(&known.problem));
            columns.first_seen.push(micros(known.first_seen));
            columns.told.push(known.told.map(micros));
        }
        columns
    }
}
