//! The set of shipments of each order, in PostgreSQL. How a report changes a set is `ShipmentSet::take_in`.
//! Whoever changes a set locks its row before reading the shipments, so no report is lost to another one.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use jiff::Timestamp;
use sqlx::PgConnection;

use domain::ids::{ConnectionName, OrderId};
use domain::shipment::{Shipment, ShipmentId, ShipmentSet};

use super::{PostgresLedger, sql};
use crate::column::micros;
use crate::document;
use crate::error::LedgerError;
use crate::roles::Shipments;
use crate::row::Cells;
use crate::shipment_set::{in_order_of_appearance, loaded, shipment, take_all};
use crate::types::TakenIn;

#[async_trait]
impl Shipments for PostgresLedger {
    async fn shipment_sets(
        &self,
        connection: &ConnectionName,
        orders: &[OrderId],
    ) -> Result<Vec<ShipmentSet>, LedgerError> {
        if orders.is_empty() {
            return Ok(Vec::new());
        }
        let read = || async {
            let mut lent = self.connections.lend().await?;
            let sets = load(&mut lent, connection, orders).await?;
            lent.give_back();
            Ok(sets)
        };
        let sets = self.connections.answer(read).await?;
        Ok(orders.iter().map(|order| sets.get(order).cloned().unwrap_or_default()).collect())
    }

    async fn orders_of_shipments(
        &self,
        connection: &ConnectionName,
        shipments: &[ShipmentId],
    ) -> Result<BTreeSet<OrderId>, LedgerError> {
        if shipments.is_empty() {
            return Ok(BTreeSet::new());
        }
        let ids: Vec<String> = shipments.iter().map(ToString::to_string).collect();
        let read = || async {
            let mut lent = self.connections.lend().await?;
            let query = sqlx::query_scalar(sql::ORDERS_OF_SHIPMENTS).bind(connection.as_str()).bind(&ids);
            let orders: Vec<i64> = query.fetch_all(&mut *lent).await?;
            lent.give_back();
            Ok(orders)
        };
        let orders = self.connections.answer(read).await?;
        Ok(orders.into_iter().map(OrderId).collect())
    }

    async fn take_in(
        &self,
        connection: &ConnectionName,
        reports: &[(OrderId, Shipment)],
        now: Timestamp,
    ) -> Result<Vec<TakenIn>, LedgerError> {
        if reports.is_empty() {
            return Ok(Vec::new());
        }
        let orders = in_order_of_appearance(reports);
        let take_in = || async {
            let mut transaction = self.connections.begin(&[]).await?;
            lock(&mut transaction, connection, &orders, now).await?;
            let mut sets = load(&mut transaction, connection, &orders).await?;
            let mut changes = Changes::default();
            let mut taken = Vec::with_capacity(orders.len());
            for order in &orders {
                let mut set = sets.remove(order).unwrap_or_default();
                let changed = take_all(&mut set, *order, reports);
                changes.add(*order, &set, &changed);
                taken.push(TakenIn { order: *order, set, changed });
            }
            if changes.orders.is_empty() {
                transaction.roll_back().await?;
                return Ok(taken);
            }
            changes.store(&mut transaction, connection, now).await?;
            transaction.commit().await?;
            Ok(taken)
        };
        self.connections.answer(take_in).await
    }

    async fn unwritten_sets(
        &self,
        connection: &ConnectionName,
        (from, to): (Timestamp, Timestamp),
        limit: u32,
    ) -> Result<Vec<OrderId>, LedgerError> {
        let read = || async {
            let mut lent = self.connections.lend().await?;
            let query = sqlx::query_scalar(crate::sql::SHIPMENT_SETS_UNWRITTEN).bind(connection.as_str());
            let query = query.bind(micros(from)).bind(micros(to)).bind(i64::from(limit));
            let orders: Vec<i64> = query.fetch_all(&mut *lent).await?;
            lent.give_back();
            Ok(orders)
        };
        let orders = self.connections.answer(read).await?;
        Ok(orders.into_iter().map(OrderId).collect())
    }
}

/// Locks the rows of the sets, in the order of their numbers. A row that this makes never stays without a
/// shipment: the first report always changes the set.
async fn lock(
    connection: &mut PgConnection,
    name: &ConnectionName,
    orders: &[OrderId],
    now: Timestamp,
) -> Result<(), LedgerError> {
    let sorted: BTreeSet<i64> = orders.iter().map(|order| order.0).collect();
    let sorted: Vec<i64> = sorted.into_iter().collect();
    let query = sqlx::query(sql::SHIPMENT_SETS_LOCK_OR_MAKE).bind(name.as_str()).bind(sorted);
    query.bind(micros(now)).execute(connection).await?;
    Ok(())
}

async fn load(
    connection: &mut PgConnection,
    name: &ConnectionName,
    orders: &[OrderId],
) -> Result<BTreeMap<OrderId, ShipmentSet>, LedgerError> {
    let orders: Vec<_> = orders.iter().map(|order| order.0).collect();
    let query = sqlx::query(sql::SHIPMENT_SETS).bind(name.as_str()).bind(orders);
    let mut sets: BTreeMap<OrderId, (i64, Vec<Shipment>)> = BTreeMap::new();
    for row in query.fetch_all(connection).await? {
        let revision = row.number("revision")?;
        let (_, shipments) =
            sets.entry(OrderId(row.number("cin7_order")?)).or_insert_with(|| (revision, Vec::new()));
        if let Some(body) = row.text_if_any("body")? {
            shipments.push(shipment(&body)?);
        }
    }
    Ok(sets.into_iter().map(|(order, (revision, shipments))| (order, loaded(revision, shipments))).collect())
}

/// What a call changed: one entry per set, and one per shipment.
#[derive(Debug, Default)]
struct Changes {
    orders: Vec<i64>,
    revisions: Vec<i64>,
    orders_of_shipments: Vec<i64>,
    shipments: Vec<String>,
    bodies: Vec<String>,
}

impl Changes {
    fn add(&mut self, order: OrderId, set: &ShipmentSet, changed: &BTreeSet<ShipmentId>) {
        if changed.is_empty() {
            return;
        }
        self.orders.push(order.0);
        self.revisions.push(set.revision);
        for shipment in set.shipments.iter().filter(|shipment| changed.contains(&shipment.id)) {
            self.orders_of_shipments.push(order.0);
            self.shipments.push(shipment.id.to_string());
            self.bodies.push(document::encode(shipment));
        }
    }

    async fn store(
        self,
        connection: &mut PgConnection,
        name: &ConnectionName,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        sqlx::query(sql::SHIPMENT_SETS_KEEP)
            .bind(name.as_str())
            .bind(micros(now))
            .bind(self.orders)
            .bind(self.revisions)
            .bind(self.orders_of_shipments)
            .bind(self.shipments)
            .bind(self.bodies)
            .execute(connection)
            .await?;
        Ok(())
    }
}
