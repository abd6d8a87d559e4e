//! Taking parked events out again, as a person decides: worked on again, or given up. What the order of such an
//! event counts as from then on is decided by `domain::fulfil::release`.

use domain::clock::Clock;
use domain::effect::{EffectKey, EffectKind, Fingerprint};
use domain::event::{Event, EventKind, Lane, Origin, discarded_mark};
use domain::fulfil::{Memory, release};
use domain::ids::{EventId, OrderRef};
use domain::record::OrderRecord;
use domain::settings::DispatchWhen;

use broker::{PublishError, Publisher, event_id};
use jiff::{SignedDuration, Timestamp};
use ledger::{Claim, ClaimRequest, EffectResult, Ledger, LedgerError, Outcome, ParkedEvent};

use crate::{journal, note};

/// For how long an effect is claimed that nothing is written for.
const MOMENT: SignedDuration = SignedDuration::from_secs(10);

/// Why an event could not be taken out. It stays parked.
#[derive(Debug, thiserror::Error)]
pub enum ReleaseError {
    /// The broker does not accept events.
    #[error("the broker accepts no events: {0}")]
    Publish(#[from] PublishError),
    /// The ledger cannot be used.
    #[error("the ledger cannot be used: {0}")]
    Ledger(#[from] LedgerError),
}

/// Publishes a parked event again, under a new id, and takes it out of the parked ones once that is confirmed: a
/// crash in between makes a duplicate, never a hole. Returns the new id.
pub async fn replay(
    publisher: &dyn Publisher,
    ledger: &dyn Ledger,
    clock: &dyn Clock,
    parked: &ParkedEvent,
    reason: &str,
) -> Result<EventId, ReleaseError> {
    let now = clock.now();
    let id = event_id(now);
    let event = Event { id, origin: Origin::Replay, received_at: now, ..parked.event.clone() };
    let connection = &parked.event.connection;
    let record = record(ledger, parked).await?;
    // Before the event: once it is out, a worker may put the order into review anew.
    let others = others(ledger, parked).await?;
    let back = record.as_ref().filter(|_| holds_back(parked));
    let back = back.filter(|record| !others.iter().any(|other| concerns(other, record)));
    let back = back.and_then(|record| Some((record.reading.id, release::after_replay(record)?)));
    ledger.keep_progress(connection, back.as_slice()).await?;
    if let Err(error) = publisher.publish(&[event]).await {
        let before = record.filter(|_| back.is_some()).map(|record| (record.reading.id, record.progress));
        ledger.keep_progress(connection, before.as_slice()).await?;
        return Err(error.into());
    }
    let entry = record.map(|record| journal::replayed(record.reading.id, &parked.cause, reason, now));
    ledger.write(connection, entry.as_slice()).await?;
    ledger.unpark(parked.event.id).await?;
    Ok(id)
}

/// Takes an event out of the parked ones without any further work on it. Whether it was still there.
pub async fn discard(
    ledger: &dyn Ledger,
    clock: &dyn Clock,
    parked: &ParkedEvent,
    when: DispatchWhen,
    reason: &str,
) -> Result<bool, ReleaseError> {
    let connection = &parked.event.connection;
    if let Some(record) = record(ledger, parked).await? {
        let order = record.reading.id;
        let others = others(ledger, parked).await?;
        if holds_back(parked) && !others.iter().any(|other| concerns(other, &record)) {
            take_back(ledger, clock.now(), parked, &record, when).await?;
        }
        let entry = journal::discarded(order, &parked.cause, reason, clock.now());
        ledger.write(connection, &[entry]).await?;
    }
    ledger.keep_mark(&discarded_mark(parked.event.id), reason).await?;
    Ok(ledger.unpark(parked.event.id).await?.is_some())
}

/// Lets an order leave the review that the event's failure put it into.
async fn take_back(
    ledger: &dyn Ledger,
    now: Timestamp,
    parked: &ParkedEvent,
    record: &OrderRecord,
    when: DispatchWhen,
) -> Result<(), LedgerError> {
    let (connection, order) = (&parked.event.connection, record.reading.id);
    let set = ledger.shipment_sets(connection, &[order]).await?.pop().unwrap_or_default();
    let key = EffectKey { kind: EffectKind::Fulfil, connection: connection.clone(), order };
    let written = ledger.recorded(std::slice::from_ref(&key)).await?.pop().flatten();
    let written: Option<Memory> = written.and_then(|written| note::read(written.note));
    if parked.lane == Lane::Shipments {
        give_up(ledger, now, key, set.revision, written.as_ref()).await?;
    }
    let progress = release::after_discard(record, &set, written.as_ref(), when);
    ledger.keep_progress(connection, progress.map(|progress| (order, progress)).as_slice()).await?;
    let reading = release::without_objection(&record.reading, &parked.text);
    ledger.keep_readings(connection, reading.as_slice()).await
}

/// What an effect is recorded as whose set, in this revision, a person has given up to write. A sweep that sees the
/// same shipments again leaves it so; whatever is new of them is written.
pub(crate) fn given_up(revision: i64) -> Fingerprint {
    Fingerprint::of(&("given up", revision))
}

async fn give_up(
    ledger: &dyn Ledger,
    now: Timestamp,
    key: EffectKey,
    revision: i64,
    written: Option<&Memory>,
) -> Result<(), LedgerError> {
    let request = ClaimRequest { key: key.clone(), version: revision, fingerprint: given_up(revision) };
    let claim = ledger.claim(&[request], MOMENT, now).await?.pop();
    let Some(Claim::Granted { token } | Claim::InDoubt { token, .. }) = claim else { return Ok(()) };
    let note = note::write(&written.cloned().unwrap_or_default());
    let result = EffectResult { key, token, outcome: Outcome::Applied { note } };
    ledger.record(&[result], now).await.map(drop)
}

/// What is known of the event's order.
async fn record(ledger: &dyn Ledger, parked: &ParkedEvent) -> Result<Option<OrderRecord>, LedgerError> {
    let named = match &parked.event.kind {
        EventKind::OrderChanged { order } | EventKind::RateRequested { order } => Some(order.clone()),
        EventKind::ShipmentsChanged { .. } | EventKind::ShipNotice { .. } => None,
    };
    let Some(order) = parked.order.map(OrderRef::Id).or(named) else { return Ok(None) };
    Ok(ledger.orders(&parked.event.connection, &[order]).await?.pop().flatten())
}

/// Whether the event's order waits for it: all but freight, without which it ships all the same.
pub(crate) fn holds_back(parked: &ParkedEvent) -> bool {
    parked.lane != Lane::Rates
}

/// The connection's other parked events that an order may wait for.
async fn others(ledger: &dyn Ledger, parked: &ParkedEvent) -> Result<Vec<ParkedEvent>, LedgerError> {
    let mut all = ledger.parked(Some(&parked.event.connection)).await?;
    all.retain(|other| other.event.id != parked.event.id && holds_back(other));
    Ok(all)
}

/// Whether an order waits for this event as well.
fn concerns(parked: &ParkedEvent, record: &OrderRecord) -> bool {
    match (&parked.event.kind, parked.order) {
        (_, Some(order)) => order == record.reading.id,
        (EventKind::OrderChanged { order } | EventKind::RateRequested { order }, None) => match order {
            OrderRef::Id(order) => *order == record.reading.id,
            OrderRef::Reference(reference) => *reference == record.reading.reference,
        },
        (EventKind::ShipmentsChanged { .. } | EventKind::ShipNotice { .. }, None) => false,
    }
}
