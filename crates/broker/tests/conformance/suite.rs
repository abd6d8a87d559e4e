//! The conformance suite: what any broker must do, written in terms of its roles. A backend runs it with
//! `conformance!(expression that makes a Store)` inside a module of its own.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use broker::{Broker, ConsumeError, Delivery, Depth, PublishError};
use domain::event::{Event, Lane};
use futures_util::future::{join_all, poll_immediate};
use jiff::SignedDuration;

use crate::events::{DEADLINE, acme, consumer, exactly, ids, next, now, order, orders, shipment, soon};

/// Longer than any test may take.
const LINGER: Duration = Duration::from_hours(1);

/// Where a broker keeps its events: it outlives the brokers opened on it.
#[async_trait]
pub(crate) trait Store: Send {
    /// Opens a broker on what the store holds. The one before has been closed, or has crashed.
    async fn open(&mut self) -> Arc<dyn Broker>;

    /// The process of the open broker dies now. Deliveries in hand are of no use any more.
    async fn crash(&mut self);

    /// A wait that the broker keeps exactly, and which is long in terms of what the suite does meanwhile.
    fn wait(&self) -> SignedDuration;

    /// Lets time pass, where it does not pass by itself.
    async fn pass(&mut self, time: SignedDuration);

    /// After how many unsettled deliveries its brokers call an event poisoned.
    fn delivery_limit(&self) -> u32;

    /// Clears away what the test has left behind.
    async fn end(&mut self);
}

/// A test for each case of the suite.
macro_rules! conformance {
    ($store:expr) => {
        $crate::suite::conformance! { $store;
            an_event_is_handed_out_once, older_events_come_first, a_batch_has_at_most_its_maximum,
            a_batch_lingers_for_more, several_consumers_never_share_an_event,
            an_acknowledged_event_never_comes_back, a_dropped_delivery_returns_at_no_attempt,
            a_retry_waits_and_is_one_attempt_older, a_snooze_waits_at_no_attempt,
            lanes_and_connections_are_apart, unsettled_events_survive_a_crash,
            closing_returns_what_is_in_hand, concurrent_publishers_are_all_durable,
            publishing_an_event_again_is_harmless, what_kills_its_holder_is_poisoned,
            depth_adds_up, a_dropped_batch_returns_its_events, a_closed_broker_says_so
        }
    };
    ($store:expr; $($case:ident),+) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                let mut store = $store;
                $crate::suite::$case(&mut store).await;
                $crate::suite::Store::end(&mut store).await;
            }
        )+
    };
}
pub(crate) use conformance;

async fn publish(broker: &dyn Broker, events: &[Event]) {
    soon(broker.publish(events)).await.unwrap();
}

/// Waits until acme's orders are `[ready, delayed, in_hand]`, as far as the broker can tell: some count a
/// moment later.
async fn depth_is(broker: &dyn Broker, expected: [u64; 3]) {
    let mut seen = broker.depth(&acme(), Lane::Orders).await.unwrap();
    let settles = async {
        while !is(seen, expected) {
            tokio::task::yield_now().await;
            seen = broker.depth(&acme(), Lane::Orders).await.unwrap();
        }
    };
    let in_time = tokio::time::timeout(DEADLINE, settles).await;
    assert!(in_time.is_ok(), "{seen:?} is not {expected:?}");
}

fn is(depth: Depth, [ready, delayed, in_hand]: [u64; 3]) -> bool {
    let or_unknown = |seen: Option<u64>, expected| seen.is_none_or(|seen| seen == expected);
    depth.ready == ready && or_unknown(depth.delayed, delayed) && or_unknown(depth.in_hand, in_hand)
}

pub(crate) async fn an_event_is_handed_out_once(store: &mut dyn Store) {
    let broker = store.open().await;
    let mut consumer = consumer(&*broker).await;
    assert!(now(&mut *consumer).await.is_empty());
    let event = order(1);
    let (deliveries, ()) =
        tokio::join!(next(&mut *consumer, 10), publish(&*broker, std::slice::from_ref(&event)));
    assert_eq!(deliveries.len(), 1);
    assert_eq!((deliveries[0].event(), deliveries[0].attempt()), (&event, 0));
    assert!(now(&mut *consumer).await.is_empty());
}

