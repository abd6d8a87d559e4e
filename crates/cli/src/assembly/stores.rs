//! The places where things are kept: broker and ledger, embedded or on servers, and the time that goes with
//! them.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;

use broker::{Broker, EmbeddedBroker, EmbeddedConfig, RabbitBroker, RabbitConfig};
use domain::event::Lane;
use ledger::{Ledger, LedgerError, Migrated, PostgresConfig, PostgresLedger, SqliteLedger};

use crate::clock::{LedgerClock, SystemClock};
use crate::config::{BrokerUrl, Config, LedgerUrl};

/// How long a start waits between two attempts to reach the ledger: at first, and at most.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(15);

/// The places where things are kept.
#[derive(Debug, Clone)]
pub(crate) struct Stores {
    /// Where events wait.
    pub(crate) broker: Arc<dyn Broker>,
    /// What was done.
    pub(crate) ledger: Arc<dyn Ledger>,
    /// The time, as all who share the ledger have it.
    pub(crate) clock: Arc<LedgerClock>,
}

impl Stores {
    /// Opens broker and ledger, for a process that stays: a database that cannot be reached is waited for.
    pub(crate) async fn open_patiently(config: &Config) -> anyhow::Result<Self> {
        let broker = open_broker(config).await?;
        let OpenLedger { ledger, clock } = OpenLedger::open_patiently(config).await?;
        Ok(Self { broker, ledger, clock })
    }
}

/// Opens the broker. A RabbitMQ that cannot be reached is no error: its health says so until it is there.
pub(crate) async fn open_broker(config: &Config) -> anyhow::Result<Arc<dyn Broker>> {
    match &config.broker.url {
        BrokerUrl::Embedded => {
            let queue = EmbeddedConfig::new(config.data_dir.clone());
            let broker = EmbeddedBroker::open(queue, Arc::new(SystemClock)).await;
            let broker = broker.context("the queue cannot be opened")?;
            Ok(Arc::new(broker))
        }
        BrokerUrl::Amqp(address) => {
            let names = config.connections.iter().map(|connection| connection.name.clone()).collect();
            let settings = RabbitConfig::new(address.url().as_str(), names);
            let broker = RabbitBroker::connect(settings).await;
            Ok(Arc::new(broker.with_context(|| format!("the broker {address} cannot be used"))?))
        }
    }
}

/// Takes a consumer once, which takes an embedded queue for this process: a second run is told before it does
/// anything.
pub(super) async fn claim_queue(config: &Config, broker: &dyn Broker) -> anyhow::Result<()> {
    if let (BrokerUrl::Embedded, Some(connection)) = (&config.broker.url, config.connections.first()) {
        broker.consumer(&connection.name, Lane::Orders).await?;
    }
    Ok(())
}

/// The ledger, and the time as its database tells it.
#[derive(Debug)]
pub(crate) struct OpenLedger {
    /// What was done.
    pub(crate) ledger: Arc<dyn Ledger>,
    /// The time.
    pub(crate) clock: Arc<LedgerClock>,
}

impl OpenLedger {
    /// Opens the ledger; one that cannot be reached is an error.
    pub(crate) async fn open(config: &Config) -> anyhow::Result<Self> {
        Self::attempt(config).await.with_context(|| unusable(config))
    }

    /// Opens the ledger; waits for one that cannot be reached.
    pub(super) async fn open_patiently(config: &Config) -> anyhow::Result<Self> {
        let mut wait = FIRST_WAIT;
        loop {
            match Self::attempt(config).await {
                Err(error) if error.is_unavailable() => {
                    tracing::warn!(%error, again_in = ?wait, "the ledger cannot be reached and is tried again");
                    tokio::time::sleep(wait).await;
                    wait = (wait * 2).min(LONGEST_WAIT);
                }
                ended => return ended.with_context(|| unusable(config)),
            }
        }
    }

    async fn attempt(config: &Config) -> Result<Self, LedgerError> {
        if let Some(settings) = postgres(config) {
            let ledger = PostgresLedger::open(&settings).await?;
            let clock = Arc::new(LedgerClock::of(ledger.clone()).await?);
            return Ok(Self { ledger: Arc::new(ledger), clock });
        }
        let ledger = SqliteLedger::open(&sqlite_path(config)).await?;
        Ok(Self { ledger: Arc::new(ledger), clock: Arc::new(LedgerClock::of_this_machine()) })
    }
}

/// Brings the ledger's schema up to date. `None`: it is embedded, and has done so when it was opened.
pub(crate) async fn migrate(config: &Config) -> anyhow::Result<Option<Migrated>> {
    let migrated = match postgres(config) {
        Some(settings) => PostgresLedger::migrate(&settings).await.map(Some),
        None => SqliteLedger::open(&sqlite_path(config)).await.map(|_| None),
    };
    migrated.with_context(|| unusable(config))
}

fn unusable(config: &Config) -> String {
    match &config.ledger.url {
        LedgerUrl::Postgres(address) => format!("the ledger {address} cannot be opened"),
        LedgerUrl::Embedded | LedgerUrl::Sqlite(_) => {
            format!("the ledger {} cannot be opened", sqlite_path(config).display())
        }
    }
}

fn postgres(config: &Config) -> Option<PostgresConfig> {
    match &config.ledger.url {
        LedgerUrl::Postgres(address) => Some(PostgresConfig::new(address.url().as_str())),
        LedgerUrl::Embedded | LedgerUrl::Sqlite(_) => None,
    }
}

fn sqlite_path(config: &Config) -> PathBuf {
    match &config.ledger.url {
        LedgerUrl::Sqlite(path) => path.clone(),
        LedgerUrl::Embedded | LedgerUrl::Postgres(_) => config.data_dir.join("ledger.db"),
    }
}
