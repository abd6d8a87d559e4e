//! The custom store's feed kept in line with what is remembered of orders. ShipStation fetches it; nothing here calls
//! anybody.
//!
//! Both lanes change what is remembered, and two workers may do so for one order at the same time. So whoever has put
//! an order into the feed looks again, and puts it once more when it stands otherwise by then: whoever comes last has
//! seen all that was remembered before.

use std::collections::BTreeMap;

use domain::feed::{self, Defect, FeedOrder, Standing};
use domain::ids::{OrderId, OrderRef};
use domain::record::OrderRecord;
use domain::settings::Outlet;
use domain::shipment::ShipmentSet;
use ledger::LedgerError;

use crate::connection::Connection;

/// So often an order is put again that changes while it is put.
const ROUNDS: usize = 5;

/// What keeps orders out of the feed.
pub(crate) type Unfit = BTreeMap<OrderId, Vec<Defect>>;

/// Brings these orders' places in the feed up to date, where there is a feed. What cannot stand there in its present
/// form keeps the one before.
pub(crate) async fn keep(connection: &Connection, orders: &[OrderId]) -> Result<Unfit, LedgerError> {
    if connection.rules.outlet == Outlet::Api || orders.is_empty() {
        return Ok(Unfit::new());
    }
    let mut before = stand(connection, orders).await?;
    for _ in 0..ROUNDS {
        let fit: Vec<FeedOrder> = before.values().filter_map(|order| order.clone().ok()).collect();
        connection.ledger.put_in_feed(connection.name(), &fit, connection.clock.now()).await?;
        let now = stand(connection, orders).await?;
        if now == before {
            break;
        }
        before = now;
    }
    Ok(before.into_iter().filter_map(|(order, fit)| Some((order, fit.err()?))).collect())
}

/// The orders as the feed shall have them. Those that have no place there are left out.
async fn stand(
    connection: &Connection,
    orders: &[OrderId],
) -> Result<BTreeMap<OrderId, Result<FeedOrder, Vec<Defect>>>, LedgerError> {
    let refs: Vec<_> = orders.iter().map(|order| OrderRef::Id(*order)).collect();
    let records = connection.ledger.orders(connection.name(), &refs).await?;
    let sets = connection.ledger.shipment_sets(connection.name(), orders).await?;
    let stands = |(record, set): (&OrderRecord, &ShipmentSet)| {
        let standing = Standing::of(record, set)?;
        Some((record.reading.id, feed::order(standing, &connection.rules.mapping)))
    };
    let with_records = records.iter().zip(&sets).filter_map(|(record, set)| Some((record.as_ref()?, set)));
    Ok(with_records.filter_map(stands).collect())
}
