//! Rules that changed: the configuration may be edited at any time, and orders that were decided by other rules
//! change with it. When a worker starts with rules that the open orders were not held against, every open order is
//! looked at again, once.

use broker::event_id;
use domain::event::{Event, EventKind, Origin};
use domain::ids::OrderRef;

use crate::connection::Connection;
use crate::leader::RoundError;

/// How many orders are told of at a time.
const PAGE: u32 = 250;

/// One look. A connection that is new has no orders that other rules decided.
pub(crate) async fn look(connection: &Connection) -> Result<(), RoundError> {
    let (name, rules) = (format!("rules/{}", connection.name()), connection.rules.outgoing_fingerprint());
    let known = connection.ledger.mark(&name).await?;
    if known.as_deref() == Some(rules.as_str()) {
        return Ok(());
    }
    if known.is_some() {
        tracing::info!(connection = %connection.name(), "the rules have changed: open orders are looked at again");
        tell(connection).await?;
    }
    Ok(connection.ledger.keep_mark(&name, rules.as_str()).await?)
}

async fn tell(connection: &Connection) -> Result<(), RoundError> {
    let (now, mut after) = (connection.clock.now(), None);
    // Orders that are not in ShipStation and have not changed since are too old to be sent.
    let since = connection.horizon();
    loop {
        let orders = connection.ledger.open_orders(connection.name(), after, since, PAGE).await?;
        let Some(last) = orders.last() else { return Ok(()) };
        after = Some(*last);
        let event = |order| Event {
            id: event_id(now),
            connection: connection.name().clone(),
            kind: EventKind::OrderChanged { order: OrderRef::Id(order) },
            origin: Origin::Sweep,
            received_at: now,
        };
        let events: Vec<_> = orders.into_iter().map(event).collect();
        connection.broker.publish(&events).await?;
    }
}
