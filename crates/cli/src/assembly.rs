//! Builds the objects from the configuration: broker, ledger, clients with their gates, connections, server.
//! Nothing here decides anything; it only says what is plugged into what.

mod clients;
mod inbound;
mod keys;
mod quotes;
mod running;
mod stores;

use prometheus_client::registry::Registry;

use server::ServerMetrics;
use worker::WorkerMetrics;

pub(crate) use clients::{Clients, credentials, schedule, subscriptions};
pub(crate) use keys::key_source;
pub(crate) use quotes::quoter;
pub(crate) use running::{Role, Running};
pub(crate) use stores::{OpenLedger, migrate, open_broker};

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
