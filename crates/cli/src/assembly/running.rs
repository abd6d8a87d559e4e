//! Starts and stops what a process does: everything, HTTP alone, or the work alone.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use broker::Broker;
use domain::clock::Clock;
use domain::event::Lane;
use domain::ids::ConnectionName;
use ledger::Ledger;
use server::{Readiness, RunningServer, Server, ServerConfig, StoreLedger};
use worker::{Alerting, Quoter, RunningWorker, WorkerConfig};

use super::clients::connections;
use super::inbound::server_config;
use super::stores::{OpenLedger, Stores, claim_queue, open_broker};
use super::{Metrics, quotes};
use crate::clock::SystemClock;
use crate::config::{Config, Mode};

/// How often a worker looks whether its ledger answers.
const LEDGER_EVERY: Duration = Duration::from_secs(5);

/// What a process does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Everything.
    Run,
    /// HTTP alone. Needs nothing but the broker; a custom store needs the ledger, too.
    Serve,
    /// Workers, watch and sweeps. Its HTTP offers health and metrics only.
    Work,
}

/// A process at work.
#[derive(Debug)]
pub(crate) struct Running {
    server: RunningServer,
    readiness: Readiness,
    broker: Arc<dyn Broker>,
    work: Option<Work>,
    opening: Option<Opening>,
}

/// What works in it.
#[derive(Debug)]
struct Work {
    worker: RunningWorker,
    ledger: Arc<dyn Ledger>,
    quoters: Vec<Quoter>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

/// What a role is made of.
struct Parts {
    broker: Arc<dyn Broker>,
    /// For custom stores alone.
    store: Option<StoreLedger>,
    work: Option<Work>,
    opening: Option<Opening>,
    clock: Arc<dyn Clock>,
}

impl Parts {
    async fn open(role: Role, config: &Config, metrics: &Metrics) -> anyhow::Result<Self> {
        if role == Role::Serve {
            let broker = open_broker(config).await?;
            let has_store = config.connections.iter().any(|connection| connection.mode == Mode::CustomStore);
            let (store, opening) = if has_store { Opening::begin(config) } else { (None, None) };
            return Ok(Self { broker, store, work: None, opening, clock: Arc::new(SystemClock) });
        }
        let stores = Stores::open_patiently(config).await?;
        let work = Some(Work::start(config, &stores, metrics).await?);
        let store = Some(StoreLedger::opened(Arc::clone(&stores.ledger)));
        Ok(Self { broker: stores.broker, store, work, opening: None, clock: stores.clock })
    }
}

/// The opening of the ledger for the custom stores of a process that serves: webhooks are taken meanwhile, which need
/// nothing but the broker.
#[derive(Debug)]
struct Opening {
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Opening {
    fn begin(config: &Config) -> (Option<StoreLedger>, Option<Self>) {
        let (store, stop, tasks) = (StoreLedger::default(), CancellationToken::new(), TaskTracker::new());
        let (slot, config) = (store.clone(), config.clone());
        tasks.spawn(stop.clone().run_until_cancelled_owned(async move {
            match OpenLedger::open_patiently(&config).await {
                Ok(opened) => slot.open(opened.ledger),
                Err(error) => tracing::error!(error = format!("{error:#}"), "custom stores answer 503"),
            }
        }));
        (Some(store), Some(Self { stop, tasks }))
    }

    async fn stop(self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

impl Running {
    /// Starts a role. The server comes last: what it accepts can be worked on at once.
    pub(crate) async fn start(role: Role, config: &Config, metrics: Metrics) -> anyhow::Result<Self> {
        let Parts { broker, store, work, opening, clock } = Parts::open(role, config, &metrics).await?;
        let readiness = Readiness::new(false);
        let quoters = work.as_ref().map_or(&[][..], |work| &work.quoters);
        let server = Server::start(
            endpoints(role, config, quoters)?,
            Arc::clone(&broker),
            store,
            clock,
            Arc::new(metrics.registry),
            &metrics.server,
            readiness.clone(),
        )?;
        readiness.set(true);
        if let (Role::Work, Some(work)) = (role, &work) {
            work.watch_ledger(readiness.clone());
        }
        Ok(Self { server, readiness, broker, work, opening })
    }

    /// Where it listens.
    pub(crate) fn addr(&self) -> SocketAddr {
        self.server.addr()
    }

    /// The ledger, to look into; a process that only serves has none.
    pub(crate) fn ledger(&self) -> Option<Arc<dyn Ledger>> {
        self.work.as_ref().map(|work| Arc::clone(&work.ledger))
    }

    /// The events of a lane that are not settled.
    pub(crate) async fn unsettled(&self, connection: &ConnectionName, lane: Lane) -> anyhow::Result<u64> {
        let depth = self.broker.depth(connection, lane).await?;
        Ok(depth.ready + depth.delayed.unwrap_or_default() + depth.in_hand.unwrap_or_default())
    }

    /// Stops accepting, finishes what is in hand, closes.
    pub(crate) async fn stop(self) {
        if let Some(work) = &self.work {
            // It would raise the flag again.
            work.stop.cancel();
        }
        self.readiness.set(false);
        self.server.stop().await;
        if let Some(work) = self.work {
            work.stop().await;
        }
        if let Some(opening) = self.opening {
            opening.stop().await;
        }
        self.broker.close().await;
    }
}

impl Work {
    async fn start(config: &Config, stores: &Stores, metrics: &Metrics) -> anyhow::Result<Self> {
        let connections = connections(config, stores, &metrics.worker)?;
        let quoters = connections.iter().map(|connection| connection.quoter().clone()).collect();
        let channels = config.alerts.channels().context("the alerts cannot be sent")?;
        claim_queue(config, stores.broker.as_ref()).await?;
        let worker = worker::start(WorkerConfig {
            connections,
            holder: broker::event_id(stores.clock.now()).to_string(),
            broker: Arc::clone(&stores.broker),
            ledger: Arc::clone(&stores.ledger),
            clock: Arc::clone(&stores.clock) as Arc<dyn Clock>,
            alerting: Alerting::by(channels),
        });
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        tasks.spawn(stop.clone().run_until_cancelled_owned(Arc::clone(&stores.clock).keep_right()));
        Ok(Self { worker, ledger: Arc::clone(&stores.ledger), quoters, stop, tasks })
    }

    /// Lowers the flag for as long as the ledger cannot be reached.
    fn watch_ledger(&self, readiness: Readiness) {
        let ledger = Arc::clone(&self.ledger);
        self.tasks.spawn(self.stop.clone().run_until_cancelled_owned(async move {
            loop {
                tokio::time::sleep(LEDGER_EVERY).await;
                readiness.set(ledger.cursor("readiness").await.is_ok());
            }
        }));
    }

    async fn stop(self) {
        self.worker.stop().await;
        self.tasks.close();
        self.tasks.wait().await;
    }
}

/// Webhooks go to those who serve; who only works is asked for its health, its metrics, and for quotes.
fn endpoints(role: Role, config: &Config, quoters: &[Quoter]) -> anyhow::Result<ServerConfig> {
    let endpoints = match role {
        Role::Run | Role::Serve => server_config(config)?,
        Role::Work => ServerConfig::new(config.http.listen, Vec::new()),
    };
    Ok(ServerConfig { api: quotes::api(config, quoters), ..endpoints })
}
