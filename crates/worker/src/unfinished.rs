//! What the ledger knows to be unfinished, on either side: orders that were to be sent and are not known to have
//! arrived, and shipments that nobody has written to Cin7. Somebody's event is at work on nearly all of them; what
//! has stayed so for long gets another one. No call is spent on looking, and only so many are told of in a round.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use domain::effect::Fingerprint;
use domain::event::{Event, EventKind, Origin, ShipmentQuery, ShipmentSource};
use domain::ids::{EventId, OrderId, OrderRef};
use domain::record::Progress;
use domain::ship_notice::NoticeId;
use domain::shipment::{ShipmentId, ShipmentSet};
use serde::Serialize;

use crate::connection::Connection;
use crate::finding_id::finding_id;
use crate::journal;
use crate::leader::RoundError;
use crate::release::holds_back;

/// What has stayed unfinished for so long is looked at again: longer than a retry after a few failures takes.
const UNFINISHED_AFTER: SignedDuration = SignedDuration::from_mins(15);
/// Sets that changed before that are left to the weekly pass.
const FORGOTTEN_AFTER: SignedDuration = SignedDuration::from_hours(7 * 24);
/// The most orders of a round: one call of Cin7 reads them.
const UNSENT_MAX: u32 = 250;
/// The most notices of a round: their orders are read together.
const NOTICES_MAX: u32 = 250;
/// The most sets of a round: each costs a call.
const UNWRITTEN_MAX: u32 = 10;

/// One look.
pub(crate) async fn look(connection: &Connection) -> Result<(), RoundError> {
    let parked = connection.ledger.parked(Some(connection.name())).await?;
    let holding = parked.iter().filter(|parked| holds_back(parked));
    let for_people: BTreeSet<OrderId> = holding.filter_map(|parked| parked.order).collect();
    let now = connection.clock.now();
    seek_unsent(connection, &for_people, now).await?;
    seek_unwritten(connection, &for_people, now).await?;
    seek_untold(connection, now).await
}

/// Notices that were kept and whose event nobody has worked on: its publisher died between the two.
async fn seek_untold(connection: &Connection, now: Timestamp) -> Result<(), RoundError> {
    let open = connection.ledger.open_notices(connection.name(), now - UNFINISHED_AFTER, NOTICES_MAX).await?;
    let told = |notice: &NoticeId| (id("untold", notice, now), EventKind::ShipNotice { notice: *notice });
    publish(connection, open.iter().map(told).collect(), now).await?;
    connection.metrics.repaired("notice", open.len());
    Ok(())
}

async fn seek_unsent(
    connection: &Connection,
    for_people: &BTreeSet<OrderId>,
    now: Timestamp,
) -> Result<(), RoundError> {
    let (ledger, name) = (&connection.ledger, connection.name());
    let mut unsent = ledger.unsent_orders(name, now - UNFINISHED_AFTER, UNSENT_MAX).await?;
    unsent.retain(|order| !for_people.contains(order));
    let told = |order: &OrderId| {
        (id("unsent", *order, now), EventKind::OrderChanged { order: OrderRef::Id(*order) })
    };
    publish(connection, unsent.iter().map(told).collect(), now).await?;
    connection.metrics.repaired("order", unsent.len());
    let entries: Vec<_> = unsent.into_iter().map(|order| journal::sought(order, now)).collect();
    Ok(ledger.write(name, &entries).await?)
}

async fn seek_unwritten(
    connection: &Connection,
    for_people: &BTreeSet<OrderId>,
    now: Timestamp,
) -> Result<(), RoundError> {
    let (ledger, name) = (&connection.ledger, connection.name());
    let changed = (now - FORGOTTEN_AFTER, now - UNFINISHED_AFTER);
    let mut unwritten = ledger.unwritten_sets(name, changed, UNWRITTEN_MAX).await?;
    unwritten.retain(|order| !for_people.contains(order));
    let refs: Vec<_> = unwritten.iter().map(|order| OrderRef::Id(*order)).collect();
    let records = ledger.orders(name, &refs).await?;
    let sets = ledger.shipment_sets(name, &unwritten).await?;
    let (mut told, mut entries) = (Vec::new(), Vec::new());
    for (record, set) in records.iter().flatten().zip(&sets) {
        let order = record.reading.id;
        let query = record.placed.as_ref().and_then(|placed| question(set, placed.shipstation_order));
        let Some(query) = query.filter(|_| record.progress != Progress::Review) else { continue };
        told.push((id("unwritten", order, now), EventKind::ShipmentsChanged { query }));
        entries.push(journal::unwritten(order, now));
    }
    connection.metrics.repaired("write_back", told.len());
    publish(connection, told, now).await?;
    Ok(ledger.write(name, &entries).await?)
}

/// Where the newest shipment of a set is found: under the order that ShipStation knows it by, which after a merge is
/// not the one that we have sent.
fn question(set: &ShipmentSet, sent_as: Option<i64>) -> Option<ShipmentQuery> {
    let listed = set.shipments.iter().filter_map(|shipment| match shipment.id {
        ShipmentId::Label(_) => Some((shipment, ShipmentSource::Labels)),
        ShipmentId::Fulfilment(_) => Some((shipment, ShipmentSource::Fulfilments)),
        ShipmentId::Notice(_) => None,
    });
    let (newest, source) = listed.max_by_key(|(shipment, _)| (shipment.created, shipment.id))?;
    Some(ShipmentQuery::of_order(source, newest.shipstation_order.or(sent_as)?))
}

/// One id an hour: while its event waits the finding is not told again.
fn id(what: &str, subject: impl Serialize, now: Timestamp) -> EventId {
    let hour = now.as_second() / 3600;
    let dated = Timestamp::from_second(hour * 3600).unwrap_or(now);
    finding_id(&Fingerprint::of(&(what, subject, hour)), dated)
}

async fn publish(
    connection: &Connection,
    told: Vec<(EventId, EventKind)>,
    now: Timestamp,
) -> Result<(), RoundError> {
    let event = |(id, kind)| Event {
        id,
        connection: connection.name().clone(),
        kind,
        origin: Origin::Sweep,
        received_at: now,
    };
    let events: Vec<Event> = told.into_iter().map(event).collect();
    if events.is_empty() {
        return Ok(());
    }
    Ok(connection.broker.publish(&events).await?)
}
