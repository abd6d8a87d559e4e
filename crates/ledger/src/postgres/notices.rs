//! What ShipStation told the custom store, in PostgreSQL.

use std::collections::BTreeMap;

use async_trait::async_trait;
use jiff::Timestamp;

use domain::ids::ConnectionName;
use domain::ship_notice::NoticeId;

use super::{PostgresLedger, sql};
use crate::column::{micros, parsed, storable};
use crate::error::LedgerError;
use crate::roles::Notices;
use crate::types::KeptNotice;
use crate::{document, row};

#[async_trait]
impl Notices for PostgresLedger {
    async fn keep_notice(&self, connection: &ConnectionName, kept: &KeptNotice) -> Result<bool, LedgerError> {
        let (id, raw) = (kept.id.to_string(), storable(&kept.raw));
        let keep = || async {
            let mut lent = self.connections.lend().await?;
            let query = sqlx::query_scalar(sql::NOTICE_KEEP_NEW).bind(connection.as_str()).bind(&id);
            let query = query.bind(kept.order.map(|order| order.0)).bind(micros(kept.received_at));
            let query = query.bind(document::encode(&kept.notice)).bind(&*raw);
            let is_new: Option<bool> = query.fetch_optional(&mut *lent).await?;
            lent.give_back();
            Ok(is_new.unwrap_or(false))
        };
        self.connections.answer(keep).await
    }

    async fn notices(
        &self,
        connection: &ConnectionName,
        ids: &[NoticeId],
    ) -> Result<Vec<Option<KeptNotice>>, LedgerError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let asked: Vec<_> = ids.iter().map(NoticeId::to_string).collect();
        let read = || async {
            let mut lent = self.connections.lend().await?;
            let query = sqlx::query(sql::NOTICES).bind(connection.as_str()).bind(&asked);
            let rows = query.fetch_all(&mut *lent).await?;
            lent.give_back();
            rows.iter().map(row::notice).collect::<Result<Vec<_>, _>>()
        };
        let found = self.connections.answer(read).await?;
        let by_id: BTreeMap<_, _> = found.into_iter().map(|notice| (notice.id, notice)).collect();
        Ok(ids.iter().map(|id| by_id.get(id).cloned()).collect())
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
        let taken: Vec<_> = ids.iter().map(NoticeId::to_string).collect();
        let keep = || async {
            let mut lent = self.connections.lend().await?;
            let query = sqlx::query(sql::NOTICES_TAKEN_IN).bind(connection.as_str()).bind(&taken);
            query.bind(micros(now)).execute(&mut *lent).await?;
            lent.give_back();
            Ok(())
        };
        self.connections.answer(keep).await
    }

    async fn open_notices(
        &self,
        connection: &ConnectionName,
        received_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<NoticeId>, LedgerError> {
        let read = || async {
            let mut lent = self.connections.lend().await?;
            let query = sqlx::query_scalar(crate::sql::NOTICES_OPEN).bind(connection.as_str());
            let query = query.bind(micros(received_until)).bind(i64::from(limit));
            let ids: Vec<String> = query.fetch_all(&mut *lent).await?;
            lent.give_back();
            ids.iter().map(|id| Ok(NoticeId(parsed("id of a notice", id)?))).collect()
        };
        self.connections.answer(read).await
    }
}
