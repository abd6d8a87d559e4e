//! Shipments back: read what notifications point at, take it into the sets of the orders, and bring Cin7 in
//! line with each set. Routing is here, reading is [`mod@read`], what a report does not say itself is [`pieces`],
//! what is told of it is [`news`] and, where a person must see to it, [`finding`]; writing is [`mod@write`], and then
//! [`cartons`].

mod cartons;
mod finding;
mod news;
mod notices;
mod pieces;
mod read;
mod write;

use std::collections::{BTreeMap, BTreeSet};

use crate::gate::Permit;
use broker::Delivery;
use domain::effect::{EffectKey, EffectKind};
use domain::event::{EventKind, Origin, ShipmentQuery};
use domain::failure::Failure;
use domain::ids::{OrderId, OrderRef, order_of_key};
use domain::record::{Intake, OrderRecord, Progress};
use domain::retry;
use domain::routing::{self, Known};
use domain::settings::Outlet;
use domain::shipment::Shipment;
use jiff::Timestamp;
use ledger::{LedgerError, TakenIn};

use finding::Finding;
use read::{Answers, Asker, Questions};

pub(crate) use pieces::Strangers;

use crate::connection::Connection;
use crate::feed;
use crate::release::{given_up, holds_back};
use crate::settlement::{Ending, settle_all};

/// So many times a notification whose list is still empty is asked again.
const EMPTY_ANSWERS: u32 = 4;

/// Works on a batch. The permit is for the first call, the first query's first page. What a customer waits for is
/// written before anybody looks for what nobody announced.
pub(crate) async fn work(connection: &Connection, permit: Permit, deliveries: Vec<Delivery>) {
    let is_notice = |delivery: &Delivery| matches!(delivery.event().kind, EventKind::ShipNotice { .. });
    let (told, asked): (Vec<_>, Vec<_>) = deliveries.into_iter().partition(is_notice);
    let (swept, announced): (Vec<_>, Vec<_>) =
        asked.into_iter().partition(|delivery| delivery.event().origin == Origin::Sweep);
    // Where orders are fetched from us the permit is for Cin7: what has shipped is told, and nobody is asked.
    let (mut permit, of_cin7) = match connection.rules.outlet {
        Outlet::Api => (Some(permit), None),
        Outlet::CustomStore => (None, Some(permit)),
    };
    if !told.is_empty() {
        notices::round(connection, of_cin7, told).await;
    }
    for (asker, deliveries) in [(Asker::Announced, announced), (Asker::Sweep, swept)] {
        if !deliveries.is_empty() {
            round(connection, &mut permit, asker, deliveries).await;
        }
    }
}

async fn round(
    connection: &Connection,
    permit: &mut Option<Permit>,
    asker: Asker,
    deliveries: Vec<Delivery>,
) {
    let mut asked = asked(&deliveries);
    let covered = if asker == Asker::Sweep { read::without_covered(&mut asked) } else { BTreeMap::new() };
    let mut found = read::read_all(connection, permit, asker, &asked).await;
    let by_order = match take_in(connection, &mut found, asker, &asked).await {
        Ok(touched) => bring_in_line(connection, None, &touched).await,
        Err(error) => {
            let ending = Ending::from(error);
            for found in found.values_mut() {
                *found = Err(ending.clone());
            }
            BTreeMap::new()
        }
    };
    let mut for_people = BTreeSet::new();
    let ended = deliveries.into_iter().map(|delivery| {
        let ending = ending_of(&delivery, &covered, &found, &by_order);
        (delivery, once_for_people(ending, &mut for_people))
    });
    settle_all(connection, ended).await;
}

/// Has the feed and Cin7 follow these sets; an ending for each order. The permit, if any, is for the first call.
async fn bring_in_line(
    connection: &Connection,
    permit: Option<Permit>,
    touched: &[TakenIn],
) -> BTreeMap<OrderId, Ending> {
    let orders: Vec<OrderId> = touched.iter().map(|taken| taken.order).collect();
    // What has shipped is not offered again, however long Cin7 takes.
    let mut endings = match feed::keep(connection, &orders).await {
        Ok(_) => write::bring_in_line(connection, permit, touched).await,
        Err(error) => {
            let ending = Ending::from(error);
            orders.into_iter().map(|order| (order, ending.clone())).collect()
        }
    };
    cartons::bring_in_line(connection, touched, &mut endings).await;
    endings
}

