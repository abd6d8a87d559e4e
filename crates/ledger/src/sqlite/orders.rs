//! What we remember of orders, in SQLite.

use std::collections::BTreeMap;

use async_trait::async_trait;
use jiff::Timestamp;
use sqlx::SqliteConnection;

use domain::ids::{ConnectionName, OrderId, OrderRef};
use domain::record::{OrderRecord, OrderState, Placed, Progress, Reading};

use super::SqliteLedger;
use crate::column::{impossible, micros, word};
use crate::error::LedgerError;
use crate::roles::Orders;
use crate::search::{first_by_id, kinds_in, pattern, text_of};
use crate::types::{OrderSearch, StageCount};
use crate::{document, row, sql};

#[async_trait]
impl Orders for SqliteLedger {
    async fn orders(
        &self,
        connection: &ConnectionName,
        orders: &[OrderRef],
    ) -> Result<Vec<Option<OrderRecord>>, LedgerError> {
        let mut transaction = self.begin_read().await?;
        let mut records = Vec::with_capacity(orders.len());
        for order in orders {
            records.push(load(&mut transaction, connection, order).await?);
        }
        Ok(records)
    }

    async fn keep_readings(
        &self,
        connection: &ConnectionName,
        readings: &[Reading],
    ) -> Result<(), LedgerError> {
        if readings.is_empty() {
            return Ok(());
        }
        let mut transaction = self.begin_write().await?;
        for reading in readings {
            keep_reading(&mut transaction, connection, reading).await?;
        }
        Ok(transaction.commit().await?)
    }

    async fn keep_placed(
        &self,
        connection: &ConnectionName,
        placed: &[(OrderId, Placed)],
    ) -> Result<(), LedgerError> {
        if placed.is_empty() {
            return Ok(());
        }
        let mut transaction = self.begin_write().await?;
        for (order, placed) in placed {
            let kept = sqlx::query(sql::ORDER_KEEP_PLACED)
                .bind(connection.as_str())
                .bind(order.0)
                .bind(placed.shipstation_order)
                .bind(document::encode(&placed.document))
                .bind(word(&placed.document.status))
                .bind(placed.attempt.as_ref().map(document::encode))
                .execute(&mut *transaction)
                .await?;
            require_known(connection, *order, kept.rows_affected())?;
        }
        Ok(transaction.commit().await?)
    }

    async fn keep_progress(
        &self,
        connection: &ConnectionName,
        progress: &[(OrderId, Progress)],
    ) -> Result<(), LedgerError> {
        if progress.is_empty() {
            return Ok(());
        }
        let mut transaction = self.begin_write().await?;
        for (order, progress) in progress {
            let kept = sqlx::query(sql::ORDER_KEEP_PROGRESS)
                .bind(connection.as_str())
                .bind(order.0)
                .bind(word(progress))
                .execute(&mut *transaction)
                .await?;
            require_known(connection, *order, kept.rows_affected())?;
        }
        Ok(transaction.commit().await?)
    }

    async fn keep_answered(
        &self,
        connection: &ConnectionName,
        orders: &[OrderId],
        began: Timestamp,
    ) -> Result<(), LedgerError> {
        if orders.is_empty() {
            return Ok(());
        }
        let mut transaction = self.begin_write().await?;
        for order in orders {
            let query = sqlx::query(sql::ORDER_KEEP_ANSWERED).bind(connection.as_str()).bind(order.0);
            query.bind(micros(began)).execute(&mut *transaction).await?;
        }
        Ok(transaction.commit().await?)
    }

    async fn open_orders(
        &self,
        connection: &ConnectionName,
        after: Option<OrderId>,
        since: Timestamp,
        limit: u32,
    ) -> Result<Vec<OrderId>, LedgerError> {
        let query = sqlx::query_scalar(sql::ORDERS_OPEN).bind(connection.as_str());
        let query = query.bind(after.map_or(i64::MIN, |order| order.0)).bind(micros(since));
        let orders: Vec<i64> = query.bind(i64::from(limit)).fetch_all(&self.readers).await?;
        Ok(orders.into_iter().map(OrderId).collect())
    }

