//! Opening: what is refused, and how it is said; what is not refused.

use broker::{Broker, OpenError, Publisher, RabbitBroker, RabbitConfig, RabbitError};
use domain::event::Event;

use super::RabbitStore;
use crate::events::{order, orders, soon};
use crate::fault_proxy::Mode;
use crate::suite::Store;

#[tokio::test]
async fn queues_with_other_arguments_are_refused_and_the_mend_is_told() {
    let mut store = RabbitStore::new().await;
    store.broker().await;
    let refused = store.refused(RabbitConfig { delivery_limit: 7, ..store.config.clone() }).await;
    let said = refused.to_string();
    assert!(matches!(refused, OpenError::Rabbit(RabbitError::Mismatch { .. })), "{said}");
    for part in [&store.queue("acme.orders"), "x-delivery-limit", "'7'", "'3'", "drain it, delete it"] {
        assert!(said.contains(part), "`{part}` is not in: {said}");
    }
    store.end().await;
}

#[tokio::test]
async fn what_a_person_must_mend_is_refused_without_telling_the_password() {
    let store = RabbitStore::new().await;
    let url = &store.config.url;
    let (_, host) = url.rsplit_once('@').unwrap();
    let host = host.split('/').next().unwrap();
    let mut said = Vec::new();
    for url in [
        format!("amqp://nobody:secret-word@{host}"),
        format!("{}/not-there", url.strip_suffix("/%2f").unwrap_or(url)),
        "http://nobody:secret-word@somewhere".to_owned(),
    ] {
        said.push(store.refused(RabbitConfig { url, ..store.config.clone() }).await.to_string());
    }
    for (said, part) in said.iter().zip(["check name and password", "virtual host", "no AMQP URL"]) {
        assert!(said.contains(part), "{said}");
        assert!(!said.contains("secret-word"), "{said}");
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_yet_is_waited_for() {
    let mut store = RabbitStore::new().await;
    store.proxy.set(Mode::Refuse);
    let broker = soon(async {
        loop {
            // The proxy may have accepted one connection more.
            let broker = RabbitBroker::connect(store.config.clone()).await.unwrap();
            if broker.health().await.is_err() {
                return broker;
            }
        }
    })
    .await;
    let said = broker.health().await.unwrap_err().to_string();
    assert!(said.contains("no connection to RabbitMQ for") && said.contains("127.0.0.1"), "{said}");
    store.proxy.set(Mode::Pass);
    soon(broker.publish(&[order(1)])).await.unwrap();
    broker.health().await.unwrap();
    broker.close().await;
    store.open = None;
    store.end().await;
}

#[tokio::test]
async fn an_event_of_a_connection_that_is_not_configured_is_refused_and_disturbs_nobody() {
    let mut store = RabbitStore::new().await;
    let broker = store.broker().await;
    let stranger = Event { connection: "stranger".parse().unwrap(), ..order(1) };
    let said = broker.publish(&[order(1), stranger]).await.unwrap_err().to_string();
    assert!(said.contains("`stranger`"), "{said}");
    broker.publish(&orders(3)).await.unwrap();
    store.end().await;
}
