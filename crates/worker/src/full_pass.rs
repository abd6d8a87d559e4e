//! The weekly pass over everything that is open: every order that has not been dispatched is read again, Cin7 is asked
//! for whatever it holds of the import window, and ShipStation for every label, void and fulfilment of it. It finds
//! what watch and sweep have missed for whatever reason, as long as it still matters. Its calls have the lowest
//! priority, and how many there are at least is said before they are made.

use jiff::{SignedDuration, Timestamp};

use broker::event_id;
use domain::event::{Event, EventKind, Origin};
use domain::ids::OrderRef;
use domain::quota::Priority;
use domain::record::OrderState;

use crate::connection::Connection;
use crate::leader::RoundError;
use crate::{sweep, watch};

/// How often a pass is made.
const EVERY: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Each question covers so much time, so that its pages stay few.
const SPAN: SignedDuration = SignedDuration::from_hours(48);
/// How many orders are told of at a time: one call of Cin7 reads them.
const PAGE: u32 = 250;
/// The states of orders that are open.
const OPEN: [OrderState; 4] =
    [OrderState::Imported, OrderState::Held, OrderState::PartlyShipped, OrderState::Shipped];

/// One look at the calendar, and the pass when it is due. A connection that is new has seen everything.
pub(crate) async fn look(connection: &Connection) -> Result<(), RoundError> {
    let name = format!("pass/{}", connection.name());
    let now = connection.clock.now();
    match connection.ledger.cursor(&name).await? {
        Some(last) if now - last < EVERY => return Ok(()),
        Some(_) => pass(connection, now).await?,
        None => {}
    }
    Ok(connection.ledger.move_cursor(&name, now).await?)
}

/// How many questions a pass over so many days asks ShipStation.
pub(crate) fn questions(window_days: u32) -> u64 {
    let now = Timestamp::UNIX_EPOCH;
    let since = Connection::horizon_of(now, window_days);
    let asked = spans(since, now).flat_map(|(since, until)| sweep::questions(since, Some(until)));
    u64::try_from(asked.count()).unwrap_or(u64::MAX)
}

async fn pass(connection: &Connection, now: Timestamp) -> Result<(), RoundError> {
    let horizon = connection.horizon();
    // First what may fail for long: a pass that is begun anew then has not told anything twice.
    watch::walk(connection, horizon, Priority::Backfill, None).await?;
    let orders = tell_open_orders(connection, now).await?;
    let questions: Vec<Event> = spans(horizon, now)
        .flat_map(|(since, until)| sweep::questions(since, Some(until)))
        .map(|query| sweep::event(connection, query, now))
        .collect();
    connection.broker.publish(&questions).await?;
    tracing::info!(
        connection = %connection.name(), open_orders = orders, since = %horizon,
        cin7_calls_at_least = orders.div_ceil(PAGE as usize), shipstation_calls_at_least = questions.len(),
        "the weekly pass over everything that is open"
    );
    Ok(())
}

/// Has every open order read again. How many there are.
async fn tell_open_orders(connection: &Connection, now: Timestamp) -> Result<usize, RoundError> {
    let (mut after, mut told) = (None, 0);
    loop {
        let page = connection.ledger.orders_in_state(connection.name(), &OPEN, after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(told) };
        (after, told) = (Some(last.reading.id), told + page.len());
        let event = |order| Event {
            id: event_id(now),
            connection: connection.name().clone(),
            kind: EventKind::OrderChanged { order: OrderRef::Id(order) },
            origin: Origin::Sweep,
            received_at: now,
        };
        let events: Vec<Event> = page.iter().map(|record| event(record.reading.id)).collect();
        connection.broker.publish(&events).await?;
    }
}

/// The time from then until now in pieces, the newest first. They overlap by the hour that daylight saving repeats.
fn spans(since: Timestamp, now: Timestamp) -> impl Iterator<Item = (Timestamp, Timestamp)> {
    let starts = std::iter::successors(Some(now), move |until| {
        let earlier = *until - SPAN;
        (earlier > since).then_some(earlier)
    });
    starts.map(move |until| (since.max(until - SPAN - OVERLAP), until + OVERLAP))
}

/// By how much two neighbouring pieces overlap.
const OVERLAP: SignedDuration = SignedDuration::from_hours(2);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pieces_cover_all_of_the_time_and_overlap_their_neighbours() {
        let at = |hours: i64| Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hours);
        let pieces: Vec<_> = spans(at(0), at(61 * 24)).collect();
        assert_eq!(pieces.len(), 31, "93 questions for 61 days");
        assert_eq!((pieces[0].1, pieces[30].0), (at(61 * 24 + 2), at(0)));
        for neighbours in pieces.windows(2) {
            assert!(neighbours[1].1 - neighbours[0].0 >= SignedDuration::from_hours(2), "{neighbours:?}");
        }
    }
}
