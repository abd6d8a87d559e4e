//! What is in ShipStation, in PostgreSQL.

use std::collections::BTreeMap;

use async_trait::async_trait;

use domain::ids::ConnectionName;
use domain::placed_order::PlacedOrder;

use super::{PostgresLedger, sql};
use crate::column::{micros, storable};
use crate::error::LedgerError;
use crate::roles::ShipStationIndex;
use crate::{document, row};

#[async_trait]
impl ShipStationIndex for PostgresLedger {
    async fn keep_indexed(
        &self,
        connection: &ConnectionName,
        orders: &[PlacedOrder],
    ) -> Result<(), LedgerError> {
        // Sorted, and of several readings of an order the newest.
        let mut newest: BTreeMap<i64, &PlacedOrder> = BTreeMap::new();
        for order in orders {
            let kept = newest.entry(order.order_id).or_insert(order);
            if order.modified >= kept.modified {
                *kept = order;
            }
        }
        if newest.is_empty() {
            return Ok(());
        }
        let ids: Vec<_> = newest.keys().copied().collect();
        let column = |value: fn(&PlacedOrder) -> String| newest.values().map(|order| value(order)).collect();
        let numbers: Vec<String> = column(|order| storable(&order.order_number).into_owned());
        let bodies: Vec<String> = newest.values().map(|order| document::encode(*order)).collect();
        let modified: Vec<_> =
            newest.values().map(|order| micros(order.modified.unwrap_or_default())).collect();
        let keep = || async {
            let mut lent = self.connections.lend().await?;
            let query = sqlx::query(sql::INDEX_KEEP).bind(connection.as_str()).bind(&ids).bind(&numbers);
            query.bind(&modified).bind(&bodies).execute(&mut *lent).await?;
            lent.give_back();
            Ok(())
        };
        self.connections.answer(keep).await
    }

    async fn indexed(
        &self,
        connection: &ConnectionName,
        ids: &[i64],
    ) -> Result<Vec<Option<PlacedOrder>>, LedgerError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let read = || async {
            let mut lent = self.connections.lend().await?;
            let query = sqlx::query(sql::INDEX_BY_IDS).bind(connection.as_str()).bind(ids);
            let rows = query.fetch_all(&mut *lent).await?;
            lent.give_back();
            rows.iter().map(row::placed_order).collect::<Result<Vec<_>, _>>()
        };
        let found = self.connections.answer(read).await?;
        let by_id: BTreeMap<_, _> = found.into_iter().map(|order| (order.order_id, order)).collect();
        Ok(ids.iter().map(|id| by_id.get(id).cloned()).collect())
    }

    async fn indexed_by_number(
        &self,
        connection: &ConnectionName,
        numbers: &[String],
    ) -> Result<Vec<Vec<PlacedOrder>>, LedgerError> {
        let asked: Vec<_> = numbers.iter().map(|number| storable(number).into_owned()).collect();
        if asked.is_empty() {
            return Ok(Vec::new());
        }
        let read = || async {
            let mut lent = self.connections.lend().await?;
            let query = sqlx::query(sql::INDEX_BY_NUMBERS).bind(connection.as_str()).bind(&asked);
            let rows = query.fetch_all(&mut *lent).await?;
            lent.give_back();
            rows.iter().map(row::placed_order).collect::<Result<Vec<_>, _>>()
        };
        let mut by_number: BTreeMap<String, Vec<PlacedOrder>> = BTreeMap::new();
        for order in self.connections.answer(read).await? {
            by_number.entry(storable(&order.order_number).into_owned()).or_default().push(order);
        }
        Ok(asked.iter().map(|number| by_number.get(number).cloned().unwrap_or_default()).collect())
    }
}
