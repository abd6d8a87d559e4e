//! What ShipStation has of a batch's orders: how ours stand there, and whose orders bear their numbers. All of it
//! is remembered, until a decision asks for a closer look.

use std::collections::{BTreeMap, BTreeSet};

use domain::ids::OrderId;
use domain::import::{Ours, rules};
use domain::placed_order::PlacedOrder;
use domain::quota::Priority;
use domain::record::OrderRecord;
use domain::sales_order::SalesOrder;
use domain::settings::Outlet;

use crate::connection::Connection;
use crate::index;
use crate::settlement::Ending;

/// What is known of ShipStation's side.
#[derive(Debug, Default)]
pub(super) struct Surroundings {
    /// By ShipStation's id, as remembered.
    remembered: BTreeMap<i64, PlacedOrder>,
    /// By ShipStation's id, as just read; `None` where it is gone.
    read: BTreeMap<i64, Option<PlacedOrder>>,
    /// Whether ShipStation fetches orders itself.
    fetched: bool,
    /// Other integrations' orders by our order.
    anothers: BTreeMap<OrderId, Vec<PlacedOrder>>,
}

impl Surroundings {
    /// What is remembered of ShipStation's side of these orders. The first time, the index is built before
    /// anything is sent: another integration may have sent the same orders long ago.
    pub(super) async fn of(
        connection: &Connection,
        orders: impl Iterator<Item = &SalesOrder>,
        known: &[Option<OrderRecord>],
    ) -> Result<Self, Ending> {
        let at_stage: Vec<_> =
            orders.filter(|order| rules::is_at_stage(&order.stage, &connection.rules)).collect();
        let sweeps = connection.schedule.sweep.is_some();
        if sweeps && !at_stage.is_empty() && !index::is_there(&*connection.ledger, connection.name()).await? {
            index::refresh(connection, Priority::Import).await?;
        }
        let ids: Vec<_> =
            known.iter().flatten().filter_map(|record| record.placed.as_ref()?.shipstation_order).collect();
        let remembered = connection.ledger.indexed(connection.name(), &ids).await?;
        let remembered = remembered.into_iter().flatten().map(|order| (order.order_id, order)).collect();
        let fetched = connection.rules.outlet == Outlet::CustomStore;
        let numbers: Vec<_> = at_stage.iter().map(|order| order.reference.clone()).collect();
        let alike = connection.ledger.indexed_by_number(connection.name(), &numbers).await?;
        let anothers = at_stage.iter().zip(alike).map(|(order, alike)| {
            let anothers = |alike: &PlacedOrder| connection.rules.is_anothers(alike, order.id);
            (order.id, alike.into_iter().filter(anothers).collect::<Vec<_>>())
        });
        Ok(Self { remembered, read: BTreeMap::new(), fetched, anothers: anothers.collect() })
    }

    /// Reads how these orders stand now, in one call for all of them.
    pub(super) async fn look(&mut self, connection: &Connection, ids: &BTreeSet<i64>) -> Result<(), Ending> {
        let ids: Vec<_> = ids.iter().copied().collect();
        self.read = index::look(connection, &ids).await?;
        Ok(())
    }

    /// How our order stands there.
    pub(super) fn ours(&self, known: Option<&OrderRecord>) -> Ours<'_> {
        if self.fetched {
            return Ours::Fetched;
        }
        let placed = known.and_then(|known| known.placed.as_ref());
        let Some(id) = placed.and_then(|placed| placed.shipstation_order) else { return Ours::Unknown };
        match (self.read.get(&id), self.remembered.get(&id)) {
            (Some(Some(order)), _) => Ours::Read(order),
            (Some(None), _) => Ours::Gone,
            (None, Some(order)) => Ours::Remembered(order),
            (None, None) => Ours::Unknown,
        }
    }

    /// Other integrations' orders of its number.
    pub(super) fn anothers(&self, order: OrderId) -> &[PlacedOrder] {
        self.anothers.get(&order).map_or(&[], Vec::as_slice)
    }
}