    async fn unsent_orders(
        &self,
        connection: &ConnectionName,
        read_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<OrderId>, LedgerError> {
        let query = sqlx::query_scalar(sql::ORDERS_UNSENT).bind(connection.as_str()).bind(micros(read_until));
        let orders: Vec<i64> = query.bind(i64::from(limit)).fetch_all(&self.readers).await?;
        Ok(orders.into_iter().map(OrderId).collect())
    }

    async fn orders_in_state(
        &self,
        connection: &ConnectionName,
        states: &[OrderState],
        after: Option<OrderId>,
        limit: u32,
    ) -> Result<Vec<OrderRecord>, LedgerError> {
        let mut transaction = self.begin_read().await?;
        let groups = groups(&mut transaction, connection).await?;
        let members: Vec<_> = groups.into_iter().map(|(member, _)| member).collect();
        let mut found = Vec::new();
        for kind in kinds_in(states, &members) {
            let query = sqlx::query(sql::ORDERS_OF_KIND).bind(connection.as_str()).bind(kind.progress);
            let query = query.bind(kind.intake).bind(kind.placed_status).bind(kind.unobjected);
            let query = query.bind(after.map_or(i64::MIN, |order| order.0)).bind(i64::from(limit));
            for row in &query.fetch_all(&mut *transaction).await? {
                found.push(row::order(row)?);
            }
        }
        Ok(first_by_id(found, limit))
    }

    async fn orders_at_shipstation(
        &self,
        connection: &ConnectionName,
        ids: &[i64],
    ) -> Result<Vec<Option<OrderId>>, LedgerError> {
        let mut transaction = self.begin_read().await?;
        let mut orders = Vec::with_capacity(ids.len());
        for id in ids {
            let order: Option<i64> = sqlx::query_scalar(sql::ORDER_AT_SHIPSTATION)
                .bind(connection.as_str())
                .bind(id)
                .fetch_optional(&mut *transaction)
                .await?;
            orders.push(order.map(OrderId));
        }
        Ok(orders)
    }

    async fn search_orders(
        &self,
        connection: &ConnectionName,
        search: &OrderSearch,
    ) -> Result<Vec<OrderRecord>, LedgerError> {
        let mut transaction = self.begin_read().await?;
        let mut kinds = String::new();
        if !search.states.is_empty() {
            let groups = groups(&mut transaction, connection).await?;
            let members: Vec<_> = groups.into_iter().map(|(member, _)| member).collect();
            kinds = text_of(&kinds_in(&search.states, &members));
        }
        let query = sqlx::query(sql::ORDERS_SEARCH).bind(connection.as_str()).bind(pattern(&search.text));
        let query = query.bind(search.text.trim()).bind(i64::from(search.limit)).bind(kinds);
        query.fetch_all(&mut *transaction).await?.iter().map(row::order).collect()
    }

    async fn stage_counts(&self, connection: &ConnectionName) -> Result<Vec<StageCount>, LedgerError> {
        let query = sqlx::query_as(sql::ORDER_STAGES).bind(connection.as_str());
        let stages: Vec<(String, i64)> = query.fetch_all(&self.readers).await?;
        stages.into_iter().map(|(stage, orders)| Ok(StageCount { stage, orders: size(orders)? })).collect()
    }

    async fn order_counts(&self, connection: &ConnectionName) -> Result<Vec<(String, u64)>, LedgerError> {
        let mut transaction = self.begin_read().await?;
        let mut counts: BTreeMap<OrderState, u64> = BTreeMap::new();
        for (member, size) in groups(&mut transaction, connection).await? {
            *counts.entry(member.state()).or_default() += size;
        }
        Ok(counts.into_iter().map(|(state, size)| (state.as_str().to_owned(), size)).collect())
    }
}

/// Orders in groups that share everything an order's state is made of: one member of each, from which the domain
/// says the group's state, with the group's size.
async fn groups(
    connection: &mut SqliteConnection,
    name: &ConnectionName,
) -> Result<Vec<(OrderRecord, u64)>, LedgerError> {
    let query = sqlx::query_as(sql::ORDER_GROUPS).bind(name.as_str());
    let sizes: Vec<(i64, i64)> = query.fetch_all(&mut *connection).await?;
    let mut groups = Vec::with_capacity(sizes.len());
    for (order, orders) in sizes {
        let member = load(&mut *connection, name, &OrderRef::Id(OrderId(order))).await?;
        groups.push((member.ok_or_else(|| impossible("group of orders", &order))?, size(orders)?));
    }
    Ok(groups)
}

fn size(orders: i64) -> Result<u64, LedgerError> {
    u64::try_from(orders).map_err(|_| impossible("number of orders", &orders))
}

fn require_known(connection: &ConnectionName, order: OrderId, rows: u64) -> Result<(), LedgerError> {
    if rows == 0 {
        return Err(LedgerError::UnknownOrder { connection: connection.clone(), order });
    }
    Ok(())
}

async fn keep_reading(
    connection: &mut SqliteConnection,
    name: &ConnectionName,
    reading: &Reading,
) -> Result<(), LedgerError> {
    sqlx::query(sql::ORDER_KEEP_READING)
        .bind(name.as_str())
        .bind(reading.id.0)
        .bind(&reading.reference)
        .bind(&reading.stage)
        .bind(micros(reading.version))
        .bind(reading.content.as_str())
        .bind(reading.platform_time.map(micros))
        .bind(word(&reading.intake))
        .bind(reading.reached_in_sight)
        .bind(reading.dispatched)
        .bind(document::encode(&reading.verdicts))
        .bind(&reading.objection)
        .bind(word(&Progress::default()))
        .execute(connection)
        .await?;
    Ok(())
}

async fn load(
    connection: &mut SqliteConnection,
    name: &ConnectionName,
    order: &OrderRef,
) -> Result<Option<OrderRecord>, LedgerError> {
    let query = match order {
        OrderRef::Id(id) => sqlx::query(sql::ORDER_BY_ID).bind(name.as_str()).bind(id.0),
        OrderRef::Reference(reference) => {
            sqlx::query(sql::ORDER_BY_REFERENCE).bind(name.as_str()).bind(reference)
        }
    };
    let row = query.fetch_optional(connection).await?;
    row.as_ref().map(row::order).transpose()
}
