//! Builds the objects from the configuration: broker, ledger, clients with their gates, connections, server.
//! Nothing here decides anything; it only says what is plugged into what.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use jiff::SignedDuration;
use prometheus_client::registry::Registry;

use broker::{Broker, EmbeddedBroker, EmbeddedConfig};
use domain::clock::Clock;
use domain::effect::Fingerprint;
use domain::event::Lane;
use domain::quota::Window;
use domain::retry::RetryPolicy;
use domain::settings::Rules;
use ledger::{Ledger, SqliteLedger};
use platforms::{
    Cin7Client, Cin7Settings, HttpSettings, HttpTransport, ShipStationClient, ShipStationSettings, Transport,
};
use secrecy::ExposeSecret;
use server::{
    Encoding, HmacScheme, Inbound, Proof, Readiness, RunningServer, Server, ServerConfig, ServerMetrics,
};
use worker::{
    Connection, ConnectionParts, Gate, Platform, RunningWorker, Schedule, WorkerConfig, WorkerMetrics,
};

use crate::clock::SystemClock;
use crate::config::{self, Auth, Config, Endpoint, LedgerUrl};

/// Counters with the registry that they are registered in.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    server: ServerMetrics,
    /// The worker's counters.
    pub(crate) worker: WorkerMetrics,
}

impl Metrics {
    /// All counters, registered.
    pub(crate) fn new() -> Self {
        let mut registry = Registry::with_prefix("shipbridge");
        let server = ServerMetrics::register(&mut registry);
        let worker = WorkerMetrics::register(&mut registry);
        Self { registry, server, worker }
    }
}

/// The places where things are kept.
#[derive(Debug, Clone)]
pub(crate) struct Stores {
    /// Where events wait.
    pub(crate) broker: Arc<dyn Broker>,
    /// What was done.
    pub(crate) ledger: Arc<dyn Ledger>,
    /// The time.
    pub(crate) clock: Arc<dyn Clock>,
}

impl Stores {
    /// Opens broker and ledger.
    pub(crate) async fn open(config: &Config) -> anyhow::Result<Self> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let queue = EmbeddedConfig::new(config.data_dir.clone());
        let broker =
            EmbeddedBroker::open(queue, Arc::clone(&clock)).await.context("the queue cannot be opened")?;
        let ledger = open_ledger(config).await?;
        Ok(Self { broker: Arc::new(broker), ledger, clock })
    }
}

/// Opens the ledger alone, for commands that only look.
pub(crate) async fn open_ledger(config: &Config) -> anyhow::Result<Arc<dyn Ledger>> {
    let path = ledger_path(config);
    let ledger = SqliteLedger::open(&path).await;
    let ledger = ledger.with_context(|| format!("the ledger {} cannot be opened", path.display()))?;
    Ok(Arc::new(ledger))
}

fn ledger_path(config: &Config) -> PathBuf {
    match &config.ledger.url {
        LedgerUrl::Sqlite(path) => path.clone(),
        // The configuration refuses PostgreSQL as not available in this version.
        LedgerUrl::Embedded | LedgerUrl::Postgres(_) => config.data_dir.join("ledger.db"),
    }
}

/// One connection's clients, for commands that make a call or two, and for the workers.
#[derive(Debug, Clone)]
pub(crate) struct Clients {
    pub(crate) cin7: Arc<Cin7Client>,
    pub(crate) cin7_gate: Arc<Gate>,
    pub(crate) shipstation: Arc<ShipStationClient>,
    pub(crate) shipstation_gate: Arc<Gate>,
}