/// One event of a batch is enough to wait for a person about an order.
fn once_for_people(ending: Ending, told: &mut BTreeSet<OrderId>) -> Ending {
    match ending {
        Ending::Failed(Failure::Permanent { .. }, Some(order)) if !told.insert(order) => Ending::Done("told"),
        ending => ending,
    }
}

fn query_of(delivery: &Delivery) -> Option<&ShipmentQuery> {
    match &delivery.event().kind {
        EventKind::ShipmentsChanged { query } => Some(query),
        EventKind::OrderChanged { .. } | EventKind::ShipNotice { .. } | EventKind::RateRequested { .. } => {
            None
        }
    }
}

/// The queries of a batch, each once.
fn asked(deliveries: &[Delivery]) -> Questions {
    let mut asked = Questions::new();
    for delivery in deliveries {
        let Some(query) = query_of(delivery) else { continue };
        let received_at = delivery.event().received_at;
        let since = asked.entry(query.clone()).or_insert(received_at);
        *since = received_at.min(*since);
    }
    asked
}

fn ending_of(
    delivery: &Delivery,
    covered: &BTreeMap<ShipmentQuery, ShipmentQuery>,
    endings: &Answers,
    by_order: &BTreeMap<OrderId, Ending>,
) -> Ending {
    match query_of(delivery).and_then(|query| endings.get(covered.get(query).unwrap_or(query))) {
        None => Ending::Done("ignored"),
        Some(Err(ending)) => ending.clone(),
        Some(Ok(found)) if found.is_empty() && delivery.event().origin == Origin::Webhook => {
            if delivery.attempt() >= EMPTY_ANSWERS {
                return Ending::Done("empty");
            }
            // A notification may be faster than the list that it points at.
            Ending::Failed(Failure::Transient { reason: "ShipStation's list is still empty".into() }, None)
        }
        Some(Ok(found)) => {
            let endings = found.orders.iter().filter_map(|order| by_order.get(order)).cloned();
            // What a sweep finds is parked by itself, once: the sweep sees the same rows again and again.
            let unread = found.unreadable.clone().filter(|_| delivery.event().origin != Origin::Sweep);
            let unread = unread.map(|reason| Ending::Failed(Failure::Permanent { reason }, None));
            endings.chain(unread).fold(Ending::Done("shipments"), Ending::graver)
        }
    }
}

/// Routes the reports to their orders and takes them into the orders' sets. Returns the orders whose Cin7
/// side may have to follow.
async fn take_in(
    connection: &Connection,
    endings: &mut Answers,
    asker: Asker,
    asked: &Questions,
) -> Result<Vec<TakenIn>, LedgerError> {
    pieces::complete(connection, endings).await?;
    let reports: Vec<&Shipment> = endings.values().flatten().flat_map(|found| &found.reports).collect();
    let (known, under_way) = known(connection, &reports).await?;
    let now = connection.clock.now();
    let (mut routed, mut for_people) = (Vec::new(), Vec::new());
    for (query, answer) in endings.iter_mut() {
        let Ok(found) = answer else { continue };
        let mut early = None;
        for report in &found.reports {
            let parts = routing::route(connection.name(), report.clone(), &known);
            if parts.is_empty() {
                let lost = routing::lost(connection.name(), report, &known, &under_way);
                for_people.extend(lost.map(|text| Finding::lost(report.id, text)));
            }
            let owner = order_of_key(connection.name(), &report.order_key);
            early = early.or(owner.filter(|order| under_way.contains(order)));
            found.orders.extend(parts.iter().map(|(order, _)| *order));
            routed.extend(parts);
        }
        if asker == Asker::Sweep {
            for_people.extend(found.unread.drain(..).map(|(id, text)| Finding::unreadable(id, text)));
        } else if let Some((order, since)) = early.zip(asked.get(query)) {
            // A sweep comes again by itself.
            *answer = Err(early_ending(order, *since, now));
        }
    }
    finding::park(connection, &for_people).await?;
    let taken = connection.ledger.take_in(connection.name(), &routed, now).await?;
    news::tell(connection, asker, &taken).await?;
    let open = outstanding(connection, taken).await?;
    if asker == Asker::Sweep { without_parked(connection, open).await } else { Ok(open) }
}

