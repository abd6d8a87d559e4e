//! The sweep: looks at ShipStation for labels, voids and fulfilments that no notification announced. It
//! publishes the same events as a webhook; what it finds anew is counted as repaired. What the ledger knows to be
//! unfinished on either side is [`crate::unfinished`], and the weekly pass over everything [`crate::full_pass`].

use jiff::{SignedDuration, Timestamp};

use broker::event_id;
use domain::event::{Event, EventKind, Origin, ShipmentQuery, ShipmentSource};
use platforms::pacific;

use crate::connection::Connection;
use crate::leader::RoundError;

/// Each sweep looks back so much further than the last one's start: wide enough for the hour that daylight
/// saving repeats, for clocks that differ, and for rows that appear late.
const OVERLAP: SignedDuration = SignedDuration::from_hours(2);
/// How far back the first sweep of a new connection looks.
const FIRST_LOOK: SignedDuration = SignedDuration::from_hours(24);

/// One sweep: publishes the three questions, then moves the cursor.
pub(crate) async fn publish(connection: &Connection) -> Result<(), RoundError> {
    let name = format!("sweep/{}", connection.name());
    let now = connection.clock.now();
    let cursor = connection.ledger.cursor(&name).await?;
    let since = cursor.map_or(now - FIRST_LOOK, |cursor| cursor - OVERLAP);
    let events: Vec<Event> = questions(since, None).map(|query| event(connection, query, now)).into();
    connection.broker.publish(&events).await?;
    Ok(connection.ledger.move_cursor(&name, now).await?)
}

/// A sweep's question as an event.
pub(crate) fn event(connection: &Connection, query: ShipmentQuery, now: Timestamp) -> Event {
    Event {
        id: event_id(now),
        connection: connection.name().clone(),
        kind: EventKind::ShipmentsChanged { query },
        origin: Origin::Sweep,
        received_at: now,
    }
}

/// Labels created, labels voided, fulfilments created since then, and until then if that is said.
pub(crate) fn questions(since: Timestamp, until: Option<Timestamp>) -> [ShipmentQuery; 3] {
    let question = |source, field: &str| {
        let ends = [(Some(since), "Start"), (until, "End")].into_iter();
        let filters =
            ends.filter_map(|(at, end)| Some((format!("{field}{end}"), pacific::wall_clock_seconds(at?))));
        ShipmentQuery { source, filters: filters.collect() }
    };
    [
        question(ShipmentSource::Labels, "createDate"),
        question(ShipmentSource::Labels, "voidDate"),
        question(ShipmentSource::Fulfilments, "createDate"),
    ]
}
