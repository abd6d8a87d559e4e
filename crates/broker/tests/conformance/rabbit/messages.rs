//! Single messages: unroutable, unreadable, waiting longer than a tier, many at once.

use std::time::Duration;

use broker::{Broker, Delivery, PublishError, Publisher, RabbitError};
use domain::event::{Event, Lane};
use futures_util::future::join_all;
use jiff::SignedDuration;
use lapin::BasicProperties;
use lapin::options::{BasicGetOptions, BasicPublishOptions, QueueDeleteOptions};
use tokio::time::{Instant, timeout};

use super::{RabbitStore, other_program};
use crate::events::{acme, consumer, exactly, ids, next, now, order, orders, shipment, soon};
use crate::suite::Store;

#[tokio::test]
async fn an_event_without_a_queue_is_an_error_until_the_queue_is_there_again() {
    let mut store = RabbitStore::new().await;
    let broker = store.broker().await;
    let channel = other_program().await;
    channel.queue_delete(store.queue("acme.orders").into(), QueueDeleteOptions::default()).await.unwrap();
    let refused = broker.publish(&[order(1)]).await.unwrap_err();
    assert!(matches!(refused, PublishError::Rabbit(RabbitError::Unroutable { .. })), "{refused}");
    soon(async { while broker.publish(&[order(1)]).await.is_err() {} }).await;
    assert_eq!(next(&mut *consumer(&broker).await, 9).await.len(), 1);
    store.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_accepted_is_there_although_neighbours_had_no_queue() {
    let mut store = RabbitStore::new().await;
    let broker = store.broker().await;
    let mut refused = 0;
    for round in 0..5 {
        let lane = store.queue("acme.shipments");
        // The server refuses to delete a queue that is just being declared, and closes the channel.
        let delete = async || {
            let (channel, options) = (other_program().await, QueueDeleteOptions::default());
            channel.queue_delete(lane.as_str().into(), options).await
        };
        soon(async { while delete().await.is_err() {} }).await;
        let events: Vec<Event> = (0..200).map(|n| if n % 2 == 0 { order(n) } else { shipment() }).collect();
        let publish = async |event: &Event| broker.publish(std::slice::from_ref(event)).await.is_ok();
        let answers = soon(join_all(events.iter().map(publish))).await;
        refused += answers.iter().filter(|accepted| !**accepted).count();

        for lane in Lane::ALL {
            let of_it = |(event, accepted): &(&Event, bool)| *accepted && event.kind.lane() == lane;
            let mut missing =
                ids(events.iter().zip(answers.iter().copied()).filter(of_it).map(|(event, _)| event));
            let (accepted, mut consumer) = (missing.len(), broker.consumer(&acme(), lane).await.unwrap());
            let found = async {
                while !missing.is_empty() {
                    consumer.ready().await.unwrap();
                    for delivery in consumer.batch(1000, Duration::ZERO).await.unwrap() {
                        missing.remove(&delivery.event().id);
                        delivery.ack().await.unwrap();
                    }
                }
            };
            let in_time = timeout(Duration::from_secs(5), found).await;
            assert!(in_time.is_ok(), "round {round}: {} of {accepted} {lane} are lost", missing.len());
        }
    }
    assert!(refused > 0, "some shipments had no queue");
    store.end().await;
}

#[tokio::test]
async fn a_wait_longer_than_a_tier_goes_through_several() {
    let mut store = RabbitStore::new().await;
    let broker = store.broker().await;
    broker.publish(&[order(1)]).await.unwrap();
    let mut consumer = consumer(&broker).await;
    let begun = Instant::now();
    let wait = SignedDuration::from_millis(1600 + 400);
    next(&mut *consumer, 1).await.pop().unwrap().retry_after(wait).await.unwrap();
    let delivery = next(&mut *consumer, 1).await.pop().unwrap();
    assert_eq!(delivery.attempt(), 1);
    assert!(begun.elapsed() >= Duration::from_millis(1600 + 800), "after {:?}", begun.elapsed());
    delivery.ack().await.unwrap();
    store.end().await;
}

#[tokio::test]
async fn a_message_that_cannot_be_read_is_set_aside_for_a_person() {
    let mut store = RabbitStore::new().await;
    let broker = store.broker().await;
    let channel = other_program().await;
    broker.publish(&[order(1)]).await.unwrap();
    for body in [br#"{"v":7,"event":{}}"#.as_slice(), b"", &[0xff, 0xfe]] {
        let (key, options) = ("acme.orders".into(), BasicPublishOptions::default());
        let properties = BasicProperties::default().with_delivery_mode(2);
        let exchange = store.queue("events").into();
        channel.basic_publish(exchange, key, options, body, properties).await.unwrap().await.unwrap();
    }
    broker.publish(&[order(2)]).await.unwrap();
    let taken = exactly(&mut *consumer(&broker).await, 2).await;
    join_all(taken.into_iter().map(Delivery::ack)).await;
    let mut found = Vec::new();
    soon(async {
        while found.len() < 3 {
            assert!(broker.poisoned(9).await.unwrap().is_empty());
            let get = channel.basic_get(store.queue("unreadable").into(), BasicGetOptions { no_ack: true });
            found.extend(get.await.unwrap().map(|message| message.delivery.data));
        }
    })
    .await;
    found.sort();
    assert_eq!(found, [b"".as_slice(), br#"{"v":7,"event":{}}"#, &[0xff, 0xfe]]);
    store.end().await;
}

#[tokio::test]
async fn a_holder_that_panics_counts() {
    let mut store = RabbitStore::new().await;
    let broker = store.broker().await;
    let event = order(1);
    broker.publish(std::slice::from_ref(&event)).await.unwrap();
    for _ in 0..store.delivery_limit() {
        let deliveries = next(&mut *consumer(&broker).await, 1).await;
        let holder = std::thread::spawn(move || {
            let _in_hand = deliveries;
            panic!("as a worker might");
        });
        assert!(holder.join().is_err());
    }
    let poisoned = soon(async {
        loop {
            if let Some(delivery) = broker.poisoned(9).await.unwrap().pop() {
                return delivery;
            }
        }
    });
    assert_eq!(poisoned.await.event(), &event);
    store.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_batch_comes_at_once_and_in_order() {
    let mut store = RabbitStore::new().await;
    let broker = store.broker().await;
    let events = orders(1000);
    broker.publish(&events).await.unwrap();
    let mut consumer = consumer(&broker).await;
    soon(consumer.ready()).await.unwrap();
    let begun = Instant::now();
    let batch = soon(consumer.batch(250, Duration::ZERO)).await.unwrap();
    let took = begun.elapsed();
    assert!(batch.iter().map(Delivery::event).eq(&events[..250]));
    assert!(took < Duration::from_secs(2), "{took:?}; without other load it is about 20 ms");
    let rest = now(&mut *consumer).await;
    assert_eq!(ids(rest.iter().map(Delivery::event)), ids(&events[250..]));
    store.end().await;
}

/// RabbitMQ keeps acknowledgements back while it works on those before them, and forgets them when their channel
/// closes.
#[tokio::test]
async fn a_full_batch_that_was_acknowledged_never_comes_back() {
    let mut store = RabbitStore::new().await;
    for round in 0..3 {
        let broker = store.broker().await;
        broker.publish(&orders(250)).await.unwrap();
        let taken = exactly(&mut *consumer(&broker).await, 250).await;
        assert!(join_all(taken.into_iter().map(Delivery::ack)).await.iter().all(Result::is_ok));
        soon(broker.close()).await;
        let broker = store.broker().await;
        let again = now(&mut *consumer(&broker).await).await;
        assert_eq!(again.len(), 0, "of 250 in round {round}");
    }
    store.end().await;
}