impl Clients {
    /// The clients of one connection.
    pub(crate) fn new(
        config: &Config,
        connection: &config::Connection,
        ledger: &Arc<dyn Ledger>,
        clock: &Arc<dyn Clock>,
        metrics: &WorkerMetrics,
    ) -> anyhow::Result<Self> {
        let transport = transport(config, connection)?;
        let cin7 = Cin7Settings {
            base_url: connection.cin7.base_url.url().clone(),
            username: connection.cin7.username.clone(),
            key: connection.cin7.key.clone(),
        };
        let shipstation = ShipStationSettings {
            base_url: connection.shipstation.base_url.url().clone(),
            api_key: connection.shipstation.api_key.clone(),
            api_secret: connection.shipstation.api_secret.clone(),
        };
        let gate = |platform, credential, windows| {
            let (ledger, clock) = (Arc::clone(ledger), Arc::clone(clock));
            Arc::new(Gate::new(
                connection.name.clone(),
                platform,
                credential,
                windows,
                ledger,
                clock,
                metrics.clone(),
            ))
        };
        let (cin7_credential, shipstation_credential) = credentials(connection);
        Ok(Self {
            cin7: Arc::new(Cin7Client::new(Arc::clone(&transport), Arc::clone(clock), cin7)),
            cin7_gate: gate(Platform::Cin7, cin7_credential, cin7_windows(connection)),
            shipstation: Arc::new(ShipStationClient::new(transport, Arc::clone(clock), shipstation)),
            shipstation_gate: gate(
                Platform::ShipStation,
                shipstation_credential,
                shipstation_windows(connection),
            ),
        })
    }
}

fn transport(config: &Config, connection: &config::Connection) -> anyhow::Result<Arc<dyn Transport>> {
    // Plain HTTP is for platforms simulated on this machine: `HttpTransport` lets it through to loopback only.
    let settings = HttpSettings { timeout: config.worker.platform_timeout, ..HttpSettings::default() };
    let transport = HttpTransport::new(&settings);
    Ok(Arc::new(transport.with_context(|| format!("no HTTP client for connection {}", connection.name))?))
}

/// The names of the budgets: connections that share a key share its budget. A key is told by its fingerprint.
fn credentials(connection: &config::Connection) -> (String, String) {
    let of =
        |platform: &str, parts: &[&str]| format!("{platform}/{}", &Fingerprint::of(&parts).as_str()[..16]);
    let cin7 = [connection.cin7.username.as_str(), connection.cin7.key.expose_secret()];
    let shipstation = [connection.shipstation.api_key.expose_secret()];
    (of("cin7", &cin7), of("shipstation", &shipstation))
}

fn cin7_windows(connection: &config::Connection) -> Vec<Window> {
    let limits = &connection.cin7.limits;
    let window = |limit, length| Window { limit, length };
    vec![
        window(limits.per_second.get(), SignedDuration::from_secs(1)),
        window(limits.per_minute.get(), SignedDuration::from_mins(1)),
        window(limits.per_day.get(), SignedDuration::from_hours(24)),
    ]
}

fn shipstation_windows(connection: &config::Connection) -> Vec<Window> {
    let limit = connection.shipstation.limits.per_minute.get();
    vec![Window { limit, length: SignedDuration::from_mins(1) }]
}

/// The connections, ready to be worked on.
pub(crate) fn connections(
    config: &Config,
    stores: &Stores,
    metrics: &WorkerMetrics,
) -> anyhow::Result<Vec<Connection>> {
    let connection = |connection: &config::Connection| {
        let clients = Clients::new(config, connection, &stores.ledger, &stores.clock, metrics)?;
        let rules: Rules = connection.rules();
        Ok(Connection::new(ConnectionParts {
            rules: Arc::new(rules),
            cin7: clients.cin7,
            cin7_gate: clients.cin7_gate,
            shipstation: clients.shipstation,
            shipstation_gate: clients.shipstation_gate,
            broker: Arc::clone(&stores.broker),
            ledger: Arc::clone(&stores.ledger),
            clock: Arc::clone(&stores.clock),
            metrics: metrics.clone(),
            retry: RetryPolicy {
                give_up_after: signed(config.worker.give_up_after),
                ..RetryPolicy::default()
            },
            lease: signed(config.worker.lease),
            schedule: Schedule { watch: connection.cin7.watch, sweep: connection.shipstation.sweep },
        }))
    };
    config.connections.iter().map(connection).collect()
}

