//! Writes of which nobody knows how they ended: they are looked up among the orders that ShipStation modified
//! since, in one question for all of them, by order key.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use broker::event_id;
use domain::event::{Event, EventKind, Origin, ShipmentQuery, ShipmentSource};
use domain::failure::Failure;
use domain::placed_order::PlacedOrder;
use domain::quota::Priority;
use ledger::Outcome;

use super::{Claimed, Job, chunks_of, claim, conclude, release};
use crate::connection::Connection;
use crate::gate::Permit;
use crate::orders_out::Endings;
use crate::settlement::Ending;

/// How far the platform's clock may be from ours when a lookup goes by time.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(10);
/// The most pages of a lookup; each holds 500 orders.
const LOOKUP_PAGES: u32 = 20;

/// Finds out about orders that shall not be sent whether an earlier attempt has brought them to ShipStation.
/// Those that it has are recorded and placed. Orders that were never sent have no ending.
pub(crate) async fn look_for(connection: &Connection, jobs: Vec<Job>) -> Result<Endings, Ending> {
    let mut endings = Endings::new();
    for chunk in chunks_of(&jobs) {
        let (untouched, in_doubt) = claim(connection, chunk, &mut endings).await?;
        release(connection, &untouched, &Outcome::Untouched).await?;
        if !in_doubt.is_empty() {
            look_up(connection, None, in_doubt, &mut endings).await?;
        }
    }
    Ok(endings)
}

/// Finds out which orders in doubt did arrive. Those that did not are returned, to be sent again.
pub(super) async fn look_up(
    connection: &Connection,
    permit: Option<Permit>,
    in_doubt: Vec<(Claimed, Timestamp)>,
    endings: &mut Endings,
) -> Result<Vec<Vec<Job>>, Ending> {
    let earliest = in_doubt.iter().map(|(_, since)| *since).min().unwrap_or_default();
    let claimed: Vec<Claimed> = in_doubt.into_iter().map(|(claimed, _)| claimed).collect();
    let found = match find_since(connection, permit, earliest - CLOCK_SKEW).await {
        Ok(found) => found,
        Err(failure) => {
            release(connection, &claimed, &Outcome::Untouched).await?;
            return Err(Ending::Failed(failure, None));
        }
    };
    let (arrived, missing): (Vec<_>, Vec<_>) =
        claimed.into_iter().partition(|claimed| found.contains_key(&claimed.job.document.order_key));
    release(connection, &missing, &Outcome::NotApplied).await?;
    let shipped: Vec<&PlacedOrder> = arrived
        .iter()
        .map(|claimed| &found[&claimed.job.document.order_key])
        .filter(|order| order.may_have_left())
        .collect();
    let numbers: Vec<String> = shipped.iter().map(|order| order.order_number.clone()).collect();
    let arrived = arrived.into_iter().map(|claimed| {
        let id = found[&claimed.job.document.order_key].order_id;
        (claimed, Ok(id))
    });
    // Only the finding is late, no write: whoever has the newer claim finds the same.
    for job in conclude(connection, arrived.collect(), endings).await? {
        endings.insert(job.order, Ending::Busy(connection.clock.now()));
    }
    look_for_shipments(connection, &numbers).await;
    let missing: Vec<Job> = missing.into_iter().map(|claimed| claimed.job).collect();
    Ok(chunks_of(&missing))
}

/// Asks for what has left of orders while nobody knew that they are ours: its notifications were a stranger's.
/// The number leads to the pieces of a split order too.
async fn look_for_shipments(connection: &Connection, numbers: &[String]) {
    let now = connection.clock.now();
    let question = |source, number: &String| {
        let filters = BTreeMap::from([("orderNumber".to_owned(), number.clone())]);
        let kind = EventKind::ShipmentsChanged { query: ShipmentQuery { source, filters } };
        let connection = connection.name().clone();
        Event { id: event_id(now), connection, kind, origin: Origin::Sweep, received_at: now }
    };
    let both = [ShipmentSource::Labels, ShipmentSource::Fulfilments];
    let events: Vec<_> =
        numbers.iter().flat_map(|number| both.map(|source| question(source, number))).collect();
    if events.is_empty() {
        return;
    }
    if let Err(error) = connection.broker.publish(&events).await {
        tracing::warn!(%error, "shipments of orders that were found late are left to the next sweep");
    }
}

/// ShipStation's orders modified since then, by order key.
async fn find_since(
    connection: &Connection,
    mut permit: Option<Permit>,
    since: Timestamp,
) -> Result<BTreeMap<String, PlacedOrder>, Failure> {
    let (api, mut found) = (connection.api()?, BTreeMap::new());
    for page in 1..=LOOKUP_PAGES {
        let call = async |permit| api.client.orders_modified_since(permit, since, None, page).await;
        let listing = match permit.take() {
            Some(permit) => api.gate.call_with(permit, call).await?,
            None => api.gate.call(Priority::Import, call).await?,
        };
        let more = listing.has_more();
        found.extend(listing.records.into_iter().map(|order| (order.order_key.clone(), order)));
        if !more {
            return Ok(found);
        }
    }
    Err(Failure::Transient {
        reason: "too many orders changed in ShipStation to find ours among them".into(),
    })
}
