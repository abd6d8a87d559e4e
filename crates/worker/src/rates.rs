//! Freight: orders that are at a rating stage without any get it. [`request()`] notices them while the orders lane reads
//! them, and publishes an event for each; the rates lane reads them again, [`quotes`] asks carriers, and [`mod@write`]
//! writes what `domain::rates` makes of the answers. [`quoter`] answers people, and writes nothing.
//!
//! Every call is made at the priority of rates: the reserve of imports and write-backs is never touched.

mod quoter;
mod quotes;
mod request;
mod write;

use std::collections::{BTreeMap, HashMap};

use broker::Delivery;
use domain::effect::{EffectKey, EffectKind};
use domain::event::{EventKind, Origin};
use domain::failure::Failure;
use domain::ids::{OrderId, OrderRef};
use domain::import::Catalogue;
use domain::quota::Priority;
use domain::rates::freight::{self, Case, Memory, Standing};
use domain::rates::{choice, parcel};
use domain::sales_order::SalesOrder;
use jiff::Timestamp;
use ledger::{JournalEntry, LedgerError};

use crate::connection::Connection;
use crate::gate::{PATIENCE, Permit};
use crate::orders_out::{folded, read};
use crate::settlement::{Ending, settle_all};
use crate::told::is_freight_told;
use crate::{journal, note};

pub use quoter::{Quoter, QuoterParts};
pub(crate) use request::request;

use write::Job;

type Endings = BTreeMap<OrderId, Ending>;

/// So many orders are quoted before what was found is written: one call writes them, another reads them back.
const CHUNK: usize = 20;

/// Works on a batch. The permit is for the first call, the reading.
pub(crate) async fn work(connection: &Connection, permit: Permit, deliveries: Vec<Delivery>) {
    let mut asked = BTreeMap::new();
    for delivery in &deliveries {
        let Some(order) = order_of(delivery) else { continue };
        let origin = asked.entry(order.clone()).or_insert(delivery.event().origin);
        if delivery.event().origin == Origin::Replay {
            *origin = Origin::Replay;
        }
    }
    let by_ref = match read::read(connection, Priority::Rates, Some(permit), &asked).await {
        Ok(batch) => {
            let mut by_ref: HashMap<OrderRef, Ending> =
                batch.unreadable.iter().map(|(order, ending)| (folded(order), ending.clone())).collect();
            let endings = quote_all(connection, &batch.orders, batch.began).await;
            for (order, _) in &batch.orders {
                let ending = endings.get(&order.id).cloned().unwrap_or(Ending::Done("unchanged"));
                by_ref.insert(folded(&OrderRef::Reference(order.reference.clone())), ending.clone());
                by_ref.insert(OrderRef::Id(order.id), ending);
            }
            by_ref
        }
        Err(failure) => {
            let ending = Ending::Failed(failure, None);
            asked.keys().map(|order| (folded(order), ending.clone())).collect()
        }
    };
    let ended = deliveries.into_iter().map(|delivery| {
        let ending = order_of(&delivery).map_or(Ending::Done("ignored"), |order| {
            by_ref.get(&folded(order)).cloned().unwrap_or(Ending::Done("not_found"))
        });
        (delivery, ending)
    });
    settle_all(connection, ended).await;
}

fn order_of(delivery: &Delivery) -> Option<&OrderRef> {
    match &delivery.event().kind {
        EventKind::RateRequested { order } => Some(order),
        EventKind::OrderChanged { .. }
        | EventKind::ShipmentsChanged { .. }
        | EventKind::ShipNotice { .. } => None,
    }
}

async fn quote_all(connection: &Connection, orders: &[(SalesOrder, Origin)], begun: Timestamp) -> Endings {
    let mut endings = Endings::new();
    for chunk in orders.chunks(CHUNK) {
        if let Err(ending) = quote_chunk(connection, chunk, begun, &mut endings).await {
            for (order, _) in chunk {
                endings.entry(order.id).or_insert_with(|| ending.clone());
            }
        }
    }
    endings
}

async fn quote_chunk(
    connection: &Connection,
    chunk: &[(SalesOrder, Origin)],
    begun: Timestamp,
    endings: &mut Endings,
) -> Result<(), Ending> {
    let written = written(connection, chunk.iter().map(|(order, _)| order.id)).await?;
    let shelf = connection.quoter().shelf(PATIENCE);
    let mut jobs = Vec::new();
    for ((order, origin), written) in chunk.iter().zip(written) {
        let (standing, attempt) = stands(connection, order, *origin, written.as_ref()).await?;
        let case = Case {
            order,
            written: written.as_ref(),
            attempt: attempt.as_ref(),
            asked: *origin == Origin::Replay,
        };
        if let Some(unrecorded) = unrecorded(&standing, case) {
            jobs.push(Job::unrecorded(case, unrecorded, begun));
            continue;
        }
        if !matches!(standing, Standing::Wanted(_)) {
            tell_of(connection, order, written.as_ref(), &standing).await?;
            endings.insert(order.id, Ending::Done(outcome(&standing)));
            continue;
        }
        if connection.is_overdue(begun) {
            endings.insert(order.id, Ending::Busy(connection.clock.now()));
            continue;
        }
        let catalogue = shelf.catalogue(std::iter::once(order)).await?;
        match quote(connection, case, &catalogue, begun).await {
            Ok(Some(job)) => jobs.push(job),
            Ok(None) => _ = endings.insert(order.id, Ending::Done("no_quote")),
            Err(ending) => _ = endings.insert(order.id, ending),
        }
    }
    endings.extend(write::write(connection, jobs).await);
    Ok(())
}

