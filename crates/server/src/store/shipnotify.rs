//! A ship notice: read, led to its order, kept, and only then told to the worker and answered.

use std::collections::HashMap;

use jiff::Timestamp;
use tokio::time::timeout;

use domain::event::{Event, EventKind, Origin, discarded_mark};
use domain::ids::{EventId, OrderRef};
use domain::record::OrderRecord;
use domain::ship_notice::{NoticeId, ShipNotice};
use domain::shipping_order::ShippingStatus;
use ledger::{KeptNotice, LedgerError, ParkedEvent};

use super::Endpoint;
use super::notice;
use super::query::Parameters;
use super::refusal::Refusal;
use crate::app::Shared;

/// Takes a notice. The same one, however often it comes, is one notice.
pub(super) async fn take(
    endpoint: &Endpoint,
    shared: &Shared,
    parameters: &Parameters,
    body: &[u8],
    now: Timestamp,
) -> Result<NoticeId, Refusal> {
    // PostgreSQL's texts hold everything but this one.
    let raw = super::text(body).replace('\0', "");
    let told = notice::read(&raw).map_err(Refusal::NotANotice)?;
    let notice = with_query(told.unwrap_or_default(), parameters).cleaned();
    if notice.order_id.is_empty() && notice.order_number.is_empty() {
        return Err(Refusal::NoOrder);
    }
    let kept = timeout(shared.publish_deadline, keep(endpoint, shared, notice, raw, now)).await;
    kept.unwrap_or_else(|_| Err(Refusal::not_in_time(shared.publish_deadline)))
}

/// What the body leaves empty, as the query has it.
fn with_query(notice: ShipNotice, parameters: &Parameters) -> ShipNotice {
    let or = |text: String, name: &str| if text.is_empty() { parameters.get(name).to_owned() } else { text };
    ShipNotice {
        order_id: or(notice.order_id, "order_id"),
        order_number: or(notice.order_number, "order_number"),
        carrier: or(notice.carrier, "carrier"),
        service: or(notice.service, "service"),
        tracking: or(notice.tracking, "tracking_number"),
        ..notice
    }
}

/// Everything of the body that was read, durable: in the ledger first, and then as an event. What is not told to the
/// worker after all is found by its own search for open notices.
async fn keep(
    endpoint: &Endpoint,
    shared: &Shared,
    notice: ShipNotice,
    raw: String,
    now: Timestamp,
) -> Result<NoticeId, Refusal> {
    let connection = &endpoint.connection;
    let record = find(endpoint, &notice).await?;
    let id = NoticeId::of(connection, &notice);
    let event = |event: EventId, origin| Event {
        id: event,
        connection: connection.clone(),
        kind: EventKind::ShipNotice { notice: id },
        origin,
        received_at: now,
    };
    let order = record.as_ref().map(|record| record.reading.id);
    let text = unknown(&notice);
    let kept = KeptNotice { id, order, received_at: now, notice, raw, taken_in: None };
    endpoint.ledger.get()?.keep_notice(connection, &kept).await?;
    let Some(record) = record else {
        // One id for each notice, so that its repeats are parked once.
        park(endpoint, event(EventId(id.0), Origin::Replay), text, now).await?;
        return Err(Refusal::UnknownOrder);
    };
    let told = event(broker::event_id(now), Origin::Webhook);
    let published = shared.broker.publish(&[told]).await;
    published.map_err(|error| Refusal::Unavailable(error.to_string()))?;
    if is_cancelled(&record) { Err(Refusal::OrderCancelled) } else { Ok(id) }
}

/// The order of ours that a notice is about.
async fn find(endpoint: &Endpoint, notice: &ShipNotice) -> Result<Option<OrderRecord>, Refusal> {
    let named = notice.orders();
    let records = endpoint.ledger.get()?.orders(&endpoint.connection, &named).await?;
    let known: HashMap<OrderRef, OrderRecord> =
        named.into_iter().zip(records).filter_map(|(order, record)| Some((order, record?))).collect();
    Ok(notice.order(|order| known.get(order)).cloned())
}

fn is_cancelled(record: &OrderRecord) -> bool {
    record.placed.as_ref().is_some_and(|placed| placed.document.status == ShippingStatus::Cancelled)
}

fn unknown(notice: &ShipNotice) -> String {
    let ShipNotice { order_id, order_number, carrier, tracking, .. } = notice;
    format!(
        "ShipStation tells of a shipment of order {order_number} (OrderID {order_id}), carrier {carrier}, tracking \
         number {tracking}, and no order of ours is that one"
    )
}

/// Parks the notice, unless a person has discarded it before: ShipStation repeats what it was refused.
async fn park(endpoint: &Endpoint, event: Event, text: String, now: Timestamp) -> Result<(), Refusal> {
    if endpoint.ledger.get()?.mark(&discarded_mark(event.id)).await?.is_some() {
        return Ok(());
    }
    let (lane, cause) = (event.kind.lane(), "unknown_order".to_owned());
    let parked = ParkedEvent { event, lane, cause, text, order: None, attempts: 1, since: now };
    endpoint.ledger.get()?.park(&parked).await?;
    Ok(())
}

impl From<LedgerError> for Refusal {
    fn from(error: LedgerError) -> Self {
        Self::Unavailable(error.to_string())
    }
}
