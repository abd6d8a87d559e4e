//! A server with its surroundings: a broker that does as it is told, a clock that stands still, and
//! connections with every kind of proof.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use prometheus_client::registry::Registry;
use tokio::sync::Notify;

use broker::{Broker, ConsumeError, Consumer, Delivery, Depth, PublishError, Publisher};
use domain::clock::FixedClock;
use domain::event::{Event, Lane};
use domain::ids::ConnectionName;
use server::{
    HmacScheme, Inbound, Proof, Readiness, RunningServer, Server, ServerConfig, ServerMetrics, StoreLedger,
};

/// What the broker does with events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Records,
    Fails,
    Hangs,
    Panics,
    /// Waits for `Recorder::release`, then records.
    Waits,
}

#[derive(Debug)]
pub(crate) struct Recorder {
    mode: Mutex<Mode>,
    events: Mutex<Vec<Event>>,
    pub(crate) entered: Notify,
    pub(crate) release: Notify,
}

impl Recorder {
    pub(crate) fn events(&self) -> Vec<Event> {
        self.events.lock().unwrap().clone()
    }

    pub(crate) fn set(&self, mode: Mode) {
        *self.mode.lock().unwrap() = mode;
    }

    async fn act(&self) -> Result<(), PublishError> {
        let mode = *self.mode.lock().unwrap();
        match mode {
            Mode::Records => Ok(()),
            Mode::Fails => Err(PublishError::Closed),
            Mode::Hangs => std::future::pending().await,
            Mode::Panics => panic!("this broker was told to panic"),
            Mode::Waits => {
                self.entered.notify_one();
                self.release.notified().await;
                Ok(())
            }
        }
    }
}

#[async_trait]
impl Publisher for Recorder {
    async fn publish(&self, events: &[Event]) -> Result<(), PublishError> {
        self.act().await?;
        self.events.lock().unwrap().extend_from_slice(events);
        Ok(())
    }
}

#[async_trait]
impl Broker for Recorder {
    async fn consumer(&self, _: &ConnectionName, _: Lane) -> Result<Box<dyn Consumer>, ConsumeError> {
        Err(ConsumeError::Closed)
    }

    async fn depth(&self, _: &ConnectionName, _: Lane) -> Result<Depth, ConsumeError> {
        Err(ConsumeError::Closed)
    }

    async fn poisoned(&self, _: usize) -> Result<Vec<Delivery>, ConsumeError> {
        Err(ConsumeError::Closed)
    }

    async fn health(&self) -> Result<(), PublishError> {
        self.act().await
    }

    async fn close(&self) {}
}

pub(crate) struct Bridge {
    pub(crate) server: RunningServer,
    pub(crate) addr: SocketAddr,
    pub(crate) broker: Arc<Recorder>,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) readiness: Readiness,
}

impl Bridge {
    /// A bridge with these connections and short deadlines.
    pub(crate) fn with(connections: Vec<Inbound>) -> Self {
        let mut registry = Registry::with_prefix("shipbridge");
        let metrics = ServerMetrics::register(&mut registry);
        Self::start(&config(connections), registry, &metrics)
    }

    pub(crate) fn start(config: &ServerConfig, registry: Registry, metrics: &ServerMetrics) -> Self {
        Self::start_with(config, registry, metrics, None)
    }

    /// With a ledger, which custom stores need.
    pub(crate) fn start_with(
        config: &ServerConfig,
        registry: Registry,
        metrics: &ServerMetrics,
        ledger: Option<StoreLedger>,
    ) -> Self {
        let broker = Arc::new(Recorder {
            mode: Mutex::new(Mode::Records),
            events: Mutex::default(),
            entered: Notify::new(),
            release: Notify::new(),
        });
        let clock = Arc::new(FixedClock::at(now()));
        let readiness = Readiness::new(true);
        let registry = Arc::new(registry);
        let flag = readiness.clone();
        let server =
            Server::start(config.clone(), broker.clone(), ledger, clock.clone(), registry, metrics, flag)
                .unwrap();
        Self { addr: server.addr(), server, broker, clock, readiness }
    }

    /// A bridge with a connection for each kind of proof.
    pub(crate) fn new() -> Self {
        Self::with(connections())
    }
}

pub(crate) fn now() -> Timestamp {
    Timestamp::from_second(1_767_571_200).unwrap()
}

/// A short deadline for a broker that hangs; one that works is ready at once.
pub(crate) fn config(connections: Vec<Inbound>) -> ServerConfig {
    let mut config = ServerConfig::new("127.0.0.1:0".parse().unwrap(), connections);
    config.publish_deadline = Duration::from_millis(300);
    config
}

pub(crate) fn secrets(secrets: &[&str]) -> Vec<secrecy::SecretString> {
    secrets.iter().map(|secret| (*secret).into()).collect()
}

pub(crate) fn token(token: &str) -> Proof {
    Proof::Token { secrets: secrets(&[token]) }
}

pub(crate) fn inbound(name: &str, cin7: Option<Proof>, shipstation: Option<Proof>) -> Inbound {
    let shipstation_hosts = "https://ssapi.shipstation.com".parse().unwrap();
    Inbound { name: name.parse().unwrap(), cin7, shipstation, shipstation_hosts, store: None }
}

fn connections() -> Vec<Inbound> {
    let two = || secrets(&["new key", "old key"]);
    vec![
        inbound("acme", Some(token("sesame")), Some(token("sesame"))),
        inbound("rotating", Some(Proof::Token { secrets: secrets(&["new & key", "old key"]) }), None),
        inbound("basic", Some(Proof::Basic { secrets: secrets(&["cin7:new:key", "cin7:old"]) }), None),
        inbound(
            "signed",
            Some(Proof::Hmac { secrets: two(), scheme: HmacScheme::github() }),
            Some(Proof::Hmac { secrets: two(), scheme: HmacScheme::shopify() }),
        ),
        inbound(
            "standard",
            Some(Proof::StandardWebhooks { secrets: secrets(&["whsec_bmV3IGtleQ==", "b2xkIGtleQ"]) }),
            None,
        ),
        inbound("open", Some(Proof::None), None),
    ]
}
