//! What the network does to us.

use std::time::Duration;

use broker::{Broker, PublishError, Publisher, RabbitConfig};
use domain::event::Lane;
use futures_util::future::join_all;
use jiff::SignedDuration;
use tokio::time::Instant;

use super::{RabbitStore, through_a_proxy};
use crate::events::{acme, consumer, ids, next, order, orders, soon};
use crate::fault_proxy::{FaultProxy, Mode, Side};
use crate::servers::RabbitServer;
use crate::suite::Store;

// The proxy can do more than these tests ask of it.
const _: [Mode; 2] = [Mode::Latency(Duration::ZERO), Mode::Deaf(Side::Client)];
const _: fn(&FaultProxy) = FaultProxy::half_close_all;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn consumers_and_publishers_survive_cut_connections() {
    let mut store = RabbitStore::new().await;
    let broker = store.broker().await;
    let mut consumer = consumer(&broker).await;
    for round in 0..5 {
        let event = order(round);
        let (ready, ()) = tokio::join!(soon(consumer.ready()), async {
            store.proxy.reset_all();
            soon(async { while broker.publish(std::slice::from_ref(&event)).await.is_err() {} }).await;
        });
        ready.unwrap();
        // The cut may come as late as now: then the acknowledgement fails, and the event comes again.
        let mut done = false;
        while !done {
            for delivery in next(&mut *consumer, 9).await {
                let is_it = delivery.event() == &event;
                done |= delivery.ack().await.is_ok() && is_it;
            }
        }
    }
    store.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_in_hand_when_the_connection_broke_comes_again() {
    let mut store = RabbitStore::new().await;
    let broker = store.broker().await;
    let event = order(1);
    broker.publish(std::slice::from_ref(&event)).await.unwrap();
    let mut consumer = consumer(&broker).await;
    let before = next(&mut *consumer, 1).await.pop().unwrap();
    store.proxy.reset_all();
    let again = next(&mut *consumer, 1).await.pop().unwrap();
    assert_eq!((again.event(), again.attempt()), (&event, 0));
    let said = before.ack().await.unwrap_err().to_string();
    assert!(said.contains("delivers it again"), "{said}");
    again.ack().await.unwrap();
    store.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_confirm_that_does_not_come_is_an_error_within_the_deadline() {
    for mode in [Mode::Deaf(Side::Server), Mode::BlackHole] {
        let mut store = RabbitStore::new().await;
        store.config = RabbitConfig { deadline: Duration::from_millis(700), ..store.config };
        let broker = store.broker().await;
        let mut consumer = consumer(&broker).await;
        store.proxy.set(mode);
        let (begun, events) = (Instant::now(), orders(20));
        let publish = |event| broker.publish(std::slice::from_ref(event));
        let answers = soon(join_all(events.iter().map(publish))).await;
        assert!(answers.iter().all(|answer| matches!(answer, Err(PublishError::Rabbit(_)))));
        assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
        soon(async { while broker.health().await.is_ok() {} }).await;
        store.proxy.set(Mode::Pass);
        soon(async { while broker.publish(&events).await.is_err() {} }).await;
        let mut there = Vec::new();
        while there.len() < 20 {
            let taken = next(&mut *consumer, 100).await;
            there.extend(taken.iter().map(|delivery| delivery.event().clone()));
            join_all(taken.into_iter().map(broker::Delivery::ack)).await;
        }
        assert_eq!(ids(&there), ids(&events));
        store.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closing_while_the_server_is_silent_ends() {
    let mut store = RabbitStore::new().await;
    store.config = RabbitConfig { deadline: Duration::from_millis(500), ..store.config };
    let broker = store.broker().await;
    broker.publish(&orders(5)).await.unwrap();
    let _in_hand = next(&mut *consumer(&broker).await, 3).await;
    store.proxy.set(Mode::BlackHole);
    soon(broker.close()).await;
    assert!(matches!(broker.depth(&acme(), Lane::Orders).await, Err(broker::ConsumeError::Closed)));
    store.proxy.set(Mode::Pass);
    store.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_that_are_put_off_while_the_server_takes_no_messages_come_again_in_time_and_are_no_poison() {
    const LIMIT: u32 = 3;
    let server = tokio::task::spawn_blocking(RabbitServer::start_new).await.unwrap();
    let mut store = RabbitStore::new().await;
    let (proxy, url) = through_a_proxy(&server.url());
    (store.proxy, store.config.url, store.config.delivery_limit) = (proxy, url, LIMIT);
    let broker = store.broker().await;
    let [retried, later] = [order(1), order(2)];
    broker.publish(&[retried.clone(), later.clone()]).await.unwrap();
    let mut consumer = consumer(&broker).await;
    let taken = next(&mut *consumer, 2).await;
    server.ctl(&["set_vm_memory_high_watermark", "0"]).unwrap();
    let mut refused = 0;
    soon(async {
        while broker.publish(&[order(3 + refused)]).await.is_ok() {
            refused += 1;
        }
    })
    .await;
    for delivery in taken {
        let wait =
            if delivery.event() == &later { SignedDuration::from_hours(1) } else { SignedDuration::ZERO };
        soon(delivery.retry_after(wait)).await.unwrap();
    }
    // More often than a poison event is handed out, while the one whose time has not come stays away.
    let mut attempts = 0;
    while attempts <= LIMIT + 1 {
        for delivery in next(&mut *consumer, 9).await {
            assert_ne!(delivery.event(), &later);
            if delivery.event() == &retried {
                attempts += 1;
                assert_eq!(delivery.attempt(), attempts);
                soon(delivery.retry_after(SignedDuration::ZERO)).await.unwrap();
            } else {
                delivery.ack().await.unwrap();
            }
        }
    }
    assert!(broker.publish(&[order(0)]).await.is_err(), "the alarm was over");
    server.ctl(&["set_vm_memory_high_watermark", "0.4"]).unwrap();
    let mut done = false;
    while !done {
        for delivery in next(&mut *consumer, 9).await {
            done |= delivery.event() == &retried;
            delivery.ack().await.unwrap();
        }
    }
    assert_eq!(broker.poisoned(9).await.unwrap().len(), 0);
    broker.close().await;
}