/// What an order shall be charged; `None` where nothing can be, which is told.
async fn quote(
    connection: &Connection,
    case: Case<'_>,
    catalogue: &Catalogue,
    read_at: Timestamp,
) -> Result<Option<Job>, Ending> {
    let (order, rules) = (case.order, &connection.rules);
    if let Some(reason) = freight::other_currency(order, rules) {
        tell_once(connection, journal::no_freight(order.id, &[reason], connection.clock.now())).await?;
        return Ok(None);
    }
    let origins = connection.quoter().origins(PATIENCE).await.map_err(failed)?;
    let parcel = match parcel::of_order(order, catalogue, &origins, rules) {
        Ok(parcel) => parcel,
        Err(missing) => {
            tell_once(connection, journal::no_freight(order.id, &missing, connection.clock.now())).await?;
            return Ok(None);
        }
    };
    let answered = connection.quoter().quotes().of(connection.quoter(), &parcel, PATIENCE).await;
    let answered = answered.map_err(failed)?;
    let sheet = choice::sheet(&answered.quotes, Some(freight::goods(order)), answered.errors(), &rules.rates);
    if answered.is_empty()
        && let Some(refusal) = answered.refusal()
    {
        // Whether a carrier may answer later is for the retries; what none will ever answer is for a person.
        return Err(Ending::Failed(refusal, Some(order.id)));
    }
    let Some(chosen) = sheet.chosen else {
        tell_once(connection, journal::no_freight(order.id, &sheet.errors, connection.clock.now())).await?;
        return Ok(None);
    };
    Ok(Some(Job {
        order: order.clone(),
        read_at,
        wanted: Memory::of(case, &chosen, &rules.rates),
        chosen: Some(chosen),
        errors: sheet.errors,
        written: case.written.cloned(),
        asked: case.asked,
    }))
}

/// How an order stands, and what we were about to write to it where that matters: a freight that is not known to be
/// ours may be that of an attempt whose answer was lost.
async fn stands(
    connection: &Connection,
    order: &SalesOrder,
    origin: Origin,
    written: Option<&Memory>,
) -> Result<(Standing, Option<Memory>), LedgerError> {
    let case = Case { order, written, attempt: None, asked: origin == Origin::Replay };
    let standing = freight::standing(case, &connection.rules);
    if !matches!(standing, Standing::Theirs(_)) {
        return Ok((standing, None));
    }
    let attempt = write::attempt(connection, order.id).await?;
    let standing = freight::standing(Case { attempt: attempt.as_ref(), ..case }, &connection.rules);
    Ok((standing, attempt))
}

/// The attempt that an order shows and nobody has recorded.
fn unrecorded<'a>(standing: &Standing, case: Case<'a>) -> Option<&'a Memory> {
    let is_recorded = case.written.is_some_and(|written| written.is_shown(case.order));
    case.attempt.filter(|_| *standing == Standing::Unchanged && !is_recorded)
}

/// What was last recorded to be written, in the order of the orders.
async fn written(
    connection: &Connection,
    orders: impl Iterator<Item = OrderId>,
) -> Result<Vec<Option<Memory>>, LedgerError> {
    let keys: Vec<_> = orders.map(|order| key(connection, order)).collect();
    let recorded = connection.ledger.recorded(&keys).await?;
    Ok(recorded.into_iter().map(|recorded| note::read(recorded?.note)).collect())
}

fn outcome(standing: &Standing) -> &'static str {
    match standing {
        Standing::Wanted(_) => "wanted",
        Standing::Unchanged => "unchanged",
        Standing::Theirs(_) => "left_alone",
        Standing::NotNow(_) => "not_now",
    }
}

/// Says that a person has changed what we had written; or that it was written, where whoever did that did not come to
/// tell of it.
async fn tell_of(
    connection: &Connection,
    order: &SalesOrder,
    written: Option<&Memory>,
    standing: &Standing,
) -> Result<(), LedgerError> {
    let (Some(written), now) = (written, connection.clock.now()) else { return Ok(()) };
    match standing {
        Standing::Theirs(theirs) => {
            tell_once(connection, journal::freight_left_alone(order.id, theirs, written, now)).await
        }
        Standing::Unchanged if !is_freight_told(connection, order.id, written).await? => {
            tell_once(connection, journal::found_freight(order.id, written, now)).await
        }
        Standing::Unchanged | Standing::Wanted(_) | Standing::NotNow(_) => Ok(()),
    }
}

/// Writes into an order's timeline, unless that was the last thing that was said of its freight.
async fn tell_once(connection: &Connection, entry: JournalEntry) -> Result<(), LedgerError> {
    let told = format!("freight-told/{}/{}", connection.name(), entry.order);
    if connection.ledger.mark(&told).await?.as_deref() == Some(&entry.text) {
        return Ok(());
    }
    connection.ledger.write(connection.name(), std::slice::from_ref(&entry)).await?;
    connection.ledger.keep_mark(&told, &entry.text).await
}

fn key(connection: &Connection, order: OrderId) -> EffectKey {
    EffectKey { kind: EffectKind::Freight, connection: connection.name().clone(), order }
}

/// A call that has no room in the budget of rates.
fn failed(failure: Failure) -> Ending {
    Ending::Failed(failure, None)
}
