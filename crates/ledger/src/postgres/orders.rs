//! What we remember of orders, in PostgreSQL.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use jiff::Timestamp;

use domain::ids::{ConnectionName, OrderId, OrderRef};
use domain::record::{OrderRecord, OrderState, Placed, Progress, Reading};

use super::{PostgresLedger, sql};
use crate::column::{impossible, micros, storable, word};
use crate::error::LedgerError;
use crate::roles::Orders;
use crate::row::Cells;
use crate::search::{first_by_id, kinds_in, pattern, text_of};
use crate::types::{OrderSearch, StageCount};
use crate::{document, row};

#[async_trait]
impl Orders for PostgresLedger {
    async fn orders(
        &self,
        connection: &ConnectionName,
        orders: &[OrderRef],
    ) -> Result<Vec<Option<OrderRecord>>, LedgerError> {
        if orders.is_empty() {
            return Ok(Vec::new());
        }
        let asked = Asked::of(orders);
        let read = || async {
            let mut lent = self.connections.lend().await?;
            let query = sqlx::query(sql::ORDERS).bind(connection.as_str());
            let rows = query.bind(&asked.ids).bind(&asked.references).fetch_all(&mut *lent).await?;
            lent.give_back();
            rows.iter().map(row::order).collect::<Result<Vec<_>, _>>()
        };
        let records = self.connections.answer(read).await?;
        Ok(orders.iter().map(|order| found(&records, order).cloned()).collect())
    }

    async fn keep_readings(
        &self,
        connection: &ConnectionName,
        readings: &[Reading],
    ) -> Result<(), LedgerError> {
        if readings.is_empty() {
            return Ok(());
        }
        let columns = ReadingColumns::of(readings);
        let keep = || async {
            let mut lent = self.connections.lend().await?;
            sqlx::query(sql::ORDERS_KEEP_READINGS)
                .bind(connection.as_str())
                .bind(&columns.orders)
                .bind(&columns.references)
                .bind(&columns.stages)
                .bind(&columns.versions)
                .bind(&columns.contents)
                .bind(&columns.platform_times)
                .bind(&columns.intakes)
                .bind(&columns.reached_in_sight)
                .bind(&columns.dispatched)
                .bind(&columns.verdicts)
                .bind(&columns.objections)
                .bind(word(&Progress::default()))
                .execute(&mut *lent)
                .await?;
            lent.give_back();
            Ok(())
        };
        self.connections.answer(keep).await
    }

    async fn keep_placed(
        &self,
        connection: &ConnectionName,
        placed: &[(OrderId, Placed)],
    ) -> Result<(), LedgerError> {
        // Of two with the same number the later one.
        let placed: BTreeMap<OrderId, &Placed> =
            placed.iter().map(|(order, placed)| (*order, placed)).collect();
        let orders: Vec<_> = placed.keys().map(|order| order.0).collect();
        let ids: Vec<_> = placed.values().map(|placed| placed.shipstation_order).collect();
        let documents: Vec<_> = placed.values().map(|placed| document::encode(&placed.document)).collect();
        let statuses: Vec<_> = placed.values().map(|placed| word(&placed.document.status)).collect();
        let attempts: Vec<_> =
            placed.values().map(|placed| placed.attempt.as_ref().map(document::encode)).collect();
        if orders.is_empty() {
            return Ok(());
        }
        let keep = || async {
            let mut lent = self.connections.lend().await?;
            let query = sqlx::query_scalar(sql::ORDERS_KEEP_PLACED).bind(connection.as_str()).bind(&orders);
            let query = query.bind(&ids).bind(&documents).bind(&statuses).bind(&attempts);
            let known: Vec<i64> = query.fetch_all(&mut *lent).await?;
            lent.give_back();
            require_known(connection, &orders, &known)
        };
        self.connections.answer(keep).await
    }

    async fn keep_progress(
        &self,
        connection: &ConnectionName,
        progress: &[(OrderId, Progress)],
    ) -> Result<(), LedgerError> {
        let progress: BTreeMap<i64, String> =
            progress.iter().map(|(order, progress)| (order.0, word(progress))).collect();
        let (orders, progress): (Vec<_>, Vec<_>) = progress.into_iter().unzip();
        if orders.is_empty() {
            return Ok(());
        }
        let keep = || async {
            let mut lent = self.connections.lend().await?;
            let query = sqlx::query_scalar(sql::ORDERS_KEEP_PROGRESS).bind(connection.as_str());
            let known: Vec<i64> = query.bind(&orders).bind(&progress).fetch_all(&mut *lent).await?;
            lent.give_back();
            require_known(connection, &orders, &known)
        };
        self.connections.answer(keep).await
    }

