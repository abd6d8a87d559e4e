//! Rules that changed: the configuration may be edited at any time, and orders that were decided by other rules
//! change with it. When a worker starts with rules that the open orders were not held against, every open order is
//! looked at again, once.

use jiff::{SignedDuration, Timestamp};

use broker::event_id;
use domain::effect::Fingerprint;
use domain::event::{Event, EventKind, Origin};
use domain::ids::OrderRef;

use crate::connection::Connection;
use crate::leader::RoundError;

/// How many orders are told of at a time.
const PAGE: u32 = 250;
/// Orders that are not in ShipStation and did not change within the window and this are not looked at.
const BEYOND_WINDOW: SignedDuration = SignedDuration::from_hours(24);

/// One look. A connection that is new has no orders that other rules decided.
pub(crate) async fn look(connection: &Connection) -> Result<(), RoundError> {
    let (name, rules) = (format!("rules/{}", connection.name()), fingerprint(connection));
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

/// Of everything that decides what an order's document says and whether it is sent.
fn fingerprint(connection: &Connection) -> Fingerprint {
    let rules = &connection.rules;
    let stores = (rules.store_id, &rules.stores_by_branch);
    Fingerprint::of(&format!(
        "{:?}",
        (&rules.import, &rules.mapping, stores, rules.weight_unit, &rules.currency)
    ))
}

async fn tell(connection: &Connection) -> Result<(), RoundError> {
    let (now, mut after) = (connection.clock.now(), None);
    let window =
        SignedDuration::from_hours(24) * i32::try_from(connection.rules.import.window_days).unwrap_or(3650);
    let since = now.checked_sub(window + BEYOND_WINDOW).unwrap_or(Timestamp::UNIX_EPOCH);
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
