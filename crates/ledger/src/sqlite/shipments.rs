//! The set of shipments of each order, in SQLite. How a report changes a set is `ShipmentSet::take_in`.

use std::collections::BTreeSet;

use async_trait::async_trait;
use jiff::Timestamp;
use sqlx::SqliteConnection;

use domain::ids::{ConnectionName, OrderId};
use domain::shipment::{Shipment, ShipmentId, ShipmentSet};

use super::SqliteLedger;
use crate::column::micros;
use crate::error::LedgerError;
use crate::roles::Shipments;
use crate::shipment_set::{in_order_of_appearance, loaded, shipment, take_all};
use crate::types::TakenIn;
use crate::{document, sql};

#[async_trait]
impl Shipments for SqliteLedger {
    async fn shipment_sets(
        &self,
        connection: &ConnectionName,
        orders: &[OrderId],
    ) -> Result<Vec<ShipmentSet>, LedgerError> {
        let mut transaction = self.begin_read().await?;
        let mut sets = Vec::with_capacity(orders.len());
        for order in orders {
            sets.push(load(&mut transaction, connection, *order).await?);
        }
        Ok(sets)
    }

    async fn orders_of_shipments(
        &self,
        connection: &ConnectionName,
        shipments: &[ShipmentId],
    ) -> Result<BTreeSet<OrderId>, LedgerError> {
        let mut transaction = self.begin_read().await?;
        let mut orders = BTreeSet::new();
        for shipment in shipments {
            let query = sqlx::query_scalar(sql::ORDERS_OF_SHIPMENT).bind(connection.as_str());
            let found: Vec<i64> = query.bind(shipment.to_string()).fetch_all(&mut *transaction).await?;
            orders.extend(found.into_iter().map(OrderId));
        }
        Ok(orders)
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
        let mut transaction = self.begin_write().await?;
        let mut taken = Vec::new();
        for order in in_order_of_appearance(reports) {
            let mut set = load(&mut transaction, connection, order).await?;
            let changed = take_all(&mut set, order, reports);
            store(&mut transaction, connection, order, &set, &changed, now).await?;
            taken.push(TakenIn { order, set, changed });
        }
        transaction.commit().await?;
        Ok(taken)
    }

    async fn unwritten_sets(
        &self,
        connection: &ConnectionName,
        (from, to): (Timestamp, Timestamp),
        limit: u32,
    ) -> Result<Vec<OrderId>, LedgerError> {
        let query = sqlx::query_scalar(sql::SHIPMENT_SETS_UNWRITTEN).bind(connection.as_str());
        let query = query.bind(micros(from)).bind(micros(to)).bind(i64::from(limit));
        let orders: Vec<i64> = query.fetch_all(&self.readers).await?;
        Ok(orders.into_iter().map(OrderId).collect())
    }
}

async fn load(
    connection: &mut SqliteConnection,
    name: &ConnectionName,
    order: OrderId,
) -> Result<ShipmentSet, LedgerError> {
    let revision: Option<i64> = sqlx::query_scalar(sql::SHIPMENT_REVISION)
        .bind(name.as_str())
        .bind(order.0)
        .fetch_optional(&mut *connection)
        .await?;
    let Some(revision) = revision else {
        return Ok(ShipmentSet::default());
    };
    let bodies: Vec<String> =
        sqlx::query_scalar(sql::SHIPMENTS).bind(name.as_str()).bind(order.0).fetch_all(connection).await?;
    let shipments = bodies.iter().map(|body| shipment(body)).collect::<Result<Vec<_>, _>>()?;
    Ok(loaded(revision, shipments))
}

async fn store(
    connection: &mut SqliteConnection,
    name: &ConnectionName,
    order: OrderId,
    set: &ShipmentSet,
    changed: &BTreeSet<ShipmentId>,
    now: Timestamp,
) -> Result<(), LedgerError> {
    if changed.is_empty() {
        return Ok(());
    }
    for shipment in set.shipments.iter().filter(|shipment| changed.contains(&shipment.id)) {
        sqlx::query(sql::SHIPMENT_KEEP)
            .bind(name.as_str())
            .bind(order.0)
            .bind(shipment.id.to_string())
            .bind(document::encode(shipment))
            .execute(&mut *connection)
            .await?;
    }
    let set_row = sqlx::query(sql::SHIPMENT_SET_KEEP).bind(name.as_str()).bind(order.0);
    set_row.bind(set.revision).bind(micros(now)).execute(connection).await?;
    Ok(())
}
