//! The RabbitMQ backend: the suite, and in the modules below what is its own. Each test has a namespace, and a
//! proxy between itself and the server; a crash is what the server sees of one, connections that are gone.

#[path = "rabbit/faults.rs"]
mod faults;
#[path = "rabbit/messages.rs"]
mod messages;
#[path = "rabbit/topology.rs"]
mod topology;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use broker::{Broker, OpenError, RabbitBroker, RabbitConfig, event_id};
use domain::event::Lane;
use jiff::SignedDuration;
use lapin::options::{ExchangeDeleteOptions, QueueDeleteOptions};
use lapin::{Channel, Connection, ConnectionProperties};
use tokio::runtime::Handle;

use crate::events::{START, acme};
use crate::fault_proxy::FaultProxy;
use crate::servers;
use crate::suite::{self, Store};

suite::conformance!(RabbitStore::new().await);

/// The tiers of the contract take seconds to hours; their order is what matters here.
const TIERS: [(&str, Duration); 5] = [
    ("5s", Duration::from_millis(800)),
    ("30s", Duration::from_millis(1600)),
    ("2m", Duration::from_mins(2)),
    ("10m", Duration::from_mins(10)),
    ("1h", Duration::from_hours(1)),
];
const LIMIT: u32 = 3;

/// A namespace on the server, reached through a proxy.
struct RabbitStore {
    proxy: FaultProxy,
    config: RabbitConfig,
    open: Option<RabbitBroker>,
}

impl RabbitStore {
    async fn new() -> Self {
        let url = tokio::task::spawn_blocking(servers::amqp_url).await.unwrap();
        let (proxy, url) = through_a_proxy(&url);
        let namespace = format!("test-{}", event_id(START));
        let connections = vec![acme(), "bolt".parse().unwrap()];
        let config = RabbitConfig {
            namespace,
            delivery_limit: LIMIT,
            tiers: TIERS,
            ..RabbitConfig::new(url, connections)
        };
        Self { proxy, config, open: None }
    }

    async fn broker(&mut self) -> RabbitBroker {
        let broker = RabbitBroker::connect(self.config.clone()).await.unwrap();
        self.open = Some(broker.clone());
        broker
    }

    /// The error of opening with another configuration.
    async fn refused(&self, config: RabbitConfig) -> OpenError {
        RabbitBroker::connect(config).await.unwrap_err()
    }

    /// The full name of a queue.
    fn queue(&self, name: &str) -> String {
        format!("{}.{name}", self.config.namespace)
    }
}

/// A proxy before the server at `url`, and the URL that leads through it.
fn through_a_proxy(url: &str) -> (FaultProxy, String) {
    let (start, host) = url.rsplit_once('@').unwrap();
    let address = host.split('/').next().unwrap();
    let target = address.parse::<SocketAddr>().unwrap();
    let proxy = FaultProxy::start(&Handle::current(), "127.0.0.1:0".parse().unwrap(), target).unwrap();
    let url = format!("{start}@{}", host.replacen(address, &proxy.address().to_string(), 1));
    (proxy, url)
}

/// A channel of somebody else's.
async fn other_program() -> Channel {
    let url = tokio::task::spawn_blocking(servers::amqp_url).await.unwrap();
    let connection = Connection::connect(&url, ConnectionProperties::default()).await.unwrap();
    connection.create_channel().await.unwrap()
}

#[async_trait]
impl Store for RabbitStore {
    async fn open(&mut self) -> Arc<dyn Broker> {
        Arc::new(self.broker().await)
    }

    async fn crash(&mut self) {
        if let Some(broker) = self.open.take() {
            // What was written before this question is on its way to the server: a kill does not call it back.
            broker.depth(&acme(), Lane::Orders).await.unwrap();
        }
        let (proxy, url) = through_a_proxy(&tokio::task::spawn_blocking(servers::amqp_url).await.unwrap());
        self.config.url = url;
        // The old one takes its connections with it, and lets no new ones through.
        self.proxy = proxy;
    }

    fn wait(&self) -> SignedDuration {
        SignedDuration::from_millis(800)
    }

    async fn pass(&mut self, _: SignedDuration) {}

    fn delivery_limit(&self) -> u32 {
        // The server's limit is the number of returns that it still allows.
        LIMIT + 1
    }

    async fn end(&mut self) {
        if let Some(broker) = self.open.take() {
            broker.close().await;
        }
        let channel = other_program().await;
        let tiers = TIERS.map(|(tier, _)| format!("retry.{tier}"));
        let lanes = [
            "acme.orders",
            "acme.shipments",
            "acme.rates",
            "bolt.orders",
            "bolt.shipments",
            "bolt.rates",
            "dead",
            "unreadable",
        ];
        for queue in tiers.iter().map(String::as_str).chain(lanes) {
            let delete = channel.queue_delete(self.queue(queue).into(), QueueDeleteOptions::default());
            delete.await.unwrap();
        }
        for exchange in tiers.iter().map(String::as_str).chain(["events"]) {
            let delete =
                channel.exchange_delete(self.queue(exchange).into(), ExchangeDeleteOptions::default());
            delete.await.unwrap();
        }
    }
}
