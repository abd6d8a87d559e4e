//! Events to publish, and waiting with a deadline.

use std::collections::BTreeSet;
use std::time::Duration;

use broker::{Broker, Consumer, Delivery, event_id};
use domain::event::{Event, EventKind, Lane, Origin, ShipmentQuery, ShipmentSource};
use domain::ids::{ConnectionName, EventId, OrderId, OrderRef};
use jiff::Timestamp;

/// The instant at which every test begins.
pub(crate) const START: Timestamp = Timestamp::constant(1_767_571_200, 0);

/// How long anything may take.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

pub(crate) fn acme() -> ConnectionName {
    "acme".parse().unwrap()
}

/// A new event about an order of acme.
pub(crate) fn order(id: i64) -> Event {
    let kind = EventKind::OrderChanged { order: OrderRef::Id(OrderId(id)) };
    Event { id: event_id(START), connection: acme(), kind, origin: Origin::Webhook, received_at: START }
}

/// A new event about shipments of acme.
pub(crate) fn shipment() -> Event {
    let query = ShipmentQuery { source: ShipmentSource::Labels, filters: [].into() };
    Event { kind: EventKind::ShipmentsChanged { query }, ..order(0) }
}

pub(crate) fn orders(count: i64) -> Vec<Event> {
    (0..count).map(order).collect()
}

pub(crate) fn ids<'a>(events: impl IntoIterator<Item = &'a Event>) -> BTreeSet<EventId> {
    events.into_iter().map(|event| event.id).collect()
}

/// What `work` gives, unless it takes too long.
pub(crate) async fn soon<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(DEADLINE, work).await.expect("the deadline")
}

pub(crate) async fn consumer(broker: &dyn Broker) -> Box<dyn Consumer> {
    broker.consumer(&acme(), Lane::Orders).await.unwrap()
}

/// Up to `max` deliveries, at least one, waiting for it.
pub(crate) async fn next(consumer: &mut dyn Consumer, max: usize) -> Vec<Delivery> {
    soon(async {
        loop {
            consumer.ready().await.unwrap();
            let batch = consumer.batch(max, Duration::ZERO).await.unwrap();
            if !batch.is_empty() {
                return batch;
            }
        }
    })
    .await
}

/// What can be taken at once.
pub(crate) async fn now(consumer: &mut dyn Consumer) -> Vec<Delivery> {
    soon(consumer.batch(100_000, Duration::ZERO)).await.unwrap()
}

/// Exactly `count` deliveries, however many batches it takes.
pub(crate) async fn exactly(consumer: &mut dyn Consumer, count: usize) -> Vec<Delivery> {
    let mut deliveries = Vec::new();
    while deliveries.len() < count {
        deliveries.extend(next(consumer, count - deliveries.len()).await);
    }
    deliveries
}
