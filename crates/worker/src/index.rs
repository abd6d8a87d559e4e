//! The index of what is in ShipStation: brought up to date by one question for everything that was modified since
//! it was last asked, 500 orders a call. The sweep asks it regularly; before orders are changed it is asked once
//! for all of them, so that it is known how each stands there now.
//! How it walks the pages is [`domain::walk`]; the cursor goes by ShipStation's own dates and only moves past rows
//! that are kept.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use broker::event_id;
use domain::event::{Event, EventKind, Origin};
use domain::failure::Failure;
use domain::ids::{ConnectionName, OrderId, OrderRef};
use domain::import::concerns;
use domain::placed_order::PlacedOrder;
use domain::quota::Priority;
use domain::walk::{self, Walk};
use ledger::{Ledger, LedgerError};
use platforms::Listing;

use crate::connection::Connection;
use crate::leader::RoundError;

/// Rows modified up to so long before the cursor are looked at again: they may become visible out of order.
const OVERLAP: SignedDuration = SignedDuration::from_mins(1);
/// Without an index, so many orders are read one by one rather than by building it.
const ONE_BY_ONE: usize = 5;

fn cursor_name(connection: &ConnectionName) -> String {
    format!("index/{connection}")
}

/// Whether ShipStation's orders were ever listed: until then nobody knows what others have sent there.
pub async fn is_there(ledger: &dyn Ledger, connection: &ConnectionName) -> Result<bool, LedgerError> {
    Ok(ledger.cursor(&cursor_name(connection)).await?.is_some())
}

/// The sweep's round.
pub(crate) async fn sweep(connection: &Connection) -> Result<(), RoundError> {
    refresh(connection, Priority::Watch).await
}

/// Brings the index up to date, and has those orders of ours looked at again for which it changes something.
pub(crate) async fn refresh(connection: &Connection, priority: Priority) -> Result<(), RoundError> {
    let name = cursor_name(connection.name());
    let cursor = connection.ledger.cursor(&name).await?;
    let first = cursor.map_or_else(|| connection.horizon(), |cursor| cursor - OVERLAP);
    let (mut walk, mut began) = (Walk::since(first), None);
    loop {
        let (listing, platform_time) = read(connection, walk, priority).await?;
        began = began.or(platform_time);
        let (last, more) =
            (listing.records.iter().filter_map(|order| order.modified).max(), listing.has_more());
        keep(connection, listing.records).await?;
        connection.ledger.move_cursor(&name, last.unwrap_or(first)).await?;
        if !more {
            break;
        }
        walk = walk.after(last);
    }
    if let Some(began) = began {
        connection.ledger.move_cursor(&name, walk::seen_until(began)).await?;
    }
    Ok(())
}

/// A page, and the platform's own time when it answered.
async fn read(
    connection: &Connection,
    walk: Walk,
    priority: Priority,
) -> Result<(Listing<PlacedOrder>, Option<Timestamp>), Failure> {
    let (api, mut platform_time) = (connection.api()?, None);
    let call = async |permit| {
        let answer = api.client.orders_modified_since(permit, walk.since, None, walk.page).await;
        platform_time = answer.heard.date;
        answer
    };
    let listing = api.gate.call(priority, call).await?;
    for record in &listing.unreadable {
        tracing::warn!(connection = %connection.name(), order = ?record.id, reason = %record.reason, "an order in ShipStation cannot be read");
    }
    Ok((listing, platform_time))
}

/// Keeps what was read. What is news may concern orders of ours, which are told first: told twice does no harm,
/// and what is kept is no news any more.
async fn keep(connection: &Connection, mut found: Vec<PlacedOrder>) -> Result<(), RoundError> {
    found.extend(absorbed(connection, &found).await?);
    let ids: Vec<_> = found.iter().map(|order| order.order_id).collect();
    let known = connection.ledger.indexed(connection.name(), &ids).await?;
    let is_news = |(order, known): &(&PlacedOrder, &Option<PlacedOrder>)| {
        known.as_ref().is_none_or(|known| *known != PlacedOrder { items: None, ..(*order).clone() })
    };
    let news: Vec<_> = found.iter().zip(&known).filter(is_news).map(|(order, _)| order).collect();
    tell(connection, &news).await?;
    learn(connection, &found).await?;
    Ok(connection.ledger.keep_indexed(connection.name(), &found).await?)
}

