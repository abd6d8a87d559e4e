//! The watch: polls Cin7 for orders by their modified date, because Cin7 Omni documents no webhooks. It only
//! publishes ids; reading and deciding is the lane's work, as for any other event.
//!
//! Each page starts a new window at the last row's modified date (`>=`), so that orders modified while we
//! read push nothing over a page's seam; only where a whole page carries one date (a bulk edit) is the page
//! number raised. The cursor moves only past rows whose events are published.

use jiff::{SignedDuration, Timestamp};

use domain::effect::Fingerprint;
use domain::event::{Event, EventKind, Origin};
use domain::ids::{EventId, OrderRef};
use domain::quota::Priority;
use domain::record::Reading;
use platforms::OrderStamp;

use crate::connection::Connection;
use crate::leader::RoundError;

/// Rows modified up to so long before the cursor are looked at again: the platform's writes may become
/// visible a little out of order.
const OVERLAP: SignedDuration = SignedDuration::from_secs(10);
/// How far back the first poll of a new connection looks beyond its import window.
const FIRST_LOOK: SignedDuration = SignedDuration::from_hours(24);
/// The most rows of a page.
const PAGE: usize = 250;

/// What was modified so long before a walk began has been seen by it, by the platform's own time.
const SEEN_AFTER: SignedDuration = SignedDuration::from_secs(60);

/// One poll: walks everything modified since the cursor.
pub(crate) async fn poll(connection: &Connection) -> Result<(), RoundError> {
    let name = format!("watch/{}", connection.name());
    let cursor = connection.ledger.cursor(&name).await?;
    let mut since = cursor.map_or_else(|| first_look(connection), |cursor| cursor - OVERLAP);
    let (mut page, mut began) = (1, None);
    loop {
        let (stamps, platform_time) = read(connection, since, page).await?;
        began = began.or(platform_time);
        publish(connection, &stamps).await?;
        let last = stamps.iter().map(|stamp| stamp.modified).max();
        if let Some(last) = last {
            connection.ledger.move_cursor(&name, last).await?;
        }
        let Some(last) = last.filter(|_| stamps.len() >= PAGE) else { break };
        if last > since {
            (since, page) = (last, 1);
        } else {
            page += 1;
        }
    }
    // A bulk edit of thousands, after which nobody changes anything, must not be walked again and again.
    if let Some(began) = began {
        connection.ledger.move_cursor(&name, began - SEEN_AFTER).await?;
    }
    Ok(())
}

fn first_look(connection: &Connection) -> Timestamp {
    let window =
        SignedDuration::from_hours(24) * i32::try_from(connection.rules.import.window_days).unwrap_or(3650);
    connection.clock.now().checked_sub(window + FIRST_LOOK).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// A page, and the platform's own time when it answered.
async fn read(
    connection: &Connection,
    since: Timestamp,
    page: u32,
) -> Result<(Vec<OrderStamp>, Option<Timestamp>), RoundError> {
    let mut platform_time = None;
    let call = async |permit| {
        let answer = connection.cin7.changed_since(permit, since, page).await;
        platform_time = answer.heard.date;
        answer
    };
    let listing = connection.cin7_gate.call(Priority::Watch, call).await?;
    for record in &listing.unreadable {
        tracing::error!(connection = %connection.name(), order = ?record.id, reason = %record.reason, "a changed order cannot be read");
    }
    Ok((listing.records, platform_time))
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
            id: finding_id(stamp, record.as_ref().map(|record| &record.reading)),
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

/// The same finding has the same id, poll after poll, so that it is told once while its event waits, and
/// parked once when the order cannot be read: such an order never gets a reading that covers it.
fn finding_id(stamp: &OrderStamp, last: Option<&Reading>) -> EventId {
    let read = last.map(|reading| (reading.version, reading.platform_time));
    let finding = Fingerprint::of(&(stamp.id, stamp.modified, read));
    let (hash, millis) = (finding.as_str(), stamp.modified.as_millisecond().clamp(0, (1 << 48) - 1));
    // A UUID of version 7 like any other event's, with the hash for its random bits.
    let id = format!("{millis:012x}7{}8{}", &hash[..3], &hash[3..18]);
    EventId(id.parse().expect("32 hex digits are a UUID"))
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
        let id = finding_id(&stamp(1, 1_780_000_000), None);
        assert_eq!(id, finding_id(&stamp(1, 1_780_000_000), None));
        assert_eq!(id.0.get_version_num(), 7);
        assert_ne!(id, finding_id(&stamp(2, 1_780_000_000), None));
        assert_ne!(id, finding_id(&stamp(1, 1_780_000_001), None));
        // A date before the count begins, as an empty one in a database may be.
        finding_id(&stamp(1, -62_000_000_000), None);
    }
}