pub(crate) async fn older_events_come_first(store: &mut dyn Store) {
    let broker = store.open().await;
    let events = orders(10);
    for events in events.chunks(3) {
        publish(&*broker, events).await;
    }
    let taken = exactly(&mut *consumer(&*broker).await, 10).await;
    assert!(taken.iter().map(Delivery::event).eq(&events));
}

pub(crate) async fn a_batch_has_at_most_its_maximum(store: &mut dyn Store) {
    let broker = store.open().await;
    publish(&*broker, &orders(5)).await;
    let mut consumer = consumer(&*broker).await;
    let first = next(&mut *consumer, 3).await;
    assert!(first.len() <= 3);
    let rest = exactly(&mut *consumer, 5 - first.len()).await;
    assert_eq!(ids(first.iter().chain(&rest).map(Delivery::event)).len(), 5);
    assert!(consumer.batch(0, Duration::ZERO).await.unwrap().is_empty());
}

pub(crate) async fn a_batch_lingers_for_more(store: &mut dyn Store) {
    let broker = store.open().await;
    let mut consumer = consumer(&*broker).await;
    let begun = tokio::time::Instant::now();
    assert!(consumer.batch(9, LINGER).await.unwrap().is_empty(), "no wait for a first one");
    publish(&*broker, &[order(1)]).await;
    soon(consumer.ready()).await.unwrap();
    let more = orders(1);
    let (full, ()) = tokio::join!(consumer.batch(2, LINGER), publish(&*broker, &more));
    assert_eq!(full.unwrap().len(), 2, "both are back in the queue after this");
    assert!(begun.elapsed() < LINGER, "a full batch does not linger");

    soon(consumer.ready()).await.unwrap();
    let (begun, linger) = (tokio::time::Instant::now(), Duration::from_millis(200));
    assert_eq!(soon(consumer.batch(9, linger)).await.unwrap().len(), 2);
    assert!(begun.elapsed() >= linger);
}

pub(crate) async fn several_consumers_never_share_an_event(store: &mut dyn Store) {
    let broker = store.open().await;
    let events = orders(200);
    publish(&*broker, &events).await;
    let taken_by_all = AtomicUsize::new(0);
    let worker = async || {
        let mut consumer = consumer(&*broker).await;
        let mut mine = Vec::new();
        while taken_by_all.load(Ordering::Relaxed) < events.len() {
            let batch = consumer.batch(3, Duration::ZERO).await.unwrap();
            taken_by_all.fetch_add(batch.len(), Ordering::Relaxed);
            mine.extend(batch);
            tokio::task::yield_now().await;
        }
        mine
    };
    let taken: Vec<_> = soon(join_all((0..4).map(|_| worker()))).await.into_iter().flatten().collect();
    assert_eq!(taken.len(), events.len());
    assert_eq!(ids(taken.iter().map(Delivery::event)), ids(&events));
}

pub(crate) async fn an_acknowledged_event_never_comes_back(store: &mut dyn Store) {
    let broker = store.open().await;
    let events = orders(3);
    publish(&*broker, &events).await;
    let deliveries = exactly(&mut *consumer(&*broker).await, 3).await;
    for done in join_all(deliveries.into_iter().map(Delivery::ack)).await {
        done.unwrap();
    }
    depth_is(&*broker, [0, 0, 0]).await;
    store.crash().await;
    let broker = store.open().await;
    let last = order(9);
    publish(&*broker, std::slice::from_ref(&last)).await;
    assert_eq!(next(&mut *consumer(&*broker).await, 9).await[0].event(), &last);
}

pub(crate) async fn a_dropped_delivery_returns_at_no_attempt(store: &mut dyn Store) {
    let broker = store.open().await;
    publish(&*broker, &[order(1)]).await;
    let mut consumer = consumer(&*broker).await;
    for _ in 0..store.delivery_limit() + 2 {
        let deliveries = next(&mut *consumer, 1).await;
        assert_eq!(deliveries[0].attempt(), 0);
    }
    drop(next(&mut *consumer, 1).await);
    assert!(broker.poisoned(9).await.unwrap().is_empty(), "returning is no crime");
}