    async fn keep_answered(
        &self,
        connection: &ConnectionName,
        orders: &[OrderId],
        began: Timestamp,
    ) -> Result<(), LedgerError> {
        let orders: BTreeSet<i64> = orders.iter().map(|order| order.0).collect();
        let orders: Vec<i64> = orders.into_iter().collect();
        if orders.is_empty() {
            return Ok(());
        }
        let keep = || async {
            let mut lent = self.connections.lend().await?;
            let query = sqlx::query(sql::ORDERS_KEEP_ANSWERED).bind(connection.as_str()).bind(&orders);
            query.bind(micros(began)).execute(&mut *lent).await?;
            lent.give_back();
            Ok(())
        };
        self.connections.answer(keep).await
    }

    async fn open_orders(
        &self,
        connection: &ConnectionName,
        after: Option<OrderId>,
        since: Timestamp,
        limit: u32,
    ) -> Result<Vec<OrderId>, LedgerError> {
        let read = || async {
            let mut lent = self.connections.lend().await?;
            let query = sqlx::query_scalar(crate::sql::ORDERS_OPEN).bind(connection.as_str());
            let query = query.bind(after.map_or(i64::MIN, |order| order.0)).bind(micros(since));
            let orders: Vec<i64> = query.bind(i64::from(limit)).fetch_all(&mut *lent).await?;
            lent.give_back();
            Ok(orders)
        };
        let orders = self.connections.answer(read).await?;
        Ok(orders.into_iter().map(OrderId).collect())
    }

    async fn unsent_orders(
        &self,
        connection: &ConnectionName,
        read_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<OrderId>, LedgerError> {
        let read = || async {
            let mut lent = self.connections.lend().await?;
            let query = sqlx::query_scalar(crate::sql::ORDERS_UNSENT).bind(connection.as_str());
            let query = query.bind(micros(read_until)).bind(i64::from(limit));
            let orders: Vec<i64> = query.fetch_all(&mut *lent).await?;
            lent.give_back();
            Ok(orders)
        };
        let orders = self.connections.answer(read).await?;
        Ok(orders.into_iter().map(OrderId).collect())
    }

    async fn orders_in_state(
        &self,
        connection: &ConnectionName,
        states: &[OrderState],
        after: Option<OrderId>,
        limit: u32,
    ) -> Result<Vec<OrderRecord>, LedgerError> {
        let read = || async {
            let mut lent = self.connections.lend().await?;
            let groups = sqlx::query(sql::ORDER_GROUPS).bind(connection.as_str());
            let groups = groups.fetch_all(&mut *lent).await?;
            let members = groups.iter().map(row::order).collect::<Result<Vec<_>, _>>()?;
            let mut found = Vec::new();
            for kind in kinds_in(states, &members) {
                let query = sqlx::query(crate::sql::ORDERS_OF_KIND).bind(connection.as_str());
                let query = query.bind(kind.progress).bind(kind.intake).bind(kind.placed_status);
                let query = query.bind(kind.unobjected).bind(after.map_or(i64::MIN, |order| order.0));
                for row in &query.bind(i64::from(limit)).fetch_all(&mut *lent).await? {
                    found.push(row::order(row)?);
                }
            }
            lent.give_back();
            Ok(first_by_id(found, limit))
        };
        self.connections.answer(read).await
    }

    async fn orders_at_shipstation(
        &self,
        connection: &ConnectionName,
        ids: &[i64],
    ) -> Result<Vec<Option<OrderId>>, LedgerError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let read = || async {
            let mut lent = self.connections.lend().await?;
            let query = sqlx::query_as(sql::ORDERS_AT_SHIPSTATION).bind(connection.as_str()).bind(ids);
            let orders: Vec<(i64, i64)> = query.fetch_all(&mut *lent).await?;
            lent.give_back();
            Ok(orders)
        };
        let orders: BTreeMap<_, _> = self.connections.answer(read).await?.into_iter().collect();
        Ok(ids.iter().map(|id| orders.get(id).copied().map(OrderId)).collect())
    }

    async fn search_orders(
        &self,
        connection: &ConnectionName,
        search: &OrderSearch,
    ) -> Result<Vec<OrderRecord>, LedgerError> {
        let text = storable(search.text.trim());
        let pattern = pattern(&text);
        let read = || async {
            // A kind that appears between the two statements is found next time.
            let mut lent = self.connections.lend().await?;
            let mut kinds = String::new();
            if !search.states.is_empty() {
                let groups = sqlx::query(sql::ORDER_GROUPS).bind(connection.as_str());
                let groups = groups.fetch_all(&mut *lent).await?;
                let members = groups.iter().map(row::order).collect::<Result<Vec<_>, _>>()?;
                kinds = text_of(&kinds_in(&search.states, &members));
            }
            let query = sqlx::query(crate::sql::ORDERS_SEARCH).bind(connection.as_str()).bind(&pattern);
            let query = query.bind(&*text).bind(i64::from(search.limit)).bind(&kinds);
            let rows = query.fetch_all(&mut *lent).await?;
            lent.give_back();
            rows.iter().map(row::order).collect::<Result<Vec<_>, _>>()
        };
        self.connections.answer(read).await
    }