/// Orders that ShipStation has fetched from us have an id there, which nobody told us. Their key is the id that we
/// exported (guide: `OrderID`).
async fn learn(connection: &Connection, found: &[PlacedOrder]) -> Result<(), LedgerError> {
    let place = |order: &PlacedOrder| {
        let ours = connection.rules.fetched_order(&order.order_key, order.store_id)?;
        Some((ours, order.order_id))
    };
    let places: Vec<_> = found.iter().filter_map(place).collect();
    connection.ledger.learn_places(connection.name(), &places).await
}

/// The orders that were merged into others, as far as they are known: ShipStation no longer shows those itself.
async fn absorbed(connection: &Connection, found: &[PlacedOrder]) -> Result<Vec<PlacedOrder>, LedgerError> {
    let into: BTreeMap<i64, Option<Timestamp>> =
        found.iter().flat_map(|order| order.merged.iter().map(|id| (*id, order.modified))).collect();
    let ids: Vec<_> = into.keys().copied().collect();
    let known = connection.ledger.indexed(connection.name(), &ids).await?;
    let absorbed = known.into_iter().flatten().map(|order| PlacedOrder {
        merged_or_split: true,
        modified: into[&order.order_id].max(order.modified),
        ..order
    });
    Ok(absorbed.collect())
}

/// Has orders of ours looked at again.
async fn tell(connection: &Connection, news: &[&PlacedOrder]) -> Result<(), RoundError> {
    let ids: Vec<_> = news.iter().map(|order| order.order_id).collect();
    let by_number: Vec<_> =
        news.iter().map(|order| OrderRef::Reference(order.order_number.clone())).collect();
    let ours = connection.ledger.orders_at_shipstation(connection.name(), &ids).await?;
    let by_id: Vec<_> = ours.iter().flatten().map(|order| OrderRef::Id(*order)).collect();
    let mut records = connection.ledger.orders(connection.name(), &by_number).await?;
    records.extend(connection.ledger.orders(connection.name(), &by_id).await?);
    let concerned: BTreeSet<OrderId> = records
        .iter()
        .flatten()
        .filter(|record| {
            let number = &record.reading.reference;
            let own = record.placed.as_ref().and_then(|placed| placed.shipstation_order);
            let mut about =
                news.iter().filter(|order| order.order_number == *number || own == Some(order.order_id));
            // What ShipStation fetched from us is no news to us.
            let ours = |order: &PlacedOrder| {
                connection.rules.fetched_order(&order.order_key, order.store_id) == Some(record.reading.id)
            };
            about.any(|order| !ours(order) && concerns(order, record))
        })
        .map(|record| record.reading.id)
        .collect();
    let now = connection.clock.now();
    let event = |order: &OrderId| Event {
        id: event_id(now),
        connection: connection.name().clone(),
        kind: EventKind::OrderChanged { order: OrderRef::Id(*order) },
        origin: Origin::Sweep,
        received_at: now,
    };
    let events: Vec<_> = concerned.iter().map(event).collect();
    if events.is_empty() {
        return Ok(());
    }
    Ok(connection.broker.publish(&events).await?)
}

/// How these orders stand in ShipStation now, by its ids; `None` for those that are not there any more.
pub(crate) async fn look(
    connection: &Connection,
    ids: &[i64],
) -> Result<BTreeMap<i64, Option<PlacedOrder>>, RoundError> {
    let (api, mut found) = (connection.api()?, BTreeMap::new());
    if ids.len() > ONE_BY_ONE || is_there(&*connection.ledger, connection.name()).await? {
        refresh(connection, Priority::Import).await?;
        let known = connection.ledger.indexed(connection.name(), ids).await?;
        found.extend(ids.iter().copied().zip(known).filter(|(_, known)| known.is_some()));
    }
    for id in ids {
        if found.contains_key(id) {
            continue;
        }
        let call = async |permit| api.client.order(permit, *id).await;
        let order = api.gate.call(Priority::Import, call).await?;
        if let Some(order) = &order {
            connection.ledger.keep_indexed(connection.name(), std::slice::from_ref(order)).await?;
        }
        found.insert(*id, order);
    }
    Ok(found)
}