pub(crate) async fn a_retry_waits_and_is_one_attempt_older(store: &mut dyn Store) {
    let broker = store.open().await;
    publish(&*broker, &[order(1)]).await;
    let mut consumer = consumer(&*broker).await;
    for attempt in 0..3 {
        let delivery = next(&mut *consumer, 1).await.pop().unwrap();
        assert_eq!(delivery.attempt(), attempt);
        delivery.retry_after(store.wait()).await.unwrap();
        assert!(now(&mut *consumer).await.is_empty());
        // One who waits is woken when it is due.
        let ready = tokio::join!(soon(consumer.ready()), store.pass(store.wait())).0;
        ready.unwrap();
    }
}

pub(crate) async fn a_snooze_waits_at_no_attempt(store: &mut dyn Store) {
    let broker = store.open().await;
    publish(&*broker, &[order(1)]).await;
    let mut consumer = consumer(&*broker).await;
    let delivery = next(&mut *consumer, 1).await.pop().unwrap();
    delivery.retry_after(SignedDuration::ZERO).await.unwrap();
    for _ in 0..3 {
        let delivery = next(&mut *consumer, 1).await.pop().unwrap();
        assert_eq!(delivery.attempt(), 1);
        delivery.snooze(store.wait()).await.unwrap();
        assert!(now(&mut *consumer).await.is_empty());
        store.pass(store.wait()).await;
    }
}

pub(crate) async fn lanes_and_connections_are_apart(store: &mut dyn Store) {
    let broker = store.open().await;
    let bolt = "bolt".parse().unwrap();
    let order_of_bolt = Event { connection: "bolt".parse().unwrap(), ..order(1) };
    let events = [shipment(), order_of_bolt, order(1)];
    publish(&*broker, &events).await;
    let lanes = [(acme(), Lane::Shipments), (bolt, Lane::Orders), (acme(), Lane::Orders)];
    for ((connection, lane), event) in lanes.iter().zip(&events) {
        let mut consumer = broker.consumer(connection, *lane).await.unwrap();
        assert_eq!(next(&mut *consumer, 1).await[0].event(), event);
        let deliveries = next(&mut *consumer, 9).await;
        assert_eq!(deliveries.len(), 1);
        assert!(is(broker.depth(connection, *lane).await.unwrap(), [0, 0, 1]));
    }
}

pub(crate) async fn unsettled_events_survive_a_crash(store: &mut dyn Store) {
    let broker = store.open().await;
    let events = orders(3);
    publish(&*broker, &events).await;
    let mut deliveries = exactly(&mut *consumer(&*broker).await, 3).await;
    deliveries.pop().unwrap().retry_after(store.wait()).await.unwrap();
    deliveries.pop().unwrap().retry_after(SignedDuration::ZERO).await.unwrap();
    store.crash().await;

    let broker = store.open().await;
    let mut consumer = consumer(&*broker).await;
    let there = exactly(&mut *consumer, 2).await;
    let found: BTreeSet<_> = there.iter().map(|taken| (taken.event().id, taken.attempt())).collect();
    assert_eq!(found, [(events[0].id, 0), (events[1].id, 1)].into());
    assert!(now(&mut *consumer).await.is_empty(), "the third waits for its time");
    store.pass(store.wait()).await;
    let third = next(&mut *consumer, 1).await;
    assert_eq!((third[0].event(), third[0].attempt()), (&events[2], 1));
}

pub(crate) async fn closing_returns_what_is_in_hand(store: &mut dyn Store) {
    let broker = store.open().await;
    publish(&*broker, &orders(2)).await;
    soon(broker.close()).await;
    for _ in 0..store.delivery_limit() + 2 {
        let broker = store.open().await;
        let mut deliveries = exactly(&mut *consumer(&*broker).await, 2).await;
        assert!(deliveries.iter().all(|delivery| delivery.attempt() == 0));
        let returned_before = deliveries.pop();
        drop(returned_before);
        soon(broker.close()).await;
        assert!(matches!(deliveries.pop().unwrap().ack().await, Err(ConsumeError::Closed)));
    }
    assert_eq!(exactly(&mut *consumer(&*store.open().await).await, 2).await.len(), 2);
}

pub(crate) async fn concurrent_publishers_are_all_durable(store: &mut dyn Store) {
    let broker = store.open().await;
    let events = orders(64);
    soon(join_all(events.chunks(1).map(|event| publish(&*broker, event)))).await;
    store.crash().await;
    let taken = exactly(&mut *consumer(&*store.open().await).await, 64).await;
    assert_eq!(ids(taken.iter().map(Delivery::event)), ids(&events));
}

