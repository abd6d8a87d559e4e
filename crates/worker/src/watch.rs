//! The watch: polls Cin7 for orders by their modified date, because Cin7 Omni documents no webhooks. It only
//! publishes ids; reading and deciding is the lane's work, as for any other event. How it walks the pages is
//! [`domain::walk`]; the cursor moves only past rows whose events are published.

use jiff::{SignedDuration, Timestamp};

use domain::effect::Fingerprint;
use domain::event::{Event, EventKind, Origin};
use domain::ids::{EventId, OrderRef};
use domain::quota::Priority;
use domain::record::Reading;
use domain::walk::{self, Walk};
use platforms::{Listing, OrderStamp};

use crate::connection::Connection;
use crate::finding_id::finding_id;
use crate::lane;
use crate::leader::RoundError;

/// Rows modified up to so long before the cursor are looked at again: the platform's writes may become
/// visible a little out of order.
const OVERLAP: SignedDuration = SignedDuration::from_secs(10);

/// One poll: walks everything modified since the cursor.
pub(crate) async fn poll(connection: &Connection) -> Result<(), RoundError> {
    let name = format!("watch/{}", connection.name());
    let cursor = connection.ledger.cursor(&name).await?;
    let since = cursor.map_or_else(|| connection.horizon(), |cursor| cursor - OVERLAP);
    if let Some(began) = walk(connection, since, Priority::Watch, Some(&name)).await? {
        connection.ledger.move_cursor(&name, walk::seen_until(began)).await?;
    }
    Ok(())
}

/// Walks everything modified since then and publishes what is news; the cursor, if there is one, moves with each page.
/// When the walk began, by the platform's own time.
pub(crate) async fn walk(
    connection: &Connection,
    since: Timestamp,
    priority: Priority,
    cursor: Option<&str>,
) -> Result<Option<Timestamp>, RoundError> {
    let (mut walk, mut began) = (Walk::since(since), None);
    loop {
        lane::until_short_of_orders(connection).await;
        let (listing, platform_time) = read(connection, walk, priority).await?;
        began = began.or(platform_time);
        publish(connection, &listing.records).await?;
        let last = listing.records.iter().map(|stamp| stamp.modified).max();
        if let (Some(cursor), Some(last)) = (cursor, last) {
            connection.ledger.move_cursor(cursor, last).await?;
        }
        if !listing.has_more() {
            return Ok(began);
        }
        walk = walk.after(last);
    }
}

/// A page, and the platform's own time when it answered.
async fn read(
    connection: &Connection,
    walk: Walk,
    priority: Priority,
) -> Result<(Listing<OrderStamp>, Option<Timestamp>), RoundError> {
    let mut platform_time = None;
    let call = async |permit| {
        let answer = connection.cin7.changed_since(permit, walk.since, walk.page).await;
        platform_time = answer.heard.date;
        answer
    };
    let listing = connection.cin7_gate.call(priority, call).await?;
    for record in &listing.unreadable {
        tracing::error!(connection = %connection.name(), order = ?record.id, reason = %record.reason, "a changed order cannot be read");
    }
    Ok((listing, platform_time))
}

/// Publishes the orders whose last reading does not cover what the poll shows.
async fn publish(connection: &Connection, stamps: &[OrderStamp]) -> Result<(), RoundError> {
    let refs: Vec<_> = stamps.iter().map(|stamp| OrderRef::Id(stamp.id)).collect();
    let records = connection.ledger.orders(connection.name(), &refs).await?;
    let now = connection.clock.now();
    let news = stamps.iter().zip(&records).filter(|(stamp, record)| {
        record.as_ref().is_none_or(|record| {
            record.reading.version < stamp.modified
                || (record.reading.version == stamp.modified && !record.reading.is_settled())
        })
    });
    let events: Vec<Event> = news
        .map(|(stamp, record)| Event {
            id: event_id(stamp, record.as_ref().map(|record| &record.reading)),
            connection: connection.name().clone(),
            kind: EventKind::OrderChanged { order: OrderRef::Id(stamp.id) },
            origin: Origin::Watch,
            received_at: now,
        })
        .collect();
    if events.is_empty() {
        return Ok(());
    }
    Ok(connection.broker.publish(&events).await?)
}

/// The same finding has the same id, poll after poll: an order that cannot be read never gets a reading that covers
/// it.
fn event_id(stamp: &OrderStamp, last: Option<&Reading>) -> EventId {
    let read = last.map(|reading| (reading.version, reading.platform_time));
    finding_id(&Fingerprint::of(&(stamp.id, stamp.modified, read)), stamp.modified)
}

#[cfg(test)]
mod tests {
    use domain::ids::OrderId;

    use super::*;

    #[test]
    fn a_finding_is_told_by_order_and_version_and_by_what_was_read_before() {
        let stamp = |id, second| OrderStamp {
            id: OrderId(id),
            modified: Timestamp::from_second(second).expect("in range"),
        };
        let id = event_id(&stamp(1, 1_780_000_000), None);
        assert_eq!(id, event_id(&stamp(1, 1_780_000_000), None));
        assert_ne!(id, event_id(&stamp(2, 1_780_000_000), None));
        assert_ne!(id, event_id(&stamp(1, 1_780_000_001), None));
    }
}
