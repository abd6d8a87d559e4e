//! One connection's clients with their gates, and the connections as the workers want them.

use std::num::NonZeroU32;
use std::sync::Arc;

use anyhow::Context;
use jiff::SignedDuration;
use secrecy::ExposeSecret;

use domain::clock::Clock;
use domain::effect::Fingerprint;
use domain::quota::Window;
use domain::retry::RetryPolicy;
use domain::settings::Rules;
use ledger::Ledger;
use platforms::{
    Cin7Client, Cin7Settings, HttpSettings, HttpTransport, ShipStationClient, ShipStationSettings,
    ShipStationV2Client, ShipStationV2Settings, Transport,
};
use worker::{
    Connection, ConnectionParts, Gate, Platform, Schedule, ShipStationApi, ShipStationV2Api, Subscriptions,
    WorkerMetrics,
};

use super::stores::Stores;
use crate::config::{self, Config, Mode};

/// One connection's clients, for commands that make a call or two, and for the workers.
#[derive(Debug, Clone)]
pub(crate) struct Clients {
    pub(crate) cin7: Arc<Cin7Client>,
    pub(crate) cin7_gate: Arc<Gate>,
    /// `None` for a connection that has the custom store alone.
    pub(crate) shipstation: Option<ShipStationApi>,
    /// The same account by V2, where there is a key for it.
    pub(crate) shipstation_v2: Option<ShipStationV2Api>,
}

impl Clients {
    /// ShipStation's V1 API, for what needs it.
    pub(crate) fn api(&self) -> anyhow::Result<&ShipStationApi> {
        self.shipstation.as_ref().context(
            "this connection has no credentials of ShipStation's API: set shipstation.api_key and api_secret",
        )
    }

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
        let shipstation = connection.shipstation.credentials().map(|(key, secret)| ShipStationSettings {
            base_url: connection.shipstation.base_url.url().clone(),
            api_key: key.clone(),
            api_secret: secret.clone(),
        });
        let shipstation_v2 = connection.shipstation.v2_api_key.as_ref().map(|key| ShipStationV2Settings {
            base_url: connection.shipstation.v2_base_url.url().clone(),
            api_key: key.clone(),
        });
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
            shipstation: shipstation.map(|settings| ShipStationApi {
                client: Arc::new(ShipStationClient::new(Arc::clone(&transport), Arc::clone(clock), settings)),
                gate: gate(
                    Platform::ShipStation,
                    shipstation_credential,
                    by_minute(connection.shipstation.limits.per_minute),
                ),
            }),
            shipstation_v2: shipstation_v2.map(|settings| ShipStationV2Api {
                gate: gate(
                    Platform::ShipStationV2,
                    fingerprinted("shipstation_v2", &[settings.api_key.expose_secret()]),
                    by_minute(connection.shipstation.limits.v2_per_minute),
                ),
                client: Arc::new(ShipStationV2Client::new(transport, Arc::clone(clock), settings)),
            }),
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
pub(crate) fn credentials(connection: &config::Connection) -> (String, String) {
    let cin7 = [connection.cin7.username.as_str(), connection.cin7.key.expose_secret()];
    // A connection without a key shares with none: no other has its name.
    let key = connection.shipstation.credentials().map(|(key, _)| key.expose_secret());
    let shipstation = [key.unwrap_or(connection.name.as_str())];
    (fingerprinted("cin7", &cin7), fingerprinted("shipstation", &shipstation))
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

fn by_minute(limit: NonZeroU32) -> Vec<Window> {
    vec![Window { limit: limit.get(), length: SignedDuration::from_mins(1) }]
}

fn fingerprinted(platform: &str, parts: &[&str]) -> String {
    format!("{platform}/{}", &Fingerprint::of(&parts).as_str()[..16])
}

/// The connections, ready to be worked on.
pub(crate) fn connections(
    config: &Config,
    stores: &Stores,
    metrics: &WorkerMetrics,
) -> anyhow::Result<Vec<Connection>> {
    let clock = Arc::clone(&stores.clock) as Arc<dyn Clock>;
    let connection = |connection: &config::Connection| {
        let clients = Clients::new(config, connection, &stores.ledger, &clock, metrics)?;
        let rules: Rules = connection.rules();
        Ok(Connection::new(ConnectionParts {
            rules: Arc::new(rules),
            cin7: clients.cin7,
            cin7_gate: clients.cin7_gate,
            shipstation: clients.shipstation,
            shipstation_v2: clients.shipstation_v2,
            broker: Arc::clone(&stores.broker),
            ledger: Arc::clone(&stores.ledger),
            clock: Arc::clone(&clock),
            metrics: metrics.clone(),
            retry: RetryPolicy {
                give_up_after: signed(config.worker.give_up_after),
                ..RetryPolicy::default()
            },
            lease: signed(config.worker.lease),
            platform_timeout: signed(config.worker.platform_timeout),
            schedule: schedule(connection),
            notified: connection.inbound.shipstation.is_some(),
            subscriptions: subscriptions(config, connection),
        }))
    };
    config.connections.iter().map(connection).collect()
}

/// How often a connection looks by itself.
pub(crate) fn schedule(connection: &config::Connection) -> Schedule {
    Schedule {
        watch: connection.cin7.watch,
        sweep: connection.shipstation.sweep(),
        products: Some(Schedule::PRODUCTS_EVERY),
        store: (connection.mode == Mode::CustomStore).then_some(Schedule::STORE_EVERY),
    }
}

/// The subscriptions that are kept right. Where none can be registered, sweeps find what webhooks would have told.
pub(crate) fn subscriptions(config: &Config, connection: &config::Connection) -> Option<Subscriptions> {
    let wanted = config.wanted_subscriptions(connection).ok()?;
    Some(Subscriptions { wanted, every: Subscriptions::EVERY })
}

fn signed(duration: std::time::Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}