    async fn stage_counts(&self, connection: &ConnectionName) -> Result<Vec<StageCount>, LedgerError> {
        let read = || async {
            let mut lent = self.connections.lend().await?;
            let query = sqlx::query_as(crate::sql::ORDER_STAGES).bind(connection.as_str());
            let stages: Vec<(String, i64)> = query.fetch_all(&mut *lent).await?;
            lent.give_back();
            Ok(stages)
        };
        let stages = self.connections.answer(read).await?;
        let count = |(stage, orders)| {
            let orders = u64::try_from(orders).map_err(|_| impossible("number of orders", &orders))?;
            Ok(StageCount { stage, orders })
        };
        stages.into_iter().map(count).collect()
    }

    async fn order_counts(&self, connection: &ConnectionName) -> Result<Vec<(String, u64)>, LedgerError> {
        let read = || async {
            let mut lent = self.connections.lend().await?;
            let rows = sqlx::query(sql::ORDER_GROUPS).bind(connection.as_str()).fetch_all(&mut *lent).await?;
            lent.give_back();
            Ok(rows)
        };
        let mut counts: BTreeMap<OrderState, u64> = BTreeMap::new();
        for group in &self.connections.answer(read).await? {
            let size = group.number("size")?;
            let size = u64::try_from(size).map_err(|_| impossible("number of orders", &size))?;
            // The domain says what the group's state is, from one of its members.
            *counts.entry(row::order(group)?.state()).or_default() += size;
        }
        Ok(counts.into_iter().map(|(state, size)| (state.as_str().to_owned(), size)).collect())
    }
}

fn require_known(connection: &ConnectionName, asked: &[i64], known: &[i64]) -> Result<(), LedgerError> {
    let known: BTreeSet<_> = known.iter().collect();
    match asked.iter().find(|order| !known.contains(order)) {
        Some(order) => {
            Err(LedgerError::UnknownOrder { connection: connection.clone(), order: OrderId(*order) })
        }
        None => Ok(()),
    }
}

/// The references of a call, sorted out by their kind.
struct Asked {
    ids: Vec<i64>,
    references: Vec<String>,
}

impl Asked {
    fn of(orders: &[OrderRef]) -> Self {
        let (mut ids, mut references) = (Vec::new(), Vec::new());
        for order in orders {
            match order {
                OrderRef::Id(id) => ids.push(id.0),
                OrderRef::Reference(reference) => references.push(storable(reference).into_owned()),
            }
        }
        Self { ids, references }
    }
}

/// The record that a reference means. Cin7 lets a reference be used again: the order changed last is meant.
fn found<'a>(records: &'a [OrderRecord], order: &OrderRef) -> Option<&'a OrderRecord> {
    match order {
        OrderRef::Id(id) => records.iter().find(|record| record.reading.id == *id),
        OrderRef::Reference(reference) => {
            let reference = storable(reference);
            let same = records.iter().filter(|record| record.reading.reference == *reference);
            same.max_by_key(|record| (record.reading.version, record.reading.id))
        }
    }
}

/// Readings as columns: sorted, and of several readings of an order the one that would have been left.
#[derive(Debug, Default)]
struct ReadingColumns {
    orders: Vec<i64>,
    references: Vec<String>,
    stages: Vec<String>,
    versions: Vec<i64>,
    contents: Vec<String>,
    platform_times: Vec<Option<i64>>,
    intakes: Vec<String>,
    reached_in_sight: Vec<bool>,
    dispatched: Vec<bool>,
    verdicts: Vec<String>,
    objections: Vec<Option<String>>,
}

impl ReadingColumns {
    fn of(readings: &[Reading]) -> Self {
        let mut newest: BTreeMap<OrderId, &Reading> = BTreeMap::new();
        for reading in readings {
            let kept = newest.entry(reading.id).or_insert(reading);
            if micros(reading.version) >= micros(kept.version) {
                *kept = reading;
            }
        }
        let mut columns = Self::default();
        for reading in newest.into_values() {
            columns.push(reading);
        }
        columns
    }

    fn push(&mut self, reading: &Reading) {
        self.orders.push(reading.id.0);
        self.references.push(storable(&reading.reference).into_owned());
        self.stages.push(storable(&reading.stage).into_owned());
        self.versions.push(micros(reading.version));
        self.contents.push(reading.content.as_str().to_owned());
        self.platform_times.push(reading.platform_time.map(micros));
        self.intakes.push(word(&reading.intake));
        self.reached_in_sight.push(reading.reached_in_sight);
        self.dispatched.push(reading.dispatched);
        self.verdicts.push(document::encode(&reading.verdicts));
        let objection = reading.objection.as_ref();
        self.objections.push(objection.map(|objection| storable(objection).into_owned()));
    }
}