/// Without the orders whose event waits for a person: a sweep sees them again and again, and would have them parked
/// each time. What is new of them is tried all the same.
async fn without_parked(connection: &Connection, open: Vec<TakenIn>) -> Result<Vec<TakenIn>, LedgerError> {
    if open.iter().all(|taken| !taken.changed.is_empty()) {
        return Ok(open);
    }
    let parked = connection.ledger.parked(Some(connection.name())).await?;
    let holding = parked.iter().filter(|parked| holds_back(parked));
    let for_people: BTreeSet<OrderId> = holding.filter_map(|parked| parked.order).collect();
    let wanted = |taken: &TakenIn| !taken.changed.is_empty() || !for_people.contains(&taken.order);
    Ok(open.into_iter().filter(wanted).collect())
}

/// A shipment whose order's own arrival is not recorded yet: for a while that is somebody else's work under way,
/// then it is a failure like others.
fn early_ending(order: OrderId, since: Timestamp, now: Timestamp) -> Ending {
    if let Some(until) = retry::look_again_early(since, now) {
        return Ending::Busy(until);
    }
    let reason = format!("order {order} has shipped, and its own arrival is not recorded yet");
    Ending::Failed(Failure::Transient { reason }, Some(order))
}

/// What is known of the orders that the reports may belong to, and which of them are on their way to ShipStation
/// as far as we know.
async fn known(
    connection: &Connection,
    reports: &[&Shipment],
) -> Result<(Known, BTreeSet<OrderId>), LedgerError> {
    let ids: BTreeSet<i64> = reports.iter().filter_map(|report| report.shipstation_order).collect();
    let ids: Vec<i64> = ids.into_iter().collect();
    let ours = connection.ledger.orders_at_shipstation(connection.name(), &ids).await?;
    let at_shipstation: BTreeMap<i64, OrderId> =
        ids.into_iter().zip(ours).filter_map(|(id, order)| Some((id, order?))).collect();
    let candidates: BTreeSet<OrderId> = reports
        .iter()
        .flat_map(|report| routing::candidates(connection.name(), report))
        .chain(at_shipstation.values().copied())
        .collect();
    let refs: Vec<_> = candidates.iter().map(|order| OrderRef::Id(*order)).collect();
    let records = connection.ledger.orders(connection.name(), &refs).await?;
    let (mut numbers, mut under_way) = (BTreeMap::new(), BTreeSet::new());
    for (order, record) in candidates.into_iter().zip(records) {
        match record {
            Some(OrderRecord { placed: Some(placed), .. }) => {
                numbers.insert(order, placed.document.order_number);
            }
            Some(record) if record.reading.intake == Intake::Eligible => _ = under_way.insert(order),
            _ => {}
        }
    }
    Ok((Known { at_shipstation, numbers }, under_way))
}

/// Of the orders touched, those whose set has not been written to Cin7 in its present revision; and those that
/// still count as on their way, or have no cartons yet, although it has been: the worker died between recording the
/// write and keeping what follows from it.
async fn outstanding(connection: &Connection, taken: Vec<TakenIn>) -> Result<Vec<TakenIn>, LedgerError> {
    let keys: Vec<_> = taken.iter().map(|taken| key(connection, taken.order)).collect();
    let recorded = connection.ledger.recorded(&keys).await?;
    let refs: Vec<_> = taken.iter().map(|taken| OrderRef::Id(taken.order)).collect();
    let records = connection.ledger.orders(connection.name(), &refs).await?;
    let cartons = cartons::open(connection, &taken, &records).await?;
    let with_records = taken.into_iter().zip(recorded).zip(records).zip(cartons);
    let open = with_records.filter(|(((taken, recorded), record), lacks_cartons)| {
        let revision = taken.set.revision;
        let unwritten = recorded.as_ref().is_none_or(|recorded| recorded.version < revision);
        let is_given_up =
            recorded.as_ref().is_some_and(|recorded| recorded.fingerprint == given_up(revision));
        let is_on_its_way = record.as_ref().is_some_and(|record| record.progress == Progress::Shipped);
        unwritten || ((is_on_its_way || *lacks_cartons) && !is_given_up)
    });
    Ok(open.map(|(((taken, _), _), _)| taken).collect())
}

fn key(connection: &Connection, order: OrderId) -> EffectKey {
    EffectKey { kind: EffectKind::Fulfil, connection: connection.name().clone(), order }
}
