//! One connection at work: its rules, its two platforms behind their gates, and the places where it remembers.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;

use broker::Broker;
use domain::clock::Clock;
use domain::ids::ConnectionName;
use domain::retry::RetryPolicy;
use domain::settings::Rules;
use ledger::Ledger;
use platforms::{Cin7Client, ShipStationClient};

use crate::gate::Gate;
use crate::metrics::WorkerMetrics;

/// What a connection is made of. All of it is shared and cheap to clone.
#[derive(Debug, Clone)]
pub struct ConnectionParts {
    /// How its orders are treated.
    pub rules: Arc<Rules>,
    /// The Cin7 account.
    pub cin7: Arc<Cin7Client>,
    /// The gate before it.
    pub cin7_gate: Arc<Gate>,
    /// The ShipStation account.
    pub shipstation: Arc<ShipStationClient>,
    /// The gate before it.
    pub shipstation_gate: Arc<Gate>,
    /// Where events wait.
    pub broker: Arc<dyn Broker>,
    /// What was done.
    pub ledger: Arc<dyn Ledger>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The counters.
    pub metrics: WorkerMetrics,
    /// What happens after failures.
    pub retry: RetryPolicy,
    /// For how long an effect is claimed.
    pub lease: SignedDuration,
    /// How often the connection looks by itself.
    pub schedule: Schedule,
}

/// How often a connection looks for what no event announced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    /// Poll Cin7 for changed orders; `None` where webhooks cover it.
    pub watch: Option<Duration>,
    /// Look at ShipStation for labels, voids and fulfilments; `None` for never.
    pub sweep: Option<Duration>,
}

/// A connection at work.
#[derive(Debug, Clone)]
pub struct Connection(Arc<ConnectionParts>);

impl Connection {
    /// A connection from its parts.
    pub fn new(parts: ConnectionParts) -> Self {
        Self(Arc::new(parts))
    }

    /// Its name.
    pub fn name(&self) -> &ConnectionName {
        &self.0.rules.connection
    }
}

impl std::ops::Deref for Connection {
    type Target = ConnectionParts;

    fn deref(&self) -> &ConnectionParts {
        &self.0
    }
}
