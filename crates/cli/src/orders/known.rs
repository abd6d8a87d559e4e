//! Everything known of one order: remembered, or read from Cin7 just now.

use std::sync::Arc;

use anyhow::{Context, anyhow};

use domain::clock::Clock;
use domain::event::Origin;
use domain::ids::{OrderId, OrderRef};
use domain::import::{self, Case, Catalogue};
use domain::placed_order::PlacedOrder;
use domain::quota::Priority;
use domain::record::OrderRecord;
use domain::shipment::ShipmentSet;
use ledger::{JournalEntry, Ledger};

use crate::assembly::{Clients, Metrics, OpenLedger};
use crate::config::{Config, Connection};

/// Everything known of one order.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) record: OrderRecord,
    pub(super) set: ShipmentSet,
    pub(super) timeline: Vec<JournalEntry>,
    /// How it stood in ShipStation when the index was last brought up to date.
    pub(super) there: Option<PlacedOrder>,
    /// Whether it was read just now rather than remembered.
    pub(super) fresh: bool,
}

/// By id when it is a number that is known as one, else by reference: references may be numbers too.
pub(super) fn references(order: &str) -> Vec<OrderRef> {
    let by_reference = OrderRef::Reference(order.to_owned());
    match order.parse() {
        Ok(id) => vec![OrderRef::Id(OrderId(id)), by_reference],
        Err(_) => vec![by_reference],
    }
}

pub(super) async fn remembered(
    ledger: &dyn Ledger,
    connection: &Connection,
    order: &str,
) -> anyhow::Result<Option<Known>> {
    let records = ledger.orders(&connection.name, &references(order)).await?;
    let Some(record) = records.into_iter().flatten().next() else { return Ok(None) };
    let id = record.reading.id;
    let at: Vec<i64> = record.placed.iter().filter_map(|placed| placed.shipstation_order).collect();
    let there = ledger.indexed(&connection.name, &at).await?.pop().flatten();
    let set = ledger.shipment_sets(&connection.name, &[id]).await?.pop().unwrap_or_default();
    let timeline = ledger.timeline(&connection.name, id).await?;
    Ok(Some(Known { record, set, timeline, there, fresh: false }))
}

pub(super) async fn read_now(
    config: &Config,
    connection: &Connection,
    opened: &OpenLedger,
    order: &str,
) -> anyhow::Result<Known> {
    let clock = Arc::clone(&opened.clock) as Arc<dyn Clock>;
    let clients = Clients::new(config, connection, &opened.ledger, &clock, &Metrics::new().worker)?;
    let refs = references(order);
    let call = async |permit| clients.cin7.orders(permit, &refs).await;
    let listing = clients.cin7_gate.call(Priority::Import, call).await.context("Cin7 could not be asked")?;
    if let Some(record) = listing.unreadable.first() {
        return Err(anyhow!("Cin7 order {order} cannot be read: {}", record.reason));
    }
    let found = listing.records.into_iter().next();
    let found =
        found.with_context(|| format!("Cin7 has no order {order}, neither as id nor as reference"))?;
    let case = Case::new(&found, None, Origin::Watch);
    let judgement = import::decide(case, &Catalogue::new(), &connection.rules(), clock.now());
    let record = OrderRecord::of(judgement.reading);
    Ok(Known { record, set: ShipmentSet::default(), timeline: Vec::new(), there: None, fresh: true })
}