fn signed(duration: std::time::Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}

/// The server, as configured.
fn server_config(config: &Config) -> anyhow::Result<ServerConfig> {
    let inbound = |connection: &config::Connection| {
        let base_url = connection.shipstation.base_url.url().clone();
        let hosts = base_url
            .as_str()
            .parse()
            .with_context(|| format!("shipstation.base_url of {}", connection.name))?;
        anyhow::Ok(Inbound {
            name: connection.name.clone(),
            cin7: connection.inbound.cin7.as_ref().and_then(proof),
            shipstation: connection.inbound.shipstation.as_ref().and_then(proof),
            shipstation_hosts: hosts,
        })
    };
    let connections: anyhow::Result<Vec<_>> = config.connections.iter().map(inbound).collect();
    Ok(ServerConfig::new(config.http.listen, connections?))
}

fn proof(endpoint: &Endpoint) -> Option<Proof> {
    let secrets = endpoint.secret.clone();
    Some(match endpoint.auth {
        Auth::Token => Proof::Token { secrets },
        Auth::Basic => Proof::Basic { secrets },
        Auth::Hmac => {
            let signature = endpoint.signature();
            let encoding = match signature.encoding {
                config::Encoding::Hex => Encoding::Hex,
                config::Encoding::Base64 => Encoding::Base64,
            };
            let scheme = HmacScheme { header: signature.header, encoding, prefix: signature.prefix };
            Proof::Hmac { secrets, scheme }
        }
        Auth::StandardWebhooks => Proof::StandardWebhooks { secrets },
        Auth::None => Proof::None,
        // The configuration refuses it as not available in this version.
        Auth::ShipstationV2 => return None,
    })
}

/// Takes a consumer once, which takes the queue for this process: a second run is told before it does anything.
async fn claim_queue(config: &Config, stores: &Stores) -> anyhow::Result<()> {
    if let Some(connection) = config.connections.first() {
        stores.broker.consumer(&connection.name, Lane::Orders).await?;
    }
    Ok(())
}

/// Everything at work in this process.
#[derive(Debug)]
pub(crate) struct Running {
    server: RunningServer,
    readiness: Readiness,
    worker: RunningWorker,
    stores: Stores,
}

impl Running {
    /// Starts every role. The server comes last: what it accepts can be worked on at once.
    pub(crate) async fn start(config: &Config, metrics: Metrics) -> anyhow::Result<Self> {
        let stores = Stores::open(config).await?;
        let connections = connections(config, &stores, &metrics.worker)?;
        claim_queue(config, &stores).await?;
        let worker = worker::start(WorkerConfig {
            connections,
            holder: format!("{}-{}", std::process::id(), stores.clock.now().as_microsecond()),
            broker: Arc::clone(&stores.broker),
            ledger: Arc::clone(&stores.ledger),
            clock: Arc::clone(&stores.clock),
        });
        let (broker, clock, ready) =
            (Arc::clone(&stores.broker), Arc::clone(&stores.clock), Readiness::new(false));
        let server = Server::start(
            server_config(config)?,
            broker,
            clock,
            Arc::new(metrics.registry),
            &metrics.server,
            ready.clone(),
        )?;
        ready.set(true);
        Ok(Self { server, readiness: ready, worker, stores })
    }

    /// Where it listens.
    pub(crate) fn addr(&self) -> std::net::SocketAddr {
        self.server.addr()
    }

    /// The ledger, to look into.
    pub(crate) fn ledger(&self) -> Arc<dyn Ledger> {
        Arc::clone(&self.stores.ledger)
    }

    /// Stops accepting, finishes what is in hand, closes.
    pub(crate) async fn stop(self) {
        self.readiness.set(false);
        self.server.stop().await;
        self.worker.stop().await;
        self.stores.broker.close().await;
    }
}