pub(crate) async fn publishing_an_event_again_is_harmless(store: &mut dyn Store) {
    let broker = store.open().await;
    let event = order(1);
    for _ in 0..3 {
        publish(&*broker, &[event.clone(), event.clone()]).await;
    }
    let mut consumer = consumer(&*broker).await;
    // A broker may keep one or all of them: those who work on events tell copies by their id.
    let mut taken = next(&mut *consumer, 9).await;
    while !taken.is_empty() {
        for delivery in taken {
            assert_eq!(delivery.event(), &event);
            delivery.ack().await.unwrap();
        }
        taken = now(&mut *consumer).await;
    }
    depth_is(&*broker, [0, 0, 0]).await;
}

pub(crate) async fn what_kills_its_holder_is_poisoned(store: &mut dyn Store) {
    let event = order(1);
    publish(&*store.open().await, std::slice::from_ref(&event)).await;
    store.crash().await;
    for _ in 0..store.delivery_limit() {
        let broker = store.open().await;
        assert!(broker.poisoned(9).await.unwrap().is_empty());
        let _in_hand = next(&mut *consumer(&*broker).await, 1).await;
        store.crash().await;
    }
    let broker = store.open().await;
    let mut consumer = consumer(&*broker).await;
    let poisoned = async {
        loop {
            if let Some(delivery) = broker.poisoned(9).await.unwrap().pop() {
                return delivery;
            }
        }
    };
    let poisoned = soon(poisoned).await;
    assert_eq!(poisoned.event(), &event);
    assert!(now(&mut *consumer).await.is_empty());
    // A person may have mended the cause: it gets a second life.
    poisoned.snooze(SignedDuration::ZERO).await.unwrap();
    next(&mut *consumer, 1).await.pop().unwrap().ack().await.unwrap();
    assert!(broker.poisoned(9).await.unwrap().is_empty());
}

pub(crate) async fn depth_adds_up(store: &mut dyn Store) {
    let broker = store.open().await;
    publish(&*broker, &orders(6)).await;
    let mut consumer = consumer(&*broker).await;
    let mut deliveries = exactly(&mut *consumer, 4).await;
    deliveries.pop().unwrap().snooze(store.wait()).await.unwrap();
    deliveries.pop().unwrap().ack().await.unwrap();
    depth_is(&*broker, [2, 1, 2]).await;
    store.pass(store.wait()).await;
    drop(deliveries);
    assert_eq!(exactly(&mut *consumer, 5).await.len(), 5);
    depth_is(&*broker, [5, 0, 0]).await;
}

pub(crate) async fn a_dropped_batch_returns_its_events(store: &mut dyn Store) {
    let broker = store.open().await;
    publish(&*broker, &orders(2)).await;
    let mut consumer = consumer(&*broker).await;
    let mut other = broker.consumer(&acme(), Lane::Orders).await.unwrap();
    for round in 0..20 {
        soon(consumer.ready()).await.unwrap();
        if round % 2 == 0 {
            let lingering = consumer.batch(9, LINGER);
            assert!(tokio::time::timeout(Duration::from_millis(5), lingering).await.is_err());
        } else {
            drop(poll_immediate(consumer.batch(2, Duration::ZERO)).await);
        }
        assert_eq!(exactly(&mut *other, 2).await.len(), 2);
    }
}

pub(crate) async fn a_closed_broker_says_so(store: &mut dyn Store) {
    let broker = store.open().await;
    broker.health().await.unwrap();
    let mut consumer = consumer(&*broker).await;
    let (ready, ()) = tokio::join!(soon(consumer.ready()), soon(broker.close()));
    assert!(matches!(ready, Err(ConsumeError::Closed)));
    assert!(matches!(consumer.batch(1, Duration::ZERO).await, Err(ConsumeError::Closed)));
    assert!(matches!(broker.consumer(&acme(), Lane::Orders).await, Err(ConsumeError::Closed)));
    assert!(matches!(broker.poisoned(1).await, Err(ConsumeError::Closed)));
    assert!(matches!(broker.depth(&acme(), Lane::Orders).await, Err(ConsumeError::Closed)));
    assert!(matches!(broker.publish(&orders(1)).await, Err(PublishError::Closed)));
    assert!(matches!(broker.health().await, Err(PublishError::Closed)));
    soon(broker.close()).await;
}
